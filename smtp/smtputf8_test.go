package smtp_test

import (
	"errors"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// VRFY and EXPN with the parameter SMTPUTF8 may ask for names above ASCII, and
// without it may not (RFC 6531 §3.7.4.2).
func TestVrfyUTF8(t *testing.T) {
	lineComesBack(t, "VRFY été SMTPUTF8", &smtp.VrfyUTF8{Who: "été"}, &smtp.VrfyUTF8{})
	lineComesBack(t, "EXPN the team SMTPUTF8", &smtp.ExpnUTF8{List: "the team"}, &smtp.ExpnUTF8{})
	linesRefused(t, &smtp.VrfyUTF8{}, "VRFY", "VRFY SMTPUTF8", "VRFY été", "VRFY été SMTPUTF8 more", "VRFY étéSMTPUTF8", "VRFY \xff SMTPUTF8")
	commandNotOffered(t, "SMTPUTF8", &smtp.VrfyUTF8{Who: "été"})

	p := newPeer(t, smtp.Config{})
	if _, err := p.s.Vrfy("été"); err == nil {
		t.Error("VRFY asked for a name above ASCII without the parameter")
	}
	p.must(p.s.Do(&smtp.VrfyUTF8{Who: "été"}))
	p.wants("the command", "VRFY été SMTPUTF8\r\n")
	p.reply("250 été <été@example.test>")
	if _, err := p.s.Rset(); err != nil {
		t.Error(err)
	}

	h := newHost(t, smtp.ServerConfig{}, nil, "EHLO client.example.test", "VRFY tim", "VRFY été smtputf8")
	h.refuses("VRFY été", "501", "without the parameter")
	if ev := h.line("EXPN team SMTPUTF8"); ev.Op != smtp.OpExpnUTF8 {
		t.Errorf("EXPN with the parameter gave command %d", ev.Op)
	}
	// A server that does not offer it reads the word as a part of the name.
	h = newHost(t, smtp.ServerConfig{}, []string{"SMTPUTF8"}, "EHLO client.example.test", "VRFY tim")
	if ev := h.line("VRFY tim SMTPUTF8"); ev.Op != smtp.OpVrfy {
		t.Errorf("VRFY gave command %d", ev.Op)
	}
}

// What MAIL's parameter allows ends with the transaction.
func TestSMTPUTF8EndsWithTheTransaction(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	var params smtp.Params
	smtp.Set(&params, smtp.SMTPUTF8, true)
	p.must(p.s.Mail("été@example.test", &params))
	p.flush()
	p.reply("250 ok")
	p.must(p.s.Rcpt("été@example.test", nil))
	p.flush()
	p.reply("250 ok")
	p.must(p.s.Rset())
	p.flush()
	p.reply("250 ok")
	_, err := p.s.Mail("été@example.test", nil)
	var wrong *smtp.ArgumentError
	if !errors.As(err, &wrong) {
		t.Errorf("the next transaction: %v", err)
	}
}
