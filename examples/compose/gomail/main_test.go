package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wneessen/go-mail"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

const text = "Viele Grüße aus dem sommerlichen Weimar\r\n"

// The message arrives whole, in 8 bits where the server takes them and in 7
// where not.
func TestSend(t *testing.T) {
	attachment := filepath.Join(t.TempDir(), "thing.bin")
	octets := "\x00\xff\r\n.\r\n"
	if err := os.WriteFile(attachment, []byte(octets), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, eight := range []bool{true, false} {
		s := smtptest.NewUnstartedServer()
		if body, _, ok := smtp.Table.ParamValue(smtp.Role8Bit); ok && !eight {
			s.Config.Without = []smtp.Keyword{smtp.Table.Params[body].Keyword}
		}
		s.Start()
		defer s.Close()
		d := draft{from: "tim@example.org", to: "ann@example.net", bcc: "eve@example.net", subject: "Grüße", attach: attachment, text: strings.NewReader(text)}
		if err := send(t.Context(), s.Addr, smtpclient.Config{TLS: smtpclient.TLSOff}, d); err != nil {
			t.Fatal(err)
		}
		messages := s.Messages()
		if len(messages) != 1 || messages[0].From != d.from || strings.Join(messages[0].To, " ") != "ann@example.net eve@example.net" {
			t.Fatalf("the server has %+v", messages)
		}
		data := string(messages[0].Data)
		if strings.Contains(data, "eve@") || strings.Contains(data, "ü") != eight {
			t.Errorf("the message is\n%s", data)
		}
		got, err := mail.EMLToMsgFromString(data)
		if err != nil {
			t.Fatal(err)
		}
		parts := got.GetParts()
		if len(parts) != 1 || len(got.GetAttachments()) != 1 {
			t.Fatalf("%d parts and %d attachments", len(parts), len(got.GetAttachments()))
		}
		if content, err := parts[0].GetContent(); err != nil || strings.TrimSpace(string(content)) != strings.TrimSpace(text) {
			t.Errorf("the text is %q, %v", content, err)
		}
		var content strings.Builder
		if _, err := got.GetAttachments()[0].Writer(&content); err != nil || content.String() != octets {
			t.Errorf("the attachment is %q, %v", content.String(), err)
		}
	}
}

func TestABadAddressSendsNothing(t *testing.T) {
	s := smtptest.NewServer()
	defer s.Close()
	err := send(t.Context(), s.Addr, smtpclient.Config{TLS: smtpclient.TLSOff}, draft{from: "tim", to: "ann@example.net", text: strings.NewReader(text)})
	if err == nil || s.Conns() != 0 {
		t.Errorf("%v, %d connections", err, s.Conns())
	}
}
