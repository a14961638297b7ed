package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestPairStartTLS(t *testing.T) {
	p := newPair(t, false)
	if err := p.client.HandleTLS(); err == nil {
		t.Error("a handshake that nobody asked for was taken by the client")
	}
	if err := p.server.HandleTLS(); err == nil {
		t.Error("a handshake that nobody asked for was taken by the server")
	}
	p.lockStep(p.client.UpgradeTLS())
	p.agree("tls_handshake")
	p.heard("the command", "STARTTLS")
	if _, err := p.client.Noop(""); err == nil {
		t.Error("NOOP was queued before the handshake")
	}
	if err := p.client.HandleTLS(); err != nil {
		t.Fatal(err)
	}
	if err := p.server.HandleTLS(); err != nil {
		t.Fatal(err)
	}
	p.agree("greeting_received")
	if !p.client.Facts().Has(smtp.FactTls) {
		t.Error("TLS is not noted")
	}
	for k := range smtp.Table.Keywords {
		if p.client.Offered(smtp.Keyword(k)) {
			t.Errorf("%s is still known (RFC 3207 §4.2)", smtp.Table.Keywords[k].Name)
		}
	}
	if _, err := p.client.Mail("a@example.test", nil); err == nil {
		t.Error("MAIL was queued before EHLO")
	}
	p.server.Offer(offers("STARTTLS")...)
	p.lockStep(p.client.Hello("client.example.test"))
	p.agree("ready")
	if _, err := p.client.UpgradeTLS(); err == nil {
		t.Error("STARTTLS was queued a second time")
	}
	h := host{t, p.server}
	p.server.Offer(offers()...)
	p.lockStep(p.client.Hello("client.example.test"))
	h.refuses("STARTTLS", "503", "TLS is up (RFC 3207 §4)")
}

// TestStartTLSInjection: what the server sent before the handshake, in the clear,
// ends the session (RFC 3207 §4.2), whether it came with the 220 or behind it;
// and so does what the client sent.
func TestStartTLSInjection(t *testing.T) {
	for _, in := range []string{"220 go\r\n250 injected\r\n", "220 go\r\n2"} {
		for at := range len(in) + 1 {
			p := newPeer(t, smtp.Config{})
			p.must(p.s.UpgradeTLS())
			p.flush()
			p.feed(in[:at])
			p.feed(in[at:])
			broke(t, p.s, in)
			if err := p.s.HandleTLS(); err == nil {
				t.Error("the handshake was taken")
			}
		}
	}
	// The octets are there, but the caller does not look.
	p := newPeer(t, smtp.Config{})
	p.must(p.s.UpgradeTLS())
	p.flush()
	p.s.HandleInput([]byte("220 go\r\n250 injected\r\n"))
	p.s.Next()
	if err := p.s.HandleTLS(); err == nil {
		t.Error("the handshake was taken with input before it")
	}
	broke(t, p.s, "input before the handshake")

	h := newHost(t, smtp.ServerConfig{}, nil, transaction[:1]...)
	h.line("STARTTLS")
	h.answer(220)
	h.s.HandleInput([]byte("MAIL FROM:<a@example.test>\r\n"))
	if err := h.s.HandleTLS(); err == nil {
		t.Error("the server took the handshake with input before it")
	}
	h = newHost(t, smtp.ServerConfig{}, nil, transaction[:1]...)
	h.s.HandleInput([]byte("STARTTLS\r\nMAIL FROM:<a@example.test>\r\n"))
	h.s.Next()
	h.answer(220)
	if ev := h.s.Next(); ev.Kind != smtp.ServerEnded || ev.Err == nil {
		t.Errorf("the server gave %v for a command behind STARTTLS", ev.Kind)
	}
}

func TestStartTLSRefused(t *testing.T) {
	p := newPair(t, false)
	p.codes["STARTTLS"] = []int{454}
	p.lockStep(p.client.UpgradeTLS())
	p.got("refused", "STARTTLS 454")
	p.agree("ready")
	q := newPeer(t, smtp.Config{})
	q.must(q.s.UpgradeTLS())
	q.flush()
	q.feed("250 what?\r\n")
	broke(t, q.s, "only 220 is a yes")
}
