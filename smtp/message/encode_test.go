package message_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/message"
)

// What comes out for a server that takes 7 bits only, octet for octet.
func TestEncodedExamples(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"mostly ASCII is quoted (RFC 2045 §6.7)",
			"Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\nX-Last: y\n\nGrüße aus dem schönen Weimar, wo alles besser ist als anderswo=\nends in blanks \t\n-- \n--x\nFrom here\n.\n",
			"Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\nX-Last: y\n\nGr=C3=BC=C3=9Fe aus dem sch=C3=B6nen Weimar, wo alles besser ist als anders=\nwo=3D\nends in blanks =09\n-=2D=20\n-=2Dx\nFrom=20here\n.\n"},
		{"mostly not is base64 (RFC 2045 §6.8)",
			"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nпривет\n",
			"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n0L/RgNC40LLQtdGCDQo=\n"},
		{"a message without MIME (RFC 2045 §4)",
			"Subject: x\n\nGrüße, which is all that there is to say for today\n",
			"Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe, which is all that there is to say for today\n"},
		{"nobody knows its character set (RFC 1428 §3)",
			"Subject: x\n\nGr\xfc\xdfe, which is all that there is to say for today\n",
			"Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe, which is all that there is to say for today\n"},
		{"octets with LF in them (RFC 3030 §3)",
			"MIME-Version: 1.0\nContent-Type: image/png\nContent-Transfer-Encoding: binary\n\n\x89PNG\r\n\x1a\n\x00\r",
			"MIME-Version: 1.0\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgoADQ==\n"},
		{"a multipart, only where it has to be (RFC 2046 §5.1.1)",
			"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"simple boundary\"\nContent-Transfer-Encoding: 8bit\n\nThis is the preamble.\n--simple boundary\n\nImplicitly typed plain text.\n--simple boundary   \nContent-type: image/png\n\n\x89PNG\n--simple boundary\ncontent-transfer-encoding: 8bit\n\nASCII after all\n\n--simple boundary--\n\nThis is the epilogue.\n",
			"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"simple boundary\"\nContent-Transfer-Encoding: 7bit\n\nThis is the preamble.\n--simple boundary\n\nImplicitly typed plain text.\n--simple boundary   \nContent-type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw==\n--simple boundary\nContent-Transfer-Encoding: 7bit\n\nASCII after all\n\n--simple boundary--\n\nThis is the epilogue.\n"},
		{"messages in a digest (RFC 2046 §5.1.5)",
			"MIME-Version: 1.0\nContent-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: one\nMIME-Version: 1.0\n\nhé, this is but a short one\n--x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nSubject: two\n\nASCII\n--x--\n",
			"MIME-Version: 1.0\nContent-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: one\nMIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\nh=C3=A9, this is but a short one\n--x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\nSubject: two\n\nASCII\n--x--\n"},
		{"a message with UTF-8 in its header, whole (RFC 6532 §3.7)",
			"MIME-Version: 1.0\nContent-Type: message/global\nContent-Transfer-Encoding: 8bit\n\nSubject: öffne\n\nSesam, so it was said in the old times, and was heard\n",
			"MIME-Version: 1.0\nContent-Type: message/global\nContent-Transfer-Encoding: quoted-printable\n\nSubject: =C3=B6ffne\n\nSesam, so it was said in the old times, and was heard\n"},
		{"signed, and 7 bits: not an octet changes",
			"MIME-Version: 1.0\nContent-Type: multipart/signed; boundary=x; micalg=pgp-sha256; protocol=\"application/pgp-signature\"\n\n--x\nContent-Transfer-Encoding: 8bit\n\nASCII\n--x\nContent-Transfer-Encoding: 8bit\nContent-Type: multipart/mixed; boundary=y\n\n--y--\n--x\nContent-Type: application/pgp-signature\n\nabc\n--x--\n", ""},
		{"no end of the multipart",
			"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: image/png\n\n\x89",
			"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niQ==\n"},
		{"an outer delimiter ends the inner multipart (RFC 2046 §5.1.2)",
			"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\n\x89\n--a\nContent-Type: image/png\n\n\x89\n--b\n--a--\n",
			"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niQ==\n--a\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niQ0KLS1i\n--a--\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == "" {
				c.want = c.text
			}
			for _, eol := range []string{"\n", "\r\n"} {
				if strings.Contains(c.text, "\r") && eol != "\n" {
					continue // it has octets of its own
				}
				text, want := strings.ReplaceAll(c.text, "\n", eol), strings.ReplaceAll(c.want, "\n", eol)
				content, err := read(t, text).Encoded(message.Transport{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, readAll(t, content)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

const versioned = "From: tim@example.org\nMIME-Version: 1.0\n"

// What would break is refused, and says why; 7 bits of the same are let
// through.
func TestWhatIsNotEncoded(t *testing.T) {
	part := func(kind, inner string) string {
		return versioned + "Content-Type: " + kind + "; boundary=x\n\n--x\n" + inner + "\n--x--\n"
	}
	for _, c := range []struct{ name, text, missing, want string }{
		{"signed", part("multipart/signed", "\né"), "8BITMIME", "signed or encrypted"},
		{"deep in something signed", part("multipart/signed", "Content-Type: multipart/mixed; boundary=y\n\n--y\nContent-Type: message/rfc822\n\nSubject: z\n\né\n--y--"), "8BITMIME", "signed or encrypted"},
		{"encrypted", part("multipart/encrypted", "Content-Type: application/octet-stream\n\né"), "8BITMIME", "signed or encrypted"},
		{"DKIM", "DKIM-Signature: v=1; a=b\n" + versioned + "\né\n", "8BITMIME", "DKIM-Signature"},
		{"not base64", part("multipart/mixed", "Content-Transfer-Encoding: base64\n\né"), "8BITMIME", "labelled base64"},
		{"not quoted-printable", versioned + "Content-Transfer-Encoding: Quoted-Printable\n\né\n", "8BITMIME", "labelled quoted-printable"},
		{"an encoding of somebody's own", versioned + "Content-Transfer-Encoding: x-uuencode\n\né\n", "8BITMIME", "not known"},
		{"a multipart labelled base64", versioned + "Content-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: base64\n\n--x\n\né\n--x--\n", "8BITMIME", "labelled base64"},
		{"no boundary", versioned + "Content-Type: multipart/mixed\n\n--x\n\né\n--x--\n", "8BITMIME", "without a boundary"},
		{"a broken boundary", versioned + "Content-Type: multipart/mixed; boundary=a b\n\n--a b\n\né\n--a b--\n", "8BITMIME", "without a boundary"},
		{"preamble", versioned + "Content-Type: multipart/mixed; boundary=x\n\né\n--x\n\nhi\n--x--\n", "8BITMIME", "outside of the parts"},
		{"epilogue", part("multipart/mixed", "\nhi") + "é\n", "8BITMIME", "outside of the parts"},
		{"message/partial", versioned + "Content-Type: message/partial; id=1; number=1\n\né\n", "8BITMIME", "takes no encoding"},
		{"UTF-8 in a part's header", part("multipart/mixed", "Content-Disposition: attachment; filename=\"é\"\n\nhi"), "SMTPUTF8", "a header has UTF-8"},
		{"UTF-8 in a message's header", part("multipart/mixed", "Content-Type: message/rfc822\n\nSubject: é\n\nhi"), "SMTPUTF8", "a header has UTF-8"},
		{"two labels", versioned + "Content-Transfer-Encoding: 8bit\nContent-Transfer-Encoding: 7bit\n\né\n", "8BITMIME", "Content-Transfer-Encoding twice"},
		{"two types", versioned + "Content-Type: text/plain\nContent-Type: text/html\n\né\n", "8BITMIME", "Content-Type twice"},
		{"a line that is no field", part("multipart/mixed", "no field\n\né"), "8BITMIME", "no field"},
		{"one boundary twice", part("multipart/mixed", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\né\n--x--"), "8BITMIME", "two multiparts"},
		{"too deep", versioned + nest(60, "é"), "8BITMIME", "nested too deeply"},
		{"too many", versioned + "Content-Type: multipart/mixed; boundary=x\n\n" + strings.Repeat("--x\n\né\n", 10001), "8BITMIME", "too many parts"},
		{"a long field", part("multipart/mixed", "Content-Type: text/plain;"+strings.Repeat("\n x=\"y\";", 10000)+"\n\né"), "8BITMIME", "64 KiB"},
		{"NUL in base64", part("multipart/mixed", "Content-Transfer-Encoding: base64\n\n\x00"), "BINARYMIME", "labelled base64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(t, c.text).Encoded(message.Transport{})
			var bad *message.EncodingError
			var missing *smtp.MissingError
			if !errors.As(err, &bad) || !errors.As(err, &missing) || missing.Name != c.missing || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want that %s is missing and why: %q", err, c.missing, c.want)
			}
			seven := strings.NewReplacer("é", "e", "\x00", "e").Replace(c.text)
			content, err := read(t, seven).Encoded(message.Transport{})
			if err != nil {
				t.Fatalf("7 bits of the same: %v", err)
			}
			if s := readAll(t, content); s != seven && !strings.Contains(c.name, "label") {
				t.Errorf("7 bits of the same became %q", s)
			}
		})
	}
}

// Binary content goes as it is where all around it is in the form of the wire.
func TestBinaryTransport(t *testing.T) {
	for _, eol := range []string{"\n", "\r\n"} {
		text := strings.ReplaceAll(versioned+"Content-Type: image/png\nContent-Transfer-Encoding: binary\n\n", "\n", eol) + "\x89\n\x00\r"
		c, err := read(t, text).Encoded(message.Transport{EightBit: true, Binary: true})
		if err != nil {
			t.Fatal(err)
		}
		if same := readAll(t, c) == text; same != (eol == "\r\n") || c.Needs().Binary != same {
			t.Errorf("with %q: needs %+v, and is the same: %v", eol, c.Needs(), same)
		}
	}
}

// UTF-8 in the header takes both extensions (RFC 6531 §3.1).
func TestUTF8NeedsEightBits(t *testing.T) {
	m := read(t, "Subject: é\n\nhi\n")
	for transport, want := range map[message.Transport]bool{{}: false, {EightBit: true}: false, {UTF8: true}: false, {UTF8: true, EightBit: true}: true} {
		if _, err := m.Encoded(transport); (err == nil) != want {
			t.Errorf("%+v: %v", transport, err)
		}
	}
}

func nest(depth int, text string) string {
	if depth == 0 {
		return "\n" + text
	}
	b := strings.Repeat("y", depth)
	return "Content-Type: multipart/mixed; boundary=" + b + "\n\n--" + b + "\n" + nest(depth-1, text) + "\n--" + b + "--"
}

// Lines that are too long are encoded where that breaks nothing, and go out as
// they are elsewhere.
func TestLongLines(t *testing.T) {
	long := strings.Repeat("long ", 250)
	m := read(t, versioned+"\n"+long+"\n")
	if n := m.Needs(); !n.LongLines || n.Binary || n.EightBit {
		t.Errorf("needs %+v", n)
	}
	c, err := m.Encoded(message.Transport{EightBit: true})
	if err != nil {
		t.Fatal(err)
	}
	if s := readAll(t, c); !strings.Contains(s, "Content-Transfer-Encoding: quoted-printable\n\nlong long") || c.Needs().LongLines {
		t.Errorf("needs %+v: %q", c.Needs(), s)
	}
	for _, text := range []string{"DKIM-Signature: x\n" + versioned + "\n" + long, versioned + "Content-Transfer-Encoding: base64\n\n" + long} {
		c, err := read(t, text).Encoded(message.Transport{})
		if err != nil {
			t.Fatal(err)
		}
		if s := readAll(t, c); s != text || !c.Needs().LongLines {
			t.Errorf("needs %+v: %q", c.Needs(), s)
		}
	}
}

func TestNeeds(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       message.Needs
	}{
		{"nothing", versioned + "\nhi\n", message.Needs{}},
		{"8 bits", versioned + "\né\n", message.Needs{EightBit: true}},
		{"UTF-8 in the header", "Subject: é\n\nhi\n", message.Needs{UTF8: true}},
		{"UTF-8 in Bcc only", "Bcc: \"é\" <tim@example.org>,\n \"è\" <ann@example.org>\nSubject: x\n\nhi\n", message.Needs{}},
		{"UTF-8 in a part's header", versioned + "Content-Type: multipart/mixed; boundary=x\n\n--x\nX-Y: é\n\n--x--\n", message.Needs{UTF8: true, EightBit: true}},
		{"message/global", versioned + "Content-Type: message/global\n\nSubject: é\n\n", message.Needs{UTF8: true, EightBit: true}},
		{"NUL", versioned + "\na\x00b\n", message.Needs{Binary: true}},
		{"CR in an image", crlf(versioned+"Content-Type: image/png\n\n") + "a\rb\r\n", message.Needs{Binary: true}},
		{"LF in an image", crlf(versioned+"Content-Type: image/png\n\n") + "a\nb\r\n", message.Needs{Binary: true}},
		{"LF in text", crlf(versioned+"\n") + "a\nb\r\n", message.Needs{}},
		{"LF in an image among lines that end so", versioned + "Content-Type: image/png\n\na\nb\n", message.Needs{}},
		{"a long line", versioned + "\n" + strings.Repeat("x", 999) + "\n", message.Needs{LongLines: true}},
		{"a line not too long", versioned + "\n" + strings.Repeat("x", 998) + "\n", message.Needs{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := read(t, c.text).Needs()
			got.Size = 0
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Content that is read and encoded in several pieces is put together right,
// wherever a line end or a group of octets is cut.
func TestLargeContent(t *testing.T) {
	for _, n := range []int{8191, 8192, 8193, 16384, 64<<10 - 1, 64 << 10, 64<<10 + 1, 200_000} {
		for _, c := range []struct{ kind, content string }{
			{"text/plain", strings.Repeat("a", n) + "\r\n"},
			{"text/plain", strings.Repeat("a", n) + "\r\nb"},
			{"text/plain", strings.Repeat("a", n)},
			{"text/plain", strings.Repeat("y", n) + "é\r\n" + strings.Repeat(strings.Repeat("z", 76)+"\r\n", 500)},
			{"text/plain", strings.Repeat("é\r\n", n)},
			{"image/png", strings.Repeat("\x89PNG\r\n\x1a\n\x00", n/9) + "\r\n"},
		} {
			for _, label := range []string{"", "binary"} {
				text := crlf(versioned) + "Content-Type: " + c.kind + "\r\nContent-Transfer-Encoding: " + label + "\r\n\r\n" + c.content
				if c.kind != "image/png" && label == "" {
					text = strings.ReplaceAll(text, "\r\n", "\n")
				}
				m := read(t, text)
				if c.kind != "image/png" && m.Needs().Size != int64(len(asWire(text))) {
					t.Errorf("%d octets, said %d", len(asWire(text)), m.Needs().Size)
				}
				encoded, err := m.Encoded(message.Transport{})
				if err != nil {
					t.Fatal(err)
				}
				out := readAll(t, encoded)
				for line := range strings.Lines(out) {
					if line = strings.TrimRight(line, "\r\n"); len(line) > 76 && n > 64<<10 {
						t.Fatalf("a line of %d octets", len(line))
					}
				}
				got, err := readTree(asWire(out), "text/plain")
				if err != nil {
					t.Fatal(err)
				}
				if want := c.content; strings.TrimSuffix(got.Content, "\r\n") != strings.TrimSuffix(want, "\r\n") {
					t.Errorf("%s %q of %d octets became %d octets", c.kind, label, len(want), len(got.Content))
				}
			}
		}
	}
}

// Pieces of any size give the same, and a large message takes no more memory
// than a small one.
func TestMemory(t *testing.T) {
	allocate := func(lines int) float64 {
		text := versioned + "\n" + strings.Repeat("Grüße und so weiter, eine ganze Zeile lang bis zum Ende\n", lines)
		r := strings.NewReader(text)
		return testing.AllocsPerRun(2, func() {
			m, err := message.New(r, int64(len(text)))
			if err != nil {
				t.Fatal(err)
			}
			c, err := m.Encoded(message.Transport{})
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, c); err != nil || n < int64(len(text)) {
				t.Fatalf("%d octets, %v", n, err)
			}
		})
	}
	small, large := allocate(1000), allocate(100_000)
	if large > small+5 {
		t.Errorf("%v allocations for a small message, %v for a large one", small, large)
	}
}
