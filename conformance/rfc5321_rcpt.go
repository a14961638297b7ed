package conformance

import "strings"

// eachRcpt tries forward-paths in one transaction, which ends in RSET.
func eachRcpt(t *T, spec string, arguments ...string) {
	c := t.Session()
	c.Mail()
	for i, a := range arguments {
		if i > 0 && i%2 == 0 { // some servers close at the third mistake
			c = t.Session()
			c.Mail()
		}
		c.Cmd("RCPT TO:" + a).Want(spec)
	}
	c.Cmd("RSET")
}

var rcptCases = []Case{
	{
		ID: "rcpt-250", Level: Must, RFC: "5321 §3.3",
		Title: "A recipient that exists is accepted.",
		Test:  "the recipient that the user named; 250 or 251",
		Needs: "recipient",
		Vary:  "link cut login",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Cmd(t.RcptLine()).Want("250 251")
		},
	},
	{
		ID: "rcpt-unknown", Level: Should, RFC: "5321 §3.3; §4.2.2",
		Title: "A mailbox that doesn't exist gets 550 at RCPT.",
		Test:  "a random local-part in the recipient's domain; warn: 250 (checked later), fail: other class than 4yz/5yz/250",
		Needs: "recipient",
		Run: func(t *T) {
			eachRcpt(t, "550; warn 250 5yz; error 4yz; else fail", "<"+t.Unknown()+">")
		},
	},
	{
		ID: "rcpt-before-mail", Level: Must, RFC: "5321 §3.3; §4.1.4",
		Title: "RCPT without MAIL gets 503.",
		Test:  "fail: other",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("RCPT TO:<x@client.example>").Want("503; else fail")
		},
	},
	{
		ID: "rcpt-postmaster", Level: Must, RFC: "5321 §4.5.1; §4.1.1.3",
		Title: "`Postmaster` without a domain is accepted, in any case.",
		Test:  "`<Postmaster>`, `<postmaster>`, `<POSTMASTER>`; fail: 5yz",
		Run: func(t *T) {
			eachRcpt(t, "250 251", "<Postmaster>", "<postmaster>", "<POSTMASTER>")
		},
	},
	{
		ID: "rcpt-postmaster-domain", Level: Must, RFC: "5321 §4.5.1",
		Title: "postmaster at each domain served is accepted.",
		Test:  "`<postmaster@DOMAIN>` and `<PostMaster@DOMAIN>` of the recipient's domain",
		Needs: "recipient",
		Run: func(t *T) {
			eachRcpt(t, "250 251", "<postmaster@"+t.Domain()+">", "<PostMaster@"+t.Domain()+">")
		},
	},
	{
		ID: "rcpt-postmaster-unauth", Level: Should, RFC: "5321 §4.5.1",
		Title: "Postmaster takes mail from anybody; a block is narrow.",
		Test:  "RCPT of postmaster from a null sender and from `<x@client.example>`, then RSET; warn: refused",
		Needs: "recipient",
		Run: func(t *T) {
			for _, from := range []string{"<>", "<x@client.example>"} {
				c := t.Greeted()
				c.Hello().Need("250")
				c.Cmd("MAIL FROM:" + from).Want("250; skip 530")
				c.Cmd("RCPT TO:<postmaster@" + t.Domain() + ">").Want("250 251; skip 530")
				c.Cmd("RSET")
			}
		},
	},
	{
		ID: "rcpt-domain-case", Level: Must, RFC: "5321 §2.3.5; §2.4",
		Title: "Domains are compared without case.",
		Test:  "recipient with its domain in capitals; fail: 550",
		Needs: "recipient",
		Run: func(t *T) {
			eachRcpt(t, "250 251", "<"+t.Local()+"@"+strings.ToUpper(t.Domain())+">")
		},
	},
	{
		ID: "rcpt-source-route", Level: Must, RFC: "5321 §3.3; §4.1.1.3; App. C",
		Title: "A source route in the forward-path is recognised and may be ignored.",
		Test:  "`RCPT TO:<@x.example:RECIPIENT>`, then RSET; pass 250; 550 (relaying declined) warn; 500, 501 fail",
		Needs: "recipient",
		Run: func(t *T) {
			eachRcpt(t, "250 251; warn 550 553 554 551; else fail", "<@x.example:"+t.To()+">")
		},
	},
	{
		ID: "rcpt-quoted-same", Level: Must, RFC: "5321 §4.1.2",
		Title: "A quoted form of a local-part means the same mailbox.",
		Test:  "`\"local\"@domain` of the recipient; fail: 550 or 501",
		Needs: "recipient",
		Run: func(t *T) {
			eachRcpt(t, "250 251", `<"`+t.Local()+`"@`+t.Domain()+">")
		},
	},
	{
		ID: "rcpt-local-case", Level: May, RFC: "5321 §2.4; §4.1.2",
		Title: "Whether the local-part of a mailbox minds case is for the host to say.",
		Test:  "recipient with its local-part in capitals; recorded",
		Needs: "recipient",
		Run: func(t *T) {
			eachRcpt(t, "record any", "<"+strings.ToUpper(t.Local())+"@"+t.Domain()+">")
		},
	},
	{
		ID: "rcpt-literal", Level: Must, RFC: "5321 §4.1.2; §4.1.3",
		Title: "An address literal may stand as domain of a recipient.",
		Test:  "`<postmaster@[192.0.2.1]>`, and with the address of the server, each then RSET; 250, 550 and other policy pass; fail: 500, 501",
		Run: func(t *T) {
			eachRcpt(t, "250 251 5yz 450 451; fail 500 501", "<postmaster@[192.0.2.1]>", "<postmaster@[127.0.0.1]>")
		},
	},
	{
		ID: "rcpt-100", Level: Must, RFC: "5321 §4.5.3.1.8; §4.5.3.1.10",
		Title: "100 recipients in a transaction are buffered.",
		Test:  "100 times the recipient (or tagged forms the user named); fail: refusal before the 101st",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			for i := range 100 {
				if r := c.Cmd(t.RcptLine()); r.Code != 250 && r.Code != 251 {
					t.Failf("recipient %d: %s", i+1, r)
					return
				}
			}
			c.Cmd("RSET")
		},
	},
	{
		ID: "rcpt-too-many-452", Level: Must, RFC: "5321 §4.5.3.1.10; §4.5.3.1.8",
		Title: "Beyond its own limit the server says 452 (a site policy may use 5yz), and those accepted stay.",
		Test:  "2,000 RCPTs with the cap raised; pass: all taken or 452; 5yz warn, 552 warn; then DATA 354, or 503 if policy; fail: connection lost, or 452 before the 101st",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			taken := 0
			for taken < 2000 {
				r := c.Cmd(t.RcptLine())
				if r.Code == 250 || r.Code == 251 {
					taken++
					continue
				}
				t.Recordf("after %d recipients: %s", taken, r)
				switch {
				case r.Err != nil || r.Code == 421:
					t.Failf("the connection was lost after %d recipients: %s", taken, r)
					return
				case r.Code == 452 && taken < 100:
					t.Failf("452 came after %d recipients", taken)
				case r.Code == 552:
					t.Warnf("552 where 452 is meant")
				case r.Code/100 == 5:
					t.Warnf("expected 452, got %s", r)
				}
				break
			}
			c.Cmd("DATA").Want("354 503")
			c.Close()
		},
	},
	{
		ID: "rcpt-refused-keeps", Level: Must, RFC: "5321 §3.3; §4.1.1.3",
		Title: "A refused recipient leaves the others.",
		Test:  "good, unknown (refused), DATA: 354; 250 at the end; the mailbox, if there is one, has it",
		Needs: "recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Mail()
			c.Rcpt()
			if r := c.Cmd("RCPT TO:<" + t.Unknown() + ">"); r.Code/100 == 2 {
				c.Cmd("RSET")
				t.Skipf("an address that is refused: %s took %s", r.Command, r)
			}
			if !c.Cmd("DATA").Want("354") {
				return
			}
			c.End(t.Text(token, "one recipient of two was refused\r\n")).Want("250")
			if t.cfg.Mailbox != nil {
				t.Arrived(token)
			}
		},
	},
	{
		ID: "rcpt-keeps-sender", Level: Must, RFC: "5321 §4.1.1.3",
		Title: "RCPT changes neither sender nor data.",
		Test:  "MAIL a, RCPT x 3, DATA; Return-Path is a",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Mail()
			for range 3 {
				c.Rcpt()
			}
			c.Data()
			c.End(t.Text(token, "three times the same recipient\r\n")).Need("250")
			switch path := field(t.Arrived(token), "Return-Path"); {
			case path == "":
				t.Skipf("a Return-Path in the mailbox")
			case !strings.Contains(path, t.cfg.Sender):
				t.Failf("the Return-Path is %q", path)
			}
		},
	},
	{
		ID: "rcpt-duplicate", Level: May, RFC: "5321 §4.1.1.3; §3.3",
		Title: "The same recipient twice: how many copies come is free.",
		Test:  "recorded: one or two",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Mail()
			c.Rcpt()
			c.Rcpt()
			c.Data()
			c.End(t.Text(token, "twice the same recipient\r\n")).Need("250")
			t.Arrived(token)
			t.Recordf("%d copies came", len(t.find(token)))
		},
	},
	{
		ID: "rcpt-unknown-param", Level: Must, RFC: "5321 §4.1.1.11",
		Title: "An unknown parameter on RCPT gets 555.",
		Test:  "`RCPT TO:<RECIPIENT> XFOO=1`; 501/504 warn; 250 fail",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Cmd(t.RcptLine("XFOO=1")).Want("555; warn 501 504 5yz; else fail")
		},
	},
	{
		ID: "rcpt-syntax", Level: Must, RFC: "5321 §4.1.1.3; §4.3.2",
		Title: "Garbage gets 501 or 553, the transaction stays.",
		Test:  "`RCPT TO:<>`, `RCPT TO:<a b@c>`, `RCPT`: other 5yz warn, 250 fail; then a good RCPT 250",
		Needs: "recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			for _, line := range []string{"RCPT TO:<>", "RCPT TO:<a b@c.example>", "RCPT"} {
				c.Cmd(line).Want("501 553; warn 5yz; else fail")
			}
			c.Cmd(t.RcptLine()).Want("250 251")
		},
	},
	{
		ID: "rcpt-syntax-space", Level: May, RFC: "5321 §3.3; §4.1.1.3",
		Title: "A space after the colon, as in mail-syntax-space.",
		Test:  "`RCPT TO: <RECIPIENT>`; recorded: 250 or 501",
		Needs: "recipient",
		Run: func(t *T) {
			eachRcpt(t, "record any", " <"+t.To()+">")
		},
	},
	{
		ID: "rcpt-no-relay", Level: Should, RFC: "5321 §7.9; §3.6.2; 2505 §2.1; 5068 §3.2",
		Title: "Mail to a foreign domain from an unauthenticated stranger is refused, with 550.",
		Test:  "`RCPT TO:<x@relay-test.invalid>`, then RSET; pass 550; other 5yz/4yz pass with the code named; 250 warn, fail if the user said that the suite stands outside or that this is a submission port",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			if mail := c.Cmd(t.MailLine()); mail.Code != 250 {
				mail.Want("record any")
				return
			}
			spec := "550 4yz 5yz; warn 250"
			if t.cfg.Public || t.cfg.Submission {
				spec = "550 4yz 5yz; fail 250"
			}
			c.Cmd("RCPT TO:<x@relay-test.invalid>").Want(spec)
			c.Cmd("RSET")
		},
	},
	{
		ID: "rcpt-long-path", Level: Must, RFC: "5321 §4.5.3.1; §4.5.3.1.1; §4.5.3.1.3",
		Title: "Paths up to the limits are parsed: refused as unknown, not as syntax.",
		Test:  "local-part of 64, path of 256; fail: 500/501",
		Needs: "recipient",
		Run: func(t *T) {
			eachRcpt(t, "250 550 553 554 551 450 451; fail 500 501", "<"+strings.Repeat("a", 64)+"@"+t.Domain()+">", "<"+path256()+">")
		},
	},
	{
		ID: "rcpt-path-too-long", Level: May, RFC: "5321 §4.5.3.1.9; §4.5.3.1.3",
		Title: "Longer paths than the limits may be refused: 501 is the example.",
		Test:  "local-part of 65, 200, path of 300, 450; recorded: 250, 501, 550, 553; fail: close, or out of step",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			for _, n := range []int{65, 200} {
				c.Cmd("RCPT TO:<" + strings.Repeat("a", n) + "@" + t.Domain() + ">").Want("record any; fail close")
			}
			c.Cmd("RCPT TO:<a@" + strings.Repeat("d.", 150) + "example>").Want("record any; fail close")
			c.InStep()
		},
	},
}
