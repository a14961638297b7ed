package smtp_test

import (
	"net/textproto"
	"testing"
)

func (w *warm) bdat() {
	w.begin()
	w.tag(w.s.Chunk(len(message), true))
	if err := w.s.Content(message); err != nil {
		w.fail(err)
	}
	w.heard = append(w.heard, "250 2.0.0 Ok: queued as 4F2A91C0\r\n"...)
	w.flush()
	w.accepted()
}

func BenchmarkMessageBdat(b *testing.B) {
	w := newWarm(b.Fatal)
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		w.bdat()
	}
}

// BenchmarkMessageBdatTextproto likewise for BenchmarkMessageBdat.
func BenchmarkMessageBdatTextproto(b *testing.B) {
	benchmarkTextproto(b, "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n250 2.0.0 Ok: queued as 4F2A91C0\r\n", func(w *textproto.Writer, r *textproto.Reader) error {
		if err := w.PrintfLine("BDAT %d LAST", len(message)); err != nil {
			return err
		}
		if _, err := w.W.Write(message); err != nil {
			return err
		}
		if err := w.W.Flush(); err != nil {
			return err
		}
		for _, code := range []int{250, 250} {
			if _, _, err := r.ReadResponse(code); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestSessionChunksAllocateNothing(t *testing.T) {
	w := newWarm(t.Fatal)
	allocatesNothing(t, "a message by BDAT on a warm client session", w.bdat)
}

func TestServerChunksAllocateNothing(t *testing.T) {
	w := newWarmServer(t)
	in := []byte("MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nBDAT 10\r\n0123456789BDAT 12 LAST\r\n0123456789\r\n")
	allocatesNothing(t, "a message by BDAT on a warm server session", func() { w.message(in, 22) })
}
