package smtpclient_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// TestDoLeavesTheConnectionInOrder: a command that Do can't bring to its end is
// not sent, or is cancelled, and messages go on.
func TestDoLeavesTheConnectionInOrder(t *testing.T) {
	for name, commands := range map[string][]smtp.Command{
		"STARTTLS": {&smtp.StartTLS{}},
		"AUTH":     {&smtp.Auth{Mechanism: "LOGIN"}},
		"DATA":     {&smtp.Mail{From: "x@example.test"}, &smtp.Rcpt{To: "x@example.test"}, &smtp.Data{}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := secureServer(t)
			srv.Config.RequireAuth = false
			srv.Config.AuthWithoutTLS = true
			srv.Start()
			c := dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSOff})
			for i, cmd := range commands {
				reply, err := c.Do(t.Context(), cmd)
				var state *smtp.StateError
				switch last := i == len(commands)-1; {
				case !last && err != nil:
					t.Fatal(err)
				case last && name == "AUTH" && (reply.Code != 334 || err == nil || !strings.Contains(err.Error(), "Config.Auth")):
					t.Errorf("AUTH: %v, %v; want the challenge, and an error", reply, err)
				case last && name != "AUTH" && !errors.As(err, &state):
					t.Errorf("%s: %v, %v; want a StateError", name, reply, err)
				}
			}
			if _, err := c.Send(t.Context(), toOne, strings.NewReader(letter)); err != nil {
				t.Errorf("the next message: %v", err)
			}
			if err := c.Quit(t.Context()); err != nil {
				t.Error("Quit:", err)
			}
		})
	}
}
