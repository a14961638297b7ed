package smtptest

import (
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
)

var errCredentials = errors.New("smtptest: user or password are wrong")

// verifyUsers knows users by their passwords; nobody may act as another.
func verifyUsers(users map[string]string) auth.Verifier {
	return func(authzid, user, password string) error {
		want, ok := users[user]
		if !ok || subtle.ConstantTimeCompare([]byte(want), []byte(password)) == 0 || authzid != "" && authzid != user {
			return errCredentials
		}
		return nil
	}
}

// authenticate takes one step of AUTH (RFC 4954 §4).
func (c *conn) authenticate(ev smtp.ServerEvent, q Request) {
	c.triedAuth = true
	standard := c.standard(ev.Op, "")
	switch ev.Role {
	case smtp.RoleAuth:
		c.exchange, c.candidate = nil, ""
		start := authArgs{op: ev.Op}
		if ev.Parse(&start) == nil {
			c.exchange = c.startExchange(start.mechanism)
		}
		if c.exchange == nil {
			standard = Answer{Code: 504, Enhanced: smtp.EnhancedCode{5, 5, 4}, Text: "No such mechanism"}
			break
		}
		standard = c.step(start.initial, standard)
	case smtp.RoleAuthLine:
		line := authLine{op: ev.Op}
		if err := ev.Parse(&line); err != nil || c.exchange == nil {
			standard = Answer{Code: 501, Enhanced: smtp.EnhancedCode{5, 5, 2}, Text: "No mechanism asked"}
			break
		}
		standard = c.step(line.response, standard)
	}
	c.answer(q, standard)
	if done, _ := c.authFact(); c.s.Facts()&done != 0 {
		c.user = c.candidate
	}
}

// step gives a response to the mechanism and says what its challenge or verdict
// is on the wire; success is the reply where it is satisfied.
func (c *conn) step(response []byte, success Answer) Answer {
	challenge, done, err := c.exchange.Next(response)
	switch {
	case errors.Is(err, auth.ErrExchange):
		c.exchange = nil
		return Answer{Code: 501, Enhanced: smtp.EnhancedCode{5, 5, 2}, Text: "Not a response of the mechanism"}
	case err != nil:
		c.exchange = nil
		return Answer{Code: 535, Enhanced: smtp.EnhancedCode{5, 7, 8}, Text: "Authentication failed"}
	case !done:
		return Answer{Code: 334, Text: base64.StdEncoding.EncodeToString(challenge)}
	}
	if x, ok := c.exchange.(auth.Identified); ok {
		c.candidate = x.User()
	}
	c.exchange = nil
	success.Enhanced, success.Text = smtp.EnhancedCode{2, 7, 0}, "Authenticated"
	return success
}

func (c *conn) startExchange(name string) auth.ServerExchange {
	verify := func(authzid, user, password string) error {
		c.candidate = user
		if c.cfg.Authenticate == nil {
			return errCredentials
		}
		return c.cfg.Authenticate(authzid, user, password)
	}
	for _, m := range c.cfg.Mechanisms {
		if m := m(verify); strings.EqualFold(m.Name(), name) {
			return auth.StartServer(m, c.peer())
		}
	}
	return nil
}

// peer is what mechanisms have to know of the connection. It has no host: a
// client calls the server as it was dialled, which may be by any name.
func (c *conn) peer() auth.Peer {
	peer := auth.Peer{TLS: c.tls, Mechanisms: c.mechanisms()}
	if conn, ok := c.conn.(*tls.Conn); ok {
		state := conn.ConnectionState()
		peer.Bindings = auth.ServerBindings(state, c.server.leaf())
		peer.Certificates = state.PeerCertificates
	}
	return peer
}

// mechanisms are the names offered: without TLS none that has to be bound to it.
func (c *conn) mechanisms() (names []string) {
	for _, m := range c.cfg.Mechanisms {
		if name := m(nil).Name(); c.tls || !strings.HasSuffix(name, "-PLUS") {
			names = append(names, name)
		}
	}
	return names
}

// Mechanism makes a server's side that decides by itself fit into
// [Config].Mechanisms.
func Mechanism(m auth.ServerMechanism) func(auth.Verifier) auth.ServerMechanism {
	return func(auth.Verifier) auth.ServerMechanism { return m }
}

// Passwords are the server's sides of all mechanisms that prove a password
// ([auth.PasswordServers]), for users by their passwords: for
// [Config].Mechanisms.
func Passwords(users map[string]string) (list []func(auth.Verifier) auth.ServerMechanism) {
	for _, m := range auth.PasswordServers("mx.smtptest.example", func(authzid, user string) (string, error) {
		password, ok := users[user]
		if !ok || authzid != "" && authzid != user {
			return "", errCredentials
		}
		return password, nil
	}) {
		list = append(list, Mechanism(m))
	}
	return list
}

// authFact gives the facts that a successful AUTH sets, and the code for a
// command that misses them.
func (c *conn) authFact() (done smtp.Facts, refuse int) {
	for _, row := range c.p.Commands[c.op(smtp.RoleAuth)].Replies {
		if row.Min < 300 && !row.Violation {
			done |= row.Set
		}
	}
	for i, f := range c.p.Facts {
		if done.Has(smtp.Fact(i)) && f.Refuse != 0 {
			refuse = f.Refuse
		}
	}
	return done, refuse
}

// These read the arguments of a command known by its role, whatever its number
// and name.

type domainArg struct {
	op   smtp.Op
	name string
}

func (d *domainArg) Op() smtp.Op         { return d.op }
func (d *domainArg) Encode(l *smtp.Line) { l.Domain(d.name) }
func (d *domainArg) Parse(a *smtp.Args)  { d.name = a.Domain() }

type authArgs struct {
	op        smtp.Op
	mechanism string
	initial   []byte
}

func (x *authArgs) Op() smtp.Op { return x.op }

func (x *authArgs) Encode(l *smtp.Line) {
	l.Word(x.mechanism)
	if x.initial != nil {
		l.InitialResponse(x.initial)
	}
}

func (x *authArgs) Parse(a *smtp.Args) {
	x.mechanism = a.Word()
	if a.More() {
		x.initial = a.InitialResponse()
	}
}

type authLine struct {
	op       smtp.Op
	response []byte
}

func (x *authLine) Op() smtp.Op         { return x.op }
func (x *authLine) Encode(l *smtp.Line) { l.Base64(x.response) }
func (x *authLine) Parse(a *smtp.Args)  { x.response = a.Base64() }
