package message_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/message"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// What arrives, by what the server offers.
func TestSendFitsTheServer(t *testing.T) {
	const (
		plain = "From: tim@example.org\r\nTo: ann@example.net\r\nBcc: eve@example.net\r\nMIME-Version: 1.0\r\n"
		eight = plain + "Content-Transfer-Encoding: 8bit\r\n\r\nGrüße, mehr gibt es heute nicht zu sagen\r\n"
		wide  = "Subject: Grüße\r\n" + plain + "\r\nhi\r\n"
	)
	without := func(s string) string { return strings.Replace(s, "Bcc: eve@example.net\r\n", "", 1) }
	quoted := strings.NewReplacer("8bit", "quoted-printable", "üß", "=C3=BC=C3=9F").Replace(without(eight))
	for _, c := range []struct {
		name, text string
		lacks      string // of 8BITMIME, SMTPUTF8
		options    message.Options
		mail       string // the MAIL command, without SIZE
		to         string
		data       string
		missing    string
	}{
		{name: "7 bits", text: plain + "\r\nhi\r\n", mail: "MAIL FROM:<tim@example.org>", data: without(plain) + "\r\nhi\r\n"},
		{name: "8 bits, offered", text: eight, mail: "MAIL FROM:<tim@example.org> BODY=8BITMIME", data: without(eight)},
		{name: "8 bits, not offered", text: eight, lacks: "8BITMIME SMTPUTF8", mail: "MAIL FROM:<tim@example.org>", data: quoted},
		{name: "8 bits, not offered, as is", text: eight, lacks: "8BITMIME SMTPUTF8", options: message.Options{AsIs: true}, missing: "8BITMIME"},
		{name: "8 bits, offered, as is", text: eight, options: message.Options{AsIs: true}, mail: "MAIL FROM:<tim@example.org> BODY=8BITMIME", data: without(eight)},
		{name: "NUL", text: plain + "\r\na\x00b\r\n", mail: "MAIL FROM:<tim@example.org>", data: without(plain) + "Content-Transfer-Encoding: base64\r\n\r\nYQBiDQo=\r\n"},
		{name: "NUL, as is", text: plain + "\r\na\x00b\r\n", options: message.Options{AsIs: true}, missing: "BINARYMIME"},
		{name: "UTF-8 in the header", text: wide, mail: "MAIL FROM:<tim@example.org> BODY=8BITMIME SMTPUTF8", data: without(wide)},
		{name: "UTF-8 in the header, not offered", text: wide, lacks: "SMTPUTF8", missing: "SMTPUTF8"},
		{name: "UTF-8 in the header, as is, not offered", text: wide, lacks: "SMTPUTF8", options: message.Options{AsIs: true}, missing: "SMTPUTF8"},
		{name: "a domain above ASCII, not offered", text: plain + "\r\nhi\r\n", lacks: "SMTPUTF8",
			options: message.Options{Envelope: &smtpclient.Envelope{From: "tim@bücher.example", To: []string{"ann@bücher.example"}, Size: 1, UTF8: true}},
			mail:    "MAIL FROM:<tim@xn--bcher-kva.example>", to: "ann@xn--bcher-kva.example", data: without(plain) + "\r\nhi\r\n"},
		{name: "a domain above ASCII, offered", text: plain + "\r\nhi\r\n",
			options: message.Options{Envelope: &smtpclient.Envelope{To: []string{"ann@bücher.example"}}},
			mail:    "MAIL FROM:<> SMTPUTF8", to: "ann@bücher.example", data: without(plain) + "\r\nhi\r\n"},
		{name: "a local part above ASCII, not offered", text: plain + "\r\nhi\r\n", lacks: "SMTPUTF8",
			options: message.Options{Envelope: &smtpclient.Envelope{To: []string{"änn@example.net"}}}, missing: "SMTPUTF8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := smtptest.NewUnstartedServer()
			for keyword, role := range map[string]smtp.Role{"8BITMIME": smtp.Role8Bit, "SMTPUTF8": smtp.RoleUTF8} {
				id, ok := smtp.Table.Param(role)
				if role == smtp.Role8Bit {
					id, _, ok = smtp.Table.ParamValue(role)
				}
				if !ok {
					t.Fatalf("the table has no %s", keyword)
				}
				if strings.Contains(c.lacks, keyword) {
					s.Config.Without = append(s.Config.Without, smtp.Table.Params[id].Keyword)
				}
			}
			s.Start()
			defer s.Close()
			client, err := smtpclient.Dial(t.Context(), s.Addr, smtpclient.Config{TLS: smtpclient.TLSOff})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			report, err := message.Send(t.Context(), client, read(t, c.text), c.options)
			if c.missing != "" {
				var missing *smtp.MissingError
				if !errors.As(err, &missing) || missing.Name != c.missing || len(s.Messages()) > 0 {
					t.Errorf("%v; want that %s is missing, and nothing sent", err, c.missing)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			messages, err := s.Wait(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.data, string(messages[0].Data)); diff != "" {
				t.Error(diff)
			}
			want := c.to
			if want == "" {
				want = "ann@example.net eve@example.net"
			}
			if got := strings.Join(messages[0].To, " "); got != want || report.Accepted() != len(messages[0].To) {
				t.Errorf("sent to %s, want %s", got, want)
			}
			for _, l := range s.Transcript(1) {
				if line, ok := strings.CutPrefix(l.String(), "C: MAIL "); ok {
					got := ""
					for word := range strings.FieldsSeq("MAIL " + line) {
						if size, ok := strings.CutPrefix(word, "SIZE="); !ok {
							got += word + " "
						} else if size != itoa(len(c.data)) {
							t.Errorf("SIZE=%s for %d octets", size, len(c.data))
						}
					}
					if strings.TrimSpace(got) != c.mail {
						t.Errorf("%s; want %s", got, c.mail)
					}
				}
			}
		})
	}
}

// A caller's envelope is not changed, and a message can be sent again and again.
func TestSendTwice(t *testing.T) {
	s := smtptest.NewUnstartedServer()
	if id, ok := smtp.Table.Param(smtp.RoleUTF8); ok {
		s.Config.Without = []smtp.Keyword{smtp.Table.Params[id].Keyword}
	}
	s.Start()
	defer s.Close()
	client, err := smtpclient.Dial(t.Context(), s.Addr, smtpclient.Config{TLS: smtpclient.TLSOff})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	m := read(t, "Subject: x\n\nGrüße\n")
	env := smtpclient.Envelope{From: "tim@example.org", To: []string{"ann@bücher.example"}}
	for range 2 {
		if _, err := message.Send(context.Background(), client, m, message.Options{Envelope: &env}); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.Messages()) != 2 || env.Size != 0 || env.To[0] != "ann@bücher.example" {
		t.Errorf("%d messages, and the envelope is %+v", len(s.Messages()), env)
	}
}
