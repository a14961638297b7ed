package smtpclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	"github.com/tabellarius/tabellarius/smtp"
)

// EarlyHosts remembers what servers offered that take commands before their
// greeting (PIPECONNECT), so that later connections to them can do so. The zero
// value is empty and ready; any number of clients may share one. It keeps a few
// hundred octets for each such server.
type EarlyHosts struct {
	mu    sync.Mutex
	hosts map[string]earlyHost // by the address that was dialled
}

// An earlyHost is what a server offered without TLS and with it: the lines of its
// replies to EHLO. Nil: it was not asked, or takes nothing early.
type earlyHost struct{ plain, tls []byte }

// Forget has the next connection to addr wait for the greeting.
func (e *EarlyHosts) Forget(addr string) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.hosts, addr)
}

func (e *EarlyHosts) known(addr string, tls bool) []byte {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if tls {
		return e.hosts[addr].tls
	}
	return e.hosts[addr].plain
}

func (e *EarlyHosts) learn(addr string, tls bool, offers []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	host := e.hosts[addr]
	if tls {
		host.tls = offers
	} else {
		host.plain = offers
	}
	if host.plain == nil && host.tls == nil {
		delete(e.hosts, addr)
		return
	}
	if e.hosts == nil {
		e.hosts = map[string]earlyHost{}
	}
	e.hosts[addr] = host
}

// remember keeps what the server said in answer to EHLO, if it takes commands
// early.
func (c *Client) remember() {
	if c.cfg.Early == nil || c.addr == "" {
		return
	}
	var offers bytes.Buffer
	if k, ok := c.s.Protocol().Keyword(smtp.RoleEarly); ok && c.s.Offered(k) {
		for line := range c.s.Offers() {
			offers.WriteString(line + "\n")
		}
	}
	c.cfg.Early.learn(c.addr, c.tlsUp, offers.Bytes())
}

// meetEarly says EHLO at once to a server that is known to take it before its
// greeting, and STARTTLS with it where that is next. The replies to the last EHLO
// are left to the first envelope, if there is one at hand. It reports whether the
// server is known so.
func (c *Client) meetEarly(ctx context.Context) (done bool, err error) {
	known := c.cfg.Early.known(c.addr, c.tlsUp)
	if known == nil || c.cfg.patient || c.s.Assume(known) != nil {
		return false, nil
	}
	awaits := []string{"hello"}
	if c.s.Awaiting() > 0 {
		awaits = []string{"greeting", "hello"}
	}
	c.early = true
	from := len(c.s.Pending())
	c.local = c.cfg.localName(c.conn)
	tag, err := c.s.Hello(c.local)
	if err != nil {
		return true, c.opError("hello", err)
	}
	c.traceCommand(c.s.Last(), from)
	switch upgrades := !c.tlsUp && c.cfg.TLS != TLSOff; {
	case upgrades && c.s.Allows(c.s.Op(smtp.RoleStartTLS)) == nil:
		from = len(c.s.Pending())
		if _, err := c.s.UpgradeTLS(); err != nil {
			return true, c.opError("starttls", err)
		}
		c.traceCommand(c.s.Last(), from)
		c.upgrading = true
	case !upgrades && c.cfg.together && c.cfg.Auth == nil:
		c.link.login = login{tag: tag, early: true}
		return true, nil
	}
	for _, op := range awaits {
		if err := c.answered(ctx, op); err != nil {
			return true, err
		}
	}
	c.early = false
	return true, nil
}

// metEarly takes the replies that were left to the first envelope, and reports
// whether it was one of them. The lock is held.
func (c *Client) metEarly(ev *smtp.Event) bool {
	l := &c.link.login
	if ev.Tag > l.tag {
		return false
	}
	op := "greeting"
	if ev.Tag == l.tag {
		op = "hello"
		*l = login{}
	}
	if err := c.refusal(op, *ev); err != nil {
		c.fail(err)
		return true
	}
	if op == "hello" {
		c.early = false
	}
	return true
}

// tooEarly reports whether a connection failed, or a message was refused, on what
// an earlier connection had been told: without it that may go well. No message
// data was sent then.
func (c *Client) tooEarly(err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return err != nil && c.early
}

// An earlyError is why a set-up failed that relied on an earlier connection.
type earlyError struct{ error }

func (e earlyError) Unwrap() error { return e.error }

func isEarly(err error) bool {
	var early earlyError
	return errors.As(err, &early)
}

// twice gives a body that can be read twice up to where the content is asked for: a
// piece of it, and one octet by which a message for several transactions is found to
// be longer.
func twice(body io.Reader) (again func() (io.Reader, error), err error) {
	if s, ok := body.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			return func() (io.Reader, error) {
				_, err := s.Seek(at, io.SeekStart)
				return body, err
			}, nil
		}
	}
	head := make([]byte, pieceSize+1)
	n, err := io.ReadFull(body, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, readError(err)
	}
	return func() (io.Reader, error) { return io.MultiReader(bytes.NewReader(head[:n]), body), nil }, nil
}
