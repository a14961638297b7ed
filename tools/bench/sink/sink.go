// Package sink is a mail server that costs as little as it can: it takes every
// message, keeps none, and counts. It is what clients are measured against, so
// it looks at no more of what they say than it needs to answer.
package sink

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// A Config says what the sink offers and how it behaves.
type Config struct {
	Pipelining  bool
	Chunking    bool
	StartTLS    bool
	ImplicitTLS bool
	Auth        bool // offers AUTH PLAIN and wants it before MAIL

	// Delay is a round-trip time: each octet is answered that much after it came.
	// Nothing waits for another: two commands in one packet are answered together.
	Delay time.Duration
	// Patience, if not 0, makes the sink hold its replies back until the client
	// has said nothing for so long. A client that goes on without them is not
	// hindered; one that can't is counted, once for each time it had to wait.
	Patience time.Duration
	// Buffer is how much is read at once. Default 128 KiB.
	Buffer int

	Certificate tls.Certificate `json:"-"`
}

// Stats is what a sink counted.
type Stats struct {
	Connections int
	Messages    int
	Recipients  int // of all messages
	Octets      int64
	Chunks      int // BDAT commands

	// Began is when the first MAIL of all connections came, Ended when the last
	// message was answered, both in nanoseconds since 1970.
	Began, Ended int64

	// Waits and WaitedFor are counted with Patience: how often clients had to wait
	// between the end of their third message and the end of their last, and how many
	// messages those are. Their quotient is flights a message, without what a client
	// does once to get to know a server.
	Waits, WaitedFor int
	// SetUpWaits is how often the client had to wait before the last octet of its
	// first message was out, on the connection where that was most; TLS handshakes
	// included, the connection itself not.
	SetUpWaits int
}

// FlightsPerMessage is how often a client that has the next message at hand
// waits for the server, a message.
func (s Stats) FlightsPerMessage() float64 {
	if s.WaitedFor == 0 {
		return 0
	}
	return float64(s.Waits) / float64(s.WaitedFor)
}

func (s *Stats) add(c *Stats) {
	s.Connections++
	s.Messages += c.Messages
	s.Recipients += c.Recipients
	s.Octets += c.Octets
	s.Chunks += c.Chunks
	if s.Began == 0 || c.Began != 0 && c.Began < s.Began {
		s.Began = c.Began
	}
	s.Ended = max(s.Ended, c.Ended)
	s.Waits += c.Waits
	s.WaitedFor += c.WaitedFor
	s.SetUpWaits = max(s.SetUpWaits, c.SetUpWaits)
}

// A Sink is a running one.
type Sink struct {
	cfg      Config
	tls      *tls.Config
	listener net.Listener
	work     sync.WaitGroup

	mu    sync.Mutex
	open  map[net.Conn]struct{}
	stats Stats
}

// Start listens on a free port of the loopback address.
func Start(cfg Config) (*Sink, error) {
	if cfg.Buffer == 0 {
		cfg.Buffer = 128 << 10
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{cfg: cfg, listener: l, open: map[net.Conn]struct{}{}}
	if cfg.StartTLS || cfg.ImplicitTLS {
		// Tickets would be writes that no client waits for.
		s.tls = &tls.Config{Certificates: []tls.Certificate{cfg.Certificate}, SessionTicketsDisabled: cfg.Patience > 0}
	}
	s.work.Add(1)
	go s.accept()
	return s, nil
}

// Addr is where it listens.
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// Stop takes no more connections, gives those that are open some time to end,
// closes what is left and returns what was counted.
func (s *Sink) Stop(grace time.Duration) Stats {
	s.listener.Close()
	ended := make(chan struct{})
	go func() { s.work.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(grace):
		s.mu.Lock()
		for c := range s.open {
			c.Close()
		}
		s.mu.Unlock()
		<-ended
	}
	return s.stats
}

func (s *Sink) accept() {
	defer s.work.Done()
	for {
		c, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(time.Millisecond) // out of file descriptors, say
			continue
		}
		s.mu.Lock()
		s.open[c] = struct{}{}
		s.mu.Unlock()
		s.work.Add(1)
		go s.serve(c)
	}
}

func (s *Sink) serve(raw net.Conn) {
	defer s.work.Done()
	t := &turns{Conn: raw}
	c := &conn{cfg: &s.cfg, tls: s.tls, turns: t, net: t}
	if s.cfg.Delay > 0 {
		d := newDelayed(raw, s.cfg.Delay)
		t.Conn = d
	}
	c.run()
	t.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, raw)
	s.stats.add(&c.stats)
}
