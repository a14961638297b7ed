package auth

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A BearerRequest is what a client sends to log in with a token.
type BearerRequest struct {
	User  string // empty, with OAUTHBEARER: the token tells
	Token string
	Host  string // OAUTHBEARER: the name that the client connected to, if it said
	Port  int    // OAUTHBEARER: the port, if it said; else 0
}

// A BearerVerifier decides whether a token is good for whom it is used, and who
// that is. An [*OAuthError] is what the client is told; other errors are told as
// "invalid_token".
type BearerVerifier func(BearerRequest) (user string, err error)

// XOAuth2Server is the server's side of XOAUTH2.
func XOAuth2Server(verify BearerVerifier) ServerMechanism { return bearerServer{"XOAUTH2", verify} }

// OAuthBearerServer is the server's side of OAUTHBEARER (RFC 7628).
func OAuthBearerServer(verify BearerVerifier) ServerMechanism {
	return bearerServer{"OAUTHBEARER", verify}
}

type bearerServer struct {
	name   string
	verify BearerVerifier
}

func (m bearerServer) Name() string          { return m.name }
func (m bearerServer) Final() bool           { return false }
func (m bearerServer) Start() ServerExchange { return &bearerServerExchange{m: m} }

type bearerServerExchange struct {
	m      bearerServer
	asked  bool
	failed error
	user   string
}

func (x *bearerServerExchange) Next(response []byte) ([]byte, bool, error) {
	if response == nil && !x.asked && x.failed == nil {
		x.asked = true
		return []byte{}, false, nil
	}
	if x.failed != nil {
		if x.m.name == "OAUTHBEARER" && string(response) != "\x01" {
			return nil, false, exchangeError(x.m.name, "%x01 as the answer to an error (RFC 7628 §3.2.3)", "another")
		}
		return nil, false, x.failed
	}
	parse := parseBearer
	if x.m.name == "XOAUTH2" {
		parse = parseXOAuth2
	}
	q, err := parse(string(response))
	if err != nil {
		return nil, false, err
	}
	user, err := x.m.verify(q)
	if err == nil {
		x.user = user
		return nil, true, nil
	}
	x.failed = err
	return x.errorChallenge(err), false, nil
}

// errorChallenge is the error result of RFC 7628 §3.2.2.
func (x *bearerServerExchange) errorChallenge(err error) []byte {
	told := &OAuthError{Status: "invalid_token"}
	errors.As(err, &told)
	fields := map[string]string{"status": told.Status}
	for name, value := range map[string]string{"scope": told.Scope, "schemes": told.Schemes, "openid-configuration": told.Configuration} {
		if value != "" {
			fields[name] = value
		}
	}
	challenge, _ := json.Marshal(fields) // strings have a form in JSON
	return challenge
}

// User is who was authenticated.
func (x *bearerServerExchange) User() string { return x.user }

// parseBearer reads the initial response of RFC 7628 §3.1.
func parseBearer(message string) (q BearerRequest, err error) {
	wrong := func(expected string) (BearerRequest, error) {
		return BearerRequest{}, exchangeError("OAUTHBEARER", expected+" (RFC 7628 §3.1)", "something else")
	}
	if !utf8.ValidString(message) {
		return wrong("UTF-8")
	}
	parts := strings.Split(message, "\x01")
	if len(parts) < 4 || parts[len(parts)-1] != "" || parts[len(parts)-2] != "" {
		return wrong("a GS2 header and pairs of key and value, each with %x01 behind it and one more at the end")
	}
	header := strings.Split(parts[0], ",")
	if len(header) != 3 || header[2] != "" || header[0] != "n" && header[0] != "y" && !strings.HasPrefix(header[0], "p=") {
		return wrong("a GS2 header")
	}
	if header[1] != "" {
		name, ok := strings.CutPrefix(header[1], "a=")
		if q.User, err = unescapeName(name); !ok || err != nil {
			return wrong("an authorization identity or none")
		}
	}
	seen := map[string]bool{}
	for _, pair := range parts[1 : len(parts)-2] {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" || seen[key] {
			return wrong("each key once, with a value")
		}
		seen[key] = true
		switch key {
		case "auth":
			if q.Token, ok = bearerToken(value); !ok {
				return wrong(`a value of auth that begins with "Bearer"`)
			}
		case "host":
			q.Host = value
		case "port":
			if q.Port, err = strconv.Atoi(value); err != nil || q.Port < 1 || q.Port > 65535 || value[0] == '0' || value[0] == '+' {
				return wrong("a port")
			}
		}
	}
	if !seen["auth"] {
		return wrong("the key auth")
	}
	return q, nil
}

// parseXOAuth2 reads Google's form.
func parseXOAuth2(message string) (BearerRequest, error) {
	wrong := exchangeError("XOAUTH2", `"user=", %x01, "auth=Bearer", %x01 and %x01`, "something else")
	parts := strings.Split(message, "\x01")
	if len(parts) != 4 || parts[2] != "" || parts[3] != "" || !utf8.ValidString(message) {
		return BearerRequest{}, wrong
	}
	user, ok := strings.CutPrefix(parts[0], "user=")
	value, ok2 := strings.CutPrefix(parts[1], "auth=")
	token, ok3 := bearerToken(value)
	if !ok || !ok2 || !ok3 || user == "" {
		return BearerRequest{}, wrong
	}
	return BearerRequest{User: user, Token: token}, nil
}

// bearerToken reads the value of an Authorization header (RFC 6750 §2.1), the
// scheme in any case (RFC 7628 §4). It may be empty: so a client asks for the scope.
func bearerToken(value string) (string, bool) {
	scheme, token, _ := strings.Cut(value, " ")
	if value == "" {
		return "", true
	}
	return strings.TrimLeft(token, " "), strings.EqualFold(scheme, "Bearer")
}
