package conformance

import (
	"strings"
	"time"
)

var closingCases = []Case{
	{
		ID: "quit-221", Level: Must, RFC: "5321 §4.1.1.10",
		Title: "QUIT gets 221 and then the server closes.",
		Test:  "in every state: before EHLO, in a transaction, after RSET; fail: no close within 10 s",
		Vary:  "link cut",
		Run: func(t *T) {
			for _, before := range [][]string{nil, {t.HelloLine()}, {t.HelloLine(), "RSET"}, {t.HelloLine(), t.MailLine()}} {
				c := t.Greeted()
				for _, line := range before {
					c.Cmd(line)
				}
				if c.Cmd("QUIT").Want("221; fail close silence") && !c.Closed(10*time.Second) {
					t.Failf("10 s after the 221 the connection is not closed")
				}
			}
		},
	},
	{
		ID: "quit-221-domain", Level: Should, RFC: "5321 §4.2.2; §4.2",
		Title: "The 221 names the server's domain first, as does 421.",
		Test:  "parse; warn (an enhanced code may stand before it)",
		Run: func(t *T) {
			r := t.Session().Cmd("QUIT").Need("221")
			text := r.Text()
			if code := enhancedOf(text); code != "" {
				text = strings.TrimPrefix(text[len(code):], " ")
			}
			if word, _, _ := strings.Cut(text, " "); !isDomain(word) && !isLiteral(word) || !strings.Contains(word, ".") {
				t.Warnf("the first word of %q is no domain", short(r.Text(), 60))
			}
		},
	},
	{
		ID: "quit-reply-before-close", Level: Must, RFC: "5321 §4.1.1.10",
		Title: "The 221 can be read before the close, also at the end of a pipelined group.",
		Test:  "`RSET`, `QUIT` in one segment where PIPELINING is offered, `QUIT` alone where not; fail: reset before 221 was read",
		Vary:  "link",
		Run: func(t *T) {
			c := t.Session()
			if _, ok := c.Offers("PIPELINING"); ok {
				c.Write("RSET\r\nQUIT\r\n")
				c.Read("RSET").Want("250; fail close")
				c.Read("QUIT").Want("221; fail close")
				return
			}
			c.Cmd("QUIT").Want("221; fail close")
		},
	},
	{
		ID: "quit-not-before", Level: MustNot, RFC: "5321 §3.8; §4.1.1.10",
		Title: "The server does not close before QUIT but on shutdown or timeout.",
		Test:  "20 good and 5 bad commands, the connection lives; a limit announced by 421 is warn",
		Run: func(t *T) {
			c := t.Session()
			for i := range 25 {
				line := "NOOP"
				if i%5 == 4 {
					line = "FROB"
				}
				if !c.Cmd(line).Want("2yz 5yz; warn 421; fail close") {
					return
				}
			}
		},
	},
	{
		ID: "quit-unknown-lives", Level: MustNot, RFC: "5321 §3.8",
		Title: "The connection is not closed for a command that was not understood.",
		Test:  "one unknown verb in each state, then NOOP; fail: closed",
		Needs: "recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Greeted()
			c.Cmd("FROB").Want("4yz 5yz; fail close")
			c = t.Session()
			for _, line := range []string{"FROB", t.MailLine(), "FROB", t.RcptLine(), "FROB", "NOOP"} {
				if !c.Cmd(line).Want("2yz 5yz; fail close") {
					return
				}
			}
		},
	},
	{
		ID: "quit-discards", Level: Must, RFC: "5321 §4.1.1.10",
		Title: "A transaction not ended is dropped.",
		Test:  "MAIL, RCPT, DATA and some lines, then (in another session) MAIL, RCPT, QUIT: nothing arrives",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Transaction()
			c.Data()
			c.Write(t.Text(token, "never ended\r\n"))
			c.Close()
			c = t.Session()
			c.Transaction()
			c.Cmd("QUIT").Need("221")
			t.Never(token)
		},
	},
	{
		ID: "quit-in-data", Level: Must, RFC: "5321 §4.1.1.4",
		Title: "QUIT inside the data is text.",
		Test:  "line `QUIT` in the body; compare",
		Needs: "mailbox",
		Vary:  "cut",
		Run: func(t *T) {
			compare(t, deliver(t, "before\r\nQUIT\r\nafter\r\n"), "before\r\nQUIT\r\nafter\r\n")
		},
	},
	{
		ID: "close-mid-data", Level: MustNot, RFC: "5321 §4.1.1.10",
		Title: "A connection lost before the dot delivers nothing.",
		Test:  "half a message, close; nothing arrives",
		Needs: "mailbox",
		Vary:  "link",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Transaction()
			c.Data()
			c.Write(t.Text(token, "half a message\r\n"))
			c.Close()
			t.Never(token)
		},
	},
	{
		ID: "close-keeps-done", Level: MustNot, RFC: "5321 §4.1.1.10",
		Title: "A lost connection undoes nothing that was completed.",
		Test:  "message, 250, then MAIL, RCPT, DATA, half a message, close; the first one arrives, the second not",
		Needs: "mailbox",
		Run: func(t *T) {
			done, half := t.Token(), t.Token()
			c := t.Session()
			c.Message(t.Text(done, "done\r\n")).Need("250")
			c.Transaction()
			c.Data()
			c.Write(t.Text(half, "half a message\r\n"))
			c.Close()
			t.Arrived(done)
			t.Never(half)
		},
	},
	{
		ID: "close-after-dot", Level: Must, RFC: "5321 §4.1.1.4; §6.1",
		Title: "A message whose end was received and answered is kept though the client is gone.",
		Test:  "dot, close at once without reading; it arrives, or not: recorded; after a 250 read it must",
		Needs: "mailbox",
		Run: func(t *T) {
			unread, read := t.Token(), t.Token()
			c := t.Session()
			c.Transaction()
			c.Data()
			t.run.message(t)
			c.Write(t.Text(unread, "its reply is not read\r\n") + ".\r\n")
			c.Close()
			c = t.Session()
			c.Message(t.Text(read, "its reply is read\r\n")).Need("250")
			c.Close()
			t.Arrived(read)
			time.Sleep(t.cfg.Quiet)
			t.Recordf("of the one whose reply was not read %d came", len(t.find(unread)))
		},
	},
	{
		ID: "close-half", Level: May, RFC: "5321 §4.1.1.5; §3.8",
		Title: "A client that closes its sending side after QUIT still gets its replies, or not.",
		Test:  "commands, QUIT, half close; recorded",
		Run: func(t *T) {
			c := t.Session()
			half, ok := c.nc.(interface{ CloseWrite() error })
			if !ok {
				t.Skipf("a connection that can be closed in one direction")
			}
			c.Write("NOOP\r\nQUIT\r\n")
			half.CloseWrite()
			c.Read("NOOP").Record()
			c.Read("QUIT").Record()
		},
	},
	{
		ID: "close-rst", Level: Should, RFC: "5321 §4.1.1.5",
		Title: "A reset connection is as a lost one.",
		Test:  "RST in each state, 20 times; then a normal session passes; fail: the server is gone",
		Run: func(t *T) {
			for i := range 20 {
				c := t.Greeted()
				if i%4 > 0 {
					c.Hello()
				}
				if i%4 > 1 {
					c.Cmd(t.MailLine())
				}
				if i%4 > 2 {
					c.Write("NOO")
				}
				c.Reset()
			}
			t.Session().InStep()
		},
	},
}
