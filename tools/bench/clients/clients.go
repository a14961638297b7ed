// Package clients has the mail clients that are measured: this library, others
// for Go, and loops that only write prepared octets, which are the floor.
package clients

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// A Load is what is sent, and over what.
type Load struct {
	Size        int           `json:"size"`       // of a message, in octets
	Recipients  int           `json:"recipients"` // of each message
	Connections int           `json:"connections"`
	Delay       time.Duration `json:"delay"`         // a round trip, in nanoseconds
	TLS         string        `json:"tls,omitempty"` // "", "starttls" or "implicit"
	Auth        bool          `json:"auth,omitempty"`
	Pipelining  bool          `json:"pipelining"` // offered by the sink
	Chunking    bool          `json:"chunking"`   // likewise
	// Cores says where client and sink run: "" wherever the kernel likes, "apart" on
	// a core each, "shared" both on the same one.
	Cores string `json:"cores,omitempty"`
}

// A Target is where a load goes.
type Target struct {
	Load
	Addr  string
	Roots *x509.CertPool
}

// Host is the name in the sink's certificate.
const Host = "localhost"

// Who logs in, where that is asked for.
const (
	User     = "tester"
	Password = "testpass"
)

func (t Target) tls() *tls.Config {
	return &tls.Config{ServerName: Host, RootCAs: t.Roots}
}

func (t Target) port() int {
	_, port, _ := net.SplitHostPort(t.Addr)
	n, _ := strconv.Atoi(port)
	return n
}

// dial connects, with TLS if it is implicit.
func (t Target) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", t.Addr)
	if err != nil || t.TLS != "implicit" {
		return c, err
	}
	s := tls.Client(c, t.tls())
	if err := s.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return s, nil
}

func (l Load) from() string { return "sender@client.example.test" }

func (l Load) to() []string {
	to := make([]string, l.Recipients)
	for i := range to {
		to[i] = "recipient" + strconv.Itoa(i) + "@server.example.test"
	}
	return to
}

// A Sender is one connection that is ready to send. Close ends it in good order.
type Sender interface {
	// Send sends messages, one for each time that more says true, and returns when
	// all of them are answered. An error, or a refusal, ends it.
	Send(more func() bool) (sent int, err error)
	Close() error
}

// A Client is a way to send.
type Client struct {
	Name  string
	About string
	// Lacks says why it can't do a load, or nothing. Nil: it does all.
	Lacks func(Load) string
	Dial  func(context.Context, Target) (Sender, error)
	// Once sends one message over a connection of its own, and ends it, where a
	// client has a better way than Dial, Send and Close. Nil: it has none.
	Once func(context.Context, Target) error
}

// All lists the clients written in Go.
var All = slices.Concat(ours, peers, loops)

// Find gives the client of a name: one of All, or "bare", a connection on which
// nothing is ever sent.
func Find(name string) (Client, bool) {
	if name == "bare" {
		return Client{Name: name, Dial: dialBare}, true
	}
	i := slices.IndexFunc(All, func(c Client) bool { return c.Name == name })
	if i < 0 {
		return Client{}, false
	}
	return All[i], true
}

// Count gives a more that says true n times, to however many goroutines ask it.
func Count(n int) (more func() bool) {
	var left atomic.Int64
	left.Store(int64(n))
	return func() bool { return left.Add(-1) >= 0 }
}

// each is the Send of a client that sends one message and waits for its report.
func each(more func() bool, send func() error) (sent int, err error) {
	for more() {
		if err := send(); err != nil {
			return sent, err
		}
		sent++
	}
	return sent, nil
}
