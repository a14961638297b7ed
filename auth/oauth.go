package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// XOAuth2 is the XOAUTH2 mechanism, Google's and Microsoft's: the user's name and
// an OAuth 2.0 access token. Where the server refuses, it tells why in a challenge,
// which is answered and told in the error, as an [*OAuthError]; and a new token is
// tried once.
//
// The name must not be empty and has to be UTF-8 without control characters, else
// Start fails with [ErrCredentials].
func XOAuth2(user string, tokens *Tokens) Mechanism {
	return &bearer{name: "XOAUTH2", user: user, tokens: tokens}
}

// OAuthBearer is the OAUTHBEARER mechanism (RFC 7628), the standard's form of
// [XOAuth2]. The user may be empty: then the token tells who it is.
func OAuthBearer(user string, tokens *Tokens) Mechanism {
	return &bearer{name: "OAUTHBEARER", user: user, tokens: tokens}
}

type bearer struct {
	name   string
	user   string
	tokens *Tokens
}

func (m *bearer) Name() string                  { return m.name }
func (m *bearer) Final() bool                   { return false } // a refusal has to be answered
func (m *bearer) Format(f fmt.State, verb rune) { fmt.Fprint(f, m.name+" (credentials hidden)") }

func (m *bearer) Start(ctx context.Context, peer Peer) (Exchange, []byte, error) {
	if err := peer.check(m.name, "token"); err != nil {
		return nil, nil, err
	}
	if !isValue(m.user) || m.user == "" && m.name == "XOAUTH2" {
		return nil, nil, fmt.Errorf("auth: %s: expected a user name of UTF-8 without control characters: %w", m.name, ErrCredentials)
	}
	token, err := m.tokens.Token(ctx)
	if err != nil {
		return nil, nil, err
	}
	secret := token.reveal()
	for i := range len(secret) { // RFC 6750 §2.1, and what is seen besides
		if secret[i] < 0x21 || secret[i] > 0x7e {
			return nil, nil, fmt.Errorf("auth: %s: expected a token of visible ASCII characters: %w", m.name, ErrCredentials)
		}
	}
	x := &bearerExchange{m: m, token: token}
	if m.name == "XOAUTH2" {
		return x, []byte("user=" + m.user + "\x01auth=Bearer " + secret + "\x01\x01"), nil
	}
	message := "n,"
	if m.user != "" {
		message += "a=" + escapeName(m.user)
	}
	message += ",\x01"
	if isValue(peer.Host) && peer.Host != "" {
		message += "host=" + peer.Host + "\x01"
	}
	if peer.Port > 0 {
		message += "port=" + strconv.Itoa(peer.Port) + "\x01"
	}
	return x, []byte(message + "auth=Bearer " + secret + "\x01\x01"), nil
}

// isValue reports whether s can stand between two control characters.
func isValue(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

type bearerExchange struct {
	m      *bearer
	token  Token
	failed *OAuthError
}

// Next answers the challenge that tells why the token is refused, so that the
// server can refuse it (RFC 7628 §3.2.3): by %x01, in XOAUTH2 by nothing.
func (x *bearerExchange) Next(challenge []byte) ([]byte, error) {
	if x.failed != nil {
		return nil, exchangeError(x.m.name, "a refusal after the error was acknowledged (RFC 7628 §3.2.3)", "one more challenge")
	}
	x.failed = parseOAuthError(challenge, x.token.value)
	if x.m.name == "XOAUTH2" {
		return []byte{}, nil
	}
	return []byte{1}, nil
}

func (x *bearerExchange) Finish() error {
	if x.failed != nil {
		return exchangeError(x.m.name, "a refusal after an error (RFC 7628 §3.2.3)", "success")
	}
	x.m.tokens.Accepted(x.token)
	return nil
}

func (x *bearerExchange) Refused(refusal error) (bool, error) {
	again := x.m.tokens.Refused(x.token)
	if x.failed == nil {
		return again, refusal
	}
	return again, fmt.Errorf("%w; %w", refusal, x.failed)
}

// An OAuthError is why a server refused a token (RFC 7628 §3.2.2). A field that the
// server did not send is empty; none of them repeats the token.
type OAuthError struct {
	Status  string // such as "invalid_token", with XOAUTH2 an HTTP status
	Scope   string // one that a token would be good with
	Schemes string // XOAUTH2: the kinds of token that the server takes
	// Configuration is the URL of what is to be known about the issuer of tokens
	// (openid-configuration).
	Configuration string
}

func (e *OAuthError) Error() string {
	s := "the token was refused"
	for _, part := range []struct{ name, value string }{
		{"status", e.Status}, {"scope", e.Scope}, {"schemes", e.Schemes}, {"openid-configuration", e.Configuration},
	} {
		if part.value != "" {
			s += ", " + part.name + " " + show([]byte(part.value), hide(""))
		}
	}
	return s
}

// parseOAuthError reads the error challenge as far as it can be read: it has to be
// acknowledged in any case.
func parseOAuthError(challenge []byte, token hidden) *OAuthError {
	var fields map[string]json.RawMessage
	if len(challenge) > 12288 || json.Unmarshal(challenge, &fields) != nil {
		return &OAuthError{}
	}
	text := func(name string) string {
		var s string
		if json.Unmarshal(fields[name], &s) != nil {
			s = string(bytes.TrimSpace(fields[name])) // a number
			if strings.Trim(s, "0123456789") != "" {
				s = ""
			}
		}
		if repeats([]byte(s), token) {
			return "(it repeats the token)"
		}
		return s
	}
	return &OAuthError{Status: text("status"), Scope: text("scope"), Schemes: text("schemes"), Configuration: text("openid-configuration")}
}
