package smtpclient_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
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

func TestOneShotWithoutServer(t *testing.T) {
	report, err := smtpclient.Send(t.Context(), "127.0.0.1:1", smtpclient.Config{}, smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter))
	if err == nil || report.Recipients[0].Outcome != smtp.NotSent {
		t.Errorf("%v, %v", report, err)
	}
}

// Send is for one message: it connects, sends, and says good-bye.
func ExampleSend() {
	srv := exampleServer()
	defer srv.Close()
	_, err := smtpclient.Send(context.Background(), srv.Addr,
		smtpclient.Config{Auth: auth.Plain("", "tim", "secret"), TLSConfig: srv.ClientTLS()},
		smtpclient.Envelope{From: "tim@example.com", To: []string{"ann@example.org"}},
		strings.NewReader("Subject: hello\n\nHow are you?\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(srv.Messages()), "message")
	// Output: 1 message
}
