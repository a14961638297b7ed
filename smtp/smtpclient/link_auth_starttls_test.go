package smtpclient_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

func TestTLSPolicies(t *testing.T) {
	for _, implicit := range []bool{false, true} {
		for _, policy := range []smtpclient.TLSPolicy{smtpclient.TLSRequired, smtpclient.TLSImplicit, smtpclient.TLSOpportunistic} {
			if implicit != (policy == smtpclient.TLSImplicit) {
				continue
			}
			t.Run(policy.String(), func(t *testing.T) {
				srv := secureServer(t)
				srv.Config.ImplicitTLS, srv.Config.STARTTLS = implicit, !implicit
				srv.Start()
				c := dial(t, srv, smtpclient.Config{TLS: policy, TLSConfig: srv.ClientTLS(), Auth: auth.Plain("", "user", "secret")})
				if _, err := c.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter)); err != nil {
					t.Fatal(err)
				}
				if state, ok := c.TLS(); !ok || state.Version < tls.VersionTLS12 {
					t.Errorf("TLS: %v, version %x", ok, state.Version)
				}
				if msg := srv.Messages()[0]; !msg.TLS || msg.User != "user" {
					t.Errorf("the message came with TLS: %v, from user %q", msg.TLS, msg.User)
				}
			})
		}
	}
}

func TestWrongPassword(t *testing.T) {
	srv := secureServer(t)
	srv.Start()
	for _, m := range []auth.Mechanism{auth.Plain("", "user", "wrong"), auth.Login("user", "wrong")} {
		_, err := smtpclient.Dial(t.Context(), srv.Addr, smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: m})
		var refused *smtp.ReplyError
		if !errors.As(err, &refused) || refused.Code != 535 {
			t.Errorf("%s: %v, want the server's 535", m.Name(), err)
		}
	}
	srv.Close()
	for conn := 1; conn <= 2; conn++ {
		var said bytes.Buffer
		for _, l := range srv.Transcript(conn) {
			fmt.Fprintln(&said, l)
		}
		if !strings.Contains(said.String(), "QUIT") {
			t.Errorf("no QUIT in\n%s", &said)
		}
	}
}
