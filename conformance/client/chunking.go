package client

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

var cases15 = []Case{
	{ID: "chunk-not-offered", Level: MustNot, RFC: "3030 §2",
		Title:  "BDAT goes only to those who offer CHUNKING.",
		Script: "Not offered, `--chunk 100`",
		Right:  "C: DATA, or refusal => accepted or not-sent",
		Needs:  "opt:chunk",
		Run: func(t *T) {
			s := t.Play(With(func(j *Job) { j.Chunk = 100 }))
			s.Never("BDAT")
			s.Outcome("accepted not-sent")
		}},
	{ID: "chunk-exact", Level: Must, RFC: "3030 §2",
		Title:  "The figure is the exact number of octets that follow.",
		Script: "`--chunk 1000`; S: counts, then expects a command",
		Right:  "C: every count right => accepted",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(1000), Size(5000))
			s.bdat()
			s.Content(s.Job.Content)
			s.Outcome("accepted")
		}},
	{ID: "chunk-unchanged", Level: Must, RFC: "3030 §2",
		Title:  "No stuffing and no final dot in BDAT.",
		Script: "Dots at line starts; `.` alone; last line a dot",
		Right:  "C: octets as given => accepted",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			text := start + ".\r\n..\r\n.x\r\n.\r\n"
			s := t.Play(chunked(0), Text(text))
			s.bdat()
			s.Content([]byte(text))
			s.Outcome("accepted")
		}},
	{ID: "chunk-canonical", Level: Must, RFC: "3030 §2",
		Title:  "Text goes with CRLF, counted as sent.",
		Script: "Message of LF lines",
		Right:  "C: CRLF, count right; or refusal => accepted or not-sent",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(0), Text(strings.ReplaceAll(start, "\r\n", "\n")+"one\n.\ntwo\n"))
			if len(s.Arrived()) > 0 {
				s.bdat()
				s.Content([]byte(start + "one\r\n.\r\ntwo\r\n"))
			}
			s.Outcome("accepted not-sent")
		}},
	{ID: "chunk-last", Level: Must, RFC: "3030 §2",
		Title:  "The last chunk says LAST, and only that one; it may be empty.",
		Script: "`--chunk 1000`, message of 2500",
		Right:  "C: one LAST => accepted",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(1000), Size(2500))
			s.bdat()
			s.Times(1, "BDAT LAST")
			if n := len(s.Find("BDAT")); n > 0 && !last(s.Find("BDAT")[n-1]) {
				t.Complainf("expected LAST on the last chunk")
			}
			s.Outcome("accepted")
		}},
	{ID: "chunk-empty", Level: May, RFC: "3030 §2",
		Title:  "`BDAT 0 LAST` ends a message, an empty one as well.",
		Script: "Empty message",
		Right:  "C: `BDAT 0 LAST`, or refusal => accepted or not-sent",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(0), Text(""))
			for _, l := range s.Find("BDAT") {
				t.Recordf("%q", l.Raw)
			}
			s.whole("")
			s.Outcome("accepted not-sent")
		}},
	{ID: "chunk-after-rcpt", Level: Should, RFC: "3030 §2",
		Title:  "BDAT is sent once the replies to MAIL and RCPT are in (the text says so without a key word).",
		Script: "PIPELINING as well; replies to MAIL and RCPT after 500 ms",
		Right:  "C: no BDAT before them; seen otherwise: warn => accepted",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(0, "PIPELINING"), On("MAIL", 500*time.Millisecond, "250 ok"), On("RCPT", 500*time.Millisecond, "250 ok"))
			s.bdat()
			if found := s.Find("BDAT"); len(found) > 0 && found[0].Early {
				t.Complainf("BDAT came before the replies to MAIL and RCPT")
			}
			s.Outcome("accepted")
		}},
	{ID: "chunk-none-left", Level: MustNot, RFC: "3030 §2; 5321 §3.3",
		Title:  "With no recipient left no chunk is sent.",
		Script: "RCPT: 550 each",
		Right:  "C: no BDAT in lock-step; one that was already under way gets 503: stays refused => permanent",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(0), On("RCPT", "550 no"), On("BDAT", "503 no recipients"))
			s.Never("BDAT")
			s.Outcome("permanent")
			s = t.Play(chunked(0, "PIPELINING"), On("RCPT", "550 no"), On("BDAT", "503 no recipients"))
			s.Outcome("permanent")
		}},
	{ID: "chunk-lock-step", Level: Must, RFC: "5321 §4.3.1; 3030 §2",
		Title:  "Without PIPELINING each chunk waits for its 250.",
		Script: "`--chunk 100`; each 250 after 100 ms",
		Right:  "C: one chunk at a time => accepted",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(100), On("BDAT", 100*time.Millisecond, "250 ok"))
			s.bdat()
			s.LockStep()
			s.Outcome("accepted")
		}},
	{ID: "chunk-pipelined", Level: Must, RFC: "3030 §2; 2920 §3.1",
		Title:  "With PIPELINING each chunk's reply is counted.",
		Script: "PIPELINING; 250 for each chunk, all in one segment",
		Right:  "C: outcome from the last one => accepted",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(100, "PIPELINING"), Together)
			s.bdat()
			s.Outcome("accepted")
		}},
	{ID: "chunk-refused-stop", Level: MustNot, RFC: "3030 §2",
		Title:  "After a refused chunk no more chunks.",
		Script: "`--chunk 100`; second chunk: 451 (run 2: 554)",
		Right:  "C: no further BDAT than those under way => temporary (run 2: permanent)",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			for reply, outcome := range map[string]string{"451 later": "temporary", "554 no": "permanent"} {
				s := t.Play(chunked(100), Size(2000), refusing(2, reply))
				s.pieces(2)
				s.Times(2, "BDAT")
				s.Outcome(outcome)
			}
		}},
	{ID: "chunk-refused-rset", Level: Must, RFC: "3030 §2",
		Title:  "A failed BDAT leaves an unclear state; RSET clears it.",
		Script: "As above, two messages",
		Right:  "C: RSET before the next MAIL, or a new connection => temporary, accepted",
		Needs:  "opt:count, ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(Count(2), chunked(100), Size(2000), refusing(2, "451 later"))
			s.pieces(2)
			for _, c := range s.Conns {
				clean := true
				for _, l := range c.Lines {
					switch {
					case l.Verb == "MAIL" && !clean:
						t.Complainf("expected RSET, or a new connection, before the next MAIL")
					case l.Verb == "BDAT" && l.Code/100 != 2:
						clean = false
					case l.Verb == "RSET", l.Verb == "EHLO":
						clean = true
					}
				}
			}
			s.OutcomeOf(0, "temporary")
			s.OutcomeOf(1, "accepted")
		}},
	{ID: "chunk-refused-then-250", Level: Must, RFC: "3030 §2",
		Title:  "One refused chunk fails the message, whatever the later ones get.",
		Script: "PIPELINING; chunk 2: 451; 250 to all others, LAST too",
		Right:  "C: => temporary",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(100, "PIPELINING"), Size(2000), On("BDAT#2", "451 later"))
			s.pieces(2)
			s.Outcome("temporary")
		}},
	{ID: "chunk-no-mixing", Level: MustNot, RFC: "3030 §2",
		Title:  "DATA and BDAT are not mixed in one transaction.",
		Script: "First chunk: 500",
		Right:  "C: no DATA before RSET; may start again with DATA => permanent or accepted",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(100), On("BDAT", "500 what"))
			s.bdat()
			s.noDataMixed()
			s.Outcome("permanent accepted lost")
		}},
	{ID: "chunk-354", Level: Robust, RFC: "5321 §4.2.1",
		Title:  "354 to BDAT is a violation.",
		Script: "BDAT: 354",
		Right:  "C: ends => not-sent (after LAST: unknown)",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(0), On("BDAT", "354 go"))
			s.bdat()
			if len(s.Find("BDAT LAST")) > 0 {
				s.Outcome("unknown")
			} else {
				s.Outcome("lost")
			}
		}},
	{ID: "chunk-lost-middle", Level: Should, RFC: "5321 §3.8",
		Title:  "Lost before LAST was sent.",
		Script: "Second of ten chunks: close",
		Right:  "C: => temporary",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(500), Size(5000), On("BDAT#2", Close))
			s.pieces(2)
			s.Never("BDAT LAST")
			s.Outcome("lost")
		}},
	{ID: "chunk-lost-last", Level: Should, RFC: "5321 §3.8",
		Title:  "Lost after LAST: nobody knows.",
		Script: "Reads LAST and its octets, closes",
		Right:  "C: => unknown or temporary",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(0), On("BDAT LAST", Close))
			s.bdat()
			s.Outcome("unknown temporary")
		}},
	{ID: "chunk-8bit-declared", Level: Must, RFC: "6152 §3; 3030 §2",
		Title:  "CHUNKING alone does not allow 8-bit content.",
		Script: "CHUNKING without 8BITMIME; 8-bit message",
		Right:  "C: converts or refuses => accepted, permanent or not-sent",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(chunked(0), eight(mime))
			s.seven()
			s.Outcome("accepted permanent not-sent")
		}},
	{ID: "chunk-binary-not-offered", Level: MustNot, RFC: "3030 §3",
		Title:  "Binary content only to those who offer BINARYMIME.",
		Script: "CHUNKING, 8BITMIME; message with CTE binary and bare CR, LF, NUL, `--body binary`",
		Right:  "C: re-encodes or refuses => accepted, permanent or not-sent",
		Needs:  "ext:CHUNKING, opt:body",
		Run: func(t *T) {
			s := t.Play(chunked(0, "8BITMIME"), With(asBinary))
			s.noBinary()
			s.Outcome("accepted permanent not-sent")
		}},
	{ID: "chunk-binary-declared", Level: Must, RFC: "3030 §3",
		Title:  "Binary content is declared and goes by BDAT.",
		Script: "BINARYMIME, CHUNKING",
		Right:  "C: `BODY=BINARYMIME`, BDAT, octets unchanged => accepted",
		Needs:  "ext:BINARYMIME, opt:body",
		Run: func(t *T) {
			s := t.Play(chunked(0, "8BITMIME", "BINARYMIME"), With(asBinary))
			s.param("BODY", "BINARYMIME")
			s.Some("BDAT")
			s.Content([]byte(binary))
			s.Outcome("accepted")
		}},
	{ID: "chunk-binary-no-data", Level: MustNot, RFC: "3030 §3",
		Title:  "Never BINARYMIME with DATA.",
		Script: "BINARYMIME without CHUNKING",
		Right:  "C: no BODY=BINARYMIME, no binary octets => permanent or not-sent",
		Needs:  "ext:BINARYMIME, opt:body",
		Run: func(t *T) {
			s := t.Play(Offer("8BITMIME", "BINARYMIME"), With(asBinary))
			s.noBinary()
			s.Outcome("permanent not-sent")
		}},
}

// chunked offers CHUNKING, and asks for chunks of so many octets where the client
// can be asked; 0: its own.
func chunked(octets int, more ...string) Option {
	return func(p *play) {
		p.offer = append(append(p.offer, "CHUNKING"), more...)
		if octets > 0 && slices.Contains(p.t.run.features.Opt, "chunk") {
			p.job.Chunk = octets
		}
	}
}

// bdat skips the case if the client sent no BDAT where it was offered.
func (s *Seen) bdat() {
	if len(s.Find("BDAT")) == 0 && len(s.Find("DATA")) > 0 {
		s.t.Skipf("a client that uses BDAT where CHUNKING is offered")
	}
}

// pieces skips the case if the client sent no message in so many chunks.
func (s *Seen) pieces(n int) {
	s.bdat()
	if len(s.Find("BDAT")) < n {
		s.t.Skipf("opt:chunk, or a client whose chunks are smaller")
	}
}

// refusing refuses the n-th BDAT, and whatever the transaction gets after it.
func refusing(n int, reply string) Option {
	return Func(func(c *Conn, cmd *Line) []any {
		switch {
		case cmd.Verb == "BDAT" && cmd.N == n:
			return []any{reply}
		case cmd.Verb == "BDAT" && c.in != nil && c.in.Failed:
			return []any{"503 a chunk was refused"}
		}
		return nil
	})
}

// noDataMixed complains about DATA and BDAT in one transaction.
func (s *Seen) noDataMixed() {
	for _, m := range s.Messages {
		if m.Data != nil && m.Data.Verb == "DATA" && len(m.Chunks) > 0 {
			s.t.Complainf("expected DATA or BDAT in a transaction, got both")
		}
	}
	for _, c := range s.Conns {
		chunk := false
		for _, l := range c.Lines {
			switch l.Verb {
			case "BDAT":
				chunk = true
			case "MAIL", "RSET", "EHLO":
				chunk = false
			case "DATA":
				if chunk {
					s.t.Complainf("expected no DATA behind BDAT before RSET")
				}
			}
		}
	}
}

// binary is a message that no line-oriented transfer keeps as it is.
const binary = "From: <from@client.test>\r\nTo: <a@mx.test>\r\nSubject: binary\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\na\rb\nc\x00d\xff.\n.\r\n"

// asBinary asks for a message of any octets.
func asBinary(j *Job) { j.Content, j.Body = []byte(binary), "binary" }

// noBinary complains if such octets came by other ways than BINARYMIME.
func (s *Seen) noBinary() {
	s.without("BINARYMIME")
	for _, m := range s.Messages {
		if bytes.Contains(m.Wire, []byte("\x00d\xff")) {
			s.t.Complainf("expected no binary content where BINARYMIME is not offered")
		}
	}
	for _, l := range s.Find("MAIL") {
		if strings.Contains(strings.ToUpper(l.Raw), "BINARYMIME") {
			s.t.Complainf("expected no BODY=BINARYMIME, got %q", l.Raw)
		}
	}
}
