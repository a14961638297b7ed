package smtptest_test

import (
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

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
