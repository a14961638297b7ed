package client

import (
	"strings"
	"time"
)

var cases09 = []Case{
	{ID: "quit-sent", Level: Must, RFC: "5321 §4.1.4",
		Title:  "The last command is QUIT.",
		Script: "Base",
		Right:  "C: QUIT before it closes => accepted",
		Run: func(t *T) {
			s := t.Play()
			if verbs := strings.Fields(s.Verbs()); len(verbs) == 0 || verbs[len(verbs)-1] != "QUIT" {
				t.Complainf("expected QUIT as the last command, got %s", s.Verbs())
			}
			s.Outcome("accepted")
		}},
	{ID: "quit-waits", Level: Should, RFC: "5321 §4.1.1.10",
		Title:  "It waits for the reply before closing.",
		Script: "221 comes after 1 s",
		Right:  "C: its side stays open till then => accepted",
		Run: func(t *T) {
			s := t.Play(On("QUIT", time.Second, "221 bye", Close))
			if after := s.closedAfter(); after > 0 && after < t.pace(time.Second)*9/10 {
				t.Complainf("expected the connection to stay open until the 221, the client closed it after %v", after)
			}
			s.Outcome("accepted")
		}},
	{ID: "quit-after-error", Level: MustNot, RFC: "5321 §4.1.1.10",
		Title:  "No close without QUIT, errors or not.",
		Script: "MAIL: 550",
		Right:  "C: QUIT (RSET before it allowed) => permanent",
		Run: func(t *T) {
			s := t.Play(On("MAIL", "550 no"), On("RCPT", "503 no MAIL"), On("DATA", "503 no MAIL"))
			s.Some("QUIT")
			s.Outcome("permanent")
		}},
	{ID: "quit-nothing-after", Level: Must, RFC: "5321 §4.1.4",
		Title:  "Nothing follows QUIT.",
		Script: "221 after 1 s, the connection left open 2 s",
		Right:  "C: not an octet more, then closes => accepted",
		Run: func(t *T) {
			s := t.Play(On("QUIT", time.Second, "221 bye", 2*time.Second))
			for _, c := range s.Conns {
				if n := len(c.Lines); n > 0 && (c.Lines[n-1].Verb != "QUIT" || len(c.Tail) > 0) {
					t.Complainf("expected nothing behind QUIT, got %s", s.Verbs())
				}
			}
			s.Times(1, "QUIT")
			s.Outcome("accepted")
		}},
	{ID: "quit-closed-unanswered", Level: Robust, RFC: "robust",
		Title:  "A server that closes on QUIT does no harm.",
		Script: "QUIT: close",
		Right:  "C: => accepted",
		Run: func(t *T) {
			s := t.Play(On("QUIT", Close))
			s.Outcome("accepted")
		}},
	{ID: "quit-error-reply", Level: Robust, RFC: "robust",
		Title:  "An error to QUIT does no harm.",
		Script: "QUIT: `500 what`, stays open",
		Right:  "C: closes => accepted",
		Run: func(t *T) {
			s := t.Play(On("QUIT", "500 what"))
			s.Outcome("accepted")
		}},
	{ID: "quit-421", Level: Robust, RFC: "robust",
		Title:  "421 to QUIT does no harm.",
		Script: "QUIT: `421 bye`, close",
		Right:  "C: => accepted",
		Run: func(t *T) {
			s := t.Play(On("QUIT", "421 bye", Close))
			s.Outcome("accepted")
		}},
	{ID: "quit-no-reply", Level: Robust, RFC: "robust",
		Title:  "A server that never answers QUIT delays little.",
		Script: "QUIT: silence, open",
		Right:  "C: closes within its QUIT time-out; outcome known before => accepted",
		Needs:  "opt:timeout",
		Run: func(t *T) {
			s := t.Play(Timeout(3*time.Second), On("QUIT", Hang))
			s.Within(10 * time.Second)
			s.Outcome("accepted")
		}},
	{ID: "quit-surplus", Level: Robust, RFC: "robust",
		Title:  "Octets after 221 do no harm.",
		Script: "`221 bye`, then 1 MiB of text",
		Right:  "C: closes => accepted",
		Run: func(t *T) {
			s := t.Play(On("QUIT", Raw("221 bye\r\n"+strings.Repeat("and still more to say\r\n", 50000)), Close))
			s.Outcome("accepted")
		}},
	{ID: "quit-close-notify", Level: Should, RFC: "8314 §3.4",
		Title:  "TLS is closed by an alert before TCP is.",
		Script: "Base over implicit TLS",
		Right:  "C: close_notify seen => accepted",
		Needs:  "implicit",
		Run: func(t *T) {
			s := t.Play(TLS("implicit"), On("QUIT", "221 bye"))
			for _, c := range s.Conns {
				if !c.Notified {
					t.Complainf("expected TLS to be closed by an alert, it was not")
				}
			}
			s.Outcome("accepted")
		}},
}

// closedAfter is how long after the last command line of the first connection the
// client closed it.
func (s *Seen) closedAfter() time.Duration {
	if len(s.Conns) == 0 || len(s.Conns[0].Lines) == 0 || s.Conns[0].Closed.IsZero() {
		return 0
	}
	return s.Conns[0].Closed.Sub(s.Conns[0].Lines[len(s.Conns[0].Lines)-1].At)
}
