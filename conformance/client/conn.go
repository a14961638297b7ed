package client

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"
)

// A Conn is a connection that the client made, and what came over it.
type Conn struct {
	Number int
	// Lines are the command lines and the responses in AUTH exchanges, in order.
	Lines []*Line
	// Began is when it was accepted; Closed when the client closed, zero if it did
	// not while it was watched; Reset says that it did so by a TCP reset.
	Began, Closed time.Time
	Reset         bool
	// Notified says that TLS was closed by an alert. TLSState is the handshake's.
	Notified bool
	TLSState *tls.ConnectionState
	// TLSError is why a handshake failed; TLSFirst are the first octets that came
	// where a ClientHello was expected, TLSEarly says that they came before the
	// reply to STARTTLS.
	TLSError error
	TLSFirst []byte
	TLSEarly bool
	// Dropped is what was thrown away by Drop; Tail what came when nothing was read
	// any more.
	Dropped, Tail []byte

	p        *play
	tcp      *net.TCPConn
	raw      *stream // octets of TCP
	s        *stream // octets of the session: raw, or what TLS gives
	tls      *tls.Conn
	out      []byte // replies that are kept, with Together
	replied  time.Time
	over     bool // nothing more is said
	gone     bool // the server closed it
	leftOpen bool
	stopped  bool // nothing is received until the client ends
	answer   string
	exchange exchange
	in       *Message // the transaction
	cmd      *Line
	refuse   int // up to this offset commands are refused
}

// A Line is a command line.
type Line struct {
	Conn int
	Raw  string // with its line end
	Verb string // in capitals; greeting, dot, response for what is no command
	Arg  string // what stands behind the verb and a space
	TLS  bool
	At   time.Time // when its first octet came
	// Early says that it came before the last reply was sent.
	Early bool
	Code  int // of the reply that it got; 0: none
	N     int // which of its verb in the play, from 1
}

// Address is that in angle brackets of a MAIL or RCPT.
func (l *Line) Address() string {
	from := strings.IndexByte(l.Arg, '<')
	if from < 0 {
		return ""
	}
	quoted := false
	for i := from + 1; i < len(l.Arg); i++ {
		switch c := l.Arg[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '>' && !quoted:
			return l.Arg[from+1 : i]
		}
	}
	return l.Arg[from+1:]
}

// Params are what stands behind the address of a MAIL or RCPT.
func (l *Line) Params() []string {
	rest := l.Arg[min(len(l.Arg), strings.IndexByte(l.Arg, '<')+1+len(l.Address())):]
	_, rest, _ = strings.Cut(rest, ">")
	return strings.Fields(rest)
}

// Param gives the value of a parameter, and whether it is there.
func (l *Line) Param(name string) (value string, ok bool) {
	for _, p := range l.Params() {
		key, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

// A Message is a transaction: what was sent from MAIL on.
type Message struct {
	Conn  int
	Mail  *Line
	Rcpts []*Line
	Data  *Line // DATA, or the first BDAT
	// Wire is the content as it came, without the dot that ends it; Content without
	// stuffing. Ended says that the end came: the dot, or the last chunk.
	Wire, Content []byte
	Ended         bool
	Chunks        []*Line
	Sizes         []int // of the chunks
	// First is when the first octet of the content came, EndAt when the end did.
	First, EndAt time.Time
	// Codes are those of the complete replies to the end of data.
	Codes []int
	// Failed says that a chunk before the last one was refused.
	Failed bool
}

// accepted are the recipients whose RCPT got a 2yz.
func (m *Message) accepted() (list []*Line) {
	for _, r := range m.Rcpts {
		if r.Code/100 == 2 {
			list = append(list, r)
		}
	}
	return list
}

var known = map[string]bool{}

func init() {
	for _, verb := range strings.Fields("EHLO HELO LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT STARTTLS AUTH VRFY EXPN HELP greeting dot response") {
		known[verb] = true
	}
}

// do does acts as the reply to a command.
func (c *Conn) do(cmd *Line, acts []any) {
	c.cmd, c.answer = cmd, ""
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			c.Say(text.String())
			text.Reset()
		}
	}
	for _, act := range acts {
		if c.over {
			return
		}
		switch a := act.(type) {
		case string:
			text.WriteString(a + "\r\n")
		case Raw:
			text.WriteString(string(a))
		case time.Duration:
			flush()
			c.flush()
			time.Sleep(c.p.t.pace(a))
		case func(*Conn):
			flush()
			a(c)
		case signal:
			flush()
			c.flush()
			c.end(a)
		default:
			panic(fmt.Sprintf("client: an act of a script is a %T", act))
		}
	}
	flush()
	if codes := complete(c.answer); len(codes) > 0 {
		cmd.Code = codes[0]
	}
}

// end ends the talk in some way.
func (c *Conn) end(how signal) {
	c.over = true
	switch how {
	case Close:
		c.log('*', "the server closes")
		if c.tls != nil {
			c.tls.CloseWrite()
		}
		c.tcp.CloseWrite()
		if c.cmd.Verb == "content" || c.cmd.Verb == "DATA" { // what is on its way is not read
			c.raw.gate.Lock()
			time.Sleep(50 * time.Millisecond)
			defer c.raw.gate.Unlock()
		} else {
			c.drain(c.p.t.pace(time.Second))
		}
		c.shut()
	case Cut:
		c.log('*', "the server closes TCP")
		c.shut()
	case Reset:
		c.log('*', "the server resets the connection")
		c.tcp.SetLinger(0)
		c.shut()
	case HalfClose:
		c.log('*', "the server closes its side")
		c.tcp.CloseWrite()
	case Hang:
		c.log('*', "the server says nothing more")
	}
}

// shut closes the connection.
func (c *Conn) shut() {
	c.p.mu.Lock()
	c.gone = true
	c.p.mu.Unlock()
	c.tcp.Close()
}

// drain reads what still comes until the client closes, or for a time.
func (c *Conn) drain(d time.Duration) {
	deadline := time.Now().Add(d)
	c.s.SetReadDeadline(deadline)
	buf := make([]byte, 4096)
	for {
		n, err := c.s.Read(buf)
		if n > 0 {
			c.p.after(c, buf[:n])
		}
		if err != nil {
			return
		}
	}
}

// Say sends octets, as the options of the play say.
func (c *Conn) Say(s string) {
	for _, f := range c.p.each {
		s = f(c.cmd, s)
	}
	c.answer += s
	if c.p.together {
		c.out = append(c.out, s...)
		if c.s.waiting() > 0 {
			return
		}
		time.Sleep(c.p.t.pace(30 * time.Millisecond))
		if c.s.waiting() > 0 {
			return
		}
		s, c.out = string(c.out), nil
	}
	c.write(s)
}

func (c *Conn) flush() {
	if len(c.out) > 0 {
		s := string(c.out)
		c.out = nil
		c.write(s)
	}
}

func (c *Conn) write(s string) {
	c.log('S', s)
	if n := c.p.split; n > 0 && n < len(s) {
		c.send(s[:n])
		time.Sleep(c.p.t.pace(20 * time.Millisecond))
		s = s[n:]
	}
	c.send(s)
}

func (c *Conn) send(s string) {
	step := len(s)
	if c.p.byOctet {
		step = 1
	}
	for len(s) > 0 {
		n := min(step, len(s))
		c.replied = time.Now()
		if _, err := c.Write([]byte(s[:n])); err != nil {
			c.log('*', "writing: "+err.Error())
			return
		}
		s = s[n:]
	}
}

// Write sends octets at once, and puts nothing into the log.
func (c *Conn) Write(b []byte) (int, error) {
	if c.tls != nil {
		return c.tls.Write(b)
	}
	return c.tcp.Write(b)
}

// Drop throws away what came and was not read yet.
func (c *Conn) Drop() {
	b := c.s.drop()
	if len(b) > 0 {
		c.log('*', fmt.Sprintf("the server throws away: %.200q", b))
		c.Dropped = append(c.Dropped, b...)
	}
}

// complete are the codes of the complete replies in octets.
func complete(s string) (codes []int) {
	for {
		end := strings.Index(s, "\r\n")
		if end < 0 {
			return codes
		}
		line := s[:end]
		s = s[end+2:]
		if len(line) < 3 {
			continue
		}
		code := 0
		for _, d := range []byte(line[:3]) {
			if d < '0' || d > '9' {
				code = -1000
			}
			code = 10*code + int(d-'0')
		}
		if code >= 0 && (len(line) == 3 || line[3] == ' ') {
			codes = append(codes, code)
		}
	}
}

func (c *Conn) log(from byte, text string) { c.p.t.log(c.p.base+c.Number, from, text) }
