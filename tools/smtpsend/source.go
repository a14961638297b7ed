package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/tabellarius/tabellarius/smtp/message"
)

// An outgoing message is ready to be sent: what is left to be found wrong about
// it depends on the server.
type outgoing struct {
	*message.Message
	from  string   // reverse-path, empty for the null one
	to    []string // forward-paths
	close func()
}

// load reads and checks the message and its envelope, before anything is sent.
func (a *app) load(c *cli) (*outgoing, error) {
	m := &outgoing{close: func() {}}
	content, size, err := a.open(c)
	if err != nil {
		return nil, err
	}
	if f, ok := content.(*os.File); ok {
		m.close = func() { f.Close() }
	}
	m.Message, err = message.New(content, size)
	if err != nil {
		err = usageError("the message: %s", reason(err))
	} else {
		err = a.address(c, m)
	}
	if err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// open gives the message from wherever it is to come.
func (a *app) open(c *cli) (io.ReaderAt, int64, error) {
	switch c.Message {
	case "":
		content, err := a.build(c)
		return bytes.NewReader(content), int64(len(content)), err
	case "-":
		return readAll("standard input", a.stdin)
	}
	f, err := os.Open(c.Message)
	if err != nil {
		return nil, 0, usageError("the message: %w", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.IsDir():
		err = fmt.Errorf("%s is a directory", c.Message)
	case !info.Mode().IsRegular(): // a pipe, which can't be read twice
		defer f.Close()
		return readAll(c.Message, f)
	case info.Size() == 0:
		err = fmt.Errorf("%s is empty", c.Message)
	}
	if err != nil {
		f.Close()
		return nil, 0, usageError("the message: %w", err)
	}
	return f, info.Size(), nil
}

func readAll(name string, r io.Reader) (io.ReaderAt, int64, error) {
	content, err := io.ReadAll(r)
	if err == nil && len(content) == 0 {
		err = fmt.Errorf("%s is empty", name)
	}
	if err != nil {
		return nil, 0, usageError("the message: %w", err)
	}
	return bytes.NewReader(content), int64(len(content)), nil
}

// build makes the message that the flags describe.
func (a *app) build(c *cli) ([]byte, error) {
	d := draft{
		from: c.From, to: c.To, cc: c.Cc, subject: c.Subject, body: c.Body, headers: c.Header,
		date: a.now(), id: a.messageID,
	}
	if c.Body == "-" {
		body, err := io.ReadAll(a.stdin)
		if err != nil {
			return nil, usageError("--body: %w", err)
		}
		d.body = string(body)
	}
	for _, name := range c.Attach {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, usageError("--attach: %w", err)
		}
		d.files = append(d.files, file{filepath.Base(name), content})
	}
	return d.build()
}

// address finds the envelope. For either side of it the first of these counts:
// --mail-from and --rcpt; --from and --to, --cc, --bcc; the message's header.
func (a *app) address(c *cli, m *outgoing) error {
	from, err := addressList("--from", nonEmpty(c.From)...)
	if err != nil {
		return err
	}
	if len(from) > 1 {
		return usageError("--from: expected one address, got %d", len(from))
	}
	var to, rcpt []string
	for _, list := range []struct {
		flag   string
		values []string
	}{{"--to", c.To}, {"--cc", c.Cc}, {"--bcc", c.Bcc}} {
		addresses, err := addressList(list.flag, list.values...)
		if err != nil {
			return err
		}
		for _, one := range addresses {
			to = append(to, mailbox(one))
		}
	}
	for _, path := range c.Rcpt {
		rcpt = append(rcpt, bare(path))
		if err := checkMailbox("--rcpt", bare(path)); err != nil {
			return err
		}
	}
	if len(rcpt) == 0 {
		rcpt = to
	}
	switch {
	case c.MailFrom != nil:
		m.from = bare(*c.MailFrom)
		if err := checkSender("--mail-from", m.from); err != nil {
			return err
		}
	case len(from) == 1:
		m.from = mailbox(from[0])
	}
	if c.MailFrom == nil && len(from) == 0 {
		if m.from, err = m.Sender(); err != nil {
			return usageError("the message: %s; --mail-from is the way round it", reason(err))
		}
	}
	if len(rcpt) == 0 {
		if rcpt, err = m.Recipients(); err != nil {
			return usageError("the message: %s; --rcpt is the way round it", reason(err))
		}
	}
	for _, path := range rcpt {
		if !slices.Contains(m.to, path) {
			m.to = append(m.to, path)
		}
	}
	if len(m.to) == 0 {
		return usageError("expected a recipient: --to, --cc, --bcc or --rcpt, or To, Cc or Bcc in the message's header")
	}
	return nil
}

// bare takes angle brackets off.
func bare(path string) string {
	if len(path) >= 2 && path[0] == '<' && path[len(path)-1] == '>' {
		return path[1 : len(path)-1]
	}
	return path
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
