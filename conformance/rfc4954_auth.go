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
			c.Cmd("AUTH PLAIN =").Want("535 501; warn 5yz 334; fail 2yz")
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
	{
		ID: "auth-cancel", Level: Must, RFC: "4954 §4",
		Title: "`*` cancels: 501, and the session goes on.",
		Test:  "AUTH, 334, `*`, NOOP",
		Needs: "offers-auth", Vary: "cut",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			c.Cmd("AUTH PLAIN").Need("334")
			c.Cmd("*").Want("501; warn 5yz; else fail")
			c.InStep()
		},
	},
	{
		ID: "auth-command-inside", Level: Must, RFC: "4954 §4",
		Title: "A command in place of a response is no command: it is not base64, 501.",
		Test:  "334, `MAIL FROM:<a@b.example>`, NOOP: 501 and one 250; fail: MAIL counts",
		Needs: "offers-auth", Vary: "cut",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			c.Cmd("AUTH PLAIN").Need("334")
			c.Cmd("MAIL FROM:<a@b.example>").Want("501; warn 5yz; fail 2yz 3yz")
			if c.InStep() {
				c.Cmd("RCPT TO:<x@relay-test.invalid>").Want("503 530; warn 500 501; else fail")
			}
		},
	},
	{
		ID: "auth-fail-keeps", Level: Must, RFC: "4954 §4; §6",
		Title: "After a failed exchange another mechanism or other credentials may be tried.",
		Test:  "535, then AUTH with the right ones: 235; 421 after several failures is recorded",
		Needs: "auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			c.Cmd("AUTH PLAIN " + plainIR("", "nobody", "made-up")).Need("535")
			c.Authenticate(auth.Plain("", t.cfg.User, t.cfg.Password)).Want("235; record 421; else fail")
		},
	},
	{
		ID: "auth-bad-base64", Level: Must, RFC: "4954 §4",
		Title: "What is not base64 gets 501.",
		Test:  "`AUTH PLAIN !!!`, `=AAA`, `AAA=BBB`, `AAAA AAAA`; 535 warn; fail 235/334",
		Needs: "offers-auth",
		Run: func(t *T) {
			for _, v := range []string{"!!!", "=AAA", "AAA=BBB", "AAAA AAAA"} {
				c := t.stranger()
				c.has("PLAIN")
				c.Cmd("AUTH PLAIN " + v).Want("501; warn 535 5yz; fail 2yz 3yz")
			}
		},
	},
	{
		ID: "auth-base64-nul", Level: Must, RFC: "4616 §2",
		Title: "PLAIN with missing or too many NULs fails.",
		Test:  "no NUL, one, three; empty user, empty password; fail 235",
		Needs: "offers-auth",
		Run: func(t *T) {
			for _, v := range []string{"user", "user\x00password", "a\x00b\x00c\x00d", "\x00\x00password", "\x00user\x00"} {
				c := t.stranger()
				c.has("PLAIN")
				c.Cmd("AUTH PLAIN " + b64(v)).Want("5yz 4yz; fail 2yz 3yz")
			}
		},
	},
	{
		ID: "auth-long-line", Level: Should, RFC: "4954 §4",
		Title: "A line of 12,288 octets is read in an exchange (the figure is called sufficient; the duty is the size of the own mechanisms).",
		Test:  "12,284 base64 characters: 535 or 501 pass, 500 warn; in step",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			c.Cmd("AUTH PLAIN").Need("334")
			c.Cmd(b64("\x00user\x00" + strings.Repeat("p", 9207))).Want("535 501; warn 5yz; fail 2yz")
			c.InStep()
		},
	},
	{
		ID: "auth-too-long", Level: Must, RFC: "4954 §4",
		Title: "Longer than the buffer: 500, in step or closed.",
		Needs: "offers-auth", Test: "100,000 and 1,000,000 octets: 500, in step (or closed: warn); 501, 535 pass, its buffer may be larger; the server lives",
		Run: func(t *T) {
			for _, n := range []int{100000, 1000000} {
				c := t.stranger()
				c.has("PLAIN")
				c.Cmd("AUTH PLAIN").Need("334")
				if c.Cmd(strings.Repeat("A", n)).Want("500 501 535; warn 5yz close 421; fail 2yz 3yz") {
					c.InStep()
				}
			}
			sanity(t)
		},
	},
	{
		ID: "auth-twice", Level: Must, RFC: "4954 §4",
		Title: "After success AUTH gets 503.",
		Test:  "check",
		Needs: "auth",
		Vary:  "link",
		Run: func(t *T) {
			c := t.stranger()
			c.Login()
			c.Cmd("AUTH PLAIN").Want("503; warn 5yz; else fail")
		},
	},
	{
		ID: "auth-in-transaction", Level: Must, RFC: "4954 §4",
		Title: "In a transaction AUTH gets 503.",
		Test:  "MAIL, AUTH",
		Needs: "auth",
		Run: func(t *T) {
			c := t.stranger()
			c.Mail()
			c.Cmd("AUTH PLAIN").Want("503; warn 5yz; else fail")
		},
	},
	{
		ID: "auth-txn-kept", Level: Must, RFC: "4954 §4; 5321 §4.1.4",
		Title: "The refused AUTH leaves the transaction.",
		Test:  "MAIL, AUTH: 503, RCPT: 250",
		Needs: "auth, recipient",
		Run: func(t *T) {
			c := t.stranger()
			c.Mail()
			c.Cmd("AUTH PLAIN").Need("5yz")
			c.Cmd(t.RcptLine()).Want("250 251; else fail")
		},
	},
	{
		ID: "auth-before-ehlo", Level: Should, RFC: "5321 §4.1.4; 4954 §3",
		Title: "AUTH without EHLO is out of order (no text forbids it outright).",
		Test:  "503 or other 5yz pass; 235 warn",
		Needs: "offers-auth",
		Run: func(t *T) {
			t.Greeted().Cmd("AUTH PLAIN " + plainIR("", "nobody", "made-up")).Want("503 5yz; warn 235 334 535")
		},
	},
	{
		ID: "auth-after-tls-forgotten", Level: Must, RFC: "3207 §4.2",
		Title: "AUTH from before STARTTLS does not count under TLS.",
		Test:  "where AUTH works in clear and the user allows it: AUTH, STARTTLS, handshake, EHLO, AUTH again: 235; fail: 503, or MAIL taken that gets 530 without AUTH",
		Needs: "auth, tls",
		Run: func(t *T) {
			if !t.run.canLogin(LinkPlain, "auth") {
				t.Skipf("AUTH without TLS, and leave to use it")
			}
			c := t.clear()
			c.Login()
			c.Cmd("STARTTLS").Need("220")
			if err := c.Handshake(nil); err != nil {
				t.Errorf("the handshake failed: %s", plain(err))
			}
			c.Hello().Need("250")
			c.Cmd("AUTH PLAIN").Want("334; fail 503")
		},
	},
	{
		ID: "auth-param", Level: Must, RFC: "4954 §5",
		Title: "AUTH= on MAIL is supported, also when the client has not authenticated.",
		Test:  "`AUTH=<>`, `AUTH=e+3Dmc2@c.example`, before and after AUTH (where MAIL is open to strangers); 555, 501 fail",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			for _, v := range []string{"<>", "e+3Dmc2@c.example"} {
				c.Cmd(t.MailLine("AUTH=" + v)).Want("250; fail 555 501; warn 5yz")
				c.Cmd("RSET")
			}
		},
	},
	{
		ID: "auth-param-trust", Level: Must, RFC: "4954 §5",
		Title: "An AUTH= of someone not trusted is treated as `<>`: accepted all the same.",
		Test:  "with an identity that is not the account: 250 (a policy 550 is warn); onward it must be `AUTH=<>` (relay)",
		Needs: "auth",
		Run: func(t *T) {
			c := t.stranger()
			c.Login()
			c.Cmd(t.MailLine("AUTH=somebody-else@c.example")).Want("250; warn 550; else fail")
		},
	},
	{
		ID: "auth-530", Level: Should, RFC: "4954 §6",
		Title: "Where AUTH is needed, MAIL gets 530.",
		Test:  "on a submission port; 550, 553 warn",
		Needs: "offers-auth, submission",
		Run: func(t *T) {
			t.stranger().Cmd(t.MailLine()).Want("530; warn 5yz 250")
		},
	},
	{
		ID: "auth-530-exempt", Level: ShouldNot, RFC: "4954 §6",
		Title: "AUTH, EHLO, HELO, NOOP, RSET, QUIT never get 530 for want of authentication.",
		Test:  "each before AUTH where MAIL gets 530; warn",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			if r := c.Cmd(t.MailLine()); r.Code != 530 {
				t.Skipf("a server that asks for AUTH: MAIL got %s", r)
			}
			for _, line := range []string{"NOOP", "RSET", t.HelloLine(), "QUIT"} {
				c.Cmd(line).Want("2yz; warn 530")
			}
		},
	},
	{
		ID: "auth-not-in-pipeline", Level: May, RFC: "4954 §4",
		Title: "What commands behind AUTH in the same segment get is recorded.",
		Test:  "`AUTH PLAIN xxx` and NOOP; fail: NOOP taken as a response to a 334 and answered 235",
		Needs: "offers-auth, ext:PIPELINING",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			c.Write("AUTH PLAIN " + plainIR("", "nobody", "made-up") + "\r\nNOOP\r\n")
			c.Read("AUTH PLAIN").Want("5yz 4yz; fail 235")
			c.Read("NOOP").Want("record any; fail 235")
		},
	},
	{
		ID: "auth-pipelined-ir", Level: Must, RFC: "4954 §4",
		Title: "AUTH PLAIN with an initial response may stand inside a group.",
		Test:  "`AUTH PLAIN x` and MAIL in one write: 235, 250; with wrong credentials 535, then 530 or what MAIL gets",
		Needs: "auth:PLAIN, ext:PIPELINING",
		Run: func(t *T) {
			c := t.stranger()
			c.Secret("AUTH PLAIN "+plainIR("", t.cfg.User, t.cfg.Password)+"\r\n"+t.MailLine()+"\r\n", "AUTH PLAIN ***\r\n"+t.MailLine()+"\r\n")
			c.Read("AUTH PLAIN").Want("235; else fail")
			c.Read(t.MailLine()).Want("250; else fail")
		},
	},
	{
		ID: "auth-received", Level: Should, RFC: "4954 §7",
		Title: "Received says ESMTPA or ESMTPSA after AUTH.",
		Test:  "read the field; warn",
		Needs: "auth, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.stranger()
			c.Login()
			c.Message(t.Text(token, "sent after AUTH\r\n")).Need("250")
			r := field(t.Arrived(token), "Received")
			if r == "" {
				t.Skipf("a Received field")
			}
			if m := regexp.MustCompile(`(?i)\swith\s+(?:\(.*?\)\s*)?(\S*)`).FindStringSubmatch(r); m == nil || !strings.HasSuffix(strings.ToUpper(strings.Trim(m[1], ";")), "A") {
				t.Warnf("the WITH clause has no A for AUTH: %q", short(r, 160))
			}
		},
	},
	{
		ID: "auth-param-xtext", Level: Must, RFC: "4954 §5; §8",
		Title: "What decodes to no mailbox and is not <> is no value.",
		Test:  "`AUTH=+zz`, `AUTH=`, `AUTH=a b`; pass 501, 555; 250 warn",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			for _, v := range []string{"+zz", "", "a b"} {
				c.Cmd(t.MailLine("AUTH=" + v)).Want("501 555; warn 250 5yz")
				c.Cmd("RSET")
			}
		},
	},
	{
		ID: "auth-three-tries", Level: ShouldNot, RFC: "4954 §9",
		Title: "The connection is not dropped for failed authentication before three attempts.",
		Test:  "three wrong AUTHs: 535 each; warn: closed after the first or second",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			for i := range 3 {
				if r := c.Cmd("AUTH PLAIN " + plainIR("", "nobody", "made-up")); r.Code != 535 && r.Code/100 != 5 {
					t.Warnf("wrong credentials for the %d. time: %s", i+1, r)
					return
				}
			}
		},
	},
	{
		ID: "auth-brute", Level: May, RFC: "4954 §9",
		Title: "A server may drop the connection after a number of failed attempts; how many is recorded.",
		Test:  "up to 20; recorded: delay, 421, none",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			for i := range 20 {
				if r := c.Cmd("AUTH PLAIN " + plainIR("", "nobody", "made-up")); r.Err != nil || r.Code == 421 {
					t.Recordf("the %d. failed attempt: %s", i+1, r)
					return
				}
			}
			t.Recordf("20 failed attempts, the connection lives")
		},
	},
	{
		ID: "auth-anonymous", Level: May, RFC: "4505 §2",
		Title: "ANONYMOUS offered means that anyone may log in; what it opens is recorded.",
		Test:  "if offered: AUTH with a trace of `suite`, then RCPT at `.invalid`, RSET; 250 there is warn (fail by rcpt-no-relay)",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("ANONYMOUS")
			if r := c.Cmd("AUTH ANONYMOUS " + b64("suite")).Record(); r.Code == 235 {
				c.Mail()
				c.Cmd("RCPT TO:<x@relay-test.invalid>").Want("4yz 5yz; warn 250")
				c.Cmd("RSET")
			}
		},
	},
	{
		ID: "auth-clear-same", Level: Must, RFC: "8314 §4.1",
		Title: "Where passwords in clear are refused, right and wrong ones get the same reply.",
		Test:  "both, in clear; fail: different",
		Needs: "auth, plain",
		Run: func(t *T) {
			if !t.cfg.AuthInClear {
				t.Skipf("leave to send the password without TLS")
			}
			t.circ.Link = LinkPlain
			c := t.Greeted()
			c.Hello().Need("250")
			right := c.secretCmd("AUTH PLAIN", plainIR("", t.cfg.User, t.cfg.Password))
			if right.Code == 235 {
				t.Skipf("a server that refuses passwords without TLS")
			}
			if wrong := c.Cmd("AUTH PLAIN " + plainIR("", t.cfg.User, "made-up")); wrong.Code != right.Code {
				t.Failf("without TLS the right password got %s, a wrong one %s", right, wrong)
			}
		},
	},
}
