package smtpclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
)

// A TLSPolicy says how a connection is protected. The zero value requires TLS.
type TLSPolicy uint8

const (
	// TLSRequired: TLS from the first octet on port 465 (RFC 8314 §3), STARTTLS
	// on all others; without it nothing is sent (RFC 3207 §6).
	TLSRequired TLSPolicy = iota
	// TLSImplicit: TLS from the first octet, on any port.
	TLSImplicit
	// TLSOpportunistic: STARTTLS where it is offered and not refused, else plain
	// text. Somebody in the path can take the offer out, so it protects against
	// listeners only. A handshake that fails is an error all the same.
	TLSOpportunistic
	// TLSOff: plain text.
	TLSOff
)

func (p TLSPolicy) String() string {
	if p > TLSOff {
		return "unknown"
	}
	return [...]string{"required", "implicit", "opportunistic", "off"}[p]
}

// Config is how to connect and to send. The zero value follows the RFCs: TLS is
// required and the certificate verified, nobody authenticates, and what the
// server offers is used.
type Config struct {
	// Protocol is the table to follow, one with a user's own extensions perhaps;
	// nil means smtp.Table.
	Protocol *smtp.Protocol
	// LocalName is the client's name in EHLO. Default: the host's name if it is
	// fully qualified, else the connection's own address (RFC 5321 §4.1.4).
	LocalName string
	// LMTP makes it a client of LMTP (RFC 2033): one reply a recipient.
	LMTP bool

	// TLS is required unless this says otherwise.
	TLS TLSPolicy
	// TLSConfig is used for the handshake; nil means the defaults of crypto/tls,
	// TLS 1.2 at least, and sessions resumed. It is not changed; its
	// ClientSessionCache, if it has one, lets sessions be resumed.
	TLSConfig *tls.Config
	// ServerName is the name that the certificate is checked against, and that
	// mechanisms are told. Default: the host of Dial's address; for the
	// certificate the name in TLSConfig goes before it.
	ServerName string

	// Auth authenticates once TLS is up; nil: nobody does. It is one mechanism, or
	// with auth.Auto and auth.FirstOf a choice: then the next is tried where a
	// mechanism would show a secret without TLS, or the server refuses it with 504,
	// 534, 538 or 432 (RFC 4954 §6). A refusal of the user, 535 say, ends it. What was
	// tried is in the error, an *auth.FailedError if it was more than one; an error
	// too if the server offers none of them.
	Auth auth.Mechanism

	// Ignore holds keywords that count as not offered, for a server that
	// announces what it does not do well: CHUNKING, PIPELINING.
	Ignore []smtp.Keyword
	// ChunkSize is how many octets of a message go out in one BDAT, and so how
	// much of it is kept in memory. Default 128 KiB, but for a message in a
	// *bytes.Reader or *bytes.Buffer, which is in memory already: it is one chunk.
	ChunkSize int
	// Eager sends a message's content in the same flight as its envelope, where
	// the server has PIPELINING and CHUNKING: message after message goes out
	// without waiting, and replies are matched as they come. RFC 3030 §2 has
	// content wait for the replies to MAIL and RCPT, and there is a risk: a server
	// that goes on after a 421 may deliver a message under the sender of another
	// (seen of none, and never reported as accepted). Messages that don't fit into
	// 64 KiB wait for the replies all the same.
	Eager bool
	// WindowMessages and WindowOctets bound what is in flight with Eager: messages
	// whose reply has not come, and octets of them. Defaults 256 and 1 MiB.
	WindowMessages int
	WindowOctets   int
	// Early, if not nil, remembers which servers take commands before their greeting
	// (PIPECONNECT, of Exim). To such a server Dial says EHLO at once, and Send the
	// envelope with it: it saves one round trip, or two. What was assumed and is wrong
	// costs a new connection; no message data goes out before EHLO is answered as it
	// was then.
	Early *EarlyHosts
	// Text says what message data may look like.
	Text smtp.TextPolicy
	// Limits bound what is kept of a server's replies.
	Limits smtp.Limits
	// Timeout, if not 0, is the longest wait for any reply, for TLS's handshake, and
	// for writing any piece of data. Default: those of the table (RFC 5321 §4.5.3.2), 2 to 10
	// minutes. The context of a call may end it sooner.
	Timeout time.Duration

	// Dialer connects; nil means a net.Dialer, which tries IPv6 and IPv4 in the
	// manner of RFC 8305. A proxy is a Dialer too.
	Dialer interface {
		DialContext(ctx context.Context, network, address string) (net.Conn, error)
	}
	// Trace, if not nil, is called with each line of the conversation, secrets
	// left out. It must not call the client.
	Trace func(TraceEvent)
	// Logger, if not nil, gets the conversation at level Debug, secrets left out.
	Logger *slog.Logger

	host     string // of the address that was dialled
	together bool   // AUTH goes out with the first envelope
	patient  bool   // nothing goes out before the greeting
	oneChunk bool   // what is in memory is one chunk
}

func (cfg Config) withDefaults() Config {
	if cfg.ChunkSize <= 0 {
		cfg.ChunkSize, cfg.oneChunk = 128<<10, true
	}
	if cfg.WindowMessages <= 0 {
		cfg.WindowMessages = 256
	}
	if cfg.WindowOctets <= 0 {
		cfg.WindowOctets = 1 << 20
	}
	return cfg
}

// apart is for a further connection: Dial sees to it that it is ready, as nobody
// would send again what went out with AUTH or with an EHLO that was too early.
func (cfg Config) apart() Config {
	cfg.together = false
	return cfg
}

// LMTP that the table does not know is found before anybody connects.
func (cfg *Config) check() error {
	if !cfg.LMTP {
		return nil
	}
	return smtp.NewSession(smtp.Config{Protocol: cfg.Protocol, LMTP: cfg.LMTP}).Err()
}

func (cfg *Config) dial(ctx context.Context, addr string) (net.Conn, error) {
	network := "tcp"
	if strings.HasPrefix(addr, "/") {
		network = "unix"
	}
	if cfg.Dialer != nil {
		return cfg.Dialer.DialContext(ctx, network, addr)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, addr)
}

// sessions are the TLS sessions to resume of clients without a TLSConfig, which all
// verify alike.
var sessions = tls.NewLRUClientSessionCache(0)

func (cfg *Config) tls() *tls.Config {
	c := cfg.TLSConfig.Clone()
	if c == nil {
		c = &tls.Config{ClientSessionCache: sessions}
	}
	c.ServerName = cmp.Or(cfg.ServerName, c.ServerName, cfg.host)
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	c.DynamicRecordSizingDisabled = true // records are filled from the first on
	return c
}

// localName is the argument of EHLO: a fully qualified name, or an address
// literal (RFC 5321 §4.1.3).
func (cfg *Config) localName(conn net.Conn) string {
	if cfg.LocalName != "" {
		return cfg.LocalName
	}
	if name, err := os.Hostname(); err == nil && strings.Contains(name, ".") {
		return name
	}
	if addr, ok := conn.LocalAddr().(*net.TCPAddr); ok {
		if ip4 := addr.IP.To4(); ip4 != nil {
			return "[" + ip4.String() + "]"
		}
		return "[IPv6:" + addr.IP.String() + "]"
	}
	return "localhost"
}
