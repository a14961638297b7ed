package sink

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"
)

// conn is one connection, served by one goroutine.
type conn struct {
	cfg   *Config
	tls   *tls.Config
	turns *turns
	net   net.Conn // what is spoken over: turns, or TLS over it
	up    bool     // TLS is

	in    []byte // read, not yet understood
	out   []byte // replies that are not written yet
	stats Stats
	third int // turns at the end of the third message

	sender bool
	rcpts  int
	user   bool
	login  bool // the next line is the response of AUTH
	upNext bool // TLS starts when the replies are out
	quit   bool

	data bool   // message data until the final dot
	tail []byte // its last octets, up to four
	left int64  // octets of a chunk still to come
	last bool   // the chunk is the last one
}

func (c *conn) run() {
	if c.cfg.ImplicitTLS && c.startTLS() != nil {
		return
	}
	c.reply("220 sink.example.test ESMTP\r\n")
	if c.flush() != nil {
		return
	}
	buf := make([]byte, c.cfg.Buffer)
	used := 0 // octets at the start of buf that are part of a line
	for !c.quit {
		n, err := c.read(buf[used:])
		c.in = buf[:used+n]
		before := c.stats.Messages
		c.take()
		if c.stats.Messages > before {
			c.stats.Ended = time.Now().UnixNano()
		}
		used = copy(buf, c.in)
		if used == len(buf) {
			return // a line as long as the buffer
		}
		if c.cfg.Patience == 0 || c.upNext || c.quit {
			if c.flush() != nil {
				return
			}
		}
		if c.upNext {
			if c.startTLS() != nil {
				return
			}
			c.upNext, used = false, 0
		}
		if err != nil {
			return
		}
	}
}

// read reads what comes. With patience, replies are held back until nothing has
// come for a while.
func (c *conn) read(buf []byte) (int, error) {
	for c.cfg.Patience > 0 && len(c.out) > 0 {
		c.net.SetReadDeadline(time.Now().Add(c.cfg.Patience))
		n, err := c.net.Read(buf)
		c.net.SetReadDeadline(time.Time{})
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		if err := c.flush(); err != nil {
			return 0, err
		}
	}
	return c.net.Read(buf)
}

func (c *conn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.net.Write(c.out)
	c.out = c.out[:0]
	return err
}

func (c *conn) startTLS() error {
	t := tls.Server(c.turns, c.tls)
	if err := t.Handshake(); err != nil {
		return err
	}
	c.net, c.up, c.user, c.sender, c.rcpts = t, true, false, false, 0
	return nil
}

func (c *conn) reply(text string) { c.out = append(c.out, text...) }

// take understands as much as it can of what is there.
func (c *conn) take() {
	for len(c.in) > 0 && !c.quit && !c.upNext {
		switch {
		case c.left > 0:
			n := min(c.left, int64(len(c.in)))
			c.in, c.left = c.in[n:], c.left-n
			c.stats.Octets += n
			if c.left == 0 {
				c.chunkEnd()
			}
		case c.data:
			c.content()
		default:
			i := bytes.IndexByte(c.in, '\n')
			if i < 0 {
				return
			}
			line := c.in[:i]
			c.in = c.in[i+1:]
			c.command(line)
		}
	}
}

func (c *conn) chunkEnd() {
	if !c.last {
		c.reply("250 2.0.0 Ok\r\n")
		return
	}
	c.accepted()
}

// accepted ends a message.
func (c *conn) accepted() {
	c.reply("250 2.0.0 Ok: queued as 4F2A91C0\r\n")
	c.stats.Messages++
	c.stats.Recipients += c.rcpts
	c.sender, c.rcpts = false, 0
	if c.cfg.Patience > 0 {
		switch {
		case c.stats.Messages == 1:
			c.stats.SetUpWaits = c.turns.n
		case c.stats.Messages == 3:
			c.third = c.turns.n
		case c.stats.Messages > 3:
			c.stats.Waits, c.stats.WaitedFor = c.turns.n-c.third, c.stats.Messages-3
		}
	}
}

// content eats message data, up to the final dot if that is there. Dots are rare
// in a message, and so the cheapest to look for.
func (c *conn) content() {
	p := c.in
	if len(c.tail) > 0 {
		// The final dot may be split between two reads.
		k := min(4, len(p))
		seam := append(append([]byte(nil), c.tail...), p[:k]...)
		if i := endOfData(seam); i >= 0 {
			c.dataEnd(max(i-len(c.tail), 0))
			return
		}
	}
	if i := endOfData(p); i >= 0 {
		c.dataEnd(i)
		return
	}
	c.stats.Octets += int64(len(p))
	c.tail = append(c.tail, p[max(0, len(p)-4):]...)
	c.tail = c.tail[max(0, len(c.tail)-4):]
	c.in = nil
}

func (c *conn) dataEnd(n int) {
	c.stats.Octets += int64(n)
	c.in, c.tail, c.data = c.in[n:], c.tail[:0], false
	c.accepted()
}

// endOfData gives how many octets of p there are up to the end of the final dot
// and its CRLF, or -1.
func endOfData(p []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(p[from:], '.')
		if i < 0 {
			return -1
		}
		i += from
		if i >= 2 && i+2 < len(p) && p[i-1] == '\n' && p[i-2] == '\r' && p[i+1] == '\r' && p[i+2] == '\n' {
			return i + 3
		}
		from = i + 1
	}
}
