package smtptest_test

import (
	"context"
	"encoding/base64"
	"net/smtp"
	"strings"
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

func TestStandardLibrarySendsWithSTARTTLSAndPLAIN(t *testing.T) {
	s := newServer(t, smtptest.Config{STARTTLS: true, Users: map[string]string{"tim": "tanstaaf"}, RequireAuth: true})
	s.Start()
	c, err := smtp.Dial(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if ok, _ := c.Extension("AUTH"); ok {
		t.Error("AUTH is offered without TLS")
	}
	if err := c.Mail("tim@example.org"); err == nil || !strings.Contains(err.Error(), "5.7.0 Authentication required") {
		t.Errorf("MAIL without AUTH: %v", err)
	}
	if err := c.StartTLS(s.ClientTLS()); err != nil {
		t.Fatal(err)
	}
	if ok, mechanisms := c.Extension("AUTH"); !ok || mechanisms != "PLAIN LOGIN" {
		t.Errorf("AUTH over TLS: %q", mechanisms)
	}
	if ok, _ := c.Extension("STARTTLS"); ok {
		t.Error("STARTTLS is offered over TLS")
	}
	if err := c.Auth(plain{"tim", "tanstaaf"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Mail("tim@example.org"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("bob@example.org"); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(text))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(); err != nil {
		t.Fatal(err)
	}
	m := s.Messages()
	if len(m) != 1 || !m[0].TLS || m[0].User != "tim" {
		t.Errorf("the server kept %+v", m)
	}
	for _, l := range s.Transcript(1) {
		if strings.Contains(l.Text, base64.StdEncoding.EncodeToString([]byte("tanstaaf"))) || strings.Contains(l.Text, base64.StdEncoding.EncodeToString([]byte("\x00tim\x00tanstaaf"))) {
			t.Errorf("the transcript shows the password: %s", l)
		}
	}
}

// plain is PLAIN for whatever name the server was dialled by.
type plain struct{ user, password string }

func (p plain) Start(*smtp.ServerInfo) (string, []byte, error) {
	return "PLAIN", []byte("\x00" + p.user + "\x00" + p.password), nil
}

func (p plain) Next([]byte, bool) ([]byte, error) { return nil, nil }
