package smtpclient

import (
	"context"
	"io"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
)

// A login is an AUTH, or an EHLO that went out early, whose reply is awaited
// together with those of the first envelope, which stands right behind it.
type login struct {
	tag      smtp.Tag // 0: there is none
	early    bool     // of EHLO
	name     string
	exchange auth.Exchange
}

// Send connects to the server at addr, sends one message and says good-bye, in
// as few round trips as the RFCs allow: where the server has PIPELINING and the
// mechanism ends in one round trip, AUTH goes out in one flight with the
// envelope (RFC 4954 §4), and the message behind their replies. No message goes
// out before the server took AUTH. A server that is known to take them before its
// greeting (Config.Early) gets EHLO and the envelope at once. What is said of Dial,
// of [Client.Send] and of the errors holds; if there is no connection, the message
// is not sent.
func Send(ctx context.Context, addr string, cfg Config, env Envelope, body io.Reader) (Report, error) {
	var r Report
	if err := env.check(); err != nil {
		return r, r.notSent(env.To, err)
	}
	cfg.together = true
	next := func() (io.Reader, error) { return body, nil }
	for {
		c, err := Dial(ctx, addr, cfg)
		if err != nil {
			return r, r.notSent(env.To, err)
		}
		if c.early {
			if next, err = twice(body); err != nil {
				c.Close()
				return r, r.notSent(env.To, err)
			}
		}
		if body, err = next(); err != nil {
			c.Close()
			return r, r.notSent(env.To, err)
		}
		err = c.SendTo(ctx, &env, body, &r)
		again := ctx.Err() == nil && c.tooEarly(err)
		if again {
			c.Close()
			cfg.Early.Forget(addr)
			cfg.patient = true
			continue
		}
		c.Quit(ctx) // what it says changes nothing any more
		return r, err
	}
}

// logInTogether queues AUTH with a mechanism and leaves its reply to whoever
// reads next, if that can be. The set-up is at its end then.
func (c *Client) logInTogether(ctx context.Context, m auth.Mechanism, peer auth.Peer) (done bool, err error) {
	pipelining, ok := c.s.Protocol().Keyword(smtp.RolePipelining)
	if !c.cfg.together || !m.Final() || !ok || !c.s.Offered(pipelining) {
		return false, nil
	}
	x, initial, err := m.Start(ctx, peer)
	if err != nil || !fits(m.Name(), initial) {
		return false, nil // the usual way says why
	}
	from := len(c.s.Pending())
	tag, err := c.s.Authenticate(m.Name(), initial, true)
	if err != nil {
		return false, c.opError("auth", err)
	}
	c.traceCommand(c.s.Last(), from)
	c.link.login, c.said = login{tag: tag, name: m.Name(), exchange: x}, said{initial}
	return true, nil
}

// loggedIn takes the reply to an AUTH that stands before the first envelope, and
// reports whether it was that. Where it is a refusal nothing more goes out: what
// the server may have taken of the envelope is worth nothing. The lock is held.
func (c *Client) loggedIn(ev *smtp.Event) bool {
	l := &c.link.login
	if l.early {
		return c.metEarly(ev)
	}
	if ev.Tag != l.tag {
		return false
	}
	err := c.said.refusal(ev.Reply.Err("AUTH "+l.name, ev.Temporary))
	if err == nil {
		err = l.exchange.Finish()
	}
	*l = login{}
	if err != nil {
		c.fail(c.opError("auth", err))
	}
	return true
}
