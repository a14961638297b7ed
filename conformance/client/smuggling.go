package client

import (
	"regexp"
	"strings"
)

var cases07 = []Case{
	{ID: "smug-lf-dot-lf", Level: MustNot, RFC: "5321 §2.3.8; SMTP smuggling 2023",
		Title:  "LF `.` LF never reaches the wire.",
		Script: "The message holds LF `.` LF",
		Right:  "C: CRLF `..` CRLF, or refusal => accepted or not-sent",
		Run: func(t *T) {
			t.smuggles("\n.\n")
		}},
	{ID: "smug-lf-dot-crlf", Level: MustNot, RFC: "5321 §2.3.8; SMTP smuggling 2023",
		Title:  "LF `.` CRLF never reaches the wire.",
		Script: "The message holds LF `.` CRLF",
		Right:  "C: CRLF `..` CRLF, or refusal => accepted or not-sent",
		Run: func(t *T) {
			t.smuggles("\n.\r\n")
		}},
	{ID: "smug-crlf-dot-lf", Level: MustNot, RFC: "5321 §2.3.8; SMTP smuggling 2023",
		Title:  "CRLF `.` LF never reaches the wire.",
		Script: "The message holds CRLF `.` LF",
		Right:  "C: CRLF `..` CRLF, or refusal => accepted or not-sent",
		Run: func(t *T) {
			t.smuggles("\r\n.\n")
		}},
	{ID: "smug-cr-dot-cr", Level: MustNot, RFC: "5321 §2.3.8; SMTP smuggling 2023",
		Title:  "CR `.` CR never reaches the wire.",
		Script: "The message holds CR `.` CR",
		Right:  "C: refusal, or line ends made CRLF with the dot doubled => not-sent or accepted",
		Run: func(t *T) {
			t.smuggles("\r.\r")
		}},
	{ID: "smug-cr-dot-crlf", Level: MustNot, RFC: "5321 §2.3.8; SMTP smuggling 2023",
		Title:  "CR `.` CRLF never reaches the wire.",
		Script: "The message holds CR `.` CRLF",
		Right:  "C: as above => not-sent or accepted",
		Run: func(t *T) {
			t.smuggles("\r.\r\n")
		}},
	{ID: "smug-crlf-dot-cr", Level: MustNot, RFC: "5321 §2.3.8; SMTP smuggling 2023",
		Title:  "CRLF `.` CR never reaches the wire.",
		Script: "The message holds CRLF `.` CR",
		Right:  "C: as above => not-sent or accepted",
		Run: func(t *T) {
			t.smuggles("\r\n.\r")
		}},
	{ID: "smug-lf-dot-cr", Level: MustNot, RFC: "5321 §2.3.8; SMTP smuggling 2023",
		Title:  "LF `.` CR and CR `.` LF never reach the wire.",
		Script: "The message holds both",
		Right:  "C: as above => not-sent or accepted",
		Run: func(t *T) {
			t.smuggles("\n.\r")
			t.smuggles("\r.\n")
		}},
	{ID: "smug-nul", Level: Robust, RFC: "SMTP smuggling 2023",
		Title:  "A NUL in the sequence ends nothing.",
		Script: "The message holds CRLF NUL `.` CRLF, then CRLF `.` NUL CRLF",
		Right:  "C: refusal, or sent as it is with leading dots doubled; NUL not dropped => not-sent or accepted",
		Run: func(t *T) {
			text := start + "before\r\n\x00.\r\nmiddle\r\n.\x00\r\n" + second
			s := t.Play(To("a"), Text(text))
			s.whole(text)
			s.Outcome("not-sent accepted")
		}},
	{ID: "smug-in-header", Level: MustNot, RFC: "5321 §2.3.8; SMTP smuggling 2023",
		Title:  "Headers get the same care as bodies.",
		Script: "LF `.` CRLF inside a folded Subject",
		Right:  "C: as in smug-lf-dot-crlf => accepted or not-sent",
		Run: func(t *T) {
			t.carries("From: <from@client.test>\r\nSubject: folded\n.\r\n more\r\nTo: <a@mx.test>\r\n\r\nbody\r\n" + second)
		}},
	{ID: "smug-at-start", Level: MustNot, RFC: "5321 §2.3.8; SMTP smuggling 2023",
		Title:  "The first octets get the same care.",
		Script: "The message begins with LF `.` CRLF; run 2 with `.` LF",
		Right:  "C: as above, no octets that a lax reader ends on => accepted or not-sent",
		Run: func(t *T) {
			t.carries("\n.\r\n" + start + second)
			t.carries(".\n" + start + second)
		}},
	{ID: "smug-at-boundary", Level: MustNot, RFC: "5321 §2.3.8; SMTP smuggling 2023",
		Title:  "The same across buffer edges.",
		Script: "LF `.` CRLF at each offset of data-dot-at-boundary",
		Right:  "C: as above => accepted or not-sent",
		Run: func(t *T) {
			for _, at := range edges() {
				t.carries(strings.TrimSuffix(filled(at), "\r\n") + "\n.\r\n" + second)
			}
		}},
	{ID: "smug-other-newlines", Level: Robust, RFC: "SMTP smuggling 2023",
		Title:  "Other line ends are no line ends.",
		Script: "VT, FF, `C2 85`, `E2 80 A8` around a dot, 8BITMIME offered",
		Right:  "C: sent as they are, or refused; not turned into CRLF => accepted, permanent or not-sent",
		Needs:  "ext:8BITMIME",
		Run: func(t *T) {
			for _, nl := range []string{"\v", "\f", "\xc2\x85", "\xe2\x80\xa8"} {
				text := start + "before" + nl + "." + nl + "after\r\n"
				s := t.Play(To("a"), Offer("8BITMIME"), Text(text))
				s.whole(text)
				s.Outcome("accepted permanent not-sent")
			}
		}},
	{ID: "smug-bdat", Level: Must, RFC: "3030 §2",
		Title:  "Inside BDAT no sequence means anything.",
		Script: "The message holds CRLF `.` CRLF and `BDAT 3 LAST` CRLF",
		Right:  "C: counted, not stuffed; second run with DATA: stuffed => accepted",
		Needs:  "ext:CHUNKING",
		Run: func(t *T) {
			text := start + "before\r\n.\r\nBDAT 3 LAST\r\nabc\r\nend\r\n"
			s := t.Play(To("a"), Offer("CHUNKING"), Text(text))
			s.Content([]byte(text))
			s.Outcome("accepted")
			s = t.Play(To("a"), Text(text))
			s.Content([]byte(text))
			s.Outcome("accepted")
		}},
}

// second is the rest of a message that tries to be a second one.
const second = "\r\nMAIL FROM:<evil@client.test>\r\nRCPT TO:<victim@mx.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\nQUIT\r\n"

// laxEnd finds what a lax server would take for the end of data.
var laxEnd = regexp.MustCompile(`(^|\r\n|\n|\r)\.(\r\n|\n|\r)`)

// smuggles holds that what a message has in it does not end the data for any
// server, lax or not.
func (t *T) smuggles(odd string, opts ...Option) *Seen {
	return t.carries(start+"before"+odd+second, opts...)
}

func (t *T) carries(text string, opts ...Option) *Seen {
	s := t.Play(append([]Option{To("a"), Text(text)}, opts...)...)
	for _, m := range s.Messages {
		if at := laxEnd.FindIndex(m.Wire); at != nil {
			t.Harmf("a lax server ends the data at offset %d: %.60q", at[0], m.Wire[max(0, at[0]-10):min(len(m.Wire), at[1]+20)])
		}
	}
	s.lineEnds()
	if n := len(s.Messages); n > 1 {
		t.Harmf("expected one transaction, got %d", n)
	}
	s.Outcome("accepted not-sent")
	return s
}
