package smtptest_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// begin brings a connection to where content may begin.
func begin(t *testing.T, s *smtptest.Server) *client {
	t.Helper()
	c := ready(t, s)
	mail := "MAIL FROM:<tim@example.org>"
	if _, ok := smtp.Table.Param(smtp.RoleSize); ok {
		mail += " SIZE=5"
	}
	c.say(mail, "RCPT TO:<bob@example.org>")
	c.expect(mailOK, rcptOK)
	return c
}

func TestMessageDataComesAsItWas(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		c := begin(t, s)
		c.say("DATA")
		c.expect(dataOK)
		for _, octet := range []byte("..dot\r\n\x00\xff\r\r\n\n.\n\r\n...\r\n.\r\n") {
			c.send(string([]byte{octet}))
		}
		c.expect(sentOK)
		m := s.Messages()[0]
		if want := ".dot\r\n\x00\xff\r\r\n\n.\n\r\n..\r\n"; string(m.Data) != want {
			t.Errorf("expected %q, got %q", want, m.Data)
		}
		if id, ok := smtp.Table.Param(smtp.RoleSize); ok {
			for got, value := range m.Params.All() {
				if got != id || string(value) != "5" {
					t.Errorf("parameter %d of MAIL is %q, want SIZE=5", got, value)
				}
			}
			if m.Params.Len() != 1 {
				t.Errorf("parameters of MAIL: %v", m.Params)
			}
		}
		if len(m.ToParams) != 1 || m.ToParams[0].Len() != 0 {
			t.Errorf("parameters of RCPT: %v", m.ToParams)
		}
	})
}
