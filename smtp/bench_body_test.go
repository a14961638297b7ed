package smtp_test

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"net/textproto"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// megabyte is 1 MB of lines of 72 octets, one in 64 of which begins with a dot.
var megabyte = func() []byte {
	line := strings.Repeat("x", 70) + "\r\n"
	return bytes.Repeat([]byte("."+line[1:]+strings.Repeat(line, 63)), 1<<20/(64*72))
}()

// uneven is 1 MB of lines of 1 to 100 octets.
var uneven = func() (b []byte) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for len(b) < 1<<20 {
		b = append(b, strings.Repeat("x", 1+rnd.IntN(100))+"\r\n"...)
	}
	return b
}()

// BenchmarkText brings message data into the form of the wire: with dots as DATA
// needs them, without as BDAT does. Beside it textproto's writer, and the least
// that anybody can do who looks at each line: a walk over the line feeds.
func BenchmarkText(b *testing.B) {
	run := func(name string, f func() int) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(megabyte)))
			for b.Loop() {
				if f() == 0 {
					b.Fatal("nothing")
				}
			}
		})
	}
	out := make([]byte, 0, 2*len(megabyte))
	text := func(dots bool, body []byte) func() int {
		return func() int {
			t := smtp.Text{Dots: dots}
			p, err := t.Append(out[:0], body)
			if err == nil {
				p, err = t.AppendEnd(p)
			}
			if err != nil {
				b.Fatal(err)
			}
			return len(p)
		}
	}
	run("dots", text(true, megabyte))
	run("plain", text(false, megabyte))
	run("uneven", text(true, uneven))
	w := textproto.NewWriter(bufio.NewWriter(io.Discard))
	run("textproto", func() int {
		d := w.DotWriter()
		n, err := d.Write(megabyte)
		if err != nil || d.Close() != nil {
			b.Fatal(err)
		}
		return n
	})
	walk := func(body []byte) func() int {
		return func() (n int) {
			for rest := body; len(rest) > 0; n++ {
				rest = rest[bytes.IndexByte(rest, '\n')+1:]
			}
			return n
		}
	}
	run("linefeeds", walk(megabyte))
	run("linefeeds-uneven", walk(uneven))
	run("copy", func() int { return len(append(out[:0], megabyte...)) })
}

func TestTextAllocatesNothing(t *testing.T) {
	out := make([]byte, 0, 2*len(megabyte))
	for _, dots := range []bool{false, true} {
		text := smtp.Text{Dots: dots}
		allocatesNothing(t, "a megabyte of text", func() {
			p, err := text.Append(out[:0], megabyte)
			if err == nil {
				_, err = text.AppendEnd(p)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
