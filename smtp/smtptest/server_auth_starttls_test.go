package smtptest_test

import (
	"encoding/base64"
	"net/smtp"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

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
	if err := c.Mail("tim@example.org"); err == nil || !strings.Contains(err.Error(), "Authentication required") {
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
