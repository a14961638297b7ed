package message_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"

	"net/textproto"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp/message"
)

// A node is an entity as the standard library reads it.
type node struct {
	Header  string // all fields but the label, in their order
	Label   string
	Raw     string // a leaf's content as it stands there
	Content string // decoded
	Parts   []node
}

// readTree reads a message or a part whose line ends are CRLF.
func readTree(text, standard string) (node, error) {
	header, body, _ := strings.Cut(text, "\r\n\r\n")
	if rest, empty := strings.CutPrefix(text, "\r\n"); empty {
		header, body = "", rest
	}
	h, err := textproto.NewReader(newBufio(header + "\r\n\r\n")).ReadMIMEHeader()
	if err != nil {
		return node{}, err
	}
	label, _, _ := strings.Cut(h.Get("Content-Transfer-Encoding"), " ")
	n := node{Label: strings.ToLower(label), Raw: body}
	for field := range strings.Lines(header + "\r\n") {
		if name, _, _ := strings.Cut(field, ":"); !strings.EqualFold(name, "Content-Transfer-Encoding") && name != "MIME-Version" && strings.TrimSpace(field) != "" {
			n.Header += field
		}
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if h.Get("Content-Type") == "" {
		kind, err = standard, nil
	}
	if err != nil {
		return node{}, err
	}
	var r io.Reader = strings.NewReader(body)
	switch n.Label {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return node{}, fmt.Errorf("%s: %w", n.Label, err)
	}
	n.Content = string(content)
	switch {
	case kind == "message/rfc822":
		inner, err := readTree(n.Content, "text/plain")
		n.Parts, n.Content, n.Raw = []node{inner}, "", ""
		return n, err
	case strings.HasPrefix(kind, "multipart/"):
		inside := "text/plain"
		if kind == "multipart/digest" {
			inside = "message/rfc822"
		}
		parts := multipart.NewReader(strings.NewReader(n.Content), params["boundary"])
		n.Content, n.Raw = "", ""
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return n, nil
			}
			if err != nil {
				return n, err
			}
			raw, err := io.ReadAll(p)
			if err != nil {
				return n, err
			}
			head := ""
			for name, values := range p.Header { // in any order, but one field a name
				head += name + ": " + values[0] + "\r\n"
			}
			child, err := readTree(sortLines(head)+"\r\n"+string(raw), inside)
			if err != nil {
				return n, err
			}
			n.Parts = append(n.Parts, child)
		}
	}
	return n, nil
}

// compare gives what is wrong with an encoded form of a message.
func compare(before, after node) error {
	if before.Header != after.Header {
		return fmt.Errorf("the header %q became %q", before.Header, after.Header)
	}
	if before.Content != after.Content {
		return fmt.Errorf("the content %q became %q", before.Content, after.Content)
	}
	if isSeven(before.Raw) && before.Label != "8bit" && before.Label != "binary" && (before.Raw != after.Raw || before.Label != after.Label) {
		return fmt.Errorf("7-bit content %q became %q", before.Raw, after.Raw)
	}
	if isSeven(before.Raw) && after.Label == "8bit" || after.Label == "binary" {
		return fmt.Errorf("%q is labelled %s", after.Raw, after.Label)
	}
	if len(before.Parts) != len(after.Parts) {
		return fmt.Errorf("%d parts became %d", len(before.Parts), len(after.Parts))
	}
	for i := range before.Parts {
		if err := compare(before.Parts[i], after.Parts[i]); err != nil {
			return fmt.Errorf("part %d: %w", i, err)
		}
	}
	return nil
}

// isSeven reports 7-bit lines (RFC 2045 §2.7).
func isSeven(s string) bool {
	for line := range strings.Lines(s) {
		if len(line) > 1000 {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r == 0 || r > 127 }) && loneEnds(s) == 0
}

// loneEnds counts CR and LF that are no line ends.
func loneEnds(s string) int {
	return strings.Count(s, "\r") + strings.Count(s, "\n") - 2*strings.Count(s, "\r\n")
}

// asWire is what a driver makes of a message.
func asWire(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		s += "\r\n"
	}
	return s
}

// entities draws entities with labels that fit, lines ending in CRLF.
func entities(depth int, boundary string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kinds := []string{"text", "text", "attachment", "binary", "encoded"}
		if depth > 0 {
			kinds = append(kinds, "multipart", "multipart", "message", "digest", "global")
		}
		mixed := rapid.SampledFrom([]string{"", "MIXED-case-"}).Draw(t, "case")
		label := func(words ...string) string {
			if word := rapid.SampledFrom(words).Draw(t, "label"); word != "" {
				return "Content-Transfer-Encoding: " + word + "\r\n"
			}
			return ""
		}
		switch rapid.SampledFrom(kinds).Draw(t, "kind") {
		case "text":
			return label("", "8bit", "8BIT (some)", "7bit") + "Content-Type: text/plain; charset=utf-8\r\nX-Note: " + mixed + "\r\n\r\n" + drawText(t, boundary)
		case "attachment":
			return label("", "8bit") + "Content-Type: application/x-thing\r\n\r\n" + drawText(t, boundary)
		case "binary":
			return "Content-Type: image/png\r\n" + label("binary") + "\r\n" + string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "octets"))
		case "encoded":
			return "Content-Type: image/gif\r\n" + label("base64") + "\r\n" + base64.StdEncoding.EncodeToString(rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "octets"))
		case "message":
			return label("", "8bit", "binary") + "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nMIME-Version: 1.0\r\n" + entities(depth-1, boundary).Draw(t, "message")
		case "global":
			return label("8bit") + "Content-Type: message/global\r\n\r\nSubject: öffne\r\nMIME-Version: 1.0\r\n\r\nä\r\n"
		}
		inner := boundary + rapid.SampledFrom([]string{"x", "=C3=A4", "y--", "q z"}).Draw(t, "boundary")
		kind, sub := "mixed", entities(depth-1, inner)
		if rapid.Bool().Draw(t, "digest") {
			kind = "digest"
			sub = rapid.Map(entities(depth-1, inner), func(s string) string { return "\r\nSubject: in a digest\r\n" + s })
		}
		var b strings.Builder
		b.WriteString(label("", "8bit", "binary") + "Content-Type: multipart/" + kind + ";\r\n boundary=\"" + inner + "\"\r\n\r\n")
		b.WriteString(rapid.SampledFrom([]string{"", "preamble\r\n", "--other\r\n"}).Draw(t, "preamble"))
		for _, part := range rapid.SliceOfN(sub, 1, 3).Draw(t, "parts") {
			b.WriteString("--" + inner + rapid.SampledFrom([]string{"", " \t"}).Draw(t, "padding") + "\r\n" + part + "\r\n")
		}
		b.WriteString("--" + inner + "--\r\n" + rapid.SampledFrom([]string{"", "epilogue\r\n", "--" + inner + "\r\nmore\r\n"}).Draw(t, "epilogue"))
		return b.String()
	})
}

// drawText draws lines, some of them long, or nearly a delimiter, or hard to
// quote.
func drawText(t *rapid.T, boundary string) string {
	line := rapid.OneOf(
		rapid.SampledFrom([]string{"", "--", "-", "--" + boundary + "é", "--" + strings.ReplaceAll(boundary, "=C3=A4", "ä"), strings.Repeat("a", 74) + "--" + boundary, "From here ", "tab\t", "=", ".", "x=41",
			strings.Repeat("long ", 220), strings.Repeat("ü", 600), strings.Repeat("n", 76)}),
		rapid.StringOf(rapid.Rune().Filter(func(r rune) bool { return r >= ' ' || r == '\t' })),
	).Filter(func(s string) bool {
		return boundary == "" || !strings.HasPrefix(s, "--"+boundary) || strings.Contains(s, "é")
	})
	return strings.Join(rapid.SliceOfN(line, 0, 6).Draw(t, "lines"), "\r\n")
}

// Any message comes out with the same content, in lines of ASCII, in which what
// was so before is untouched; and once more it stays as it is.
func TestEncodedIsTheSame(t *testing.T) {
	reencoded, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		text := "From: tim@example.org\r\nMIME-Version: 1.0\r\n" + entities(3, "").Draw(t, "message") + "\r\n"
		for _, transport := range []message.Transport{{}, {EightBit: true}, {EightBit: true, UTF8: true}} {
			m := read(t, text)
			c, err := m.Encoded(transport)
			if err != nil {
				if m.Needs() == (message.Needs{Size: m.Needs().Size}) {
					t.Fatalf("refused though nothing is needed: %v", err)
				}
				if !strings.Contains(text, "y--") { // delimits two multiparts, perhaps
					t.Fatalf("refused: %v\n%q", err, text)
				}
				refused++
				continue
			}
			got := readAll(t, c)
			if got != text {
				reencoded++
			}
			needs := c.Needs()
			if needs.Binary || needs.LongLines || needs.EightBit && !transport.EightBit || needs.UTF8 && !transport.UTF8 {
				t.Fatalf("%+v needs %+v", transport, needs)
			}
			if wire := asWire(got); int64(len(wire)) != needs.Size {
				t.Fatalf("%d octets on the wire, said %d", len(wire), needs.Size)
			}
			before, err := readTree(text, "text/plain")
			if err != nil {
				t.Fatalf("the standard library can't read it: %v\n%q", err, text)
			}
			after, err := readTree(asWire(got), "text/plain")
			if err != nil {
				t.Fatalf("can't be read: %v\n%q\nbecame\n%q", err, text, got)
			}
			if !transport.EightBit {
				if !isSeven(got) && loneEnds(got) > 0 || strings.ContainsFunc(got, func(r rune) bool { return r > 127 || r == 0 }) {
					t.Fatalf("not 7 bits: %q", got)
				}
				if err := compare(before, after); err != nil {
					t.Fatalf("%v\n%q\nbecame\n%q", err, text, got)
				}
			}
			for line := range strings.Lines(got) {
				if len(line) > 1000 {
					t.Fatalf("a line of %d octets", len(line))
				}
			}
			twice, err := read(t, got).Encoded(transport)
			if err != nil {
				t.Fatalf("can't be encoded again: %v", err)
			}
			if s := readAll(t, twice); s != got {
				t.Fatalf("encoded twice\n%q\nis\n%q", got, s)
			}
		}
	})
	t.Logf("%d re-encoded, %d refused", reencoded, refused)
	least := 50
	if testing.Short() {
		least = 10
	}
	if reencoded < least || refused > reencoded {
		t.Errorf("%d re-encoded and %d refused: the samples are no good", reencoded, refused)
	}
}

// A message with LF as line end comes out like one with CRLF.
func TestEncodedFromLocalForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "From: tim@example.org\r\nMIME-Version: 1.0\r\n" + entities(3, "").Filter(func(s string) bool {
			return !strings.Contains(s, "image/png") && !strings.Contains(s, "y--")
		}).Draw(t, "message") + "\r\n"
		local := read(t, strings.ReplaceAll(text, "\r\n", "\n"))
		if got, want := local.Needs(), read(t, text).Needs(); got != want {
			t.Fatalf("needs %+v, with CRLF %+v", got, want)
		}
		c, err := local.Encoded(message.Transport{})
		if err != nil {
			t.Fatal(err)
		}
		got := readAll(t, c)
		if strings.Contains(got, "\r") {
			t.Fatalf("a CR came into %q", got)
		}
		before, err := readTree(text, "text/plain")
		if err != nil {
			t.Fatal(err)
		}
		after, err := readTree(asWire(got), "text/plain")
		if err != nil {
			t.Fatal(err)
		}
		if err := compare(before, after); err != nil {
			t.Fatalf("%v\n%q\nbecame\n%q", err, text, got)
		}
	})
}
