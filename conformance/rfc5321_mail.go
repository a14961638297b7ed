package conformance

import "strings"

// eachMail tries reverse-paths, each followed by RSET, and judges the reply.
func eachMail(t *T, spec string, arguments ...string) {
	c := t.Session()
	for i, a := range arguments {
		if i > 0 && i%2 == 0 { // some servers close at the third mistake
			c = t.Session()
		}
		c.Cmd("MAIL FROM:" + a).Want(spec)
		c.Cmd("RSET")
	}
}

var mailCases = []Case{
	{
		ID: "mail-250", Level: Must, RFC: "5321 §3.3; §4.1.1.2",
		Title: "A valid reverse-path is accepted.",
		Test:  "`MAIL FROM:<sender@client.example>`: 250",
		Vary:  "link cut login",
		Run: func(t *T) {
			t.Session().Cmd(t.MailLine()).Want("250; skip 530")
		},
	},
	{
		ID: "mail-null", Level: Must, RFC: "5321 §4.1.1.2; §4.5.5; 6409 §3.2",
		Title: "The null reverse-path is accepted.",
		Test:  "`MAIL FROM:<>`, RCPT: 250 both",
		Needs: "recipient",
		Vary:  "link",
		Run: func(t *T) {
			c := t.Session()
			if c.Cmd("MAIL FROM:<>").Want("250; skip 530") {
				c.Cmd(t.RcptLine()).Want("250 251")
			}
		},
	},
	{
		ID: "mail-before-ehlo", Level: Should, RFC: "5321 §4.1.4",
		Title: "MAIL without EHLO or HELO is out of sequence (the duty is the client's; a server that can process it may).",
		Test:  "first command MAIL; pass 503, 550, 502; 250 warn",
		Run: func(t *T) {
			t.Greeted().Cmd(t.MailLine()).Want("503 550 502; warn 250 5yz")
		},
	},
	{
		ID: "mail-nested", Level: Should, RFC: "5321 §4.1.4; §4.1.1.2",
		Title: "A second MAIL in a transaction is refused with 503 and the first one stays; a server that takes it has cleared its buffers.",
		Test:  "MAIL a, RCPT, MAIL b: 503, then DATA 354; 250 warn, and then DATA without RCPT must not be accepted (fail)",
		Needs: "recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			r := c.Cmd("MAIL FROM:<second@client.example>")
			if r.Code == 250 {
				t.Warnf("a second MAIL in a transaction got %s", r)
				c.rcpts = 0
				c.DataForNobody()
				return
			}
			r.Want("503; warn 5yz")
			c.Cmd("DATA").Want("354; else fail")
			c.Close() // in the middle of the data: nothing is sent
		},
	},
	{
		ID: "mail-syntax-space", Level: May, RFC: "5321 §3.3; §4.1.1.2",
		Title: "A space after the colon is forbidden to the client; what the server makes of it is free.",
		Test:  "`MAIL FROM: <a@b.example>`; recorded: 250 or 501",
		Run: func(t *T) {
			t.Session().Cmd("MAIL FROM: <" + t.cfg.Sender + ">").Want("record any")
		},
	},
	{
		ID: "mail-no-brackets", Level: Must, RFC: "5321 §4.1.1.2; §4.1.2",
		Title: "The path stands in angle brackets.",
		Test:  "`MAIL FROM:a@b.example`; pass 501/553; 250 warn",
		Run: func(t *T) {
			eachMail(t, "501 553; warn 250 5yz", "a@client.example")
		},
	},
	{
		ID: "mail-garbage", Level: Must, RFC: "5321 §4.1.4; §4.1.2; §4.3.2",
		Title: "An argument that is no path is not accepted: 501 (or 553, for a mailbox name).",
		Test:  "`MAIL FROM:<a b@c>`, `MAIL FROM:<@>`, `MAIL FROM:<a@b@c>`, `MAIL FROM:<a>`, `MAIL`; pass 501, 553; 500, 555 warn; 250 fail (`<a>` without a domain: 250 warn)",
		Vary:  "cut",
		Run: func(t *T) {
			eachMail(t, "501 553; warn 500 555 5yz; else fail", "<a b@c.example>", "<@>", "<a@b@c.example>")
			eachMail(t, "501 553; warn 250 5yz; else fail", "<a>")
			c := t.Session()
			c.Cmd("MAIL").Want("501 500; warn 5yz; else fail")
		},
	},
	{
		ID: "mail-bad-state", Level: Must, RFC: "5321 §4.1.4",
		Title: "A refused MAIL leaves no transaction.",
		Test:  "MAIL garbage, RCPT: 503",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			if r := c.Cmd("MAIL FROM:<a b@c.example>"); r.Code == 250 {
				t.Skipf("a MAIL that is refused: <a b@c.example> got %s", r) // mail-garbage complains
			} else {
				r.Need("5yz")
			}
			c.Cmd(t.RcptLine()).Want("503; warn 5yz; else fail")
		},
	},
	{
		ID: "mail-unknown-param", Level: Must, RFC: "5321 §4.1.1.11",
		Title: "An unknown parameter gets 555.",
		Test:  "`MAIL FROM:<a@b.example> XFOO=1`; pass 555; 501, 504 warn; 250 fail",
		Vary:  "link",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd(t.MailLine("XFOO=1")).Want("555; warn 501 504 5yz; else fail")
		},
	},
	{
		ID: "mail-param-after-helo", Level: May, RFC: "5321 §4.1.1.2; §4.1.1.11",
		Title: "In a HELO session no extension was negotiated; whether a parameter is taken all the same is free.",
		Test:  "HELO, `MAIL FROM:<a@b.example> SIZE=1`; recorded: 250, 555 or 501",
		Needs: "smtp",
		Run: func(t *T) {
			c := t.Greeted()
			c.Cmd("HELO " + t.cfg.Hello).Need("250")
			c.Cmd(t.MailLine("SIZE=1")).Want("record any")
		},
	},
	{
		ID: "mail-param-case", Level: Must, RFC: "5321 §2.4",
		Title: "Parameter keywords are taken whatever their case.",
		Test:  "an offered parameter in lower case, such as `body=8bitmime`; fail: 555",
		Needs: "param",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd(t.MailLine(aParam(c.offers))).Want("250")
		},
	},
	{
		ID: "mail-param-repeated", Level: MustNot, RFC: "1870 §6",
		Title: "SIZE stands at most once in a MAIL.",
		Test:  "`SIZE=1 SIZE=2`; pass 501/555; 250 warn (the duty is worded for the client)",
		Needs: "ext:SIZE",
		Run: func(t *T) {
			t.Session().Cmd(t.MailLine("SIZE=1 SIZE=2")).Want("501 555; warn 250 5yz")
		},
	},
	{
		ID: "mail-quoted", Level: Must, RFC: "5321 §4.1.2",
		Title: "A quoted local-part is valid.",
		Test:  "`MAIL FROM:<\"a b\"@c.example>`; fail: 501",
		Run: func(t *T) {
			eachMail(t, "250; warn 550 553", `<"a b"@client.example>`)
		},
	},
	{
		ID: "mail-quoted-special", Level: Must, RFC: "5321 §4.1.2",
		Title: "Quoted pairs, at sign and angle bracket inside quotes are valid.",
		Test:  "`<\"a\\\"b\"@c.example>`, `<\"a@b\"@c.example>`, `<\"a>b\"@c.example>`; fail: 501",
		Run: func(t *T) {
			eachMail(t, "250; warn 550 553", `<"a\"b"@client.example>`, `<"a@b"@client.example>`, `<"a>b"@client.example>`)
		},
	},
	{
		ID: "mail-source-route", Level: Must, RFC: "5321 §4.1.2; §3.3; App. C",
		Title: "Source route syntax in the reverse-path is recognised (the texts differ: must be accepted in §4.1.2, may be declined in §3.6.1).",
		Test:  "`MAIL FROM:<@a.example,@b.example:c@d.example>`; pass 250; 550, 553 policy warn; fail: 500, 501",
		Run: func(t *T) {
			eachMail(t, "250; warn 550 553; else fail", "<@a.example,@b.example:c@client.example>")
		},
	},
	{
		ID: "mail-literal", Level: Must, RFC: "5321 §4.1.3; §4.1.2",
		Title: "An address literal may stand as domain.",
		Test:  "`<a@[192.0.2.1]>`, `<a@[IPv6:2001:db8::1]>`; fail: 501 (550 policy passes)",
		Run: func(t *T) {
			eachMail(t, "250 550 553 554; fail 500 501", "<a@[192.0.2.1]>", "<a@[IPv6:2001:db8::1]>")
		},
	},
	{
		ID: "mail-literal-bad", Level: Must, RFC: "5321 §4.1.3; §4.1.2",
		Title: "A literal that is none does not fit: octets over 255, IPv6 without its tag, two `::`.",
		Test:  "`<a@[192.0.2.256]>`, `<a@[2001:db8::1]>`, `<a@[IPv6:1::2::3]>`; pass 501, 553; 250 warn",
		Run: func(t *T) {
			eachMail(t, "501 553; warn 250 5yz", "<a@[192.0.2.256]>", "<a@[2001:db8::1]>", "<a@[IPv6:1::2::3]>")
		},
	},
	{
		ID: "mail-atom-chars", Level: Must, RFC: "5321 §4.1.2",
		Title: "All atext characters are valid in a local-part.",
		Test:  "``<!#$%&'*+-/=?^_`{|}~@c.example>``; fail: 501",
		Run: func(t *T) {
			eachMail(t, "250; warn 550 553", "<!#$%&'*+-/=?^_`{|}~@client.example>")
		},
	},
	{
		ID: "mail-dot-string", Level: Must, RFC: "5321 §4.1.2",
		Title: "Empty parts of a dot-string are invalid unquoted.",
		Test:  "`<a..b@c.example>`, `<.a@c.example>`; pass 501/553; 250 warn",
		Run: func(t *T) {
			eachMail(t, "501 553; warn 250 5yz", "<a..b@client.example>", "<.a@client.example>")
		},
	},
	{
		ID: "mail-domain-grammar", Level: Must, RFC: "5321 §4.1.2",
		Title: "A domain label neither begins nor ends with a hyphen, nor is it empty.",
		Test:  "`<a@-b.example>`, `<a@b-.example>`, `<a@b..example>`, `<a@.example>`; pass 501, 553; 250 warn",
		Run: func(t *T) {
			eachMail(t, "501 553; warn 250 5yz", "<a@-b.example>", "<a@b-.example>", "<a@b..example>", "<a@.example>")
		},
	},
	{
		ID: "mail-trailing-text", Level: Must, RFC: "5321 §4.1.1.2; §4.1.2",
		Title: "Only parameters may follow the path, set off by a space.",
		Test:  "`MAIL FROM:<a@b.example>x`, `MAIL FROM:<a@b.example> ,`; pass 501, 555; other 5yz warn; 250 fail",
		Run: func(t *T) {
			eachMail(t, "501 555; warn 5yz; else fail", "<a@client.example>x", "<a@client.example> ,")
		},
	},
	{
		ID: "mail-case-kept", Level: Must, RFC: "5321 §2.4",
		Title: "The case of a local-part is kept.",
		Test:  "`MAIL FROM:<SeNdEr@client.example>`; the Return-Path of what arrives; fail: another case",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Cmd("MAIL FROM:<SeNdEr@client.example>").Need("250")
			c.Rcpt()
			c.Data()
			c.End(t.Text(token, "the sender's local-part is in mixed case\r\n")).Need("250")
			path := field(t.Arrived(token), "Return-Path")
			switch {
			case path == "":
				t.Skipf("a Return-Path in the mailbox")
			case !strings.Contains(path, "SeNdEr@"):
				t.Failf("the Return-Path is %q", path)
			}
		},
	},
	{
		ID: "mail-param-syntax", Level: Must, RFC: "5321 §4.1.2; §4.1.1.11",
		Title: "A parameter is keyword, or keyword = value without = or space.",
		Test:  "`MAIL FROM:<a@b.example> =1`, `SIZE==1`, `SIZE =1`, `-X=1`; pass 501, 555; other 5yz warn; 250 fail",
		Run: func(t *T) {
			eachMail(t, "501 555; warn 5yz; else fail", "<a@client.example> =1", "<a@client.example> SIZE==1", "<a@client.example> SIZE =1", "<a@client.example> -X=1")
		},
	},
	{
		ID: "mail-long-local", Level: Must, RFC: "5321 §4.5.3.1; §4.5.3.1.1",
		Title: "A local-part of 64 octets is taken.",
		Test:  "64 x a; fail: 5yz",
		Run: func(t *T) {
			eachMail(t, "250; warn 550 553", "<"+strings.Repeat("a", 64)+"@client.example>")
		},
	},
	{
		ID: "mail-long-domain", Level: Must, RFC: "5321 §4.5.3.1; §4.5.3.1.2; §4.5.3.1.3",
		Title: "A domain of up to 255 octets, a path of up to 256, are taken.",
		Test:  "path of exactly 256 octets, brackets counted, its labels of 63 at most; fail: 501/500 (550 for an unknown domain is warn)",
		Run: func(t *T) {
			eachMail(t, "250; warn 550 553", "<"+path256()+">")
		},
	},
	{
		ID: "mail-label-63", Level: Must, RFC: "5321 §2.3.5; §4.5.3.1.2",
		Title: "A label of 63 octets (the DNS limit that §2.3.5 refers to) is valid.",
		Test:  "fail: 501",
		Run: func(t *T) {
			eachMail(t, "250 550 553; fail 501", "<a@"+strings.Repeat("d", 63)+".example>")
		},
	},
}
