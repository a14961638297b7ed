package conformance

import (
	"regexp"
	"strings"
)

var smallCases = []Case{
	{
		ID: "rset-250", Level: Must, RFC: "5321 §4.1.1.5",
		Title: "RSET gets 250, at any time after the greeting, before EHLO too.",
		Test:  "first command RSET; after EHLO; in a transaction",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Greeted()
			c.Cmd("RSET").Want("250")
			c = t.Session()
			c.Cmd("RSET").Want("250")
			c.Mail()
			c.Cmd("RSET").Want("250")
		},
	},
	{
		ID: "rset-after-data", Level: Must, RFC: "5321 §4.1.1.5",
		Title: "After an end of data RSET has no effect: the message stays accepted.",
		Test:  "message, 250, RSET: 250; it arrives once",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Message(t.Text(token, "RSET comes behind it\r\n")).Need("250")
			c.Cmd("RSET").Want("250")
			t.Arrived(token)
			if n := len(t.find(token)); n != 1 {
				t.Failf("%d copies arrived", n)
			}
		},
	},
	{
		ID: "rset-clears", Level: Must, RFC: "5321 §4.1.1.5",
		Title: "Sender and recipients are forgotten.",
		Test:  "MAIL, RCPT, RSET, RCPT: 503; DATA: 503 or 554 (a 354 is answered by a lone dot: fail if 250 follows, else warn); MAIL: 250",
		Needs: "recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Cmd("RSET").Want("250")
			c.Cmd(t.RcptLine()).Want("503; warn 5yz; else fail")
			c.DataForNobody()
			c.Cmd(t.MailLine()).Want("250")
		},
	},
	{
		ID: "rset-drops-params", Level: Must, RFC: "5321 §4.1.1.5",
		Title: "Parameters of the dropped MAIL are forgotten too.",
		Test:  "MAIL with BODY=BINARYMIME or SMTPUTF8, RSET, plain transaction with DATA: 354",
		Needs: "param, recipient",
		Run: func(t *T) {
			c := t.Session()
			param := ""
			for _, p := range [][2]string{{"BINARYMIME", "BODY=BINARYMIME"}, {"SMTPUTF8", "SMTPUTF8"}, {"8BITMIME", "BODY=8BITMIME"}} {
				if _, ok := c.Offers(p[0]); ok && param == "" {
					param = p[1]
				}
			}
			c.Cmd(t.MailLine(param)).Need("250")
			c.Cmd("RSET").Need("250")
			c.Transaction()
			c.Cmd("DATA").Want("354")
			c.Close()
		},
	},
	{
		ID: "rset-keeps-session", Level: MustNot, RFC: "5321 §4.1.1.5",
		Title: "RSET neither closes nor asks for EHLO again.",
		Test:  "EHLO, RSET x 10, MAIL 250",
		Vary:  "link login",
		Run: func(t *T) {
			c := t.Session()
			for range 10 {
				c.Cmd("RSET").Want("250; fail close")
			}
			c.Cmd(t.MailLine()).Want("250; fail 503")
		},
	},
	{
		ID: "rset-keeps-auth", Level: Must, RFC: "4954 §4; 5321 §4.1.1.5",
		Title: "Authentication outlives RSET.",
		Test:  "AUTH, RSET, AUTH: 503 (it is for the session), and what needs it still works",
		Needs: "auth",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			c.Login()
			c.Cmd("RSET").Need("250")
			c.Cmd("AUTH PLAIN").Want("503; warn 5yz; else fail")
			c.Cmd(t.MailLine()).Want("250; fail 530")
		},
	},
	{
		ID: "noop-250", Level: Must, RFC: "5321 §4.1.1.9",
		Title: "NOOP gets 250 and changes nothing.",
		Test:  "before EHLO, in a transaction between MAIL and RCPT",
		Needs: "recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Greeted()
			c.Cmd("NOOP").Want("250; warn 5yz")
			c = t.Session()
			c.Mail()
			c.Cmd("NOOP").Want("250")
			c.Cmd(t.RcptLine()).Want("250 251")
		},
	},
	{
		ID: "noop-arg", Level: Should, RFC: "5321 §4.1.1.9",
		Title: "An argument of NOOP is ignored.",
		Test:  "`NOOP anything at all`; warn: 501",
		Run: func(t *T) {
			t.Session().Cmd("NOOP anything at all").Want("250")
		},
	},
	{
		ID: "help-211", Level: Should, RFC: "5321 §4.1.1.8",
		Title: "HELP without an argument gets 211 or 214.",
		Test:  "502 warn",
		Run: func(t *T) {
			t.Session().Cmd("HELP").Want("211 214; warn 5yz")
		},
	},
	{
		ID: "help-state", Level: Must, RFC: "5321 §4.1.1.8; §4.1.4",
		Title: "HELP changes nothing in a transaction.",
		Test:  "MAIL, HELP, RCPT 250",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Cmd("HELP").Need("2yz", "5yz")
			c.Cmd(t.RcptLine()).Want("250 251")
		},
	},
	{
		ID: "help-arg", Level: May, RFC: "5321 §4.1.1.8; §4.3.2",
		Title: "HELP with an argument may tell more; 504 is the reply if it can not.",
		Test:  "`HELP MAIL`, `HELP FROB`; recorded",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("HELP MAIL").Record()
			c.Cmd("HELP FROB").Record()
		},
	},
	{
		ID: "vrfy-known", Level: Should, RFC: "5321 §4.5.1; §3.5.1; §3.5.3",
		Title: "VRFY is one of the required commands (§4.5.1; a SHOULD in §3.5.1); for a known mailbox it gives 250, 251 or 252.",
		Test:  "250, 251, 252 pass; 502, 500 warn; 550 for a known one fail",
		Needs: "recipient",
		Run: func(t *T) {
			t.Session().Cmd("VRFY " + t.To()).Want("250 251 252; warn 502 500 5yz; fail 550")
		},
	},
	{
		ID: "vrfy-250-form", Level: Must, RFC: "5321 §3.5.1; §3.5.2",
		Title: "A 250 holds the mailbox as `local@domain` or `Name <local@domain>`.",
		Test:  "parse",
		Needs: "recipient",
		Run: func(t *T) {
			r := t.Session().Cmd("VRFY " + t.To())
			if r.Code != 250 {
				t.Skipf("a 250 to VRFY: %s", r)
			}
			if !regexp.MustCompile(`[^\s<>@]+@[^\s<>@]+`).MatchString(r.Text()) {
				t.Failf("no mailbox stands in %s", r)
			}
		},
	},
	{
		ID: "vrfy-fqdn", Level: Must, RFC: "5321 §3.5.2",
		Title: "Addresses in a 2yz or 551 to VRFY or EXPN are whole: full domain, usable in RCPT.",
		Test:  "parse; the address given is accepted by RCPT; fail otherwise",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			r := c.Cmd("VRFY " + t.Local())
			m := regexp.MustCompile(`<?([^\s<>@]+@[^\s<>@]+)>?`).FindStringSubmatch(r.Text())
			if r.Code/100 != 2 && r.Code != 551 || r.Code == 252 {
				t.Skipf("an address in a reply to VRFY: %s", r)
			}
			if m == nil {
				t.Failf("no whole address stands in %s", r)
				return
			}
			c.Mail()
			c.Cmd("RCPT TO:<" + m[1] + ">").Want("250 251; else fail")
		},
	},
	{
		ID: "vrfy-brackets", Level: Should, RFC: "5321 §3.5.2",
		Title: "They stand in angle brackets.",
		Test:  "parse; warn",
		Needs: "recipient",
		Run: func(t *T) {
			r := t.Session().Cmd("VRFY " + t.To())
			if r.Code != 250 && r.Code != 251 && r.Code != 551 {
				t.Skipf("an address in a reply to VRFY: %s", r)
			}
			if !regexp.MustCompile(`<[^<>\s]+@[^<>\s]+>`).MatchString(r.Text()) {
				t.Warnf("the address stands in no angle brackets: %s", r)
			}
		},
	},
	{
		ID: "vrfy-no-route", Level: MustNot, RFC: "5321 §3.5.2",
		Title: "No source route is given.",
		Test:  "parse; fail",
		Needs: "recipient",
		Run: func(t *T) {
			r := t.Session().Cmd("VRFY " + t.To())
			if strings.Contains(r.Text(), "<@") {
				t.Failf("a source route: %s", r)
			}
		},
	},
	{
		ID: "vrfy-local-name", Level: Must, RFC: "5321 §3.5.1",
		Title: "A server that verifies knows local mailboxes as user names.",
		Test:  "VRFY with the local-part alone; only if VRFY gives 250 for the whole address: 250 here, or 553 where several domains have it; else fail",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			if r := c.Cmd("VRFY " + t.To()); r.Code != 250 {
				t.Skipf("a 250 to VRFY of the whole address: %s", r)
			}
			c.Cmd("VRFY " + t.Local()).Want("250 553; else fail")
		},
	},
	{
		ID: "vrfy-at-form", Level: Should, RFC: "5321 §3.5.1",
		Title: "`local@domain` is accepted as a user name.",
		Test:  "VRFY with and without brackets; warn: 501, 550",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			if r := c.Cmd("VRFY " + t.Local()); r.Code/100 != 2 {
				t.Skipf("a server that verifies: %s", r)
			}
			c.Cmd("VRFY " + t.To()).Want("2yz; warn 501 550")
			c.Cmd("VRFY <" + t.To() + ">").Want("2yz; warn 501 550")
		},
	},
	{
		ID: "vrfy-ambiguous", Level: May, RFC: "5321 §3.5.1",
		Title: "An ambiguous name gets 553, with or without the choices.",
		Test:  "recorded",
		Run: func(t *T) {
			t.Session().Cmd("VRFY a").Record()
		},
	},
	{
		ID: "vrfy-250-honest", Level: MustNot, RFC: "5321 §3.5.3",
		Title: "250 is not given for what was not verified.",
		Test:  "VRFY of a random local-part at DOMAIN; fail: 250, but warn where RCPT takes it too (a domain that takes any name)",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			unknown := t.Unknown()
			if r := c.Cmd("VRFY " + unknown); r.Code == 250 {
				c.Mail()
				if rcpt := c.Cmd("RCPT TO:<" + unknown + ">"); rcpt.Code/100 == 2 {
					t.Warnf("250 for a random name: the domain takes any name")
				} else {
					t.Failf("VRFY of a random name got %s, RCPT %s", r, rcpt)
				}
				c.Cmd("RSET")
			}
		},
	},
	{
		ID: "vrfy-disabled", Level: Must, RFC: "5321 §7.3",
		Title: "A server with VRFY turned off says 252 and so does not look as if it had verified (§3.5.3 asks for 502 or 500 where only the syntax is checked: the two texts differ).",
		Test:  "VRFY known and unknown: the same 252; 502 or 500 for both warn; 550 for both fail; different replies mean that it is on",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			known, unknown := c.Cmd("VRFY "+t.To()), c.Cmd("VRFY "+t.Unknown())
			if known.Code != unknown.Code {
				t.Recordf("VRFY is on: %s, %s", known, unknown)
				return
			}
			known.Want("252 250; warn 502 500 5yz; fail 550")
		},
	},
	{
		ID: "vrfy-before-ehlo", Level: Should, RFC: "5321 §4.1.4",
		Title: "NOOP, HELP, EXPN, VRFY, RSET are served without EHLO.",
		Test:  "each as first command; 503 warn",
		Run: func(t *T) {
			c := t.Greeted()
			for _, line := range []string{"NOOP", "HELP", "EXPN staff", "VRFY postmaster", "RSET"} {
				c.Cmd(line).Want("2yz 5yz 4yz; warn 503")
			}
		},
	},
	{
		ID: "vrfy-state", Level: Must, RFC: "5321 §4.1.1.6; §4.1.1.7",
		Title: "VRFY and EXPN change nothing in a transaction.",
		Test:  "MAIL, VRFY, RCPT 250",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Cmd("VRFY postmaster").Need("2yz", "5yz")
			c.Cmd("EXPN staff").Need("2yz", "5yz")
			c.Cmd(t.RcptLine()).Want("250 251")
		},
	},
	{
		ID: "vrfy-noarg", Level: Should, RFC: "5321 §4.1.1.6; §4.1.1.7; §4.3.2",
		Title: "VRFY and EXPN without argument get 501 (or 502).",
		Test:  "`VRFY`, `EXPN`: 501 (502 if off, 252 warn); 250 fail",
		Run: func(t *T) {
			c := t.Session()
			for _, line := range []string{"VRFY", "EXPN"} {
				c.Cmd(line).Want("501 502; warn 252 5yz; fail 250")
			}
		},
	},
	{
		ID: "expn-listed", Level: Must, RFC: "5321 §3.5.2; §7.3",
		Title: "If EXPN is supported, EHLO lists it.",
		Test:  "EHLO lacks the keyword and EXPN gets 250: fail; 252 or 550: recorded (turned off, §7.3); 500/502: pass",
		Run: func(t *T) {
			c := t.Session()
			if _, ok := c.Offers("EXPN"); ok {
				t.Recordf("EXPN is offered")
				return
			}
			c.Cmd("EXPN staff").Want("500 502 5yz; record 252 550; fail 250")
		},
	},
	{
		ID: "expn-user", Level: May, RFC: "5321 §3.5.1",
		Title: "EXPN of a user gives a list of one or 550.",
		Test:  "recorded",
		Needs: "recipient",
		Run: func(t *T) {
			t.Session().Cmd("EXPN " + t.Local()).Record()
		},
	},
	{
		ID: "expn-disabled", Level: Must, RFC: "5321 §7.3",
		Title: "EXPN turned off for security says 252 (502 or 500 where it is not there at all).",
		Test:  "offered and refused to strangers: 252; 550 \"denied\" is shown in §3.5.1 too and is recorded",
		Run: func(t *T) {
			c := t.Session()
			if _, ok := c.Offers("EXPN"); !ok {
				t.Skipf("EXPN")
			}
			c.Cmd("EXPN staff").Want("250 252; record 550; warn 5yz; fail 500 502")
		},
	},
	{
		ID: "vrfy-disclosure", Level: May, RFC: "5321 §7.3; 2505 §2.11",
		Title: "Whether strangers can tell users apart is recorded.",
		Test:  "VRFY and RCPT of the known and of random users; recorded for each",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			for _, a := range []string{t.To(), t.Unknown()} {
				c.Cmd("VRFY " + a).Record()
			}
			c.Mail()
			for _, a := range []string{t.To(), t.Unknown()} {
				c.Cmd("RCPT TO:<" + a + ">").Record()
			}
			c.Cmd("RSET")
		},
	},
}
