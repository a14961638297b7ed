package conformance

import (
	"fmt"
	"regexp"
	"strings"
)

// deliver sends a body by DATA, with dots doubled by the caller, and gives what
// stands in the mailbox, with line ends as LF.
func deliver(t *T, body string) string {
	token := t.Token()
	c := t.Session()
	c.Message(t.Text(token, body)).Need("250")
	return bodyOf(t, token)
}

func bodyOf(t *T, token string) string { return body(t.Arrived(token)) }

// compare complains if what arrived is not what was sent; an empty line that
// delivery put at the end is no difference.
func compare(t *T, got, want string) {
	want = lf(want)
	if got == want || strings.TrimSuffix(got, "\n") == want {
		return
	}
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	t.Complainf("the text differs at octet %d: sent %q, came %q", at, short(want[at:], 40), short(got[at:], 40))
}

var dataCases = []Case{
	{
		ID: "data-354", Level: Must, RFC: "5321 §3.3; §4.1.1.4",
		Title: "DATA after an accepted recipient gets 354.",
		Test:  "MAIL, RCPT, DATA; fail: 250 or other",
		Needs: "recipient",
		Vary:  "link cut login",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Cmd("DATA").Want("354")
			c.Close()
		},
	},
	{
		ID: "data-354-empty-nothing", Level: MustNot, RFC: "2920 §3.2; 5321 §4.1.4",
		Title: "What comes behind a 354 without recipients is sent to nobody.",
		Test:  "MAIL, a refused RCPT, DATA; where that gets 354, a message; fail: it is in the mailbox",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Mail()
			if r := c.Cmd("RCPT TO:<" + t.Unknown() + ">"); r.Code/100 == 2 {
				t.Skipf("a recipient that is refused: %s", r)
			}
			r := c.Cmd("DATA")
			if r.Code != 354 {
				r.Record()
				return
			}
			c.End(t.Text(token, "to nobody\r\n")).Record()
			t.Never(token)
		},
	},
	{
		ID: "data-no-rcpt", Level: Must, RFC: "5321 §3.3; §4.1.4",
		Title: "DATA without a recipient leads to no message: 503 or 554, another 5yz, or 354 and then 554.",
		Test:  "MAIL, DATA; pass 503, 554; other 5yz and 354 warn; fail: 250 after the dot",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.DataForNobody()
		},
	},
	{
		ID: "data-no-mail", Level: Must, RFC: "5321 §3.3; §4.1.4",
		Title: "DATA without MAIL likewise.",
		Test:  "EHLO, DATA; likewise",
		Vary:  "link",
		Run: func(t *T) {
			t.Session().DataForNobody()
		},
	},
	{
		ID: "data-all-refused", Level: Must, RFC: "5321 §3.3",
		Title: "With every recipient refused, DATA likewise.",
		Test:  "MAIL, `RCPT TO:<a b@c>` refused, DATA; likewise",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Cmd("RCPT TO:<a b@c.example>").Need("5yz")
			c.DataForNobody()
		},
	},
	{
		ID: "data-iff-recipient", Level: Should, RFC: "2920 §3.2; 5321 §3.3",
		Title: "354 comes if and only if a recipient was accepted (5321 leaves it free).",
		Test:  "the three cases above; 354 warn, with the keyword PIPELINING offered",
		Needs: "ext:PIPELINING",
		Run: func(t *T) {
			for _, before := range [][]string{{}, {t.MailLine()}, {t.MailLine(), "RCPT TO:<a b@c.example>"}} {
				c := t.Session()
				for _, line := range before {
					c.Cmd(line)
				}
				c.Cmd("DATA").Want("5yz 4yz; warn 354")
				c.Close()
			}
		},
	},
	{
		ID: "data-accept", Level: Must, RFC: "5321 §3.3; §4.1.1.4",
		Title: "The end of data gets one 250 (or a failure), no other reply before.",
		Test:  "a usual message; fail: more than one reply",
		Needs: "recipient",
		Vary:  "link cut login",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Data()
			c.Write(t.Text(t.Token(), "a usual message\r\n"))
			if r, quiet := c.Quiet(); !quiet {
				t.Failf("before the end of data came: %s", r)
				return
			}
			if c.End("").Want("250") {
				if r, quiet := c.Quiet(); !quiet && r.Err == nil {
					t.Failf("a second reply to the end of data: %s", r)
				}
			}
		},
	},
	{
		ID: "data-then-next", Level: Must, RFC: "5321 §4.1.1.4; §3.3",
		Title: "After the dot the buffers are clear: a new MAIL is accepted.",
		Test:  "two messages in one session",
		Needs: "recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			for i := range 2 {
				c.Message(t.Text(t.Token(), fmt.Sprintf("message %d of a session\r\n", i+1))).Want("250")
			}
		},
	},
	{
		ID: "data-refused-clears", Level: Must, RFC: "5321 §4.1.1.4; §4.1.4",
		Title: "After a refused end of data no transaction is left.",
		Test:  "too large a message (SIZE) or what the user named; then RCPT: 503",
		Needs: "ext:SIZE, recipient",
		Run: func(t *T) {
			c := t.Session()
			big := oversized(t, c)
			c.Transaction()
			c.Data()
			if r := c.End(big); r.Code/100 == 2 {
				t.Skipf("a message that is refused")
			} else if r.Err != nil {
				t.Errorf("the end of data: %s", r)
			}
			c.Cmd(t.RcptLine()).Want("503; warn 5yz; else fail")
		},
	},
	{
		ID: "data-no-late-delivery", Level: MustNot, RFC: "5321 §4.2.5",
		Title: "What got 4yz or 5yz after the dot is not delivered later.",
		Test:  "a message refused for its size or content; fail: it arrives within the time set",
		Needs: "mailbox, ext:SIZE",
		Run: func(t *T) {
			c := t.Session()
			token := t.Token()
			c.Transaction()
			big := oversized(t, c)
			c.Data()
			if r := c.End(t.Header(token) + big); r.Code/100 == 2 {
				t.Skipf("a message that is refused")
			}
			t.Never(token)
		},
	},
	{
		ID: "data-8bitmime-mislabel", Level: May, RFC: "5321 §2.4; 6152 §3",
		Title: "8-bit content sent as BODY=7BIT may be refused, cleared or kept.",
		Test:  "recorded",
		Needs: "ext:8BITMIME, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Transaction("BODY=7BIT")
			c.Data()
			if r := c.End(t.Text(token, "e with acute: \xe9\r\n")); r.Code == 250 {
				t.Recordf("came as %q", bodyOf(t, token))
			} else {
				r.Record()
			}
		},
	},
	{
		ID: "data-dot-unstuffed", Level: Must, RFC: "5321 §4.5.2",
		Title: "One leading dot is taken off each line that had one added.",
		Test:  "lines `..`, `...x`, `.. `; the mailbox shows `.`, `..x`, `. `",
		Needs: "mailbox",
		Vary:  "link cut",
		Run: func(t *T) {
			compare(t, deliver(t, "..\r\n...x\r\n.. \r\nend\r\n"), ".\r\n..x\r\n. \r\nend\r\n")
		},
	},
	{
		ID: "data-dot-line-only", Level: Must, RFC: "5321 §4.5.2; §4.1.1.4",
		Title: "Only CRLF . CRLF ends the data: a dot with anything behind it does not.",
		Test:  "line `. x`, `.x` unstuffed; no reply until the real end",
		Needs: "recipient",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Data()
			c.Write(t.Text(t.Token(), "a dot and more\r\n. x\r\n.x\r\n"))
			if r, quiet := c.Quiet(); !quiet {
				t.Failf("a dot with text behind it got %s", r)
				return
			}
			c.End("").Want("250; record 5yz")
		},
	},
	{
		ID: "data-empty", Level: Must, RFC: "5321 §4.1.1.4; §4.5.2",
		Title: "A dot line right after 354 is a valid, empty end.",
		Test:  "DATA, `.`; 250 or 554; fail: hangs",
		Needs: "recipient",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Data()
			c.End("").Want("250 554; warn 5yz 4yz; fail silence")
			c.InStep()
		},
	},
	{
		ID: "data-header-less", Level: ShouldNot, RFC: "5321 §3.3; §6.4",
		Title: "A message is not refused because its header seems defective.",
		Test:  "a body without any header; a header without Date and From; pass 250; 550/554 warn",
		Needs: "recipient",
		Run: func(t *T) {
			for _, content := range []string{"a body without a header\r\n", "Subject: no date and no author\r\n\r\ntext\r\n"} {
				t.Session().Message(content).Want("250; warn 5yz")
			}
		},
	},
	{
		ID: "data-resent", Level: MustNot, RFC: "5321 §3.3",
		Title: "Resent fields that do not match are no reason to refuse.",
		Test:  "Resent-To without Resent-From and Resent-Date; two Resent-From, one Resent-To; fail: 5yz",
		Needs: "recipient",
		Run: func(t *T) {
			for _, f := range []string{"Resent-To: <" + t.To() + ">\r\n", "Resent-From: <a@client.example>\r\nResent-From: <b@client.example>\r\nResent-To: <" + t.To() + ">\r\n"} {
				t.Session().Message(f + t.Text(t.Token(), "resent fields that do not match\r\n")).Want("250; fail 5yz")
			}
		},
	},
	{
		ID: "data-trace-odd", Level: MustNot, RFC: "5321 §3.7.2",
		Title: "Mail is not refused for the form of a trace field.",
		Test:  "`Received: garbage`, a Received without date, with UT and two-digit year; fail: 5yz",
		Needs: "recipient",
		Run: func(t *T) {
			for _, f := range []string{"garbage", "from a by b", "from a.example by b.example; Mon, 3 Jan 94 10:00:00 UT"} {
				t.Session().Message("Received: " + f + "\r\n" + t.Text(t.Token(), "an odd trace field\r\n")).Want("250; fail 5yz")
			}
		},
	},
	{
		ID: "data-header-recipients", Level: ShouldNot, RFC: "5321 §4.5.3.1.8",
		Title: "The number of recipients in the header is no reason to refuse.",
		Test:  "To and Cc with 500 addresses at `.invalid` in folded lines, one envelope recipient; warn: 5yz",
		Needs: "recipient",
		Run: func(t *T) {
			var b strings.Builder
			b.WriteString("Cc: <a@list.invalid>")
			for i := range 499 {
				fmt.Fprintf(&b, ",\r\n <a%d@list.invalid>", i)
			}
			t.Session().Message(b.String() + "\r\n" + t.Text(t.Token(), "500 addresses in the header\r\n")).Want("250; warn 5yz")
		},
	},
	{
		ID: "data-transparent-octets", Level: Must, RFC: "5321 §4.5.2; §4.1.1.4",
		Title: "All of US-ASCII may be in the data and comes through (clients are asked to avoid controls).",
		Test:  "controls 1 to 31 but CR, LF, and 127 in the body, NUL in a message of its own; the mailbox has them; fail: lost in silence; NUL refused by 5yz is warn",
		Needs: "mailbox",
		Run: func(t *T) {
			var b strings.Builder
			for o := byte(1); o < 128; o++ {
				if o != '\r' && o != '\n' {
					b.WriteString("x" + string(rune(o)) + "x\r\n")
				}
			}
			compare(t, deliver(t, b.String()), b.String())
		},
	},
	{
		ID: "data-dot-after-lf", Level: MustNot, RFC: "5321 §4.5.2; §2.3.8",
		Title: "A dot behind a bare LF is not at the start of a line: it stays.",
		Test:  "`a` LF `.b`; pass: refused, or the dot is kept; fail: the dot is gone",
		Needs: "mailbox",
		Vary:  "cut",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			if r := c.Message(t.Text(token, "a\n.b\r\nend\r\n")); r.Code/100 >= 4 || r.Err == errClosed {
				r.Record()
				return
			} else {
				r.Need("250")
			}
			if got := bodyOf(t, token); !strings.Contains(got, ".b") {
				t.Failf("the dot behind a bare LF is gone: %q", short(got, 60))
			}
		},
	},
	{
		ID: "data-8bit-without-param", Level: May, RFC: "5321 §2.4",
		Title: "What becomes of 8-bit octets without BODY=8BITMIME is recorded.",
		Test:  "octet 0xE9; recorded: refused, kept, stripped, encoded",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			if r := t.Session().Message(t.Text(token, "e with acute: \xe9\r\n")); r.Code == 250 {
				t.Recordf("came as %q", bodyOf(t, token))
			} else {
				r.Record()
			}
		},
	},
	{
		ID: "data-trailing-space", Level: Must, RFC: "5321 §4.5.2; §4.1.1.4",
		Title: "Trailing white space and empty lines at the end are kept.",
		Test:  "body ending in spaces and three empty lines; compare",
		Needs: "mailbox",
		Run: func(t *T) {
			want := "text  \r\n\t \r\n\r\n\r\n\r\n"
			got := deliver(t, want)
			if got != lf(want) && got != lf(want)+"\n" {
				t.Failf("sent %q, came %q", lf(want), short(got, 60))
			}
		},
	},
	{
		ID: "data-line-1000", Level: Must, RFC: "5321 §4.5.3.1; §4.5.3.1.6",
		Title: "A text line of 1,000 octets with CRLF is taken whole, not counting a doubled dot.",
		Test:  "998 x a and CRLF, and the same behind a stuffed dot; compare",
		Needs: "mailbox",
		Vary:  "link cut",
		Run: func(t *T) {
			line := strings.Repeat("a", 998)
			compare(t, deliver(t, line+"\r\n.."+line[1:]+"\r\n"), line+"\r\n."+line[1:]+"\r\n")
		},
	},
	{
		ID: "data-line-longer", Level: May, RFC: "5321 §4.5.3.1.6; §4.5.3.1.9; §4.5.3.1",
		Title: "What becomes of lines of 1,001, 2,049, 100,000 octets is recorded: 5yz, kept, or folded.",
		Test:  "warn if folded or cut in silence",
		Needs: "mailbox",
		Run: func(t *T) {
			for _, n := range []int{999, 2047, 99998} {
				token := t.Token()
				line := strings.Repeat("b", n)
				r := t.Session().Message(t.Text(token, line+"\r\n"))
				if r.Code != 250 {
					t.Recordf("a line of %d octets: %s", n+2, r)
					continue
				}
				switch got := bodyOf(t, token); {
				case strings.Contains(got, line):
					t.Recordf("a line of %d octets was kept", n+2)
				case strings.Count(got, "b") < n:
					t.Warnf("a line of %d octets was cut", n+2)
				default:
					t.Warnf("a line of %d octets was folded", n+2)
				}
			}
		},
	},
	{
		ID: "data-64k", Level: Must, RFC: "5321 §4.5.3.1.7",
		Title: "Content of 64K octets is taken.",
		Test:  "exactly 65,536 octets",
		Needs: "recipient",
		Run: func(t *T) {
			head := t.Text(t.Token(), "")
			c := t.Session()
			c.Message(head + lines(65536-len(head), 78)).Want("250")
		},
	},
	{
		ID: "data-64k-line-mix", Level: Must, RFC: "5321 §4.5.3.1.7; §4.5.3.1.6",
		Title: "64K octets made of lines of 1,000, each with a doubled dot, are taken.",
		Test:  "65,536 octets in all, header too: full lines of 1,000 with CRLF that begin with a dot (1,001 on the wire), the last one shorter; compare",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			head := t.Text(token, "")
			text := lines(65536-len(head), 1000)
			first := regexp.MustCompile("(?m)^x")
			c := t.Session()
			c.Message(head + first.ReplaceAllString(text, "..")).Need("250")
			compare(t, bodyOf(t, token), first.ReplaceAllString(text, "."))
		},
	},
	{
		ID: "data-size-ext", Level: Should, RFC: "5321 §4.5.3.1.7",
		Title: "A server with a limit on message size offers SIZE.",
		Test:  "if a message of 1, 10, 50 MB (within the cap set) gets 552: warn unless SIZE was offered",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			if _, ok := c.Offers("SIZE"); ok {
				t.Recordf("SIZE is offered")
				return
			}
			if r := c.Message(t.Text(t.Token(), lines(1<<20, 78))); r.Code == 552 {
				t.Warnf("a message of 1 MiB got %s, and SIZE is not offered", r)
			}
		},
	},
	{
		ID: "data-loop-100", Level: Should, RFC: "5321 §6.3",
		Title: "Fewer than 100 Received fields are no loop.",
		Test:  "30 and 90 of them: 250; warn on refusal",
		Needs: "recipient",
		Run: func(t *T) {
			for _, n := range []int{30, 90} {
				f := strings.Repeat("Received: from a.example by b.example; Mon, 3 Jan 2022 10:00:00 +0000\r\n", n)
				t.Session().Message(f + t.Text(t.Token(), "many trace fields\r\n")).Want("250; warn 5yz")
			}
		},
	},
}

// lines is a text of n octets in lines of at most width with CRLF.
func lines(n, width int) string {
	var b strings.Builder
	for n > 0 {
		l := min(n, width)
		if rest := n - l; rest == 1 {
			l--
		}
		l = max(l, 2)
		b.WriteString(strings.Repeat("x", l-2) + "\r\n")
		n -= l
	}
	return b.String()
}

// oversized is a body larger than the limit that the server announced, if that is
// within 40 MB.
func oversized(t *T, c *Conn) string {
	limit := c.limit()
	if limit == 0 || limit > 40<<20 {
		t.Skipf("a limit on size of at most 40 MB")
	}
	return "\r\n" + lines(limit+10000, 1000)
}

// limit is the size that the server announced, 0 if none (RFC 1870 §3).
func (c *Conn) limit() (n int) {
	fmt.Sscan(c.offers["SIZE"], &n)
	return n
}
