package smtpclient_test

import (
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestOneShotWaits counts how often the client waits for the server until the
// last octet of the message is out, TLS handshakes not counted.
func TestOneShotWaits(t *testing.T) {
	for name, test := range map[string]struct {
		implicit bool
		auth     auth.Mechanism
		waits    int
	}{
		"STARTTLS":                    {false, auth.Plain("", "user", "secret"), 5}, // greeting, EHLO, STARTTLS, EHLO, envelope with AUTH
		"implicit TLS":                {true, auth.Plain("", "user", "secret"), 3},
		"implicit TLS, no AUTH":       {true, nil, 3},
		"implicit TLS, LOGIN, 2 more": {true, auth.Login("user", "secret"), 6},
	} {
		t.Run(name, func(t *testing.T) {
			srv := smtptest.NewUnstartedServer()
			srv.Config.STARTTLS, srv.Config.ImplicitTLS = !test.implicit, test.implicit
			srv.Config.Users = map[string]string{"user": "secret"}
			srv.Start()
			defer srv.Close()
			waits, sent := 0, true
			over := false
			cfg := smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: test.auth, Trace: func(ev smtpclient.TraceEvent) {
				if !ev.Sent && sent && !over {
					waits++
				}
				sent = ev.Sent
				over = over || strings.HasPrefix(ev.Text, "BDAT") || strings.Contains(ev.Text, "octets of message data")
			}}
			if test.implicit {
				cfg.TLS = smtpclient.TLSImplicit
			}
			report, err := smtpclient.Send(t.Context(), srv.Addr, cfg, smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter))
			if err != nil || report.Accepted() != 1 {
				t.Fatal(err)
			}
			if waits != test.waits {
				t.Errorf("%d waits, want %d", waits, test.waits)
			}
			if msg := srv.Messages()[0]; test.auth != nil && msg.User != "user" || string(msg.Data) != letter {
				t.Errorf("it came as %+v", msg)
			}
			if lines := srv.Transcript(1); !strings.Contains(lines[len(lines)-1].Text, "221") {
				t.Errorf("the last word is %v", lines[len(lines)-1])
			}
		})
	}
}
