package smtptest_test

import (
	"context"
	"net/smtp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

const text = "Subject: hello\r\n\r\n.a dot\r\n\x00 NUL, \xff, and . in a line\r\n"

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func newServer(t *testing.T, cfg smtptest.Config) *smtptest.Server {
	s := smtptest.NewUnstartedServer()
	s.Config = cfg
	t.Cleanup(s.Close)
	return s
}

func TestStandardLibrarySendsThroughZeroConfig(t *testing.T) {
	s := smtptest.NewServer()
	defer s.Close()
	if err := smtp.SendMail(s.Addr, nil, "tim@example.org", []string{"bob@example.org", "ann@example.org"}, []byte(text)); err != nil {
		t.Fatal(err)
	}
	got, err := s.Wait(soon(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	m := got[0]
	if m.From != "tim@example.org" || !cmp.Equal(m.To, []string{"bob@example.org", "ann@example.org"}) || string(m.Data) != text || m.Size != int64(len(text)) || m.TLS || m.User != "" || m.Hello != "localhost" || m.Chunks != 0 || m.Conn != 1 {
		t.Errorf("the server kept %+v", m)
	}
}
