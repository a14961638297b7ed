package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// The exchange of RFC 1985 §5.4.
func TestEtrn(t *testing.T) {
	for line, node := range map[string]smtp.EtrnNode{
		"ETRN foo.com":  {Name: "foo.com"},
		"ETRN @foo.com": {Option: smtp.EtrnNodeOptionSubdomains, Name: "foo.com"},
		"ETRN #uucp":    {Option: smtp.EtrnNodeOptionQueue, Name: "uucp"},
	} {
		lineComesBack(t, line, &smtp.Etrn{Node: node}, &smtp.Etrn{})
	}
	linesRefused(t, &smtp.Etrn{}, "ETRN", "ETRN ", "ETRN @", "ETRN a b")
	commandNotOffered(t, "ETRN", &smtp.Etrn{Node: smtp.EtrnNode{Name: "foo.com"}})

	p := newPeer(t, smtp.Config{})
	for _, reply := range []string{"250 OK, queuing for node foo.com started", "253 OK, 14 pending messages for node foo.com started", "458 Unable to queue messages for node uu.net", "459 Node foo.bar not allowed: Unable to resolve name."} {
		p.must(p.s.Do(&smtp.Etrn{Node: smtp.EtrnNode{Name: "foo.com"}}))
		p.wants("the command", "ETRN foo.com\r\n")
		if _, err := p.s.Noop(""); err == nil {
			t.Error("a command was queued behind it")
		}
		p.reply(reply)
		p.in(reply, "ready")
	}
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	p.reply("250 ok")
	if _, err := p.s.Do(&smtp.Etrn{Node: smtp.EtrnNode{Name: "foo.com"}}); err == nil {
		t.Error("it was queued in a transaction (RFC 1985 §5)")
	}
}
