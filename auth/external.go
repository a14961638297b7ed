package auth

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

// External is the EXTERNAL mechanism (RFC 4422 appendix A): the server knows the
// client from below, mostly by the certificate that the client showed in the TLS
// handshake. The authorization identity is whom to act as; empty: whom the
// server derives from what it knows. It has to be UTF-8 without NUL, else Start
// fails with [ErrCredentials].
func External(authzid string) Mechanism { return external{authzid} }

type external struct{ authzid string }

func (m external) Name() string { return "EXTERNAL" }
func (m external) Final() bool  { return true }

func (m external) Start(context.Context, Peer) (Exchange, []byte, error) {
	if m.authzid != "" {
		if err := checkText(m.Name(), "authorization identity", m.authzid); err != nil {
			return nil, nil, err
		}
	}
	return oneMessage(m.Name()), []byte(m.authzid), nil
}

// oneMessage is the exchange of a mechanism whose initial response says it all.
type oneMessage string

func (x oneMessage) Next([]byte) ([]byte, error) {
	return nil, exchangeError(string(x), "success or failure after the one message of the client", "a challenge")
}

func (oneMessage) Finish() error { return nil }

// An ExternalVerifier decides from the connection who the client is, and whether
// he may act as authzid, which is empty if the client did not say.
type ExternalVerifier func(peer Peer, authzid string) (user string, err error)

// ExternalServer is the server's side of EXTERNAL. It has to be started with
// [StartServer], for the peer's certificates.
func ExternalServer(verify ExternalVerifier) ServerMechanism { return externalServer{verify} }

type externalServer struct{ verify ExternalVerifier }

func (m externalServer) Name() string          { return "EXTERNAL" }
func (m externalServer) Final() bool           { return true }
func (m externalServer) Start() ServerExchange { return m.StartFor(Peer{}) }
func (m externalServer) StartFor(peer Peer) ServerExchange {
	return &messageServer{name: m.Name(), judge: func(text string) (string, error) { return m.verify(peer, text) }}
}

// Anonymous is the ANONYMOUS mechanism (RFC 4505): nobody in particular. The
// trace is for the server's log: an address that the user can be reached at, or
// a word without "@"; it may be empty. It has to be UTF-8 of at most 255
// characters without control characters, else Start fails with
// [ErrCredentials].
func Anonymous(trace string) Mechanism { return anonymous{trace} }

type anonymous struct{ trace string }

func (m anonymous) Name() string { return "ANONYMOUS" }
func (m anonymous) Final() bool  { return true }

func (m anonymous) Start(context.Context, Peer) (Exchange, []byte, error) {
	if !isTrace(m.trace) {
		return nil, nil, fmt.Errorf("auth: ANONYMOUS: expected a trace of at most 255 characters, none of them a control character (RFC 4505 §2): %w", ErrCredentials)
	}
	return oneMessage(m.Name()), []byte(m.trace), nil
}

func isTrace(s string) bool {
	prepared, err := traces.Prepare(s)
	return err == nil && prepared == s && utf8.ValidString(s) && utf8.RuneCountInString(s) <= 255 &&
		(!strings.Contains(s, "@") || strings.Index(s, "@") > 0 && !strings.HasSuffix(s, "@"))
}

// AnonymousServer is the server's side of ANONYMOUS; what came as trace is not to
// be believed. welcome may refuse it; nil takes everybody.
func AnonymousServer(welcome func(trace string) error) ServerMechanism {
	return anonymousServer{welcome}
}

type anonymousServer struct{ welcome func(string) error }

func (m anonymousServer) Name() string { return "ANONYMOUS" }
func (m anonymousServer) Final() bool  { return true }
func (m anonymousServer) Start() ServerExchange {
	return &messageServer{name: m.Name(), judge: func(text string) (string, error) {
		if !isTrace(text) {
			return "", exchangeError(m.Name(), "a trace (RFC 4505 §2)", "something else")
		}
		if m.welcome == nil {
			return "anonymous", nil
		}
		return "anonymous", m.welcome(text)
	}}
}

// messageServer is the exchange of a mechanism with one message, which may be
// empty.
type messageServer struct {
	name  string
	judge func(text string) (user string, err error)
	asked bool
	user  string
}

func (x *messageServer) Next(response []byte) ([]byte, bool, error) {
	if response == nil && !x.asked {
		x.asked = true
		return []byte{}, false, nil
	}
	if text := string(response); !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return nil, false, exchangeError(x.name, "UTF-8 without NUL", "other octets")
	}
	user, err := x.judge(string(response))
	x.user = user
	return nil, err == nil, err
}

// User is who was authenticated.
func (x *messageServer) User() string { return x.user }
