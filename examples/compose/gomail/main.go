// Command gomail builds a message with github.com/wneessen/go-mail, the text from
// standard input and a file as attachment, and sends it:
//
//	gomail -server mail.example.org:587 -from tim@example.org -to ann@example.net -bcc eve@example.net -attach report.pdf <text
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/tabellarius/tabellarius/smtp/message"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// A draft is what the message is built of.
type draft struct {
	from, to, bcc, subject, attach string
	text                           io.Reader
}

func main() {
	var d draft
	server := flag.String("server", "localhost:587", "host and port of the mail server")
	flag.StringVar(&d.from, "from", "", "address of the author")
	flag.StringVar(&d.to, "to", "", "address of the recipient")
	flag.StringVar(&d.bcc, "bcc", "", "address of a recipient whom the message does not name")
	flag.StringVar(&d.subject, "subject", "", "subject")
	flag.StringVar(&d.attach, "attach", "", "file to attach")
	flag.Parse()
	d.text = os.Stdin
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := send(ctx, *server, smtpclient.Config{}, d); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// build makes the message. Its text is left in 8 bits: whether the server takes
// that is seen when it is sent.
func (d draft) build() (*mail.Msg, error) {
	text, err := io.ReadAll(d.text)
	if err != nil {
		return nil, err
	}
	m := mail.NewMsg(mail.WithEncoding(mail.NoEncoding))
	if err := m.From(d.from); err != nil {
		return nil, err
	}
	if err := m.To(d.to); err != nil {
		return nil, err
	}
	if d.bcc != "" {
		if err := m.Bcc(d.bcc); err != nil {
			return nil, err
		}
	}
	m.Subject(d.subject)
	m.SetDate()
	m.SetMessageID()
	m.SetBodyString(mail.TypeTextPlain, string(text))
	if d.attach != "" {
		m.AttachFile(d.attach)
	}
	return m, nil
}

// send sends the message. What go-mail writes has no Bcc, so the envelope is
// asked of it, too.
func send(ctx context.Context, addr string, cfg smtpclient.Config, d draft) error {
	built, err := d.build()
	if err != nil {
		return err
	}
	from, err := built.GetSender(false)
	if err != nil {
		return err
	}
	to, err := built.GetRecipients()
	if err != nil {
		return err
	}
	for i := range to {
		to[i] = bare(to[i])
	}
	env := smtpclient.Envelope{From: bare(from), To: to}
	var text bytes.Buffer
	if _, err := built.WriteTo(&text); err != nil {
		return err
	}
	m, err := message.Read(&text)
	if err != nil {
		return err
	}
	c, err := smtpclient.Dial(ctx, addr, cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := message.Send(ctx, c, m, message.Options{Envelope: &env}); err != nil {
		return err
	}
	return c.Quit(ctx)
}

// bare takes the angle brackets off that go-mail puts round an address.
func bare(path string) string {
	return strings.TrimSuffix(strings.TrimPrefix(path, "<"), ">")
}
