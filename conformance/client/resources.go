package client

import (
	"fmt"
	"strings"
	"time"
)

var cases22 = []Case{
	{ID: "res-reply-endless", Level: Robust, RFC: "reply floods",
		Title:  "A multi-line reply without end is bounded.",
		Script: "`250-x` for ever, at full speed; to EHLO, to MAIL, after the dot",
		Right:  "C: error soon, memory bounded => not-sent or temporary; after the dot unknown",
		Run: func(t *T) {
			for what, outcome := range map[string]string{"EHLO": "lost", "MAIL": "lost", "dot": "unknown"} {
				s := t.Play(On(what, flood("250-x\r\n", 256<<20)))
				s.Outcome(outcome)
			}
		}},
	{ID: "res-line-endless", Level: Robust, RFC: "reply floods",
		Title:  "A line without end is bounded.",
		Script: "1 GB of `a`",
		Right:  "C: error soon, memory bounded => not-sent or temporary",
		Run: func(t *T) {
			s := t.Play(On("MAIL", flood("a", 1<<30)))
			s.Outcome("lost")
		}},
	{ID: "res-reply-slow", Level: Robust, RFC: "robust",
		Title:  "One octet a second does not hold it for ever.",
		Script: "`250 ok` dripping, restarted; `--timeout 3`",
		Right:  "C: ends by its timeout (a command's, not an octet's) => temporary or unknown by phase",
		Needs:  "opt:timeout",
		Run: func(t *T) {
			for what, outcome := range map[string]string{"MAIL": "lost", "dot": "unknown temporary"} {
				s := t.Play(Timeout(3*time.Second), On(what, drip))
				s.Within(10 * time.Second)
				s.Outcome(outcome)
			}
		}},
	{ID: "res-never-reads", Level: Robust, RFC: "5321 §4.5.3.2.5",
		Title:  "A server that stops reading is given up.",
		Script: "Stops after 100 KB of 50 MB; `--timeout 3`",
		Right:  "C: ends => temporary",
		Needs:  "opt:timeout",
		Run: func(t *T) {
			s := t.Play(Timeout(3*time.Second), Size(50<<20), SmallBuffers, On("content@100000", stops, Hang))
			s.Within(15 * time.Second)
			s.Outcome("lost")
		}},
	{ID: "res-both-write", Level: Robust, RFC: "2920 §3.1",
		Title:  "Both sides writing does not deadlock.",
		Script: "10,000 recipients in groups, a reply of 3 KB each, server reads on only after its replies were taken",
		Right:  "C: goes on => accepted",
		Needs:  "ext:PIPELINING",
		Run: func(t *T) {
			s := t.Play(piped, many(10000), SmallBuffers, Func(blocking(3000)))
			s.Outcome("accepted")
		}},
	{ID: "res-early-bytes", Level: Robust, RFC: "robust",
		Title:  "Octets after QUIT's 221 do no harm.",
		Script: "221, then 10 MB",
		Right:  "C: ends => accepted",
		Run: func(t *T) {
			s := t.Play(On("QUIT", "221 bye", flood("and more", 10<<20), Close))
			s.Outcome("accepted")
		}},
	{ID: "res-rst", Level: Must, RFC: "5321 §3.8",
		Title:  "RST is a lost connection.",
		Script: "RST after the dot; run 2 before it",
		Right:  "C: => unknown; temporary",
		Run: func(t *T) {
			s := t.Play(On("dot", Reset))
			s.Outcome("unknown")
			s = t.Play(On("DATA", Reset))
			s.Outcome("lost")
		}},
	{ID: "res-half-close", Level: Robust, RFC: "robust",
		Title:  "A half-closed connection is a lost one.",
		Script: "FIN after 354, still reading",
		Right:  "C: => temporary, or unknown if the dot went out",
		Run: func(t *T) {
			s := t.Play(On("DATA", "354 go", HalfClose))
			s.Outcome("lost unknown")
		}},
	{ID: "res-many-sessions", Level: Robust, RFC: "robust",
		Title:  "100 messages, each met by a lost connection: no descriptors or memory left behind.",
		Script: "`--count 100`; close after MAIL each",
		Right:  "C: ends well => temporary",
		Needs:  "opt:count",
		Run: func(t *T) {
			s := t.Play(Count(100), To("a"), On("MAIL", Close))
			for i := range 100 {
				s.OutcomeOf(i, "lost")
			}
		}},
}

// flood writes octets until the client closes, or enough of them.
func flood(block string, most int) func(*Conn) {
	return func(c *Conn) {
		b := []byte(strings.Repeat(block, 1+(64<<10)/len(block)))
		c.log('*', fmt.Sprintf("the server sends %q again and again", block))
		for sent := 0; sent < most; sent += len(b) {
			c.tcp.SetWriteDeadline(c.p.deadline)
			if _, err := c.Write(b); err != nil {
				return
			}
		}
		c.log('*', fmt.Sprintf("%d octets of it were taken", most))
	}
}

// drip sends a reply octet by octet, again and again, and never ends it.
func drip(c *Conn) {
	for time.Now().Before(c.p.deadline) {
		for _, b := range []byte("250-ok\r\n") {
			if _, err := c.Write([]byte{b}); err != nil || c.raw.ended() != nil {
				return
			}
			time.Sleep(c.p.t.pace(time.Second))
		}
	}
}

// stops receives nothing more until the client closes.
func stops(c *Conn) {
	c.raw.gate.Lock()
	c.p.mu.Lock()
	c.stopped = true
	c.p.mu.Unlock()
	c.log('*', "the server reads nothing more")
}
