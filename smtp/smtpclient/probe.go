package smtpclient

import (
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// behindDot is what is known of a server: whether it reads what stands right
// behind the final dot of a message. RFC 2920 §3.1 says so, but some servers
// drop it, or answer 503.
type behindDot uint8

const (
	behindUnknown behindDot = iota
	behindRead
	behindLost
)

// grace is how long the reply to the probe may take behind the reply to the
// message before it: they were written as one.
const grace = 250 * time.Millisecond

// tryBehind puts a NOOP right behind the first final dot, if another message is
// at hand: its 250 proves the server, anything else means that no envelope is
// sent behind a dot on this connection. A good server costs it nothing. The
// lock is held.
func (c *Client) tryBehind() {
	l := &c.link
	if l.behind != behindUnknown || l.waiting.n == 0 || c.s.Allows(c.s.Op(smtp.RoleNoop)) != nil {
		return
	}
	from := len(c.s.Pending())
	tag, err := c.s.Noop("")
	if err != nil {
		return
	}
	c.traceCommand(c.s.Op(smtp.RoleNoop), from)
	l.probe = tag
}

// probed takes the reply to the probe, or to the EHLO that settles it, and
// reports whether it was one. The lock is held.
func (c *Client) probed(ev *smtp.Event) bool {
	l := &c.link
	if ev.Tag < l.probe {
		return false
	}
	if ev.Tag == l.probe && ev.Reply.Code == 250 {
		l.behind = behindRead
	} else {
		l.behind = behindLost
	}
	if ev.Tag == l.probe && c.s.Awaiting() > 0 {
		return true // the EHLO behind it is to come
	}
	l.probe, l.graceBy = 0, time.Time{}
	return true
}

// giveUpProbe sends EHLO behind a NOOP that nobody answers: its reply has
// several lines and can't be taken for that of NOOP, so no reply is ever counted
// for the wrong command. The lock is held.
func (c *Client) giveUpProbe() {
	c.link.graceBy = time.Time{}
	c.link.behind = behindLost
	from := len(c.s.Pending())
	if _, err := c.s.HelloInDoubt(c.local); err != nil {
		c.fail(c.opError("send", err))
		return
	}
	c.traceCommand(c.s.Last(), from)
}
