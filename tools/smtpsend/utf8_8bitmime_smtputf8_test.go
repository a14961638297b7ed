package main

import (
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestUTF8HeaderNeedsSMTPUTF8(t *testing.T) {
	content := "From: tim@example.org\r\nTo: ann@example.net\r\nSubject: Grüße\r\n\r\nx\r\n"
	s, flags := startServer(t, nil)
	want(t, exitOK, &call{stdin: content, args: append(flags, "-")})
	if m := onlyMessage(t, s); string(m.Data) != content {
		t.Errorf("the message was changed: %q", m.Data)
	}
	s, flags = startServer(t, func(c *smtptest.Config) { c.Without = []smtp.Keyword{smtp.KeywordSMTPUTF8} })
	run := &call{stdin: content, args: append(flags, "-")}
	want(t, exitNotSent, run)
	if len(s.Messages()) != 0 || !strings.Contains(run.stderr, "SMTPUTF8") {
		t.Errorf("standard error %q", run.stderr)
	}
}

func TestWhatTheServerDoesNotTakeIsReencoded(t *testing.T) {
	content := "From: tim@example.org\r\nTo: ann@example.net\r\nMIME-Version: 1.0\r\n\r\nGrüße aus dem sommerlichen Weimar\r\n"
	s, flags := startServer(t, func(c *smtptest.Config) {
		c.Without = []smtp.Keyword{smtp.KeywordEightBitMIME, smtp.KeywordSMTPUTF8}
	})
	want(t, exitOK, &call{stdin: content, args: append(flags, "-", "--rcpt=ann@bücher.example")})
	m := onlyMessage(t, s)
	encoded := strings.NewReplacer("1.0\r\n", "1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n", "üß", "=C3=BC=C3=9F").Replace(content)
	if string(m.Data) != encoded || len(m.To) != 1 || m.To[0] != "ann@xn--bcher-kva.example" {
		t.Errorf("to %s: %q", m.To, m.Data)
	}
}
