package client

import (
	"time"
)

var cases12b = []Case{
	{ID: "pipe-cut-short", Level: Should, RFC: "5321 §3.8",
		Title:  "Commands without a reply were not carried out, as far as anyone knows.",
		Script: "MAIL: 250, RCPT a: 250, then close",
		Right:  "C: no content => temporary",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("RCPT b", Close))
			s.NoContent()
			s.Outcome("lost")
		}},
	{ID: "pipe-too-many-replies", Level: Robust, RFC: "desynchronisation",
		Title:  "A surplus reply does not shift the outcomes.",
		Script: "MAIL, RCPT a, b: 250, 250, 550, 250 and then DATA's 354, one reply too many",
		Right:  "C: error, or the surplus ends it; no content without DATA's own 354 => not-sent",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(OutOfStep, piped, To("a", "b"), On("RCPT b", "550 no", "250 ok"), On("DATA", 300*time.Millisecond, "354 go"))
			for _, m := range s.Messages {
				if m.Data != nil && len(m.Wire) > 0 && m.First.Before(m.Data.At.Add(t.pace(300*time.Millisecond))) {
					t.Harmf("content came before DATA's own 354")
				}
			}
			s.Outcome("not-sent accepted", "not-sent permanent")
		}},
	{ID: "pipe-deadlock", Level: Must, RFC: "2920 §3.1",
		Title:  "Both sides writing must not block for ever.",
		Script: "5000 recipients; S: small socket buffers, writes each reply (500 octets) before it reads on, and never reads while its write blocks",
		Right:  "C: reads while it writes, or keeps groups small => accepted",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, many(5000), SmallBuffers, Func(blocking(500)))
			s.Outcome("accepted")
		}},
	{ID: "pipe-forgotten-after-tls", Level: Must, RFC: "3207 §4.2",
		Title:  "PIPELINING offered in clear counts for nothing under TLS.",
		Script: "Offered before STARTTLS only; replies 100 ms late",
		Right:  "C: lock-step under TLS => accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), On("clear EHLO", ehlo("PIPELINING", "STARTTLS")...), On("tls MAIL", 100*time.Millisecond, "250 ok"),
				On("tls RCPT", 100*time.Millisecond, "250 ok"), On("tls DATA", 100*time.Millisecond, "354 go"), OfferTLS())
			s.LockStep()
			s.Outcome("accepted")
		}},
}
