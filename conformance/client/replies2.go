package client

import (
	"strings"
	"time"
)

var cases03b = []Case{
	{ID: "reply-nul", Level: Robust, RFC: "robust",
		Title:  "NUL in a text cuts nothing.",
		Script: "RCPT: `250 ok` NUL `x` CRLF",
		Right:  "C: in step, or error => accepted or not-sent",
		Run: func(t *T) {
			s := t.Play(On("RCPT", Raw("250 ok\x00x\r\n")))
			s.Outcome("accepted lost")
		}},
	{ID: "reply-terminal-escapes", Level: Robust, RFC: "log injection",
		Title:  "Control characters of a reply are quoted where the client shows it.",
		Script: "RCPT: 550 with ESC `[2J`, BEL, BS, and 200 octets of CR-less text",
		Right:  "C: output holds no raw control character => permanent",
		Run: func(t *T) {
			s := t.Play(To("a"), On("RCPT", Raw("550 \x1b[2J\x07\x08"+strings.Repeat("x", 200)+"\r\n")))
			s.Outcome("permanent")
			if s.Answer != nil && strings.ContainsFunc(s.Answer.output, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }) {
				t.Failf("the client shows control characters of the server's as they are")
			}
		}},
	{ID: "reply-unknown-2yz", Level: Must, RFC: "5321 §4.2, §4.3.2",
		Title:  "Unlisted 2yz codes count as success.",
		Script: "MAIL 239, RCPT 259, dot 258",
		Right:  "C: goes on => accepted",
		Run: func(t *T) {
			t.inStep(On("MAIL", "239 fine"), On("RCPT", "259 fine"), On("dot", "258 fine"))
		}},
	{ID: "reply-unknown-4yz", Level: Must, RFC: "5321 §4.2, §4.3.2",
		Title:  "Unlisted 4yz codes count as transient.",
		Script: "RCPT a: 459",
		Right:  "C: goes on with b, or ends => a temporary",
		Run: func(t *T) {
			s := t.Play(To("a", "b"), On("RCPT a", "459 hm"))
			s.Outcome("temporary", "accepted lost")
		}},
	{ID: "reply-unknown-5yz", Level: Must, RFC: "5321 §4.2, §4.3.2",
		Title:  "Unlisted 5yz codes count as permanent.",
		Script: "RCPT a: 559",
		Right:  "C: goes on with b, or ends => a permanent",
		Run: func(t *T) {
			s := t.Play(To("a", "b"), On("RCPT a", "559 hm"))
			s.Outcome("permanent", "accepted lost")
		}},
	{ID: "reply-second-digit", Level: Robust, RFC: "5321 §4.2",
		Title:  "A second digit above 5 is outside the grammar, the first still decides.",
		Script: "RCPT a: `571 no`; b: `299 ok`",
		Right:  "C: first digits, or error => a permanent, b accepted; or not-sent",
		Run: func(t *T) {
			s := t.Play(To("a", "b"), On("RCPT a", "571 no"), On("RCPT b", "299 ok"))
			s.Outcome("permanent lost", "accepted lost")
		}},
	{ID: "reply-3yz-to-mail", Level: Robust, RFC: "5321 §4.2.1",
		Title:  "3yz is no success where nothing is in abeyance.",
		Script: "MAIL: `354 go` (run 2: RCPT)",
		Right:  "C: no content; RSET, QUIT or close => not-sent",
		Run: func(t *T) {
			for _, verb := range []string{"MAIL", "RCPT"} {
				t.violated(verb, "354 go")
			}
		}},
	{ID: "reply-1yz", Level: Should, RFC: "5321 §4.2",
		Title:  "A code that starts with 0 or 1 is fatal for the transaction.",
		Script: "RCPT: `150 wait`; 2 s later `250 ok` (run 2: `050`)",
		Right:  "C: ends the transaction => not-sent",
		Run: func(t *T) {
			for _, reply := range []string{"150 wait", "050 wait"} {
				s := t.Play(On("RCPT", reply, 2*time.Second, "250 ok"))
				s.NoContent()
				s.Outcome("lost")
			}
		}},
	{ID: "reply-6yz-9yz", Level: Should, RFC: "5321 §4.2",
		Title:  "A code that starts with 6 to 9 is fatal for the transaction.",
		Script: "MAIL: `650 hm`; run 2: `999`",
		Right:  "C: ends the transaction => not-sent",
		Run: func(t *T) {
			for _, reply := range []string{"650 hm", "999"} {
				t.violated("MAIL", reply)
			}
		}},
	{ID: "reply-text-lies-good", Level: Must, RFC: "5321 §4.2",
		Title:  "The code decides, not the text.",
		Script: "RCPT: `250 550 5.1.1 user unknown`; dot: `250 message rejected`",
		Right:  "C: goes on => accepted",
		Run: func(t *T) {
			t.inStep(On("RCPT", "250 550 5.1.1 user unknown"), On("dot", "250 message rejected"))
		}},
	{ID: "reply-text-lies-bad", Level: Must, RFC: "5321 §4.2",
		Title:  "The code decides, not the text.",
		Script: "RCPT: `550 250 2.1.5 recipient ok`",
		Right:  "C: no DATA, or DATA refused => permanent",
		Run: func(t *T) {
			s := t.Play(On("RCPT", "550 250 2.1.5 recipient ok"), On("DATA", "503 no recipients"))
			s.NoContent()
			s.Outcome("permanent")
		}},
	{ID: "reply-enh-disagrees", Level: Must, RFC: "5321 §4.2; 2034 §4",
		Title:  "An enhanced code of another class does not overrule the code.",
		Script: "RCPT a: `250 5.1.1 no`; b: `550 2.1.5 ok`; ENHANCEDSTATUSCODES listed",
		Right:  "C: by the three digits => a accepted, b permanent",
		Run: func(t *T) {
			s := t.Play(To("a", "b"), Offer("ENHANCEDSTATUSCODES"), On("RCPT a", "250 5.1.1 no"), On("RCPT b", "550 2.1.5 ok"))
			s.Outcome("accepted not-sent", "permanent")
		}},
	{ID: "reply-enh-malformed", Level: Robust, RFC: "3463 §2",
		Title:  "What is not an enhanced code is text.",
		Script: "550 with `5.1`, `5..1`, `5.1.1.1`, `5.1234.1`, `5.01.1`, `5.1.99999999999999999999`, `7.1.1` in turn",
		Right:  "C: reports the 550, no invented enhanced code => permanent",
		Run: func(t *T) {
			for _, code := range []string{"5.1", "5..1", "5.1.1.1", "5.1234.1", "5.01.1", "5.1.99999999999999999999", "7.1.1"} {
				s := t.Play(To("a"), Offer("ENHANCEDSTATUSCODES"), On("RCPT", "550 "+code+" no"))
				s.Outcome("permanent")
				for _, r := range s.recipients() {
					if r.Enhanced != "" && r.Enhanced != "5.0.0" {
						t.Complainf("expected no enhanced code where the server sent %q, got %s", code, r.Enhanced)
					}
				}
			}
		}},
	{ID: "reply-enh-unknown", Level: Must, RFC: "3463 §2",
		Title:  "The class is recognised when subject and detail are not.",
		Script: "RCPT: `550 5.9.873 odd`",
		Right:  "C: reports it as 5.9.873 or by class => permanent",
		Run: func(t *T) {
			s := t.Play(To("a"), Offer("ENHANCEDSTATUSCODES"), On("RCPT", "550 5.9.873 odd"))
			s.Outcome("permanent")
			for _, r := range s.recipients() {
				if r.Enhanced != "" && !strings.HasPrefix(r.Enhanced, "5.") {
					t.Complainf("expected 5.9.873 or its class, got %s", r.Enhanced)
				}
			}
		}},
	{ID: "reply-enh-not-listed", Level: May, RFC: "2034 §5",
		Title:  "Enhanced codes may come unannounced.",
		Script: "EHLO lists nothing; RCPT: `550 5.1.1 no`",
		Right:  "C: may report 5.1.1 => permanent",
		Run: func(t *T) {
			s := t.Play(To("a"), On("RCPT", "550 5.1.1 no"))
			s.Outcome("permanent")
			for _, r := range s.recipients() {
				t.Recordf("the enhanced code reported: %q", r.Enhanced)
			}
		}},
	{ID: "reply-enh-lines", Level: Robust, RFC: "2034 §4",
		Title:  "Each line of a reply repeats the enhanced code.",
		Script: "RCPT: `551-5.7.1 one`, `551 5.7.1 two`",
		Right:  "C: reports 5.7.1 once, both texts or one => permanent",
		Run: func(t *T) {
			s := t.Play(To("a"), Offer("ENHANCEDSTATUSCODES"), On("RCPT", "551-5.7.1 one", "551 5.7.1 two"))
			s.Outcome("permanent")
			for _, r := range s.recipients() {
				if r.Enhanced != "" && r.Enhanced != "5.7.1" {
					t.Complainf("expected 5.7.1 once, got %s", r.Enhanced)
				}
			}
		}},
	{ID: "reply-surplus", Level: Robust, RFC: "desynchronisation",
		Title:  "A second reply to one command is not taken for the next command's.",
		Script: "MAIL: `250 ok` twice in one segment; RCPT: 550; DATA: 503",
		Right:  "C: ends, or in step; no content => not-sent or permanent",
		Run: func(t *T) {
			s := t.Play(OutOfStep, On("MAIL", "250 ok", "250 ok"), On("RCPT", "550 no"), On("DATA", "503 no"))
			s.NoContent()
			s.Outcome("lost permanent")
		}},
	{ID: "reply-surplus-late", Level: Robust, RFC: "desynchronisation",
		Title:  "The same when the surplus comes a moment later.",
		Script: "RCPT: 250, 300 ms later `250 again` (before DATA is answered); DATA: 451",
		Right:  "C: no content without the 354 => not-sent or temporary",
		Run: func(t *T) {
			s := t.Play(OutOfStep, To("a"), On("RCPT", "250 ok", func(c *Conn) { go func() { time.Sleep(t.pace(300 * time.Millisecond)); c.write("250 again\r\n") }() }),
				On("DATA", time.Second, "451 later"))
			s.NoContent()
			s.Outcome("lost")
		}},
	{ID: "reply-surplus-before-quit", Level: May, RFC: "desynchronisation",
		Title:  "Surplus after the last outcome is harmless.",
		Script: "Dot: `250 ok`, `250 ok again`; QUIT 221",
		Right:  "C: QUIT and close => accepted",
		Run: func(t *T) {
			s := t.Play(On("dot", "250 ok", "250 ok again"))
			s.Some("QUIT")
			s.Outcome("accepted")
		}},
}
