package conformance

import (
	"fmt"
	"strings"
)

// Chunk sends a chunk and reads its reply.
func (c *Conn) Chunk(content string) Reply {
	line := fmt.Sprintf("BDAT %d", len(content))
	c.Write(line + "\r\n" + content)
	return c.Read(line)
}

// LastChunk sends the chunk that ends a message and reads its reply; in LMTP
// those of all recipients, of which it gives the worst.
func (c *Conn) LastChunk(content string) Reply {
	c.t.run.message(c.t)
	line := fmt.Sprintf("BDAT %d LAST", len(content))
	c.Write(line + "\r\n" + content)
	return c.Verdicts(line)
}

// chunked sends a message by one chunk and compares what came.
func chunked(t *T, text string) {
	token := t.Token()
	c := t.Session()
	c.Transaction()
	c.LastChunk(t.Text(token, text)).Need("250")
	compare(t, bodyOf(t, token), text)
}

var chunkingCases = []Case{
	{
		ID: "bdat-one", Level: Must, RFC: "3030 §2",
		Title: "`BDAT n LAST` with n octets is a whole message.",
		Test:  "250; arrives octet for octet",
		Needs: "ext:CHUNKING, mailbox",
		Vary:  "link cut",
		Run:   func(t *T) { chunked(t, "one chunk\r\n") }},
	{
		ID: "bdat-data-still", Level: Must, RFC: "3030 §2",
		Title: "DATA goes on to work where BDAT is offered.",
		Test:  "a DATA and a BDAT transaction in one session",
		Needs: "ext:CHUNKING, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Message(t.Text(t.Token(), "by DATA\r\n")).Want("250")
			c.Transaction()
			c.LastChunk(t.Text(t.Token(), "by BDAT\r\n")).Want("250")
		},
	},
	{
		ID: "bdat-last-case", Level: Must, RFC: "3030 §2; 5321 §2.4",
		Title: "LAST is taken whatever its case.",
		Test:  "`bdat 5 last`",
		Needs: "ext:CHUNKING, recipient",
		Run: func(t *T) {
			c := t.Session()
			text := t.Text(t.Token(), "in lower case\r\n")
			c.Transaction()
			t.run.message(t)
			c.Write(fmt.Sprintf("bdat %d last\r\n%s", len(text), text))
			c.Verdicts("bdat n last").Want("250")
		},
	},
	{
		ID: "bdat-many", Level: Must, RFC: "3030 §2",
		Title: "Each chunk gets its 250; LAST ends.",
		Test:  "chunks of 1, 1,000, 70,000 octets, cut in the middle of CRLF; compare",
		Needs: "ext:CHUNKING, mailbox",
		Run: func(t *T) {
			token := t.Token()
			text := t.Text(token, lines(71000, 78))
			c := t.Session()
			c.Transaction()
			cut := strings.IndexByte(text, '\r') + 1 // in the middle of a CRLF
			for _, part := range []string{text[:1], text[1:cut], text[cut:1000], text[1000:71000]} {
				c.Chunk(part).Want("250")
			}
			c.LastChunk(text[71000:]).Need("250")
			compare(t, bodyOf(t, token), lines(71000, 78))
		},
	},
	{
		ID: "bdat-zero-last", Level: Must, RFC: "3030 §2",
		Title: "`BDAT 0 LAST` ends a message.",
		Test:  "chunk, then 0 LAST: 250",
		Needs: "ext:CHUNKING, recipient",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Chunk(t.Text(t.Token(), "all in the first chunk\r\n")).Need("250")
			c.LastChunk("").Want("250")
		},
	},
	{
		ID: "bdat-zero", Level: Must, RFC: "3030 §2",
		Title: "`BDAT 0` is a valid chunk.",
		Test:  "250",
		Needs: "ext:CHUNKING, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Chunk("").Want("250")
			c.Cmd("RSET").Want("250; fail close")
		},
	},
	{
		ID: "bdat-leading-zeros", Level: Must, RFC: "3030 §2",
		Title: "The size is any row of digits, leading zeros too.",
		Test:  "`BDAT 0006 LAST` and six octets: 250",
		Needs: "ext:CHUNKING, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			t.run.message(t)
			c.Write("BDAT 0006 LAST\r\n\r\nab\r\n")
			c.Verdicts("BDAT 0006 LAST").Want("250")
			c.InStep()
		},
	},
	{
		ID: "bdat-dots", Level: MustNot, RFC: "3030 §2",
		Title: "No dot is taken away.",
		Test:  "lines with dots; compare",
		Needs: "ext:CHUNKING, mailbox",
		Vary:  "cut",
		Run:   func(t *T) { chunked(t, ".\r\n..x\r\n.y\r\nend\r\n") }},
	{
		ID: "bdat-no-eod", Level: MustNot, RFC: "3030 §2",
		Title: "CRLF . CRLF inside a chunk is content.",
		Test:  "compare",
		Needs: "ext:CHUNKING, mailbox",
		Run:   func(t *T) { chunked(t, "before\r\n.\r\nafter\r\n") }},
	{
		ID: "bdat-data-mixed", Level: Must, RFC: "3030 §2",
		Title: "DATA after BDAT in a transaction gets 503; what is left is indeterminate until RSET.",
		Test:  "BDAT, DATA: 503; RSET: 250; then a whole DATA transaction in the same session: 250",
		Needs: "ext:CHUNKING, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Chunk("x\r\n").Need("250")
			c.Cmd("DATA").Want("503; warn 5yz; else fail")
			c.Cmd("RSET").Want("250")
			c.Message(t.Text(t.Token(), "by DATA, after RSET\r\n")).Want("250")
		},
	},
	{
		ID: "bdat-no-rcpt", Level: Must, RFC: "3030 §2",
		Title: "BDAT without recipient: the octets are eaten, then 503 (or 554).",
		Test:  "MAIL, `BDAT 10`, ten octets, NOOP: in step",
		Needs: "ext:CHUNKING",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Chunk("QUIT\r\nxx\r\n").Want("503 554; warn 5yz; fail 2yz")
			c.InStep()
		},
	},
	{
		ID: "bdat-refused-eaten", Level: Must, RFC: "3030 §2",
		Title: "Octets of a refused BDAT are eaten, never read as commands.",
		Test:  "content `QUIT` CRLF in a refused chunk; fail: 221",
		Needs: "ext:CHUNKING",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Chunk("QUIT\r\n").Want("4yz 5yz; fail 2yz")
			if r, quiet := c.Quiet(); !quiet {
				t.Failf("the octets of a refused chunk were read as a command: %s", r)
				return
			}
			c.InStep()
		},
	},
	{
		ID: "bdat-pipeline-failed", Level: Must, RFC: "3030 §2",
		Title: "Chunks in the pipeline behind a failed one are eaten and refused.",
		Test:  "MAIL, malformed RCPT, BDAT 6, BDAT 6, BDAT 0 LAST in one write, each chunk `QUIT` CRLF; each BDAT one 4yz/5yz, then RSET: 250; fail: 221",
		Needs: "ext:CHUNKING, ext:PIPELINING",
		Run: func(t *T) {
			c := t.Session()
			c.Write(t.MailLine() + "\r\nRCPT TO:<a b@c.example>\r\nBDAT 6\r\nQUIT\r\nBDAT 6\r\nQUIT\r\nBDAT 0 LAST\r\n")
			c.Read("MAIL").Need("250")
			c.Read("RCPT").Need("5yz")
			for i := range 3 {
				if t.cfg.LMTP && i == 2 {
					break // no recipient, no reply (2033 §4.3)
				}
				c.Read(fmt.Sprintf("chunk %d", i+1)).Want("4yz 5yz; fail 2yz close silence")
			}
			reset := c.Cmd("RSET")
			if t.cfg.LMTP && reset.Code == 503 {
				t.Warnf("BDAT LAST without a recipient got a reply")
				reset = c.Read("RSET")
			}
			reset.Want("250")
		},
	},
	{
		ID: "bdat-no-mail", Level: Must, RFC: "3030 §2",
		Title: "BDAT without MAIL: octets eaten, 503.",
		Test:  "EHLO, `BDAT 6`, `NOOP` CRLF: one reply",
		Needs: "ext:CHUNKING",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			c.Chunk("NOOP\r\n").Want("503; warn 5yz; fail 2yz")
			if r, quiet := c.Quiet(); !quiet {
				t.Failf("the octets of a refused chunk were read as a command: %s", r)
			}
		},
	},
	{
		ID: "bdat-after-last", Level: Must, RFC: "3030 §2",
		Title: "BDAT after LAST is out of sequence: 503; what is left is indeterminate until RSET.",
		Test:  "BDAT LAST, BDAT with octets: 503, octets eaten, RSET 250",
		Needs: "ext:CHUNKING, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.LastChunk(t.Text(t.Token(), "complete\r\n")).Need("250")
			c.Chunk("QUIT\r\n").Want("503; warn 5yz; fail 2yz")
			c.Cmd("RSET").Want("250; fail 221 close")
		},
	},
	{
		ID: "bdat-bad-size", Level: Must, RFC: "3030 §2; 5321 §4.3.2",
		Title: "`BDAT`, `BDAT x`, `BDAT -1`, `BDAT 6 FIRST`, 30 digits get 501.",
		Test:  "for `BDAT 6 FIRST` the six octets `NOOP` CRLF follow: 501 with or without a reply to NOOP, as it may eat them; fail: 250 to BDAT, hang, crash; close and other 5yz warn",
		Needs: "ext:CHUNKING, recipient",
		Run: func(t *T) {
			for _, arg := range []string{"", " x", " -1", " 6 FIRST", " " + strings.Repeat("9", 30)} {
				c := t.Session()
				c.Transaction()
				if arg == " 6 FIRST" {
					c.Write("BDAT 6 FIRST\r\nNOOP\r\n")
					c.Read("BDAT 6 FIRST").Want("501; warn 5yz close; fail 2yz silence")
					c.Quiet()
					continue
				}
				c.Cmd("BDAT" + arg).Want("501; warn 5yz close; fail 2yz silence")
			}
		},
	},
	{
		ID: "bdat-overflow", Level: Must, RFC: "3030 §2",
		Title: "Sizes around 2^31, 2^32, 2^63, 2^64 wrap to nothing small.",
		Test:  "`BDAT 4294967300`, `BDAT 18446744073709551620`, then 10 octets and close; fail: a reply 250 after 4 octets; refusal with close passes",
		Needs: "ext:CHUNKING, recipient",
		Run: func(t *T) {
			for _, size := range []string{"4294967300", "18446744073709551620", "2147483652", "9223372036854775812"} {
				c := t.Session()
				c.Transaction()
				c.Write("BDAT " + size + "\r\nabcdefghij")
				if r, quiet := c.Quiet(); !quiet && r.Code/100 == 2 {
					t.Failf("BDAT %s with 10 octets got %s: the size wrapped", size, r)
				}
				c.Close()
			}
		},
	},
	{
		ID: "bdat-huge", Level: Should, RFC: "3030 §2; 1870 §6.3",
		Title: "A chunk over the size limit is refused with 552, in step, and memory stays bounded.",
		Test:  "size limit + 1, in one chunk and in several; the code may come at the last one",
		Needs: "ext:CHUNKING, ext:SIZE, recipient",
		Run: func(t *T) {
			c := t.Session()
			big := oversized(t, c)
			c.Transaction()
			if r := c.LastChunk(big); r.Want("552; warn 5yz 4yz 421 close; fail 2yz") {
				c.Cmd("RSET").Want("250")
			}
			c = t.Session()
			c.Transaction()
			half := len(big) / 2
			first := c.Chunk(big[:half])
			if first.Code == 250 {
				first = c.LastChunk(big[half:])
			}
			first.Want("552; warn 5yz 4yz 421 close; fail 2yz")
		},
	},
	{
		ID: "bdat-early-refusal", Level: Must, RFC: "3030 §2",
		Title: "A chunk is refused after its octets were taken, not before (close is the only other way).",
		Test:  "chunk over the limit, octets held back: a 5yz before they are sent is warn",
		Needs: "ext:CHUNKING, ext:SIZE, recipient",
		Run: func(t *T) {
			c := t.Session()
			limit := c.limit()
			if limit == 0 {
				t.Skipf("a limit on size")
			}
			c.Transaction()
			c.Write(fmt.Sprintf("BDAT %d\r\n", limit+10000))
			if r, quiet := c.Quiet(); !quiet {
				r.Command = "BDAT over the limit, its octets held back"
				r.Want("close; warn 5yz 4yz; fail 2yz")
			}
			c.Close()
		},
	},
	{
		ID: "bdat-rset-between", Level: Must, RFC: "3030 §2",
		Title: "RSET between chunks drops all.",
		Test:  "BDAT, RSET, MAIL 250; nothing arrives",
		Needs: "ext:CHUNKING, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Transaction()
			c.Chunk(t.Text(token, "dropped by RSET\r\n")).Need("250")
			c.Cmd("RSET").Want("250")
			c.Cmd(t.MailLine()).Want("250")
			t.Never(token)
		},
	},
	{
		ID: "bdat-binary-lines", Level: Must, RFC: "3030 §2",
		Title: "A client that counted too little makes lines of any octets: they are read and refused.",
		Test:  "`BDAT 10` with 200 octets of high-bit and NUL text in lines that begin no verb; each line 5yz, in step; close warn; fail: no service afterwards",
		Needs: "ext:CHUNKING, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Write("BDAT 10\r\n0123456789" + strings.Repeat("\x80\x00\xff garbage\r\n", 8))
			c.Read("BDAT 10").Need("250")
			for range 8 {
				if r := c.Read("octets that are no command"); !r.Want("5yz; warn 421 close; fail 2yz") {
					return
				}
			}
			c.Cmd("RSET").Want("250; fail silence close")
		},
	},
	{
		ID: "bdat-close-inside", Level: MustNot, RFC: "3030 §2; 5321 §4.1.1.10",
		Title: "A connection lost inside a chunk delivers nothing, LAST or not.",
		Test:  "`BDAT 1000 LAST`, 500 octets, close",
		Needs: "ext:CHUNKING, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Transaction()
			c.Write("BDAT 5000 LAST\r\n" + t.Text(token, "the connection is lost inside the chunk\r\n"))
			c.Close()
			t.Never(token)
		},
	},
	{
		ID: "bdat-no-final-crlf", Level: Must, RFC: "3030 §2",
		Title: "BDAT content that ends without CRLF is a message too.",
		Test:  "`BDAT n LAST` whose last octet is no LF: 250; what the mailbox shows is recorded",
		Needs: "ext:CHUNKING, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Transaction()
			c.LastChunk(t.Text(token, "no line end")).Want("250")
			t.Recordf("the body came as %q", bodyOf(t, token))
		},
	},
	{
		ID: "bdat-pipelined", Level: Must, RFC: "3030 §2; §4.2",
		Title: "Chunks may be pipelined.",
		Test:  "MAIL, RCPT, BDAT, BDAT LAST in one segment",
		Needs: "ext:CHUNKING, ext:PIPELINING, recipient",
		Vary:  "link",
		Run: func(t *T) {
			c := t.Session()
			text := t.Text(t.Token(), "in one write\r\n")
			t.run.message(t)
			c.Write(fmt.Sprintf("%s\r\n%s\r\nBDAT %d\r\n%sBDAT 3 LAST\r\nx\r\n", t.MailLine(), t.RcptLine(), len(text), text))
			c.Read(t.MailLine()).Want("250")
			c.Read(t.RcptLine()).Want("250 251")
			c.Read("BDAT").Want("250; fail silence")
			c.Verdicts("BDAT LAST").Want("250; fail silence")
		},
	},
	{
		ID: "bdat-commands-between", Level: Should, RFC: "3030 §2; 5321 §4.1.4",
		Title: "MAIL between chunks is out of order (503) and changes nothing; the RFC is silent on RCPT.",
		Test:  "BDAT, MAIL: 503 (250 warn); BDAT LAST: 250; RCPT between: recorded",
		Needs: "ext:CHUNKING, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			text := t.Text(t.Token(), "in two chunks\r\n")
			c.Chunk(text[:10]).Need("250")
			if c.Cmd(t.MailLine()).Want("503; warn 250 5yz") {
				c.LastChunk(text[10:]).Want("250; warn 5yz")
			}
		},
	},
	{
		ID: "binary-needs-chunking", Level: Must, RFC: "3030 §3",
		Title: "BINARYMIME is offered only with CHUNKING.",
		Test:  "check EHLO",
		Needs: "ext:BINARYMIME",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			if _, ok := c.Offers("CHUNKING"); !ok {
				t.Failf("BINARYMIME is offered without CHUNKING")
			}
		},
	},
	{
		ID: "binary-keyword", Level: Must, RFC: "3030 §3",
		Title: "The keyword has no parameters.",
		Test:  "check",
		Needs: "ext:BINARYMIME",
		Run:   func(t *T) { t.plainKeyword("BINARYMIME") }},
	{
		ID: "binary-octets", Level: Must, RFC: "3030 §3",
		Title: "NUL, bare CR, bare LF, lines of any length arrive as sent.",
		Test:  "all 256 octets, 1 MB without a line end; compare",
		Needs: "ext:BINARYMIME, mailbox",
		Run: func(t *T) {
			token := t.Token()
			var b strings.Builder
			for o := range 256 {
				b.WriteByte(byte(o))
			}
			c := t.Session()
			c.Transaction("BODY=BINARYMIME")
			c.LastChunk(t.Header(token) + "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n" + b.String()).Need("250")
			if m := t.Arrived(token); strings.EqualFold(field(m, "Content-Transfer-Encoding"), "binary") && !strings.Contains(string(m), b.String()[14:]) {
				t.Failf("the octets did not come as they were sent")
			}
		},
	},
	{
		ID: "binary-data-503", Level: Must, RFC: "3030 §3",
		Title: "BODY=BINARYMIME and DATA: 503.",
		Test:  "check",
		Needs: "ext:BINARYMIME, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction("BODY=BINARYMIME")
			c.Cmd("DATA").Want("503; warn 5yz; else fail")
			c.Close()
		},
	},
	{
		ID: "binary-cte-accepted", Level: Must, RFC: "3030 §3",
		Title: "Content that says binary without BODY=BINARYMIME is accepted all the same.",
		Test:  "Content-Transfer-Encoding: binary, BDAT, no BODY; 250 (a report may follow)",
		Needs: "ext:BINARYMIME, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.LastChunk(t.Header(t.Token()) + "MIME-Version: 1.0\r\nContent-Transfer-Encoding: binary\r\n\r\ntext\r\n").Want("250")
		},
	},
	{
		ID: "binary-unoffered", Level: Must, RFC: "3030 §3; 5321 §4.1.1.11",
		Title: "BODY=BINARYMIME where it is not offered is refused.",
		Test:  "250 fail",
		Needs: "unoffered:BINARYMIME",
		Run: func(t *T) {
			t.Session().Cmd(t.MailLine("BODY=BINARYMIME")).Want("501 504 555; warn 5yz; fail 2yz")
		},
	},
}
