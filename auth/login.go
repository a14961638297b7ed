package auth

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

// Login is the LOGIN mechanism, which is in no RFC but in many servers: it sends
// what PLAIN sends, the user's name and the password, in two answers. Use
// [Plain] where there is a choice.
//
// The server's prompts decide what is sent. A prompt that has "user", "name" or
// "login" in it, in any case, asks for the name, one that has "pass" in it for
// the password ("Username:", "User Name\x00", "Password:" and the like are all in
// use), and an empty one for what comes next. Any other prompt, one that asks
// for both, or for the same again, is [ErrExchange]: a password is no answer to
// a question that was not understood.
//
// User and password have to be UTF-8, not empty and without NUL, else Start
// fails with [ErrCredentials].
func Login(user, password string) Mechanism {
	return &login{user: user, password: hide(password)}
}

type login struct {
	user     string
	password hidden
}

func (m *login) Name() string                  { return "LOGIN" }
func (m *login) Final() bool                   { return false }
func (m *login) Format(f fmt.State, verb rune) { fmt.Fprint(f, "LOGIN (credentials hidden)") }

func (m *login) Start(_ context.Context, peer Peer) (Exchange, []byte, error) {
	if err := peer.check(m.Name(), "password"); err != nil {
		return nil, nil, err
	}
	if err := checkText(m.Name(), "user name", m.user); err != nil {
		return nil, nil, err
	}
	if err := checkText(m.Name(), "password", *m.password.value); err != nil {
		return nil, nil, err
	}
	return &loginExchange{login: m}, nil, nil
}

type loginExchange struct {
	login              *login
	saidUser, saidPass bool
}

func (x *loginExchange) Next(challenge []byte) ([]byte, error) {
	user, pass := x.asksFor(challenge)
	switch {
	case x.saidUser && x.saidPass:
		return nil, exchangeError("LOGIN", "success or failure after user name and password", "a third prompt")
	case user == pass:
		return nil, exchangeError("LOGIN", `a prompt such as "Username:" or "Password:"`, show(challenge, x.login.password))
	case user && x.saidUser:
		return nil, exchangeError("LOGIN", "a prompt for the password", "a second one for the user name")
	case pass && x.saidPass:
		return nil, exchangeError("LOGIN", "a prompt for the user name", "a second one for the password")
	case user:
		x.saidUser = true
		return []byte(x.login.user), nil
	default:
		x.saidPass = true
		return []byte(*x.login.password.value), nil
	}
}

func (x *loginExchange) Finish() error {
	if !x.saidUser || !x.saidPass {
		return exchangeError("LOGIN", "prompts for user name and password", "success without them")
	}
	return nil
}

func (x *loginExchange) asksFor(challenge []byte) (user, pass bool) {
	if len(challenge) == 0 {
		return !x.saidUser, x.saidUser
	}
	prompt := string(bytes.ToLower(challenge))
	user = strings.Contains(prompt, "user") || strings.Contains(prompt, "name") || strings.Contains(prompt, "login")
	return user, strings.Contains(prompt, "pass")
}
