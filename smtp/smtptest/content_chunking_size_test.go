package smtptest_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestMaxSize(t *testing.T) {
	bubble(t, smtptest.Config{MaxSize: 5}, func(t *testing.T, s *smtptest.Server) {
		c := ready(t, s)
		c.say("MAIL FROM:<> SIZE=6", "MAIL FROM:<> SIZE=5", "RCPT TO:<bob@example.org>", "DATA")
		c.expect("552 5.3.4 Larger than 5 octets", mailOK, rcptOK, dataOK)
		c.say("1234", ".", "MAIL FROM:<>", "RCPT TO:<bob@example.org>", "BDAT 5 LAST", "123")
		c.expect("552 5.3.4 Larger than 5 octets", mailOK, rcptOK, sentOK)
		if m := s.Messages(); len(m) != 1 || string(m[0].Data) != "123\r\n" {
			t.Errorf("kept %+v", m)
		}
	})
}
