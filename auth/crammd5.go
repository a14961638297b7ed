package auth

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
)

// CramMD5 is the CRAM-MD5 mechanism (RFC 2195): the password is not sent, but
// whoever listens in can try guesses against what is, and the server proves
// nothing. [Scram] is better wherever it is offered.
//
// User and password must not be empty and have to be UTF-8 without NUL, else
// Start fails with [ErrCredentials]. They are used as they are.
func CramMD5(user, password string) Mechanism {
	return &cramMD5{user: user, password: hide(password)}
}

type cramMD5 struct {
	user     string
	password hidden
}

func (m *cramMD5) Name() string                  { return "CRAM-MD5" }
func (m *cramMD5) Final() bool                   { return false }
func (m *cramMD5) Format(f fmt.State, verb rune) { fmt.Fprint(f, "CRAM-MD5 (credentials hidden)") }

func (m *cramMD5) Start(context.Context, Peer) (Exchange, []byte, error) {
	if err := checkText(m.Name(), "user name", m.user); err != nil {
		return nil, nil, err
	}
	if err := checkText(m.Name(), "password", *m.password.value); err != nil {
		return nil, nil, err
	}
	return &cramExchange{cram: m}, nil, nil
}

type cramExchange struct {
	cram *cramMD5
	said bool
}

func (x *cramExchange) Next(challenge []byte) ([]byte, error) {
	switch {
	case x.said:
		return nil, exchangeError("CRAM-MD5", "success or failure after the one answer of the client (RFC 2195 §2)", "a second challenge")
	case len(challenge) == 0:
		return nil, exchangeError("CRAM-MD5", "a challenge (RFC 2195 §2)", "an empty one")
	}
	x.said = true
	return []byte(x.cram.user + " " + cramDigest(*x.cram.password.value, challenge)), nil
}

func (x *cramExchange) Finish() error {
	if !x.said {
		return exchangeError("CRAM-MD5", "a challenge (RFC 2195 §2)", "success without one")
	}
	return nil
}

func cramDigest(password string, challenge []byte) string {
	m := hmac.New(md5.New, []byte(password))
	m.Write(challenge)
	return hex.EncodeToString(m.Sum(nil))
}

// A Lookup finds user's password, and decides whether user may act as authzid, as
// a [Verifier] does. Its error is what the exchange ends with, at the same point
// as with a wrong password: the client can't tell.
type Lookup func(authzid, user string) (password string, err error)

// CramMD5Server is the server's side of CRAM-MD5. Host is the server's name, for
// its challenges; the Lookup's authzid is always empty.
func CramMD5Server(host string, lookup Lookup) ServerMechanism {
	return &cramServer{lookup: lookup, challenge: func() string { return "<" + rand.Text() + "@" + host + ">" }}
}

type cramServer struct {
	lookup    Lookup
	challenge func() string
}

func (m *cramServer) Name() string          { return "CRAM-MD5" }
func (m *cramServer) Final() bool           { return false }
func (m *cramServer) Start() ServerExchange { return &cramServerExchange{m: m} }

type cramServerExchange struct {
	m         *cramServer
	challenge string
	user      string
}

func (x *cramServerExchange) Next(response []byte) ([]byte, bool, error) {
	if x.challenge == "" {
		if response != nil {
			return nil, false, exchangeError("CRAM-MD5", "no initial response: the server speaks first (RFC 2195 §2)", "one")
		}
		x.challenge = x.m.challenge()
		return []byte(x.challenge), false, nil
	}
	at := bytes.LastIndexByte(response, ' ')
	if at < 1 || len(response)-at-1 != 2*md5.Size {
		return nil, false, exchangeError("CRAM-MD5", "a user name, a blank and 32 hexadecimal digits (RFC 2195 §2)", "something else")
	}
	if checkText("CRAM-MD5", "user name", string(response[:at])) != nil {
		return nil, false, exchangeError("CRAM-MD5", "UTF-8 without NUL", "other octets")
	}
	x.user = string(response[:at])
	password, err := x.m.lookup("", x.user)
	right := hmac.Equal([]byte(strings.ToLower(string(response[at+1:]))), []byte(cramDigest(password, []byte(x.challenge))))
	switch {
	case err != nil:
		return nil, false, err
	case !right || password == "":
		return nil, false, fmt.Errorf("auth: CRAM-MD5: %w", ErrDenied)
	}
	return nil, true, nil
}

// User is who was authenticated.
func (x *cramServerExchange) User() string { return x.user }
