package smtp_test

import (
	"errors"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// The exchange of Postfix's XCLIENT_README: the 220 leads back to the greeting,
// what was offered is forgotten, and EHLO is asked again.
func TestXClient(t *testing.T) {
	lineComesBack(t, "XCLIENT NAME=spike.porcupine.org ADDR=168.100.189.2", &smtp.XClient{Attributes: smtp.XClientAttributes{Name: "spike.porcupine.org", Addr: "168.100.189.2"}}, &smtp.XClient{})
	lineComesBack(t, "XCLIENT ADDR=IPV6:2001:db8::1 LOGIN=a+3Db+20c", &smtp.XClient{Attributes: smtp.XClientAttributes{Addr: "IPV6:2001:db8::1", Login: "a=b c"}}, &smtp.XClient{})
	if err := smtp.ParseCommand(smtp.Table, []byte("XCLIENT port=[UNAVAILABLE] Name=x"), &smtp.XClient{}); err != nil {
		t.Errorf("names in small letters, in another order: %v", err)
	}
	linesRefused(t, &smtp.XClient{}, "XCLIENT", "XCLIENT NAME", "XCLIENT NAME=a NAME=b", "XCLIENT COLOR=red", "XCLIENT NAME=a=b", "XCLIENT NAME=a+zz")
	commandNotOffered(t, "XCLIENT", &smtp.XClient{Attributes: smtp.XClientAttributes{Name: "x"}})
	if _, err := smtp.AppendCommand(nil, smtp.Table, &smtp.XClient{}); err == nil {
		t.Error("a line without attributes went out")
	}

	p := newPeer(t, smtp.Config{})
	p.hello("XCLIENT NAME ADDR")
	p.must(p.s.Do(&smtp.XClient{Attributes: smtp.XClientAttributes{Name: "spike.porcupine.org", Addr: "168.100.189.2"}}))
	p.wants("the command", "XCLIENT NAME=spike.porcupine.org ADDR=168.100.189.2\r\n")
	p.reply("220 server.example.com ESMTP Postfix")
	p.in("it begins anew", "greeting_received")
	if _, ok := p.s.Extension(smtp.KeywordXClient); ok {
		t.Error("what was offered is still known")
	}
	if _, err := p.s.Mail("a@example.test", nil); err == nil {
		t.Error("MAIL was queued before EHLO")
	}
	p.hello("XCLIENT NAME ADDR")
	p.in("EHLO was asked again", "ready")

	_, err := p.s.Do(&smtp.XClient{Attributes: smtp.XClientAttributes{Name: "x", Login: "tim"}})
	var missing *smtp.MissingError
	if !errors.As(err, &missing) {
		t.Errorf("an attribute that the server did not name: %v", err)
	}
	p.wants("nothing was written", "")
	p.must(p.s.Do(&smtp.XClient{Attributes: smtp.XClientAttributes{Name: "x"}}))
	p.flush()
	p.reply("550 5.7.0 insufficient authorization")
	p.in("a refusal changes nothing", "ready")
}
