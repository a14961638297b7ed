package conformance

import (
	"fmt"
	"strings"
)

// withinCap gives the announced limit if a message of that size may be sent.
func withinCap(t *T, c *Conn) int {
	limit := c.limit()
	if limit == 0 || limit > 40<<20 {
		t.Skipf("a limit on size of at most 40 MB")
	}
	return limit
}

var sizeCases = []Case{
	{
		ID: "size-keyword", Level: Must, RFC: "1870 §3",
		Title: "The parameter is absent or a decimal number; 0 means no fixed limit.",
		Test:  "parse; fail: more than one parameter, no digits",
		Needs: "ext:SIZE",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			if args, _ := c.Offers("SIZE"); args != "" && strings.Trim(args, "0123456789") != "" {
				t.Failf("SIZE is offered with %q", args)
			}
		},
	},
	{
		ID: "size-limit-64k", Level: Must, RFC: "5321 §4.5.3.1.7; 1870 §3",
		Title: "A limit that is announced is at least 64K, or 0.",
		Test:  "parse; fail: 1 to 65,535",
		Needs: "ext:SIZE",
		Run: func(t *T) {
			if limit := t.Session().limit(); limit > 0 && limit < 65536 {
				t.Failf("the limit announced is %d octets", limit)
			}
		},
	},
	{
		ID: "size-param-ok", Level: Must, RFC: "1870 §5; §6.1",
		Title: "A declared size within the limit is accepted.",
		Test:  "`SIZE=1000`",
		Needs: "ext:SIZE",
		Vary:  "link",
		Run: func(t *T) {
			t.Session().Cmd(t.MailLine("SIZE=1000")).Want("250")
		},
	},
	{
		ID: "size-20-digits", Level: Must, RFC: "1870 §3",
		Title: "A number of 20 digits fits the grammar.",
		Test:  "`SIZE=99999999999999999999`; pass 552, 452 (250 where no limit was announced); 250 with a limit warn (it may have wrapped to a small number; looking at MAIL is free); 501 fail",
		Needs: "ext:SIZE",
		Run: func(t *T) {
			c := t.Session()
			spec := "552 452; warn 250 5yz; fail 501"
			if c.limit() == 0 {
				spec = "552 452 250; warn 5yz; fail 501"
			}
			c.Cmd(t.MailLine("SIZE=99999999999999999999")).Want(spec)
		},
	},
	{
		ID: "size-not-end", Level: MustNot, RFC: "1870 §6",
		Title: "The declared size does not end the data.",
		Test:  "SIZE=20, DATA, 200 octets that read `NOOP` CRLF from octet 21 on, dot: one reply; fail: more",
		Needs: "ext:SIZE, recipient",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction("SIZE=20")
			c.Data()
			c.Write(strings.Repeat("x", 18) + "\r\n" + strings.Repeat("NOOP\r\n", 30))
			if r, quiet := c.Quiet(); !quiet {
				t.Failf("before the end of data came: %s", r)
				return
			}
			c.End("").Want("2yz 5yz 4yz")
			c.InStep()
		},
	},
	{
		ID: "size-no-late-552", Level: ShouldNot, RFC: "1870 §6.3",
		Title: "What was declared right and accepted at MAIL is not refused with 552 after the data.",
		Test:  "message of 100,000 octets, or the limit less 1,000, declared exactly; warn: 552",
		Needs: "ext:SIZE, recipient",
		Run: func(t *T) {
			c := t.Session()
			n := 100000
			if limit := c.limit(); limit > 0 && limit < n+1000 {
				n = limit - 1000
			}
			head := t.Text(t.Token(), "")
			c.Transaction(fmt.Sprintf("SIZE=%d", n))
			c.Data()
			c.End(head + lines(n-len(head), 78)).Want("250; warn 552")
		},
	},
	{
		ID: "size-rcpt", Level: May, RFC: "1870 §6.4",
		Title: "A recipient may refuse the declared size with 452 or 552.",
		Test:  "recorded",
		Needs: "ext:SIZE, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail("SIZE=1000")
			c.Cmd(t.RcptLine()).Record()
			c.Cmd("RSET")
		},
	},
	{
		ID: "size-count-dots", Level: Must, RFC: "1870 §5; §6",
		Title: "Doubled dots and the final dot do not count.",
		Test:  "content with many dotted lines, 64 KiB below the limit, so that trace fields fit, and over it with the doubled dots (where the limit is within the cap): 250",
		Needs: "ext:SIZE, recipient",
		Run: func(t *T) {
			c := t.Session()
			limit := withinCap(t, c)
			head := t.Text(t.Token(), "")
			text := strings.ReplaceAll("\r\n"+lines(limit-len(head)-min(64<<10, limit/100), 78), "\r\nx", "\r\n..")[2:]
			c.Transaction()
			c.Data()
			c.End(head + text).Want("250")
		},
	},
	{
		ID: "size-param-over", Level: May, RFC: "1870 §6.1",
		Title: "One over the limit is refused at MAIL with 552 (or 452), or at RCPT, or after the data.",
		Test:  "limit + 1 declared, nothing sent: recorded where the refusal comes; 250 at MAIL and RCPT is legal",
		Needs: "ext:SIZE",
		Run: func(t *T) {
			c := t.Session()
			limit := c.limit()
			if limit == 0 {
				t.Skipf("a limit on size")
			}
			c.Cmd(t.MailLine(fmt.Sprintf("SIZE=%d", limit+1))).Want("record any")
		},
	},
	{
		ID: "size-552", Level: Must, RFC: "1870 §6.1; §6.3",
		Title: "The code is 552 for a fixed limit, 452 for want of space.",
		Test:  "limit + 1 declared: 552, or 250 and 552 later; 452 only where space is short; other 5yz warn",
		Needs: "ext:SIZE",
		Run: func(t *T) {
			c := t.Session()
			limit := c.limit()
			if limit == 0 {
				t.Skipf("a limit on size")
			}
			c.Cmd(t.MailLine(fmt.Sprintf("SIZE=%d", limit+1))).Want("552 250; warn 452 5yz")
		},
	},
	{
		ID: "size-content-over", Level: Must, RFC: "1870 §4; §5",
		Title: "Content over the limit that was not declared is refused after the end.",
		Test:  "limit + 10,000 octets, not declared: 552 after the end (or close with 421/552 in mid-data: warn); fail: 250; session in step",
		Needs: "ext:SIZE, recipient",
		Run: func(t *T) {
			c := t.Session()
			big := oversized(t, c)
			c.Transaction()
			c.Data()
			r := c.End(big)
			if r.Want("552; warn 5yz 4yz 421 close; fail 2yz") {
				c.InStep()
			}
		},
	},
	{
		ID: "size-lie", Level: May, RFC: "1870 §6.1; §6.3",
		Title: "Content larger than declared, within the limit, may be taken or refused after the end.",
		Test:  "`SIZE=10` and 2,000 octets; recorded; in step either way",
		Needs: "ext:SIZE, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction("SIZE=10")
			c.Data()
			c.End(t.Text(t.Token(), lines(2000, 78))).Record()
			c.InStep()
		},
	},
	{
		ID: "size-invalid", Level: Must, RFC: "1870 §3; §6; 5321 §4.1.1.11",
		Title: "A value that is no number of at most 20 digits is refused.",
		Test:  "`SIZE=abc`, `SIZE=`, `SIZE=-1`, 21 digits; pass 501, 555, 552; 250 fail",
		Needs: "ext:SIZE",
		Run: func(t *T) {
			c := t.Session()
			for _, v := range []string{"abc", "", "-1", strings.Repeat("9", 21)} {
				c.Cmd(t.MailLine("SIZE=" + v)).Want("501 555 552; warn 5yz; else fail")
				c.Cmd("RSET")
			}
		},
	},
}
