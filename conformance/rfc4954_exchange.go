package conformance

import (
	"regexp"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/auth"
)

// Cases about the exchange itself, and what it changes.
var exchangeCases = []Case{
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
			c.Cmd("MAIL FROM:<a@b.example>").Want("501; warn 5yz; error 421; fail 2yz 3yz 4yz")
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
				c.Cmd("AUTH PLAIN " + v).Want("501; warn 535 5yz; error 421; fail 2yz 3yz 4yz")
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
			c.inStepOrClosed("a line of 12,284 octets")
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
					c.inStepOrClosed("a line of %d octets", n)
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
			if r := c.Cmd("AUTH PLAIN"); r.Code/100 < 4 {
				t.Skipf("a server that refuses AUTH in a transaction: it got %s", r) // auth-in-transaction complains
			}
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
			if r := c.Cmd("STARTTLS"); r.Code/100 == 5 {
				r.Record() // refused after AUTH: nothing of it comes under TLS
				return
			} else {
				r.Need("220")
			}
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
				c.Cmd(t.MailLine("AUTH=" + v)).Want("250; skip 530; fail 555 501; warn 5yz")
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
				c.Cmd(t.MailLine("AUTH=" + v)).Want("501 555; skip 530; warn 250 5yz")
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
		ID: "auth-timing", Level: May, RFC: "4422 §3.6; §6",
		Title: "Whether reply or time tell a user who exists from one who does not is recorded.",
		Test:  "the account with a wrong password and an unknown user, three times each: the replies and the shortest times",
		Needs: "auth:PLAIN",
		Run: func(t *T) {
			ask := func(user string) (reply string, least time.Duration) {
				for i := range 3 {
					c := t.stranger()
					r := c.secretCmd("AUTH PLAIN", plainIR("", user, "made-up"))
					if reply = strings.ReplaceAll(r.String(), user, "USER"); i == 0 || r.After < least {
						least = r.After
					}
				}
				return reply, least
			}
			known, knownTime := ask(t.cfg.User)
			unknown, unknownTime := ask("nobody-" + t.Token())
			if known != unknown {
				t.Recordf("the account got %q, an unknown user %q", known, unknown)
			}
			t.Recordf("the account: %d ms, an unknown user: %d ms at least", knownTime.Milliseconds(), unknownTime.Milliseconds())
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
