package client

import (
	"time"
)

var cases06b = []Case{
	{ID: "data-early-250", Level: Robust, RFC: "desynchronisation",
		Title:  "A 250 before the dot accepts nothing.",
		Script: "After 32 KiB of 1 MiB: `250 queued`; reads on; the dot is answered `554 no`",
		Right:  "C: takes the early line for a violation, or waits for the reply after the dot => not-sent, permanent or unknown",
		Run: func(t *T) {
			s := t.Play(large, On("content@32768", "250 queued", time.Second), On("dot", "554 no"))
			s.Outcome("lost permanent unknown")
		}},
	{ID: "data-421-during", Level: Should, RFC: "5321 §3.8",
		Title:  "421 and a close during the content.",
		Script: "After 32 KiB of 1 MiB: `421 bye`, close",
		Right:  "C: no dot; reports the 421 rather than the broken pipe => temporary",
		Run: func(t *T) {
			s := t.Play(large, On("content@32768", "421 bye", Close))
			s.ended(false)
			s.names("421")
			s.Outcome("lost")
		}},
	{ID: "data-close-during", Level: Should, RFC: "5321 §3.8",
		Title:  "A close during the content counts like 451.",
		Script: "After 32 KiB of 1 MiB: close (run 2: RST)",
		Right:  "C: ends => temporary",
		Run: func(t *T) {
			for _, how := range []signal{Close, Reset} {
				s := t.Play(large, On("content@32768", how))
				s.ended(false)
				s.Outcome("lost")
			}
		}},
	{ID: "data-close-after-354", Level: Should, RFC: "5321 §3.8",
		Title:  "A close instead of reading counts like 451.",
		Script: "354, close",
		Right:  "C: ends => temporary",
		Run: func(t *T) {
			s := t.Play(large, On("DATA", "354 go", Close))
			s.Outcome("lost")
		}},
	{ID: "data-354-twice", Level: Robust, RFC: "desynchronisation",
		Title:  "A second 354 is no final reply.",
		Script: "DATA: 354 twice in one segment; dot: 250",
		Right:  "C: error, or the 354 counts as a failed final reply; nothing repeated => unknown or not-sent",
		Run: func(t *T) {
			s := t.Play(OutOfStep, On("DATA", "354 go", "354 go"))
			s.Outcome("unknown not-sent")
		}},
	{ID: "data-no-dot-on-failure", Level: Robust, RFC: "robust",
		Title:  "A message cut short by its source is not committed.",
		Script: "`--fail-after 5000` of 20000 octets",
		Right:  "C: closes without the dot (BDAT: without LAST) => not-sent",
		Needs:  "opt:fail-after",
		Run: func(t *T) {
			s := t.Play(Size(20000), With(func(j *Job) { j.FailAfter = 5000 }))
			s.ended(false)
			s.Outcome("not-sent")
		}},
	{ID: "data-no-commands-inside", Level: Must, RFC: "5321 §3.3",
		Title:  "Between 354 and the dot there is content only.",
		Script: "354; reads slowly for 5 s",
		Right:  "C: no NOOP, RSET or QUIT in the content => accepted",
		Run: func(t *T) {
			s := t.Play(Size(4<<20), Rate(800<<10))
			s.Content(s.Job.Content)
			s.Outcome("accepted")
		}},
}
