package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// The exchange of RFC 2645 §6: after the 250 the session is over, and on the
// same connection the client is a server.
func TestAtrnTurnsAbout(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	if _, err := p.s.Do(&smtp.Atrn{}); err == nil {
		t.Error("it was queued before AUTH (RFC 2645 §5.2.1)")
	}
	p.must(p.s.Authenticate("PLAIN", []byte("x"), false))
	p.flush()
	p.reply("235 now authenticated as example.org")
	p.must(p.s.Do(&smtp.Atrn{Domains: []string{"example.org", "example.com"}}))
	p.wants("the command", "ATRN example.org,example.com\r\n")
	p.reply("453 You have no mail")
	p.in("a refusal changes nothing", "ready")
	p.must(p.s.Do(&smtp.Atrn{}))
	p.flush()
	p.reply("250 OK now reversing the connection")
	p.in("the session is over", "finished")

	customer := smtp.NewServerSession(smtp.ServerConfig{})
	if err := customer.Reply(220, smtp.EnhancedCode{}, "example.org ready to receive email"); err != nil {
		t.Fatal(err)
	}
	provider := &peer{t, smtp.NewSession(smtp.Config{})}
	provider.reply("220 example.org ready to receive email")
	provider.must(provider.s.Hello("EXAMPLE.NET"))
	customer.HandleInput([]byte(provider.flush()))
	if ev := customer.Next(); ev.Kind != smtp.ServerCommand || ev.Role != smtp.RoleHello {
		t.Errorf("the customer heard %v", ev.Kind)
	}
}
