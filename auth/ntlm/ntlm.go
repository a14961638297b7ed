// Package ntlm is the NTLM mechanism for package auth, as Exchange and older
// servers take it: Microsoft's MS-NLMP, version 2 of the response, by
// github.com/Azure/go-ntlmssp. It is a module of its own, for that dependency.
package ntlm

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/Azure/go-ntlmssp"

	"github.com/tabellarius/tabellarius/auth"
)

// New is the NTLM mechanism. The user may be given with a domain before it and a
// backslash between. User and password must not be empty and have to be UTF-8
// without NUL, else Start fails with [auth.ErrCredentials].
//
// The password is not sent, but whoever listens in can try guesses against what
// is, and the server proves nothing: [auth.Auto] never chooses it. Use
// [auth.FirstOf] to have it where nothing else is offered.
func New(user, password string) auth.Mechanism {
	return &mechanism{user: user, password: func() string { return password }}
}

type mechanism struct {
	user     string
	password func() string // fmt prints a function as an address
}

func (m *mechanism) Name() string                  { return "NTLM" }
func (m *mechanism) Final() bool                   { return false }
func (m *mechanism) Format(f fmt.State, verb rune) { fmt.Fprint(f, "NTLM (credentials hidden)") }

func (m *mechanism) Start(context.Context, auth.Peer) (auth.Exchange, []byte, error) {
	for what, text := range map[string]string{"user name": m.user, "password": m.password()} {
		if text == "" || !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return nil, nil, fmt.Errorf("ntlm: expected a %s of UTF-8, not empty and without NUL: %w", what, auth.ErrCredentials)
		}
	}
	negotiate, err := ntlmssp.NewNegotiateMessage("", "")
	if err != nil {
		return nil, nil, fmt.Errorf("ntlm: %w", err)
	}
	return &exchange{m: m}, negotiate, nil
}

type exchange struct {
	m    *mechanism
	said bool
}

func (x *exchange) Next(challenge []byte) ([]byte, error) {
	if x.said {
		return nil, fmt.Errorf("ntlm: expected success or failure after the answer, got one more challenge: %w", auth.ErrExchange)
	}
	// The library's error may repeat what came, which may be anything.
	response, err := ntlmssp.NewAuthenticateMessage(challenge, x.m.user, x.m.password(), nil)
	if err != nil {
		return nil, fmt.Errorf("ntlm: expected a CHALLENGE_MESSAGE of NTLM version 2, got something else: %w", auth.ErrExchange)
	}
	x.said = true
	return response, nil
}

func (x *exchange) Finish() error {
	if !x.said {
		return fmt.Errorf("ntlm: expected a challenge, got success without one: %w", auth.ErrExchange)
	}
	return nil
}
