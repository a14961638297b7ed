package smtptest_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestSTARTTLSForgetsWhatWasSaid(t *testing.T) {
	bubble(t, smtptest.Config{STARTTLS: true, Users: map[string]string{"tim": "x"}, AuthWithoutTLS: true}, func(t *testing.T, s *smtptest.Server) {
		c := ready(t, s)
		c.say("AUTH PLAIN AHRpbQB4")
		c.expect("235 2.7.0 Authenticated")
		c.say("STARTTLS")
		c.expect("220 2.0.0 STARTTLS done")
		c.secure(s)
		c.say("MAIL FROM:<>", "EHLO client.example")
		c.expect("503 5.5.1 Bad sequence of commands")
		c.reply()
		c.say("MAIL FROM:<>", "RCPT TO:<bob@example.org>", "BDAT 0 LAST", "QUIT")
		c.expect(mailOK, rcptOK, sentOK, "221 2.0.0 QUIT done")
		c.expectEnd("")
		if m := s.Messages()[0]; !m.TLS || m.User != "" || m.Hello != "client.example" {
			t.Errorf("kept %+v", m)
		}
	})
}
