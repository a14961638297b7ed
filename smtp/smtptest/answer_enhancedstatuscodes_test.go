package smtptest_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestAnswersInTheirTime(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Op: smtp.OpNoop, Nth: 1}, smtptest.Answer{Delay: time.Hour})
		s.On(smtptest.Match{Op: smtp.OpNoop, Nth: 2}, smtptest.Answer{Split: 5, Pause: time.Minute})
		s.On(smtptest.Match{Op: smtp.OpNoop, Nth: 3}, smtptest.Answer{Silent: true})
		c := ready(t, s)
		start := time.Now()
		c.say("NOOP", "VRFY x") // read at once, or this would block
		c.say("RSET")
		if time.Since(start) != 0 {
			t.Error("the server did not read while it waited")
		}
		c.expect(noopOK, "250 2.0.0 VRFY done", "250 2.0.0 RSET done")
		if d := time.Since(start); d != time.Hour {
			t.Errorf("the delayed reply came after %v", d)
		}
		start = time.Now()
		c.say("NOOP")
		c.expect(noopOK) // 21 octets: five pieces
		if d := time.Since(start); d != 4*time.Minute {
			t.Errorf("the pieces took %v", d)
		}
		c.say("NOOP", "QUIT")
		c.expect("221 2.0.0 QUIT done")
	})
}

func TestClosingBeforeInsideAndBehindAReply(t *testing.T) {
	for name, test := range map[string]struct {
		answer smtptest.Answer
		want   string
	}{
		"before": {smtptest.Answer{Close: true, Silent: true}, ""},
		"inside": {smtptest.Answer{Close: true, Octets: 7}, "250 2.0"},
		"behind": {smtptest.Answer{Close: true, Reset: true, Code: 550, Text: "no"}, "550 no\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
				s.On(smtptest.Match{Role: smtp.RoleContent}, test.answer)
				c := ready(t, s)
				c.say("MAIL FROM:<tim@example.org>", "RCPT TO:<bob@example.org>", "DATA")
				c.expect(mailOK, rcptOK, dataOK)
				c.say("text", ".", "NOOP")
				c.expectEnd(test.want)
				if _, err := c.conn.Write([]byte("x")); err != io.ErrClosedPipe {
					t.Errorf("the connection is open: %v", err)
				}
				if accepted := len(s.Messages()) == 1; accepted != (name != "behind") {
					t.Errorf("message accepted: %v", accepted)
				}
				if strings.Contains(transcript(s, 1), "NOOP") {
					t.Error("the command behind was looked at")
				}
			})
		})
	}
}

func TestSayingWhatNobodyAskedFor(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		c, d := ready(t, s), ready(t, s)
		s.Say(2, smtptest.Answer{Code: 421, Enhanced: smtp.EnhancedCode{4, 3, 2}, Text: "closing", Close: true})
		d.expectEnd("421 4.3.2 closing\r\n")
		c.say("NOOP")
		c.expect(noopOK)
		s.Say(0, smtptest.Answer{Raw: []byte("garbage\r\n"), Delay: time.Second})
		c.expect("garbage")
	})
}
