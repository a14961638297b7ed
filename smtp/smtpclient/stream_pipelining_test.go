package smtpclient_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestServersThatLoseWhatIsBehindTheDot: a server that drops what stands behind
// the final dot, or answers 503, gets all messages all the same, in two flights.
func TestServersThatLoseWhatIsBehindTheDot(t *testing.T) {
	chunking, _ := smtp.Table.Keyword(smtp.RoleLastChunk)
	for _, code := range []int{0, 503} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			srv := mode{without: []smtp.Keyword{chunking}}.server(t, nil)
			noops := 0
			srv.Config.Answer = nil
			srv.On(smtptest.Match{Role: smtp.RoleNoop}, smtptest.Answer{Code: code, Text: "what?", Silent: code == 0})
			c := dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSOff})
			n := 0
			for _, err := range c.SendAll(t.Context(), numbered(20)) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != 20 || len(srv.Messages()) != 20 {
				t.Errorf("%d reports, %d messages, want 20", n, len(srv.Messages()))
			}
			if err := c.Quit(t.Context()); err != nil {
				t.Error(err)
			}
			for _, l := range srv.Transcript(1) {
				if strings.Contains(l.Text, "NOOP") {
					noops++
				}
			}
			if noops != 1 {
				t.Errorf("%d probes, want 1", noops)
			}
		})
	}
}
