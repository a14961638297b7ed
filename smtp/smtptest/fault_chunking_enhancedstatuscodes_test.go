package smtptest_test

import (
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestConnectionsAreCutAtAnyOctet(t *testing.T) {
	var whole string
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) { whole = talk(s, conversation) })
	if !strings.HasSuffix(whole, "221 2.0.0 QUIT done\r\n") {
		t.Fatalf("the whole conversation gave %q", whole)
	}
	for n := 1; n <= len(whole); n++ {
		cfg := smtptest.Config{Fault: func(int) smtptest.Fault { return smtptest.Fault{Write: int64(n), Split: n % 5} }}
		bubble(t, cfg, func(t *testing.T, s *smtptest.Server) {
			if got := talk(s, conversation); got != whole[:n] {
				t.Errorf("written %d octets: %q", n, got)
			}
		})
	}
	end := strings.Index(conversation, "QUIT")
	for n := 1; n < len(conversation); n++ {
		cfg := smtptest.Config{Fault: func(conn int) smtptest.Fault { return smtptest.Fault{Read: int64(n * (2 - conn))} }}
		bubble(t, cfg, func(t *testing.T, s *smtptest.Server) {
			got := talk(s, conversation)
			if !strings.HasPrefix(whole, got) || got == whole {
				t.Errorf("read %d octets: %q", n, got)
			}
			if kept := len(s.Messages()) == 1; kept != (n >= end) {
				t.Errorf("read %d octets, message kept: %v", n, kept)
			}
			if !strings.Contains(transcript(s, 1), "*: smtptest: the connection was cut") {
				t.Errorf("transcript:\n%s", transcript(s, 1))
			}
			if got := talk(s, conversation); got != whole {
				t.Errorf("the second connection, without a fault: %q", got)
			}
		})
	}
}
