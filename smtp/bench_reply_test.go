package smtp

import (
	"bufio"
	"bytes"
	"net/textproto"
	"strconv"
	"testing"
)

// Replies as servers give them: an EHLO of 12 lines, and the one that is read most.
var (
	ehloReply = []byte("250-mx.example.test\r\n250-PIPELINING\r\n250-SIZE 36700160\r\n250-VRFY\r\n250-ETRN\r\n250-STARTTLS\r\n" +
		"250-AUTH PLAIN LOGIN SCRAM-SHA-256\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n")
	okReply = []byte("250 2.1.0 Ok\r\n")
)

// BenchmarkReply, by number of lines, cuts a reply off the input and reads its codes, as Next does
// before it walks the table.
func BenchmarkReply(b *testing.B) {
	for _, text := range [][]byte{okReply, ehloReply} {
		name := strconv.Itoa(bytes.Count(text, []byte("\n")))
		b.Run(name, func(b *testing.B) {
			s := NewSession(Config{})
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s.in.add(text)
				raw, whole := s.reply()
				if e, n := parseEnhanced(raw[4:]); !whole || s.in.code != 250 || n > 0 && e[0] != 2 {
					b.Fatal(s.in.code, e)
				}
			}
		})
		b.Run(name+"/textproto", func(b *testing.B) {
			in := bytes.NewReader(nil)
			r := textproto.NewReader(bufio.NewReader(in))
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				in.Reset(text)
				if _, _, err := r.ReadResponse(250); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/linefeeds", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				n := 0
				for rest := text; len(rest) > 0; n++ {
					rest = rest[bytes.IndexByte(rest, '\n')+1:]
				}
				if n == 0 {
					b.Fatal(n)
				}
			}
		})
	}
}

func TestParsingRepliesAllocatesNothing(t *testing.T) {
	s := NewSession(Config{})
	for _, text := range [][]byte{ehloReply, okReply} {
		s.in.add(text)
		s.reply()
		if n := testing.AllocsPerRun(100, func() { s.in.add(text); s.reply() }); n != 0 {
			t.Errorf("%q: %v allocations, want 0", text, n)
		}
	}
}
