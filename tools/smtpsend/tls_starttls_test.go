package main

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestTLSIsRequired(t *testing.T) {
	plain := func(c *smtptest.Config) { c.STARTTLS = false }
	implicit := func(c *smtptest.Config) { c.STARTTLS, c.ImplicitTLS = false, true }
	for _, c := range []struct {
		name   string
		server func(*smtptest.Config)
		flags  []string
		code   int
		tls    bool // of the message
	}{
		{"STARTTLS", nil, nil, exitOK, true},
		{"not offered", plain, nil, exitConnect, false},
		{"opportunistic", nil, []string{"--tls=opportunistic"}, exitOK, true},
		{"opportunistic, not offered", plain, []string{"--tls=opportunistic"}, exitOK, false},
		{"implicit", implicit, nil, exitOK, true},
		{"implicit, not spoken", plain, []string{"--tls=implicit", "--timeout=2s"}, exitConnect, false},
		{"other name", nil, []string{"--server-name=other.example"}, exitConnect, false},
		{"its own name", nil, []string{"--server-name=mx.smtptest.example"}, exitOK, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, flags := startServer(t, c.server)
			want(t, c.code, &call{stdin: simple, args: append(append(flags, "-"), c.flags...)})
			if c.code == exitOK {
				if m := onlyMessage(t, s); m.TLS != c.tls {
					t.Errorf("TLS %v, want %v", m.TLS, c.tls)
				}
			} else if n := len(s.Messages()); n != 0 {
				t.Errorf("the server has %d messages", n)
			}
		})
	}
	s, _ := startServer(t, nil)
	want(t, exitConnect, &call{stdin: simple, args: []string{s.Addr, "-"}}) // nobody vouches for the certificate
	want(t, exitOK, &call{stdin: simple, args: []string{s.Addr, "-", "--tls=off"}})
	if m := onlyMessage(t, s); m.TLS {
		t.Error("--tls=off, and TLS was used")
	}
}
