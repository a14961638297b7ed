// Package smtpclient sends mail: it drives a session of package smtp over a
// net.Conn.
//
// [Dial] connects, says EHLO, starts TLS and authenticates; [Client.Send] sends
// a message and reports what became of it for each recipient; [Client.Quit]
// says good-bye. Any number of goroutines may call Send on one client: their
// messages share the connection, each one's envelope right behind the message
// before it, so that a message costs one round trip, or none with Eager.
// [Client.SendAll] does the same for one caller with many messages.
//
// A client has no goroutine while it is idle, and none while one caller uses it
// alone over TCP: the callers drive the connection themselves.
package smtpclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// A Client is a connection to a mail server that is ready to send. Its methods
// may be called by many goroutines.
type Client struct {
	cfg      Config
	addr     string
	conn     net.Conn
	tlsUp    bool
	local    string        // what the client calls itself
	buffered bool          // the kernel buffers what is written: TCP, Unix
	chunks   bool          // messages go out by BDAT
	block    time.Duration // for writing one piece of data
	quick    func()        // makes the kernel acknowledge what comes at once; may be nil

	work sync.WaitGroup // goroutines of this client

	mu    sync.Mutex // guards what follows; not held while reading, writing, or waiting
	s     *smtp.Session
	link  link
	err   error // why the connection is dead
	stats Stats
	quota quota
	early bool // commands went out that rely on an earlier connection, EHLO is not answered
	ended bool // Close was called

	upgrading bool // STARTTLS is on its way
	turned    bool // the connection is somebody else's now

	said  said // in the last exchange of AUTH
	spill spill
}

// Dial connects to the server at addr, "host:port" or the path of a Unix
// socket, and makes it ready to send: greeting, EHLO, TLS and AUTH as cfg says.
// ctx bounds all of it. The error is an [*OpError] and tells what failed; the
// connection is closed then.
func Dial(ctx context.Context, addr string, cfg Config) (*Client, error) {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		cfg.host = host
		if cfg.TLS == TLSRequired && port == "465" {
			cfg.TLS = TLSImplicit
		}
	} else if len(addr) == 0 || addr[0] != '/' {
		return nil, &OpError{Op: "dial", Server: addr, Err: fmt.Errorf("expected host:port, or the path of a Unix socket: %w", err)}
	}
	if err := cfg.check(); err != nil {
		return nil, &OpError{Op: "dial", Server: addr, Err: err}
	}
	c, err := connect(ctx, addr, cfg)
	if isEarly(err) && ctx.Err() == nil {
		cfg.Early.Forget(addr)
		cfg.patient = true
		return connect(ctx, addr, cfg)
	}
	return c, err
}

func connect(ctx context.Context, addr string, cfg Config) (*Client, error) {
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
	c := &Client{cfg: cfg.withDefaults(), addr: addr, conn: conn, buffered: isBuffered(conn)}
	if err := c.setUp(ctx); err != nil {
		c.conn.Close()
		if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
			err = fmt.Errorf("%w (%w)", ctx.Err(), err)
		}
		if err = c.opError("connect", err); c.early {
			err = earlyError{err}
		}
		return nil, err
	}
	k, ok := c.s.Protocol().Keyword(smtp.RoleLastChunk)
	c.quick = acknowledger(c.conn)
	c.chunks = ok && c.s.Offered(k) && c.s.Op(smtp.RoleLastChunk) != 0
	return c, nil
}

// isBuffered reports whether writing some octets does not wait for the peer to
// read them.
func isBuffered(conn net.Conn) bool {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	return isPlain(conn)
}

// isPlain reports whether a write can be broken off and gone on with.
func isPlain(conn net.Conn) bool {
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn:
		return true
	}
	return false
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
// refusal is an [*smtp.ReplyError], and the reply is there with it. What Do can't
// go on with is not sent: STARTTLS, which Config.TLS is for, and DATA, which Send
// is for. An AUTH that the server answers with a challenge is cancelled: Config.Auth
// is for it.
func (c *Client) Do(ctx context.Context, cmd smtp.Command) (smtp.Reply, error) {
	if err := c.endsWithReply(cmd.Op()); err != nil {
		return smtp.Reply{}, err
	}
	j := c.newJob()
	j.command = cmd
	err := c.run(ctx, j)
	reply := j.reply
	if err == nil {
		err = j.refusal
	}
	j.free()
	return reply, err
}

// endsWithReply refuses a command whose success is not the end of it.
func (c *Client) endsWithReply(op smtp.Op) error {
	p := c.s.Protocol()
	if int(op) >= len(p.Commands) {
		return nil // the session says what is wrong
	}
	for _, row := range p.Commands[op].Replies {
		if row.Min >= 400 || row.Violation {
			continue
		}
		if to := int(row.To); to < len(p.States) && p.States[to].Awaits != smtp.AwaitCommand && p.States[to].Awaits != smtp.AwaitNothing {
			return &smtp.StateError{Command: p.Commands[op].Name, State: p.States[to].Name, Reason: "Do can't go on from where it leads: Config.TLS starts TLS, Send sends messages"}
		}
		return nil
	}
	return nil
}

// Quit ends the session in good order: what is under way is finished, QUIT is
// sent, its reply awaited, the connection closed (RFC 5321 §4.1.1.10).
func (c *Client) Quit(ctx context.Context) error {
	for _, other := range c.spill.all() {
		other.Quit(ctx) // what it says changes nothing any more
	}
	_, err := c.Do(ctx, new(smtp.Quit))
	c.Close()
	return err
}

// Close closes the connection at once. What is under way is reported as not
// sent or unknown. It returns when the client's goroutines have ended.
func (c *Client) Close() error {
	c.mu.Lock()
	again := c.ended
	c.ended = true
	c.fail(ErrClientClosed)
	c.mu.Unlock()
	for _, other := range c.spill.all() {
		other.Close()
	}
	c.work.Wait()
	if again {
		return ErrClientClosed
	}
	return nil
}

func (c *Client) opError(op string, err error) error {
	var already *OpError
	if errors.As(err, &already) {
		return err
	}
	return &OpError{Op: op, Server: c.addr, Err: err}
}
