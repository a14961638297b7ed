package smtp_test

import (
	"errors"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// REQUIRETLS goes out over TLS alone (RFC 8689 §2), whatever the server offers.
func TestRequireTLS(t *testing.T) {
	var params smtp.Params
	smtp.Set(&params, smtp.RequireTLS, true)
	p := newPeer(t, smtp.Config{Secure: true})
	p.must(p.s.Mail("a@example.test", &params))
	p.wants("over TLS", "MAIL FROM:<a@example.test> REQUIRETLS\r\n")

	p = newPeer(t, smtp.Config{})
	_, err := p.s.Mail("a@example.test", &params)
	var wrong *smtp.ArgumentError
	if !errors.As(err, &wrong) || wrong.Argument != "REQUIRETLS" {
		t.Errorf("without TLS: %v", err)
	}
	p.wants("nothing was written", "")
	notOffered(t, "REQUIRETLS", smtp.RequireTLS, true, smtp.Config{Secure: true})

	newHost(t, smtp.ServerConfig{}, nil, "EHLO client.example.test").refuses("MAIL FROM:<> REQUIRETLS", "501", "a server without TLS")
	newHost(t, smtp.ServerConfig{Secure: true}, nil, "EHLO client.example.test", "MAIL FROM:<> REQUIRETLS")
}
