package smtptest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestLMTPAnswersForEachRecipient(t *testing.T) {
	bubble(t, smtptest.Config{LMTP: true}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleContent, Address: "bob@example.org"}, smtptest.Answer{Code: 452, Text: "full"})
		s.On(smtptest.Match{Role: smtp.RoleLastChunk, Address: "ann@example.org"}, smtptest.Answer{Silent: true})
		s.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "eve@example.org"}, smtptest.Answer{Code: 550})
		c := open(t, s)
		c.expect("220 mx.smtptest.example LMTP")
		c.say("EHLO client.example", "LHLO client.example")
		c.expect("500 5.5.2 Command not recognized")
		c.reply()
		envelope := []string{"MAIL FROM:<tim@example.org>", "RCPT TO:<ann@example.org>", "RCPT TO:<eve@example.org>", "RCPT TO:<bob@example.org>"}
		c.say(append(envelope, "DATA")...)
		c.expect(mailOK, rcptOK, "550 Refused by the test", rcptOK, dataOK)
		c.say("text", ".")
		c.expect(sentOK, "452 full")
		c.say(append(envelope, "BDAT 0 LAST", "QUIT")...)
		c.expect(mailOK, rcptOK, "550 Refused by the test", rcptOK, sentOK, "221 2.0.0 QUIT done")
		m := s.Messages()
		if !cmp.Equal(m[0].To, []string{"ann@example.org"}) || !cmp.Equal(m[1].To, []string{"ann@example.org", "bob@example.org"}) || len(m[0].ToParams) != 1 {
			t.Errorf("kept %+v", m)
		}
	})
}
