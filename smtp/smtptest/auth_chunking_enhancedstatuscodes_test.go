package smtptest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestAuth(t *testing.T) {
	cfg := smtptest.Config{Users: map[string]string{"tim": "tanstaaf", "x": ""}, AuthWithoutTLS: true, RequireAuth: true}
	bubble(t, cfg, func(t *testing.T, s *smtptest.Server) {
		c := ready(t, s)
		for _, step := range [][2]string{
			{"MAIL FROM:<>", "530 5.7.0 Authentication required"},
			{"AUTH PLAIN", "334 "},
			{"*", "501 5.0.0 AUTH-CANCEL ends nothing"},
			{"AUTH PLAIN", "334 "},
			{"AHRpbQB3cm9uZw==", "535 5.7.8 Authentication failed"},                // tim, wrong
			{"AUTH PLAIN eAB0aW0AdGFuc3RhYWY=", "535 5.7.8 Authentication failed"}, // tim as x
			{"AUTH PLAIN AHRpbQ==", "501 5.5.2 Not a response of the mechanism"},
			{"AUTH PLAIN AHRpbQB0YW5zdGFhZg", "501 5.5.4 Syntax error in arguments"},
			{"AUTH CRAM-MD5", "504 5.5.4 No such mechanism"},
			{"AUTH LOGIN", "334 VXNlcm5hbWU6"},
			{"dGlt!", "501 5.5.4 Syntax error in arguments"}, // and the exchange is over (RFC 4954 §4)
			{"AUTH LOGIN", "334 VXNlcm5hbWU6"},
			{"dGlt", "334 UGFzc3dvcmQ6"},
			{"dGFuc3RhYWY=", "235 2.7.0 Authenticated"},
			{"dGFuc3RhYWY=", "500 5.5.2 Command not recognized"},
			{"AUTH PLAIN AHRpbQB0YW5zdGFhZg==", "503 5.5.1 Bad sequence of commands"},
			{"MAIL FROM:<>", mailOK},
			{"RCPT TO:<bob@example.org>", rcptOK},
			{"BDAT 0 LAST", sentOK},
		} {
			c.say(step[0])
			c.expect(step[1])
		}
		if m := s.Messages()[0]; m.User != "tim" {
			t.Errorf("kept %+v", m)
		}
		got := transcript(s, 1)
		for _, secret := range []string{"dGFuc3RhYWY", "AHRpbQB0YW5", "AHRpbQB3cm9uZw", "eAB0aW0A", "dGlt"} {
			if strings.Contains(got, secret) {
				t.Errorf("the transcript shows %q:\n%s", secret, got)
			}
		}
		for _, shown := range []string{"C: AUTH PLAIN ***\n", "C: AUTH LOGIN\n", "C: ***\n", "C: *\n", "C: AUTH CRAM-MD5\n"} {
			if !strings.Contains(got, shown) {
				t.Errorf("the transcript lacks %q:\n%s", shown, got)
			}
		}
	})
}

func TestScriptedAuth(t *testing.T) {
	denied := errors.New("denied")
	cfg := smtptest.Config{
		AuthWithoutTLS: true,
		Authenticate: func(authzid, user, password string) error {
			if authzid == "ann" && user == "tim" && password == "x" {
				return nil
			}
			return denied
		},
		Mechanisms: []func(auth.Verifier) auth.ServerMechanism{auth.PlainServer},
	}
	bubble(t, cfg, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleAuth, Nth: 1}, smtptest.Answer{Code: 454, Text: "later"})
		s.On(smtptest.Match{Role: smtp.RoleAuth, Nth: 2}, smtptest.Answer{Code: 334, Text: "!not base64"})
		s.On(smtptest.Match{Role: smtp.RoleAuthLine}, smtptest.Answer{Code: 535, Enhanced: smtp.EnhancedCode{5, 7, 9}})
		c := dial(t, s)
		c.say("EHLO client.example")
		if r := c.reply(); !strings.Contains(r, "AUTH PLAIN |") {
			t.Errorf("offers %q", r)
		}
		for _, step := range [][2]string{
			{"AUTH PLAIN YW5uAHRpbQB4", "454 later"},
			{"AUTH PLAIN YW5uAHRpbQB4", "334 !not base64"},
			{"YW5u", "535 5.7.9 Refused by the test"},
			{"AUTH PLAIN AHRpbQB4", "535 5.7.8 Authentication failed"},
			{"AUTH PLAIN YW5uAHRpbQB4", "235 2.7.0 Authenticated"},
		} {
			c.say(step[0])
			c.expect(step[1])
		}
	})
}
