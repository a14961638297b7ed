package client

import (
	"slices"
	"strings"
	"time"
)

var cases12 = []Case{
	{ID: "pipe-not-offered", Level: Must, RFC: "5321 §4.3.1",
		Title:  "Without the extension: one command, one reply.",
		Script: "Each reply 100 ms late; not offered",
		Right:  "C: never a second command before the reply => accepted",
		Run: func(t *T) {
			s := t.Play(slowly(100 * time.Millisecond))
			s.LockStep()
			s.Outcome("accepted")
		}},
	{ID: "pipe-group", Level: Must, RFC: "2920 §3.1",
		Title:  "DATA ends a group; RSET, MAIL, RCPT may stand anywhere in it.",
		Script: "Offered; 200 ms before the first reply",
		Right:  "C: groups of MAIL, RCPT..., DATA or parts of it; nothing after DATA => accepted",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("MAIL", 200*time.Millisecond, "250 ok"))
			for _, c := range s.Conns {
				for i, l := range c.Lines {
					if i > 0 && l.Early && !slices.Contains([]string{"MAIL", "RCPT", "RSET"}, c.Lines[i-1].Verb) {
						t.Complainf("%q came in a group behind %s", l.Raw, c.Lines[i-1].Verb)
					}
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "pipe-no-content-early", Level: MustNot, RFC: "5321 §3.3",
		Title:  "Content does not follow DATA in the same group.",
		Script: "Offered; replies to the group after 1 s",
		Right:  "C: no content before the 354 => accepted",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("DATA", time.Second, "354 go"))
			s.InTime("dot")
			for _, m := range s.Messages {
				if m.Data != nil && len(m.Wire) > 0 && m.First.Before(m.Data.At.Add(t.pace(time.Second))) {
					t.Complainf("content came before the 354")
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "pipe-ehlo-last", Level: Must, RFC: "2920 §3.1",
		Title:  "EHLO is the last of its group.",
		Script: "EHLO reply after 1 s",
		Right:  "C: nothing behind EHLO => accepted",
		Run: func(t *T) {
			s := t.Play(On("EHLO", time.Second, "250-mx.test", "250 PIPELINING"))
			if lines := s.Lines(); len(lines) > 1 && lines[0].Verb == "EHLO" && lines[1].Early {
				t.Complainf("%q came before the reply to EHLO", lines[1].Raw)
			}
			s.Outcome("accepted")
		}},
	{ID: "pipe-quit-last", Level: Must, RFC: "2920 §3.1",
		Title:  "QUIT is the last of its group.",
		Script: "Offered",
		Right:  "C: nothing behind QUIT => accepted",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("QUIT", 200*time.Millisecond, "221 bye"))
			for _, c := range s.Conns {
				if n := len(c.Lines); n > 0 && c.Lines[n-1].Verb != "QUIT" || len(c.Tail) > 0 {
					t.Complainf("expected nothing behind QUIT, got %s", s.Verbs())
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "pipe-starttls-last", Level: Must, RFC: "3207 §4",
		Title:  "STARTTLS is the last of its group.",
		Script: "Offered; 220 to STARTTLS after 1 s",
		Right:  "C: not an octet behind STARTTLS until the 220 => accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(piped, TLS("starttls"), On("STARTTLS", time.Second, "220 go"))
			for _, c := range s.Conns {
				if c.TLSEarly {
					t.Complainf("octets came before the 220 to STARTTLS: %q", c.TLSFirst)
				}
			}
			s.Never("clear MAIL")
			s.Outcome("accepted")
		}},
	{ID: "pipe-auth-last", Level: Must, RFC: "4954 §4",
		Title:  "AUTH is the last of its group, unless it ends in one round trip (PLAIN with initial response).",
		Script: "Offered, over TLS; AUTH SCRAM-SHA-256 or LOGIN; replies after 500 ms",
		Right:  "C: nothing behind AUTH or a response => accepted",
		Needs:  "auth",
		Run: func(t *T) {
			mechanism := "LOGIN"
			if t.Has("auth:SCRAM-SHA-256") {
				mechanism = "SCRAM-SHA-256"
			}
			s := t.Play(piped, Login(mechanism), Func(func(c *Conn, cmd *Line) []any {
				if cmd.Verb == "AUTH" || cmd.Verb == "response" {
					return append([]any{500 * time.Millisecond}, c.Base(cmd)...)
				}
				return nil
			}))
			for _, c := range s.Conns {
				for i, l := range c.Lines {
					if i > 0 && l.Early && (c.Lines[i-1].Verb == "AUTH" || c.Lines[i-1].Verb == "response") {
						t.Complainf("%s came before the reply to %s", l.Verb, c.Lines[i-1].Verb)
					}
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "pipe-one-segment", Level: Must, RFC: "2920 §3.1",
		Title:  "Replies of a group may come together.",
		Script: "All replies of the group in one segment",
		Right:  "C: in step => accepted",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, Together)
			s.Outcome("accepted")
		}},
	{ID: "pipe-split", Level: Must, RFC: "2920 §3.1",
		Title:  "And cut anywhere.",
		Script: "The same stream cut at each offset, 20 ms apart",
		Right:  "C: in step => accepted",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			for i := 1; i < len("250 ok\r\n250 ok\r\n550 no\r\n354 go ahead\r\n"); i++ {
				s := t.Play(piped, To("a", "b"), On("RCPT b", "550 no"), Together, SplitAt(i))
				s.Outcome("accepted not-sent", "permanent")
			}
		}},
	{ID: "pipe-multiline", Level: Must, RFC: "2920 §3.1",
		Title:  "A multi-line reply is one reply.",
		Script: "MAIL: 3 lines; RCPT a: `550-no`, `550 no`; b: 250",
		Right:  "C: in step => a permanent, b accepted",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, To("a", "b"), On("MAIL", "250-one", "250-two", "250 three"), On("RCPT a", "550-no", "550 no"))
			s.Outcome("permanent", "accepted not-sent")
		}},
	{ID: "pipe-count-not-text", Level: Must, RFC: "2920 §3.1",
		Title:  "Replies are matched by counting, not by code or text.",
		Script: "RCPT a: `550 5.1.1 <b@mx.test> unknown`; b: `250 <a@mx.test> ok`",
		Right:  "C: by position => a permanent, b accepted",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, To("a", "b"), On("RCPT a", "550 5.1.1 <b@mx.test> unknown"), On("RCPT b", "250 <a@mx.test> ok"))
			s.Outcome("permanent", "accepted not-sent")
		}},
	{ID: "pipe-all-statuses", Level: Must, RFC: "2920 §3.1",
		Title:  "Every reply of the group is looked at.",
		Script: "MAIL: 550; RCPT: 503; DATA: 503",
		Right:  "C: no content => permanent",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("MAIL", "550 no"), On("RCPT", "503 no MAIL"), On("DATA", "503 no MAIL"))
			s.NoContent()
			s.Outcome("permanent")
		}},
	{ID: "pipe-mail-refused-354", Level: Must, RFC: "2920 §3.1; 5321 §3.3",
		Title:  "A refused MAIL stays refused, whatever comes later.",
		Script: "MAIL: 451; RCPT: 250; DATA: 354; dot: 250",
		Right:  "C: not an octet of the message; the lone dot, or close => temporary",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("MAIL", "451 later"))
			s.lone()
			s.Outcome("temporary")
		}},
	{ID: "pipe-none-left-554", Level: Must, RFC: "2920 §3.1",
		Title:  "All refused, DATA refused: over.",
		Script: "RCPT: 550 each; DATA: `554 no valid recipients`",
		Right:  "C: RSET or QUIT, no dot => permanent",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("RCPT", "550 no"), On("DATA", "554 no valid recipients"))
			s.NoContent()
			s.Never("dot")
			s.Outcome("permanent")
		}},
	{ID: "pipe-none-left-354", Level: Should, RFC: "2920 §3.1",
		Title:  "All refused, DATA granted: a lone dot.",
		Script: "RCPT: 550 each; DATA: 354; dot: 554",
		Right:  "C: `.` CRLF and nothing else, in step after it => permanent",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("RCPT", "550 no"), On("dot", "554 no valid recipients"))
			s.lone()
			s.Outcome("permanent")
		}},
	{ID: "pipe-none-left-250", Level: Must, RFC: "2920 §3.1",
		Title:  "Even a 250 for the lone dot delivers nothing.",
		Script: "RCPT a: 550, b: 450; DATA: 354; dot: 250",
		Right:  "C: the lone dot or close => a permanent, b temporary",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, To("a", "b"), On("RCPT a", "550 no"), On("RCPT b", "450 later"))
			s.lone()
			s.Outcome("permanent", "temporary")
		}},
	{ID: "pipe-some-left", Level: Must, RFC: "2920 §3.1",
		Title:  "Some refused: the rest is served.",
		Script: "RCPT a: 550, b: 250, c: 450; DATA 354",
		Right:  "C: content => a permanent, b accepted, c temporary",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("RCPT a", "550 no"), On("RCPT c", "450 later"))
			s.Outcome("permanent", "accepted not-sent", "temporary")
		}},
	{ID: "pipe-data-refused", Level: MustNot, RFC: "5321 §3.3",
		Title:  "DATA refused though recipients stand.",
		Script: "RCPT: 250; DATA: 451",
		Right:  "C: no content; in step => temporary",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("DATA", "451 later"))
			s.NoContent()
			s.Outcome("temporary")
		}},
	{ID: "pipe-after-dot", Level: May, RFC: "2920 §3.1",
		Title:  "The end of the content may begin the next group.",
		Script: "Offered; the final reply 500 ms late",
		Right:  "C: may send MAIL, RSET or QUIT behind the dot; outcome from the right reply => accepted",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("dot", 500*time.Millisecond, "250 ok"))
			t.Recordf("%s", s.Verbs())
			s.Outcome("accepted")
		}},
	{ID: "pipe-after-dot-refused", Level: Must, RFC: "2920 §3.1",
		Title:  "The reply to the dot and that to QUIT are not confused.",
		Script: "Dot: 451; QUIT: 221, in one segment",
		Right:  "C: => temporary",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, On("dot", "451 later"), On("QUIT", "221 bye"), Together)
			s.Outcome("temporary")
		}},
	{ID: "pipe-after-dot-dropped", Level: Robust, RFC: "chasquid 1.11, Courier 1.0.16",
		Title:  "A server that drops what stands in the same segment behind the dot costs no message and no long wait.",
		Script: "Offered, three messages; what is read together with the dot is thrown away; later lines are served",
		Right:  "C: goes on, lock-step or by a new connection, within 10 s; each message arrives once => accepted",
		Needs:  "ext:PIPELINING, opt:count",
		Run: func(t *T) {
			s := t.Play(piped, Count(3), On("dot", (*Conn).Drop, "250 ok"))
			s.Within(10 * time.Second)
			s.copies(3)
			for i := range 3 {
				s.OutcomeOf(i, "accepted")
			}
		}},
	{ID: "pipe-after-dot-503", Level: Robust, RFC: "Haraka 3.3.4",
		Title:  "The same with 503 to all that stood behind the dot.",
		Script: "Offered, three messages; dot: 250; what was read with it: 503 each",
		Right:  "C: goes on; each message arrives once => accepted",
		Needs:  "ext:PIPELINING, opt:count",
		Run: func(t *T) {
			s := t.Play(piped, Count(3), Func(behindDot))
			s.copies(3)
			for i := range 3 {
				s.OutcomeOf(i, "accepted")
			}
		}},
}

// piped offers PIPELINING.
func piped(p *play) { p.offer = append(p.offer, "PIPELINING") }

// slowly answers each command but the greeting after a time.
func slowly(d time.Duration) Option {
	return Func(func(c *Conn, cmd *Line) []any {
		if cmd.Verb == "greeting" {
			return nil
		}
		return append([]any{d}, c.Base(cmd)...)
	})
}

// lone complains about anything but a lone dot as content.
func (s *Seen) lone() {
	for _, m := range s.Messages {
		if len(m.Wire) > 0 {
			s.t.Harmf("expected no octet of the message, got %d", len(m.Wire))
		}
	}
}

// behindDot refuses what was read together with the end of data.
func behindDot(c *Conn, cmd *Line) []any {
	if cmd.Verb == "dot" {
		c.refuse = c.s.position() + c.s.waiting()
		return nil
	}
	if c.refuse > 0 && c.s.position() <= c.refuse && cmd.Verb != "greeting" {
		return []any{"503 out of step"}
	}
	return nil
}

// blocking makes each reply to RCPT n octets long, and reads nothing while a reply
// can't be written.
func blocking(n int) func(*Conn, *Line) []any {
	text := "250 " + strings.Repeat("x", n-6)
	return func(c *Conn, cmd *Line) []any {
		if cmd.Verb != "RCPT" {
			return nil
		}
		return []any{func(c *Conn) {
			c.raw.gate.Lock()
			defer c.raw.gate.Unlock()
			c.answer += text + "\r\n"
			c.Write([]byte(text + "\r\n"))
		}}
	}
}

// copies complains unless each of n messages came once. The content of each has its
// number nowhere, so what is counted is whole messages.
func (s *Seen) copies(n int) {
	if got := len(s.taken()); got == 0 {
		s.t.Complainf("expected %d messages, none came", n)
	}
	for to, times := range s.taken() {
		if times != n {
			s.t.Failf("expected %d messages for %s, %d came", n, to, times)
		}
	}
}
