package client

import (
	"regexp"
	"strings"
	"time"
)

var cases02 = []Case{
	{ID: "ehlo-first", Level: Should, RFC: "5321 §4.1.1.1, §2.2.1",
		Title:  "The session starts with EHLO.",
		Script: "Base",
		Right:  "C: first command is EHLO with one argument => accepted",
		Run: func(t *T) {
			s := t.Play()
			if lines := s.Lines(); len(lines) == 0 || lines[0].Verb != "EHLO" || len(strings.Fields(lines[0].Arg)) != 1 {
				t.Complainf("expected EHLO with one argument first, got %s", s.Verbs())
			}
			s.Outcome("accepted")
		}},
	{ID: "ehlo-argument", Level: Must, RFC: "5321 §4.1.1.1, §2.3.5",
		Title:  "The argument is a domain name or an address literal, in that grammar.",
		Script: "Base, `--helo client.test`",
		Right:  "C: `EHLO client.test`, nothing after it => accepted",
		Run: func(t *T) {
			s := t.Play()
			if arg := s.hello(); t.Has("opt:helo") && arg != "client.test" || !helloName.MatchString(arg) {
				t.Complainf("expected EHLO client.test, got %q", arg)
			}
			s.Outcome("accepted")
		}},
	{ID: "ehlo-default-literal", Level: Should, RFC: "5321 §4.1.4",
		Title:  "With no usable name an address literal is sent.",
		Script: "Base, no `--helo`",
		Right:  "C: a domain with a dot or `[127.0.0.1]`, not `localhost` or an empty name => accepted",
		Run: func(t *T) {
			s := t.Play(noHelo)
			if arg := s.hello(); !helloName.MatchString(arg) {
				t.Complainf("expected a domain with a dot or an address literal, got EHLO %q", arg)
			}
			s.Outcome("accepted")
		}},
	{ID: "ehlo-literal-ipv6", Level: Must, RFC: "5321 §4.1.3",
		Title:  "An IPv6 literal carries the tag.",
		Script: "Base, over ::1, no `--helo`",
		Right:  "C: if a literal is sent it is `[IPv6:::1]` => accepted",
		Run: func(t *T) {
			s := t.Play(noHelo, IPv6)
			if arg := s.hello(); strings.Contains(arg, "[") && arg != "[IPv6:::1]" {
				t.Complainf("expected [IPv6:::1] or a name, got EHLO %q", arg)
			}
			s.Outcome("accepted")
		}},
	{ID: "ehlo-literal-bare", Level: ShouldNot, RFC: "5321 §4.1.1.1",
		Title:  "No explaining text follows a literal.",
		Script: "Base, no `--helo`",
		Right:  "C: nothing after the closing bracket => accepted",
		Run: func(t *T) {
			s := t.Play(noHelo)
			if arg := s.hello(); strings.Contains(arg, "]") && !strings.HasSuffix(arg, "]") || strings.Contains(arg, " ") {
				t.Complainf("expected nothing behind the name, got EHLO %q", arg)
			}
			s.Outcome("accepted")
		}},
	{ID: "ehlo-500-helo", Level: Must, RFC: "5321 §2.2.1, §3.2",
		Title:  "HELO is the fall-back when EHLO is unknown.",
		Script: "S: 500 to EHLO, 250 to HELO",
		Right:  "C: HELO on the same connection, then MAIL => accepted",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "500 what"))
			s.Order("EHLO HELO( RSET)? MAIL( RCPT)+ DATA( RSET)?( QUIT)?")
			if len(s.Conns) > 1 {
				t.Complainf("expected HELO on the same connection, got %d connections", len(s.Conns))
			}
			s.Outcome("accepted")
		}},
	{ID: "ehlo-502-helo", Level: Should, RFC: "5321 §3.2; 1869 §4.5",
		Title:  "The same after 502.",
		Script: "S: 502 to EHLO",
		Right:  "C: HELO, MAIL => accepted",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "502 not done here"))
			s.Some("HELO", "MAIL")
			s.Outcome("accepted")
		}},
	{ID: "ehlo-501-504", Level: Should, RFC: "1869 §4.5",
		Title:  "Any error reply to EHLO leads to HELO or QUIT.",
		Script: "S: 501, second run 504",
		Right:  "C: HELO or QUIT => accepted, or permanent after QUIT",
		Run: func(t *T) {
			for _, reply := range []string{"501 bad", "504 bad"} {
				s := t.Play(On("EHLO", reply))
				s.Order("EHLO( HELO MAIL.*|( HELO)? QUIT)")
				s.Outcome("accepted permanent not-sent")
			}
		}},
	{ID: "ehlo-550", Level: Should, RFC: "1869 §4.4; 5321 §4.1.4",
		Title:  "A refusal of EHLO leads to HELO or QUIT.",
		Script: "S: `550 you are blocked` to EHLO and HELO",
		Right:  "C: no MAIL; QUIT => permanent",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "550 you are blocked"), On("HELO", "550 you are blocked"))
			s.Order("EHLO( HELO)? QUIT")
			s.Outcome("permanent")
		}},
	{ID: "ehlo-4yz", Level: Should, RFC: "5321 §4.2.1",
		Title:  "A transient refusal of EHLO is transient.",
		Script: "S: 451 to EHLO and HELO",
		Right:  "C: no MAIL; QUIT or close => temporary",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "451 later"), On("HELO", "451 later"))
			s.Never("MAIL")
			s.Outcome("temporary")
		}},
	{ID: "ehlo-close", Level: May, RFC: "1869 §4.7",
		Title:  "A server that drops the link on EHLO may be tried with HELO on a new one.",
		Script: "S: closes on EHLO; on a second connection accepts HELO",
		Right:  "C: reconnects once with HELO, or ends => accepted or temporary",
		Run: func(t *T) {
			s := t.Play(On("EHLO", Close))
			if len(s.Conns) > 1 {
				t.Recordf("another connection with HELO")
			}
			if len(s.Conns) > 2 {
				t.Failf("expected one more connection at most, got %d", len(s.Conns)-1)
			}
			s.Outcome("accepted lost")
		}},
	{ID: "ehlo-helo-503-rset", Level: May, RFC: "1869 §4.7",
		Title:  "A server that refuses HELO after EHLO may be helped by RSET.",
		Script: "S: 500 to EHLO, 503 to HELO until RSET",
		Right:  "C: RSET and HELO, or QUIT => accepted or permanent",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "500 what"), Func(func(c *Conn, cmd *Line) []any {
				for _, l := range c.Lines {
					if l.Verb == "RSET" {
						return nil
					}
				}
				if cmd.Verb == "HELO" {
					return []any{"503 bad sequence"}
				}
				return nil
			}))
			t.Recordf("%s", s.Verbs())
			s.Outcome("accepted permanent")
		}},
	{ID: "ehlo-helo-refused", Level: Must, RFC: "5321 §4.1.1.1, §4.1.4",
		Title:  "Without a successful EHLO or HELO there is no MAIL.",
		Script: "S: 500 to EHLO, 550 to HELO, 250 to the rest",
		Right:  "C: QUIT, no MAIL => permanent",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "500 what"), On("HELO", "550 no"))
			s.Never("MAIL")
			s.Some("QUIT")
			s.Outcome("permanent")
		}},
	{ID: "ehlo-helo-no-extensions", Level: MustNot, RFC: "5321 §4.1.1.3",
		Title:  "After HELO no extension is used.",
		Script: "S: 500 to EHLO",
		Right:  "C: no parameters, no AUTH, STARTTLS or BDAT, no pipelining => accepted",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "500 what"))
			s.Never("AUTH", "STARTTLS", "BDAT")
			s.Bare()
			s.LockStep()
			s.Outcome("accepted")
		}},
	{ID: "ehlo-helo-listing", Level: MustNot, RFC: "5321 §4.1.1.3",
		Title:  "Keywords in a reply to HELO offer nothing; only EHLO's do.",
		Script: "S: 500 to EHLO; HELO: `250-mx.test`, `250-PIPELINING`, `250 SIZE 9`",
		Right:  "C: lock-step, no SIZE= => accepted",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "500 what"), On("HELO", "250-mx.test", "250-PIPELINING", "250 SIZE 9"))
			s.Bare()
			s.LockStep()
			s.Outcome("accepted")
		}},
	{ID: "ehlo-single-line", Level: Must, RFC: "5321 §4.1.1.1",
		Title:  "A one-line 250 offers nothing.",
		Script: "S: `250 mx.test`",
		Right:  "C: no parameters, lock-step => accepted",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "250 mx.test"))
			s.Bare()
			s.LockStep()
			s.Outcome("accepted")
		}},
	{ID: "ehlo-3yz", Level: Robust, RFC: "5321 §4.2.1",
		Title:  "An intermediate reply to EHLO is a violation.",
		Script: "S: `354 go` to EHLO",
		Right:  "C: no MAIL, no content; ends or HELO => not-sent",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "354 go"))
			if len(s.Find("HELO")) == 0 {
				s.NoContent()
				s.Never("MAIL")
				s.Outcome("lost")
			} else {
				s.Outcome("lost accepted")
			}
		}},
	{ID: "ehlo-not-cached", Level: MustNot, RFC: "1869 §4.2; 5321 §4.5.4.1",
		Title:  "What one connection offered is not assumed on the next.",
		Script: "First connection offers PIPELINING, SIZE, 8BITMIME and ends with 421 after the first message; the second offers nothing",
		Right:  "C: EHLO again; lock-step, no parameters => accepted, accepted",
		Needs:  "opt:count",
		Run: func(t *T) {
			s := t.Play(Count(2),
				On("1:EHLO", "250-mx.test", "250-PIPELINING", "250-SIZE 100000", "250 8BITMIME"),
				On("1:dot", "250 ok", 20*time.Millisecond, "421 that is all", Close))
			if len(s.Conns) < 2 {
				t.Skipf("a client that connects again for the second message")
			}
			for _, c := range s.Conns[min(1, len(s.Conns)):] {
				for _, l := range c.Lines {
					if len(l.Params()) > 0 && (l.Verb == "MAIL" || l.Verb == "RCPT") || l.Early {
						t.Complainf("expected what the second connection offers to count alone, got %q", l.Raw)
					}
				}
			}
			s.OutcomeOf(0, "accepted")
			s.OutcomeOf(1, "accepted")
		}},
}

// hello gives the argument of the first EHLO, and complains if there is none.
func (s *Seen) hello() string {
	found := s.Find("EHLO")
	if len(found) == 0 {
		s.t.Complainf("expected EHLO, got %s", s.Verbs())
		return ""
	}
	return found[0].Arg
}

// noHelo is a job without a name for EHLO.
func noHelo(p *play) { p.job.Helo = "" }

// helloName is a domain name with a dot in it, or an address literal.
var helloName = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+|\[[0-9.]+\]|\[IPv6:[0-9A-Fa-f:.]+\])$`)
