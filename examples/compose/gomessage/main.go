// Command gomessage builds a message with github.com/emersion/go-message, the
// text from standard input and a file as attachment, and sends it to all whom its
// header names:
//
//	gomessage -server mail.example.org:587 -from tim@example.org -to "Ann <ann@example.net>, bob@example.net" -bcc eve@example.net -attach report.pdf <text
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/emersion/go-message/mail"

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
	flag.StringVar(&d.to, "to", "", "addresses of the recipients, with commas between them")
	flag.StringVar(&d.bcc, "bcc", "", "addresses of recipients whom the message does not name")
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

// write writes the message. Its text is left in 8 bits: whether the server takes
// that is seen when it is sent.
func (d draft) write(w io.Writer) error {
	var h mail.Header
	for name, list := range map[string]string{"From": d.from, "To": d.to, "Bcc": d.bcc} {
		if list == "" {
			continue
		}
		addresses, err := mail.ParseAddressList(list)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		h.SetAddressList(name, addresses)
	}
	h.SetSubject(d.subject)
	h.SetDate(time.Now())
	if err := h.GenerateMessageID(); err != nil {
		return err
	}
	parts, err := mail.CreateWriter(w, h)
	if err != nil {
		return err
	}
	var inline mail.InlineHeader
	inline.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	inline.Set("Content-Transfer-Encoding", "8bit")
	text, err := parts.CreateSingleInline(inline)
	if err != nil {
		return err
	}
	if _, err := io.Copy(text, d.text); err != nil {
		return err
	}
	if err := text.Close(); err != nil {
		return err
	}
	if d.attach != "" {
		if err := d.writeFile(parts); err != nil {
			return err
		}
	}
	return parts.Close()
}

func (d draft) writeFile(parts *mail.Writer) error {
	f, err := os.Open(d.attach)
	if err != nil {
		return err
	}
	defer f.Close()
	var h mail.AttachmentHeader
	h.SetContentType("application/octet-stream", nil)
	h.SetFilename(filepath.Base(d.attach))
	w, err := parts.CreateAttachment(h)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, f); err != nil {
		return err
	}
	return w.Close()
}

// send sends the message. The envelope comes from its header, whose Bcc does
// not go out.
func send(ctx context.Context, addr string, cfg smtpclient.Config, d draft) error {
	var text bytes.Buffer
	if err := d.write(&text); err != nil {
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
	if _, err := message.Send(ctx, c, m, message.Options{}); err != nil {
		return err
	}
	return c.Quit(ctx)
}
