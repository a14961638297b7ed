package smtp_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/textproto"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// message is 4 KB of lines, some of which begin with a dot.
var message = func() []byte {
	var b bytes.Buffer
	b.WriteString("From: <a@example.test>\r\nTo: <b@example.test>\r\nSubject: four kilobytes\r\n\r\n")
	for i := 0; b.Len() < 4096; i++ {
		if i%16 == 0 {
			b.WriteByte('.')
		}
		fmt.Fprintf(&b, "line %04d of a message that has some seventy octets in each of them\r\n", i)
	}
	return b.Bytes()
}()

// warm is a client session that has said EHLO, with what it needs to send one
// message after another without a socket.
type warm struct {
	s     *smtp.Session
	d     smtp.Delivery
	spare []byte
	heard []byte // replies to what is queued
	fail  func(...any)

	pipelining bool // the table has it
}

func newWarm(fail func(...any)) *warm {
	w := &warm{s: smtp.NewSession(smtp.Config{}), fail: fail, pipelining: keyword("PIPELINING") != 0}
	w.replies("220 mx.example.test ESMTP\r\n")
	w.tag(w.s.Hello("client.example.test"))
	w.take()
	w.replies("250-mx.example.test\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-8BITMIME\r\n250 SIZE 10485760\r\n")
	return w
}

func (w *warm) tag(_ smtp.Tag, err error) {
	if err != nil {
		w.fail(err)
	}
}

func (w *warm) take() {
	out := w.s.Take(w.spare)
	if len(out) == 0 {
		w.fail("nothing to write")
	}
	w.spare = out
}

func (w *warm) replies(text string) {
	w.s.HandleInput([]byte(text))
	w.drain()
}

func (w *warm) drain() {
	for {
		ev := w.s.Next()
		if ev.Kind == smtp.None {
			return
		}
		if ev.Kind == smtp.Ended {
			w.fail(ev.Err)
		}
		w.d.Handle(ev)
	}
}

// step notes the reply to a command that was queued. Where the table has no
// PIPELINING it is given at once.
func (w *warm) step(tag smtp.Tag, err error, reply string) {
	w.tag(tag, err)
	w.heard = append(w.heard, reply...)
	if !w.pipelining {
		w.flush()
	}
}

// flush writes what is queued and gives the replies to it.
func (w *warm) flush() {
	w.take()
	w.s.HandleInput(w.heard)
	w.heard = w.heard[:0]
	w.drain()
}

func (w *warm) begin() {
	w.d.Reset(1)
	tag, err := w.s.Mail("a@example.test", nil)
	w.step(tag, err, "250 2.1.0 Ok\r\n")
	tag, err = w.s.Rcpt("b@example.test", nil)
	w.step(tag, err, "250 2.1.5 Ok\r\n")
}

func (w *warm) accepted() {
	if r := w.d.Recipient(0); r.Outcome != smtp.Accepted {
		w.fail(r.Outcome, r.Err())
	}
}

func (w *warm) data() {
	w.begin()
	tag, err := w.s.Data()
	w.step(tag, err, "354 End data with <CR><LF>.<CR><LF>\r\n")
	if w.pipelining {
		w.flush()
	}
	if err := w.s.Content(message); err != nil {
		w.fail(err)
	}
	w.tag(w.s.EndContent())
	w.take()
	w.replies("250 2.0.0 Ok: queued as 4F2A91C0\r\n")
	w.accepted()
}

func BenchmarkMessageData(b *testing.B) {
	w := newWarm(b.Fatal)
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		w.data()
	}
}

// BenchmarkMessageDataTextproto does with net/textproto what the session does
// in BenchmarkMessageData: the same lines in both directions.
func BenchmarkMessageDataTextproto(b *testing.B) {
	benchmarkTextproto(b, "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n250 2.0.0 Ok: queued as 4F2A91C0\r\n", func(w *textproto.Writer, r *textproto.Reader) error {
		if err := w.PrintfLine("DATA"); err != nil {
			return err
		}
		for _, code := range []int{250, 250, 354} {
			if _, _, err := r.ReadResponse(code); err != nil {
				return err
			}
		}
		dots := w.DotWriter()
		if _, err := dots.Write(message); err != nil {
			return err
		}
		return dots.Close()
	})
}

func benchmarkTextproto(b *testing.B, replies string, content func(*textproto.Writer, *textproto.Reader) error) {
	in := bytes.NewReader(nil)
	reader := textproto.NewReader(bufio.NewReader(in))
	writer := textproto.NewWriter(bufio.NewWriter(io.Discard))
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		in.Reset([]byte(replies))
		if err := writer.PrintfLine("MAIL FROM:<%s>", "a@example.test"); err != nil {
			b.Fatal(err)
		}
		if err := writer.PrintfLine("RCPT TO:<%s>", "b@example.test"); err != nil {
			b.Fatal(err)
		}
		if err := content(writer, reader); err != nil {
			b.Fatal(err)
		}
		if _, _, err := reader.ReadResponse(250); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSessionAllocatesNothing(t *testing.T) {
	w := newWarm(t.Fatal)
	allocatesNothing(t, "a message by DATA on a warm client session", w.data)
}

func allocatesNothing(t *testing.T, what string, f func()) {
	t.Helper()
	f()
	if n := testing.AllocsPerRun(100, f); n != 0 {
		t.Errorf("%s: %v allocations, want 0", what, n)
	}
}
