package conformance

import (
	"regexp"
	"time"
)

var submissionCases = []Case{
	{
		ID: "submit-530", Level: Must, RFC: "6409 §4.3",
		Title: "A submission server asks for authentication.",
		Test:  "port 587 without AUTH: MAIL gets 530; other 5yz warn; 250 fail, unless the user said that the network is trusted",
		Needs: "submission",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			c.Cmd(t.MailLine()).Want("530; warn 5yz; fail 250")
		},
	},
	{
		ID: "submit-null-path", Level: MustNot, RFC: "6409 §3.2",
		Title: "A null reverse-path is no reason to refuse.",
		Test:  "AUTH, `MAIL FROM:<>`; 5yz fail",
		Needs: "submission, auth",
		Run: func(t *T) {
			c := t.stranger()
			c.Login()
			c.Cmd("MAIL FROM:<>").Want("250; fail 5yz")
		},
	},
	{
		ID: "submit-local-auth", Level: Must, RFC: "5068 §3.1; §3.2",
		Title: "Authentication is asked for also when the recipient is local.",
		Test:  "587 without AUTH: MAIL, RCPT of the named recipient, RSET; 250 to both fail, unless the user said that the network is trusted (6409 §4.3)",
		Needs: "submission, recipient",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			if c.Cmd(t.MailLine()).Code == 250 {
				c.Cmd(t.RcptLine()).Want("5yz 4yz; fail 2yz")
				c.Cmd("RSET")
			}
		},
	},
	{
		ID: "submit-2min", Level: Should, RFC: "6409 §5.3",
		Title: "Every reply comes within 2 minutes, DATA too.",
		Test:  "measured over the run; warn",
		Needs: "submission",
		Over: func(x *Exchange) (Verdict, string) {
			if x.Reply.After > 2*time.Minute {
				return Warn, x.Command + " was answered after more than 2 minutes"
			}
			return Pass, ""
		},
	},
	{
		ID: "submit-fqdn", Level: Must, RFC: "6409 §4.2",
		Title: "Domains in the envelope are full: unqualified ones are refused (554) or completed.",
		Test:  "`MAIL FROM:<a@host>`, `RCPT TO:<a@host>` after AUTH; pass 554 or another 5yz; 250 recorded (it may have been completed)",
		Needs: "submission, auth",
		Run: func(t *T) {
			c := t.stranger()
			c.Login()
			c.Cmd("MAIL FROM:<a@host>").Want("554 5yz; record 250")
			c.Cmd("RSET")
			c.Mail()
			c.Cmd("RCPT TO:<a@host>").Want("554 5yz; record 250")
			c.Cmd("RSET")
		},
	},
	{
		ID: "submit-syntax", Level: Should, RFC: "6409 §5.1",
		Title: "Bad addresses get 501 (or 5yz).",
		Test:  "the arguments of mail-garbage after AUTH; pass 501; other 5yz warn; 250 warn",
		Needs: "submission, auth",
		Run: func(t *T) {
			c := t.stranger()
			c.Login()
			for _, a := range []string{"<a b@c.example>", "<@>", "<a@b@c.example>"} {
				c.Cmd("MAIL FROM:" + a).Want("501; warn 5yz 250")
				c.Cmd("RSET")
			}
		},
	},
	{
		ID: "submit-date-id", Level: May, RFC: "6409 §8.2",
		Title: "A missing Date may be added.",
		Test:  "message without Date; recorded",
		Needs: "submission, auth, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.stranger()
			c.Login()
			c.Message("From: <" + t.cfg.Sender + ">\r\nSubject: no date " + token + "\r\n\r\ntext\r\n").Need("250")
			t.Recordf("the Date field that came: %q", field(t.Arrived(token), "Date"))
		},
	},
	{
		ID: "submit-tls-clause", Level: Should, RFC: "8314 §4.3",
		Title: "Received has a tls clause with the cipher suite.",
		Test:  "a message over TLS; warn: no `tls` with a name of a suite behind it",
		Needs: "submission, tls, mailbox",
		Run: func(t *T) {
			t.circ.Link = LinkStartTLS
			if t.run.facts.gated[LinkStartTLS] {
				t.circ.Login = LoginFirst
			}
			_, received := traced(t)
			if !regexp.MustCompile(`\btls [A-Z0-9_]+`).MatchString(received) {
				t.Warnf("the Received field has no tls clause: %q", short(received, 160))
			}
		},
	},
	{
		ID: "submit-message-id", Level: Should, RFC: "6409 §8.3",
		Title: "A missing or bad Message-ID is replaced.",
		Test:  "message without; warn: none in the mailbox",
		Needs: "submission, auth, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.stranger()
			c.Login()
			c.Message("From: <" + t.cfg.Sender + ">\r\nDate: Mon, 3 Jan 2022 10:00:00 +0000\r\nSubject: no id " + token + "\r\n\r\ntext\r\n").Need("250")
			if field(t.Arrived(token), "Message-ID") == "" {
				t.Warnf("no Message-ID was added")
			}
		},
	},
	{
		ID: "submit-rights", Level: May, RFC: "6409 §6.1",
		Title: "A sender address that is not the user's may be refused, with 550.",
		Test:  "`MAIL FROM` of another, RCPT, RSET; recorded: 250, 550, at MAIL or RCPT",
		Needs: "submission, auth, recipient",
		Run: func(t *T) {
			c := t.stranger()
			c.Login()
			c.Cmd("MAIL FROM:<somebody-else@other.example>").Record()
			c.Cmd(t.RcptLine()).Record()
			c.Cmd("RSET")
		},
	},
	{
		ID: "submit-extensions", Level: Must, RFC: "6409 §7",
		Title: "AUTH is offered.",
		Test:  "EHLO before and after STARTTLS: in one of the two",
		Needs: "submission",
		Run: func(t *T) {
			for _, offers := range t.run.facts.offers {
				if _, ok := offers["AUTH"]; ok {
					return
				}
			}
			t.Failf("AUTH is offered on no connection")
		},
	},
	{
		ID: "submit-recommended", Level: Should, RFC: "6409 §7",
		Title: "PIPELINING, ENHANCEDSTATUSCODES, DSN, 8BITMIME are offered.",
		Test:  "check EHLO; warn for each",
		Needs: "submission",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			for _, keyword := range []string{"PIPELINING", "ENHANCEDSTATUSCODES", "DSN", "8BITMIME"} {
				if _, ok := c.Offers(keyword); !ok {
					t.Warnf("%s is not offered", keyword)
				}
			}
		},
	},
	{
		ID: "submit-no-etrn", Level: MustNot, RFC: "6409 §7",
		Title: "ETRN and ATRN are not offered.",
		Test:  "check EHLO",
		Needs: "submission",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			for _, keyword := range []string{"ETRN", "ATRN"} {
				if _, ok := c.Offers(keyword); ok {
					t.Failf("%s is offered", keyword)
				}
			}
		},
	},
	{
		ID: "submit-no-521", Level: MustNot, RFC: "6409 §7",
		Title: "521 is not used.",
		Test:  "over the run; fail",
		Needs: "submission",
		Over: func(x *Exchange) (Verdict, string) {
			if x.Reply.Code == 521 {
				return Fail, "521 to " + x.Command
			}
			return Pass, ""
		},
	},
	{
		ID: "submit-no-relay", Level: MustNot, RFC: "5068 §3.2",
		Title: "Without authentication nothing is relayed to other domains.",
		Test:  "587 and 465 without AUTH: RCPT at `.invalid`, RSET; 250 fail",
		Needs: "submission",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			if c.Cmd(t.MailLine()).Code == 250 {
				c.Cmd("RCPT TO:<x@relay-test.invalid>").Want("5yz 4yz; fail 2yz")
				c.Cmd("RSET")
			}
		},
	},
}
