package smtp_test

import (
	"errors"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// The exchange of Postfix's XFORWARD_README, in one flight.
func TestXForward(t *testing.T) {
	lineComesBack(t, "XFORWARD NAME=spike.porcupine.org ADDR=168.100.189.2 PROTO=ESMTP", &smtp.XForward{Attributes: smtp.XForwardAttributes{Name: "spike.porcupine.org", Addr: "168.100.189.2", Proto: "ESMTP"}}, &smtp.XForward{})
	lineComesBack(t, "XFORWARD IDENT=3CF6B2AAE8 SOURCE=LOCAL", &smtp.XForward{Attributes: smtp.XForwardAttributes{Ident: "3CF6B2AAE8", Source: "LOCAL"}}, &smtp.XForward{})
	linesRefused(t, &smtp.XForward{}, "XFORWARD", "XFORWARD LOGIN=tim", "XFORWARD NAME=")
	commandNotOffered(t, "XFORWARD", &smtp.XForward{Attributes: smtp.XForwardAttributes{Name: "x"}})

	p := newPeer(t, smtp.Config{})
	p.hello("PIPELINING", "XFORWARD NAME ADDR PROTO HELO")
	p.must(p.s.Do(&smtp.XForward{Attributes: smtp.XForwardAttributes{Name: "spike.porcupine.org"}}))
	p.flush()
	p.reply("250 Ok")
	p.in("nothing has changed", "ready")
	_, err := p.s.Do(&smtp.XForward{Attributes: smtp.XForwardAttributes{Ident: "1"}})
	var missing *smtp.MissingError
	if !errors.As(err, &missing) {
		t.Errorf("an attribute that the server did not name: %v", err)
	}
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	p.reply("250 ok")
	if _, err := p.s.Do(&smtp.XForward{Attributes: smtp.XForwardAttributes{Name: "x"}}); err == nil {
		t.Error("it was queued in a transaction")
	}
}
