package conformance

import (
	"strings"
	"time"
)

// endTwo sends the end of data for two recipients and gives both replies.
func endTwo(c *Conn, content string) (a, b Reply) {
	c.t.run.message(c.t)
	c.rcpts = 0
	c.Write(content + ".\r\n")
	return c.Read("the end of data, first recipient"), c.Read("the end of data, second recipient")
}

func (c *Conn) noMore() {
	if r, quiet := c.Quiet(); !quiet && r.Err == nil {
		c.t.Failf("one reply too many: %s", r)
	}
}

var lmtpCases = []Case{
	{
		ID: "lmtp-lhlo", Level: Must, RFC: "2033 §4.1",
		Title: "LHLO does what EHLO does.",
		Test:  "250 with keywords",
		Needs: "lmtp",
		Vary:  "link cut",
		Run: func(t *T) {
			if c := t.Greeted(); c.Hello().Want("250") && len(c.offers) == 0 {
				t.Failf("LHLO lists no keywords")
			}
		},
	},
	{
		ID: "lmtp-no-ehlo", Level: MustNot, RFC: "2033 §4.1",
		Title: "EHLO and HELO get no 2yz; 500 is recommended.",
		Test:  "`EHLO`, `HELO`: 500; other 4yz/5yz warn; 2yz fail",
		Needs: "lmtp",
		Run: func(t *T) {
			for _, line := range []string{"EHLO client.example", "HELO client.example"} {
				t.Greeted().Cmd(line).Want("500; warn 4yz 5yz; fail 2yz")
			}
		},
	},
	{
		ID: "lmtp-smtp-no-lhlo", Level: Should, RFC: "2033 §4.1; 5321 §4.2.4",
		Title: "An SMTP server answers LHLO by 500.",
		Test:  "250 fail",
		Needs: "smtp",
		Run: func(t *T) {
			t.Greeted().Cmd("LHLO client.example").Want("500; warn 502 5yz; fail 250")
		},
	},
	{
		ID: "lmtp-one-each", Level: Must, RFC: "2033 §4.2",
		Title: "After the dot one reply for each accepted RCPT, in order.",
		Test:  "RECIPIENT, unknown (refused), RECIPIENT: two replies",
		Needs: "lmtp, recipient",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Rcpt()
			if r := c.Cmd("RCPT TO:<" + t.Unknown() + ">"); r.Code/100 == 2 {
				t.Skipf("a recipient that is refused: %s", r)
			}
			c.Rcpt()
			c.Data()
			a, b := endTwo(c, t.Text(t.Token(), "two recipients, one refused\r\n"))
			a.Want("250; fail silence")
			b.Want("250; fail silence")
			c.noMore()
		},
	},
	{
		ID: "lmtp-none-after-rset", Level: Must, RFC: "2033 §4.2; 5321 §4.1.1.5",
		Title: "RSET drops recipients from the count.",
		Test:  "MAIL, RCPT, RCPT, RSET, MAIL, RCPT, DATA, dot: one reply",
		Needs: "lmtp, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Rcpt()
			c.Rcpt()
			c.Cmd("RSET").Need("250")
			c.Message(t.Text(t.Token(), "one recipient after RSET\r\n")).Want("250")
			c.noMore()
		},
	},
	{
		ID: "lmtp-refused-whole", Level: Must, RFC: "2033 §4.2",
		Title: "A content refused as a whole still gets one reply a recipient.",
		Test:  "over SIZE with two recipients: two 552",
		Needs: "lmtp, ext:SIZE, recipient",
		Run: func(t *T) {
			c := t.Session()
			big := oversized(t, c)
			c.Mail()
			c.Rcpt()
			c.Rcpt()
			c.Data()
			a, b := endTwo(c, big)
			a.Want("552; warn 5yz 4yz; fail 2yz silence")
			b.Want("552; warn 5yz 4yz; fail 2yz silence")
		},
	},
	{
		ID: "lmtp-pipelined", Level: Must, RFC: "2033 §5; 2920 §3.2",
		Title: "Commands behind the dot wait for all its replies.",
		Test:  "dot CRLF NOOP in one segment with two recipients: two replies, then NOOP's",
		Needs: "lmtp, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Rcpt()
			c.Rcpt()
			c.Data()
			t.run.message(t)
			c.rcpts = 0
			c.Write(t.Text(t.Token(), "NOOP is behind the dot\r\n") + ".\r\nNOOP\r\n")
			for _, name := range []string{"first recipient", "second recipient", "NOOP"} {
				c.Read(name).Want("250; fail silence")
			}
			c.noMore()
		},
	},
	{
		ID: "lmtp-same-twice", Level: Must, RFC: "2033 §4.2",
		Title: "The same recipient twice gets two replies.",
		Test:  "check",
		Needs: "lmtp, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Rcpt()
			c.Rcpt()
			c.Data()
			a, b := endTwo(c, t.Text(t.Token(), "the same recipient twice\r\n"))
			a.Want("250; fail silence")
			b.Want("250; fail silence")
		},
	},
	{
		ID: "lmtp-sequence", Level: Must, RFC: "2033 §4; §4.1; 5321 §4.1.4",
		Title: "Order and state are those of SMTP, with LHLO for EHLO.",
		Test:  "RCPT before MAIL: 503; MAIL, LHLO, RCPT: 503; MAIL again: 250",
		Needs: "lmtp, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd(t.RcptLine()).Want("503; warn 5yz; else fail")
			c.Mail()
			c.Hello().Want("250; else fail")
			c.Cmd(t.RcptLine()).Want("503; warn 5yz; else fail")
			c.Cmd(t.MailLine()).Want("250; else fail")
		},
	},
	{
		ID: "lmtp-data-no-rcpt", Level: Must, RFC: "2033 §4.2",
		Title: "DATA with no accepted RCPT gets 503.",
		Test:  "354 fail",
		Needs: "lmtp",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Cmd("DATA").Want("503; warn 5yz; fail 354")
			c.Close()
		},
	},
	{
		ID: "lmtp-bdat-each", Level: Must, RFC: "2033 §4.3",
		Title: "BDAT LAST: one reply for each; BDAT before it: one.",
		Test:  "two recipients",
		Needs: "lmtp, ext:CHUNKING, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Rcpt()
			c.Rcpt()
			text := t.Text(t.Token(), "by BDAT\r\n")
			c.Chunk(text).Want("250")
			t.run.message(t)
			c.rcpts = 0
			c.Write("BDAT 3 LAST\r\nx\r\n")
			c.Read("BDAT LAST, first recipient").Want("250; fail silence")
			c.Read("BDAT LAST, second recipient").Want("250; fail silence")
			c.noMore()
		},
	},
	{
		ID: "lmtp-bdat-last-refused", Level: Must, RFC: "2033 §4.3; 3030 §2",
		Title: "BDAT without LAST has one reply, also when refused.",
		Test:  "`BDAT 5` without recipient: one 5yz",
		Needs: "lmtp, ext:CHUNKING",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Chunk("12345").Want("4yz 5yz; fail 2yz silence")
			c.noMore()
		},
	},
	{
		ID: "lmtp-bdat-zero", Level: Must, RFC: "2033 §4.3",
		Title: "BDAT LAST with no accepted RCPT gets no reply at all.",
		Test:  "`BDAT 4 LAST`, 4 octets, NOOP: one reply, NOOP's; a 503 before it is warn (Dovecot 2.3.19.1 does so)",
		Needs: "lmtp, ext:CHUNKING",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Write("BDAT 4 LAST\r\nxx\r\nNOOP\r\n")
			r := c.Read("BDAT LAST for nobody, NOOP")
			if r.Code == 503 {
				t.Warnf("BDAT LAST without a recipient got %s", r)
				r = c.Read("NOOP")
			}
			r.Want("250; fail silence 4yz 5yz")
			c.noMore()
		},
	},
	{
		ID: "lmtp-required-ext", Level: Must, RFC: "2033 §5",
		Title: "PIPELINING and ENHANCEDSTATUSCODES are offered.",
		Test:  "check LHLO",
		Needs: "lmtp",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			for _, keyword := range []string{"PIPELINING", "ENHANCEDSTATUSCODES"} {
				if _, ok := c.Offers(keyword); !ok {
					t.Failf("%s is not offered", keyword)
				}
			}
		},
	},
	{
		ID: "lmtp-8bitmime", Level: Should, RFC: "2033 §5",
		Title: "8BITMIME is offered.",
		Test:  "check LHLO; warn",
		Needs: "lmtp",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			if _, ok := c.Offers("8BITMIME"); !ok {
				t.Warnf("8BITMIME is not offered")
			}
		},
	},
	{
		ID: "lmtp-prompt", Level: Should, RFC: "2033 §5",
		Title: "Each reply is sent as soon as it is known.",
		Test:  "recorded: time of each",
		Needs: "lmtp, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Rcpt()
			c.Rcpt()
			c.Data()
			a, b := endTwo(c, t.Text(t.Token(), "its replies are timed\r\n"))
			t.Recordf("the replies came after %v and %v", a.After.Round(time.Microsecond), b.After.Round(time.Microsecond))
		},
	},
	{
		ID: "lmtp-received-with", Level: Should, RFC: "3848 §1",
		Title: "Received says LMTP, LMTPA, LMTPS, LMTPSA.",
		Test:  "read the field, if one is put on; warn",
		Needs: "lmtp, mailbox",
		Run: func(t *T) {
			_, r := traced(t)
			if !strings.Contains(strings.ToUpper(r), " WITH LMTP") && !strings.Contains(strings.ToUpper(r), " WITH UTF8LMTP") {
				t.Warnf("the WITH clause names no LMTP: %q", short(r, 160))
			}
		},
	},
	{
		ID: "lmtp-port-25", Level: MustNot, RFC: "2033 §5",
		Title: "LMTP is not spoken on port 25.",
		Test:  "check where the port is 25",
		Needs: "lmtp, port25",
		Run: func(t *T) {
			t.Failf("LMTP is spoken on port 25")
		},
	},
}
