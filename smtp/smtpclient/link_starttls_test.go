package smtpclient_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestStartTLSIsNotFooled: what comes before the handshake, a refused STARTTLS
// and a stripped one end the session before MAIL and AUTH where TLS is required.
func TestStartTLSIsNotFooled(t *testing.T) {
	for name, change := range map[string]func(*smtptest.Server){
		"refused": func(s *smtptest.Server) {
			s.On(smtptest.Match{Role: smtp.RoleStartTLS}, smtptest.Answer{Code: 454, Text: "TLS not available"})
		},
		"stripped": func(s *smtptest.Server) { s.Config.STARTTLS, s.Config.AuthWithoutTLS = false, true },
		"injected": func(s *smtptest.Server) {
			s.On(smtptest.Match{Role: smtp.RoleStartTLS}, smtptest.Answer{Code: 220, Raw: []byte("220 go on\r\n250-evil\r\n250 AUTH PLAIN\r\n")})
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := secureServer(t)
			srv.Config.AuthWithoutTLS = true
			change(srv)
			srv.Start()
			_, err := smtpclient.Dial(t.Context(), srv.Addr, smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: auth.Plain("", "user", "secret")})
			if err == nil {
				t.Fatal("Dial succeeded")
			}
			if name == "injected" && !strings.Contains(err.Error(), "nothing before the TLS handshake") {
				t.Errorf("error %v", err)
			}
			srv.Close()
			for _, l := range srv.Transcript(1) {
				if strings.Contains(l.Text, "AUTH PLAIN ") && strings.HasPrefix(l.String(), "C") || strings.Contains(l.Text, "MAIL") {
					t.Errorf("the server saw %v", l)
				}
			}
		})
	}
}

// TestEhloIsForgottenByTLS: what the server offers in clear does not count once
// TLS is up.
func TestEhloIsForgottenByTLS(t *testing.T) {
	srv := secureServer(t)
	srv.Config.RequireAuth = false
	n := 0
	srv.Config.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
		if q.Role != smtp.RoleHello {
			return smtptest.Answer{}, false
		}
		if n++; n == 1 {
			return smtptest.Answer{Raw: []byte("250-mx\r\n250-STARTTLS\r\n250-SIZE 100\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 AUTH PLAIN\r\n")}, true
		}
		return smtptest.Answer{Raw: []byte("250 mx\r\n")}, true
	}
	srv.Start()
	c := dial(t, srv, smtpclient.Config{TLSConfig: srv.ClientTLS()})
	if n != 2 {
		t.Errorf("EHLO was said %d times, want 2", n)
	}
	c.Ask(func(s *smtp.Session) {
		for offer := range s.Offers() {
			t.Errorf("%q still counts as offered", offer)
		}
		if s.MaxSize() != 0 {
			t.Errorf("SIZE %d still counts", s.MaxSize())
		}
	})
	_, err := smtpclient.Dial(t.Context(), srv.Addr, smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: auth.Plain("", "user", "secret")})
	var missing *smtp.MissingError
	n = 0
	if !errors.As(err, &missing) {
		t.Errorf("AUTH offered in clear only: %v, want a MissingError", err)
	}
}

func TestWrongCertificateIsRefused(t *testing.T) {
	srv := secureServer(t)
	srv.Start()
	for name, cfg := range map[string]smtpclient.Config{
		"unknown authority": {},
		"wrong name":        {TLSConfig: srv.ClientTLS(), ServerName: "other.example.test"},
		"opportunistic":     {TLS: smtpclient.TLSOpportunistic},
	} {
		if _, err := smtpclient.Dial(t.Context(), srv.Addr, cfg); err == nil || !strings.Contains(err.Error(), "smtpclient: tls ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
