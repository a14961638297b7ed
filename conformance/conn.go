package conformance

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/tabellarius/tabellarius/auth"
)

// A Conn is a raw connection to the server. It writes whatever it is told and
// reads replies as they are. Where the server does what no case can go on from,
// its methods end the case.
type Conn struct {
	t        *T
	number   int
	nc       net.Conn
	buf      []byte
	err      error // sticky, of reading
	tls      *tls.ConnectionState
	offers   map[string]string // keyword in capitals to its parameters, of the last EHLO
	hello    Reply             // the last positive reply to EHLO, LHLO, HELO
	greeted  Reply
	login    bool
	bindings []auth.ChannelBinding // in place of those of the connection
	open     bool                  // the last reply was a 3yz: no command is awaited
	bad      bool                  // a 421 came
	notified bool                  // the peer said that it closes: by TLS's alert, or by the end of TCP
	last     time.Time
	rcpts    int    // accepted in this transaction
	said     string // the hello verb that was accepted last
}

// Write writes octets, as the circumstance says: at once or octet by octet.
func (c *Conn) Write(s string) {
	c.t.log(c.number, 'C', s)
	c.write(s)
}

// Secret writes octets and shows others in the log.
func (c *Conn) Secret(s, shown string) {
	c.t.log(c.number, 'C', shown)
	c.write(s)
}

func (c *Conn) write(s string) {
	step := len(s)
	if c.t.circ.Cut == CutOctets && len(s) <= 4096 {
		step = 1
	}
	c.last = time.Now()
	for len(s) > 0 {
		n := min(step, len(s))
		c.nc.SetWriteDeadline(time.Now().Add(c.t.cfg.Timeout + time.Duration(len(s)/1000)*time.Millisecond))
		if _, err := io.WriteString(c.nc, s[:n]); err != nil {
			c.t.log(c.number, '*', "writing: "+plain(err))
			return // reading tells what the server said before it closed
		}
		s = s[n:]
	}
}

// Cmd writes a line with CRLF and reads one reply. That none comes is in the
// reply, not the end of the case.
func (c *Conn) Cmd(line string) Reply {
	c.Write(line + "\r\n")
	return c.Read(line)
}

// Read reads the reply to a command that was written before.
func (c *Conn) Read(command string) Reply {
	r := c.read(c.t.cfg.Timeout)
	r.Command = shown(command)
	r.After = time.Since(c.last)
	c.learn(command, r)
	c.t.saw(c, r)
	return r
}

// Quiet reports whether nothing comes for a while, and what came if something
// does: a reply, or the close.
func (c *Conn) Quiet() (Reply, bool) { return c.QuietFor(c.t.cfg.Quiet) }

// QuietFor is Quiet with a time of its own.
func (c *Conn) QuietFor(d time.Duration) (Reply, bool) {
	r := c.read(d)
	r.Command = "(nothing)"
	return r, r.Err == errSilence
}

// shown is a command as messages show it.
func shown(line string) string {
	if line == "" {
		return "an empty line"
	}
	var b strings.Builder
	for _, o := range []byte(short(line, 90)) {
		switch {
		case o == '\r':
			b.WriteString("<CR>")
		case o == '\n':
			b.WriteString("<LF>")
		case o < 32 || o == 127:
			b.WriteString("<" + hex(o) + ">")
		default:
			b.WriteByte(o)
		}
	}
	return b.String()
}

func hex(o byte) string {
	const digits = "0123456789ABCDEF"
	return string([]byte{digits[o>>4], digits[o&15]})
}

// read reads one reply within a time.
func (c *Conn) read(d time.Duration) Reply {
	deadline := time.Now().Add(d)
	for {
		if r, n := cut(c.buf); n > 0 {
			c.t.log(c.number, 'S', string(c.buf[:n]))
			c.buf = c.buf[n:]
			r.t, r.c = c.t, c
			return r
		}
		if c.err == nil && len(c.buf) > 1<<20 {
			c.err = errors.New("a reply of more than 1 MiB came")
		}
		if c.err != nil {
			return Reply{Err: c.err, t: c.t, c: c}
		}
		if !c.fill(deadline) {
			return Reply{Err: errSilence, t: c.t, c: c}
		}
	}
}

// fill reads what is there. It reports false if the time is over.
func (c *Conn) fill(deadline time.Time) bool {
	c.nc.SetReadDeadline(deadline)
	var p [32 << 10]byte
	n, err := c.nc.Read(p[:])
	c.buf = append(c.buf, p[:n]...)
	var timeout net.Error
	switch {
	case err == nil:
	case errors.As(err, &timeout) && timeout.Timeout():
		return n > 0
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		c.err, c.notified = errClosed, errors.Is(err, io.EOF)
		c.t.log(c.number, '*', "closed by the server"+map[bool]string{true: " by a reset"}[errors.Is(err, syscall.ECONNRESET)])
	default:
		c.err = errors.New("reading: " + plain(err))
		c.t.log(c.number, '*', c.err.Error())
	}
	return true
}

// Closed reports whether the server closes within a time; replies that come
// before are thrown away.
func (c *Conn) Closed(d time.Duration) bool {
	deadline := time.Now().Add(d)
	for c.err == nil {
		if !c.fill(deadline) {
			return false
		}
	}
	return c.err == errClosed
}

// Close closes the connection from this side, without QUIT.
func (c *Conn) Close() {
	c.t.log(c.number, '*', "closed by the suite")
	c.nc.Close()
	c.err = net.ErrClosed
}

// Reset closes it by a reset.
func (c *Conn) Reset() {
	if tcp, ok := c.nc.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}

// Group writes commands and gives the replies to each: in one write where the
// circumstance is to pipeline and the server offers it, else one by one.
func (c *Conn) Group(commands ...string) []Reply {
	if _, ok := c.offers["PIPELINING"]; ok && c.t.circ.Cut == CutGroup {
		return c.OneWrite(commands...)
	}
	var replies []Reply
	for _, command := range commands {
		replies = append(replies, c.Cmd(command))
	}
	return replies
}

// OneWrite writes commands at once and reads a reply to each.
func (c *Conn) OneWrite(commands ...string) []Reply {
	c.Write(strings.Join(commands, "\r\n") + "\r\n")
	var replies []Reply
	for i, command := range commands {
		if i > 0 && replies[i-1].Err != nil { // what is lost once is not waited for again
			replies = append(replies, Reply{Command: shown(command), Err: replies[i-1].Err, t: c.t, c: c})
			continue
		}
		replies = append(replies, c.Read(command))
	}
	return replies
}

// InStep complains if a NOOP does not get exactly one 250.
func (c *Conn) InStep() bool {
	r := c.Cmd("NOOP")
	if r.Code == 250 {
		if more, quiet := c.QuietFor(c.t.cfg.Quiet / 3); !quiet && more.Err == nil {
			r = more
		} else {
			return true
		}
	}
	switch {
	case r.Err == errClosed, r.Code == 421:
		c.t.Errorf("the server ended the connection: %s", r)
	}
	c.t.Failf("out of step: a NOOP got %s", r)
	return false
}

// inStepOrClosed complains if a NOOP does not get exactly one 250, and warns if
// the server closes: it has to do so only after QUIT, a 421 or a timeout (RFC
// 5321 §3.8).
func (c *Conn) inStepOrClosed(format string, args ...any) bool {
	r, quiet := c.QuietFor(c.t.cfg.Quiet / 3)
	if quiet {
		r = c.Cmd("NOOP") // some close when they hear more
	}
	switch {
	case r.Err == errClosed || r.Code == 421:
		c.t.Warnf("behind "+format+" the server closes", args...)
		return false
	case quiet && r.Code == 250:
		return true
	}
	c.t.Failf("out of step: behind "+format+" came %s", append(args, r)...)
	return false
}

// learn keeps what a reply tells about the session.
func (c *Conn) learn(command string, r Reply) {
	verb, _, _ := strings.Cut(strings.ToUpper(command), " ")
	c.open = r.Code/100 == 3
	switch {
	case r.Code != 250:
		return
	case verb == "EHLO" || verb == "LHLO":
		c.hello, c.offers, c.said, c.rcpts = r, map[string]string{}, verb, 0
		for _, line := range r.Lines[1:] {
			keyword, args, _ := strings.Cut(line, " ")
			if _, twice := c.offers[strings.ToUpper(keyword)]; !twice {
				c.offers[strings.ToUpper(keyword)] = args
			}
		}
	case verb == "HELO":
		c.hello, c.offers, c.said, c.rcpts = r, nil, verb, 0
	case verb == "RSET":
		c.rcpts = 0
	case strings.HasPrefix(strings.ToUpper(command), "RCPT TO:"):
		c.rcpts++
	}
}

// Offers gives the parameters of a keyword that the server offers now.
func (c *Conn) Offers(keyword string) (args string, ok bool) {
	args, ok = c.offers[keyword]
	return args, ok
}

// Handshake makes the connection TLS, and gives the error if that fails. What was
// read before and is not used is left to the handshake.
func (c *Conn) Handshake(change func(*tls.Config)) error {
	cfg := c.t.cfg.TLS.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName = c.t.cfg.host()
	}
	if change != nil {
		change(cfg)
	}
	over := net.Conn(c.nc)
	if len(c.buf) > 0 {
		over = &prefixed{Conn: c.nc, before: c.buf}
		c.buf = nil
	}
	conn := tls.Client(over, cfg)
	ctx, cancel := context.WithTimeout(context.Background(), c.t.cfg.Timeout)
	defer cancel()
	c.nc.SetDeadline(time.Time{})
	if err := conn.HandshakeContext(ctx); err != nil {
		c.t.log(c.number, '*', "TLS handshake: "+plain(err))
		return err
	}
	state := conn.ConnectionState()
	c.t.log(c.number, '*', "TLS handshake done: "+tls.VersionName(state.Version))
	c.nc, c.tls = conn, &state
	c.offers, c.login, c.said, c.rcpts = nil, false, "", 0
	return nil
}

// prefixed gives octets that were read already to the next reader.
type prefixed struct {
	net.Conn
	before []byte
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.before) > 0 {
		n := copy(b, p.before)
		p.before = p.before[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}

// plain is an error without the addresses that net puts in front.
func plain(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error()
	}
	return err.Error()
}
