package conformance

import "strings"

var utf8Cases = []Case{
	{
		ID: "utf8-keyword", Level: Must, RFC: "6531 §3.1",
		Title: "The keyword has no parameters; 8BITMIME is offered too.",
		Test:  "check EHLO",
		Needs: "ext:SMTPUTF8",
		Run: func(t *T) {
			t.plainKeyword("SMTPUTF8")
			c := t.Greeted()
			c.Hello().Need("250")
			if _, ok := c.Offers("8BITMIME"); !ok {
				t.Failf("SMTPUTF8 is offered without 8BITMIME")
			}
		},
	},
	{
		ID: "utf8-ehlo-ascii", Level: Must, RFC: "6531 §3.7.1",
		Title: "Domain names in the EHLO reply are ASCII (A-labels).",
		Test:  "parse",
		Needs: "ext:SMTPUTF8",
		Run: func(t *T) {
			c := t.Greeted()
			for _, o := range c.Hello().Need("250").Raw {
				if o > 127 {
					t.Failf("octet %s in the reply to EHLO", hex(o))
					return
				}
			}
		},
	},
	{
		ID: "utf8-mail-param", Level: Must, RFC: "6531 §3.4",
		Title: "SMTPUTF8 on MAIL is accepted, without a value.",
		Test:  "`SMTPUTF8`; `SMTPUTF8=1`: 501/555, 250 warn",
		Needs: "ext:SMTPUTF8",
		Vary:  "link",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd(t.MailLine("SMTPUTF8")).Want("250")
			c.Cmd("RSET")
			c.Cmd(t.MailLine("SMTPUTF8=1")).Want("501 555; warn 250 5yz")
		},
	},
	{
		ID: "utf8-with-body", Level: Must, RFC: "6531 §3.6",
		Title: "SMTPUTF8 goes with BODY=8BITMIME, and with BODY=BINARYMIME where that is offered, in any order.",
		Test:  "`BODY=8BITMIME SMTPUTF8`, `SMTPUTF8 BODY=8BITMIME`: 250; fail: 501, 555",
		Needs: "ext:SMTPUTF8",
		Run: func(t *T) {
			c := t.Session()
			list := []string{"BODY=8BITMIME SMTPUTF8", "SMTPUTF8 BODY=8BITMIME"}
			if _, ok := c.Offers("BINARYMIME"); ok {
				list = append(list, "BODY=BINARYMIME SMTPUTF8")
			}
			for _, p := range list {
				c.Cmd(t.MailLine(p)).Want("250")
				c.Cmd("RSET")
			}
		},
	},
	{
		ID: "utf8-address", Level: Must, RFC: "6531 §3.2; §3.3",
		Title: "A UTF-8 local-part and a U-label are valid with it.",
		Test:  "`<jøran@blåbær.example>` in MAIL: 250 (550 policy passes)",
		Needs: "ext:SMTPUTF8",
		Run: func(t *T) {
			t.Session().Cmd("MAIL FROM:<jøran@blåbær.example> SMTPUTF8").Want("250 550; fail 501 553")
		},
	},
	{
		ID: "utf8-quoted", Level: Must, RFC: "6531 §3.3",
		Title: "UTF-8 may stand in a quoted local-part too.",
		Test:  "`MAIL FROM:<\"jø ran\"@client.example> SMTPUTF8`; fail: 501 (550 policy passes)",
		Needs: "ext:SMTPUTF8",
		Run: func(t *T) {
			t.Session().Cmd("MAIL FROM:<\"jø ran\"@client.example> SMTPUTF8").Want("250 550; fail 501 553")
		},
	},
	{
		ID: "utf8-without-param", Level: Must, RFC: "6531 §3.5; §3.3; 5321 §4.1.2; §2.4",
		Title: "Without the parameter a non-ASCII address is not accepted: 550 at MAIL, 553 at RCPT.",
		Test:  "MAIL with `jøran@client.example`, RCPT with `jøran@DOMAIN`, no SMTPUTF8; pass 550, 553, 501; other 5yz warn; 250 warn (5321 §2.4 has a SHOULD, as cmd-8bit)",
		Needs: "ext:SMTPUTF8, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("MAIL FROM:<jøran@client.example>").Want("550 553 501; warn 250 5yz")
			c.Cmd("RSET")
			c.Mail()
			c.Cmd("RCPT TO:<jøran@" + t.Domain() + ">").Want("550 553 501; warn 250 5yz")
		},
	},
	{
		ID: "utf8-invalid", Level: Must, RFC: "6531 §3.3",
		Title: "Octets that are no UTF-8 are refused even with it.",
		Test:  "`\\xff`, overlong forms, surrogates; 250 fail",
		Needs: "ext:SMTPUTF8",
		Run: func(t *T) {
			c := t.Session()
			for _, local := range []string{"\xff", "\xc0\xaf", "\xed\xa0\x80"} {
				c.Cmd("MAIL FROM:<a" + local + "@client.example> SMTPUTF8").Want("5yz; else fail")
				c.Cmd("RSET")
			}
		},
	},
	{
		ID: "utf8-553-codes", Level: Must, RFC: "6531 §3.5",
		Title: "A refusal because ASCII is needed is 550 at MAIL, 553 at RCPT, X.6.7.",
		Test:  "where one comes: codes; other codes warn",
		Needs: "ext:SMTPUTF8",
		Run: func(t *T) {
			c := t.Session()
			if r := c.Cmd("MAIL FROM:<jøran@client.example>"); r.Code/100 == 5 {
				r.Want("550; warn 5yz")
			}
			c.Cmd("RSET")
			c.Mail()
			if r := c.Cmd("RCPT TO:<jøran@" + t.Domain() + ">"); r.Code/100 == 5 {
				r.Want("553; warn 5yz")
			}
		},
	},
	{
		ID: "utf8-rcpt", Level: Must, RFC: "6531 §3.2; §3.3",
		Title: "An unknown UTF-8 recipient is refused as unknown (550) or as needing ASCII (553), not as bad syntax.",
		Test:  "`<nobody-jøran@DOMAIN>`; pass 550, 553, 250 (checked later); 501 fail",
		Needs: "ext:SMTPUTF8, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail("SMTPUTF8")
			c.Cmd("RCPT TO:<nobody-jøran@" + t.Domain() + ">").Want("550 553 250; warn 5yz; fail 501")
			c.Cmd("RSET")
		},
	},
	{
		ID: "utf8-header", Level: Must, RFC: "6531 §3.1; 6532 §3",
		Title: "UTF-8 header fields arrive as sent.",
		Test:  "compare",
		Needs: "ext:SMTPUTF8, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Transaction("BODY=8BITMIME SMTPUTF8")
			c.Data()
			c.End("X-Name: Jøran Øygårdvær\r\n" + t.Text(token, "blåbær\r\n")).Need("250")
			if got := field(t.Arrived(token), "X-Name"); got != "Jøran Øygårdvær" {
				t.Failf("the field came as %q", got)
			}
		},
	},
	{
		ID: "utf8-with", Level: Must, RFC: "6531 §3.7.3; §4.3",
		Title: "The WITH clause of Received is one of the SMTPUTF8 values.",
		Test:  "read the field: UTF8SMTP, UTF8SMTPS, UTF8SMTPA, UTF8SMTPSA, or the LMTP ones; else warn",
		Needs: "ext:SMTPUTF8, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Transaction("SMTPUTF8")
			c.Data()
			c.End(t.Text(token, "its Received field is read\r\n")).Need("250")
			r := field(t.Arrived(token), "Received")
			if r == "" {
				t.Skipf("a Received field")
			}
			if !strings.Contains(strings.ToUpper(r), "UTF8") {
				t.Warnf("the WITH clause names no SMTPUTF8 transport: %q", short(r, 160))
			}
		},
	},
	{
		ID: "utf8-vrfy", Level: MustNot, RFC: "6531 §3.7.4.2",
		Title: "A reply to VRFY or EXPN holds UTF-8 only if that command carried SMTPUTF8.",
		Test:  "VRFY of an ASCII and of a UTF-8 user, with and without; fail: octets over 127 without it",
		Needs: "ext:SMTPUTF8",
		Run: func(t *T) {
			c := t.Session()
			for _, who := range []string{"postmaster", "jøran"} {
				for _, o := range c.Cmd("VRFY " + who).Raw {
					if o > 127 {
						t.Failf("octet %s in the reply to VRFY without SMTPUTF8", hex(o))
						return
					}
				}
			}
		},
	},
	{
		ID: "utf8-vrfy-param", Level: Must, RFC: "6531 §3.1; §3.7.4.2",
		Title: "VRFY and EXPN take SMTPUTF8, without a value.",
		Test:  "`VRFY user SMTPUTF8`: not 501/504; `SMTPUTF8=1`: error (250 warn)",
		Needs: "ext:SMTPUTF8",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("VRFY postmaster SMTPUTF8").Want("2yz 550 551 553 502 500; fail 501 504")
			c.Cmd("VRFY postmaster SMTPUTF8=1").Want("5yz; warn 2yz")
		},
	},
	{
		ID: "utf8-reply-251", Level: MustNot, RFC: "6531 §3.7.4.1",
		Title: "Without SMTPUTF8 on MAIL no 251 or 551 shows a non-ASCII mailbox.",
		Test:  "over the run",
		Needs: "ext:SMTPUTF8",
		Over: func(x *Exchange) (Verdict, string) {
			if x.Reply.Code != 251 && x.Reply.Code != 551 {
				return Skipped, ""
			}
			for _, o := range x.Reply.Raw {
				if o > 127 {
					return Fail, "a mailbox in UTF-8 in " + x.Reply.String()
				}
			}
			return Pass, ""
		},
	},
	{
		ID: "utf8-orcpt", Level: Must, RFC: "6533 §3",
		Title: "With DSN offered too, ORCPT takes the utf-8 address type with UTF-8 in it.",
		Test:  "after MAIL with SMTPUTF8: `ORCPT=utf-8;jøran@blåbær.example`, and its `\\x{F8}` form; 501 fail",
		Needs: "ext:SMTPUTF8, ext:DSN, recipient",
		Run: func(t *T) {
			c := t.Session()
			for _, v := range []string{"utf-8;jøran@blåbær.example", `utf-8;j\x{F8}ran@client.example`} {
				c.Mail("SMTPUTF8")
				c.Cmd(t.RcptLine("ORCPT=" + v)).Want("250 251; fail 501")
				c.Cmd("RSET")
			}
		},
	},
	{
		ID: "utf8-ascii-mail", Level: Must, RFC: "6531 §3.6; §3.2",
		Title: "SMTPUTF8 on a message that does not need it is taken.",
		Test:  "plain ASCII message; 250; arrives",
		Needs: "ext:SMTPUTF8, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Transaction("SMTPUTF8")
			c.Data()
			c.End(t.Text(token, "plain ASCII\r\n")).Want("250")
			t.Arrived(token)
		},
	},
	{
		ID: "utf8-header-unasked", Level: May, RFC: "6531 §3.2; §3.5",
		Title: "UTF-8 header fields without the parameter: refused (554, X.6.9), kept or encoded.",
		Test:  "recorded",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			r := t.Session().Message("X-Name: Jøran\r\n" + t.Text(token, "text\r\n"))
			r.Record()
			if r.Code == 250 {
				t.Recordf("the field came as %q", field(t.Arrived(token), "X-Name"))
			}
		},
	},
}
