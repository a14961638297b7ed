package smtpclient_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestOneShotWrongPassword: a server that takes the envelope although it refused
// AUTH gets no message.
func TestOneShotWrongPassword(t *testing.T) {
	for _, m := range modes() {
		for _, eager := range []bool{false, true} {
			t.Run(fmt.Sprint(m.name, "/eager ", eager), func(t *testing.T) {
				srv := m.server(t, func(c *smtptest.Config) {
					c.Users, c.AuthWithoutTLS = map[string]string{"user": "secret"}, true
				})
				cfg := m.config()
				cfg.Eager = eager
				cfg.Auth = auth.AllowInsecure(auth.Plain("", "user", "wrong"))
				report, err := smtpclient.Send(t.Context(), srv.Addr, cfg, smtpclient.Envelope{To: []string{"b@example.test", "c@example.test"}}, strings.NewReader(letter))
				var refused *smtp.ReplyError
				if !errors.As(err, &refused) || refused.Code != 535 {
					t.Errorf("error %v, want the 535", err)
				}
				for _, r := range report.Recipients {
					if r.Outcome != smtp.NotSent {
						t.Errorf("%s: %v, want not sent", r.Address, r.Outcome)
					}
				}
				srv.Close()
				if len(srv.Messages()) > 0 {
					t.Error("the server has a message")
				}
			})
		}
	}
}
