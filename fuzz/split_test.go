package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

// A scripted client does what its script says, a few commands after each
// event, and writes down all that it sees.
type scripted struct {
	s      *smtp.Session
	script []byte
	log    strings.Builder
}

// follow gives the diary of a session that is fed a stream in pieces. With
// spoil each piece is overwritten at once: the session must have copied it.
func follow(lmtp bool, script []byte, pieces [][]byte, spoil bool) string {
	x := &scripted{s: smtp.NewSession(smtp.Config{LMTP: lmtp, Limits: smtp.Limits{ReplyLine: 512, ReplyLines: 20, ReplyBytes: 2048, Outstanding: 16}}), script: script}
	for _, piece := range pieces {
		x.s.HandleInput(piece)
		if spoil {
			clear(piece)
		}
		x.drain()
	}
	x.s.HandleEOF()
	x.drain()
	return x.log.String()
}

func (x *scripted) drain() {
	for ev := x.s.Next(); ev.Kind != smtp.None; ev = x.s.Next() {
		fmt.Fprintf(&x.log, "%d op %d role %d tag %d late %v more %v temporary %v: %d %v %q %q; ",
			ev.Kind, ev.Op, ev.Role, ev.Tag, ev.Late, ev.More, ev.Temporary, ev.Reply.Code, ev.Reply.Enhanced, ev.Reply.Text(), ev.Reply.Raw())
		var protocol *smtp.ProtocolError
		if errors.As(ev.Err, &protocol) { // the excerpt depends on what has come
			fmt.Fprintf(&x.log, "violation of %s, expected %s; ", protocol.RFC, protocol.Expected)
		} else {
			fmt.Fprintf(&x.log, "%v; ", ev.Err)
		}
		x.act()
		fmt.Fprintf(&x.log, "state %d assumed %d facts %x awaiting %d timeout %v halted %v closing %v\n",
			x.s.State(), x.s.Assumed(), x.s.Facts(), x.s.Awaiting(), x.s.Timeout(), x.s.Halted(), x.s.Closing())
	}
}

func (x *scripted) act() {
	s := x.s
	for n := 0; n < 3 && len(x.script) > 0; n++ {
		what := x.script[0]
		x.script = x.script[1:]
		var tag smtp.Tag
		var err error
		switch what % 20 {
		case 0, 1:
			tag, err = s.Hello("client.example")
		case 2, 3:
			tag, err = s.Mail("s@client.example", nil)
		case 4, 5:
			tag, err = s.Rcpt("r@wild.example", nil)
		case 6:
			tag, err = s.Data()
		case 7, 8:
			err = s.Content([]byte(".a line\r\nand more"))
		case 9:
			tag, err = s.EndContent()
		case 10:
			tag, err = s.Chunk(3, false)
		case 11:
			tag, err = s.Chunk(3, true)
		case 12:
			err = s.Content([]byte("abc"))
		case 13:
			tag, err = s.Rset()
		case 14:
			tag, err = s.Noop("")
		case 15:
			tag, err = s.Authenticate("PLAIN", []byte("\x00u\x00p"), what > 128)
		case 16:
			tag, err = s.Line([]byte("x"))
		case 17:
			tag, err = s.UpgradeTLS()
		case 18:
			tag, err = s.Quit()
		default: // nothing is taken for now
			continue
		}
		fmt.Fprintf(&x.log, "[%d: %d %v]", what%20, tag, err != nil)
	}
	fmt.Fprintf(&x.log, " wrote %q; ", s.Take(nil))
}

// split cuts a copy of a stream into pieces whose lengths are given, and the
// rest into one more.
func split(stream []byte, lengths []byte) [][]byte {
	var pieces [][]byte
	rest := bytes.Clone(stream)
	for _, n := range lengths {
		n := min(int(n), len(rest))
		pieces = append(pieces, rest[:n])
		rest = rest[n:]
	}
	return append(pieces, rest)
}

func checkSplit(t interface {
	Fatalf(format string, args ...any)
}, lmtp bool, script, stream, lengths []byte) {
	whole := follow(lmtp, script, split(stream, nil), false)
	if got := follow(lmtp, script, split(stream, lengths), true); got != whole {
		t.Fatalf("in pieces of %d octets:\n%s\nwhole:\n%s", lengths, got, whole)
	}
	if got := follow(lmtp, script, split(stream, bytes.Repeat([]byte{1}, len(stream))), true); got != whole {
		t.Fatalf("octet by octet:\n%s\nwhole:\n%s", got, whole)
	}
}

// replies gives streams that are mostly replies.
func replies() *rapid.Generator[[]byte] {
	line := rapid.SampledFrom([]string{
		"220 wild.example\r\n", "250 ok\r\n", "250 2.1.0 ok\r\n", "250-one\r\n250 two\r\n", "250\r\n", "251 2.1.5 elsewhere\r\n",
		"250-wild.example\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-STARTTLS\r\n250-AUTH PLAIN\r\n250 ENHANCEDSTATUSCODES\r\n",
		"250-wild.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n",
		"354 go on\r\n", "334 Zm9v\r\n", "334 \r\n", "235 2.7.0 in\r\n", "221 bye\r\n", "421 4.3.2 closing\r\n", "421-closing\r\n421 now\r\n",
		"450 4.1.1 later\r\n", "550 5.1.1 no\r\n", "552 5.5.3 many\r\n", "503 no\r\n", "599-\r\n599 \r\n", "250-one\r\n251 two\r\n", "250 lone\n", "25", "250x\r\n", "100 what\r\n", "\r\n", "250 \x00\r\n",
	})
	return rapid.Custom(func(t *rapid.T) []byte {
		var b []byte
		if rapid.IntRange(0, 9).Draw(t, "how it begins") > 0 {
			b = append(b, "220 wild.example\r\n250-wild.example\r\n250-PIPELINING\r\n250-AUTH PLAIN\r\n250 CHUNKING\r\n"...)
		}
		for _, l := range rapid.SliceOfN(line, 0, 12).Draw(t, "lines") {
			b = append(b, l...)
		}
		if rapid.IntRange(0, 9).Draw(t, "how it ends") == 0 {
			b = append(b, bytes.Repeat([]byte("250-on and on\r\n"), rapid.IntRange(0, 40).Draw(t, "repeats"))...)
			b = append(b, bytes.Repeat([]byte("x"), rapid.IntRange(0, 600).Draw(t, "long"))...)
		}
		return b
	})
}

// How the octets of a server are cut makes no difference to anything that a
// caller can see.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		script := []byte{0}
		for _, group := range rapid.SliceOf(rapid.SampledFrom([]string{
			"\x02\x04\x04", "\x06\x13\x13", "\x07\x07\x09", "\x0b\x0c\x0d", "\x0a\x0c\x13", "\x0d\x02\x04", "\x12", "\x0f\x13\x13", "\x10", "\x11", "\x13",
		})).Draw(t, "groups") {
			script = append(script, group...)
		}
		script = append(script, rapid.SliceOf(rapid.Byte()).Draw(t, "script")...)
		checkSplit(t, rapid.Bool().Draw(t, "LMTP"), script, replies().Draw(t, "stream"), rapid.SliceOf(rapid.Byte()).Draw(t, "lengths"))
	})
}

// FuzzSplit is TestSplit over any octets.
func FuzzSplit(f *testing.F) {
	f.Add(false, []byte("\x00\x13\x13\x02\x04\x06\x07\x09\x02\x04\x06"), []byte("220 a\r\n250-a\r\n250 PIPELINING\r\n250 a\r\n250 b\r\n354 c\r\n250 d\r\n421 e\r\n"), []byte{3, 1, 4})
	f.Add(true, []byte("\x00\x13\x13\x02\x04\x04\x0b\x0c\x0d\x12"), []byte("220 a\r\n250-a\r\n250-PIPELINING\r\n250 CHUNKING\r\n250 a\r\n250 b\r\n250 c\r\n451 d\r\n"), []byte{9})
	for seed := range uint64(8) { // what wild servers say
		opt := Usual()
		opt.Chunking = true
		w := NewWild(rand.New(rand.NewPCG(seed, 3)), opt)
		stream := append(w.Greeting(), w.Feed([]byte(conversation))...)
		f.Add(false, []byte("\x00\x13\x13\x02\x04\x04\x0a\x0c\x0b\x0c\x0d\x02\x04\x06\x13\x07\x09\x02"), stream, []byte{7, 7, 7})
	}
	f.Fuzz(func(t *testing.T, lmtp bool, script, stream, lengths []byte) {
		if len(script)+len(stream) > 1<<14 {
			return
		}
		checkSplit(t, lmtp, script, stream, lengths)
	})
}

// Whatever a server sends, a session keeps no more than its limits say, though
// megabytes come.
func TestSplitBounded(t *testing.T) {
	const pieces, most = 512, 1 << 20 // 16 MB in all; well above the limits of 64 KB
	hello := "220 a\r\n250-a\r\n250-PIPELINING\r\n250 CHUNKING\r\n"
	for name, stream := range map[string]string{
		"a line without end":         "x",
		"a reply without end":        "250-on and on\r\n",
		"replies that nobody wants":  "250 and again\r\n",
		"421 for ever":               "421 closing\r\n",
		"keywords without end":       "250-X-KEYWORD\r\n",
		"an empty line":              "\r\n",
		"half a line end":            "\r",
		"long lines of many replies": "250 " + strings.Repeat("long ", 2000) + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			piece := []byte(strings.Repeat(stream, 1+32768/len(stream)))
			s := smtp.NewSession(smtp.Config{})
			s.HandleInput([]byte(hello[:7]))
			for s.Next().Kind != smtp.None {
			}
			if _, err := s.Hello("client.example"); err != nil {
				t.Fatal(err)
			}
			s.Take(nil)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for range pieces {
				s.HandleInput(piece)
				for s.Next().Kind != smtp.None {
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > most {
				t.Errorf("the session grew by %d octets over %d", grown, pieces*len(piece))
			}
			runtime.KeepAlive(s)
		})
	}
}
