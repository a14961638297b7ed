package smtptest_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// secure makes the handshake.
func (c *client) secure(s *smtptest.Server) {
	c.t.Helper()
	conn := tls.Client(c.conn, s.ClientTLS())
	if err := conn.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.conn, c.in = conn, bufio.NewReader(conn)
}

func TestSTARTTLSForgetsWhatWasSaid(t *testing.T) {
	bubble(t, smtptest.Config{STARTTLS: true, Users: map[string]string{"tim": "x"}, AuthWithoutTLS: true}, func(t *testing.T, s *smtptest.Server) {
		c := ready(t, s)
		c.say("AUTH PLAIN AHRpbQB4")
		c.expect("235 2.7.0 Authenticated")
		c.say("STARTTLS")
		c.expect("220 2.0.0 STARTTLS done")
		c.secure(s)
		c.say("MAIL FROM:<>", "EHLO client.example")
		c.expect("503 Bad sequence of commands")
		c.reply()
		c.say("MAIL FROM:<>", "RCPT TO:<bob@example.org>", "BDAT 0 LAST", "QUIT")
		c.expect(mailOK, rcptOK, sentOK, "221 2.0.0 QUIT done")
		c.expectEnd("")
		if m := s.Messages()[0]; !m.TLS || m.User != "" || m.Hello != "client.example" {
			t.Errorf("kept %+v", m)
		}
	})
}

func TestImplicitTLS(t *testing.T) {
	offers := []smtp.Offer{{Keyword: smtp.KeywordStartTLS}}
	bubble(t, smtptest.Config{ImplicitTLS: true, Offers: offers}, func(t *testing.T, s *smtptest.Server) {
		c := open(t, s)
		c.secure(s)
		c.expect("220 mx.smtptest.example ESMTP")
		c.say("EHLO client.example")
		c.reply()
		c.say("STARTTLS")
		c.expect("503 5.5.1 Bad sequence of commands")
	})
	bubble(t, smtptest.Config{ImplicitTLS: true, STARTTLS: true, Name: "mx.example.org"}, func(t *testing.T, s *smtptest.Server) {
		c := open(t, s)
		c.secure(s)
		c.expect("220 mx.example.org ESMTP")
		c.say("EHLO client.example")
		if r := c.reply(); strings.Contains(r, "STARTTLS") {
			t.Errorf("STARTTLS is offered over TLS: %s", r)
		}
		s.Say(0, smtptest.Answer{Code: 421, Text: "bye", Close: true})
		c.expectEnd("421 bye\r\n")
	})
}

// What stands behind STARTTLS in clear must not be taken for what came over TLS
// (RFC 3207 §4.2).
func TestCommandsBehindSTARTTLSEndTheConnection(t *testing.T) {
	bubble(t, smtptest.Config{STARTTLS: true}, func(t *testing.T, s *smtptest.Server) {
		c := ready(t, s)
		c.say("STARTTLS", "NOOP")
		c.expect("220 2.0.0 STARTTLS done")
		c.expectEnd("")
		if !strings.Contains(transcript(s, 1), "nothing before the TLS handshake") {
			t.Error(transcript(s, 1))
		}
	})
	bubble(t, smtptest.Config{STARTTLS: true}, func(t *testing.T, s *smtptest.Server) {
		c := ready(t, s)
		c.say("STARTTLS")
		c.say("NOOP") // not blocked, though the 220 was not read
		c.expect("220 2.0.0 STARTTLS done")
		rest, _ := io.ReadAll(c.in)
		if strings.Contains(string(rest), "250") {
			t.Errorf("got %q", rest)
		}
	})
}

// The handshake waits until all of the answer is written, which the client may
// not have read when it begins.
func TestTheHandshakeWaitsForTheReply(t *testing.T) {
	bubble(t, smtptest.Config{STARTTLS: true}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleStartTLS}, smtptest.Answer{Raw: []byte("220 go\r\n250 injected\r\n"), Split: 8, Pause: time.Second})
		c := ready(t, s)
		c.say("STARTTLS")
		c.expect("220 go")
		var header tls.RecordHeaderError
		if err := tls.Client(c.conn, s.ClientTLS()).Handshake(); !errors.As(err, &header) || string(header.RecordHeader[:]) != "250 i" {
			t.Errorf("expected what was injected, got %v", err)
		}
	})
}

func TestServersThatBreakTheHandshake(t *testing.T) {
	for name, answer := range map[string]smtptest.Answer{
		"a reply injected behind the 220": {Raw: []byte("220 go\r\n250 injected\r\n")},
		"closed behind the 220":           {Code: 220, Close: true},
		"refused":                         {Code: 454, Text: "no TLS today"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, smtptest.Config{STARTTLS: true}, func(t *testing.T, s *smtptest.Server) {
				s.On(smtptest.Match{Role: smtp.RoleStartTLS}, answer)
				c := ready(t, s)
				c.say("STARTTLS")
				switch r := c.reply(); {
				case answer.Raw != nil:
					c.expect("250 injected")
					c.secure(s) // the server waits for the handshake all the same
				case answer.Close:
					c.expectEnd("")
				default:
					if r != "454 no TLS today" {
						t.Errorf("got %q", r)
					}
					c.say("NOOP")
					c.expect(noopOK)
				}
			})
		})
	}
}

func TestTheCertificateIsTheServersAlone(t *testing.T) {
	s, other := newServer(t, smtptest.Config{ImplicitTLS: true}), newServer(t, smtptest.Config{})
	s.Start()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CertPEM()) {
		t.Fatal("CertPEM is no certificate")
	}
	for _, test := range []struct {
		cfg  *tls.Config
		good bool
	}{
		{&tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}, true},
		{&tls.Config{RootCAs: pool, ServerName: "localhost"}, true},
		{&tls.Config{RootCAs: pool, ServerName: "example.com"}, false},
		{s.ClientTLS(), true},
		{other.ClientTLS(), false},
	} {
		conn, err := tls.Dial("tcp", s.Addr, test.cfg)
		if (err == nil) != test.good {
			t.Errorf("%q, expected success %v, got %v", test.cfg.ServerName, test.good, err)
		}
		if err == nil {
			conn.Close()
		}
	}
}

func TestACertificateOfTheUsersOwn(t *testing.T) {
	given := &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none today") }}
	bubble(t, smtptest.Config{ImplicitTLS: true, TLS: given}, func(t *testing.T, s *smtptest.Server) {
		c := open(t, s)
		if err := tls.Client(c.conn, s.ClientTLS()).Handshake(); err == nil {
			t.Error("the handshake succeeded")
		}
		synctest.Wait()
		if got := transcript(s, 1); !strings.Contains(got, "TLS handshake: none today") {
			t.Error(got)
		}
	})
}

func TestAuth(t *testing.T) {
	cfg := smtptest.Config{Users: map[string]string{"tim": "tanstaaf", "x": ""}, AuthWithoutTLS: true, RequireAuth: true}
	bubble(t, cfg, func(t *testing.T, s *smtptest.Server) {
		c := ready(t, s)
		for _, step := range [][2]string{
			{"MAIL FROM:<>", "530 5.7.0 Authentication required"},
			{"AUTH PLAIN", "334 "},
			{"*", "501 5.0.0 AUTH-CANCEL ends nothing"},
			{"AUTH PLAIN", "334 "},
			{"AHRpbQB3cm9uZw==", "535 5.7.8 Authentication failed"},                // tim, wrong
			{"AUTH PLAIN eAB0aW0AdGFuc3RhYWY=", "535 5.7.8 Authentication failed"}, // tim as x
			{"AUTH PLAIN AHRpbQ==", "501 5.5.2 Not a response of the mechanism"},
			{"AUTH PLAIN AHRpbQB0YW5zdGFhZg", "501 5.5.4 Syntax error in arguments"},
			{"AUTH CRAM-MD5", "504 5.5.4 No such mechanism"},
			{"AUTH LOGIN", "334 VXNlcm5hbWU6"},
			{"dGlt!", "501 5.5.4 Syntax error in arguments"},
			{"dGlt", "334 UGFzc3dvcmQ6"},
			{"dGFuc3RhYWY=", "235 2.7.0 Authenticated"},
			{"dGFuc3RhYWY=", "500 5.5.2 Command not recognized"},
			{"AUTH PLAIN AHRpbQB0YW5zdGFhZg==", "503 5.5.1 Bad sequence of commands"},
			{"MAIL FROM:<>", mailOK},
			{"RCPT TO:<bob@example.org>", rcptOK},
			{"BDAT 0 LAST", sentOK},
		} {
			c.say(step[0])
			c.expect(step[1])
		}
		if m := s.Messages()[0]; m.User != "tim" {
			t.Errorf("kept %+v", m)
		}
		got := transcript(s, 1)
		for _, secret := range []string{"dGFuc3RhYWY", "AHRpbQB0YW5", "AHRpbQB3cm9uZw", "eAB0aW0A", "dGlt"} {
			if strings.Contains(got, secret) {
				t.Errorf("the transcript shows %q:\n%s", secret, got)
			}
		}
		for _, shown := range []string{"C: AUTH PLAIN ***\n", "C: AUTH LOGIN\n", "C: ***\n", "C: *\n", "C: AUTH CRAM-MD5\n"} {
			if !strings.Contains(got, shown) {
				t.Errorf("the transcript lacks %q:\n%s", shown, got)
			}
		}
	})
}

func TestScriptedAuth(t *testing.T) {
	denied := errors.New("denied")
	cfg := smtptest.Config{
		AuthWithoutTLS: true,
		Authenticate: func(authzid, user, password string) error {
			if authzid == "ann" && user == "tim" && password == "x" {
				return nil
			}
			return denied
		},
		Mechanisms: []func(auth.Verifier) auth.ServerMechanism{auth.PlainServer},
	}
	bubble(t, cfg, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleAuth, Nth: 1}, smtptest.Answer{Code: 454, Text: "later"})
		s.On(smtptest.Match{Role: smtp.RoleAuth, Nth: 2}, smtptest.Answer{Code: 334, Text: "!not base64"})
		s.On(smtptest.Match{Role: smtp.RoleAuthLine}, smtptest.Answer{Code: 535, Enhanced: smtp.EnhancedCode{5, 7, 9}})
		c := dial(t, s)
		c.say("EHLO client.example")
		if r := c.reply(); !strings.Contains(r, "AUTH PLAIN |") {
			t.Errorf("offers %q", r)
		}
		for _, step := range [][2]string{
			{"AUTH PLAIN YW5uAHRpbQB4", "454 later"},
			{"AUTH PLAIN YW5uAHRpbQB4", "334 !not base64"},
			{"YW5u", "535 5.7.9 Refused by the test"},
			{"AUTH PLAIN AHRpbQB4", "535 5.7.8 Authentication failed"},
			{"AUTH PLAIN YW5uAHRpbQB4", "235 2.7.0 Authenticated"},
		} {
			c.say(step[0])
			c.expect(step[1])
		}
	})
}
