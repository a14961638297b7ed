package client

import (
	"fmt"
	"strings"
	"time"
)

var cases06 = []Case{
	{ID: "data-wait-354", Level: MustNot, RFC: "5321 §3.3",
		Title:  "Content only after 354.",
		Script: "DATA: silent for 2 s, then 354",
		Right:  "C: not an octet before the 354 => accepted",
		Run: func(t *T) {
			s := t.Play(On("DATA", 2*time.Second, "354 go"))
			s.InTime("dot")
			for _, m := range s.Messages {
				if m.Data != nil && m.First.Before(m.Data.At.Add(t.pace(2*time.Second))) {
					t.Complainf("content came before the 354")
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "data-250", Level: MustNot, RFC: "5321 §3.3",
		Title:  "250 to DATA is no leave to send.",
		Script: "DATA: `250 ok`; then 500 to whatever comes",
		Right:  "C: no content; RSET, QUIT or close => not-sent",
		Run: func(t *T) {
			s := t.Play(On("DATA", "250 ok"))
			s.NoContent()
			s.Outcome("lost")
		}},
	{ID: "data-3yz-other", Level: May, RFC: "5321 §3.3, §4.3.2",
		Title:  "Another 3yz: by the first digit go, by §3.3 no; the RFC says both.",
		Script: "DATA: `353 go`",
		Right:  "C: either; recorded => accepted or not-sent",
		Run: func(t *T) {
			s := t.Play(On("DATA", "353 go"))
			t.Recordf("%d messages came", len(s.Arrived()))
			s.Outcome("accepted not-sent")
		}},
	{ID: "data-4yz", Level: MustNot, RFC: "5321 §3.3",
		Title:  "No content after a transient refusal of DATA.",
		Script: "DATA: 451",
		Right:  "C: RSET, QUIT or close => temporary",
		Run: func(t *T) {
			s := t.Play(On("DATA", "451 later"))
			s.NoContent()
			s.Outcome("temporary")
		}},
	{ID: "data-5yz", Level: MustNot, RFC: "5321 §3.3",
		Title:  "No content after 503 or 554.",
		Script: "Every RCPT 250; DATA: 503, run 2: 554",
		Right:  "C: RSET, QUIT or close => permanent",
		Run: func(t *T) {
			for _, reply := range []string{"503 no", "554 no"} {
				s := t.Play(On("DATA", reply))
				s.NoContent()
				s.Outcome("permanent")
			}
		}},
	{ID: "data-exact", Level: Must, RFC: "5321 §4.5.2, §4.1.1.4",
		Title:  "What the server unstuffs is what the caller gave, octet by octet.",
		Script: "Message of all printable ASCII, TAB, blank lines, trailing spaces, in CRLF form",
		Right:  "C: unstuffed content equals the file => accepted",
		Run: func(t *T) {
			var b strings.Builder
			b.WriteString(start)
			for c := byte(' '); c < 127; c++ {
				b.WriteByte(c)
			}
			b.WriteString("\r\n\ttabs\tin\tit\t\r\n\r\n\r\ntrailing spaces   \r\n \r\n\r\nend\r\n")
			s := t.Play(Text(b.String()))
			s.Content([]byte(b.String()))
			s.Outcome("accepted")
		}},
	{ID: "data-dot-stuffing", Level: Must, RFC: "5321 §4.5.2",
		Title:  "A line that begins with a dot gets one more.",
		Script: "Lines `.`, `..`, `.x`, `. `, `x.` in the middle",
		Right:  "C: `..`, `...`, `..x`, `.. `, `x.` => accepted",
		Run: func(t *T) {
			text := start + "one\r\n.\r\n..\r\n.x\r\n. \r\nx.\r\nend\r\n"
			s := t.Play(Text(text))
			s.Content([]byte(text))
			s.wire(start + "one\r\n..\r\n...\r\n..x\r\n.. \r\nx.\r\nend\r\n")
			s.Outcome("accepted")
		}},
	{ID: "data-dot-first-line", Level: Must, RFC: "5321 §4.5.2",
		Title:  "The first line is a line too.",
		Script: "The message begins with `.` CRLF",
		Right:  "C: `..` CRLF first => accepted",
		Run: func(t *T) {
			text := ".\r\n" + start + "end\r\n"
			s := t.Play(Text(text))
			s.wire("." + text)
			s.Outcome("accepted")
		}},
	{ID: "data-dot-last-line", Level: Must, RFC: "5321 §4.5.2",
		Title:  "The last line is a line too.",
		Script: "The message ends with CRLF `.` CRLF",
		Right:  "C: CRLF `..` CRLF `.` CRLF => accepted",
		Run: func(t *T) {
			s := t.Play(Text(start + "one\r\n.\r\n"))
			s.wire(start + "one\r\n..\r\n")
			s.Outcome("accepted")
		}},
	{ID: "data-dot-at-boundary", Level: Must, RFC: "5321 §4.5.2",
		Title:  "Stuffing does not depend on buffers.",
		Script: "CRLF and dot straddle each of offsets 510 to 515, 1022 to 1026, 4094 to 4098, 8190 to 8194, 32766 to 32770, 65534 to 65538, at CR, LF and dot",
		Right:  "C: every such dot doubled, no other => accepted",
		Run: func(t *T) {
			for _, at := range edges() {
				for shift := range 3 { // CR, LF or the dot at the offset
					text := filled(at-shift+2) + ".dot\r\n..\r\n"
					s := t.Play(To("a"), Text(text))
					s.Content([]byte(text))
					s.Outcome("accepted")
				}
			}
		}},
	{ID: "data-crlf-only", Level: MustNot, RFC: "5321 §2.3.8",
		Title:  "LF line ends are not sent as they are.",
		Script: "A message with LF line ends",
		Right:  "C: CRLF on the wire, dots stuffed after conversion; or refuses => accepted or not-sent",
		Run: func(t *T) {
			text := strings.ReplaceAll(start+"one\n.\n.two\nend\n", "\r\n", "\n")
			s := t.Play(Text(text))
			s.lineEnds()
			s.whole(strings.ReplaceAll(text, "\n", "\r\n"))
			s.Outcome("accepted not-sent")
		}},
	{ID: "data-bare-cr", Level: MustNot, RFC: "5321 §2.3.8",
		Title:  "CR without LF is never sent.",
		Script: "`a` CR `b` inside a line, and CR CR LF at another's end",
		Right:  "C: refuses, or sends no bare CR => not-sent or accepted",
		Run: func(t *T) {
			s := t.Play(Text(start + "a\rb\r\nend\r\r\nlast\r\n"))
			s.lineEnds()
			s.Outcome("not-sent accepted")
		}},
	{ID: "data-mixed-ends", Level: MustNot, RFC: "5321 §2.3.8",
		Title:  "One LF line among CRLF lines does not pass.",
		Script: "CRLF lines with one LF",
		Right:  "C: as in data-crlf-only => accepted or not-sent",
		Run: func(t *T) {
			s := t.Play(Text(start + "one\r\ntwo\nthree\r\n"))
			s.lineEnds()
			s.whole(start + "one\r\ntwo\r\nthree\r\n")
			s.Outcome("accepted not-sent")
		}},
	{ID: "data-no-final-crlf", Level: Must, RFC: "5321 §4.1.1.4",
		Title:  "A last line without CRLF gets it, or the message is refused.",
		Script: "The file ends in `end`",
		Right:  "C: `end` CRLF `.` CRLF => accepted or not-sent",
		Run: func(t *T) {
			s := t.Play(Text(start + "end"))
			s.whole(start + "end\r\n")
			s.Outcome("accepted not-sent")
		}},
	{ID: "data-no-extra-crlf", Level: MustNot, RFC: "5321 §4.1.1.4",
		Title:  "No empty line is added at the end.",
		Script: "The file ends in `end` CRLF",
		Right:  "C: `end` CRLF `.` CRLF => accepted",
		Run: func(t *T) {
			s := t.Play(Text(start + "end\r\n"))
			s.Content([]byte(start + "end\r\n"))
			s.Outcome("accepted")
		}},
	{ID: "data-final-cr", Level: MustNot, RFC: "5321 §2.3.8",
		Title:  "A CR at the very end is no half line end to complete silently twice.",
		Script: "The file ends in `end` CR",
		Right:  "C: refuses, or `end` CRLF `.` CRLF => not-sent or accepted",
		Run: func(t *T) {
			s := t.Play(Text(start + "end\r"))
			s.lineEnds()
			s.whole(start + "end\r\n")
			s.Outcome("not-sent accepted")
		}},
	{ID: "data-empty", Level: MustNot, RFC: "5321 §4.1.1.4",
		Title:  "No content means the dot alone.",
		Script: "An empty file",
		Right:  "C: `.` CRLF after the 354, no empty line before it; or refuses => accepted or not-sent",
		Run: func(t *T) {
			s := t.Play(Text(""))
			s.whole("")
			s.Outcome("accepted not-sent")
		}},
	{ID: "data-998", Level: Must, RFC: "5321 §4.5.3.1.6",
		Title:  "A text line of 1000 octets with CRLF is sent whole.",
		Script: "A line of 998 octets; another whose first is a dot",
		Right:  "C: unchanged but for stuffing => accepted",
		Run: func(t *T) {
			text := start + strings.Repeat("l", 998) + "\r\n." + strings.Repeat("m", 997) + "\r\nend\r\n"
			s := t.Play(Text(text))
			s.Content([]byte(text))
			s.Outcome("accepted")
		}},
	{ID: "data-over-998", Level: Should, RFC: "5321 §4.5.3.1, §4.5.3.1.6",
		Title:  "Longer lines are avoided, never damaged.",
		Script: "A line of 5000 octets",
		Right:  "C: refuses, re-encodes validly, or sends it whole; no cut, no lost octet => accepted, permanent or not-sent",
		Run: func(t *T) {
			text := start + strings.Repeat("l", 5000) + "\r\nend\r\n"
			s := t.Play(Text(text))
			s.whole(text)
			s.Outcome("accepted permanent not-sent")
		}},
	{ID: "data-nul", Level: Should, RFC: "5321 §4.1.1.4",
		Title:  "Control characters are best avoided; a NUL cuts nothing.",
		Script: "NUL in the middle of a line, text after it",
		Right:  "C: refuses, or sends all of it => not-sent or accepted",
		Run: func(t *T) {
			text := start + "one\x00two\r\nend\r\n"
			s := t.Play(Text(text))
			s.whole(text)
			s.Outcome("not-sent accepted")
		}},
	{ID: "data-early-4yz", Level: Robust, RFC: "robust",
		Title:  "A refusal that comes during the content is the refusal.",
		Script: "After 32 KiB of 1 MiB: `452 disk full`; reads on to the dot, sends nothing more",
		Right:  "C: stops by closing, with no dot; or finishes; no hang for a second reply => temporary",
		Run: func(t *T) {
			s := t.Play(large, On("content@32768", "452 disk full"), On("dot"))
			s.Outcome("lost")
		}},
	{ID: "data-early-5yz", Level: Robust, RFC: "robust",
		Title:  "The same, permanent.",
		Script: "The same with `552 too big`",
		Right:  "C: the same => permanent",
		Run: func(t *T) {
			s := t.Play(large, On("content@32768", "552 too big"), On("dot"))
			s.Outcome("permanent")
		}},
}

// start is the header of messages whose content matters.
const start = "From: <from@client.test>\r\nTo: <a@mx.test>\r\nSubject: content\r\n\r\n"

// edges are offsets around the ends of usual buffers.
func edges() (list []int) {
	for _, r := range [][2]int{{510, 515}, {1022, 1026}, {4094, 4098}, {8190, 8194}, {32766, 32770}, {65534, 65538}} {
		for i := r[0]; i <= r[1]; i++ {
			list = append(list, i)
		}
	}
	return list
}

// filled is a text of n octets in lines, which ends in CRLF.
func filled(n int) string {
	var b strings.Builder
	b.WriteString(start)
	for b.Len() < n-80 {
		b.WriteString(strings.Repeat("x", 70) + "\r\n")
	}
	return b.String() + strings.Repeat("y", n-2-b.Len()) + "\r\n"
}

// lineEnds complains about CR or LF that stand alone in what came.
func (s *Seen) lineEnds() {
	for _, m := range s.Messages {
		wire := strings.ReplaceAll(string(m.Wire), "\r\n", "")
		if i := strings.IndexAny(wire, "\r\n"); i >= 0 && m.Ended && len(m.Chunks) == 0 {
			s.t.Harmf("expected every line to end in CRLF, got a lone %q", wire[i])
		}
	}
}

// wire complains unless the content came so, stuffing and all.
func (s *Seen) wire(want string) {
	for _, m := range s.Messages {
		if m.Ended && string(m.Wire) != want {
			s.t.Complainf("the content on the wire is not as expected: %s", differ([]byte(want), m.Wire))
		}
	}
	if len(s.Arrived()) == 0 {
		s.t.Complainf("expected a message, got none")
	}
}

// ended complains unless the end of data came for all messages, or for none.
func (s *Seen) ended(want bool) {
	for _, m := range s.Messages {
		if m.Ended != want && want {
			s.t.Complainf("expected the end of data, it did not come")
		} else if m.Ended != want {
			s.t.Complainf("expected no end of data, it came behind %d octets", len(m.Wire))
		}
	}
}

// names complains if the client's answer does not name what the server said.
func (s *Seen) names(code string) {
	if s.Answer == nil || strings.Contains(s.Answer.Error+s.texts(), code) {
		return
	}
	for _, r := range s.recipients() {
		if fmt.Sprint(r.Code) == code {
			return
		}
	}
	s.t.Complainf("expected the %s in what is reported, got %.200q", code, s.Answer.Error)
}

// whole complains unless the message came as it is, if any came.
func (s *Seen) whole(want string) {
	if len(s.Arrived()) > 0 {
		s.Content([]byte(want))
	}
}

// large is a message that does not fit into the buffers between the two, so that its
// end can't go out before the server has read most of it.
func large(p *play) {
	Size(8 << 20)(p)
	SmallBuffers(p)
}
