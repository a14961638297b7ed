package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// A message of any octets goes in chunks; DATA is not possible for it
// (RFC 3030 §3), and possible again behind it.
func TestBinaryMIME(t *testing.T) {
	var params smtp.Params
	smtp.Set(&params, smtp.Body, smtp.BodyBinaryMIME)
	p := newPair(t, false)
	p.lockStep(p.client.Mail("a@example.test", &params))
	p.lockStep(p.client.Rcpt("b@example.test", nil))
	if _, err := p.client.Data(); err == nil {
		t.Error("DATA was queued")
	}
	h := host{t, p.server}
	h.refuses("DATA", "503", "DATA with BINARYMIME (RFC 3030 §3)")
	content := "\x00\r\x01\n\xff..\r\n.\r\n"
	p.must(p.client.Chunk(len(content), true))
	if err := p.client.Content([]byte(content)); err != nil {
		t.Fatal(err)
	}
	p.run()
	p.agree("ready")
	p.lockStep(p.client.Mail("a@example.test", nil))
	p.lockStep(p.client.Rcpt("b@example.test", nil))
	p.lockStep(p.client.Data())
	p.agree("send_data")
}

func TestBinaryMIMENotOffered(t *testing.T) {
	notOffered(t, "BINARYMIME", smtp.Body, smtp.BodyBinaryMIME, smtp.Config{})
	newHost(t, smtp.ServerConfig{}, []string{"BINARYMIME"}, "EHLO client.example.test").refuses("MAIL FROM:<> BODY=BINARYMIME", "555", "the word is not offered")
}
