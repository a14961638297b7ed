package conformance

import "strings"

var eightBitCases = []Case{
	{
		ID: "8bit-keyword", Level: Must, RFC: "6152 §2",
		Title: "The keyword has no parameters.",
		Test:  "check",
		Needs: "ext:8BITMIME",
		Run:   func(t *T) { t.plainKeyword("8BITMIME") }},
	{
		ID: "8bit-offered", Level: Should, RFC: "5321 §2.4",
		Title: "8BITMIME is supported.",
		Test:  "check EHLO; warn",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			if _, ok := c.Offers("8BITMIME"); !ok {
				t.Warnf("8BITMIME is not offered")
			}
		},
	},
	{
		ID: "8bit-accept", Level: Must, RFC: "6152 §2; §3",
		Title: "BODY=8BITMIME and BODY=7BIT are accepted.",
		Test:  "both: 250",
		Needs: "ext:8BITMIME",
		Vary:  "link",
		Run: func(t *T) {
			c := t.Session()
			for _, v := range []string{"8BITMIME", "7BIT"} {
				c.Cmd(t.MailLine("BODY=" + v)).Want("250")
				c.Cmd("RSET")
			}
		},
	},
	{
		ID: "8bit-once", Level: Must, RFC: "6152 §3",
		Title: "BODY stands at most once.",
		Test:  "`BODY=7BIT BODY=8BITMIME`; pass 501, 555; 250 warn (worded for the client)",
		Needs: "ext:8BITMIME",
		Run: func(t *T) {
			t.Session().Cmd(t.MailLine("BODY=7BIT BODY=8BITMIME")).Want("501 555; warn 250 5yz")
		},
	},
	{
		ID: "8bit-octets", Level: Must, RFC: "6152 §3",
		Title: "Octets over 127 arrive as sent, or as a valid re-encoding.",
		Test:  "all of 128 to 255; compare; a valid re-encoding at delivery is recorded, a lost bit fails",
		Needs: "ext:8BITMIME, mailbox",
		Vary:  "link cut",
		Run: func(t *T) {
			var b strings.Builder
			for o := 128; o < 256; o++ {
				b.WriteString("o" + string([]byte{byte(o)}) + "\r\n")
			}
			eightBit(t, b.String(), b.String())
		},
	},
	{
		ID: "8bit-dots", Level: Must, RFC: "6152 §3",
		Title: "Dots are doubled and ends found as ever.",
		Test:  "8-bit content with dotted lines; compare",
		Needs: "ext:8BITMIME, mailbox",
		Run: func(t *T) {
			eightBit(t, "..\xe9\r\n\xe9.\r\n..\r\n", ".\xe9\r\n\xe9.\r\n.\r\n")
		},
	},
	{
		ID: "8bit-line-1000", Level: Must, RFC: "6152 §3",
		Title: "Lines keep their limit of 1,000.",
		Test:  "see data-line-1000 with 8-bit content",
		Needs: "ext:8BITMIME, mailbox",
		Run: func(t *T) {
			line := strings.Repeat("\xe9", 998)
			eightBit(t, line+"\r\n", line+"\r\n")
		},
	},
	{
		ID: "8bit-bad-value", Level: Must, RFC: "6152 §2; 5321 §4.1.1.11",
		Title: "An unknown BODY value gets 501 or 504 or 555.",
		Test:  "`BODY=9BIT`, `BODY`; pass 501, 504, 555; 250 fail",
		Needs: "ext:8BITMIME",
		Run: func(t *T) {
			c := t.Session()
			for _, p := range []string{"BODY=9BIT", "BODY"} {
				c.Cmd(t.MailLine(p)).Want("501 504 555; warn 5yz; else fail")
				c.Cmd("RSET")
			}
		},
	},
}

// eightBit sends a body with BODY=8BITMIME and compares what came; a valid
// re-encoding is recorded.
func eightBit(t *T, sent, want string) {
	token := t.Token()
	c := t.Session()
	c.Transaction("BODY=8BITMIME")
	c.Data()
	c.End(t.Header(token) + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + sent).Need("250")
	message := t.Arrived(token)
	if cte := strings.ToLower(field(message, "Content-Transfer-Encoding")); cte != "8bit" && cte != "" {
		t.Recordf("delivered as %s", cte)
		return
	}
	compare(t, body(message), want)
}
