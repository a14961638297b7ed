package smtpclient_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// LMTP by a table without it is an error before anybody connects: ESMTP is
// never spoken instead.
func TestLMTPThatTheTableDoesNotKnow(t *testing.T) {
	p := *smtp.Table
	p.Facts = slices.Clone(p.Facts)
	for i := range p.Facts {
		if p.Facts[i].Role == smtp.RoleLMTP {
			p.Facts[i].Role = smtp.RoleNone
		}
	}
	srv := modes()[0].server(t, nil)
	cfg := smtpclient.Config{Protocol: smtp.Compile(p), LMTP: true, TLS: smtpclient.TLSOff}
	r, err := smtpclient.Send(t.Context(), srv.Addr, cfg, smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter))
	var missing *smtp.MissingError
	if !errors.As(err, &missing) || missing.Name != "LMTP" || r.Recipients[0].Outcome != smtp.NotSent {
		t.Errorf("%v: %v", r.Recipients, err)
	}
	if srv.Conns() != 0 {
		t.Error("somebody connected")
	}
	if _, err := smtpclient.NewClient(t.Context(), srv.Pipe(), cfg); !errors.As(err, &missing) {
		t.Errorf("on a connection that is there: %v", err)
	}
}
