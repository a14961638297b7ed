package auth

import (
	"context"
	"fmt"
	"strings"
)

// A Chooser is a [Mechanism] that stands for several. It can't be started itself:
// whoever drives it asks for the [Candidates].
type Chooser interface {
	Mechanism
	// Candidates are the mechanisms to try, in this order, with a server that
	// offers peer.Mechanisms.
	Candidates(peer Peer) []Mechanism
}

// Candidates are what m stands for with this peer: those of a [Chooser], else m
// alone, whatever the peer offers.
//
// They are for a driver to try, one after the other on the same connection, as
// long as Start fails with [ErrInsecure], [ErrUnbound] or [ErrCredentials], so
// that nothing was sent, or the server refuses the mechanism, not the user (in
// SMTP with 504 or 534, RFC 4954 §6). Where it refuses the user the driver stops:
// the same password by another mechanism can only lock him out.
func Candidates(m Mechanism, peer Peer) []Mechanism {
	if c, ok := m.(Chooser); ok {
		return c.Candidates(peer)
	}
	return []Mechanism{m}
}

// FirstOf stands for the first of the mechanisms that the server offers and the
// connection allows, and for the next where the server does not take that one.
func FirstOf(mechanisms ...Mechanism) Mechanism { return choice(mechanisms) }

// Credentials are what a user has to prove who he is. Fields that are empty are
// not there.
type Credentials struct {
	User     string
	Password string
	Authzid  string  // whom to act as; empty: the user
	Tokens   *Tokens // OAuth 2.0 access tokens
	External bool    // the connection itself proves it, by a client's certificate
}

// Format shows no secret, whatever the verb.
func (c Credentials) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, "credentials of %q (hidden)", c.User)
}

// Auto stands for the strongest mechanism that the credentials are good for, the
// server offers and the connection allows. Without TLS none is used that would
// show a password or a token, unless [AllowInsecure] says so.
//
// The order is: EXTERNAL; the token's OAUTHBEARER and XOAUTH2; SCRAM with a
// channel binding, then without, each with SHA-512, SHA-256, SHA-1; CRAM-MD5;
// PLAIN; LOGIN. LOGIN, CRAM-MD5 and XOAUTH2 are left out where there is somebody
// else to act as, which they can't say. NTLM and ANONYMOUS are never chosen.
func Auto(c Credentials) Mechanism {
	var list []Mechanism
	if c.External {
		list = append(list, External(c.Authzid))
	}
	if c.Tokens != nil {
		who := c.User
		if c.Authzid != "" {
			who = c.Authzid
		}
		list = append(list, OAuthBearer(who, c.Tokens))
		if c.Authzid == "" {
			list = append(list, XOAuth2(c.User, c.Tokens))
		}
	}
	if c.Password != "" {
		for _, h := range []Hash{SHA512, SHA256, SHA1} {
			list = append(list, ScramPlus(h, c.Authzid, c.User, c.Password))
		}
		for _, h := range []Hash{SHA512, SHA256, SHA1} {
			list = append(list, Scram(h, c.Authzid, c.User, c.Password))
		}
		if c.Authzid == "" {
			list = append(list, CramMD5(c.User, c.Password))
		}
		list = append(list, Plain(c.Authzid, c.User, c.Password))
		if c.Authzid == "" {
			list = append(list, Login(c.User, c.Password))
		}
	}
	return choice(list)
}

type choice []Mechanism

// Name is those of all, for logs.
func (c choice) Name() string {
	names := make([]string, len(c))
	for i, m := range c {
		names[i] = m.Name()
	}
	return strings.Join(names, " or ")
}

func (c choice) Final() bool { return false }

func (c choice) Format(f fmt.State, verb rune) { fmt.Fprint(f, c.Name()+" (credentials hidden)") }

func (c choice) Start(context.Context, Peer) (Exchange, []byte, error) {
	return nil, nil, fmt.Errorf("auth: %s: expected one mechanism, got a choice; whoever drives the exchange has to ask for its Candidates", c.Name())
}

func (c choice) Candidates(peer Peer) (list []Mechanism) {
	for _, m := range c {
		for _, one := range Candidates(m, peer) {
			if peer.offers(one.Name()) {
				list = append(list, one)
			}
		}
	}
	return list
}

// An Attempt is a mechanism that did not lead to success.
type Attempt struct {
	Mechanism string
	Err       error
}

// A FailedError says what was tried, where more than one mechanism was.
type FailedError struct {
	Offered  []string // by the server
	Attempts []Attempt
}

func (e *FailedError) Error() string {
	var b strings.Builder
	b.WriteString("auth: none of the mechanisms led to success; the server offers ")
	b.WriteString(show([]byte(strings.Join(e.Offered, " ")), hide("")))
	for _, a := range e.Attempts {
		fmt.Fprintf(&b, "; %s: %v", a.Mechanism, a.Err)
	}
	return b.String()
}

// Unwrap gives the error of each attempt.
func (e *FailedError) Unwrap() []error {
	errs := make([]error, len(e.Attempts))
	for i, a := range e.Attempts {
		errs[i] = a.Err
	}
	return errs
}
