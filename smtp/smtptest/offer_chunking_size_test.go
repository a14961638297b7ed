package smtptest_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// What a script's reply to EHLO names is what is offered.
func TestScriptedOffers(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer smtptest.Answer
		want   string
	}{
		{"text of several lines", smtptest.Answer{Code: 250, Text: "mx\nsize 10\nX-OWN"}, "250-mx | 250-size 10 | 250 X-OWN"},
		{"the first line is no offer", smtptest.Answer{Code: 250, Text: "CHUNKING\nSIZE"}, "250-CHUNKING | 250 SIZE"},
		{"raw octets", smtptest.Answer{Raw: []byte("250-mx\r\n250-Size 10\r\n250 X-OWN\r\n")}, "250-mx | 250-Size 10 | 250 X-OWN"},
		{"raw octets that count as a code", smtptest.Answer{Code: 250, Raw: []byte("299-mx\r\n299 SIZE\r\n")}, "299-mx | 299 SIZE"},
		{"unlisted code", smtptest.Answer{Code: 251, Text: "mx\nSIZE"}, "251-mx | 251 SIZE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
				s.On(smtptest.Match{Role: smtp.RoleHello}, test.answer)
				c := dial(t, s)
				c.say("EHLO client.example", "MAIL FROM:<> SIZE=1", "RSET", "MAIL FROM:<> BODY=8BITMIME", "BDAT 0 LAST")
				c.expect(test.want, "250 Sender taken", "250 RSET done", "555 Parameter not recognized", "502 Command not implemented")
			})
		})
	}
}
