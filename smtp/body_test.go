package smtp_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

// wire brings pieces into the form of the wire, up to the first error.
func wire(text smtp.Text, pieces ...[]byte) ([]byte, error) {
	var out []byte
	for _, p := range pieces {
		before := len(out)
		var err error
		if out, err = text.Append(out, p); err != nil {
			return out[:before], err
		}
	}
	return text.AppendEnd(out)
}

// normal is message data with CRLF for each LF, and at its end.
func normal(body []byte) []byte {
	b := bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	if len(b) > 0 && !bytes.HasSuffix(b, []byte("\n")) {
		b = append(b, "\r\n"...)
	}
	return b
}

// loneCR reports a CR with no LF behind it.
func loneCR(body []byte) bool {
	return bytes.Count(body, []byte("\r")) != bytes.Count(body, []byte("\r\n"))
}

// checkText holds all that is promised of a Text, for one body in any pieces.
func checkText(t rapid.TB, policy smtp.TextPolicy, dots bool, body []byte, pieces [][]byte) {
	text := smtp.Text{Policy: policy, Dots: dots}
	whole, wholeErr := wire(text, body)
	got, err := wire(text, pieces...)
	if (err == nil) != (wholeErr == nil) || err == nil && !bytes.Equal(got, whole) {
		t.Fatalf("%q in pieces %q: %q, %v; whole %q, %v", body, pieces, got, err, whole, wholeErr)
	}
	long := policy.MaxLine > 0 && slices.ContainsFunc(bytes.Split(normal(body), []byte("\r\n")), func(l []byte) bool { return len(l) > policy.MaxLine })
	loneLF := bytes.Count(body, []byte("\n")) != bytes.Count(body, []byte("\r\n"))
	if bad := loneCR(body) || long || policy.Strict && loneLF; bad != (err != nil) {
		t.Fatalf("%q with %+v: error %v, want one: %v", body, policy, err, bad)
	}
	var arg *smtp.ArgumentError
	if err != nil {
		if !errors.As(err, &arg) {
			t.Fatalf("error %T, want an ArgumentError", err)
		}
		return
	}
	if bytes.Count(got, []byte("\r\n")) != bytes.Count(got, []byte("\n")) || loneCR(got) {
		t.Fatalf("%q came out as %q, with a lone CR or LF", body, got)
	}
	if !dots {
		if !bytes.Equal(got, normal(body)) {
			t.Fatalf("%q came out as %q", body, got)
		}
		return
	}
	lines := strings.SplitAfter(string(got), "\r\n")
	if n := slices.Index(lines, ".\r\n"); n != len(lines)-2 || lines[len(lines)-1] != "" {
		t.Fatalf("%q came out as %q: want one dot alone, at the end", body, got)
	}
	var back strings.Builder
	for _, l := range lines[:len(lines)-2] {
		back.WriteString(strings.TrimPrefix(l, "."))
	}
	if back.String() != string(normal(body)) {
		t.Fatalf("%q came out as %q, and back as %q", body, got, back.String())
	}
}

// bodies are made of what matters: line ends, dots, text.
var bodies = rapid.Custom(func(t *rapid.T) []byte {
	parts := rapid.SliceOf(rapid.SampledFrom([]string{"\r\n", "\r\n", "\n", "\r", ".", ".", "a", "long line", "\x00", "\xff"})).Draw(t, "parts")
	return []byte(strings.Join(parts, ""))
})

func pieces(t *rapid.T, b []byte) [][]byte {
	var all [][]byte
	for len(b) > 0 {
		n := rapid.IntRange(0, len(b)).Draw(t, "piece")
		all = append(all, b[:n])
		b = b[n:]
	}
	return all
}

func textProperty(t *rapid.T) {
	policy := smtp.TextPolicy{Strict: rapid.Bool().Draw(t, "strict"), MaxLine: rapid.SampledFrom([]int{0, 0, 3, 9}).Draw(t, "longest")}
	body := bodies.Draw(t, "body")
	checkText(t, policy, rapid.Bool().Draw(t, "dots"), body, pieces(t, body))
}

func TestText(t *testing.T) { rapid.Check(t, textProperty) }

// evenLines are lines of one length, some octets of which are overwritten.
var evenLines = rapid.Custom(func(t *rapid.T) []byte {
	line := strings.Repeat("x", rapid.IntRange(0, 9).Draw(t, "length")) + "\r\n"
	b := []byte(strings.Repeat(line, rapid.IntRange(3, 12).Draw(t, "lines")))
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		what := rapid.SampledFrom([]string{"\r\n", "\r\n", "\n", "\r", ".", "\r\n.", "a"}).Draw(t, "octets")
		copy(b[rapid.IntRange(0, len(b)-1).Draw(t, "at"):], what)
	}
	return b
})

func TestTextOfEvenLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := evenLines.Draw(t, "body")
		checkText(t, smtp.TextPolicy{}, rapid.Bool().Draw(t, "dots"), body, pieces(t, body))
	})
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"", ".", "a\r\n.\r\nb", "a\n.\nb", "a\r", "\r\r\n", "..\r\n.", "ab\r\nab\r\n\r\n\r\nab\r\n"} {
		f.Add([]byte(seed), 1, false, 0, true)
	}
	f.Fuzz(func(t *testing.T, body []byte, at int, strict bool, maxLine int, dots bool) {
		at = max(0, min(at, len(body)))
		checkText(t, smtp.TextPolicy{Strict: strict, MaxLine: max(0, maxLine)}, dots, body, [][]byte{body[:at], body[at:]})
	})
}

// TestTextKeepsWhatItHad: an error leaves dst and the Text as they were.
func TestTextKeepsWhatItHad(t *testing.T) {
	text := smtp.Text{Dots: true}
	dst, err := text.Append(nil, []byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	if dst, err = text.Append(dst, []byte("b\r\n.c\rd")); err == nil || string(dst) != "a" {
		t.Fatalf("got %q, %v; want dst as it was and an error", dst, err)
	}
	if dst, err = text.Append(dst, []byte(".\r\n.")); err != nil {
		t.Fatal(err)
	}
	if dst, err = text.AppendEnd(dst); err != nil || string(dst) != "a.\r\n..\r\n.\r\n" {
		t.Fatalf("got %q, %v", dst, err)
	}
	if dst, err = text.Append(nil, []byte("next")); err != nil || string(dst) != "next" {
		t.Fatalf("behind its end a Text gave %q, %v", dst, err)
	}
}

// TestTextPolicyOfSession: Config.Text is what message data behind DATA is held
// to.
func TestTextPolicyOfSession(t *testing.T) {
	p := newPeer(t, smtp.Config{Text: smtp.TextPolicy{Strict: true, MaxLine: 5}})
	p.transaction()
	for _, bad := range []string{"a\nb", "a\rb", "123456"} {
		before := key(p.s)
		if err := p.s.Content([]byte(bad)); err == nil || key(p.s) != before {
			t.Errorf("%q: %v, want an error and nothing changed", bad, err)
		}
	}
	if err := p.s.Content([]byte(".2345\r\n6")); err != nil {
		t.Fatal(err)
	}
	p.must(p.s.EndContent())
	p.wants("the dot is doubled, the last line ended", "..2345\r\n6\r\n.\r\n")
}

// TestPass: what Pass takes is what Content and Take would have handed out.
func TestPass(t *testing.T) {
	passed := 0
	rapid.Check(t, func(rt *rapid.T) {
		p := newPeer(t, smtp.Config{})
		p.transaction()
		for range rapid.IntRange(1, 5).Draw(rt, "pieces") {
			piece := rapid.OneOf(evenLines, bodies).Draw(rt, "piece")
			other := p.s.Clone()
			err := other.Content(piece)
			before := key(p.s)
			if !p.s.Pass(piece) {
				if key(p.s) != before {
					rt.Fatalf("%q was not passed, but something was done", piece)
				}
				if err == nil {
					p.s = other
					p.s.Take(nil)
				}
				continue
			}
			passed++
			if got := other.Take(nil); err != nil || !bytes.Equal(got, piece) || key(other) != key(p.s) {
				rt.Fatalf("%q was passed; Content hands out %q, %v", piece, got, err)
			}
		}
	})
	if passed == 0 {
		t.Error("nothing was passed")
	}
}

// transaction goes to the 354.
func (p *peer) transaction() {
	p.t.Helper()
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	p.reply("250 ok")
	p.must(p.s.Rcpt("b@example.test", nil))
	p.flush()
	p.reply("250 ok")
	p.must(p.s.Data())
	p.flush()
	p.reply("354 go on")
}
