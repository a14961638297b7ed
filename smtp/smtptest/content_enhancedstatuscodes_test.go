package smtptest_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// A server may answer DATA with 354 though it refused every recipient (RFC 2920
// §3.1).
func TestVoidContent(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleRecipient, Nth: 1}, smtptest.Answer{Code: 550})
		s.On(smtptest.Match{Role: smtp.RoleData, Refused: true}, smtptest.Answer{Code: 354, Text: "if you must"})
		c := ready(t, s)
		c.say("MAIL FROM:<>", "RCPT TO:<bob@example.org>", "DATA")
		c.expect(mailOK, "550 Refused by the test", "354 if you must")
		c.send("..\r\n x.\r\n.")
		c.send("\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\n")
		c.expect("554 5.0.0 No valid recipients", mailOK, rcptOK)
		if m := s.Messages(); len(m) != 0 {
			t.Errorf("kept %+v", m)
		}
	})
}
