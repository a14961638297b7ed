package smtpclient_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func named(to ...string) smtpclient.Envelope {
	params := new(smtp.Params)
	smtp.Set(params, smtp.TransID, smtp.TransIDValue{Local: "12345", Domain: "claremont.edu"})
	return smtpclient.Envelope{From: "ned@ymir.claremont.edu", To: to, Params: params}
}

// A server that has part of a message gets the rest of it, counted in the form of
// the wire, and no recipients (RFC 1845 §3); one that has nothing gets all.
func TestCheckpointTakenUp(t *testing.T) {
	text := strings.Repeat(".a line of text\nanother\r\n\n", 5000)
	wire := strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	line := strings.Index(wire, "\r\n") + 2
	for _, m := range modes() {
		if m.lmtp { // nobody knows how many replies the rest gets
			continue
		}
		for _, offset := range []int{-1, 0, line, 28 * 2000, len(wire), len(wire) + 1, line + 1} {
			t.Run(fmt.Sprint(m.name, "/", offset), func(t *testing.T) {
				srv := m.server(t, func(cfg *smtptest.Config) {
					cfg.Offers = append(cfg.Offers, smtp.Offer{Keyword: smtp.KeywordCheckpoint})
				})
				if offset >= 0 {
					srv.On(smtptest.Match{Role: smtp.RoleSender}, smtptest.Answer{Code: 355, Text: fmt.Sprint(offset, " is the transaction offset")})
				}
				c := dial(t, srv, m.config())
				r, err := c.Send(t.Context(), named("a@example.test", "b@example.test"), strings.NewReader(text))
				bad := offset > len(wire) || offset == line+1 && strings.HasPrefix(m.name, "DATA")
				if bad {
					var wrong *smtp.ProtocolError
					if !errors.As(err, &wrong) || wrong.RFC != "RFC 1845 §3" || r.Recipients[0].Outcome != smtp.NotSent {
						t.Errorf("%v, %v", r.Recipients[0].Outcome, err)
					}
					return
				}
				if err != nil || r.Accepted() != 2 {
					t.Fatalf("%v, %v", r.Recipients, err)
				}
				if got := srv.Messages()[0]; string(got.Data) != wire[max(offset, 0):] {
					t.Errorf("%d octets came, expected %d", len(got.Data), len(wire)-max(offset, 0))
				} else if len(got.To) > 0 == (offset >= 0) {
					t.Errorf("recipients: %v", got.To)
				}
				// The connection is as behind any message.
				if _, err := c.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter)); offset < 0 && err != nil {
					t.Error(err)
				}
			})
		}
	}
}
