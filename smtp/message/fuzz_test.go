package message_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp/message"
)

var seeds = []string{
	"From: tim@example.org\nTo: a, b@example.net\nBcc: c@example.net\n\nhi\n",
	"Resent-From: tim@example.org\r\nResent-To: x:a@example.net;\r\nResent-Bcc:\r\n\tb@example.net\r\n",
	versioned + "Content-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: 8bit\n\n--x\nContent-Type: message/rfc822\n\nSubject: é\n\né\n--x\nContent-Type: image/png\nContent-Transfer-Encoding: binary\n\n\x89\r\n\x00--x--\n",
	versioned + "Content-Type: multipart/digest; boundary=\"x y\"\r\n\r\n--x y \r\n\r\nA: b\r\n\r\n\xff\xfe\r\n--x y--\r\n",
	versioned + "Content-Type: multipart/signed; boundary=x\n\n--x\n\né\n--x--\n",
}

// FuzzReencode: nothing breaks, the announced size is right, and what has 7 bits
// at most has them throughout and needs no more.
func FuzzReencode(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, byte(0))
	}
	f.Fuzz(func(t *testing.T, text string, kind byte) {
		m, err := message.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		transport := message.Transport{EightBit: kind&1 > 0, Binary: kind&2 > 0, UTF8: kind&4 > 0}
		c, err := m.Encoded(transport)
		var bad *message.EncodingError
		if err != nil {
			if !errors.As(err, &bad) {
				t.Fatal(err)
			}
			return
		}
		got, needs := readAll(t, c), c.Needs()
		if loneEnds(got) == 0 && int64(len(asWire(got))) != needs.Size {
			t.Fatalf("%d octets, said %d", len(asWire(got)), needs.Size)
		}
		if needs.EightBit && !transport.EightBit || needs.Binary && !transport.Binary || needs.UTF8 && !transport.UTF8 {
			t.Fatalf("%+v needs %+v", transport, needs)
		}
		if !transport.EightBit && strings.ContainsFunc(got, func(r rune) bool { return r > 127 }) {
			t.Fatalf("not 7 bits: %q", got)
		}
		if got == "" || got[0] == '\n' || strings.HasPrefix(got, "\r\n") {
			return // its header was Bcc alone, which does not go out
		}
		again, err := message.Read(strings.NewReader(got))
		if err != nil {
			t.Fatalf("can't be read again: %v", err)
		}
		if c, err = again.Encoded(transport); err != nil {
			t.Fatalf("can't be encoded again: %v", err)
		}
		if s := readAll(t, c); s != got {
			t.Fatalf("%q\nbecame\n%q\nand then\n%q", text, got, s)
		}
	})
}

// FuzzHeader: an envelope comes out or an error; Bcc does not go out, and a
// second look at what goes out finds no more of it.
func FuzzHeader(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := message.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		env, err := m.Envelope()
		if err == nil && (len(env.To) == 0 || strings.ContainsAny(env.From+strings.Join(env.To, ""), "\r\n<>\x00") && !strings.Contains(env.From+strings.Join(env.To, ""), `"`)) {
			t.Fatalf("envelope %+v", env)
		}
		out, err := io.ReadAll(m.Content())
		if err != nil {
			t.Fatal(err)
		}
		if len(out) == 0 || out[0] == '\r' || out[0] == '\n' {
			return // nothing but Bcc was there
		}
		again, err := message.Read(strings.NewReader(string(out)))
		if err != nil {
			t.Fatalf("what goes out can't be read: %v", err)
		}
		if s := readAll(t, again.Content()); s != string(out) {
			t.Fatalf("%q became %q", out, s)
		}
	})
}
