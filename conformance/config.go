package conformance

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// Config says which server to ask, and what the suite may do there. Only Address
// is needed; what else is missing leads to cases that are skipped.
type Config struct {
	// Name is what the report calls the server. Default: its address.
	Name string
	// Address is "host:port" of SMTP, submission or LMTP, or the path of a Unix
	// socket.
	Address string
	// ImplicitTLS is "host:port" where TLS comes first (RFC 8314 §3.3), if there is
	// one. It may be the only address.
	ImplicitTLS string
	// LMTP says that the server speaks LMTP (RFC 2033).
	LMTP bool
	// Submission says that it is a submission server (RFC 6409).
	Submission bool
	// Public says that it is a public mail exchanger, and the suite a stranger to it.
	Public bool

	// Recipients are addresses that exist there and may get mail. Nobody else does.
	Recipients []string
	// Sender is the reverse-path. Default: sender@client.example.
	Sender string
	// Hello is the name in EHLO. Default: client.example.
	Hello string
	// Mailbox reads what arrived for the first of the Recipients.
	Mailbox Mailbox

	// User and Password are an account.
	User, Password string
	// AuthInClear allows the password to go over a connection without TLS.
	AuthInClear bool
	// TLS is used for handshakes. Default: no certificate is checked, since most
	// servers under test have none that could be, but by the case that is about it.
	TLS *tls.Config
	// NoTLS keeps to connections without TLS, but where a case is about it.
	NoTLS bool

	// Selection says which cases run.
	Selection Selection
	// Expected are deviations that are known: for each id the reason. A case that
	// is expected to deviate and passes is reported, as is a new deviation.
	Expected map[string]string
	// Strict takes a warning that Expected does not name for unexpected too.
	Strict bool
	// Slow runs cases that take minutes.
	Slow bool

	// Parallel is how many cases run at a time. Default 4.
	Parallel int
	// Pause is waited before each connection.
	Pause time.Duration
	// Timeout is the longest wait for a reply. Default 10 s.
	Timeout time.Duration
	// Quiet is how long to wait for what must not come. Default 300 ms.
	Quiet time.Duration
	// Arrival is how long a message may take to its mailbox. Default 10 s.
	Arrival time.Duration
	// MaxMessages is how many messages the server may be made to accept. Default 1000.
	MaxMessages int
	// MaxConnections is how many connections are opened in all. Default 10000.
	MaxConnections int

	// Dial opens a connection to one of the addresses. Default: net.Dialer.
	Dial func(address string) (net.Conn, error)
	// Progress, if not nil, is told of each case that ended. Calls do not overlap.
	Progress func(done, of int, r Result)
}

func (c Config) withDefaults() (Config, error) {
	if c.Address == "" && c.ImplicitTLS == "" {
		return c, errors.New("conformance: expected an address, such as localhost:25")
	}
	for _, a := range append([]string{c.Sender}, c.Recipients...) {
		if a != "" && (strings.ContainsAny(a, " \r\n<>") || !strings.Contains(a, "@")) {
			return c, fmt.Errorf("conformance: expected an address such as tim@example.org, got %q", a)
		}
	}
	set := func(v *string, to string) {
		if *v == "" {
			*v = to
		}
	}
	set(&c.Sender, "sender@client.example")
	set(&c.Hello, "client.example")
	for _, d := range []struct {
		v  *time.Duration
		to time.Duration
	}{{&c.Timeout, 10 * time.Second}, {&c.Quiet, 300 * time.Millisecond}, {&c.Arrival, 10 * time.Second}} {
		if *d.v == 0 {
			*d.v = d.to
		}
	}
	for _, d := range []struct {
		v  *int
		to int
	}{{&c.Parallel, 4}, {&c.MaxMessages, 1000}, {&c.MaxConnections, 10000}} {
		if *d.v == 0 {
			*d.v = d.to
		}
	}
	if c.TLS == nil {
		c.TLS = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	}
	if c.Dial == nil {
		dialer := &net.Dialer{Timeout: c.Timeout}
		c.Dial = func(address string) (net.Conn, error) {
			if strings.HasPrefix(address, "/") {
				return dialer.Dial("unix", address)
			}
			return dialer.Dial("tcp", address)
		}
	}
	return c, nil
}

// host is the server's name or address, for TLS and literals.
func (c *Config) host() string {
	for _, a := range []string{c.Address, c.ImplicitTLS} {
		if host, _, err := net.SplitHostPort(a); err == nil {
			return host
		}
	}
	return "localhost"
}

// port is that of Address.
func (c *Config) port() string {
	_, port, _ := net.SplitHostPort(c.Address)
	return port
}
