package smtpclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// farewell is how long a server may take to answer the QUIT that ends a set-up
// which failed.
const farewell = 2 * time.Second

// setUp makes the connection ready to send. It goes in lock-step and uses no
// other goroutine.
func (c *Client) setUp(ctx context.Context) error {
	defer func(began time.Time) { c.stats.SetUp = time.Since(began) }(time.Now())
	raw := c.conn
	stop := context.AfterFunc(ctx, func() { raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	_, c.tlsUp = c.conn.(*tls.Conn)
	if c.cfg.TLS == TLSImplicit && !c.tlsUp {
		if err := c.handshake(ctx); err != nil {
			return err
		}
	}
	c.s = smtp.NewSession(smtp.Config{
		Protocol: c.cfg.Protocol, LMTP: c.cfg.LMTP, Secure: c.tlsUp,
		Ignore: c.cfg.Ignore, Text: c.cfg.Text, Limits: c.cfg.Limits,
	})
	c.block = cmp.Or(c.cfg.Timeout, c.s.BlockTimeout())
	err := c.introduce(ctx)
	if err != nil {
		c.farewell(ctx)
		return err
	}
	if !stop() {
		return c.opError("connect", context.Cause(ctx))
	}
	return raw.SetDeadline(time.Time{})
}

func (c *Client) introduce(ctx context.Context) error {
	if done, err := c.meetEarly(ctx); err != nil {
		return err
	} else if !done {
		if err := c.answered(ctx, "greeting"); err != nil {
			return err
		}
		if err := c.hello(ctx); err != nil {
			return err
		}
	}
	if err := c.startTLS(ctx); err != nil {
		return err
	}
	if c.cfg.Auth != nil {
		return c.authenticate(ctx)
	}
	return nil
}

// hello says EHLO, or HELO to a server that does not know it (RFC 5321 §3.2).
func (c *Client) hello(ctx context.Context) error {
	c.local = c.cfg.localName(c.conn)
	name := c.local
	err := c.command(ctx, "hello", func() (smtp.Tag, error) { return c.s.Hello(name) })
	if err == nil {
		c.remember()
	}
	var refused *smtp.ReplyError
	if errors.As(err, &refused) && (refused.Code == 500 || refused.Code == 502) && c.s.Allows(c.s.Op(smtp.RoleHelo)) == nil {
		return c.command(ctx, "hello", func() (smtp.Tag, error) { return c.s.Helo(name) })
	}
	return err
}

// startTLS starts TLS as the policy says, and says EHLO again.
func (c *Client) startTLS(ctx context.Context) error {
	if c.tlsUp || c.cfg.TLS == TLSOff {
		return nil
	}
	opportunistic := c.cfg.TLS == TLSOpportunistic
	var err error
	if c.upgrading {
		c.upgrading = false
		err = c.answered(ctx, "starttls")
	} else {
		err = c.command(ctx, "starttls", c.s.UpgradeTLS)
	}
	var refused *smtp.ReplyError
	var missing *smtp.MissingError
	if opportunistic && (errors.As(err, &refused) || errors.As(err, &missing)) && !c.s.Closing() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("TLS is required: %w", err)
	}
	if err := c.handshake(ctx); err != nil {
		return err
	}
	if err := c.s.HandleTLS(); err != nil {
		return c.opError("starttls", err)
	}
	if done, err := c.meetEarly(ctx); done || err != nil {
		return err
	}
	return c.hello(ctx)
}

func (c *Client) handshake(ctx context.Context) error {
	conn := tls.Client(c.conn, c.cfg.tls())
	limit, cancel := context.WithTimeout(ctx, cmp.Or(c.cfg.Timeout, 2*time.Minute))
	defer cancel()
	c.conn.SetDeadline(time.Time{})
	if err := conn.HandshakeContext(limit); err != nil {
		return c.opError("tls", err)
	}
	c.conn, c.tlsUp = conn, true
	return nil
}

// command queues a command and waits for a reply that is positive.
func (c *Client) command(ctx context.Context, op string, queue func() (smtp.Tag, error)) error {
	ev, err := c.exchange(ctx, op, queue)
	if err != nil {
		return err
	}
	return c.refusal(op, ev)
}

// answered waits for the reply to what is queued, and for it to be positive.
func (c *Client) answered(ctx context.Context, op string) error {
	ev, err := c.await(ctx, op)
	if err != nil {
		return err
	}
	return c.refusal(op, ev)
}

func (c *Client) refusal(op string, ev smtp.Event) error {
	if err := ev.Reply.Err(c.s.Protocol().Commands[ev.Op].Name, ev.Temporary); err != nil {
		return c.opError(op, err)
	}
	return nil
}

// exchange queues a command and waits for its reply.
func (c *Client) exchange(ctx context.Context, op string, queue func() (smtp.Tag, error)) (smtp.Event, error) {
	from := len(c.s.Pending())
	if _, err := queue(); err != nil {
		return smtp.Event{}, c.opError(op, err)
	}
	c.traceCommand(c.s.Last(), from)
	return c.await(ctx, op)
}

// await writes what is queued and reads until a reply is there.
func (c *Client) await(ctx context.Context, op string) (smtp.Event, error) {
	fail := func(err error) (smtp.Event, error) {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		} else if errors.Is(err, os.ErrDeadlineExceeded) {
			err = fmt.Errorf("no answer within %v: %w", cmp.Or(c.cfg.Timeout, c.s.Timeout()), err)
		}
		return smtp.Event{}, c.opError(op, err)
	}
	c.conn.SetDeadline(time.Now().Add(cmp.Or(c.cfg.Timeout, c.s.Timeout())))
	if ctx.Err() != nil {
		return fail(nil)
	}
	if out := c.s.Take(nil); len(out) > 0 {
		n, err := c.conn.Write(out)
		c.stats.Sent += uint64(n)
		if err != nil {
			return fail(err)
		}
	}
	buf := make([]byte, 4096)
	for {
		switch ev := c.s.Next(); ev.Kind {
		case smtp.None:
		case smtp.Ended:
			return fail(ev.Err)
		default:
			c.traceAnswer(ev)
			if ev.Kind == smtp.Closing {
				return fail(ev.Reply.Err("the connection", true))
			}
			return ev, nil
		}
		n, err := c.conn.Read(buf)
		c.stats.Received += uint64(n)
		c.s.HandleInput(buf[:n])
		if n > 0 {
			continue
		}
		if err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				c.s.HandleEOF()
				if ev := c.s.Next(); ev.Kind == smtp.Ended && ev.Err == nil {
					err = smtp.ErrClosed
				}
			}
			return fail(err)
		}
	}
}

// farewell says QUIT where that is possible, before the connection is closed.
func (c *Client) farewell(ctx context.Context) {
	if c.s.Allows(c.s.Op(smtp.RoleQuit)) != nil || ctx.Err() != nil {
		return
	}
	limit, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	conn := c.conn
	defer context.AfterFunc(limit, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	c.exchange(limit, "quit", c.s.Quit)
}
