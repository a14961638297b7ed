package conformance

import (
	"slices"
	"strings"
)

// registered are the keywords of the IANA registry "SMTP Service Extensions",
// with those of RFC 5321 §4.1.1.1 and the ones that documents of vendors made
// common are not among them.
var registered = strings.Fields(`8BITMIME ATRN AUTH BINARYMIME BURL CHECKPOINT CHUNKING CONNEG CONPERM DELIVERBY DSN
	ENHANCEDSTATUSCODES ETRN EXPN FUTURERELEASE HELP LIMITS MT-PRIORITY MTRK NO-SOLICITING ONEX PIPELINING REQUIRETLS
	RRVS SAML SEND SIZE SMTPUTF8 SOML STARTTLS SUBMITTER TURN UTF8SMTP VERB VRFY`)

var helloCases = []Case{
	{
		ID: "ehlo-250", Level: Must, RFC: "5321 §2.2.1; §4.1.1.1",
		Title: "EHLO is answered by 250 and the server's domain as first word.",
		Test:  "`EHLO client.example`: 250 with a domain as first word; a literal warn (§4.3.1 knows hosts without a name, the grammar does not); fail: other code or neither (502 is only for servers without EHLO)",
		Vary:  "link cut",
		Run: func(t *T) {
			if r := t.Greeted().Hello(); r.Want("250") {
				word, _, _ := strings.Cut(r.Text(), " ")
				switch {
				case isLiteral(word):
					t.Warnf("the first word is the literal %q", word)
				case !isDomain(word):
					t.Failf("expected the server's domain as first word, got %q", short(r.Text(), 60))
				}
			}
		},
	},
	{
		ID: "ehlo-form", Level: Must, RFC: "5321 §4.1.1.1; §4.2",
		Title: "Each line after the first is one keyword with printable parameters, `250-` but the last.",
		Test:  "parse by the grammar of ehlo-line; fail: control characters, empty keyword, keyword not alphanumeric or hyphen; an old `AUTH=` line is warn",
		Vary:  "link",
		Run: func(t *T) {
			r := t.Greeted().Hello().Need("250")
			if r.flaw != "" {
				t.Failf("%s", r.flaw)
			}
			for _, line := range r.Lines[1:] {
				keyword, args, _ := strings.Cut(line, " ")
				switch {
				case strings.HasPrefix(strings.ToUpper(keyword), "AUTH="):
					t.Warnf("an old line %q", line)
				case !isKeyword(keyword):
					t.Failf("%q does not begin with a keyword of letters, digits and hyphens", short(line, 60))
				case strings.IndexFunc(args, func(r rune) bool { return r < 32 || r > 126 }) >= 0:
					t.Failf("the parameters of %s hold more than printable ASCII: %q", keyword, short(args, 60))
				}
			}
		},
	},
	{
		ID: "ehlo-unique", Level: May, RFC: "5321 §4.1.1.1",
		Title: "No keyword appears twice (no RFC says so; clients differ in which line they keep).",
		Test:  "count keywords without case; recorded, warn on a repeat",
		Run: func(t *T) {
			seen := map[string]bool{}
			for _, line := range t.Greeted().Hello().Need("250").Lines[1:] {
				keyword, _, _ := strings.Cut(strings.ToUpper(line), " ")
				if seen[keyword] {
					t.Warnf("%s stands there twice", keyword)
				}
				seen[keyword] = true
			}
		},
	},
	{
		ID: "ehlo-registered", Level: MustNot, RFC: "5321 §2.2.2",
		Title: "A keyword without a leading X belongs to a registered extension.",
		Test:  "compare with the list of registered keywords that the suite carries; warn with the name (the list may be older than the server)",
		Run: func(t *T) {
			for _, line := range t.Greeted().Hello().Need("250").Lines[1:] {
				keyword, _, _ := strings.Cut(strings.ToUpper(line), " ")
				if !strings.HasPrefix(keyword, "X") && !strings.HasPrefix(keyword, "AUTH=") && !slices.Contains(registered, keyword) {
					t.Warnf("%s is not registered", keyword)
				}
			}
		},
	},
	{
		ID: "ehlo-offers-own", Level: Must, RFC: "5321 §4.1.1.1; §4.5.1",
		Title: "Every command beyond the required nine that works is listed.",
		Test:  "try EXPN, HELP, ETRN, STARTTLS, AUTH, BDAT without the keyword; fail: 2yz/3yz; HELP is warn (many omit it), a 252 to EXPN recorded (turned off, §7.3); X verbs are free",
		Run: func(t *T) {
			for _, probe := range [][3]string{
				{"EXPN", "EXPN staff", "4yz 5yz; record 252"},
				{"HELP", "HELP", "4yz 5yz; warn 2yz"},
				{"ETRN", "ETRN client.example", "4yz 5yz; fail 2yz 3yz"},
				{"STARTTLS", "STARTTLS", "4yz 5yz; fail 2yz 3yz"},
				{"AUTH", "AUTH PLAIN", "4yz 5yz; fail 2yz 3yz"},
				{"CHUNKING", "BDAT 0 LAST", "4yz 5yz; fail 2yz 3yz"},
			} {
				c := t.Greeted()
				c.Hello().Need("250")
				if _, offered := c.Offers(probe[0]); !offered {
					c.Cmd(probe[1]).Want(probe[2])
					c.nc.Close()
					c.err = errClosed
				}
			}
		},
	},
	{
		ID: "ehlo-case", Level: Must, RFC: "5321 §2.4; §4.1.1.1",
		Title: "Verbs are recognised whatever their case.",
		Test:  "`eHlO client.example`, then `mAiL FROM:<...>`; fail: 5yz",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Greeted()
			verb := "eHlO "
			if t.cfg.LMTP {
				verb = "lHlO "
			}
			if c.Cmd(verb + t.cfg.Hello).Want("250") {
				if t.circ.Login == LoginFirst {
					c.Hello()
					c.Login()
				}
				c.Cmd("mAiL FROM:<" + t.cfg.Sender + ">").Want("250; skip 530")
			}
		},
	},
	{
		ID: "ehlo-literal-v4", Level: Must, RFC: "5321 §4.1.3; §4.1.4",
		Title: "An IPv4 address literal is a valid argument.",
		Test:  "`EHLO [127.0.0.1]`; fail: 501",
		Run: func(t *T) {
			t.Greeted().Cmd(verb(t) + " [127.0.0.1]").Want("250; error 550")
		},
	},
	{
		ID: "ehlo-literal-v6", Level: Must, RFC: "5321 §4.1.3",
		Title: "An IPv6 address literal is a valid argument.",
		Test:  "`EHLO [IPv6:2001:db8::1]`; fail: 501",
		Run: func(t *T) {
			t.Greeted().Cmd(verb(t) + " [IPv6:2001:db8::1]").Want("250; error 550")
		},
	},
	{
		ID: "ehlo-literal-trailing", Level: May, RFC: "5321 §4.1.1.1",
		Title: "A literal followed by more text, as RFC 2821 had it, may be met with patience.",
		Test:  "`EHLO [127.0.0.1] some text`; recorded",
		Run: func(t *T) {
			t.Greeted().Cmd(verb(t) + " [127.0.0.1] some text").Record()
		},
	},
	{
		ID: "ehlo-no-verify-refusal", Level: MustNot, RFC: "5321 §4.1.4",
		Title: "A name that does not match the peer's address is no reason to refuse.",
		Test:  "`EHLO example.com` (it resolves, not to the peer), MAIL, RCPT; fail: refused with a reason about the name (policy codes 550 5.7.x are warn); the same with `no-such-host.invalid` recorded, the rule is about the match alone",
		Needs: "recipient",
		Run: func(t *T) {
			for _, name := range []string{"example.com", "no-such-host.invalid"} {
				c := t.Greeted()
				spec := "250; warn 550; else fail"
				if name != "example.com" {
					spec = "record any"
				}
				c.Cmd(verb(t) + " " + name).Want(spec)
				if c.said == "" {
					continue
				}
				if t.circ.Login == LoginFirst {
					c.Login()
				}
				for _, r := range []Reply{c.Cmd(t.MailLine()), c.Cmd(t.RcptLine())} {
					if strings.HasPrefix(r.Enhanced(), "5.7.") {
						t.Warnf("%s: %s", r.Command, r)
					} else {
						r.Want(strings.Replace(spec, "250", "250 251", 1))
					}
				}
			}
		},
	},
	{
		ID: "ehlo-noarg", Level: Must, RFC: "5321 §4.1.1.1; §4.1.4",
		Title: "EHLO without its argument does not fit the grammar; a server that refuses it uses 501, 500, 502 or 550.",
		Test:  "`EHLO`; pass 501, 500, 502, 550; 504 and 250 warn; fail: anything else",
		Run: func(t *T) {
			t.Greeted().Cmd(verb(t)).Want("501 500 502 550; warn 504 250; else fail")
		},
	},
	{
		ID: "ehlo-bad-chars", Level: Must, RFC: "5321 §4.1.2; §4.1.4",
		Title: "A domain with characters other than letters, digits, hyphen and dot gets 501.",
		Test:  "`EHLO a_b.example`, `EHLO a!b.example`, each on its own; pass 501; 250 warn (the sentence is a MUST, yet nearly all servers take an underscore), 500, 502, 504, 550 too (§4.1.4; other reasons may come first); fail: anything else",
		Run: func(t *T) {
			t.Greeted().Cmd(verb(t) + " a_b.example").Want("501; warn 250 500 502 504 550; else fail")
			t.Greeted().Cmd(verb(t) + " a!b.example").Want("501; warn 250 500 502 504 550; else fail")
		},
	},
	{
		ID: "ehlo-twice", Level: Must, RFC: "5321 §4.1.4; §4.1.1.1",
		Title: "A second EHLO is accepted and clears a transaction.",
		Test:  "EHLO, MAIL, RCPT, EHLO, DATA; EHLO 250 and DATA 503 (or 554); a 354 is answered by a lone dot: fail if 250 follows, else warn",
		Needs: "recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			if c.Hello().Want("250") {
				c.DataForNobody()
			}
		},
	},
	{
		ID: "ehlo-refused-state", Level: Must, RFC: "5321 §4.1.4",
		Title: "A refused EHLO leaves the state as it was.",
		Test:  "EHLO ok, MAIL, `EHLO` with a bad argument: if refused, RCPT must not get 503 (fail); if accepted the case is recorded",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			bad := c.Cmd(verb(t) + " a!b.example")
			if bad.Code == 250 {
				bad.Record()
				return
			}
			c.Cmd(t.RcptLine()).Want("250 251; else fail")
		},
	},
	{
		ID: "ehlo-as-rset", Level: Must, RFC: "5321 §4.1.4; §4.1.1.5",
		Title: "EHLO in mid-transaction drops sender and recipients: MAIL is accepted at once.",
		Test:  "EHLO, MAIL, RCPT, EHLO, MAIL: 250",
		Needs: "recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			if c.Hello().Want("250") {
				c.Cmd(t.MailLine()).Want("250")
			}
		},
	},
	{
		ID: "helo-250", Level: Must, RFC: "5321 §4.1.1.1; §4.5.1",
		Title: "HELO is supported.",
		Test:  "`HELO client.example`: 250",
		Needs: "smtp", Vary: "link cut",
		Run: func(t *T) {
			t.Greeted().Cmd("HELO " + t.cfg.Hello).Want("250")
		},
	},
	{
		ID: "helo-noarg", Level: Must, RFC: "5321 §4.1.1.1; §4.1.2",
		Title: "HELO without its argument does not fit the grammar.",
		Test:  "`HELO`; pass 501, 500, 502, 550; 504 and 250 warn; fail: anything else",
		Needs: "smtp",
		Run: func(t *T) {
			t.Greeted().Cmd("HELO").Want("501 500 502 550; warn 504 250; else fail")
		},
	},
	{
		ID: "helo-single-line", Level: MustNot, RFC: "5321 §3.2; §4.2",
		Title: "HELO is never answered in the extended form.",
		Test:  "fail: lines with the keywords of its EHLO reply; other text in several lines warn (§4.2 allows it)",
		Needs: "smtp",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			offers := c.offers
			r := c.Cmd("HELO " + t.cfg.Hello)
			if r.Code/100 == 5 { // HELO after EHLO
				c = t.Greeted()
				r = c.Cmd("HELO " + t.cfg.Hello)
			}
			r.Need("250")
			for _, line := range r.Lines[1:] {
				keyword, _, _ := strings.Cut(strings.ToUpper(line), " ")
				if _, ok := offers[keyword]; ok {
					t.Failf("HELO was answered with the keyword %s", keyword)
					return
				}
			}
			if len(r.Lines) > 1 {
				t.Warnf("HELO was answered in %d lines", len(r.Lines))
			}
		},
	},
	{
		ID: "helo-clears", Level: Must, RFC: "5321 §4.1.1.1; §4.1.4",
		Title: "HELO in a transaction clears it: a 250 to it means the initial state.",
		Test:  "EHLO, MAIL, HELO, RCPT: 503",
		Needs: "recipient, smtp", Vary: "link",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			if r := c.Cmd("HELO " + t.cfg.Hello); r.Code/100 == 5 {
				t.Skipf("a server that takes HELO after EHLO: it got %s", r)
			} else {
				r.Need("250")
			}
			c.Cmd(t.RcptLine()).Want("503; warn 5yz; else fail")
		},
	},
	{
		ID: "helo-transaction", Level: Must, RFC: "5321 §4.1.1.1; §4.5.1",
		Title: "A whole transaction works after HELO alone.",
		Test:  "HELO, MAIL, RCPT, DATA, dot: 250",
		Needs: "recipient, smtp", Vary: "link",
		Run: func(t *T) {
			c := t.Greeted()
			c.Cmd("HELO " + t.cfg.Hello).Need("250")
			c.Cmd(t.MailLine()).Want("250; skip 530")
			c.Cmd(t.RcptLine()).Need("250", "251")
			c.Cmd("DATA").Want("354")
			c.End(t.Text(t.Token(), "sent after HELO\r\n")).Want("250")
		},
	},
	{
		ID: "helo-literal", Level: May, RFC: "5321 §4.1.1.1; §4.1.3",
		Title: "HELO with a literal does not fit its own grammar but is common.",
		Test:  "`HELO [127.0.0.1]`; recorded",
		Needs: "smtp",
		Run: func(t *T) {
			t.Greeted().Cmd("HELO [127.0.0.1]").Record()
		},
	},
}

// verb is EHLO, or LHLO in LMTP.
func verb(t *T) string {
	verb, _, _ := strings.Cut(t.HelloLine(), " ")
	return verb
}

// isKeyword reports whether s is an ehlo-keyword of RFC 5321 §4.1.1.1.
func isKeyword(s string) bool {
	return s != "" && s[0] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// DataForNobody sends DATA where no recipient can be: 503 or 554 pass, another
// 5yz and a 354 that ends in a refusal warn, a message taken fails.
func (c *Conn) DataForNobody() {
	r := c.Cmd("DATA")
	if r.Code != 354 {
		r.Want("503 554; warn 5yz; else fail")
		return
	}
	c.rcpts = 0
	c.Write(".\r\n")
	if c.Read("an empty message to nobody").Want("4yz 5yz; fail 2yz") {
		c.t.Warnf("DATA without a recipient got 354; the refusal came behind the dot")
	}
}
