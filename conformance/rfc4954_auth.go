package conformance

import (
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/tabellarius/tabellarius/auth"
)

// stranger is a connection on which EHLO was said and AUTH is offered; nobody has
// logged in.
func (t *T) stranger() *Conn {
	t.circ.Login = LoginNone
	c := t.Greeted()
	c.Hello().Need("250")
	if _, ok := c.Offers("AUTH"); !ok {
		t.Skipf("AUTH on this connection")
	}
	return c
}

// has skips the case if a mechanism is not offered.
func (c *Conn) has(mechanism string) {
	for _, m := range c.mechanisms() {
		if strings.EqualFold(m, mechanism) {
			return
		}
	}
	c.t.Skipf("the mechanism %s", mechanism)
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// plainIR is the initial response of PLAIN (RFC 4616 §2).
func plainIR(authzid, user, password string) string {
	return b64(authzid + "\x00" + user + "\x00" + password)
}

// secretCmd sends a command whose end is not logged.
func (c *Conn) secretCmd(command, secret string) Reply {
	c.Secret(command+" "+secret+"\r\n", command+" ***\r\n")
	r := c.Read(command)
	c.login = c.login || r.Code == 235
	return r
}

var authCases = []Case{
	{
		ID: "auth-keyword", Level: Must, RFC: "4954 §3; 4422 §3.1",
		Title: "The keyword lists mechanisms by name, in capitals, separated by spaces.",
		Test:  "parse; fail: a name not of 1 to 20 of A-Z, 0-9, hyphen, underscore; `AUTH=` lines beside it are recorded",
		Needs: "offers-auth", Vary: "link",
		Run: func(t *T) {
			for _, m := range t.stranger().mechanisms() {
				if !regexp.MustCompile(`^[A-Z0-9_-]{1,20}$`).MatchString(m) {
					t.Failf("the mechanism name %q", m)
				}
			}
		},
	},
	{
		ID: "auth-plain-tls", Level: Must, RFC: "4954 §4",
		Title: "PLAIN is implemented under TLS.",
		Test:  "EHLO after STARTTLS; not offered: warn (a site may turn off what is implemented)",
		Needs: "offers-auth, tls",
		Run: func(t *T) {
			c := t.upgraded()
			c.Hello().Need("250")
			if !strings.Contains(" "+c.offers["AUTH"]+" ", " PLAIN ") {
				t.Warnf("PLAIN is not offered under TLS: %q", c.offers["AUTH"])
			}
		},
	},
	{
		ID: "auth-plain-clear", Level: ShouldNot, RFC: "4954 §4; §6; §9",
		Title: "PLAIN and LOGIN are not offered without TLS.",
		Test:  "EHLO before STARTTLS; warn",
		Needs: "offers-auth, plain",
		Run: func(t *T) {
			t.circ.Link = LinkPlain
			c := t.Greeted()
			c.Hello().Need("250")
			for _, m := range c.mechanisms() {
				if m == "PLAIN" || m == "LOGIN" {
					t.Warnf("%s is offered without TLS", m)
				}
			}
		},
	},
	{
		ID: "auth-clear-refused", Level: Should, RFC: "4954 §4; §6",
		Title: "PLAIN without TLS, not offered, is refused: 538, 504, 530.",
		Test:  "with made-up credentials; 535 and 334 warn (they were looked at); fail: 235",
		Needs: "offers-auth, plain",
		Run: func(t *T) {
			t.circ.Link = LinkPlain
			c := t.Greeted()
			c.Hello().Need("250")
			if strings.Contains(" "+c.offers["AUTH"]+" ", " PLAIN ") {
				t.Skipf("a server that does not offer PLAIN without TLS")
			}
			c.Cmd("AUTH PLAIN " + plainIR("", "nobody", "made-up")).Want("538 504 530 503 502 500; warn 535 334 5yz; fail 235")
		},
	},
	{
		ID: "auth-offered-usable", Level: ShouldNot, RFC: "4954 §6",
		Title: "A mechanism that needs encryption is not offered without it.",
		Test:  "each mechanism offered in clear is begun with made-up credentials; warn: 538, 534 or 504",
		Needs: "offers-auth, plain",
		Run: func(t *T) {
			t.circ.Link = LinkPlain
			c := t.Greeted()
			c.Hello().Need("250")
			for _, m := range c.mechanisms() {
				if r := c.Cmd("AUTH " + m); r.Code == 334 {
					c.Cmd("*")
				} else {
					r.Want("any; warn 538 534 504; error 421")
				}
			}
		},
	},
	{
		ID: "auth-235", Level: Must, RFC: "4954 §4; §6",
		Title: "Right credentials get 235.",
		Test:  "each mechanism offered that the suite speaks",
		Needs: "auth",
		Vary:  "link",
		Run: func(t *T) {
			cfg := t.cfg
			for _, m := range []auth.Mechanism{
				auth.Plain("", cfg.User, cfg.Password), auth.Login(cfg.User, cfg.Password), auth.CramMD5(cfg.User, cfg.Password),
				auth.Scram(auth.SHA1, "", cfg.User, cfg.Password), auth.Scram(auth.SHA256, "", cfg.User, cfg.Password), auth.Scram(auth.SHA512, "", cfg.User, cfg.Password),
			} {
				c := t.stranger()
				if !strings.Contains(" "+c.offers["AUTH"]+" ", " "+m.Name()+" ") {
					continue
				}
				r := c.Authenticate(m)
				r.Command = "AUTH " + m.Name() + " with the right password"
				r.Want("235; else fail")
			}
		},
	},
	{
		ID: "auth-535", Level: Should, RFC: "4954 §4; §6",
		Title: "Wrong ones get 535 and the session goes on.",
		Test:  "each mechanism offered of PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-256 with a wrong password: 535; then EHLO: 250",
		Needs: "auth",
		Run: func(t *T) {
			for _, m := range []auth.Mechanism{
				auth.Plain("", t.cfg.User, "made-up"), auth.Login(t.cfg.User, "made-up"), auth.CramMD5(t.cfg.User, "made-up"),
				auth.Scram(auth.SHA256, "", t.cfg.User, "made-up"),
			} {
				c := t.stranger()
				if !strings.Contains(" "+c.offers["AUTH"]+" ", " "+m.Name()+" ") {
					continue
				}
				r := c.Authenticate(m)
				r.Command = "AUTH " + m.Name() + " with a wrong password"
				if r.Want("535; warn 5yz; fail 235") {
					c.Hello().Want("250")
				}
			}
		},
	},
	{
		ID: "auth-esc", Level: Should, RFC: "4954 §4; §6",
		Title: "The enhanced codes are the suggested ones: 2.7.0, 5.7.8, 5.5.4, 5.5.2, 5.7.0, 5.5.6.",
		Test:  "over the AUTH cases; warn",
		Needs: "offers-auth, ext:ENHANCEDSTATUSCODES",
		Over: func(x *Exchange) (Verdict, string) {
			if verbOf(x.Command) != "AUTH" || x.Reply.Code == 334 || x.Reply.Enhanced() == "" {
				return Skipped, ""
			}
			want := map[int]string{235: "2.7.0", 535: "5.7.8", 504: "5.5.4 5.7.4", 501: "5.5.2 5.7.0 5.5.4 5.5.6", 500: "5.5.6 5.5.2 5.5.1", 503: "5.5.1 5.7.0"}[x.Reply.Code]
			if want != "" && !strings.Contains(want, x.Reply.Enhanced()) {
				return Warn, x.Command + ": " + x.Reply.String()
			}
			return Pass, ""
		},
	},
	{
		ID: "auth-unknown-mech", Level: Must, RFC: "4954 §4",
		Title: "A mechanism that is not there gets 504.",
		Test:  "`AUTH FROB`; 535, 501 warn",
		Needs: "offers-auth",
		Run: func(t *T) {
			t.stranger().Cmd("AUTH FROB").Want("504; warn 535 501 5yz; fail 2yz 3yz")
		},
	},
	{
		ID: "auth-no-arg", Level: Must, RFC: "4954 §4; 5321 §4.3.2",
		Title: "AUTH alone gets 501.",
		Test:  "504 warn",
		Needs: "offers-auth",
		Run: func(t *T) {
			t.stranger().Cmd("AUTH").Want("501; warn 504 5yz; fail 2yz 3yz")
		},
	},
	{
		ID: "auth-mech-case", Level: May, RFC: "4954 §8; 4422 §3.1",
		Title: "A mechanism name in lower case: the grammar of names has capitals only, while the AUTH text asks for strings without case; free.",
		Test:  "`auth plain`; recorded: 334 or 504; the verb in lower case must work",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			if r := c.Cmd("AUTH plain").Record(); r.Code == 334 {
				c.Cmd("*").Need("5yz")
			}
			if r := c.Cmd("auth PLAIN"); r.Code == 334 {
				c.Cmd("*").Need("5yz")
			} else {
				t.Warnf("the verb in lower case got %s", r)
			}
		},
	},
	{
		ID: "auth-no-initial", Level: Must, RFC: "4954 §4",
		Title: "Without initial response a client-first mechanism gets `334 ` with a space and nothing more.",
		Test:  "`AUTH PLAIN`; warn without the space; fail with text",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			r := c.Cmd("AUTH PLAIN")
			r.Want("334; else fail")
			switch {
			case r.Code != 334:
			case strings.TrimSpace(r.Text()) != "":
				t.Failf("the 334 has the text %q", r.Text())
			case !strings.HasPrefix(string(r.Raw), "334 \r"):
				t.Warnf("the 334 has no space behind it: %q", r.Raw)
			}
			c.Cmd("*")
		},
	},
	{
		ID: "auth-challenge-base64", Level: MustNot, RFC: "4954 §4",
		Title: "A 334 has nothing but base64.",
		Test:  "over all exchanges",
		Needs: "offers-auth",
		Over: func(x *Exchange) (Verdict, string) {
			if x.Reply.Code != 334 {
				return Skipped, ""
			}
			if _, err := base64.StdEncoding.DecodeString(strings.TrimSpace(x.Reply.Text())); err != nil || len(x.Reply.Lines) != 1 {
				return Fail, "a challenge that is not base64 alone: " + x.Reply.String()
			}
			return Pass, ""
		},
	},
	{
		ID: "auth-empty-initial", Level: Must, RFC: "4954 §4",
		Title: "`=` is an empty initial response.",
		Test:  "`AUTH EXTERNAL =` or with PLAIN: 535/501 at the end, never taken for base64 of something",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			c.Cmd("AUTH PLAIN =").Want("535 501; warn 4yz 5yz 334; error 421; fail 2yz")
		},
	},
	{
		ID: "auth-initial-server-first", Level: Must, RFC: "4954 §4",
		Title: "An initial response for a server-first mechanism gets 501.",
		Test:  "`AUTH CRAM-MD5 dGVzdA==` (LOGIN is no standard: recorded)",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("CRAM-MD5")
			c.Cmd("AUTH CRAM-MD5 dGVzdA==").Want("501; warn 5yz; else fail")
		},
	},
}
