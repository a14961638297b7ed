package smtptest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
)

// Config says what a server offers and how it behaves. The zero value is a
// server that takes every message from everybody, without TLS and AUTH.
type Config struct {
	// Protocol is the table to follow; nil means [smtp.Table].
	Protocol *smtp.Protocol
	// Name is how the server calls itself. Default "mx.smtptest.example".
	Name string
	// LMTP makes it a server of LMTP (RFC 2033).
	LMTP bool

	// STARTTLS offers STARTTLS while TLS is not active (RFC 3207).
	STARTTLS bool
	// ImplicitTLS makes each connection start with the handshake (RFC 8314 §3).
	ImplicitTLS bool
	// TLS, if not nil, is used in place of the throw-away certificate; it has to
	// hold one.
	TLS *tls.Config

	// Users are the passwords by user name. AUTH is offered if Users, Authenticate
	// or Mechanisms is set.
	Users map[string]string
	// Authenticate decides in place of Users. It is called by the goroutines of
	// the connections.
	Authenticate auth.Verifier
	// Mechanisms are offered for AUTH; see also [Passwords] and [Mechanism]. One of
	// the -PLUS kind is offered over TLS only. Default PLAIN and LOGIN.
	Mechanisms []func(auth.Verifier) auth.ServerMechanism
	// RequireAuth refuses MAIL before AUTH.
	RequireAuth bool
	// AuthWithoutTLS offers AUTH on a connection without TLS too.
	AuthWithoutTLS bool

	// Without are keywords that are not offered. By default every keyword of the
	// table is that can stand without arguments, SIZE with MaxSize, and STARTTLS
	// and AUTH as said above.
	Without []smtp.Keyword
	// Offers are offered in any case, with the arguments they have here.
	Offers []smtp.Offer
	// Lines stand behind the offers in the reply to EHLO, as they are: for what
	// the table does not know.
	Lines []string
	// MaxSize is the largest message taken, in octets (RFC 1870). Default 32 MiB.
	MaxSize int64
	// CommandLine is as in [smtp.ServerConfig].
	CommandLine int

	// Discard keeps no data of messages, only their size: for benchmarks.
	Discard bool
	// Answer, if not nil, is asked for each request before the rules of On are:
	// false leaves it to them. It also sees the commands that the server is about
	// to refuse, with Refused set. It is called by the goroutines of the
	// connections.
	Answer func(Request) (Answer, bool)
	// Fault, if not nil, says what is wrong with each connection; they are
	// numbered from 1.
	Fault func(conn int) Fault

	authenticates bool // AUTH is offered
}

// A Fault is what is wrong with a connection. The zero value is none.
type Fault struct {
	// Read closes the connection when so many octets of the client were read,
	// behind the replies to what was whole. TLS records count as they are.
	Read int64
	// Write closes the connection when so many octets were written.
	Write int64
	// Split writes everything in pieces of so many octets.
	Split int
	// Reset makes the close a reset where the connection is TCP: what the peer has
	// not read yet is lost.
	Reset bool
}

// A Server is an SMTP server on a loopback port or on connections that are
// handed to it. Its methods may be called by any number of goroutines.
type Server struct {
	// Addr is "host:port" of the listener, set by Start.
	Addr string
	// Config may be changed until Start, or the first ServeConn.
	Config Config

	once sync.Once
	cfg  Config // with its defaults
	cert certificate

	mu       sync.Mutex
	listener net.Listener
	closed   bool
	running  int           // goroutines
	idle     chan struct{} // made by Close, closed when running is 0
	conns    []*conn       // all there ever were
	messages []Message
	more     chan struct{} // closed at the next message
	rules    []*rule
}

// NewServer starts a server of the zero [Config] on a free loopback port. It
// panics if there is none. The caller has to Close it.
func NewServer() *Server {
	s := NewUnstartedServer()
	s.Start()
	return s
}

// NewUnstartedServer makes a server whose Config may still be changed. Call
// Start, or use it without a port, by Pipe and ServeConn.
func NewUnstartedServer() *Server { return &Server{more: make(chan struct{})} }

// Start listens on a free loopback port and sets Addr. It panics if there is
// none, or if the server was started or closed before.
func (s *Server) Start() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		if l, err = net.Listen("tcp6", "[::1]:0"); err != nil {
			panic(fmt.Sprintf("smtptest: expected a free port on a loopback address: %v", err))
		}
	}
	s.prepare()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.listener != nil {
		l.Close()
		panic("smtptest: expected a server that was neither started nor closed before")
	}
	s.listener, s.Addr = l, l.Addr().String()
	s.running++
	go s.accept(l)
}

func (s *Server) accept(l net.Listener) {
	defer s.ended()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if c := s.admit(c); c != nil {
			go c.serve()
		}
	}
}

// ServeConn serves one connection, and returns when it is over. A server that
// was closed closes the connection at once.
func (s *Server) ServeConn(nc net.Conn) {
	if c := s.admit(nc); c != nil {
		c.serve()
	}
}

// Pipe gives the client's end of a new connection in memory ([net.Pipe]) to the
// server, which works in a bubble of testing/synctest too.
func (s *Server) Pipe() net.Conn {
	client, server := net.Pipe()
	if c := s.admit(server); c != nil {
		go c.serve()
	}
	return client
}

func (s *Server) admit(nc net.Conn) *conn {
	s.prepare()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		nc.Close()
		return nil
	}
	s.running++
	c := newConn(s, nc, len(s.conns)+1)
	s.conns = append(s.conns, c)
	return c
}

func (s *Server) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running--; s.running == 0 && s.idle != nil {
		close(s.idle)
	}
}

// Close closes the listener and all connections, and returns when the
// goroutines of all of them have ended. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed, s.idle = true, make(chan struct{})
		if s.running == 0 {
			close(s.idle)
		}
		if s.listener != nil {
			s.listener.Close()
		}
		for _, c := range s.conns {
			c.abort()
		}
	}
	idle := s.idle
	s.mu.Unlock()
	<-idle
}

func (s *Server) prepare() {
	s.once.Do(func() {
		cfg := s.Config
		if cfg.Protocol == nil {
			cfg.Protocol = smtp.Table
		}
		if cfg.Name == "" {
			cfg.Name = "mx.smtptest.example"
		}
		if cfg.MaxSize == 0 {
			cfg.MaxSize = 32 << 20
		}
		if cfg.Authenticate == nil && cfg.Users != nil {
			cfg.Authenticate = verifyUsers(cfg.Users)
		}
		cfg.authenticates = cfg.Authenticate != nil || cfg.Mechanisms != nil
		if cfg.Mechanisms == nil {
			cfg.Mechanisms = []func(auth.Verifier) auth.ServerMechanism{auth.PlainServer, auth.LoginServer}
		}
		s.cfg = cfg
	})
}

// A Message is a message that the server accepted, whether or not its reply
// went out.
type Message struct {
	Conn     int            // the number of its connection, from 1
	Hello    string         // what the client called itself
	TLS      bool           // it came over TLS
	User     string         // who authenticated; empty: nobody
	From     string         // the reverse-path, without angle brackets
	Params   *smtp.Params   // of MAIL; may be nil
	TakenUp  bool           // MAIL was answered with 355: To and the beginning of Data came in an earlier session (RFC 1845)
	To       []string       // the forward-paths accepted, in LMTP those of the content's replies
	ToParams []*smtp.Params // of each RCPT; an element may be nil
	Data     []byte         // dots taken off, with line ends as they came; nil with Config.Discard
	Size     int64          // octets of the data
	Chunks   int            // how many chunks it came in (RFC 3030); 0: behind a 354
	Time     time.Time      // when it was accepted
}

// Messages are the messages accepted so far, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Wait waits until n messages have been accepted and gives all that are there.
// If ctx ends before, the error says how many came.
func (s *Server) Wait(ctx context.Context, n int) ([]Message, error) {
	for {
		s.mu.Lock()
		got, more := slices.Clone(s.messages), s.more
		s.mu.Unlock()
		if len(got) >= n {
			return got, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return got, fmt.Errorf("smtptest: expected %d messages, %d came: %w", n, len(got), context.Cause(ctx))
		}
	}
}

func (s *Server) keep(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	close(s.more)
	s.more = make(chan struct{})
}

// Conns is how many connections there have been.
func (s *Server) Conns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// conn finds a connection by its number; nil if there was none.
func (s *Server) conn(n int) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n < 1 || n > len(s.conns) {
		return nil
	}
	return s.conns[n-1]
}

// Transcript is what was said on a connection, in the order in which the server
// dealt with it, a line each. Secrets are masked, and of message data only the
// size is told. It ends after 10,000 lines. A connection that never was has
// none.
func (s *Server) Transcript(conn int) []Line {
	c := s.conn(conn)
	if c == nil {
		return nil
	}
	return c.log.all()
}

// Say sends what nobody asked for on a connection, or on all that are open if
// conn is 0: a 421, say (RFC 5321 §3.8). The state of the session does not move.
func (s *Server) Say(conn int, a Answer) {
	s.mu.Lock()
	conns := slices.Clone(s.conns)
	s.mu.Unlock()
	for i, c := range conns {
		if conn == 0 || conn == i+1 {
			c.emit(a, a.octets())
		}
	}
}
