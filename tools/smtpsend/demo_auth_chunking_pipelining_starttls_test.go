package main

import (
	"strings"
	"testing"
)

func TestDemoShowsEachLineWithItsState(t *testing.T) {
	run := &call{args: []string{"--demo"}}
	want(t, exitOK, run)
	if run.stderr != "" {
		t.Errorf("standard error %q", run.stderr)
	}
	rest := strings.Split(run.stdout, "\n")
	for _, line := range []struct{ text, state string }{
		{"S: 220 mx.example.net", "greeting_received"},
		{"C: EHLO", "(ready)"},
		{"S: 250 STARTTLS", "ready"},
		{"C: STARTTLS", "(tls_handshake)"},
		{"S: 220", "tls_handshake"},
		{"      --- encrypted", ""},
		{"C: EHLO", "(ready)"},
		{"S: 250 ", "ready"},
		{"C: AUTH PLAIN (secret)", "(ready)"},
		{"S: 235", "ready"},
		{"C: MAIL FROM:<tim@example.org>", "(mailtx)"},
		{"C: RCPT TO:<ann@example.net>", "(recipient_sent)"},
		{"C: RCPT TO:<nobody@example.net>", "(recipient_sent)"},
		{"S: 250", "mailtx"},
		{"S: 250", "recipient_sent"},
		{"S: 550", "recipient_sent"},
		{"C: BDAT", "(unsettled)"},
		{"S: 250", "ready"},
		{"C: QUIT", "(finished)"},
		{"S: 221", "finished"},
		{"accepted", ""},
		{"refused for good", ""},
		{"What the server has", ""},
		{"  | Subject: A table for two", ""},
	} {
		for {
			if len(rest) == 0 {
				t.Fatalf("no line %q with state %q behind what came before:\n%s", line.text, line.state, run.stdout)
			}
			next := rest[0]
			rest = rest[1:]
			if strings.HasPrefix(next, line.text) && (line.state == "" || strings.HasSuffix(next, " "+line.state)) {
				break
			}
		}
	}
	if strings.Contains(run.stdout, demoPassword) {
		t.Error("the password shows")
	}
	for _, line := range strings.Split(run.stdout, "\n") {
		if len(line) > 80 {
			t.Errorf("wider than a terminal: %q", line)
		}
		if strings.HasPrefix(line, "S: 250-") && strings.HasSuffix(line, "ready") {
			t.Errorf("the reply goes on, and a state is shown: %q", line)
		}
	}
}
