package smtptest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
)

// conn is one connection. Its fields belong to the goroutine of serve, but for
// those that are safe by themselves.
type conn struct {
	server *Server
	cfg    *Config
	p      *smtp.Protocol
	number int
	link   *link
	conn   net.Conn // link, or TLS over it
	w      *writer
	log    transcript

	s         *smtp.ServerSession
	closing   bool // nothing of the client is looked at any more
	tls       bool
	hello     string
	triedAuth bool
	exchange  auth.ServerExchange
	candidate string // who the exchange is for
	user      string

	message  Message // under way
	data     []byte
	asked    int64   // at how many octets of it the rules were asked for an early answer
	answered bool    // it was answered before its end,
	code     int     // with this code
	chunk    int64   // octets of the chunk under way
	instead  *Answer // goes out in place of the session's refusal of a chunk
	void     *voidContent
}

func newConn(s *Server, nc net.Conn, number int) *conn {
	c := &conn{server: s, cfg: &s.cfg, p: s.cfg.Protocol, number: number, link: &link{Conn: nc}}
	if s.cfg.Fault != nil {
		c.link.fault = s.cfg.Fault(number)
	}
	c.conn = c.link
	c.w = newWriter(c.link, c.link.fault.Split)
	c.s = smtp.NewServerSession(smtp.ServerConfig{Protocol: c.p, LMTP: s.cfg.LMTP, Secure: s.cfg.ImplicitTLS, CommandLine: s.cfg.CommandLine})
	return c
}

// abort ends the connection from outside.
func (c *conn) abort() {
	c.w.stop()
	c.link.Conn.Close()
}

func (c *conn) serve() {
	defer c.server.ended()
	var writing sync.WaitGroup
	writing.Go(c.w.run)
	c.converse()
	c.w.finish()
	writing.Wait()
	c.link.Close()
}

// converse reads until the connection is over.
func (c *conn) converse() {
	if c.cfg.ImplicitTLS && !c.handshake(c.link) {
		return
	}
	c.announce(c.offers())
	c.greet()
	buf := make([]byte, 32<<10)
	for {
		n, err := c.conn.Read(buf)
		if !c.closing && n > 0 {
			c.take(buf[:n])
		}
		if err != nil {
			switch {
			case c.closing, errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe): // by the server
			case err == io.EOF:
				c.s.HandleEOF()
				c.events()
			default:
				c.log.add('*', err.Error())
			}
			return
		}
	}
}

func (c *conn) take(p []byte) {
	if c.void != nil {
		if p = c.voidInput(p); len(p) == 0 {
			return
		}
	}
	c.s.HandleInput(p)
	c.events()
}

func (c *conn) events() {
	for {
		ev := c.s.Next()
		if ev.Kind != smtp.ServerRejected {
			c.send(c.s.Take(nil))
		}
		if c.closing {
			return
		}
		switch ev.Kind {
		case smtp.ServerNone:
			if c.p.States[c.s.State()].Awaits == smtp.AwaitTLS {
				c.startTLS()
			}
			return
		case smtp.ServerRejected:
			c.rejected(ev)
		case smtp.ServerCommand:
			c.command(ev)
		case smtp.ServerContent:
			c.content(ev)
		case smtp.ServerEnd:
			c.end(ev)
		case smtp.ServerEnded:
			if ev.Err != nil && ev.Err != smtp.ErrClosed {
				c.log.add('*', ev.Err.Error())
			}
			c.hangUp()
		}
	}
}

// send sends what the session said by itself.
func (c *conn) send(out []byte) {
	if len(out) > 0 && c.instead != nil {
		n := bytes.IndexByte(out, '\n') + 1
		a := c.instead.over(Answer{Raw: out[:n]})
		out, c.instead = out[n:], nil
		c.emit(a, a.octets())
		c.closing = a.Close
	}
	if len(out) > 0 && !c.closing {
		c.emit(Answer{}, out)
	}
}

// emit queues octets, in the way that the answer says.
func (c *conn) emit(a Answer, raw []byte) {
	if a.Silent {
		raw = nil
	}
	if a.Octets > 0 {
		raw = raw[:min(len(raw), a.Octets)]
	}
	c.log.server(raw)
	if !c.w.put(item{data: raw, delay: a.Delay, pause: a.Pause, split: a.Split, close: a.Close, reset: a.Reset}) {
		c.log.add('*', fmt.Sprintf("expected the client to read its replies, more than %d octets of them wait", maxQueued))
		c.abort()
	}
}

// hangUp closes the connection behind what is queued.
func (c *conn) hangUp() {
	c.closing = true
	c.w.finish()
}

func (c *conn) greet() {
	for op := range c.p.Commands {
		if c.p.Commands[op].Role == smtp.RoleGreeting {
			c.answer(Request{Op: smtp.Op(op), Role: smtp.RoleGreeting}, c.standard(smtp.Op(op), c.name()))
			return
		}
	}
}

func (c *conn) name() string {
	if c.cfg.LMTP {
		return c.cfg.Name + " LMTP"
	}
	return c.cfg.Name + " ESMTP"
}

// answer answers what the session owes a reply to, and gives the code that the
// server acts on.
func (c *conn) answer(q Request, standard Answer) int {
	return c.answerThen(q, standard, func(int) {})
}

// answerThen calls then with that code before the answer goes out.
func (c *conn) answerThen(q Request, standard Answer, then func(code int)) int {
	c.fill(&q)
	a, _ := c.server.choose(&q, moment{})
	a = a.over(standard)
	raw, code := c.act(q, a)
	then(code)
	c.emit(a, raw)
	c.closing = c.closing || a.Close
	if c.s.State() == c.p.Finish {
		c.hangUp()
	}
	return code
}

func (c *conn) fill(q *Request) {
	q.Conn, q.TLS, q.User = c.number, c.tls, c.user
	q.Name = c.p.Commands[q.Op].Name
	q.Octets = c.message.Size
}

// act moves the session as the answer says, and gives the octets of the answer.
func (c *conn) act(q Request, a Answer) (raw []byte, code int) {
	switch {
	case q.Role == smtp.RoleHello && (a.Raw != nil || a.Code/100 == 2):
		raw = c.helloReply(a)
	case a.Raw == nil && c.s.Reply(a.Code, a.Enhanced, a.Text) == nil:
		return c.s.Take(nil), a.Code
	default:
		raw = a.octets()
	}
	code = c.settle(q.Role, a.Code)
	return raw, code
}

// settle moves the session by a code, or by the nearest that the table allows:
// another of its class, or a refusal.
func (c *conn) settle(role smtp.Role, code int) int {
	try := func(code int) bool {
		if role == smtp.RoleHello { // Settle would learn of no offers
			ok := c.s.Reply(code, smtp.EnhancedCode{}, "") == nil
			c.s.Take(nil)
			return ok
		}
		return c.s.Settle(code) == nil
	}
	if code >= 200 && code <= 599 {
		if try(code) {
			return code
		}
		for n := code / 100 * 100; n < code/100*100+100; n++ {
			if try(n) {
				return n
			}
		}
	}
	for n := 500; n < 599; n++ {
		if try(n) {
			return n
		}
	}
	return 599
}

func (c *conn) startTLS() {
	if !c.handshake(&behindWrites{Conn: c.link, w: c.w}) {
		c.hangUp()
		return
	}
	if err := c.s.HandleTLS(); err != nil {
		c.log.add('*', err.Error())
		c.hangUp()
		return
	}
	c.hello, c.user = "", ""
}

func (c *conn) handshake(over net.Conn) bool {
	conn := tls.Server(over, c.server.serverTLS())
	if err := conn.Handshake(); err != nil {
		c.log.add('*', "TLS handshake: "+err.Error())
		return false
	}
	c.log.add('*', "TLS handshake done")
	c.tls, c.conn = true, conn
	c.w.over(conn)
	return true
}

// behindWrites holds the first octets of the handshake back until the reply to
// STARTTLS is written, while it reads already.
type behindWrites struct {
	net.Conn
	w    *writer
	done bool
}

func (b *behindWrites) Write(p []byte) (int, error) {
	if !b.done && !b.w.wait() {
		return 0, net.ErrClosed
	}
	b.done = true
	return b.Conn.Write(p)
}

// accept keeps the message under way for the recipients that it was accepted
// for.
func (c *conn) accept(to []int) {
	m := c.message
	if len(to) < len(m.To) {
		m.To, m.ToParams = nil, nil
		for _, i := range to {
			m.To = append(m.To, c.message.To[i])
			m.ToParams = append(m.ToParams, c.message.ToParams[i])
		}
	}
	m.Conn, m.Hello, m.TLS, m.User, m.Time = c.number, c.hello, c.tls, c.user, time.Now()
	if !c.cfg.Discard {
		m.Data = c.data
		if m.Data == nil {
			m.Data = []byte{}
		}
	}
	c.server.keep(m)
}
