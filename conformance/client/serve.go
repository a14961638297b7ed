package client

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// longest is the longest command line that is read.
const longest = 1 << 20

// serve plays the script on a connection, until the client closes.
func (c *Conn) serve() {
	defer c.closed()
	if c.p.job.TLS == "implicit" && !c.p.plain && !c.handshake() {
		return
	}
	hello := &Line{Conn: c.Number, Verb: "greeting", TLS: c.tls != nil, N: c.p.count("greeting")}
	c.do(hello, c.acts(hello))
	for !c.over {
		line, err := c.line()
		if err != nil {
			return
		}
		if line.Verb == "BDAT" {
			c.chunk(line)
		}
		c.do(line, c.acts(line))
		c.then(line)
	}
	c.drain(c.p.t.run.cfg.Deadline)
}

// line reads a command line, or a response.
func (c *Conn) line() (*Line, error) {
	at := c.s.position()
	raw, err := c.s.take(func(buf []byte) int {
		if i := bytes.IndexByte(buf, '\n'); i >= 0 {
			return i + 1
		}
		if len(buf) > longest {
			return len(buf)
		}
		return 0
	}, c.p.deadline)
	if err != nil {
		if rest := c.s.drop(); len(rest) > 0 {
			c.p.after(c, rest)
		}
		return nil, err
	}
	l := &Line{Conn: c.Number, Raw: string(raw), TLS: c.tls != nil, At: c.s.when(at)}
	l.Early = l.At.Before(c.replied)
	c.log('C', l.Raw)
	if c.exchange != nil {
		l.Verb, l.Arg = "response", strings.TrimRight(l.Raw, "\r\n")
	} else {
		verb, arg, _ := strings.Cut(strings.TrimRight(l.Raw, "\r\n"), " ")
		l.Verb, l.Arg = strings.ToUpper(verb), arg
	}
	l.N = c.p.count(l.Verb)
	c.Lines = append(c.Lines, l)
	return l, nil
}

// acts are what is done about a command: what the last rule says that fits, else
// what the base script says.
func (c *Conn) acts(l *Line) []any {
	for i := len(c.p.rules) - 1; i >= 0; i-- {
		r := &c.p.rules[i]
		if r.f != nil {
			if acts := r.f(c, l); acts != nil {
				return acts
			}
		} else if r.fits(c, l) {
			return r.acts
		}
	}
	return c.Base(l)
}

// Base is what the base script does about a command.
func (c *Conn) Base(l *Line) []any {
	switch l.Verb {
	case "greeting":
		return []any{"220 mx.test ESMTP"}
	case "EHLO", "LHLO":
		if (l.Verb == "LHLO") != (c.p.job.Protocol == "lmtp") {
			return []any{"500 unknown"}
		}
		return c.offers()
	case "HELO":
		return []any{"250 mx.test"}
	case "DATA":
		return []any{"354 go ahead"}
	case "BDAT", "MAIL", "RCPT", "RSET", "NOOP":
		if l.Verb == "BDAT" && c.p.job.Protocol == "lmtp" && last(l) {
			return c.each()
		}
		return []any{"250 ok"}
	case "dot":
		if c.p.job.Protocol == "lmtp" {
			return c.each()
		}
		return []any{"250 ok"}
	case "STARTTLS":
		if c.p.tls() || slices.Contains(c.p.offer, "STARTTLS") {
			return []any{"220 go"}
		}
	case "AUTH":
		return c.authenticate(l)
	case "response":
		return c.respond(l)
	case "QUIT":
		return []any{"221 bye", Close}
	}
	return []any{"500 unknown"}
}

// last reports whether a BDAT is the last one.
func last(l *Line) bool { return strings.HasSuffix(strings.ToUpper(l.Arg), " LAST") }

// each is a reply for each recipient that was accepted (RFC 2033 §4.2).
func (c *Conn) each() (acts []any) {
	if c.in != nil {
		for range c.in.accepted() {
			acts = append(acts, "250 ok")
		}
	}
	return acts
}

// offers is the reply to EHLO.
func (c *Conn) offers() (acts []any) {
	lines := append([]string{"mx.test"}, c.p.offer...)
	if c.tls != nil && c.p.offerTLS != nil {
		lines = append([]string{"mx.test"}, c.p.offerTLS...)
	}
	if c.tls == nil && c.p.tls() {
		lines = append(lines, "STARTTLS")
	}
	if len(c.p.mechanisms) > 0 && (c.tls != nil || c.p.job.TLS == "none") {
		lines = append(lines, "AUTH "+strings.Join(c.p.mechanisms, " "))
	}
	for i, l := range lines {
		sep := "-"
		if i == len(lines)-1 {
			sep = " "
		}
		acts = append(acts, "250"+sep+l)
	}
	return acts
}

// then is what follows behind the reply: TLS, content, the next challenge.
func (c *Conn) then(l *Line) {
	good := l.Code/100 == 2
	switch l.Verb {
	case "EHLO", "HELO", "LHLO":
		c.in = nil
	case "MAIL":
		c.in = c.p.transaction(c, l)
	case "RCPT":
		if c.in != nil {
			c.in.Rcpts = append(c.in.Rcpts, l)
		}
	case "RSET":
		c.in = nil
	case "STARTTLS":
		if good && !c.over && !c.handshake() {
			c.over = true
		}
	case "DATA":
		if l.Code/100 == 3 && !c.over && (l.Code == 354 || !c.givesUp()) {
			c.content(l)
		}
	case "BDAT":
		if c.in != nil && last(l) {
			c.in.Codes = complete(c.answer)
			c.in = nil
		} else if c.in != nil && !good {
			c.in.Failed = true
		}
	case "AUTH", "response":
		if l.Code == 334 {
			if c.exchange == nil {
				c.exchange = scripted{}
			}
		} else {
			c.exchange = nil
		}
	}
}

// content reads what follows DATA up to the dot, and answers it.
func (c *Conn) content(l *Line) {
	m := c.message(l)
	at := c.s.position()
	marks := c.p.marks()
	state := []byte("\r\n")
	for {
		limit := 32 << 10
		if len(marks) > 0 {
			limit = min(limit, max(1, marks[0].at-len(m.Wire)))
		}
		ended := false
		got, err := c.s.take(func(buf []byte) int {
			buf = buf[:min(limit, len(buf))]
			joined := append(append([]byte{}, state...), buf...)
			if i := bytes.Index(joined, []byte("\r\n.\r\n")); i >= 0 {
				ended = true
				return i + 5 - len(state)
			}
			return len(buf)
		}, c.p.deadline)
		if len(m.Wire) == 0 && len(got) > 0 {
			m.First = c.s.when(at)
		}
		m.Wire = append(m.Wire, got...)
		state = append(state, got...)
		state = state[max(0, len(state)-4):]
		if err != nil {
			c.log('C', string(m.Wire))
			c.over = true
			return
		}
		if ended {
			m.Ended, m.EndAt = true, c.s.when(c.s.position()-1)
			m.Wire = bytes.TrimSuffix(m.Wire, []byte(".\r\n"))
			m.Content = unstuff(m.Wire)
			c.log('C', string(m.Wire)+".\r\n")
			dot := &Line{Conn: c.Number, Verb: "dot", TLS: l.TLS, N: c.p.count("dot"), Early: m.First.Before(c.replied)}
			c.settle(m, dot)
			return
		}
		for len(marks) > 0 && len(m.Wire) >= marks[0].at {
			acts := marks[0].acts
			marks = marks[1:]
			c.do(&Line{Conn: c.Number, Verb: "content"}, acts)
			if c.over {
				return
			}
		}
	}
}

// givesUp waits for what follows another 3yz than 354 to DATA, and reports whether
// it is a command: a client may take such a reply for a refusal.
func (c *Conn) givesUp() bool {
	first := strings.ToUpper(string(c.s.peek(6, c.p.deadline)))
	return first == "RSET\r\n" || first == "QUIT\r\n"
}

// settle answers the end of a message.
func (c *Conn) settle(m *Message, l *Line) {
	c.do(l, c.acts(l))
	if c.p.together {
		c.flushSoon()
	}
	m.Codes = complete(c.answer)
	c.in = nil
}

func (c *Conn) flushSoon() {
	if c.s.waiting() == 0 {
		c.flush()
	}
}

// message is the transaction that content belongs to.
func (c *Conn) message(l *Line) *Message {
	if c.in == nil {
		c.in = c.p.transaction(c, &Line{Conn: c.Number, Verb: "MAIL"})
	}
	if c.in.Data == nil {
		c.in.Data = l
	}
	return c.in
}

// unstuff takes off what the client had to put before a dot (RFC 5321 §4.5.2).
func unstuff(wire []byte) []byte {
	out := make([]byte, 0, len(wire))
	for len(wire) > 0 {
		line := wire
		if i := bytes.Index(wire, []byte("\r\n")); i >= 0 {
			line = wire[:i+2]
		}
		wire = wire[len(line):]
		out = append(out, bytes.TrimPrefix(line, []byte("."))...)
	}
	return out
}

// chunk reads the octets behind a BDAT.
func (c *Conn) chunk(l *Line) {
	words := strings.Fields(l.Arg)
	if len(words) == 0 {
		return
	}
	size, err := strconv.Atoi(words[0])
	if err != nil || size < 0 {
		return
	}
	m := c.message(l)
	m.Chunks, m.Sizes = append(m.Chunks, l), append(m.Sizes, size)
	at := c.s.position()
	for left := size; left > 0; {
		got, err := c.s.take(func(buf []byte) int { return min(left, len(buf)) }, c.p.deadline)
		if err != nil {
			c.over = true
			return
		}
		if len(m.Wire) == 0 {
			m.First = c.s.when(at)
		}
		m.Wire = append(m.Wire, got...)
		left -= len(got)
	}
	c.log('*', fmt.Sprintf("%d octets of content", size))
	m.Content = m.Wire
	if last(l) {
		m.Ended, m.EndAt = true, time.Now()
	}
}

// handshake begins TLS.
func (c *Conn) handshake() bool {
	first := c.raw.peek(5, c.p.deadline)
	c.TLSFirst = first
	if len(first) > 0 {
		c.TLSEarly = c.raw.when(c.raw.position()).Before(c.replied)
	}
	conn := tls.Server(c.raw, c.p.tlsServer(c))
	c.raw.SetReadDeadline(c.p.deadline)
	if err := conn.Handshake(); err != nil {
		c.TLSError = err
		c.log('*', "the handshake failed: "+err.Error())
		c.tcp.Close()
		return false
	}
	state := conn.ConnectionState()
	c.TLSState = &state
	c.log('*', tls.VersionName(state.Version)+", server name "+strconv.Quote(state.ServerName))
	c.tls, c.s = conn, newStream(conn, 0)
	c.replied = time.Time{}
	return true
}

// closed keeps how the connection ended.
func (c *Conn) closed() {
	err := c.s.ended()
	switch {
	case err == nil, errors.Is(err, net.ErrClosed):
	case errors.Is(err, syscall.ECONNRESET):
		c.Reset = true
		c.Closed = time.Now()
		c.log('*', "the client resets the connection")
	default:
		c.Notified = c.tls != nil && errors.Is(err, io.EOF)
		c.Closed = time.Now()
		c.log('*', "the client closes")
	}
	c.tcp.Close()
}
