package client

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var cases13 = []Case{
	{ID: "size-declared", Level: May, RFC: "1870 §6",
		Title:  "The size may be declared where SIZE is offered.",
		Script: "`250 SIZE 100000`",
		Right:  "C: `SIZE=n` or none; recorded => accepted",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(room)
			t.Recordf("SIZE= %v", s.sizes())
			s.Outcome("accepted")
		}},
	{ID: "size-value", Level: Should, RFC: "1870 §6, §5",
		Title:  "The figure counts CRLF pairs, not stuffed dots or the final dot, and is no smaller than the truth.",
		Script: "Message of LF lines that begin with dots",
		Right:  "C: n is at least the octets of the CRLF form, within 10 % of it => accepted",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			text := strings.ReplaceAll(start, "\r\n", "\n") + strings.Repeat(".a line that begins with a dot\n", 100)
			truth := len(strings.ReplaceAll(text, "\n", "\r\n"))
			s := t.Play(room, Text(text), With(func(j *Job) {
				if slices.Contains(t.run.features.Opt, "size") {
					j.Size = int64(truth)
				}
			}))
			for _, value := range s.sizes() {
				if n, err := strconv.Atoi(value); err != nil || n < truth || n > truth*11/10 {
					t.Complainf("expected SIZE of %d to %d octets, got %s", truth, truth*11/10, value)
				}
			}
			s.Outcome("accepted not-sent")
		}},
	{ID: "size-once", Level: Must, RFC: "1870 §6",
		Title:  "One SIZE parameter in a MAIL.",
		Script: "Base; the driver asks for it with `--size` too",
		Right:  "C: one `SIZE=`, at most 20 digits => accepted",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(room, With(func(j *Job) {
				if slices.Contains(t.run.features.Opt, "size") {
					j.Size = int64(len(j.Content))
				}
			}))
			if list := s.sizes(); len(list) > 1 || len(list) == 1 && !regexp.MustCompile(`^[0-9]{1,20}$`).MatchString(list[0]) {
				t.Complainf("expected one SIZE= of at most 20 digits, got %q", list)
			}
			s.Outcome("accepted")
		}},
	{ID: "size-not-offered", Level: MustNot, RFC: "5321 §4.1.1.3",
		Title:  "Not offered, not sent.",
		Script: "Not offered, `--size 500`",
		Right:  "C: no SIZE=, or refusal => accepted or not-sent",
		Needs:  "opt:size",
		Run: func(t *T) {
			s := t.Play(With(func(j *Job) { j.Size = 500 }))
			if list := s.sizes(); len(list) > 0 {
				t.Complainf("expected no SIZE= where it is not offered, got %q", list)
			}
			s.Outcome("accepted not-sent")
		}},
	{ID: "size-over-limit", Level: May, RFC: "1870 §7",
		Title:  "A message above the announced limit may be held back at once.",
		Script: "`250 SIZE 1000`; message of 5000; MAIL: 552",
		Right:  "C: no content; refuses itself or takes the 552 => not-sent or permanent",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(Offer("SIZE 1000"), Size(5000), On("MAIL", "552 too big"))
			s.NoContent()
			s.Outcome("not-sent permanent")
		}},
	{ID: "size-552-mail", Level: Should, RFC: "1870 §6.2",
		Title:  "552 to MAIL: RSET or QUIT, undeliverable.",
		Script: "`250 SIZE 100000`; MAIL: 552",
		Right:  "C: no RCPT in lock-step, no content => permanent",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(room, On("MAIL", "552 too big"), On("RCPT", "503 no MAIL"), On("DATA", "503 no MAIL"))
			s.Never("RCPT")
			s.NoContent()
			s.Outcome("permanent")
		}},
	{ID: "size-452-mail", Level: Should, RFC: "1870 §6.2",
		Title:  "452 to MAIL: RSET or QUIT, later again.",
		Script: "MAIL: 452",
		Right:  "C: no content => temporary",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(room, On("MAIL", "452 disk full"), On("RCPT", "503 no MAIL"), On("DATA", "503 no MAIL"))
			s.NoContent()
			s.Outcome("temporary")
		}},
	{ID: "size-later-refusal", Level: Must, RFC: "1870 §6.2",
		Title:  "A 250 to MAIL promises nothing.",
		Script: "MAIL: 250; DATA: 452 (run 2: dot: 552)",
		Right:  "C: => temporary (run 2: permanent)",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(room, On("DATA", "452 disk full"))
			s.NoContent()
			s.Outcome("temporary")
			s = t.Play(room, On("dot", "552 too big"))
			s.Outcome("permanent")
		}},
	{ID: "size-rcpt-452", Level: May, RFC: "1870 §6.4",
		Title:  "452 to one RCPT concerns that one.",
		Script: "RCPT b: 452",
		Right:  "C: => a accepted (or not-sent), b temporary",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(room, On("RCPT b", "452 mailbox full"))
			s.Outcome("accepted not-sent", "temporary", "accepted not-sent")
		}},
	{ID: "size-rcpt-552", Level: MustNot, RFC: "1870 §6.4",
		Title:  "552 to one of a few recipients, size declared: not tried again.",
		Script: "RCPT b of three: 552",
		Right:  "C: => b permanent; temporary tolerated (5321 §4.5.3.1.10), recorded",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(room, On("RCPT b", "552 mailbox full"))
			s.Times(1, "RCPT b")
			for i, r := range s.recipients() {
				if i == 1 {
					t.Recordf("552 to one RCPT counts as %s", r.Outcome)
				}
			}
			s.Outcome("accepted not-sent", "permanent temporary", "accepted not-sent")
		}},
	{ID: "size-zero", Level: Must, RFC: "1870 §3",
		Title:  "`SIZE 0` is no limit.",
		Script: "`250 SIZE 0`",
		Right:  "C: sends => accepted",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(Offer("SIZE 0"))
			s.Outcome("accepted")
		}},
	{ID: "size-bare", Level: Must, RFC: "1870 §3, §7",
		Title:  "SIZE without figure says nothing of a limit; the parameter may be used.",
		Script: "`250 SIZE`",
		Right:  "C: sends => accepted",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(Offer("SIZE"))
			s.Outcome("accepted")
		}},
	{ID: "size-nonsense", Level: Robust, RFC: "1870 §3",
		Title:  "A figure that is none is no limit and no crash.",
		Script: "`SIZE abc`, `SIZE -1`, `SIZE 1e3`, `SIZE 99999999999999999999999`, `SIZE 1 2` in turn",
		Right:  "C: sends => accepted",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			for _, offer := range []string{"SIZE abc", "SIZE -1", "SIZE 1e3", "SIZE 99999999999999999999999", "SIZE 1 2"} {
				s := t.Play(Offer(offer))
				s.Outcome("accepted")
			}
		}},
}

// sizes are the values of SIZE on MAIL.
func (s *Seen) sizes() (list []string) {
	for _, l := range s.Find("MAIL") {
		for _, p := range l.Params() {
			if name, value, _ := strings.Cut(p, "="); strings.EqualFold(name, "SIZE") {
				list = append(list, value)
			}
		}
	}
	return list
}

// room offers SIZE with room enough.
func room(p *play) { p.offer = append(p.offer, "SIZE 100000") }
