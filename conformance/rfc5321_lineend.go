package conformance

import (
	"strings"
)

var lineEndCases = []Case{
	{
		ID: "eol-bare-lf-body", Level: MustNot, RFC: "5321 §2.3.8; §4.1.1.4",
		Title: "A bare LF in content is not taken for a line end.",
		Test:  "recorded how: refused (5yz), kept, replaced; fail: turned to CRLF so that a following dot is unstuffed",
		Needs: "mailbox",
		Run:   func(t *T) { bareBody(t, "\n") }},
	{
		ID: "eol-bare-cr-body", Level: MustNot, RFC: "5321 §2.3.8",
		Title: "A bare CR in content is not taken for a line end.",
		Test:  "likewise",
		Needs: "mailbox",
		Run:   func(t *T) { bareBody(t, "\r") }},
	{
		ID: "eol-bare-lf-command", Level: MustNot, RFC: "5321 §2.3.8; §4.1.1.4",
		Title: "A command that ends in a bare LF is no command.",
		Test:  "`NOOP` LF; pass: no reply until CRLF, or 5yz, or close; 250 warn",
		Run: func(t *T) {
			c := t.Session()
			c.Write("NOOP\n")
			if r, quiet := c.Quiet(); !quiet {
				r.Command = "NOOP with a bare LF"
				r.Want("5yz close; warn 250")
			}
		},
	},
	{
		ID: "eol-bare-lf-pair", Level: MustNot, RFC: "5321 §2.3.8",
		Title: "Two commands with a bare LF between are one line.",
		Test:  "`NOOP` LF `NOOP` CRLF: one reply; fail: two",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			if _, pipelining := c.Offers("PIPELINING"); pipelining {
				c.Write("NOOP\nNOOP\r\n")
			} else { // a server may close because of what stands behind a line in its segment
				c.Write("NOOP\n")
				if r, quiet := c.Quiet(); r.Code/100 == 2 {
					t.Failf("the first of two commands with a bare LF between was taken: %s", r)
					return
				} else if !quiet {
					return
				}
				c.Write("NOOP\r\n")
			}
			if r := c.Read("NOOP<LF>NOOP"); r.Err == errClosed {
				return
			}
			if r, quiet := c.Quiet(); !quiet && r.Err == nil {
				t.Failf("two commands with a bare LF between got two replies")
			}
		},
	},
	{
		ID: "eol-bare-lf-data", Level: MustNot, RFC: "5321 §2.3.8",
		Title: "DATA with a bare LF is no DATA.",
		Test:  "MAIL, RCPT, `DATA` LF; fail: 354 before a CRLF comes",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Write("DATA\n")
			if r, quiet := c.Quiet(); !quiet {
				r.Command = "DATA with a bare LF"
				r.Want("5yz close; fail 354")
			}
			c.Close()
		},
	},
	{
		ID: "eol-bare-lf-header", Level: MustNot, RFC: "5321 §2.3.8",
		Title: "A bare LF or CR ends no header field.",
		Test:  "`Subject: a` LF `X-Smuggled: b` CRLF; pass: refused, or kept in one field; fail: X-Smuggled is a field of its own (warn for LF where the mailbox itself has LF line ends: a kept LF looks the same)",
		Needs: "mailbox",
		Run: func(t *T) {
			for _, odd := range []string{"\n", "\r"} {
				token := t.Token()
				c := t.Session()
				r := c.Message("X-A: a" + odd + "X-Smuggled: b\r\n" + t.Text(token, "a bare line end in the header\r\n"))
				if r.Code/100 != 2 {
					continue
				}
				switch message := t.Arrived(token); {
				case len(fields(message, "X-Smuggled")) == 0:
				case odd == "\n":
					t.Warnf("a bare LF in a header field may have made two of it: the mailbox shows X-Smuggled")
				default:
					t.Failf("a bare CR in a header field made two of it")
				}
			}
		},
	},
	{
		ID: "eol-bare-cr-command", Level: MustNot, RFC: "5321 §2.3.8",
		Title: "A bare CR inside a command does not split it.",
		Test:  "`NOOP a` CR `QUIT` CRLF: one reply; fail: 221",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("NOOP a\rQUIT").Want("2yz 5yz close; fail 221")
			if r, quiet := c.Quiet(); !quiet && r.Code == 221 {
				t.Failf("what stands behind a bare CR was taken for QUIT")
			}
		},
	},
}

// bareBody sends a body with a bare line end and a dotted line behind it.
func bareBody(t *T, odd string) {
	token := t.Token()
	r := t.Session().Message(t.Text(token, "a"+odd+"..b\r\nend\r\n"))
	if r.Code/100 != 2 {
		r.Record()
		return
	}
	got := bodyOf(t, token)
	t.Recordf("%q came as %q", "a"+odd+"..b", short(got, 40))
	if !strings.Contains(got, "..b") {
		t.Failf("the bare line end was taken for a line end: a dot behind it is gone")
	}
}
