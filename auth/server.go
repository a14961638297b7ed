package auth

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"unicode/utf8"
)

// A Verifier decides whether user may log in with password, and act as authzid,
// which is empty if the client did not ask to be somebody else (RFC 4422 §3.4.1).
// Its error is what the exchange ends with.
type Verifier func(authzid, user, password string) error

// A ServerMechanism is the server's side of a SASL mechanism. It does not
// change; one value serves any number of exchanges at the same time, if its
// Verifier does.
type ServerMechanism interface {
	Name() string          // as in [Mechanism]
	Final() bool           // as in [Mechanism]
	Start() ServerExchange // for one connection
}

// A ServerExchange is one run of a [ServerMechanism]. It is not safe for
// concurrent use.
type ServerExchange interface {
	// Next takes the client's response and gives the next challenge, or done
	// when the client has proved who it is. The first call gets the initial
	// response: nil if the client sent none, empty if it sent an empty one.
	//
	// An error ends the exchange: [ErrExchange] for a response that is not one
	// of the mechanism, else what the Verifier said. Next is not called after
	// done or an error.
	Next(response []byte) (challenge []byte, done bool, err error)
}

// A PeerServer is a [ServerMechanism] that has to know of the connection: the
// -PLUS mechanisms, EXTERNAL.
type PeerServer interface {
	ServerMechanism
	StartFor(peer Peer) ServerExchange // for one connection
}

// StartServer starts an exchange of m, and tells it of the connection if it wants
// to know.
func StartServer(m ServerMechanism, peer Peer) ServerExchange {
	if p, ok := m.(PeerServer); ok {
		return p.StartFor(peer)
	}
	return m.Start()
}

// An Identified exchange tells who the client is: once Next has reported that it
// is done, the user who was authenticated. Before, it is whom the client claims
// to be.
type Identified interface {
	User() string
}

// PasswordServers are the server's side of all mechanisms that prove a password,
// for users whose passwords are known: PLAIN, LOGIN, CRAM-MD5, and SCRAM with its
// -PLUS forms. Host is the server's name. It derives SCRAM's keys anew in each
// exchange: for tests.
func PasswordServers(host string, lookup Lookup) []ServerMechanism {
	verify := func(authzid, user, password string) error {
		want, err := lookup(authzid, user)
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(password)) == 0 {
			err = ErrDenied
		}
		return err
	}
	list := []ServerMechanism{PlainServer(verify), LoginServer(verify), CramMD5Server(host, lookup)}
	for _, h := range []Hash{SHA1, SHA256, SHA512} {
		secret := func(authzid, user string) (ScramSecret, error) {
			password, err := lookup(authzid, user)
			if err != nil {
				return ScramSecret{}, err
			}
			return NewScramSecret(h, password, h.mac([]byte(decoyKey), user)[:16], 0)
		}
		list = append(list, ScramServer(h, secret), ScramPlusServer(h, secret))
	}
	return list
}

// PlainServer is the server's side of PLAIN (RFC 4616 §2).
func PlainServer(verify Verifier) ServerMechanism { return plainServer{verify} }

type plainServer struct{ verify Verifier }

func (m plainServer) Name() string          { return "PLAIN" }
func (m plainServer) Final() bool           { return true }
func (m plainServer) Start() ServerExchange { return &plainServerExchange{verify: m.verify} }

type plainServerExchange struct {
	verify Verifier
	asked  bool
	user   string
}

// User is who was authenticated.
func (x *plainServerExchange) User() string { return x.user }

func (x *plainServerExchange) Next(response []byte) ([]byte, bool, error) {
	if response == nil && !x.asked {
		x.asked = true
		return []byte{}, false, nil
	}
	parts := bytes.Split(response, []byte{0})
	if len(parts) != 3 {
		return nil, false, exchangeError("PLAIN", "two NULs between three parts (RFC 4616 §2)", fmt.Sprint(len(parts)-1))
	}
	if len(parts[1]) == 0 || len(parts[2]) == 0 {
		return nil, false, exchangeError("PLAIN", "a user name and a password (RFC 4616 §2)", "an empty one")
	}
	if !utf8.Valid(response) {
		return nil, false, exchangeError("PLAIN", "UTF-8 (RFC 4616 §2)", "other octets")
	}
	x.user = string(parts[1])
	if err := x.verify(string(parts[0]), string(parts[1]), string(parts[2])); err != nil {
		return nil, false, err
	}
	return nil, true, nil
}

// LoginServer is the server's side of LOGIN. It prompts with "Username:" and
// "Password:", the words that the strictest clients wait for, and takes an
// initial response for the user name, as some send it. The Verifier's authzid
// is always empty.
func LoginServer(verify Verifier) ServerMechanism { return loginServer{verify} }

type loginServer struct{ verify Verifier }

func (m loginServer) Name() string          { return "LOGIN" }
func (m loginServer) Final() bool           { return false }
func (m loginServer) Start() ServerExchange { return &loginServerExchange{verify: m.verify} }

type loginServerExchange struct {
	verify        Verifier
	asked, gotOne bool
	user          string
}

func (x *loginServerExchange) Next(response []byte) ([]byte, bool, error) {
	if response == nil && !x.asked {
		x.asked = true
		return []byte("Username:"), false, nil
	}
	x.asked = true
	if len(response) == 0 {
		return nil, false, exchangeError("LOGIN", "a user name, then a password", "an empty one")
	}
	if bytes.IndexByte(response, 0) >= 0 || !utf8.Valid(response) {
		return nil, false, exchangeError("LOGIN", "UTF-8 without NUL", "other octets")
	}
	if !x.gotOne {
		x.gotOne, x.user = true, string(response)
		return []byte("Password:"), false, nil
	}
	if err := x.verify("", x.user, string(response)); err != nil {
		return nil, false, err
	}
	return nil, true, nil
}

// User is who was authenticated.
func (x *loginServerExchange) User() string { return x.user }
