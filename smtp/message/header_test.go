package message_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/message"
)

func TestEnvelopeFromHeader(t *testing.T) {
	for _, c := range []struct {
		name, header string
		from         string
		to           []string
		fault        string // part of the error
	}{
		{"one of each", "From: Tim <tim@example.org>\nTo: ann@example.net\nCc: bob@example.net\nBcc: eve@example.net\n",
			"tim@example.org", []string{"ann@example.net", "bob@example.net", "eve@example.net"}, ""},
		{"Sender before From", "From: tim@example.org, ann@example.org\nSender: desk@example.org\nTo: ann@example.net\n",
			"desk@example.org", []string{"ann@example.net"}, ""},
		{"empty Sender", "From: tim@example.org\nSender: \nTo: ann@example.net\n", "tim@example.org", []string{"ann@example.net"}, ""},
		{"resent", "Resent-From: ann@example.net\nResent-To: bob@example.net\nResent-Bcc: eve@example.net\nFrom: tim@example.org\nTo: ann@example.net\nBcc: zoe@example.net\n",
			"ann@example.net", []string{"bob@example.net", "eve@example.net"}, ""},
		{"resent by another", "RESENT-SENDER: desk@example.net\nResent-From: ann@example.net\nResent-Cc: bob@example.net\nFrom: tim@example.org\n",
			"desk@example.net", []string{"bob@example.net"}, ""},
		{"groups", "From: tim@example.org\nTo: Friends: ann@example.net, Bob <bob@example.net>;, eve@example.net\nCc: nobody:;\n",
			"tim@example.org", []string{"ann@example.net", "bob@example.net", "eve@example.net"}, ""},
		{"duplicates", "From: tim@example.org\nTo: ann@example.net, Ann@example.net\nCc: ann@EXAMPLE.NET, bob@example.net\nBcc: bob@example.net\n",
			"tim@example.org", []string{"ann@example.net", "Ann@example.net", "bob@example.net"}, ""},
		{"folded, with comments", "From : tim@example.org (Tim, of \\(course\\))\nTo:\n\tann@example.net,\n bob@example.net\n",
			"tim@example.org", []string{"ann@example.net", "bob@example.net"}, ""},
		{"several To", "From: tim@example.org\nTo: ann@example.net\nTo: bob@example.net\n",
			"tim@example.org", []string{"ann@example.net", "bob@example.net"}, ""},
		{"quoted local part", "From: tim@example.org\nTo: \"john doe\"@example.net\n", "tim@example.org", []string{`"john doe"@example.net`}, ""},
		{"name in an unknown character set", "From: =?x-own?Q?T=FFm?= <tim@example.org>\nTo: ann@example.net\n",
			"tim@example.org", []string{"ann@example.net"}, ""},
		{"address literal", "From: tim@[192.0.2.1]\nTo: ann@example.net\n", "tim@[192.0.2.1]", []string{"ann@example.net"}, ""},

		{"no From", "To: ann@example.net\n", "", nil, "From: expected one address for the reverse-path, got 0"},
		{"two in From", "From: tim@example.org, ann@example.org\nTo: ann@example.net\n", "", nil, "From: expected one address for the reverse-path, got 2"},
		{"no recipient", "From: tim@example.org\nBcc: \n", "", nil, "expected a recipient in To, Cc or Bcc"},
		{"bad To", "From: tim@example.org\nTo: ann\n", "", nil, "To: expected addresses"},
		{"bad domain", "From: tim@example.org\nCc: ann@example.net, bob@-x-.example\n", "", nil, "Cc: address 2: each part of a domain"},
		{"bad Resent-Bcc", "From: tim@example.org\nResent-From: tim@example.org\nResent-Bcc: a b c\n", "", nil, "Resent-Bcc: expected addresses"},
		{"resent twice", "Resent-From: a@example.net\nResent-To: b@example.net\nResent-From: c@example.net\nFrom: tim@example.org\n", "", nil, "Resent-From: expected one block"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, text := range []string{c.header + "\nhello\n", crlf(c.header), crlf(c.header + "\nTo: nobody@example.com\n")} {
				env, err := read(t, text).Envelope()
				var bad *smtp.ArgumentError
				if c.fault != "" {
					if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.fault) {
						t.Errorf("%v; want an error about %q", err, c.fault)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if env.From != c.from {
					t.Errorf("from %q, want %q", env.From, c.from)
				}
				if diff := cmp.Diff(c.to, env.To); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestWhatIsNoMessage(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "empty"},
		{"words", "just words\n", "NAME: VALUE"},
		{"an empty line first", "\nhello\n", "NAME: VALUE"},
		{"an mbox", "From tim Sat Mar 14\nFrom: tim@example.org\n\nx\n", "NAME: VALUE"},
		{"folded at once", " From: tim@example.org\n\nx\n", "NAME: VALUE"},
		{"NUL in the header", "From: tim\x00@example.org\n\nx\n", "NUL"},
		{"CR in the header", "Subject: a\rBcc: eve@example.com\n\nx\n", "CR"},
		{"Latin-1 in the header", "Subject: gr\xfc\xdfe\n\nx\n", "UTF-8"},
		{"CR in text", "Subject: x\n\na\rb\n", "CR"},
		{"CR at the end", "Subject: x\n\na\r", "CR"},
		{"CR at the end of a piece", "Subject: x\n\n" + strings.Repeat("a", 64<<10-1) + "\rb", "CR"},
		{"CR between parts", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\na\rb\n--x\n\n--x--\n", "CR"},
		{"CR in a part's header", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nX-Note: a\rb\n\n--x--\n", "CR"},
		{"a header of 2 MiB", strings.Repeat("X-Note: "+strings.Repeat("x", 1000)+"\n", 2000), "1 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := message.Read(strings.NewReader(c.text))
			var bad *smtp.ArgumentError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want an error about %q", err, c.want)
			}
		})
	}
}

// Whatever fields there are, those with hidden recipients go, and nothing else.
func TestBccDoesNotGoOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		eol := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "eol")
		field := rapid.Custom(func(t *rapid.T) [2]string {
			name := rapid.SampledFrom([]string{"Bcc", "BCC ", "Resent-Bcc", "resent-bcc\t", "Cc", "X-Bcc", "Bcc-Not", "Subject"}).Draw(t, "name")
			value := rapid.SampledFrom([]string{"", " eve@example.net", " eve@example.net," + eol + " zoe@example.net", eol + "\teve@example.net", " " + strings.Repeat("long ", 300)}).Draw(t, "value")
			return [2]string{name, name + ":" + value + eol}
		})
		text, want := "", ""
		for _, f := range append([][2]string{{"From", "From: tim@example.org" + eol}}, rapid.SliceOf(field).Draw(t, "fields")...) {
			text += f[1]
			if name := strings.ToLower(strings.TrimSpace(f[0])); name != "bcc" && name != "resent-bcc" {
				want += f[1]
			}
		}
		body := rapid.SampledFrom([]string{"", eol, eol + "Bcc: in the body" + eol, eol + "no end"}).Draw(t, "body")
		text, want = text+body, want+body
		m := read(t, text)
		if got := readAll(t, m.Content()); got != want {
			t.Fatalf("%q\nwent out as\n%q\nwant\n%q", text, got, want)
		}
		if got, want := m.Needs().Size, int64(len(asWire(want))); got != want {
			t.Fatalf("size %d, want %d", got, want)
		}
	})
}

// A file that got shorter while it is sent is no message that ends early.
func TestAShorterFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.eml")
	text := "Subject: x\r\n\r\n" + strings.Repeat("hello\r\n", 100)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := message.New(f, int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Content().Read(make([]byte, 1000)); err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("%v; want an unexpected end", err)
	}
}
