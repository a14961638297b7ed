package client

import (
	"time"
)

var cases10 = []Case{
	{ID: "shut-ehlo", Level: Should, RFC: "5321 §4.3.2, §4.2.1",
		Title:  "421 to EHLO is transient, and not a reason for HELO.",
		Script: "EHLO: 421",
		Right:  "C: ends => temporary",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "421 bye", Close))
			s.Never("HELO", "MAIL")
			s.Outcome("lost")
		}},
	{ID: "shut-mail", Level: Should, RFC: "5321 §4.3.2, §4.2.1",
		Title:  "421 to MAIL.",
		Script: "MAIL: 421",
		Right:  "C: ends => temporary",
		Run: func(t *T) {
			s := t.Play(On("MAIL", "421 bye", Close))
			s.NoContent()
			s.Outcome("lost")
		}},
	{ID: "shut-rcpt", Level: Should, RFC: "5321 §4.3.2, §3.8",
		Title:  "421 to the first RCPT is for all.",
		Script: "RCPT a: 421",
		Right:  "C: no more RCPT in lock-step => a, b, c temporary",
		Run: func(t *T) {
			s := t.Play(On("RCPT a", "421 bye", Close))
			s.Times(1, "RCPT")
			s.NoContent()
			s.Outcome("lost", "lost")
		}},
	{ID: "shut-rcpt-later", Level: Should, RFC: "5321 §4.3.2, §3.8",
		Title:  "Those taken before the 421 are not delivered either.",
		Script: "RCPT a: 250, b: 550, c: 421",
		Right:  "C: => a temporary, b permanent, c temporary",
		Run: func(t *T) {
			s := t.Play(On("RCPT b", "550 no"), On("RCPT c", "421 bye", Close))
			s.NoContent()
			s.Outcome("lost", "permanent", "lost")
		}},
	{ID: "shut-data", Level: Should, RFC: "5321 §4.3.2, §3.8",
		Title:  "421 to DATA.",
		Script: "DATA: 421",
		Right:  "C: no content => temporary",
		Run: func(t *T) {
			s := t.Play(On("DATA", "421 bye", Close))
			s.NoContent()
			s.Outcome("lost")
		}},
	{ID: "shut-end", Level: Must, RFC: "5321 §4.2.5",
		Title:  "421 to the end of data is a 4yz: the server did not take it.",
		Script: "Dot: 421",
		Right:  "C: => temporary, not unknown",
		Run: func(t *T) {
			s := t.Play(On("dot", "421 bye", Close))
			s.Outcome("temporary")
		}},
	{ID: "shut-rset", Level: Should, RFC: "5321 §4.3.2",
		Title:  "421 to RSET ends the session, not the finished message.",
		Script: "First message 250; RSET (if sent) or second MAIL: 421",
		Right:  "C: => accepted; temporary, or accepted over a new connection",
		Needs:  "opt:count",
		Run: func(t *T) {
			s := t.Play(Count(2), On("RSET", "421 bye", Close), On("1:MAIL#2", "421 bye", Close))
			s.OutcomeOf(0, "accepted")
			s.OutcomeOf(1, "lost accepted")
		}},
	{ID: "shut-idle", Level: Should, RFC: "5321 §3.8",
		Title:  "A 421 that comes between commands is read with the next one.",
		Script: "After the first dot's 250, 1 s later: 421, close",
		Right:  "C: first stays; second as above => accepted; temporary or accepted",
		Needs:  "opt:count",
		Run: func(t *T) {
			s := t.Play(Count(2), On("dot#1", "250 ok", time.Second, "421 bye", Close))
			s.OutcomeOf(0, "accepted")
			s.OutcomeOf(1, "lost accepted")
		}},
	{ID: "shut-before-mail", Level: Should, RFC: "5321 §3.8",
		Title:  "The same before the first transaction.",
		Script: "EHLO: 250 and at once 421, close",
		Right:  "C: MAIL fails; reports the 421 => temporary",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "250 mx.test", "421 bye", Close))
			s.NoContent()
			s.Outcome("lost")
		}},
	{ID: "shut-stays-open", Level: Robust, RFC: "5321 §4.2.2",
		Title:  "The client ends even if the server does not.",
		Script: "MAIL: 421, connection left open, 250 to all later commands",
		Right:  "C: QUIT or close, nothing else => temporary",
		Run: func(t *T) {
			s := t.Play(On("MAIL", "421 bye"))
			s.Never("RCPT", "DATA", "RSET")
			s.Times(1, "MAIL")
			s.Outcome("lost")
		}},
	{ID: "shut-multiline", Level: Must, RFC: "5321 §4.2",
		Title:  "A 421 of several lines is read whole.",
		Script: "MAIL: `421-going`, `421 down`",
		Right:  "C: ends => temporary",
		Run: func(t *T) {
			s := t.Play(On("MAIL", "421-going", "421 down", Close))
			s.Outcome("lost")
		}},
	{ID: "shut-pipelined", Level: Should, RFC: "5321 §3.8; 2920 §3.1",
		Title:  "Commands of a group after the 421 got no reply: temporary.",
		Script: "RCPT a: 250, then 421 to RCPT b, close; c and DATA unanswered",
		Right:  "C: no content; => a, b, c temporary",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(Offer("PIPELINING"), On("RCPT b", "421 bye", Close))
			s.NoContent()
			s.Outcome("lost", "lost", "lost")
		}},
	{ID: "shut-starttls", Level: Must, RFC: "3207 §6, §4",
		Title:  "421 to STARTTLS never leads to mail in clear.",
		Script: "STARTTLS: 421",
		Right:  "C: nothing in clear, mode starttls => temporary",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), On("STARTTLS", "421 bye", Close))
			s.Never("MAIL", "AUTH")
			s.Outcome("lost")
		}},
	{ID: "shut-auth", Level: ShouldNot, RFC: "4954 §6; 5321 §4.3.2",
		Title:  "421 to AUTH does not mean a wrong password.",
		Script: "AUTH: 421 (run 2: to the response)",
		Right:  "C: reported as transient => temporary",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login("PLAIN"), On("AUTH", "421 bye", Close))
			s.Never("MAIL")
			s.Outcome("temporary")
			if t.Has("auth:LOGIN") {
				s = t.Play(Login("LOGIN"), On("response", "421 bye", Close))
				s.Never("MAIL")
				s.Outcome("temporary")
			}
		}},
}
