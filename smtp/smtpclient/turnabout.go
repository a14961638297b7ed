package smtpclient

import (
	"bytes"
	"context"
	"net"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// TurnAbout sends a command by which the two sides change roles, as ATRN does
// (RFC 2645), and gives the connection once the server has agreed: the caller is the
// server on it now and greets, by an [smtp.ServerSession] say, and closes it. The
// client is closed then, and what others wait to send by it is not sent.
//
// A refusal is an [*smtp.ReplyError], "you have no mail" (453) too, and the client
// goes on. A command whose success does not end the session is an
// [*smtp.StateError].
func (c *Client) TurnAbout(ctx context.Context, cmd smtp.Command) (net.Conn, error) {
	if err := c.turns(cmd.Op()); err != nil {
		return nil, err
	}
	j := c.newJob()
	j.command, j.turns = cmd, true
	err := c.run(ctx, j)
	if err == nil {
		err = j.refusal
	}
	j.free()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.turned {
		return nil, err
	}
	for _, other := range c.spill.all() {
		other.Close()
	}
	if err != nil { // the caller left as the reply came
		c.conn.Close()
		return nil, err
	}
	c.conn.SetDeadline(time.Time{})
	if rest := c.s.Unread(); len(rest) > 0 {
		return &turnedConn{c.conn, bytes.NewReader(bytes.Clone(rest))}, nil
	}
	return c.conn, nil
}

// turns holds that the success of a command ends the session, and that it is not
// QUIT, behind which the server closes.
func (c *Client) turns(op smtp.Op) error {
	p := c.s.Protocol()
	if int(op) >= len(p.Commands) {
		return nil // the session says what is wrong
	}
	info := &p.Commands[op]
	for _, row := range info.Replies {
		if row.Min < 400 && !row.Violation && smtp.State(row.To) == p.Finish && info.Role != smtp.RoleQuit {
			return nil
		}
	}
	return &smtp.StateError{Command: info.Name, State: p.States[p.Finish].Name, Reason: "its success does not turn the connection about: use Do"}
}

// A turnedConn gives first what the client had read already.
type turnedConn struct {
	net.Conn
	rest *bytes.Reader
}

func (t *turnedConn) Read(p []byte) (int, error) {
	if t.rest.Len() > 0 {
		return t.rest.Read(p)
	}
	return t.Conn.Read(p)
}
