package smtp_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// withoutLMTP is the table as it is where nobody brings LMTP.
func withoutLMTP() *smtp.Protocol {
	p := *smtp.Table
	p.Facts = slices.Clone(p.Facts)
	for i := range p.Facts {
		if p.Facts[i].Role == smtp.RoleLMTP {
			p.Facts[i].Role = smtp.RoleNone
		}
	}
	return smtp.Compile(p)
}

// A session that is to be LMTP never speaks ESMTP instead.
func TestLMTPThatTheTableDoesNotKnow(t *testing.T) {
	var missing *smtp.MissingError
	s := smtp.NewSession(smtp.Config{Protocol: withoutLMTP(), LMTP: true})
	s.HandleInput([]byte("220 mx.example.test\r\n"))
	if ev := s.Next(); ev.Kind != smtp.Ended || !errors.As(ev.Err, &missing) || missing.Name != "LMTP" {
		t.Errorf("the client's session: %v, %v", ev.Kind, ev.Err)
	}
	if _, err := s.Hello("client.example"); !errors.As(err, &missing) {
		t.Errorf("hello: %v", err)
	}
	if s.Reset(smtp.Config{Protocol: withoutLMTP()}); s.Err() != nil {
		t.Errorf("ESMTP by the same table: %v", s.Err())
	}
	server := smtp.NewServerSession(smtp.ServerConfig{Protocol: withoutLMTP(), LMTP: true})
	server.HandleInput([]byte("EHLO client.example\r\n"))
	if ev := server.Next(); ev.Kind != smtp.ServerEnded || !errors.As(ev.Err, &missing) {
		t.Errorf("the server's session: %v, %v", ev.Kind, ev.Err)
	}
}
