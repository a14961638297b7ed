package auth

import (
	"context"
	"fmt"
)

// Plain is the PLAIN mechanism (RFC 4616): the user's name and password, in one
// message that needs no answer. Every server has to offer it over TLS (RFC 4954
// §4).
//
// The authorization identity is whom to act as; it is empty for the user's own.
// User and password must not be empty; all three have to be UTF-8 without NUL,
// else Start fails with [ErrCredentials]. They go out as they are: whoever needs
// SASLprep (RFC 4013) applies it before.
func Plain(authzid, user, password string) Mechanism {
	return &plain{authzid: authzid, user: user, password: hide(password)}
}

type plain struct {
	authzid, user string
	password      hidden
}

func (m *plain) Name() string                  { return "PLAIN" }
func (m *plain) Final() bool                   { return true }
func (m *plain) Format(f fmt.State, verb rune) { fmt.Fprint(f, "PLAIN (credentials hidden)") }
func (m *plain) Start(_ context.Context, peer Peer) (Exchange, []byte, error) {
	if err := peer.check(m.Name(), "password"); err != nil {
		return nil, nil, err
	}
	if m.authzid != "" {
		if err := checkText(m.Name(), "authorization identity", m.authzid); err != nil {
			return nil, nil, err
		}
	}
	if err := checkText(m.Name(), "user name", m.user); err != nil {
		return nil, nil, err
	}
	if err := checkText(m.Name(), "password", *m.password.value); err != nil {
		return nil, nil, err
	}
	return plainExchange{}, []byte(m.authzid + "\x00" + m.user + "\x00" + *m.password.value), nil
}

// plainExchange has nothing left to do: the initial response said it all.
type plainExchange struct{}

func (plainExchange) Next([]byte) ([]byte, error) {
	return nil, exchangeError("PLAIN", "success or failure after the one message of the client (RFC 4616 §2)", "a challenge")
}

func (plainExchange) Finish() error { return nil }
