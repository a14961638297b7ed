package conformance

import "strings"

// dsnMail and dsnRcpt try parameters, each in a transaction of its own.
func dsnMail(t *T, spec string, params ...string) {
	c := t.Session()
	for _, p := range params {
		c.Cmd(t.MailLine(p)).Want(spec)
		c.Cmd("RSET")
	}
}

func dsnRcpt(t *T, spec string, params ...string) {
	c := t.Session()
	for _, p := range params {
		c.Mail()
		c.Cmd(t.RcptLine(p)).Want(spec)
		c.Cmd("RSET")
	}
}

var dsnCases = []Case{
	{
		ID: "dsn-keyword", Level: Must, RFC: "3461 §2",
		Title: "The keyword has no parameters.",
		Test:  "check",
		Needs: "ext:DSN",
		Run:   func(t *T) { t.plainKeyword("DSN") }},
	{
		ID: "dsn-accept", Level: Must, RFC: "3461 §4; §5.1",
		Title: "RET, ENVID, NOTIFY, ORCPT are accepted, each and together.",
		Test:  "`RET=HDRS ENVID=x`, `NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@c.example`",
		Needs: "ext:DSN, recipient",
		Vary:  "link",
		Run: func(t *T) {
			dsnMail(t, "250", "RET=HDRS", "RET=FULL", "ENVID=x", "RET=HDRS ENVID=x")
			dsnRcpt(t, "250 251", "NOTIFY=NEVER", "NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;a+2Bb@c.example", "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@c.example")
		},
	},
	{
		ID: "dsn-same-reply", Level: Must, RFC: "3461 §5.1",
		Title: "Valid parameters do not change the reply code.",
		Test:  "MAIL and RCPT (known and unknown) with and without; fail: other codes",
		Needs: "ext:DSN, recipient",
		Run: func(t *T) {
			c := t.Session()
			unknown := t.Unknown()
			plain := []Reply{c.Cmd(t.MailLine()), c.Cmd(t.RcptLine()), c.Cmd("RCPT TO:<" + unknown + ">")}
			c.Cmd("RSET")
			with := []Reply{c.Cmd(t.MailLine("RET=HDRS ENVID=x")), c.Cmd(t.RcptLine("NOTIFY=SUCCESS")), c.Cmd("RCPT TO:<" + unknown + "> NOTIFY=SUCCESS")}
			c.Cmd("RSET")
			for i := range plain {
				if plain[i].Code != with[i].Code {
					t.Failf("%s: %s; %s: %s", plain[i].Command, plain[i], with[i].Command, with[i])
				}
			}
		},
	},
	{
		ID: "dsn-case", Level: Must, RFC: "3461 §4.1; §4.3",
		Title: "Values are taken whatever their case.",
		Test:  "`RET=hdrs`, `NOTIFY=success,Delay`",
		Needs: "ext:DSN, recipient",
		Run: func(t *T) {
			dsnMail(t, "250", "ret=hdrs")
			dsnRcpt(t, "250 251", "notify=success,Delay")
		},
	},
	{
		ID: "dsn-never", Level: Should, RFC: "3461 §4.1; §5.1",
		Title: "NOTIFY=NEVER stands alone; with others beside it the value is not valid: 501.",
		Test:  "`NOTIFY=NEVER,SUCCESS`: 501; 250 warn",
		Needs: "ext:DSN, recipient",
		Run:   func(t *T) { dsnRcpt(t, "501; warn 250 5yz", "NOTIFY=NEVER,SUCCESS") }},
	{
		ID: "dsn-bad-values", Level: Must, RFC: "3461 §5.1; §4.3",
		Title: "A RET or ENVID value that is not valid gets 501.",
		Test:  "`RET=ALL`, `RET=`, `ENVID=`; pass 501; 555, 504 warn; 250 fail, for `ENVID=` warn (§4 lets xtext be empty)",
		Needs: "ext:DSN, recipient",
		Run: func(t *T) {
			dsnMail(t, "501; warn 555 504 5yz; else fail", "RET=ALL", "RET=")
			dsnMail(t, "501; warn 555 504 5yz 250", "ENVID=")
		},
	},
	{
		ID: "dsn-bad-rcpt-values", Level: Should, RFC: "3461 §5.1; §4.1; §4.2",
		Title: "A NOTIFY or ORCPT value that is not valid gets 501.",
		Test:  "`NOTIFY=MAYBE`, `NOTIFY=`, `ORCPT=rfc822`, `ORCPT=;x`; 250 warn",
		Needs: "ext:DSN, recipient",
		Run: func(t *T) {
			dsnRcpt(t, "501; warn 250 5yz", "NOTIFY=MAYBE", "NOTIFY=", "ORCPT=rfc822", "ORCPT=;x")
		},
	},
	{
		ID: "dsn-bad-xtext", Level: Must, RFC: "3461 §5.1; §4",
		Title: "An ENVID that is no xtext gets 501.",
		Test:  "`ENVID=a+2`, `ENVID=a+zz`, `ENVID=a+2b` (lower case); 250 fail, but for lower case warn",
		Needs: "ext:DSN",
		Run: func(t *T) {
			dsnMail(t, "501; warn 5yz; else fail", "ENVID=a+2", "ENVID=a+zz")
			dsnMail(t, "501; warn 250 5yz", "ENVID=a+2b")
		},
	},
	{
		ID: "dsn-repeated", Level: Must, RFC: "3461 §5.1; §4.5",
		Title: "RET or ENVID twice in a MAIL gets 501 (§5.1; §4.5 says the same with a SHOULD).",
		Test:  "`RET=FULL RET=HDRS`: 501; 555 warn; 250 fail",
		Needs: "ext:DSN",
		Run: func(t *T) {
			dsnMail(t, "501; warn 555 5yz; else fail", "RET=FULL RET=HDRS", "ENVID=a ENVID=b")
		},
	},
	{
		ID: "dsn-repeated-rcpt", Level: Should, RFC: "3461 §4.5; §5.1",
		Title: "NOTIFY or ORCPT twice in a RCPT gets 501.",
		Test:  "`NOTIFY=SUCCESS NOTIFY=DELAY`; 250 warn",
		Needs: "ext:DSN, recipient",
		Run: func(t *T) {
			dsnRcpt(t, "501; warn 250 5yz", "NOTIFY=SUCCESS NOTIFY=DELAY", "ORCPT=rfc822;a@b.example ORCPT=rfc822;c@d.example")
		},
	},
	{
		ID: "dsn-lengths", Level: Must, RFC: "3461 §5.4",
		Title: "ENVID of 100, ORCPT of 500, NOTIFY of 28, RET of 8 characters fit, the keyword counted.",
		Test:  "fail: 500/501",
		Needs: "ext:DSN, recipient",
		Run: func(t *T) {
			dsnMail(t, "250; fail 500 501", "RET=HDRS ENVID="+strings.Repeat("e", 94))
			dsnRcpt(t, "250 251; fail 500 501", "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;"+strings.Repeat("o", 470)+"@client.example")
		},
	},
	{
		ID: "dsn-line-1036", Level: Must, RFC: "3461 §5.4",
		Title: "Command lines of 1,036 octets are taken.",
		Needs: "ext:DSN, recipient",
		Test:  "RCPT with ORCPT of 500 and NOTIFY of 28, MAIL with a path of 256, RET and ENVID of 100: fail: 500",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("MAIL FROM:<" + path256() + "> RET=HDRS ENVID=" + strings.Repeat("e", 94)).Want("250 550 553; warn 501 5yz; fail 500")
			c.Cmd("RSET")
			c.Mail()
			c.Cmd(t.RcptLine("NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;" + strings.Repeat("o", 472) + "@client.example")).Want("250 251 550; warn 501 5yz; fail 500")
		},
	},
}
