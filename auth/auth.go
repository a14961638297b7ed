package auth

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

var (
	// ErrInsecure: the mechanism would show a secret to whoever listens in
	// (RFC 4954 §9, RFC 4616 §5). Use TLS, or [AllowInsecure].
	ErrInsecure = errors.New("the connection is not protected by TLS")

	// ErrCredentials: the mechanism can't carry what it was given, such as a
	// password with a NUL. Nothing was sent.
	ErrCredentials = errors.New("unusable credentials")

	// ErrUnbound: the mechanism binds itself to the channel below (RFC 5056), and
	// this connection has no channel binding that it could use.
	ErrUnbound = errors.New("the connection has no channel binding")

	// ErrDenied: a server's side was not convinced by the client: the user is
	// unknown, or the proof is wrong; which of them is not told.
	ErrDenied = errors.New("user name or password are wrong")

	// ErrExchange: the other side said something that the mechanism does not
	// know how to answer, or said it at the wrong moment.
	ErrExchange = errors.New("the exchange went wrong")
)

// A Mechanism is a SASL mechanism and the credentials to use with it. It does
// not change: one value may be used for many exchanges, one after the other
// and at the same time.
type Mechanism interface {
	// Name is the registered name, such as "PLAIN" (RFC 4422 §3.1).
	Name() string

	// Final reports whether the initial response is all that the client ever
	// says, so that a protocol may send more behind it (RFC 4954 §4).
	Final() bool

	// Start begins an exchange. The initial response is nil if the server has
	// to speak first, and empty, not nil, if it is there and has no octets.
	//
	// If the protocol could not send the initial response (it was too long for
	// its line, say), it is the answer to the first challenge, which has to be
	// empty then (RFC 4422 §3.3); Next is not called for that one.
	//
	// A mechanism that has to fetch something, such as a token, stops when ctx
	// ends.
	Start(ctx context.Context, peer Peer) (exchange Exchange, initial []byte, err error)
}

// An Exchange is one run of a [Mechanism] on one connection. It is not safe for
// concurrent use.
type Exchange interface {
	// Next answers a challenge. An error says that there is no answer: the
	// exchange has to be cancelled, and Next is not called again. The response
	// is the caller's, the challenge is not kept.
	Next(challenge []byte) (response []byte, err error)

	// Finish says whether to believe a server that reported success. An error
	// vetoes it: the exchange was not at its end, or the server has not proved
	// itself where it has to. The connection should be closed then.
	Finish() error
}

// A Refusable is an [Exchange] that wants to know when the server refuses.
type Refusable interface {
	// Refused gets the server's refusal of the user, for good, and gives the error
	// to report, which wraps it and tells what the server said during the exchange.
	// again says that the same mechanism may succeed if it is started anew on this
	// connection, once: a token was refused, and Start will have another.
	Refused(refusal error) (again bool, err error)
}

// Refused tells x of the server's refusal of the user if it wants to know. It is for whoever
// drives an exchange.
func Refused(x Exchange, refusal error) (again bool, err error) {
	if r, ok := x.(Refusable); ok {
		return r.Refused(refusal)
	}
	return false, refusal
}

// A Peer is what a mechanism has to know of the connection and the other side.
// Fields that are not known stay zero.
type Peer struct {
	TLS           bool   // nobody can listen in on the connection, nor change it
	AllowInsecure bool   // send secrets even if TLS is false
	Host          string // the server's name, as it was dialled
	Port          int    // the server's port, as it was dialled

	// Mechanisms are the names that the server offers.
	Mechanisms []string
	// Bindings are the channel bindings of the connection, the best first.
	Bindings []ChannelBinding
	// Certificates are what the client showed in the handshake, its own first:
	// for the server's side of EXTERNAL.
	Certificates []*x509.Certificate
}

// offers reports whether the server names a mechanism, in whatever case.
func (p Peer) offers(name string) bool {
	return slices.ContainsFunc(p.Mechanisms, func(m string) bool { return strings.EqualFold(m, name) })
}

// AllowInsecure gives a mechanism, or choice of mechanisms, like m that sends its
// secrets without TLS as well, readable to whoever listens in. That is for a Unix
// socket or a loopback address.
func AllowInsecure(m Mechanism) Mechanism {
	return adapted{m, func(p Peer) Peer { p.AllowInsecure = true; return p }}
}

// An adapted mechanism sees another peer than the driver does.
type adapted struct {
	Mechanism
	change func(Peer) Peer
}

func (m adapted) Start(ctx context.Context, peer Peer) (Exchange, []byte, error) {
	return m.Mechanism.Start(ctx, m.change(peer))
}

func (m adapted) Candidates(peer Peer) []Mechanism {
	c, ok := m.Mechanism.(Chooser)
	if !ok {
		return []Mechanism{m}
	}
	list := c.Candidates(m.change(peer))
	for i := range list {
		list[i] = adapted{list[i], m.change}
	}
	return list
}

// check refuses a peer to whom m must not show a secret.
func (p Peer) check(mechanism, secret string) error {
	if p.TLS || p.AllowInsecure {
		return nil
	}
	return fmt.Errorf("auth: %s would send the %s in clear: %w; use TLS, or allow it by AllowInsecure", mechanism, secret, ErrInsecure)
}

// checkText says what is wrong with one part of the credentials, without
// showing it. RFC 4616 §2 wants UTF-8 of at least one character and no NUL.
func checkText(mechanism, what, text string) error {
	reason := ""
	switch {
	case text == "":
		reason = "is empty"
	case strings.IndexByte(text, 0) >= 0:
		reason = "has a NUL in it, which can't be sent"
	case !utf8.ValidString(text):
		reason = "is not UTF-8"
	default:
		return nil
	}
	return fmt.Errorf("auth: %s: the %s %s: %w", mechanism, what, reason, ErrCredentials)
}

// exchangeError says what was expected and what came.
func exchangeError(mechanism, expected, came string) error {
	return fmt.Errorf("auth: %s: expected %s, got %s: %w", mechanism, expected, came, ErrExchange)
}
