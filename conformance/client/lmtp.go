package client

import (
	"time"
)

var cases20 = []Case{
	{ID: "lmtp-lhlo", Level: Must, RFC: "2033 §4.1",
		Title:  "LHLO, never EHLO or HELO.",
		Script: "`--protocol lmtp`; LHLO: 500",
		Right:  "C: LHLO; no fall-back to EHLO => not-sent, temporary or permanent",
		Needs:  "lmtp",
		Run: func(t *T) {
			s := t.Play(LMTP, On("LHLO", "500 what"))
			s.Never("EHLO", "HELO", "MAIL")
			s.Some("LHLO")
			s.Outcome("lost permanent")
		}},
	{ID: "lmtp-each", Level: Must, RFC: "2033 §4.2",
		Title:  "One reply a recipient after the dot, in order.",
		Script: "3 recipients; 250, 550, 452",
		Right:  "C: => a accepted, b permanent, c temporary",
		Needs:  "lmtp",
		Run: func(t *T) {
			s := t.Play(LMTP, On("dot", "250 ok", "550 no", "452 later"))
			s.Outcome("accepted", "permanent", "temporary")
		}},
	{ID: "lmtp-refused-skipped", Level: Must, RFC: "2033 §4.2",
		Title:  "Refused recipients get no reply after the dot.",
		Script: "B: 550 at RCPT; two replies",
		Right:  "C: in step => a accepted, b permanent, c accepted",
		Needs:  "lmtp",
		Run: func(t *T) {
			s := t.Play(LMTP, On("RCPT b", "550 no"))
			s.Outcome("accepted", "permanent", "accepted")
		}},
	{ID: "lmtp-same-twice", Level: Must, RFC: "2033 §4.2",
		Title:  "The same recipient twice: two replies.",
		Script: "`--to a --to a`; 250, 452",
		Right:  "C: in step => accepted; temporary",
		Needs:  "lmtp",
		Run: func(t *T) {
			s := t.Play(LMTP, To("a", "a"), On("dot", "250 ok", "452 later"))
			s.Outcome("accepted", "temporary")
		}},
	{ID: "lmtp-cut", Level: Must, RFC: "2033 §5",
		Title:  "Lost after some replies: those count, the rest are temporary (here, unlike SMTP, by the RFC).",
		Script: "250 for a; close",
		Right:  "C: => a accepted, b and c temporary or unknown",
		Needs:  "lmtp",
		Run: func(t *T) {
			s := t.Play(LMTP, On("dot", "250 ok", Close))
			s.Outcome("accepted", "lost unknown", "lost unknown")
		}},
	{ID: "lmtp-too-few", Level: Must, RFC: "2033 §4.2",
		Title:  "Fewer replies than recipients: waits, then as lost.",
		Script: "2 of 3; silence; `--timeout 3`",
		Right:  "C: => two as said, the third temporary or unknown",
		Needs:  "lmtp, opt:timeout",
		Run: func(t *T) {
			s := t.Play(LMTP, Timeout(3*time.Second), On("dot", "250 ok", "550 no", Hang))
			s.Within(15 * time.Second)
			s.Outcome("accepted", "permanent", "lost unknown")
		}},
	{ID: "lmtp-too-many", Level: Robust, RFC: "robust",
		Title:  "More replies than recipients: not taken for the next command.",
		Script: "4 of 3",
		Right:  "C: error or passed over => as said",
		Needs:  "lmtp",
		Run: func(t *T) {
			s := t.Play(LMTP, On("dot", "250 ok", "550 no", "452 later", "250 ok"))
			s.Outcome("accepted", "permanent", "temporary")
		}},
	{ID: "lmtp-data-503", Level: Must, RFC: "2033 §4.2",
		Title:  "With no recipient taken, DATA's 503 is no surprise.",
		Script: "All 550; offered PIPELINING; DATA: 503",
		Right:  "C: in step; RSET or QUIT => permanent",
		Needs:  "lmtp, ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(LMTP, piped, On("RCPT", "550 no"), On("DATA", "503 no recipients"))
			s.NoContent()
			s.Outcome("permanent")
		}},
	{ID: "lmtp-bdat", Level: Must, RFC: "2033 §4.3",
		Title:  "BDAT LAST: one reply each; none with no recipient.",
		Script: "CHUNKING; run 2 all refused, no reply to BDAT LAST",
		Right:  "C: in step both times, no hang => accepted; permanent",
		Needs:  "lmtp, ext:CHUNKING",
		Run: func(t *T) {
			s := t.Play(LMTP, chunked(0, "PIPELINING"))
			s.Outcome("accepted")
			s = t.Play(LMTP, chunked(0, "PIPELINING"), On("RCPT", "550 no"), On("BDAT LAST"))
			s.Within(20 * time.Second)
			s.Outcome("permanent")
		}},
	{ID: "lmtp-multiline", Level: Must, RFC: "2033 §4.2",
		Title:  "A multi-line reply is one.",
		Script: "`250-a`, `250 a`, `250 b`",
		Right:  "C: in step => accepted",
		Needs:  "lmtp",
		Run: func(t *T) {
			s := t.Play(LMTP, To("a", "b"), On("dot", "250-a", "250 a", "250 b"))
			s.Outcome("accepted")
		}},
}
