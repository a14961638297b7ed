package auth

import (
	"context"
	"errors"
	"fmt"
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

// A Peer is what a mechanism has to know of the other side.
type Peer struct {
	TLS           bool   // nobody can listen in on the connection, nor change it
	AllowInsecure bool   // send secrets even if TLS is false
	Host          string // the server's name, as it was dialled
}

// AllowInsecure gives a mechanism like m that sends its secrets without TLS as
// well, readable to whoever listens in. That is for a Unix socket or a loopback
// address.
func AllowInsecure(m Mechanism) Mechanism { return insecure{m} }

type insecure struct{ Mechanism }

func (m insecure) Start(ctx context.Context, peer Peer) (Exchange, []byte, error) {
	peer.AllowInsecure = true
	return m.Mechanism.Start(ctx, peer)
}

// check refuses a peer to whom m must not show a secret.
func (p Peer) check(mechanism string) error {
	if p.TLS || p.AllowInsecure {
		return nil
	}
	return fmt.Errorf("auth: %s would send the password in clear: %w; use TLS, or allow it by AllowInsecure", mechanism, ErrInsecure)
}

// A hidden string is a secret behind a pointer: fmt prints it as an address even
// where it lies in an unexported field, whose methods fmt can't call.
type hidden struct{ value *string }

func hide(s string) hidden { return hidden{&s} }

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
