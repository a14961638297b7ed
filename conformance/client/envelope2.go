package client

import (
	"strings"
	"time"
)

var cases05b = []Case{
	{ID: "env-rcpt-refused-none-lost", Level: May, RFC: "5321 §3.3",
		Title:  "The rest may be sent, or the whole given up.",
		Script: "RCPT b: 550",
		Right:  "C: DATA, or RSET/QUIT with no content; recorded => as in env-rcpt-mix",
		Run: func(t *T) {
			s := t.Play(On("RCPT b", "550 no"))
			t.Recordf("%s", s.Verbs())
			s.Outcome("accepted not-sent", "permanent", "accepted not-sent")
		}},
	{ID: "env-rcpt-all-5yz", Level: MustNot, RFC: "5321 §3.3",
		Title:  "With no recipient left nothing is sent.",
		Script: "Every RCPT 550; DATA would get 554",
		Right:  "C: no content; RSET or QUIT => permanent",
		Run: func(t *T) {
			s := t.Play(On("RCPT", "550 no"), On("DATA", "554 no valid recipients"))
			s.NoContent()
			s.Outcome("permanent")
		}},
	{ID: "env-rcpt-all-4yz", Level: MustNot, RFC: "5321 §3.3",
		Title:  "The same for transient refusals.",
		Script: "Every RCPT 450",
		Right:  "C: no content => temporary",
		Run: func(t *T) {
			s := t.Play(On("RCPT", "450 later"), On("DATA", "554 no valid recipients"))
			s.NoContent()
			s.Outcome("temporary")
		}},
	{ID: "env-rcpt-all-mixed", Level: Must, RFC: "5321 §4.2.1",
		Title:  "Nobody is accepted, each for its own reason.",
		Script: "RCPT a: 450, b: 550, c: 553",
		Right:  "C: no content => a temporary, b and c permanent",
		Run: func(t *T) {
			s := t.Play(On("RCPT a", "450 later"), On("RCPT b", "550 no"), On("RCPT c", "553 no"), On("DATA", "554 no valid recipients"))
			s.NoContent()
			s.Outcome("temporary", "permanent", "permanent")
		}},
	{ID: "env-rcpt-452-many", Level: Should, RFC: "5321 §4.5.3.1.8, §4.5.3.1.10",
		Title:  "452 after the hundredth recipient: the rest goes in another transaction.",
		Script: "150 recipients; RCPT 101 and later: 452",
		Right:  "C: DATA for 100; the rest in a second transaction, or reported => 100 accepted, the rest accepted or temporary",
		Run: func(t *T) {
			s := t.Play(many(150), fullAfter100("452 too many recipients"))
			s.restOutcome("accepted", "accepted temporary")
		}},
	{ID: "env-rcpt-552-many", Level: Should, RFC: "5321 §4.5.3.1.10",
		Title:  "552 for too many recipients is transient.",
		Script: "As above with 552",
		Right:  "C: as above; not reported as final => the rest accepted or temporary",
		Run: func(t *T) {
			s := t.Play(many(150), fullAfter100("552 too many recipients"))
			s.restOutcome("accepted", "accepted temporary")
		}},
	{ID: "env-rcpt-452-then-503", Level: MustNot, RFC: "5321 §4.5.3.1.10, §3.3",
		Title:  "A server may refuse DATA after too many recipients.",
		Script: "As above, DATA: 503",
		Right:  "C: no content; nobody accepted => the first 100 permanent, the rest temporary",
		Run: func(t *T) {
			s := t.Play(many(150), fullAfter100("452 too many recipients"), On("DATA", "503 too many recipients"))
			s.NoContent()
			s.restOutcome("permanent not-sent", "temporary permanent not-sent")
		}},
	{ID: "env-rcpt-no-repeat", Level: ShouldNot, RFC: "5321 §4.2.1",
		Title:  "The same RCPT is not repeated after 5yz.",
		Script: "RCPT a: 550",
		Right:  "C: RCPT a once in this run => a permanent",
		Run: func(t *T) {
			s := t.Play(On("RCPT a", "550 no"))
			s.Times(1, "RCPT a")
			s.Outcome("permanent", "accepted not-sent")
		}},
	{ID: "env-rcpt-556", Level: Should, RFC: "7504 §4",
		Title:  "556 is like any permanent refusal.",
		Script: "RCPT: `556 5.1.10 domain does not accept mail`",
		Right:  "C: as for 550 => permanent",
		Run: func(t *T) {
			s := t.Play(On("RCPT a", "556 5.1.10 domain does not accept mail"))
			s.Outcome("permanent", "accepted not-sent")
		}},
	{ID: "env-rcpt-3yz", Level: Robust, RFC: "5321 §4.2.1",
		Title:  "3yz to RCPT is no success.",
		Script: "RCPT a: 354; b: 250",
		Right:  "C: ends, or a counts as refused; no content before the 354 to DATA => a not-sent",
		Run: func(t *T) {
			s := t.Play(To("a", "b"), On("RCPT a", "354 go"))
			s.InTime("dot")
			s.Outcome("lost", "accepted lost")
		}},
	{ID: "env-rcpt-duplicate", Level: Robust, RFC: "robust",
		Title:  "A recipient given twice is answered twice.",
		Script: "Recipients a, a",
		Right:  "C: one RCPT or two; two entries or one in the result => accepted",
		Run: func(t *T) {
			s := t.Play(To("a", "a"))
			s.Outcome("accepted")
		}},
	{ID: "env-retry-delay", Level: Must, RFC: "5321 §4.5.4.1",
		Title:  "After a transient failure no immediate new attempt.",
		Script: "MAIL: 451; the listener stays open 10 s",
		Right:  "C: no second connection => temporary",
		Run: func(t *T) {
			s := t.Play(On("MAIL", "451 later"), Stay(10*time.Second))
			if len(s.Conns) > 1 {
				t.Complainf("expected no second attempt at once, got %d connections", len(s.Conns))
			}
			s.Times(1, "MAIL")
			s.Outcome("temporary")
		}},
	{ID: "env-long-path", Level: Must, RFC: "5321 §4.5.3.1",
		Title:  "A server may refuse an over-long path; the client is prepared.",
		Script: "Recipient with a local part of 300 octets; RCPT: `501 Path too long`",
		Right:  "C: refuses itself, or takes the 501 => not-sent or permanent",
		Run: func(t *T) {
			s := t.Play(To(strings.Repeat("l", 300)+"@mx.test"), On("RCPT", "501 Path too long"))
			s.Outcome("not-sent permanent")
		}},
	{ID: "env-command-512", Level: Should, RFC: "5321 §4.5.3.1.4",
		Title:  "No command line above 512 octets without an extension that allows it.",
		Script: "Sender of 600 octets",
		Right:  "C: refuses itself, or sends it whole => not-sent or permanent",
		Run: func(t *T) {
			s := t.Play(From(strings.Repeat("s", 600)+"@client.test"), On("MAIL", "501 Path too long"))
			for _, l := range s.Find("MAIL") {
				if len(l.Raw) < 600 {
					t.Complainf("expected the line whole, or none, got %q", l.Raw)
				}
			}
			s.Outcome("not-sent permanent")
		}},
	{ID: "env-no-nested-mail", Level: MustNot, RFC: "5321 §4.1.4",
		Title:  "No MAIL inside an open transaction.",
		Script: "First message: every RCPT 550; 503 to a nested MAIL",
		Right:  "C: RSET (or EHLO, or a new connection) before the next MAIL => permanent, accepted",
		Needs:  "opt:count",
		Run: func(t *T) {
			nested := Func(func(c *Conn, cmd *Line) []any {
				if cmd.Verb == "MAIL" && c.in != nil {
					return []any{"503 nested MAIL"}
				}
				return nil
			})
			s := t.Play(Count(2), nested, firstRefused)
			s.OutcomeOf(0, "permanent")
			s.OutcomeOf(1, "accepted")
		}},
	{ID: "env-next-after-success", Level: Must, RFC: "5321 §4.1.4",
		Title:  "After a finished transaction MAIL may follow at once.",
		Script: "Two messages",
		Right:  "C: MAIL, with or without RSET before it => accepted, accepted",
		Needs:  "opt:count",
		Run: func(t *T) {
			s := t.Play(Count(2))
			s.Order("EHLO( RSET)?( MAIL RCPT RCPT RCPT (DATA|BDAT)( RSET| QUIT EHLO)?){2}( QUIT)?")
			s.OutcomeOf(0, "accepted")
			s.OutcomeOf(1, "accepted")
		}},
	{ID: "env-rset-refused", Level: Robust, RFC: "5321 §4.1.1.5",
		Title:  "If RSET fails the state is unknown; the session is given up.",
		Script: "First message: RCPT 550; RSET: 500",
		Right:  "C: QUIT or close, or a new connection; no MAIL on this one => permanent, then accepted or not-sent",
		Needs:  "opt:count",
		Run: func(t *T) {
			s := t.Play(Count(2), firstRefused, On("RSET", "500 what"))
			for _, c := range s.Conns {
				for i, l := range c.Lines {
					if l.Verb == "MAIL" && i > 0 && c.Lines[i-1].Verb == "RSET" {
						t.Complainf("expected no MAIL behind a refused RSET on the same connection")
					}
				}
			}
			s.OutcomeOf(0, "permanent")
			s.OutcomeOf(1, "accepted lost")
		}},
}

// firstRefused refuses every recipient of the first message, however many of them
// the client asks for.
var firstRefused = Func(func(c *Conn, cmd *Line) []any {
	if cmd.Verb != "RCPT" || c.in == nil {
		return nil
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if c.in == c.p.messages[0] {
		return []any{"550 no"}
	}
	return nil
})
