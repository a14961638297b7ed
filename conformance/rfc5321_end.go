package conformance

import (
	"fmt"
	"strings"
	"time"
)

// noEnd sends a message with octets that are no end of data, an envelope and a
// second message behind them as text, and then the real end. One message with
// all of it, or a refusal, is right.
func noEnd(t *T, params string, variants ...string) {
	for _, variant := range variants {
		for _, cut := range []string{CutWhole, CutOctets} {
			t.circ.Cut = cut
			noEndOnce(t, params, variant, "")
		}
	}
}

func noEndOnce(t *T, params, variant, inHeader string) {
	first, second := t.Token(), t.Token()
	c := t.Session()
	c.Transaction(params)
	c.Data()
	t.run.message(t)
	// the text has no lines of its own that a dot could be behind
	smuggled := "MAIL FROM:<" + t.cfg.Sender + ">\r\nRCPT TO:<" + t.To() + ">\r\nDATA\r\nSubject: smuggled\r\nX-Token: " + second + "\r\n\r\nsecond\r\n"
	head := t.Text(first, "first")
	if inHeader != "" {
		head = "X-Odd: a" + inHeader + "b\r\n" + t.Header(first) + "\r\nfirst"
		variant = "\r\n"
	}
	_, pipelining := c.Offers("PIPELINING")
	if pipelining {
		c.Write(head + variant + smuggled)
	} else { // else a server may close because of what stands behind a line in its segment
		upTo := strings.LastIndexByte(variant, '\n') + 1
		if upTo == 0 {
			upTo = len(variant)
		}
		c.Write(head + variant[:upTo])
		smuggled = variant[upTo:] + smuggled
	}
	name := fmt.Sprintf("%q", variant)
	if inHeader != "" {
		name = fmt.Sprintf("%q in the first header field", inHeader)
	}
	early, quiet := c.Quiet()
	if !pipelining && quiet {
		c.Write(smuggled)
		early, quiet = c.Quiet()
	}
	switch {
	case quiet:
	case early.Code/100 == 2:
		t.Failf("%s was taken for the end of data: %s before the real end%s", name, early, arrivedToo(c, smuggled, second, pipelining))
		return
	case early.Err == errClosed, early.Code == 421:
		return // refused
	default: // refused early: what follows must not be read as commands
		if more, quiet := c.Quiet(); !quiet && more.Err == nil {
			t.Failf("after %s: %s, then the text was read as commands: %s", name, early, more)
			return
		}
	}
	c.Write("\r\n.\r\n")
	r := early
	if quiet {
		if r = c.Read("the end of data"); r.Err == errSilence {
			t.Errorf("no reply to the real end of data behind %s", name)
		}
	}
	if more, quiet := c.Quiet(); !quiet && more.Err == nil {
		t.Failf("behind %s more than one reply came: %s, %s", name, r, more)
	}
	if r.Code/100 != 2 {
		return
	}
	if t.cfg.Mailbox == nil {
		t.Skipf("mailbox (the replies show one message)")
	}
	message := t.Arrived(first)
	time.Sleep(t.cfg.Quiet / 3)
	if found := t.find(second); len(found) != 1 || len(t.find(first)) != 1 || !strings.Contains(string(message), second) {
		t.Failf("%s split the message: two arrived", name)
	}
}

// arrivedToo says what became of a second message whose envelope was text of the
// first.
func arrivedToo(c *Conn, smuggled, token string, sent bool) string {
	if c.t.cfg.Mailbox == nil {
		return ""
	}
	if !sent {
		c.Write(smuggled)
	}
	c.Write("\r\n.\r\n")
	for range 3 { // the replies to its MAIL, RCPT and DATA, or what came in their place
		if r, quiet := c.Quiet(); quiet || r.Err != nil {
			break
		}
	}
	if r, _ := c.Quiet(); r.Code/100 != 2 {
		return ", and its second half was not taken"
	}
	for range 20 {
		if len(c.t.find(token)) > 0 {
			return ", and two messages arrived"
		}
		time.Sleep(c.t.cfg.Quiet / 2)
	}
	return ", and only one message arrived"
}

var endCases = []Case{
	{
		ID: "eod-lf-dot-lf", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "LF . LF does not end the data.",
		Test:  "as above; fail: two messages, or a 2yz before the real end",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\n.\n") }},
	{
		ID: "eod-lf-dot-crlf", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "LF . CRLF does not.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\n.\r\n") }},
	{
		ID: "eod-crlf-dot-lf", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "CRLF . LF does not.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\r\n.\n") }},
	{
		ID: "eod-cr-dot-cr", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "CR . CR does not.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\r.\r") }},
	{
		ID: "eod-cr-dot-crlf", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "CR . CRLF does not.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\r.\r\n") }},
	{
		ID: "eod-lf-dot-cr", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "LF . CR does not.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\n.\r") }},
	{
		ID: "eod-cr-dot-lf", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "CR . LF does not.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\r.\n") }},
	{
		ID: "eod-lfcr-dot-lfcr", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "LF CR . LF CR, and CRLF . LF CR, do not.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\n\r.\n\r", "\r\n.\n\r") }},
	{
		ID: "eod-crlf-dot-cr", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "CRLF . CR does not.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\r\n.\r") }},
	{
		ID: "eod-nul", Level: MustNot, RFC: "5321 §4.1.1.4",
		Title: "CRLF NUL . CRLF and CRLF . NUL CRLF do not.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\r\n\x00.\r\n", "\r\n.\x00\r\n") }},
	{
		ID: "eod-nul-inside", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "A NUL between CR and LF, or beside the dot, makes no end: CR NUL LF . CRLF, CRLF . CR NUL LF.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\r\x00\n.\r\n", "\r\n.\r\x00\n") }},
	{
		ID: "eod-dot-space", Level: MustNot, RFC: "5321 §4.1.1.4; §4.5.2",
		Title: "CRLF . SP CRLF does not.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\r\n. \r\n") }},
	{
		ID: "eod-dot-tab", Level: MustNot, RFC: "5321 §4.1.1.4; §4.5.2",
		Title: "CRLF . TAB CRLF does not, nor does CRLF SP . CRLF.",
		Test:  "likewise; the mailbox shows the white space",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\r\n.\t\r\n", "\r\n .\r\n") }},
	{
		ID: "eod-crcrlf", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "CRLF . CR CRLF and CR CRLF . CR CRLF make no end; CR CRLF . CRLF is a bare CR and then the real end.",
		Needs: "recipient",
		Test:  "CRLF . CR CRLF and CR CRLF . CR CRLF make no end, likewise",
		Run: func(t *T) {
			noEnd(t, "", "\r\n.\r\r\n", "\r\r\n.\r\r\n")
		},
	},
	{
		ID: "eod-high-bit", Level: MustNot, RFC: "5321 §2.3.8; §2.4",
		Title: "CR, LF, dot with the high bit set (8D 8A AE 8D 8A) make no end, though a server may clear the bit of content.",
		Test:  "likewise; refusal passes",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\x8d\x8a\xae\x8d\x8a") }},
	{
		ID: "eod-other-breaks", Level: MustNot, RFC: "5321 §2.3.8",
		Title: "VT, FF, NEL (85, C2 85) and U+2028 end no line.",
		Test:  "each in place of the CRLFs around a dot",
		Needs: "recipient",
		Run: func(t *T) {
			noEnd(t, "", "\x0b.\x0b", "\x0c.\x0c", "\x85.\x85", "\xc2\x85.\xc2\x85", "\xe2\x80\xa8.\xe2\x80\xa8")
		},
	},
	{
		ID: "eod-long-then-dot", Level: MustNot, RFC: "5321 §4.1.1.4; §4.5.3.1.6",
		Title: "A line cut by a buffer makes no start of a line: a dot at octet 1,000, 1,024, 2,048, 4,096, 8,192 of one line ends nothing and is not taken away.",
		Test:  "for each N of 998, 1,000, 1,022, 1,024, 2,048, 4,096, 8,192, 16,384: a line of N octets that ends in `.`, and one with a dot at N + 1 and more behind it; refusal of long lines passes",
		Needs: "recipient",
		Run: func(t *T) {
			for _, n := range []int{998, 1000, 1022, 1024, 2048, 4096, 8192, 16384} {
				for _, tail := range []string{".", ".and more"} {
					token := t.Token()
					c := t.Session()
					c.Transaction()
					c.Data()
					t.run.message(t)
					line := strings.Repeat("y", n-1)
					if tail != "." {
						line += "y"
					}
					c.Write(t.Text(token, line+tail+"\r\n"))
					early, quiet := c.QuietFor(t.cfg.Quiet / 3)
					if !quiet {
						if early.Code/100 == 2 {
							t.Failf("a dot at octet %d of a line ended the data: %s", n, early)
						}
						continue
					}
					c.Write("end\r\n.\r\n")
					if r := c.Read("the end of data"); r.Code/100 != 2 {
						continue
					}
					if t.cfg.Mailbox == nil {
						continue
					}
					if got := bodyOf(t, token); strings.Count(got, ".") != 1 {
						t.Failf("the dot at octet %d of a line is gone", n)
					}
				}
			}
		},
	},
	{
		ID: "eod-in-header", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "The odd ends make no end in the header either.",
		Test:  "LF . LF and CR . CR inside a header field",
		Needs: "recipient",
		Run: func(t *T) {
			for _, odd := range []string{"\n.\n", "\r.\r"} {
				noEndOnce(t, "", "", odd)
			}
		},
	},
	{
		ID: "eod-after-8bitmime", Level: MustNot, RFC: "6152 §3; 5321 §4.1.1.4",
		Title: "BODY=8BITMIME changes nothing of this.",
		Test:  "the first six variants with BODY=8BITMIME",
		Needs: "ext:8BITMIME, recipient",
		Run: func(t *T) {
			noEnd(t, "BODY=8BITMIME", "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\n.\r")
		},
	},
	{
		ID: "eod-double-dot", Level: MustNot, RFC: "5321 §4.5.2",
		Title: "CRLF .. CRLF is a line with one dot.",
		Test:  "likewise",
		Needs: "recipient",
		Run:   func(t *T) { noEnd(t, "", "\r\n..\r\n") }},
	{
		ID: "eod-first-line", Level: Must, RFC: "5321 §4.1.1.4",
		Title: "The CRLF of the DATA line counts as the first of the end: a dot at once ends.",
		Test:  "see data-empty; then NOOP in step",
		Needs: "recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Data()
			c.End("").Want("250 5yz; fail silence")
			c.InStep()
		},
	},
	{
		ID: "eod-pipelined-tail", Level: Must, RFC: "5321 §4.1.1.4; 2920 §3.2",
		Title: "Octets behind the end in the same segment are the next command.",
		Test:  "dot CRLF QUIT CRLF in one segment: 250, 221",
		Needs: "ext:PIPELINING, recipient",
		Vary:  "link",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Data()
			t.run.message(t)
			c.Write(t.Text(t.Token(), "QUIT is behind the dot\r\n") + ".\r\nQUIT\r\n")
			c.Verdicts("the end of data").Want("250")
			c.Read("QUIT").Want("221; fail silence close")
		},
	},
	{
		ID: "eod-pipelined-next", Level: Must, RFC: "2920 §3.1; §3.2",
		Title: "A new transaction may stand right behind the end in the same segment.",
		Test:  "dot CRLF MAIL RCPT DATA in one segment: 250, 250, 250, 354",
		Needs: "ext:PIPELINING, recipient",
		Vary:  "link",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Data()
			t.run.message(t)
			next := []string{t.MailLine(), t.RcptLine(), "DATA"}
			c.Write(t.Text(t.Token(), "the next transaction is behind the dot\r\n") + ".\r\n" + strings.Join(next, "\r\n") + "\r\n")
			c.Verdicts("the end of data").Want("250; fail close")
			for i, spec := range []string{"250; fail silence", "250 251; fail silence", "354; fail silence"} {
				if !c.Read(next[i]).Want(spec) {
					return
				}
			}
			c.End(t.Text(t.Token(), "the second\r\n")).Want("250")
		},
	},
	{
		ID: "eod-lf-dot-cr-lf-split", Level: MustNot, RFC: "5321 §4.1.1.4; §2.3.8",
		Title: "The odd ends do not end the data either when each octet comes by itself.",
		Test:  "each odd end octet by octet, 5 ms between; then more text and the real end: one message with all of it, or a refusal",
		Needs: "mailbox",
		Run: func(t *T) {
			for _, variant := range []string{"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r"} {
				token, later := t.Token(), t.Token()
				c := t.Session()
				c.Transaction()
				c.Data()
				t.run.message(t)
				c.Write(t.Text(token, "before"))
				for _, octet := range []byte(variant) {
					c.Write(string(octet))
					time.Sleep(5 * time.Millisecond)
				}
				early, quiet := c.Quiet()
				switch {
				case early.Code/100 == 2:
					t.Failf("%q was taken for the end of data: %s before the real end", variant, early)
					continue
				case !quiet:
					continue // refused
				}
				c.Write(later + "\r\n.\r\n")
				if r := c.Verdicts("the end of data"); r.Code/100 != 2 {
					continue
				}
				if message := string(t.Arrived(token)); !strings.Contains(message, later) {
					t.Failf("behind %q the text is lost", variant)
				}
			}
		},
	},
}
