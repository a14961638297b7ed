package client

import (
	"fmt"
	"strings"
	"time"
)

var cases03 = []Case{
	{ID: "reply-multiline-any", Level: Must, RFC: "5321 §4.2",
		Title:  "Any command may get a reply of several lines.",
		Script: "Every reply, 354 and 221 included, in three lines",
		Right:  "C: in step => accepted",
		Run: func(t *T) {
			t.inStep(Each(func(_ *Line, reply string) string {
				code, _, _ := strings.Cut(strings.ReplaceAll(reply, "-", " "), " ")
				if strings.Count(reply, "\r\n") > 1 {
					return reply
				}
				return code + "-one\r\n" + code + "-two\r\n" + reply
			}))
		}},
	{ID: "reply-digits-in-text", Level: Must, RFC: "5321 §4.2.1",
		Title:  "Text that begins with digits is text.",
		Script: "RCPT: `250-550 no such user`, `250-421 4.3.2 x`, `250 ok`",
		Right:  "C: one reply, 250 => accepted",
		Run: func(t *T) {
			t.inStep(On("RCPT", "250-550 no such user", "250-421 4.3.2 x", "250 ok"))
		}},
	{ID: "reply-bare-code", Level: Should, RFC: "5321 §4.2",
		Title:  "A code alone, without even the space, is a reply.",
		Script: "Every reply is three digits and CRLF",
		Right:  "C: in step => accepted",
		Run: func(t *T) {
			t.inStep(Each(func(_ *Line, reply string) string { return reply[:3] + "\r\n" }))
		}},
	{ID: "reply-code-and-space", Level: Should, RFC: "5321 §4.2",
		Title:  "A code and a space is a reply.",
		Script: "Every reply is three digits, a space, CRLF",
		Right:  "C: in step => accepted",
		Run: func(t *T) {
			t.inStep(Each(func(_ *Line, reply string) string { return reply[:3] + " \r\n" }))
		}},
	{ID: "reply-last-line-bare", Level: Must, RFC: "5321 §4.2.1",
		Title:  "The last line of several may lack the space.",
		Script: "`250-one`, `250`",
		Right:  "C: in step, does not wait for more => accepted",
		Run: func(t *T) {
			t.inStep(On("MAIL", "250-one", "250"), On("RCPT", "250-one", "250"))
		}},
	{ID: "reply-empty-continuation", Level: Must, RFC: "5321 §4.2",
		Title:  "A continuation line may have no text.",
		Script: "MAIL: `250-`, `250-`, `250 ok`",
		Right:  "C: one reply => accepted",
		Run: func(t *T) {
			t.inStep(On("MAIL", "250-", "250-", "250 ok"))
		}},
	{ID: "reply-split-everywhere", Level: Must, RFC: "5321 §4.2",
		Title:  "Where the network cuts a reply means nothing.",
		Script: "A three-line EHLO reply cut in two at each offset in turn (between CR and LF too), 20 ms apart",
		Right:  "C: in step at every offset => accepted",
		Run: func(t *T) {
			reply := "250-mx.test\r\n250-HELP\r\n250 X-ONE\r\n"
			for i := 1; i < len(reply); i++ {
				t.inStep(On("EHLO", Raw(reply[:i]), 20*time.Millisecond, Raw(reply[i:])))
			}
		}},
	{ID: "reply-bytewise", Level: Must, RFC: "5321 §4.2",
		Title:  "Octets may come one at a time.",
		Script: "Every octet of the session in its own segment",
		Right:  "C: in step => accepted",
		Run: func(t *T) {
			t.inStep(ByOctet)
		}},
	{ID: "reply-mixed-codes", Level: Robust, RFC: "5321 §4.2.1",
		Title:  "Lines of one reply with different codes are a violation.",
		Script: "RCPT: `250-ok`, `550 no`; RCPT 2 and DATA answered 550, 503",
		Right:  "C: error, or one of the two codes; never two replies => not-sent, temporary or permanent",
		Run: func(t *T) {
			s := t.Play(On("RCPT a", "250-ok", "550 no"), On("RCPT b", "550 no"), On("RCPT c", "550 no"), On("DATA", "503 no recipients"))
			s.NoContent()
			s.Outcome("lost permanent")
		}},
	{ID: "reply-mixed-never-ends", Level: Robust, RFC: "5321 §4.2.1",
		Title:  "A continuation followed by complete lines of other codes stays in step.",
		Script: "RCPT a: `550-no`, `250 ok`; RCPT b: 250; DATA 354; dot 250",
		Right:  "C: a is not accepted, or the session ends; b is never one off => a permanent or not-sent, b accepted or not-sent",
		Run: func(t *T) {
			s := t.Play(OutOfStep, To("a", "b"), On("RCPT a", "550-no", "250 ok"))
			s.Outcome("permanent lost", "accepted lost")
		}},
	{ID: "reply-separator", Level: Robust, RFC: "5321 §4.2",
		Title:  "Only space and hyphen may follow the code.",
		Script: "MAIL: `250+ok` (runs: `250_ok`, `250.ok`, `2500 ok`)",
		Right:  "C: error; RSET, QUIT or close => not-sent",
		Run: func(t *T) {
			for _, reply := range []string{"250+ok", "250_ok", "250.ok", "2500 ok"} {
				t.violated("MAIL", reply)
			}
		}},
	{ID: "reply-two-digits", Level: Robust, RFC: "5321 §4.2",
		Title:  "A code has three digits.",
		Script: "MAIL: `25 ok` (runs: `2 ok`, `25x ok`)",
		Right:  "C: error => not-sent",
		Run: func(t *T) {
			for _, reply := range []string{"25 ok", "2 ok", "25x ok"} {
				t.violated("MAIL", reply)
			}
		}},
	{ID: "reply-leading-space", Level: Robust, RFC: "5321 §4.2",
		Title:  "The code comes first on the line.",
		Script: "MAIL: ` 250 ok`",
		Right:  "C: error => not-sent",
		Run: func(t *T) {
			t.violated("MAIL", " 250 ok")
		}},
	{ID: "reply-empty-line", Level: Robust, RFC: "5321 §4.2",
		Title:  "An empty line is no reply.",
		Script: "MAIL: CRLF alone, then `250 ok`",
		Right:  "C: error; never two replies => not-sent",
		Run: func(t *T) {
			s := t.Play(OutOfStep, On("MAIL", "", "250 ok"))
			s.NoContent()
			s.Outcome("lost")
		}},
	{ID: "reply-letters", Level: Robust, RFC: "5321 §4.2",
		Title:  "A line without a code is no reply.",
		Script: "RCPT: `OK`, then `+OK`, then `* OK`",
		Right:  "C: error; nothing sent as if accepted => not-sent",
		Run: func(t *T) {
			for _, reply := range []string{"OK", "+OK", "* OK"} {
				t.violated("RCPT", reply)
			}
		}},
	{ID: "reply-bare-lf", Level: MustNot, RFC: "5321 §2.3.8",
		Title:  "LF alone ends no line.",
		Script: "MAIL: `250 ok` LF, then silence",
		Right:  "C: takes no reply from it: error, or time-out => not-sent",
		Needs:  "opt:timeout",
		Run: func(t *T) {
			s := t.Play(Timeout(2*time.Second), On("MAIL", Raw("250 ok\n")))
			s.Never("RCPT")
			s.NoContent()
			s.Outcome("lost")
		}},
	{ID: "reply-bare-lf-inside", Level: MustNot, RFC: "5321 §2.3.8",
		Title:  "LF inside a line starts no new one.",
		Script: "RCPT: `250-a` LF `250 b` CRLF; RCPT 2: 550; DATA 503",
		Right:  "C: error, or still waits; no reply is made of `250 b` => not-sent",
		Needs:  "opt:timeout",
		Run: func(t *T) {
			s := t.Play(Timeout(2*time.Second), To("a", "b"), On("RCPT a", Raw("250-a\n250 b\r\n")), On("RCPT b", "550 no"), On("DATA", "503 no"))
			s.NoContent()
			s.Outcome("lost")
		}},
	{ID: "reply-bare-cr", Level: MustNot, RFC: "5321 §2.3.8",
		Title:  "CR alone ends no line.",
		Script: "RCPT: `550 no` CR `250 ok` CRLF",
		Right:  "C: one reply, 550, or an error => permanent or not-sent",
		Run: func(t *T) {
			s := t.Play(To("a"), On("RCPT", Raw("550 no\r250 ok\r\n")))
			s.NoContent()
			s.Outcome("permanent lost")
		}},
	{ID: "reply-512", Level: Must, RFC: "5321 §4.5.3.1.5, §4.5.3.1",
		Title:  "A reply line of 512 octets is read.",
		Script: "Every reply padded to 512 octets with CRLF",
		Right:  "C: in step => accepted",
		Run: func(t *T) {
			t.inStep(Each(func(_ *Line, reply string) string { return padded(reply, 512) }))
		}},
	{ID: "reply-over-512", Level: Robust, RFC: "5321 §4.5.3.1.5",
		Title:  "Longer lines are read or refused cleanly.",
		Script: "RCPT: lines of 513, 1000, 4096, 8192 octets, each 250",
		Right:  "C: in step, or error => accepted or not-sent",
		Run: func(t *T) {
			for _, n := range []int{513, 1000, 4096, 8192} {
				s := t.Play(On("RCPT", Raw(padded("250 ok\r\n", n))))
				s.Outcome("accepted lost")
			}
		}},
	{ID: "reply-many-lines", Level: Robust, RFC: "5321 §4.2",
		Title:  "A long but finite reply is read.",
		Script: "EHLO: 100 lines of X- keywords, PIPELINING last",
		Right:  "C: goes on => accepted",
		Run: func(t *T) {
			var acts []any
			acts = append(acts, "250-mx.test")
			for i := range 100 {
				acts = append(acts, fmt.Sprintf("250-X-KEYWORD-%d WITH PARAMETERS", i))
			}
			s := t.Play(On("EHLO", append(acts, "250 PIPELINING")...))
			s.Outcome("accepted")
		}},
	{ID: "reply-non-ascii", Level: Must, RFC: "5321 §4.2",
		Title:  "Any text is acceptable; the code decides.",
		Script: "Every text holds UTF-8, then Latin-1 (`E9`), then `FF FE`",
		Right:  "C: in step; JSON line stays valid => accepted",
		Run: func(t *T) {
			for _, text := range []string{"grüße", "gr\xfc\xdfe", "\xff\xfe"} {
				t.inStep(Each(func(_ *Line, reply string) string { return strings.TrimSuffix(reply, "\r\n") + text + "\r\n" }))
			}
		}},
}

// recipients are those that the client reports, of all messages.
func (s *Seen) recipients() (list []Recipient) {
	if s.Answer != nil {
		for _, m := range s.Answer.messages() {
			list = append(list, m...)
		}
	}
	return list
}

// padded is a reply made n octets long, if it has one line.
func padded(reply string, n int) string {
	if len(reply) >= n || strings.Count(reply, "\r\n") > 1 {
		return reply
	}
	text := strings.TrimSuffix(reply, "\r\n")
	if len(text) == 3 {
		text += " "
	}
	return text + strings.Repeat("x", n-2-len(text)) + "\r\n"
}

// inStep holds that the client takes each reply for its command and sends.
func (t *T) inStep(opts ...Option) *Seen {
	s := t.Play(opts...)
	s.Order("EHLO( RSET)? MAIL( RCPT){3} DATA( RSET)?( QUIT)?")
	s.Outcome("accepted")
	return s
}

// violated holds that a reply which breaks the rules ends the sending.
func (t *T) violated(verb, reply string) {
	s := t.Play(On(verb, reply))
	s.NoContent()
	s.Outcome("lost")
}
