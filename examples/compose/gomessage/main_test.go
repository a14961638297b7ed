package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-message/mail"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

const text = "Viele Grüße aus dem sommerlichen Weimar\r\n"

// The message arrives whole, in 8 bits where the server takes them and in 7
// where not, at all whom its header named.
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
		d := draft{from: "Tim <tim@example.org>", to: "Ann <ann@example.net>, bob@example.net", bcc: "eve@example.net", subject: "Grüße", attach: attachment, text: strings.NewReader(text)}
		if err := send(t.Context(), s.Addr, smtpclient.Config{TLS: smtpclient.TLSOff}, d); err != nil {
			t.Fatal(err)
		}
		messages := s.Messages()
		if len(messages) != 1 || messages[0].From != "tim@example.org" || strings.Join(messages[0].To, " ") != "ann@example.net bob@example.net eve@example.net" {
			t.Fatalf("the server has %+v", messages)
		}
		data := string(messages[0].Data)
		if strings.Contains(data, "eve@") || strings.Contains(data, "ü") != eight {
			t.Errorf("the message is\n%s", data)
		}
		r, err := mail.CreateReader(strings.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if subject, err := r.Header.Subject(); err != nil || subject != d.subject {
			t.Errorf("the subject is %q, %v", subject, err)
		}
		for _, want := range []string{text, octets} {
			p, err := r.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(p.Body); err != nil || string(got) != want {
				t.Errorf("a part is %q, %v; want %q", got, err, want)
			}
		}
	}
}

func TestABadAddressSendsNothing(t *testing.T) {
	s := smtptest.NewServer()
	defer s.Close()
	err := send(t.Context(), s.Addr, smtpclient.Config{TLS: smtpclient.TLSOff}, draft{from: "tim@example.org", to: "ann", text: strings.NewReader(text)})
	if err == nil || s.Conns() != 0 {
		t.Errorf("%v, %d connections", err, s.Conns())
	}
}
