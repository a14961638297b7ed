package client

import (
	"encoding/base64"
	"strings"

	"github.com/tabellarius/tabellarius/auth"
)

// An exchange is the server's side of AUTH.
type exchange interface {
	Next(response []byte) (challenge []byte, done bool, err error)
}

// scripted is an exchange whose challenges all come from rules: what no rule
// answers is taken.
type scripted struct{}

func (scripted) Next([]byte) ([]byte, bool, error) { return nil, true, nil }

// servers are the mechanisms of the base script, for the account in the job.
func (p *play) servers() []auth.ServerMechanism {
	lookup := func(_, user string) (string, error) {
		if user != p.job.User {
			return "", auth.ErrDenied
		}
		return p.job.Password, nil
	}
	verify := func(r auth.BearerRequest) (string, error) {
		if r.Token != p.job.Token {
			return "", &auth.OAuthError{Status: "invalid_token"}
		}
		return r.User, nil
	}
	return append(auth.PasswordServers("mx.test", lookup), auth.XOAuth2Server(verify), auth.OAuthBearerServer(verify))
}

// authenticate begins an exchange.
func (c *Conn) authenticate(l *Line) []any {
	name, initial, given := strings.Cut(l.Arg, " ")
	for _, m := range c.p.servers() {
		if !strings.EqualFold(m.Name(), name) {
			continue
		}
		peer := auth.Peer{TLS: c.tls != nil, Host: "mx.test", Mechanisms: c.p.mechanisms}
		if c.TLSState != nil {
			peer.Bindings = auth.ServerBindings(*c.TLSState, c.p.leaf)
		}
		c.exchange = auth.StartServer(m, peer)
		var response []byte
		if given && initial != "=" {
			var err error
			if response, err = base64.StdEncoding.DecodeString(initial); err != nil {
				return []any{"501 5.5.2 not base64"}
			}
		}
		if given && response == nil {
			response = []byte{}
		}
		return c.next(response)
	}
	return []any{"504 5.5.4 no such mechanism"}
}

// respond goes on with an exchange.
func (c *Conn) respond(l *Line) []any {
	if l.Arg == "*" {
		return []any{"501 5.0.0 cancelled"}
	}
	response, err := base64.StdEncoding.DecodeString(l.Arg)
	if err != nil {
		return []any{"501 5.5.2 not base64"}
	}
	return c.next(response)
}

func (c *Conn) next(response []byte) []any {
	challenge, done, err := c.exchange.Next(response)
	switch {
	case err != nil:
		return []any{"535 5.7.8 no"}
	case done:
		return []any{"235 2.7.0 ok"}
	}
	return []any{"334 " + base64.StdEncoding.EncodeToString(challenge)}
}

// Challenge is a 334 with octets in base64.
func Challenge(s string) string { return "334 " + base64.StdEncoding.EncodeToString([]byte(s)) }
