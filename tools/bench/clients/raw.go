package clients

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"sync/atomic"
)

// The loops write octets that were prepared before, and look at replies no
// further than to count their lines: no client that says the same can be faster.
var loops = []Client{
	{Name: "raw-lockstep", About: "prepared octets, a wait after each command", Lacks: needs(""), Dial: dialer(sendLockstep)},
	{Name: "raw-two", About: "prepared octets by DATA, two flights a message", Lacks: needs("PIPELINING"), Dial: dialer(sendTwo)},
	{Name: "raw-pieces", About: "the same, copied into a buffer of 64 KB and written from there", Lacks: needs("PIPELINING"), Dial: dialer(sendPieces)},
	{Name: "raw-bdat", About: "prepared octets by one BDAT, two flights a message", Lacks: needs("CHUNKING"), Dial: dialer(sendBDAT)},
	{Name: "raw-one", About: "prepared octets by DATA, the next envelope behind the final dot", Lacks: needs("PIPELINING"), Dial: dialer(sendOne)},
	{Name: "raw-stream", About: "prepared octets by BDAT, no wait at all, a write each message", Lacks: needs("CHUNKING"), Dial: dialer(streams(1))},
	{Name: "raw-stream-64k", About: "the same, 64 KB each write", Lacks: needs("CHUNKING"), Dial: dialer(streams(64 << 10))},
}

func needs(keyword string) func(Load) string {
	return func(l Load) string {
		if l.Size > 4*most {
			return "keeps messages in memory, several times"
		}
		if keyword != "" && !l.Pipelining || keyword == "CHUNKING" && !l.Chunking {
			return "the sink does not offer " + keyword
		}
		return ""
	}
}

type raw struct {
	conn net.Conn
	r    *bufio.Reader
	load Load
	send func(*raw, func() bool) (int, error)

	mail, data, envelope []byte // what is written, in the forms that are needed
	rcpts                [][]byte
	content, dots        []byte // as it is, and in the form of DATA
	head, chunk          []byte // an envelope without DATA, and the content behind its BDAT
	both                 []byte // the content and the next envelope
	many                 []byte // messages by BDAT, envelopes included
	each                 int    // octets of one of them
}

func dialer(send func(*raw, func() bool) (int, error)) func(context.Context, Target) (Sender, error) {
	return func(ctx context.Context, t Target) (Sender, error) {
		c := &raw{load: t.Load, send: send}
		if err := c.open(ctx, t); err != nil {
			return nil, err
		}
		return c, nil
	}
}

func (c *raw) open(ctx context.Context, t Target) (err error) {
	if c.conn, err = t.dial(ctx); err != nil {
		return err
	}
	c.r = bufio.NewReaderSize(c.conn, 4096)
	if err := c.replies(1); err != nil {
		return err
	}
	if err := c.say("EHLO client.example.test\r\n"); err != nil {
		return err
	}
	if t.TLS == "starttls" {
		if err := c.say("STARTTLS\r\n"); err != nil {
			return err
		}
		c.conn = tls.Client(c.conn, t.tls())
		c.r.Reset(c.conn)
		if err := c.say("EHLO client.example.test\r\n"); err != nil {
			return err
		}
	}
	if t.Auth {
		if err := c.say("AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00"+User+"\x00"+Password)) + "\r\n"); err != nil {
			return err
		}
	}
	c.mail = []byte("MAIL FROM:<" + t.from() + ">\r\n")
	for _, to := range t.to() {
		c.rcpts = append(c.rcpts, []byte("RCPT TO:<"+to+">\r\n"))
	}
	c.prepare()
	return nil
}

func (c *raw) prepare() {
	head := append(bytes.Clone(c.mail), bytes.Join(c.rcpts, nil)...)
	c.data = []byte("DATA\r\n")
	c.envelope = append(bytes.Clone(head), c.data...)
	c.content = text(c.load.Size)
	c.dots = stuffed(c.content)
	c.both = append(bytes.Clone(c.dots), c.envelope...)
	one := append(fmt.Appendf(head, "BDAT %d LAST\r\n", len(c.content)), c.content...)
	c.head, c.chunk = head, one[len(head):]
	c.many, c.each = bytes.Repeat(one, max(1, 64<<10/len(one))), len(one)
}

// say writes a command and reads its reply.
func (c *raw) say(command string) error {
	if _, err := c.conn.Write([]byte(command)); err != nil {
		return err
	}
	return c.replies(1)
}

// replies reads n replies, all of which have to be positive.
func (c *raw) replies(n int) error {
	for n > 0 {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) < 4 || line[0] > '3' {
			return fmt.Errorf("the sink said %q", line)
		}
		if line[3] == ' ' {
			n--
		}
	}
	return nil
}

func (c *raw) write(p []byte, replies int) error {
	if _, err := c.conn.Write(p); err != nil {
		return err
	}
	return c.replies(replies)
}

func (c *raw) Send(more func() bool) (int, error) { return c.send(c, more) }

func (c *raw) Close() error {
	err := c.say("QUIT\r\n")
	c.conn.Close()
	return err
}

func sendLockstep(c *raw, more func() bool) (int, error) {
	return each(more, func() error {
		if err := c.write(c.mail, 1); err != nil {
			return err
		}
		for _, rcpt := range c.rcpts {
			if err := c.write(rcpt, 1); err != nil {
				return err
			}
		}
		if err := c.write(c.data, 1); err != nil {
			return err
		}
		return c.write(c.dots, 1)
	})
}

func sendTwo(c *raw, more func() bool) (int, error) {
	return each(more, func() error {
		if err := c.write(c.envelope, len(c.rcpts)+2); err != nil {
			return err
		}
		return c.write(c.dots, 1)
	})
}

// sendPieces is what nobody goes below who takes the message from a reader.
func sendPieces(c *raw, more func() bool) (int, error) {
	piece := make([]byte, 64<<10)
	return each(more, func() error {
		if err := c.write(c.envelope, len(c.rcpts)+2); err != nil {
			return err
		}
		for rest := c.dots; len(rest) > 0; {
			n := copy(piece, rest)
			rest = rest[n:]
			if _, err := c.conn.Write(piece[:n]); err != nil {
				return err
			}
		}
		return c.replies(1)
	})
}

func sendBDAT(c *raw, more func() bool) (int, error) {
	return each(more, func() error {
		if err := c.write(c.head, len(c.rcpts)+1); err != nil {
			return err
		}
		return c.write(c.chunk, 1)
	})
}

// sendOne sends the next message's envelope in one write with the content of the
// one before.
func sendOne(c *raw, more func() bool) (sent int, err error) {
	if !more() {
		return 0, nil
	}
	if err := c.write(c.envelope, len(c.rcpts)+2); err != nil {
		return 0, err
	}
	for more() {
		if err := c.write(c.both, len(c.rcpts)+3); err != nil {
			return sent, err
		}
		sent++
	}
	if err := c.write(c.dots, 1); err != nil {
		return sent, err
	}
	return sent + 1, nil
}

// streams gives a loop that writes so many octets at once, a message at least, and
// reads beside it.
func streams(octets int) func(*raw, func() bool) (int, error) {
	return func(c *raw, more func() bool) (int, error) { return c.stream(max(1, octets/c.each), more) }
}

func (c *raw) stream(most int, more func() bool) (sent int, err error) {
	if !more() {
		return 0, nil
	}
	var written atomic.Int64 // how many messages it was in the end
	done := make(chan error, 1)
	go func() { done <- c.count(&written, len(c.rcpts)+2) }()
	for n := 1; n > 0; {
		for n < most && more() {
			n++
		}
		if _, err := c.conn.Write(c.many[:n*c.each]); err != nil {
			return sent, err
		}
		sent += n
		n = 0
		if more() {
			n = 1
		}
	}
	// The reader may have read every other reply already.
	written.Store(int64(sent))
	if _, err := c.conn.Write([]byte("NOOP\r\n")); err != nil {
		return sent, err
	}
	return sent, <-done
}

// count reads the replies to as many messages as were written, and to one NOOP.
func (c *raw) count(written *atomic.Int64, perMessage int) error {
	buf := make([]byte, 64<<10)
	lines := 0
	for {
		if n := int(written.Load()); n > 0 && lines == n*perMessage+1 {
			return nil
		}
		n, err := c.conn.Read(buf)
		if err != nil {
			return err
		}
		for rest := buf[:n]; len(rest) > 0; {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				break
			}
			lines++
			rest = rest[i+1:]
		}
	}
}

// bare is a connection whose greeting was read.
type bare struct{ net.Conn }

func dialBare(ctx context.Context, t Target) (Sender, error) {
	c, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	var greeting [128]byte
	_, err = c.Read(greeting[:])
	return bare{c}, err
}

func (bare) Send(func() bool) (int, error) { return 0, nil }
