// Package smtpclient sends mail: it drives a session of package smtp over a
// net.Conn.
//
// [Dial] connects, says EHLO, starts TLS and authenticates; [Client.Send] sends
// a message and reports what became of it for each recipient; [Client.Quit]
// says good-bye. Any number of goroutines may call Send on one client: their
// messages go out one after the other.
package smtpclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// A Client is a connection to a mail server that is ready to send. Its methods
// may be called by many goroutines.
type Client struct {
	cfg   Config
	addr  string
	conn  net.Conn
	tlsUp bool

	// turn holds a token while nobody uses the connection. Whoever took it may
	// queue commands, and gives it back when all replies to them are there.
	turn chan struct{}

	block time.Duration  // for writing one piece of data
	wake  chan struct{}  // gets a token when the session moved
	dead  chan struct{}  // closed with err set
	work  sync.WaitGroup // goroutines of this client

	writing sync.Mutex // held during Write; taken while mu is not held
	mu      sync.Mutex // guards what follows; not held during Write
	s       *smtp.Session
	user    func(smtp.Event) // of whoever has the turn
	spare   []byte           // for Take
	armed   bool             // a read deadline is set
	err     error            // why the connection is dead
	closed  bool
	stats   Stats
}

// Dial connects to the server at addr, "host:port" or the path of a Unix
// socket, and makes it ready to send: greeting, EHLO, TLS and AUTH as cfg says.
// ctx bounds all of it. The error is an [*OpError] and tells what failed; the
// connection is closed then.
func Dial(ctx context.Context, addr string, cfg Config) (*Client, error) {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		cfg.ServerName = cmp.Or(cfg.ServerName, host)
		if cfg.TLS == TLSRequired && port == "465" {
			cfg.TLS = TLSImplicit
		}
	} else if len(addr) == 0 || addr[0] != '/' {
		return nil, &OpError{Op: "dial", Server: addr, Err: fmt.Errorf("expected host:port, or the path of a Unix socket: %w", err)}
	}
	conn, err := cfg.dial(ctx, addr)
	if err != nil {
		return nil, &OpError{Op: "dial", Server: addr, Err: err}
	}
	return newClient(ctx, conn, cfg, addr)
}

// NewClient makes a connection that is there ready to send, as Dial does. With
// TLSRequired it starts TLS by STARTTLS, unless conn is a [*tls.Conn]. A
// certificate is checked against the name in cfg.
func NewClient(ctx context.Context, conn net.Conn, cfg Config) (*Client, error) {
	return newClient(ctx, conn, cfg, "")
}

func newClient(ctx context.Context, conn net.Conn, cfg Config, addr string) (*Client, error) {
	c := &Client{cfg: cfg, addr: addr, conn: conn, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), dead: make(chan struct{})}
	if c.cfg.ChunkSize <= 0 {
		c.cfg.ChunkSize = 256 << 10
	}
	if err := c.setUp(ctx); err != nil {
		c.conn.Close()
		if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
			err = fmt.Errorf("%w (%w)", ctx.Err(), err)
		}
		var op *OpError
		if !errors.As(err, &op) {
			err = &OpError{Op: "connect", Server: addr, Err: err}
		}
		return nil, err
	}
	c.turn <- struct{}{}
	c.work.Add(1)
	go c.read()
	return c, nil
}

// Ask calls f with the session, for what its getters tell: the state, what the
// server offers. f must not keep the session, nor command it.
func (c *Client) Ask(f func(*smtp.Session)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c.s)
}

// Extension gives what the server said behind a keyword in answer to EHLO, and
// whether it named it.
func Extension[T any](c *Client, k smtp.KeywordKey[T]) (v T, ok bool) {
	c.Ask(func(s *smtp.Session) { v, ok = smtp.Capability(s, k) })
	return v, ok
}

// TLS gives the state of the TLS connection, and whether there is one.
func (c *Client) TLS() (tls.ConnectionState, bool) {
	if t, ok := c.conn.(*tls.Conn); ok {
		return t.ConnectionState(), true
	}
	return tls.ConnectionState{}, false
}

// Do sends one command, a user's own perhaps, and waits for its reply. A
// refusal is an [*smtp.ReplyError], and the reply is there with it.
func (c *Client) Do(ctx context.Context, cmd smtp.Command) (smtp.Reply, error) {
	if err := c.take(ctx); err != nil {
		return smtp.Reply{}, err
	}
	var reply smtp.Reply
	var refusal error
	c.mu.Lock()
	from := len(c.s.Pending())
	tag, err := c.s.Do(cmd)
	if err != nil {
		c.mu.Unlock()
		c.give()
		return reply, err
	}
	c.traceCommand(cmd.Op(), from)
	c.user = func(ev smtp.Event) {
		if ev.Tag == tag {
			reply = ev.Reply.Clone()
			refusal = reply.Err(c.s.Protocol().Commands[ev.Op].Name, ev.Temporary)
		}
	}
	c.mu.Unlock()
	err = c.flush(ctx, func() bool { return reply.Code != 0 })
	c.mu.Lock()
	c.user = nil
	c.mu.Unlock()
	if reply.Code == 0 {
		c.detach()
		return reply, err
	}
	c.give()
	return reply, refusal
}

// Quit ends the session in good order: what is under way is finished, QUIT is
// sent, its reply awaited, the connection closed (RFC 5321 §4.1.1.10).
func (c *Client) Quit(ctx context.Context) error {
	_, err := c.Do(ctx, new(smtp.Quit))
	c.Close()
	return err
}

// Close closes the connection at once. What is under way is reported as not
// sent or unknown. It returns when the client's goroutines have ended.
func (c *Client) Close() error {
	c.mu.Lock()
	again := c.closed
	c.closed = true
	c.fail(ErrClientClosed)
	c.mu.Unlock()
	c.work.Wait()
	if again {
		return ErrClientClosed
	}
	return nil
}

// take waits for the turn.
func (c *Client) take(ctx context.Context) error {
	select {
	case <-c.dead:
		return c.reason()
	default:
	}
	select {
	case <-c.turn:
		return nil
	case <-c.dead:
		return c.reason()
	case <-ctx.Done():
		return c.opError("send", context.Cause(ctx))
	}
}

// give gives the turn back. A connection that can't go on is closed.
func (c *Client) give() {
	c.mu.Lock()
	c.user = nil
	if c.s.Halted() || c.s.Closing() || c.s.State() == c.s.Protocol().Finish {
		c.fail(c.opError("send", errors.New("the server ended the session")))
	}
	c.mu.Unlock()
	c.turn <- struct{}{}
}

// detach leaves the turn to a goroutine that waits for the replies still to
// come, so that the next user finds the session where it stands.
func (c *Client) detach() {
	c.mu.Lock()
	c.user = nil
	c.mu.Unlock()
	c.work.Add(1)
	go func() {
		defer c.work.Done()
		err := c.flush(context.Background(), func() bool { return c.s.Awaiting() == 0 })
		c.mu.Lock()
		if err == nil && c.s.Protocol().States[c.s.State()].Awaits != smtp.AwaitCommand {
			// A message that was given up can't be ended but by closing.
			c.fail(c.opError("send", errors.New("a message was given up half way")))
		}
		c.mu.Unlock()
		c.give()
	}()
}

// flush calls step, with the lock held, until it reports that it is done and all
// that it queued is written, or the connection is dead, or ctx ends. step is
// called anew whenever the session moved.
func (c *Client) flush(ctx context.Context, step func() bool) error {
	for {
		c.mu.Lock()
		if c.err != nil {
			c.mu.Unlock()
			return c.reason()
		}
		done := step()
		out := c.s.Take(c.spare)
		c.spare = nil
		c.arm()
		c.mu.Unlock()
		switch {
		case len(out) > 0:
			if err := c.write(ctx, out); err != nil {
				return err
			}
		case done:
			return nil
		default:
			select {
			case <-c.wake:
			case <-ctx.Done():
				return c.opError("send", context.Cause(ctx))
			}
		}
	}
}

// write writes while the reader reads: a peer that writes too can't block both
// sides. If ctx ends first it returns at once, and the octets go on to be written.
func (c *Client) write(ctx context.Context, out []byte) error {
	c.writing.Lock() // an earlier write may go on
	if t := c.blockTimeout(); t > 0 {
		c.conn.SetWriteDeadline(time.Now().Add(t))
	}
	if ctx.Done() == nil {
		return c.writeNow(out)
	}
	written := make(chan error, 1)
	c.work.Add(1)
	go func() {
		defer c.work.Done()
		written <- c.writeNow(out)
	}()
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
		return c.opError("write", context.Cause(ctx))
	}
}

func (c *Client) writeNow(out []byte) error {
	n, err := c.conn.Write(out)
	c.writing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Sent += uint64(n)
	if err == nil {
		c.spare = out
		return nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("the server took no data for %v: %w", c.blockTimeout(), err)
	}
	c.fail(c.opError("write", err))
	return c.err
}

// read feeds the session with what the server says, until the connection is dead.
func (c *Client) read() {
	defer c.work.Done()
	buf := make([]byte, 16<<10)
	for {
		n, err := c.conn.Read(buf)
		c.mu.Lock()
		c.stats.Received += uint64(n)
		c.s.HandleInput(buf[:n])
		if err == io.EOF {
			c.s.HandleEOF()
		}
		c.events()
		switch {
		case err == nil || err == io.EOF:
			c.arm()
		case errors.Is(err, os.ErrDeadlineExceeded) && c.s.Awaiting() > 0:
			c.fail(c.opError("read", fmt.Errorf("no reply within %v: %w", c.replyTimeout(), err)))
		default:
			c.fail(c.opError("read", err))
		}
		dead := c.err != nil
		c.mu.Unlock()
		c.signal()
		if dead {
			return
		}
	}
}

// events hands the session's events to whoever has the turn.
func (c *Client) events() {
	for {
		ev := c.s.Next()
		switch ev.Kind {
		case smtp.None:
			return
		case smtp.Ended:
			if ev.Err == nil {
				ev.Err = ErrClientClosed
			}
			c.fail(c.opError("read", ev.Err))
			return
		}
		c.traceReply(ev.Reply)
		if c.user != nil {
			c.user(ev)
		}
	}
}

// arm sets the time by which the oldest unanswered command must be answered.
func (c *Client) arm() {
	switch {
	case c.s.Awaiting() > 0:
		c.conn.SetReadDeadline(time.Now().Add(c.replyTimeout()))
		c.armed = true
	case c.armed:
		c.conn.SetReadDeadline(time.Time{})
		c.armed = false
	}
}

func (c *Client) replyTimeout() time.Duration { return cmp.Or(c.cfg.Timeout, c.s.Timeout()) }

func (c *Client) blockTimeout() time.Duration { return cmp.Or(c.cfg.Timeout, c.block) }

// fail makes the connection dead, once. The lock is held.
func (c *Client) fail(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	c.s.Fail(err)
	c.conn.Close()
	close(c.dead)
	c.signal()
}

func (c *Client) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// reason is why the connection is dead.
func (c *Client) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *Client) opError(op string, err error) error {
	var already *OpError
	if errors.As(err, &already) {
		return err
	}
	return &OpError{Op: op, Server: c.addr, Err: err}
}
