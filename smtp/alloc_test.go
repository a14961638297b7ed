package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// warmServer is a server session that has said what it offers, and answers all
// that it is told.
type warmServer struct {
	t     *testing.T
	s     *smtp.ServerSession
	spare []byte
}

func newWarmServer(t *testing.T) *warmServer {
	h := newHost(t, smtp.ServerConfig{}, nil, transaction[:1]...)
	return &warmServer{t: t, s: h.s}
}

// message reads a whole transaction and answers it.
func (w *warmServer) message(in []byte, size int) {
	w.s.HandleInput(in)
	got := 0
	for ev := w.s.Next(); ev.Kind != smtp.ServerNone; ev = w.s.Next() {
		code := 250
		switch ev.Kind {
		case smtp.ServerContent:
			got += len(ev.Data)
			continue
		case smtp.ServerCommand:
			if ev.Role == smtp.RoleChunk || ev.Role == smtp.RoleLastChunk {
				continue
			}
			if ev.Role == smtp.RoleData {
				code = 354
			}
		case smtp.ServerEnd:
		default:
			w.t.Fatalf("event %v", ev.Kind)
		}
		if err := w.s.Reply(code, smtp.EnhancedCode{uint16(code / 100), 0, 0}, "Ok"); err != nil {
			w.t.Fatal(err)
		}
	}
	if got != size || w.s.Owes() != 0 || w.s.Recipients() != 0 {
		w.t.Fatalf("%d octets of message, want %d", got, size)
	}
	w.spare = w.s.Take(w.spare)
}

func TestServerAllocatesNothing(t *testing.T) {
	w := newWarmServer(t)
	in := []byte("MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nSubject: dots\r\n\r\n..one\r\ntwo\r\n.\r\n")
	allocatesNothing(t, "a message by DATA on a warm server session", func() { w.message(in, 28) })
}
