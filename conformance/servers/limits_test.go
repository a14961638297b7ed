//go:build realservers

package servers_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// TestLimits sends one message to more recipients than a server that says so takes
// in a transaction (LIMITS, RFC 9422): it goes out in two, and all are accepted. A
// client that does not look at LIMITS is refused what is too much.
func TestLimits(t *testing.T) {
	names := strings.Fields(*chosen)
	if len(names) == 0 {
		names = []string{"go-smtp"}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s := start(t, name)
			for _, looks := range []bool{true, false} {
				cfg := smtpclient.Config{}
				if !looks {
					cfg.Ignore = []smtp.Keyword{smtp.KeywordLimits}
				}
				c, watch := s.connect(t, cfg)
				var most uint64
				c.Ask(func(session *smtp.Session) { most = session.Allowance().Recipients })
				if looks && most == 0 || most > 2000 {
					t.Logf("%s says RCPTMAX=%d", name, most)
					return
				}
				mark, message := newMessage(1000)
				r, err := c.Send(t.Context(), smtpclient.Envelope{From: "sender@client.test", To: slices.Repeat([]string{user}, 1500)}, bytes.NewReader(message))
				var mails, rcpts int
				for _, line := range watch.lines {
					if line.Sent && strings.HasPrefix(line.Text, "MAIL ") {
						mails++
					}
					if line.Sent && strings.HasPrefix(line.Text, "RCPT ") {
						rcpts++
					}
				}
				t.Logf("RCPTMAX=%d: 1500 recipients in %d transactions, %d accepted", most, mails, r.Accepted())
				s.await(t, "tester", mark).same(t, message)
				switch {
				case rcpts != 1500:
					t.Errorf("%d RCPT", rcpts)
				case looks && (err != nil || mails != 2 || r.Accepted() != 1500):
					t.Error(err)
				case !looks && (err == nil || mails != 1):
					t.Errorf("without a look at LIMITS all was taken: the server does not keep to it")
				}
			}
		})
	}
}
