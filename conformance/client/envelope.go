package client

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var cases05 = []Case{
	{ID: "env-syntax", Level: Must, RFC: "5321 §3.3, §4.1.1.2",
		Title:  "Colon without spaces around it, path in angle brackets.",
		Script: "Base",
		Right:  "C: `MAIL FROM:<from@client.test>`, `RCPT TO:<a@mx.test>`, verbs in any case => accepted",
		Run: func(t *T) {
			s := t.Play()
			for verb, want := range map[string]string{"MAIL": `(?i)^MAIL FROM:<from@client\.test>\r\n$`, "RCPT": `(?i)^RCPT TO:<[abc]@mx\.test>\r\n$`} {
				s.Some(verb)
				for _, l := range s.Find(verb) {
					if !regexp.MustCompile(want).MatchString(l.Raw) {
						t.Complainf("expected a line like %s, got %q", want, l.Raw)
					}
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "env-null-sender", Level: Must, RFC: "5321 §4.1.2, §4.5.5",
		Title:  "An empty sender is sent as `<>`.",
		Script: "`--from ''`",
		Right:  "C: `MAIL FROM:<>` => accepted",
		Run: func(t *T) {
			s := t.Play(From(""))
			if found := s.Find("MAIL"); len(found) == 0 || !strings.EqualFold(strings.TrimSpace(found[0].Raw), "MAIL FROM:<>") {
				t.Complainf("expected MAIL FROM:<>, got %s", s.Verbs())
			}
			s.Outcome("accepted")
		}},
	{ID: "env-case-kept", Level: Must, RFC: "5321 §2.4",
		Title:  "The case of a local part is kept.",
		Script: "Recipient `JoHn.DOE@mx.test`",
		Right:  "C: the local part unchanged => accepted",
		Run: func(t *T) {
			s := t.Play(To("JoHn.DOE@mx.test"))
			s.addressed("RCPT", "JoHn.DOE@mx.test")
			s.Outcome("accepted")
		}},
	{ID: "env-quoted-local", Level: Must, RFC: "5321 §4.1.2",
		Title:  "A local part that needs quotes is sent quoted.",
		Script: "Recipient `\"a b\"@mx.test`, then `\"a\\\"b\"@mx.test`",
		Right:  "C: a valid Quoted-string, or refusal by the client => accepted or not-sent",
		Run: func(t *T) {
			for _, address := range []string{`"a b"@mx.test`, `"a\"b"@mx.test`} {
				s := t.Play(To(address))
				s.addressed("RCPT", address)
				s.Outcome("accepted not-sent")
			}
		}},
	{ID: "env-minimal-quoting", Level: Should, RFC: "5321 §4.1.2",
		Title:  "No quotes where none are needed.",
		Script: "Recipient `a.b+c@mx.test`",
		Right:  "C: sent without quotes => accepted",
		Run: func(t *T) {
			s := t.Play(To("a.b+c@mx.test"))
			s.addressed("RCPT", "a.b+c@mx.test")
			s.Outcome("accepted")
		}},
	{ID: "env-no-source-route", Level: ShouldNot, RFC: "5321 §4.1.1.3, §3.6.1",
		Title:  "No source routes.",
		Script: "Base",
		Right:  "C: no `@host:` in a path => accepted",
		Run: func(t *T) {
			s := t.Play()
			for _, l := range append(s.Find("MAIL"), s.Find("RCPT")...) {
				if strings.HasPrefix(l.Address(), "@") {
					t.Complainf("expected no source route, got %q", l.Raw)
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "env-control-chars", Level: MustNot, RFC: "5321 §4.1.2",
		Title:  "No control character in a mailbox.",
		Script: "Recipient with octet 1, TAB, DEL in turn",
		Right:  "C: refuses before the command => not-sent",
		Run: func(t *T) {
			for _, c := range []string{"\x01", "\t", "\x7f"} {
				s := t.Play(To("a" + c + "b@mx.test"))
				for _, l := range s.Find("RCPT") {
					if strings.Contains(l.Raw, c) {
						t.Complainf("expected no control character, got %q", l.Raw)
					}
				}
				s.Outcome("not-sent")
			}
		}},
	{ID: "env-order", Level: Must, RFC: "5321 §3.3, §4.1.4",
		Title:  "MAIL, then RCPT, then DATA.",
		Script: "Base, three recipients",
		Right:  "C: that order => accepted",
		Run: func(t *T) {
			s := t.Play()
			s.Order("EHLO( RSET)? MAIL RCPT RCPT RCPT (DATA|BDAT)( RSET)?( QUIT)?")
			s.Outcome("accepted")
		}},
	{ID: "env-one-copy", Level: Should, RFC: "5321 §4.5.4.1",
		Title:  "One transaction for many recipients of one server.",
		Script: "Three recipients",
		Right:  "C: MAIL, RCPT, RCPT, RCPT, DATA => accepted",
		Run: func(t *T) {
			s := t.Play()
			s.Times(1, "MAIL")
			s.Times(3, "RCPT")
			s.Times(1, "DATA")
			s.Outcome("accepted")
		}},
	{ID: "env-no-arguments", Level: MustNot, RFC: "5321 §4.1.1",
		Title:  "RSET, DATA and QUIT bear no argument.",
		Script: "Base; 501 if one comes",
		Right:  "C: bare verbs => accepted",
		Run: func(t *T) {
			s := t.Play()
			for _, verb := range []string{"RSET", "DATA", "QUIT"} {
				for _, l := range s.Find(verb) {
					if strings.TrimRight(l.Raw, "\r\n") != l.Raw[:4] {
						t.Complainf("expected the verb alone, got %q", l.Raw)
					}
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "env-mail-4yz", Level: Should, RFC: "5321 §4.2.1",
		Title:  "A transient refusal of MAIL ends the transaction as transient.",
		Script: "MAIL: 451",
		Right:  "C: no content; RSET, QUIT or close => temporary",
		Run: func(t *T) {
			s := t.Play(On("MAIL", "451 later"))
			s.NoContent()
			s.Outcome("temporary")
		}},
	{ID: "env-mail-5yz", Level: MustNot, RFC: "5321 §3.3",
		Title:  "After a refused MAIL no content is sent.",
		Script: "MAIL: 550; RCPT, DATA 503",
		Right:  "C: no content => permanent",
		Run: func(t *T) {
			s := t.Play(On("MAIL", "550 no"), On("RCPT", "503 no MAIL"), On("DATA", "503 no MAIL"))
			s.NoContent()
			s.Outcome("permanent")
		}},
	{ID: "env-mail-530", Level: ShouldNot, RFC: "4954 §6; 5321 §4.2.1",
		Title:  "530 is not met by repeating the command.",
		Script: "MAIL: `530 5.7.0 Authentication required`, no AUTH offered",
		Right:  "C: no second MAIL => permanent",
		Run: func(t *T) {
			s := t.Play(On("MAIL", "530 5.7.0 Authentication required"), On("RCPT", "503 no MAIL"), On("DATA", "503 no MAIL"))
			s.Times(1, "MAIL")
			s.Outcome("permanent")
		}},
	{ID: "env-mail-555", Level: Must, RFC: "5321 §4.1.1.11, §4.2.1",
		Title:  "555 refuses the parameters.",
		Script: "SIZE offered; MAIL with parameters: 555, without: 250",
		Right:  "C: ends, or repeats without them; never the same again => permanent or accepted",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(Offer("SIZE 100000"), Func(func(_ *Conn, cmd *Line) []any {
				if cmd.Verb == "MAIL" && len(cmd.Params()) > 0 {
					return []any{"555 parameters not known"}
				}
				return nil
			}))
			s.noTwice("MAIL")
			s.Outcome("permanent accepted")
		}},
	{ID: "env-mail-455", Level: Must, RFC: "5321 §4.1.1.11, §4.2.1",
		Title:  "455 refuses them temporarily.",
		Script: "SIZE offered; MAIL: 455",
		Right:  "C: ends, or repeats without them => temporary or accepted",
		Needs:  "ext:SIZE",
		Run: func(t *T) {
			s := t.Play(Offer("SIZE 100000"), On("MAIL", "455 parameters not now"), On("RCPT", "503 no MAIL"), On("DATA", "503 no MAIL"))
			s.noTwice("MAIL")
			s.NoContent()
			s.Outcome("temporary")
		}},
	{ID: "env-mail-5yz-not-cached", Level: MustNot, RFC: "5321 §4.5.4.1",
		Title:  "A 5yz to MAIL is not remembered for the next message.",
		Script: "First MAIL: 550; second: 250",
		Right:  "C: MAIL again for the second message => permanent, accepted",
		Needs:  "opt:count",
		Run: func(t *T) {
			s := t.Play(Count(2), On("MAIL#1", "550 no"))
			s.Times(2, "MAIL")
			s.OutcomeOf(0, "permanent")
			s.OutcomeOf(1, "accepted")
		}},
	{ID: "env-rcpt-251", Level: Must, RFC: "5321 §4.3.2",
		Title:  "251 is success.",
		Script: "RCPT: `251 user not local; will forward to <x@other.test>`",
		Right:  "C: DATA => accepted",
		Run: func(t *T) {
			s := t.Play(On("RCPT", "251 user not local; will forward to <x@other.test>"))
			s.Some("DATA")
			s.Outcome("accepted")
		}},
	{ID: "env-rcpt-252", Level: Must, RFC: "5321 §4.3.2",
		Title:  "252 to RCPT counts by its first digit.",
		Script: "RCPT: 252",
		Right:  "C: DATA => accepted",
		Run: func(t *T) {
			s := t.Play(On("RCPT", "252 can't verify"))
			s.Some("DATA")
			s.Outcome("accepted")
		}},
	{ID: "env-rcpt-551-no-redirect", Level: Robust, RFC: "5321 §7.4",
		Title:  "The address in 251 or 551 is not followed unasked.",
		Script: "RCPT: `551 please try <victim@other.test>`",
		Right:  "C: no command with that address => permanent",
		Run: func(t *T) {
			s := t.Play(To("a"), On("RCPT", "551 please try <victim@other.test>"))
			for _, l := range s.Lines() {
				if strings.Contains(l.Raw, "victim") {
					t.Failf("the address in the reply was followed: %q", l.Raw)
				}
			}
			s.Outcome("permanent")
		}},
	{ID: "env-rcpt-mix", Level: Must, RFC: "5321 §4.2.1",
		Title:  "Each recipient gets the outcome of its own reply.",
		Script: "RCPT a: 250, b: 450, c: 550; dot 250",
		Right:  "C: DATA for a => a accepted, b temporary, c permanent; a client that gives up whole: a not-sent",
		Run: func(t *T) {
			s := t.Play(On("RCPT b", "450 later"), On("RCPT c", "550 no"))
			s.Outcome("accepted not-sent", "temporary", "permanent")
		}},
	{ID: "env-rcpt-first-refused", Level: Must, RFC: "5321 §4.2.1",
		Title:  "The order of refusals does not matter.",
		Script: "RCPT a: 550, b: 250, c: 250",
		Right:  "C: as above => a permanent, b and c accepted (or not-sent)",
		Run: func(t *T) {
			s := t.Play(On("RCPT a", "550 no"))
			s.Outcome("permanent", "accepted not-sent", "accepted not-sent")
		}},
	{ID: "env-rcpt-last-refused", Level: Must, RFC: "5321 §4.2.1",
		Title:  "The last reply does not stand for all.",
		Script: "RCPT a: 250, b: 250, c: 451",
		Right:  "C: as above => a and b accepted (or not-sent), c temporary",
		Run: func(t *T) {
			s := t.Play(On("RCPT c", "451 later"))
			s.Outcome("accepted not-sent", "accepted not-sent", "temporary")
		}},
}

// many are n recipients.
func many(n int) Option {
	return With(func(j *Job) {
		j.To = nil
		for i := range n {
			j.To = append(j.To, fmt.Sprintf("r%03d@mx.test", i+1))
		}
	})
}

// noTwice complains about a command that was refused and came again the same.
func (s *Seen) noTwice(verb string) {
	seen := map[string]bool{}
	for _, l := range s.Find(verb) {
		if seen[l.Raw] {
			s.t.Complainf("expected no repetition of %q", l.Raw)
		}
		seen[l.Raw] = true
	}
}

// fullAfter100 is the answer to each RCPT behind the first hundred of a transaction.
func fullAfter100(reply string) Option {
	return Func(func(c *Conn, cmd *Line) []any {
		if cmd.Verb == "RCPT" && c.in != nil && len(c.in.accepted()) >= 100 {
			return []any{reply}
		}
		return nil
	})
}

// restOutcome judges 100 recipients and the others apart.
func (s *Seen) restOutcome(first, rest string) {
	words := []string{first}
	for range 99 {
		words = append(words, first)
	}
	s.Outcome(append(words, rest)...)
}

// addressed complains unless each RCPT has one of these addresses.
func (s *Seen) addressed(verb string, addresses ...string) {
	for _, l := range s.Find(verb) {
		if !slices.Contains(addresses, l.Address()) {
			s.t.Complainf("expected %s with %s, got %.200q", verb, strings.Join(addresses, " or "), l.Raw)
		}
	}
}
