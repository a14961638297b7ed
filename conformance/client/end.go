package client

import (
	"time"
)

var cases08 = []Case{
	{ID: "end-250", Level: Must, RFC: "5321 §4.2.5",
		Title:  "2yz hands the message over.",
		Script: "Base",
		Right:  "C: QUIT => accepted",
		Run: func(t *T) {
			s := t.Play()
			s.Some("QUIT")
			s.Outcome("accepted")
		}},
	{ID: "end-2yz-other", Level: Must, RFC: "5321 §4.3.2, §4.2.5",
		Title:  "Any 2yz does.",
		Script: "Dot: 251, run 2: 299",
		Right:  "C: QUIT => accepted",
		Run: func(t *T) {
			for _, reply := range []string{"251 ok", "299 ok"} {
				s := t.Play(On("dot", reply))
				s.Some("QUIT")
				s.Outcome("accepted")
			}
		}},
	{ID: "end-4yz", Level: Must, RFC: "5321 §4.2.5",
		Title:  "After 4yz the message stays with the client.",
		Script: "Dot: `451 later`",
		Right:  "C: nothing accepted => temporary for all",
		Run: func(t *T) {
			s := t.Play(On("dot", "451 later"))
			s.Outcome("temporary")
		}},
	{ID: "end-5yz", Level: Must, RFC: "5321 §4.2.5",
		Title:  "After 5yz too; not tried again unasked.",
		Script: "Dot: `554 no`",
		Right:  "C: no second attempt => permanent for all",
		Run: func(t *T) {
			s := t.Play(On("dot", "554 no"))
			s.once()
			s.Outcome("permanent")
		}},
	{ID: "end-552", Level: Must, RFC: "5321 §4.2.1",
		Title:  "552 here is about the message, not the number of recipients.",
		Script: "Dot: `552 too much mail data`",
		Right:  "C: no second attempt => permanent",
		Run: func(t *T) {
			s := t.Play(On("dot", "552 too much mail data"))
			s.once()
			s.Outcome("permanent")
		}},
	{ID: "end-refused-keep-own", Level: Must, RFC: "5321 §4.2.1",
		Title:  "Recipients refused before keep their own outcome.",
		Script: "RCPT b: 550; dot: 451",
		Right:  "C: => a and c temporary, b permanent",
		Run: func(t *T) {
			s := t.Play(On("RCPT b", "550 no"), On("dot", "451 later"))
			s.Outcome("temporary not-sent", "permanent", "temporary not-sent")
		}},
	{ID: "end-accepted-keep-own", Level: Must, RFC: "5321 §4.2.1",
		Title:  "The final 250 is not for those refused before.",
		Script: "RCPT b: 450, c: 550; dot: 250",
		Right:  "C: => a accepted, b temporary, c permanent",
		Run: func(t *T) {
			s := t.Play(On("RCPT b", "450 later"), On("RCPT c", "550 no"))
			s.Outcome("accepted not-sent", "temporary", "permanent")
		}},
	{ID: "end-lost", Level: Should, RFC: "5321 §3.8",
		Title:  "No reply: nobody knows; as if 451, said plainly.",
		Script: "Dot: close",
		Right:  "C: => unknown or temporary",
		Run: func(t *T) {
			s := t.Play(On("dot", Close))
			s.Outcome("unknown temporary")
		}},
	{ID: "end-reset", Level: Should, RFC: "5321 §3.8",
		Title:  "The same with a reset.",
		Script: "Dot: RST",
		Right:  "C: => unknown or temporary",
		Run: func(t *T) {
			s := t.Play(On("dot", Reset))
			s.Outcome("unknown temporary")
		}},
	{ID: "end-lost-no-resend", Level: Must, RFC: "5321 §4.5.4.1",
		Title:  "No silent second copy at once.",
		Script: "Dot: close; listener open for 10 s",
		Right:  "C: no new connection with the message => unknown or temporary",
		Run: func(t *T) {
			s := t.Play(On("dot#1", Close), Stay(10*time.Second))
			s.once()
			s.Outcome("unknown temporary")
		}},
	{ID: "end-half-reply", Level: Robust, RFC: "5321 §4.2.1",
		Title:  "A reply that never ends is no reply.",
		Script: "Dot: `250-queued as 1` CRLF, close",
		Right:  "C: => unknown or temporary",
		Run: func(t *T) {
			s := t.Play(On("dot", "250-queued as 1", Close))
			s.Outcome("unknown temporary")
		}},
	{ID: "end-half-line", Level: Robust, RFC: "5321 §4.2",
		Title:  "A line that never ends is no line.",
		Script: "Dot: `250 queu`, close",
		Right:  "C: => unknown or temporary",
		Run: func(t *T) {
			s := t.Play(On("dot", Raw("250 queu"), Close))
			s.Outcome("unknown temporary")
		}},
	{ID: "end-garbage", Level: Robust, RFC: "robust",
		Title:  "No reply code, no outcome.",
		Script: "Dot: `queued, thanks` CRLF, close",
		Right:  "C: => unknown",
		Run: func(t *T) {
			s := t.Play(On("dot", "queued, thanks", Close))
			s.Outcome("unknown")
		}},
	{ID: "end-3yz", Level: Robust, RFC: "5321 §4.2.1",
		Title:  "3yz ends nothing.",
		Script: "Dot: 354 again",
		Right:  "C: sends no content again; ends => unknown",
		Run: func(t *T) {
			s := t.Play(On("dot", "354 again"))
			s.once()
			s.Outcome("unknown")
		}},
	{ID: "end-out-of-range", Level: Should, RFC: "5321 §4.2",
		Title:  "Codes outside 2 to 5 are fatal.",
		Script: "Dot: `150 soon`; run 2: `650`",
		Right:  "C: ends => unknown",
		Run: func(t *T) {
			for _, reply := range []string{"150 soon", "650 hm"} {
				s := t.Play(On("dot", reply))
				s.Outcome("unknown")
			}
		}},
	{ID: "end-250-then-close", Level: Must, RFC: "5321 §4.2.5",
		Title:  "What was accepted stays accepted.",
		Script: "Dot: 250, close at once",
		Right:  "C: the failing QUIT is no failure of the message => accepted",
		Run: func(t *T) {
			s := t.Play(On("dot", "250 ok", Close))
			s.Outcome("accepted")
		}},
	{ID: "end-250-then-reset", Level: Must, RFC: "5321 §4.2.5",
		Title:  "The same with a reset after the reply was read.",
		Script: "Dot: 250; 200 ms later RST",
		Right:  "C: => accepted",
		Run: func(t *T) {
			s := t.Play(On("dot", "250 ok", 200*time.Millisecond, Reset))
			s.Outcome("accepted")
		}},
	{ID: "end-250-split", Level: Must, RFC: "5321 §4.2",
		Title:  "The final reply may come in pieces.",
		Script: "Dot: `25`, 1 s, `0 ok`, 1 s, CRLF",
		Right:  "C: waits => accepted",
		Run: func(t *T) {
			s := t.Play(On("dot", Raw("25"), time.Second, Raw("0 ok"), time.Second, Raw("\r\n")))
			s.Outcome("accepted")
		}},
	{ID: "end-two-messages", Level: Must, RFC: "5321 §4.2.5",
		Title:  "Each message has its own outcome.",
		Script: "First dot: 250; second: 554",
		Right:  "C: => accepted; permanent",
		Needs:  "opt:count",
		Run: func(t *T) {
			s := t.Play(Count(2), On("dot#2", "554 no"))
			s.OutcomeOf(0, "accepted")
			s.OutcomeOf(1, "permanent")
		}},
}

// once complains about a second copy of the message.
func (s *Seen) once() {
	n := 0
	for _, m := range s.Messages {
		if len(m.Wire) > 0 {
			n++
		}
	}
	if n > 1 || len(s.Conns) > 1 {
		s.t.Complainf("expected no second attempt, got %d messages over %d connections", n, len(s.Conns))
	}
}
