package smtptest_test

import (
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestWhatTheServerRefusesByItself(t *testing.T) {
	bubble(t, smtptest.Config{CommandLine: 100}, func(t *testing.T, s *smtptest.Server) {
		c := begin(t, s)
		c.send("NOOP\nNOOP\r\nNOOP " + strings.Repeat("x", 100) + "\r\nHELP\r\nBDAT much\r\nNOOP\r\n")
		c.expect("500 5.5.2 A line ends in CRLF", "500 5.5.2 Line too long", "211 2.0.0 HELP done", "501 5.5.4 Syntax error in arguments")
		c.expectEnd("")
		if got := transcript(s, 1); !strings.Contains(got, "expected a chunk with a size that can be read") {
			t.Errorf("transcript:\n%s", got)
		}
	})
	if s := smtptest.NewUnstartedServer(); s.Transcript(1) != nil || s.Transcript(0) != nil {
		t.Error("a transcript of no connection")
	}
}
