package client

import (
	"strings"
	"time"
)

var cases01 = []Case{
	{ID: "greet-wait", Level: Should, RFC: "5321 §4.3.1",
		Title:  "Wait for the greeting before the first command.",
		Script: "S: silent for 2 s, then 220",
		Right:  "C: not an octet before the 220, then EHLO => accepted",
		Run: func(t *T) {
			s := t.Play(On("greeting", 2*time.Second, "220 mx.test ESMTP"))
			s.InTime("EHLO", "HELO")
			s.Outcome("accepted")
		}},
	{ID: "greet-multiline", Level: Must, RFC: "5321 §4.2",
		Title:  "A greeting of several lines is one reply.",
		Script: "S: `220-mx.test hello`, `220-` (no text), `220 ready`",
		Right:  "C: EHLO once, after the last line => accepted",
		Run: func(t *T) {
			s := t.Play(On("greeting", "220-mx.test hello", "220-", "220 ready"))
			s.Times(1, "EHLO")
			s.InTime("EHLO")
			s.Outcome("accepted")
		}},
	{ID: "greet-multiline-slow", Level: Must, RFC: "5321 §4.2.1",
		Title:  "The greeting ends with the line that has no hyphen, whenever it comes.",
		Script: "S: `220-mx.test`; 3 s later `220 ready`",
		Right:  "C: nothing sent in between => accepted",
		Run: func(t *T) {
			s := t.Play(On("greeting", "220-mx.test", 3*time.Second, "220 ready"))
			s.InTime("EHLO", "HELO")
			s.Outcome("accepted")
		}},
	{ID: "greet-no-text", Level: Should, RFC: "5321 §4.2",
		Title:  "A code without text is enough.",
		Script: "S: `220` and CRLF",
		Right:  "C: EHLO => accepted",
		Run: func(t *T) {
			s := t.Play(On("greeting", "220"))
			s.Some("EHLO")
			s.Outcome("accepted")
		}},
	{ID: "greet-no-esmtp", Level: Should, RFC: "5321 §4.1.1.1",
		Title:  "EHLO is tried first, whatever the greeting's text says.",
		Script: "S: `220 mx.test Simple Mail Transfer Service`",
		Right:  "C: EHLO, not HELO => accepted",
		Run: func(t *T) {
			s := t.Play(On("greeting", "220 mx.test Simple Mail Transfer Service"))
			s.Never("HELO")
			s.Some("EHLO")
			s.Outcome("accepted")
		}},
	{ID: "greet-554", Level: Must, RFC: "5321 §4.1.4, §3.1",
		Title:  "After a 554 greeting nothing but QUIT, and QUIT is sent.",
		Script: "S: `554 No SMTP service here`; waits; 503 to all but QUIT",
		Right:  "C: QUIT, no EHLO, no MAIL => permanent",
		Run: func(t *T) {
			s := t.Play(On("greeting", "554 No SMTP service here"), On("any", "503 no"), On("QUIT", "221 bye", Close))
			s.Order("QUIT")
			s.Outcome("permanent")
		}},
	{ID: "greet-554-closed", Level: Should, RFC: "5321 §4.2.1",
		Title:  "A refusal followed by a close is still the refusal.",
		Script: "S: `554-no`, `554 mail here`, close at once",
		Right:  "C: reports the 554, not the broken link => permanent",
		Run: func(t *T) {
			s := t.Play(On("greeting", "554-no", "554 mail here", Close))
			s.Never("EHLO", "MAIL")
			s.Outcome("permanent")
		}},
	{ID: "greet-521", Level: Must, RFC: "7504 §3; 5321 §4.3.2",
		Title:  "521 means that this host never takes mail.",
		Script: "S: `521 mx.test does not accept mail`; 521 to all but QUIT",
		Right:  "C: no MAIL => permanent",
		Run: func(t *T) {
			s := t.Play(On("greeting", "521 mx.test does not accept mail"), On("any", "521 no"), On("QUIT", "221 bye", Close))
			s.Never("MAIL")
			s.Outcome("permanent")
		}},
	{ID: "greet-421", Level: Should, RFC: "5321 §4.2.1",
		Title:  "421 is a transient refusal.",
		Script: "S: `421 mx.test too busy`, close",
		Right:  "C: no EHLO => temporary",
		Run: func(t *T) {
			s := t.Play(On("greeting", "421 mx.test too busy", Close))
			s.Never("EHLO", "MAIL")
			s.Outcome("lost")
		}},
	{ID: "greet-4yz-other", Level: Must, RFC: "5321 §4.3.2",
		Title:  "An unlisted 4yz greeting is read by its first digit.",
		Script: "S: `450 mx.test later`",
		Right:  "C: QUIT or close, no MAIL => temporary",
		Run: func(t *T) {
			s := t.Play(On("greeting", "450 mx.test later"))
			s.Never("MAIL")
			s.Outcome("temporary")
		}},
	{ID: "greet-5yz-other", Level: Must, RFC: "5321 §4.3.2",
		Title:  "An unlisted 5yz greeting is read by its first digit.",
		Script: "S: `557 mx.test never`",
		Right:  "C: QUIT or close, no MAIL => permanent",
		Run: func(t *T) {
			s := t.Play(On("greeting", "557 mx.test never"))
			s.Never("MAIL")
			s.Outcome("permanent")
		}},
	{ID: "greet-2yz-other", Level: Robust, RFC: "5321 §4.3.2",
		Title:  "A 2yz that is not 220 is taken as positive or refused as a violation, never half.",
		Script: "S: `250 mx.test` as greeting",
		Right:  "C: goes on with EHLO and works, or ends => accepted or not-sent",
		Run: func(t *T) {
			s := t.Play(On("greeting", "250 mx.test"))
			s.Outcome("accepted not-sent")
		}},
	{ID: "greet-3yz", Level: Robust, RFC: "5321 §4.2.1",
		Title:  "3yz makes no sense as a greeting.",
		Script: "S: `354 go ahead`",
		Right:  "C: no EHLO, no content; ends => not-sent",
		Run: func(t *T) {
			s := t.Play(On("greeting", "354 go ahead"))
			s.Never("EHLO", "MAIL")
			s.NoContent()
			s.Outcome("lost")
		}},
	{ID: "greet-out-of-range", Level: Should, RFC: "5321 §4.2",
		Title:  "First digits other than 2 to 5 are fatal.",
		Script: "S: `120 wait a little`, later `220 ok` (second run: `620 hm`)",
		Right:  "C: ends, no MAIL => not-sent",
		Run: func(t *T) {
			s := t.Play(On("greeting", "120 wait a little", time.Second, "220 ok"))
			s.Never("MAIL")
			s.Outcome("lost")
			s = t.Play(On("greeting", "620 hm"))
			s.Never("MAIL")
			s.Outcome("lost")
		}},
	{ID: "greet-http", Level: Robust, RFC: "robust",
		Title:  "A server of another protocol is recognised at once.",
		Script: "S: `HTTP/1.1 400 Bad Request` and headers",
		Right:  "C: ends; the message names what came => not-sent",
		Run: func(t *T) {
			s := t.Play(On("greeting", "HTTP/1.1 400 Bad Request", "Content-Type: text/plain", "", "what?", Close))
			s.Never("MAIL")
			s.Outcome("lost")
			if s.Answer != nil && !strings.Contains(s.Answer.Error+s.texts(), "HTTP") {
				t.Complainf("expected a message that names what came, got %q", s.Answer.Error)
			}
		}},
	{ID: "greet-binary", Level: Robust, RFC: "robust",
		Title:  "Octets that are no text do no harm.",
		Script: "S: 64 KiB of random octets with no LF, close",
		Right:  "C: ends; no crash; JSON valid => not-sent",
		Run: func(t *T) {
			s := t.Play(On("greeting", Raw(noise(64<<10)), Close))
			s.Never("EHLO", "MAIL")
			s.Outcome("lost")
		}},
	{ID: "greet-close", Level: Should, RFC: "5321 §3.8",
		Title:  "A close before the greeting counts like 451.",
		Script: "S: accepts, closes",
		Right:  "C: ends => temporary",
		Run: func(t *T) {
			s := t.Play(On("greeting", Close))
			s.Never("MAIL")
			s.Outcome("lost")
		}},
	{ID: "greet-half-close", Level: Should, RFC: "5321 §3.8",
		Title:  "A close inside the greeting is no greeting.",
		Script: "S: `220-mx.test hello`, close",
		Right:  "C: no EHLO => temporary",
		Run: func(t *T) {
			s := t.Play(On("greeting", "220-mx.test hello", Close))
			s.Never("EHLO", "MAIL")
			s.Outcome("lost")
		}},
	{ID: "greet-reset", Level: Should, RFC: "5321 §3.8",
		Title:  "A reset counts like 451.",
		Script: "S: accepts, RST",
		Right:  "C: ends => temporary",
		Run: func(t *T) {
			s := t.Play(On("greeting", Reset))
			s.Never("MAIL")
			s.Outcome("lost")
		}},
	{ID: "greet-no-listener", Level: Should, RFC: "5321 §3.8",
		Title:  "A closed port counts like 451.",
		Script: "Nobody listens on the port",
		Right:  "C: ends with a clear message => temporary",
		Run: func(t *T) {
			s := t.Play(NoListener)
			s.Outcome("lost")
			if s.Answer != nil && s.Answer.Error+s.texts() == "" {
				t.Complainf("expected a message, got none")
			}
		}},
	{ID: "greet-early-talker", Level: Robust, RFC: "desynchronisation",
		Title:  "A server that answers commands not yet given is out of step.",
		Script: "S: `220 mx.test` and `250 mx.test` in one segment; then one honest reply to each command",
		Right:  "C: notices the surplus before EHLO and ends, or stays in step; never an outcome one reply off => not-sent or accepted",
		Run: func(t *T) {
			s := t.Play(OutOfStep, On("greeting", "220 mx.test", "250 mx.test"))
			s.Outcome("lost accepted")
		}},
	{ID: "greet-name-ignored", Level: Must, RFC: "5321 §4.2",
		Title:  "The text of the greeting decides nothing.",
		Script: "S: `220 localhost 554 Go away STARTTLS`",
		Right:  "C: EHLO as usual => accepted",
		Run: func(t *T) {
			s := t.Play(On("greeting", "220 localhost 554 Go away STARTTLS"))
			s.Some("EHLO")
			s.Never("STARTTLS")
			s.Outcome("accepted")
		}},
}

// noise are octets that are no text, and have no LF.
func noise(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(11 + (i*7919+i/251*31)%245)
	}
	return string(b)
}
