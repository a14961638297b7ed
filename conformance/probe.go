package conformance

import (
	"crypto/tls"
	"errors"
)

// sanity is the case that runs last.
func sanity(t *T) {
	c := t.Connect()
	if r := c.Greeting(); r.Code != 220 {
		greetingError(t, r)
	}
	c.Hello().Need("250")
	c.Cmd("NOOP").Need("250")
	c.Cmd("QUIT").Need("221")
}

func greetingError(t *T, r Reply) {
	switch {
	case r.Err == errSilence:
		t.Errorf("expected a greeting within %v, none came: does the server speak SMTP, and without TLS from the start?", t.cfg.Timeout)
	case r.Err != nil:
		t.Errorf("expected a greeting, got none: %v", r.Err)
	case r.flaw != "" && r.Code == 0:
		t.Errorf("expected the greeting of a mail server, got %q", short(string(r.Raw), 80))
	}
	t.Errorf("expected the greeting 220, got %s", r)
}

// handshakeError tells of a handshake that failed. It ends the run where there is
// no other link, and where the certificate is not what the user asked for.
func handshakeError(t *T, address string, err error, last bool) {
	var verification *tls.CertificateVerificationError
	switch {
	case errors.As(err, &verification):
		t.Errorf("the certificate of %s is not what was asked for: %s", address, plain(verification.Err))
	case last:
		t.Errorf("the TLS handshake with %s failed: %s: does the server speak TLS from the start there?", address, plain(err))
	}
	t.Warnf("the TLS handshake with %s failed: %s", address, plain(err))
}

// probe is the sanity case that runs first. It learns what is offered where, and
// where MAIL asks for AUTH.
func (r *run) probe(t *T) {
	r.facts = facts{offers: map[string]map[string]string{}, gated: map[string]bool{}}
	if t.cfg.Address != "" {
		c := t.Connect()
		greeting := c.Greeting()
		if r.facts.greeting = greeting.Code; greeting.Code != 220 {
			if greeting.Code == 554 || greeting.Code == 521 {
				t.Recordf("the server greets with %s", greeting)
				r.facts.offers[LinkPlain] = map[string]string{}
				return
			}
			greetingError(t, greeting)
		}
		if hello := c.Hello(); hello.Code != 250 {
			if hello = c.Cmd("HELO " + t.cfg.Hello); hello.Code != 250 {
				t.Errorf("expected 250 to %s and to HELO, got %s", t.HelloLine(), hello)
			}
		}
		c.Cmd("NOOP").Need("250")
		r.learnLink(LinkPlain, c)
		if _, ok := r.facts.offers[LinkPlain]["STARTTLS"]; ok {
			r.probeStartTLS(t)
		}
		c.Cmd("QUIT").Need("221")
	}
	if t.cfg.ImplicitTLS != "" {
		c := t.dial(true)
		if err := c.Handshake(nil); err != nil {
			handshakeError(t, t.cfg.ImplicitTLS, err, t.cfg.Address == "")
		} else if greeting := c.Greeting(); greeting.Code != 220 {
			greetingError(t, greeting)
		} else {
			r.facts.greeting = greeting.Code
			c.Hello().Need("250")
			r.learnLink(LinkImplicit, c)
		}
	}
}

func (r *run) probeStartTLS(t *T) {
	c := t.Connect()
	c.Greeting()
	c.Hello()
	if reply := c.Cmd("STARTTLS"); reply.Code != 220 {
		t.Warnf("STARTTLS is offered and got %s", reply)
	} else if err := c.Handshake(nil); err != nil {
		handshakeError(t, t.cfg.Address, err, false)
	} else {
		c.Hello().Need("250")
		r.learnLink(LinkStartTLS, c)
	}
}

// learnLink keeps what is offered, and whether MAIL is open to strangers.
func (r *run) learnLink(link string, c *Conn) {
	r.facts.offers[link] = c.offers
	if c.offers == nil {
		r.facts.offers[link] = map[string]string{}
	}
	mail := c.Cmd(c.t.MailLine())
	if mail.Code == 530 || mail.Code/100 == 5 && mail.Enhanced() == "5.7.0" {
		r.facts.gated[link] = true
	} else if mail.Code == 250 && len(c.t.cfg.Recipients) > 0 {
		// some ask at RCPT
		if rcpt := c.Cmd(c.t.RcptLine()); rcpt.Code == 530 || rcpt.Enhanced() == "5.7.0" {
			r.facts.gated[link] = true
		}
	}
	c.Cmd("RSET")
}
