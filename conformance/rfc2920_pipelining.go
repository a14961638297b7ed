package conformance

import (
	"bytes"
	"strings"
	"time"
)

var pipeliningCases = []Case{
	{
		ID: "pipe-keyword", Level: Must, RFC: "2920 §2",
		Title: "The keyword has no parameters.",
		Test:  "check",
		Needs: "ext:PIPELINING",
		Run:   func(t *T) { t.plainKeyword("PIPELINING") }},
	{
		ID: "pipe-envelope", Level: Must, RFC: "2920 §3.2; §3.1",
		Title: "MAIL, RCPT..., DATA in one segment get their replies in order.",
		Test:  "RECIPIENT, a malformed path, RECIPIENT again, DATA: 250, 250, 501 or 553, 250, 354, in this order",
		Needs: "ext:PIPELINING, recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			replies := c.OneWrite(t.MailLine(), t.RcptLine(), "RCPT TO:<a b@c.example>", t.RcptLine(), "DATA")
			for i, spec := range []string{"250", "250 251", "501 553; warn 5yz; else fail", "250 251", "354"} {
				replies[i].Want(spec)
			}
			c.Close()
		},
	},
	{
		ID: "pipe-all-in-one", Level: Must, RFC: "2920 §3.2",
		Title: "RSET, MAIL, RCPT, NOOP-free groups of any length keep order.",
		Test:  "200 commands in one write; every reply there, in order",
		Needs: "ext:PIPELINING",
		Vary:  "link",
		Run: func(t *T) {
			c := t.Session()
			var group []string
			for i := range 200 {
				group = append(group, []string{"RSET", t.MailLine()}[i%2])
			}
			for i, r := range c.OneWrite(group...) {
				if !r.Want("250; fail silence") {
					t.Recordf("command %d of 200", i+1)
					return
				}
			}
			c.InStep()
		},
	},
	{
		ID: "pipe-split", Level: Must, RFC: "2920 §3.2",
		Title: "Groups cut anywhere give the same.",
		Test:  "cut at each octet (sampled)",
		Needs: "ext:PIPELINING, recipient",
		Run: func(t *T) {
			group := t.MailLine() + "\r\n" + t.RcptLine() + "\r\nRSET\r\nNOOP\r\n"
			for at := 1; at < len(group); at += 7 {
				c := t.Session()
				c.Write(group[:at])
				time.Sleep(2 * time.Millisecond)
				c.Write(group[at:])
				for i, command := range strings.Split(strings.TrimSpace(group), "\r\n") {
					if !c.Read(command).Want([]string{"250", "250 251", "250", "250"}[i] + "; fail silence") {
						t.Recordf("cut at octet %d", at)
						return
					}
				}
			}
		},
	},
	{
		ID: "pipe-data-refused", Level: Must, RFC: "2920 §3.2; §3.1",
		Title: "With all recipients refused, DATA in the same group is refused (503, 554), or gets 354 and fails at the end.",
		Test:  "MAIL, malformed RCPT, DATA; if 354 a lone dot: 5yz; fail: 250",
		Needs: "ext:PIPELINING",
		Run: func(t *T) {
			c := t.Session()
			replies := c.OneWrite(t.MailLine(), "RCPT TO:<a b@c.example>", "DATA")
			replies[0].Need("250")
			replies[1].Need("5yz")
			c.refusedData(replies[2])
		},
	},
	{
		ID: "pipe-mail-refused", Level: Must, RFC: "2920 §3.2; 5321 §3.3; §4.1.4",
		Title: "With MAIL refused, the RCPT behind it in the group gets 503, and DATA is refused.",
		Test:  "`MAIL FROM:<a b@c>`, RECIPIENT, DATA in one write: 501 or 553, 503, 503 or 554; a 354 as in pipe-data-refused; fail: 250 to RCPT",
		Needs: "ext:PIPELINING, recipient",
		Run: func(t *T) {
			c := t.Session()
			replies := c.OneWrite("MAIL FROM:<a b@c.example>", t.RcptLine(), "DATA")
			replies[0].Want("501 553; warn 5yz; else fail")
			replies[1].Want("503; warn 5yz; else fail")
			c.refusedData(replies[2])
		},
	},
	{
		ID: "pipe-no-loss", Level: MustNot, RFC: "2920 §3.2",
		Title: "A reply does not flush what came behind its command.",
		Test:  "error commands in the middle of a group",
		Needs: "ext:PIPELINING",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			replies := c.OneWrite("RSET", "FROB", t.MailLine(), "RCPT TO:<a b@c.example>", "RSET", "NOOP")
			for i, spec := range []string{"250", "5yz", "250", "5yz", "250", "250"} {
				replies[i].Want(spec + "; fail silence close")
			}
		},
	},
	{
		ID: "pipe-flush-last", Level: Must, RFC: "2920 §3.2",
		Title: "Replies are sent when the input runs dry: the client is never left waiting.",
		Test:  "group without a last-in-group command; replies within 5 s",
		Needs: "ext:PIPELINING",
		Run: func(t *T) {
			c := t.Session()
			for _, r := range c.OneWrite("RSET", t.MailLine(), "RSET") {
				r.Want("250; fail silence")
				if r.After > 5*time.Second {
					t.Failf("%s: the reply came after %v", r.Command, r.After)
				}
			}
		},
	},
	{
		ID: "pipe-no-hold", Level: MustNot, RFC: "2920 §3.2",
		Title: "Replies to EHLO, DATA, VRFY, EXPN, TURN, QUIT, NOOP are not held back.",
		Test:  "`RSET` CRLF `NOOP` CRLF `RSE` (cut off); both replies within 5 s, then the rest; fail: they wait for more input",
		Needs: "ext:PIPELINING",
		Run:   func(t *T) { heldBack(t, "NOOP", "250") }},
	{
		ID: "pipe-no-hold-unknown", Level: MustNot, RFC: "2920 §3.2",
		Title: "Nor are those to unrecognised commands.",
		Test:  "`RSET` CRLF `FROB` CRLF `RSE`; likewise",
		Needs: "ext:PIPELINING",
		Run:   func(t *T) { heldBack(t, "FROB", "5yz") }},
	{
		ID: "pipe-store-group", Level: Should, RFC: "2920 §3.2",
		Title: "Replies to RSET, MAIL, RCPT in a group are sent as one.",
		Test:  "100 RCPTs in one write; in how many pieces the replies were read is recorded: what the network put together or apart can't be told from what the server did",
		Needs: "ext:PIPELINING, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Write(strings.Repeat(t.RcptLine()+"\r\n", 100))
			segments, deadline := 0, time.Now().Add(t.cfg.Timeout)
			for bytes.Count(c.buf, []byte("\n")) < 100 && c.err == nil && time.Now().Before(deadline) {
				if c.fill(deadline) {
					segments++
				}
			}
			t.Recordf("the replies to 100 RCPTs were read in %d pieces", segments)
		},
	},
	{
		ID: "pipe-text-matches", Level: Should, RFC: "2920 §3.2",
		Title: "The text tells which command a reply is for.",
		Test:  "MAIL, RCPT, RSET in a group; warn: all texts equal",
		Needs: "ext:PIPELINING, recipient",
		Run: func(t *T) {
			replies := t.Session().OneWrite(t.MailLine(), t.RcptLine(), "RSET")
			texts := map[string]bool{}
			for _, r := range replies {
				texts[r.Need("2yz").Text()] = true
			}
			if len(texts) == 1 {
				t.Warnf("MAIL, RCPT and RSET got the same text %q", replies[0].Text())
			}
		},
	},
	{
		ID: "pipe-quit-last", Level: Must, RFC: "2920 §3.2; 5321 §4.1.1.10",
		Title: "What stands behind QUIT is not served.",
		Test:  "`QUIT` CRLF `NOOP` CRLF: 221, close; fail: a reply to NOOP",
		Needs: "ext:PIPELINING",
		Run: func(t *T) {
			c := t.Session()
			c.Write("QUIT\r\nNOOP\r\n")
			c.Read("QUIT").Want("221; fail close silence")
			if r, _ := c.Quiet(); r.Err == nil {
				t.Failf("behind QUIT a NOOP got %s", r)
			}
		},
	},
	{
		ID: "pipe-354-then-text", Level: Must, RFC: "2920 §3.1; §3.2",
		Title: "Text sent early behind a DATA that was refused is read as commands: one reply each, no message.",
		Test:  "MAIL, malformed RCPT, DATA, `Subject: x`, `.`, NOOP in one write: one reply a line; a 354 makes it pipe-data-refused; fail: 250 to the dot, or out of step",
		Needs: "ext:PIPELINING",
		Run: func(t *T) {
			c := t.Session()
			group := []string{t.MailLine(), "RCPT TO:<a b@c.example>", "DATA", "Subject: x", ".", "NOOP"}
			c.Write(strings.Join(group, "\r\n") + "\r\n")
			c.Read(group[0]).Need("250")
			c.Read(group[1]).Need("5yz")
			if r := c.Read(group[2]); r.Code == 354 {
				t.Warnf("DATA without a recipient got 354")
				c.Read("the end of data").Want("5yz 4yz; fail 2yz")
			} else {
				r.Need("5yz")
				if text := c.Read(group[3]); text.Code == 221 || text.Code == 421 {
					t.Warnf("text read as commands ends the connection: %s", text)
					return
				} else {
					text.Want("5yz; else fail")
				}
				c.Read(group[4]).Want("5yz; else fail")
			}
			c.Read(group[5]).Want("250; fail silence close")
		},
	},
	{
		ID: "pipe-deadlock", Level: Should, RFC: "2920 §3.1; §3.2",
		Title: "A client that reads late does not block the server for others (robustness; the RFC leaves deadlock to the client).",
		Test:  "50,000 NOOPs or RSETs without reading; another session works",
		Needs: "ext:PIPELINING",
		Run: func(t *T) {
			c := t.Session()
			c.nc.SetWriteDeadline(time.Now().Add(3 * time.Second))
			c.nc.Write(bytes.Repeat([]byte("RSET\r\n"), 50000))
			t.log(c.number, '*', "up to 50000 RSETs written, no reply read")
			other := t.Session()
			other.InStep()
			c.Close()
		},
	},
	{
		ID: "pipe-not-offered", Level: May, RFC: "2920 §3",
		Title: "What a server without the keyword does with a group is recorded.",
		Test:  "group; recorded",
		Needs: "unoffered:PIPELINING",
		Run: func(t *T) {
			for _, r := range t.Session().OneWrite("RSET", t.MailLine(), "RSET") {
				r.Record()
			}
		},
	},
	{
		ID: "pipe-after-starttls", Level: Must, RFC: "3207 §4; §4.2",
		Title: "Plain commands behind STARTTLS in the same segment are not served under TLS.",
		Test:  "`STARTTLS` CRLF `NOOP` CRLF: after the handshake no reply to NOOP; STARTTLS refused, a failed handshake or close pass; fail: one comes",
		Needs: "tls",
		Run:   func(t *T) { injected(t, "NOOP\r\n", "") }},
}

// heldBack writes a group whose last line is cut off, and wants the replies to
// what is whole.
func heldBack(t *T, command, spec string) {
	c := t.Session()
	c.Write("RSET\r\n" + command + "\r\nRSE")
	c.Read("RSET").Want("250; fail silence")
	c.Read(command).Want(spec + "; fail silence")
	c.Write("T\r\n")
	c.Read("RSET").Want("250; fail silence")
}

// refusedData judges the reply to DATA that has no recipient; a 354 is answered
// by a lone dot.
func (c *Conn) refusedData(r Reply) {
	if r.Code != 354 {
		r.Want("503 554; warn 5yz; else fail")
		return
	}
	c.rcpts = 0
	c.Write(".\r\n")
	c.Read("an empty message to nobody").Want("4yz 5yz; fail 2yz")
}
