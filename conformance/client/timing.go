package client

import (
	"time"
)

var cases11 = []Case{
	{ID: "time-exists", Level: Must, RFC: "5321 §4.5.3.2",
		Title:  "There is a time-out.",
		Script: "EHLO: silence for ever; T = 3 s",
		Right:  "C: ends between T and T + 5 s => temporary",
		Needs:  "opt:timeout",
		Run: func(t *T) {
			s := t.Play(Timeout(3*time.Second), On("EHLO", Hang))
			s.Longer(3*time.Second - 100*time.Millisecond)
			s.Within(8 * time.Second)
			s.Outcome("lost")
		}},
	{ID: "time-per-command", Level: Must, RFC: "5321 §4.5.3.2",
		Title:  "The time is for a command, not for the transaction.",
		Script: "Every reply after 0.5 T, T = 3 s, 8 commands",
		Right:  "C: goes on => accepted",
		Needs:  "opt:timeout",
		Run: func(t *T) {
			s := t.Play(Timeout(3*time.Second), Func(func(c *Conn, cmd *Line) []any {
				if cmd.Verb == "greeting" {
					return nil
				}
				return append([]any{1500 * time.Millisecond}, c.Base(cmd)...)
			}))
			s.Outcome("accepted")
		}},
	{ID: "time-greeting-none", Level: Must, RFC: "5321 §4.5.3.2",
		Title:  "The greeting has its time-out as well.",
		Script: "No greeting; T = 3 s",
		Right:  "C: ends => temporary",
		Needs:  "opt:timeout",
		Run: func(t *T) {
			s := t.Play(Timeout(3*time.Second), On("greeting", Hang))
			s.Within(8 * time.Second)
			s.Outcome("lost")
		}},
	{ID: "time-after-dot", Level: Should, RFC: "5321 §3.8",
		Title:  "Silence after the dot: nobody knows.",
		Script: "Dot: silence; T = 3 s",
		Right:  "C: ends => unknown or temporary",
		Needs:  "opt:timeout",
		Run: func(t *T) {
			s := t.Play(Timeout(3*time.Second), On("dot", Hang))
			s.Within(10 * time.Second)
			s.Outcome("unknown temporary")
		}},
	{ID: "time-content-progress", Level: Must, RFC: "5321 §4.5.3.2",
		Title:  "The time for content is for each block.",
		Script: "20 MiB read at 2 MiB/s through a small receive buffer, so that what the sockets hold is read within T = 5 s",
		Right:  "C: goes on for 10 s => accepted",
		Needs:  "opt:timeout",
		Run: func(t *T) {
			s := t.Play(Timeout(5*time.Second), Size(20<<20), SmallBuffers, Rate(2<<20))
			s.Outcome("accepted")
		}},
	{ID: "time-tls-handshake", Level: Robust, RFC: "robust",
		Title:  "The handshake has its time-out.",
		Script: "STARTTLS: 220, then silence; T = 3 s",
		Right:  "C: ends; nothing in clear => not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), Timeout(3*time.Second), On("STARTTLS", "220 go", Hang))
			s.Never("clear MAIL")
			s.Within(10 * time.Second)
			s.Outcome("lost")
		}},
	{ID: "time-implicit-silent", Level: Robust, RFC: "robust",
		Title:  "A silent server under implicit TLS.",
		Script: "Accepts, silent; T = 3 s",
		Right:  "C: ends => not-sent",
		Needs:  "implicit",
		Run: func(t *T) {
			s := t.Play(TLS("implicit"), PlainPort, Timeout(3*time.Second), On("greeting", Hang))
			s.Within(10 * time.Second)
			s.Outcome("lost")
		}},
	{ID: "time-configurable", Level: Should, RFC: "5321 §4.5.3.2",
		Title:  "Time-outs can be set without recompiling.",
		Script: "MAIL: reply after 5 s; T = 2 s, then 10 s",
		Right:  "C: ends first, goes on second => temporary; accepted",
		Needs:  "opt:timeout",
		Run: func(t *T) {
			s := t.Play(Timeout(2*time.Second), On("MAIL", 5*time.Second, "250 ok"))
			s.Outcome("lost")
			s = t.Play(Timeout(10*time.Second), On("MAIL", 5*time.Second, "250 ok"))
			s.Outcome("accepted")
		}},
	{ID: "time-default-greeting", Level: Should, RFC: "5321 §4.5.3.2.1",
		Title:  "At least 5 minutes for the greeting.",
		Script: "220 after 4 min 50 s",
		Right:  "C: waits => accepted",
		Needs:  "slow",
		Run: func(t *T) {
			t.late("greeting", 4*time.Minute+50*time.Second, "220 mx.test ESMTP")
		}},
	{ID: "time-default-mail", Level: Should, RFC: "5321 §4.5.3.2.2",
		Title:  "At least 5 minutes for MAIL.",
		Script: "MAIL: 250 after 4 min 50 s",
		Right:  "C: waits => accepted",
		Needs:  "slow",
		Run: func(t *T) {
			t.late("MAIL", 4*time.Minute+50*time.Second, "250 ok")
		}},
	{ID: "time-default-rcpt", Level: Should, RFC: "5321 §4.5.3.2.3",
		Title:  "At least 5 minutes for RCPT.",
		Script: "RCPT: 250 after 4 min 50 s",
		Right:  "C: waits => accepted",
		Needs:  "slow",
		Run: func(t *T) {
			t.late("RCPT", 4*time.Minute+50*time.Second, "250 ok", To("a"))
		}},
	{ID: "time-default-data", Level: Should, RFC: "5321 §4.5.3.2.4",
		Title:  "At least 2 minutes for the 354.",
		Script: "DATA: 354 after 1 min 50 s",
		Right:  "C: waits => accepted",
		Needs:  "slow",
		Run: func(t *T) {
			t.late("DATA", time.Minute+50*time.Second, "354 go")
		}},
	{ID: "time-default-block", Level: Should, RFC: "5321 §4.5.3.2.5",
		Title:  "At least 3 minutes for a block of content.",
		Script: "10 MiB; reads nothing for 2 min 50 s, then all",
		Right:  "C: waits => accepted",
		Needs:  "slow",
		Run: func(t *T) {
			s := t.Play(Size(10<<20), SmallBuffers, On("DATA", "354 go", func(c *Conn) {
				c.raw.gate.Lock()
				go func() {
					time.Sleep(t.pace(2*time.Minute + 50*time.Second))
					c.raw.gate.Unlock()
				}()
			}))
			s.Outcome("accepted")
		}},
	{ID: "time-default-end", Level: Should, RFC: "5321 §4.5.3.2.6",
		Title:  "At least 10 minutes for the final reply.",
		Script: "Dot: 250 after 9 min 50 s",
		Right:  "C: waits => accepted",
		Needs:  "slow",
		Run: func(t *T) {
			t.late("dot", 9*time.Minute+50*time.Second, "250 ok")
		}},
	{ID: "time-tarpit", Level: Must, RFC: "5321 §4.5.3.2",
		Title:  "Slow but steady replies are no failure.",
		Script: "Each reply after 60 s",
		Right:  "C: waits => accepted",
		Needs:  "slow",
		Run: func(t *T) {
			s := t.Play(To("a"), Func(func(c *Conn, cmd *Line) []any { return append([]any{time.Minute}, c.Base(cmd)...) }))
			s.Outcome("accepted")
		}},
}

// late plays with a reply that comes late by minutes, to a client with its own
// timeouts.
func (t *T) late(what string, d time.Duration, reply string, opts ...Option) {
	s := t.Play(append(opts, On(what, d, reply))...)
	s.Outcome("accepted")
}
