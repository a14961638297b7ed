package conformance

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/tabellarius/tabellarius/auth"
)

// Login authenticates with the account that the Config names, by the strongest
// mechanism that the server offers; anything but 235 is an error of the case.
func (c *Conn) Login() {
	if c.t.cfg.User == "" {
		c.t.Skipf("auth")
	}
	m := auth.Auto(auth.Credentials{User: c.t.cfg.User, Password: c.t.cfg.Password})
	for _, candidate := range auth.Candidates(m, c.peer()) {
		if c.tls != nil || !strings.HasSuffix(candidate.Name(), "-PLUS") { // those bind to TLS
			m = candidate
			break
		}
	}
	c.Authenticate(m).Need("235")
}

// Authenticate runs an exchange and gives the reply that ended it.
func (c *Conn) Authenticate(m auth.Mechanism) Reply {
	x, initial, err := m.Start(context.Background(), c.peer())
	if err != nil {
		c.t.Skipf("a mechanism that can be used here: %v", err)
	}
	line := "AUTH " + m.Name()
	if initial != nil {
		r := "="
		if len(initial) > 0 {
			r = base64.StdEncoding.EncodeToString(initial)
		}
		c.Secret(line+" "+r+"\r\n", line+" ***\r\n")
	} else {
		c.Write(line + "\r\n")
	}
	r := c.Read("AUTH " + m.Name())
	for r.Code == 334 {
		challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Text()))
		var response []byte
		if err == nil {
			response, err = x.Next(challenge)
		}
		if err != nil {
			c.t.Recordf("%s: the challenge has no answer: %v", m.Name(), err)
			return c.Cmd("*")
		}
		c.Secret(base64.StdEncoding.EncodeToString(response)+"\r\n", "***\r\n")
		r = c.Read("AUTH " + m.Name())
	}
	if r.Code == 235 {
		if err := x.Finish(); err != nil {
			c.t.Failf("%s: 235 came, but %v", m.Name(), err)
		}
		c.login = true
	}
	return r
}

// mechanisms are those that the server offers now.
func (c *Conn) mechanisms() []string { return strings.Fields(c.offers["AUTH"]) }

func (c *Conn) peer() auth.Peer {
	p := auth.Peer{TLS: c.tls != nil, AllowInsecure: c.t.cfg.AuthInClear, Host: c.t.cfg.host(), Mechanisms: c.mechanisms()}
	if c.tls != nil {
		p.Bindings = auth.ClientBindings(*c.tls)
		if c.bindings != nil {
			p.Bindings = c.bindings
		}
	}
	return p
}
