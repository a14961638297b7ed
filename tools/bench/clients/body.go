package clients

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// header is the head of every message.
const header = "From: <sender@client.example.test>\r\nTo: <recipient@server.example.test>\r\n" +
	"Subject: a message to measure with\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"

const (
	// most is the size above which a message is not kept in memory: a part of it
	// is repeated, up to a multiple of the part.
	most = 4 << 20
	part = 1 << 20
)

// text gives a message of size octets: lines of 72, CRLF included, one in 64 of
// which begins with a dot.
func text(size int) []byte {
	b := make([]byte, 0, size+80)
	b = append(b, header...)
	for i := 0; len(b) < size; i++ {
		dot := "l"
		if i%64 == 63 {
			dot = "."
		}
		b = fmt.Appendf(b, "%sine %08d of a message that has seventy octets in each of its lines\r\n", dot, i)
	}
	b = b[:max(size-2, 0)]
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b[n-1] = '-'
	}
	return append(b, "\r\n"...)
}

// stuffed is p in the form of DATA, its end included.
func stuffed(p []byte) []byte {
	p = bytes.ReplaceAll(p, []byte("\r\n."), []byte("\r\n.."))
	return append(p, ".\r\n"...)
}

// A message is the octets of a load's message: all of them, or what is repeated.
type message struct {
	octets []byte
	size   int
}

// messages are kept: connections share their octets.
var messages sync.Map

func newMessage(size int) *message {
	if m, ok := messages.Load(size); ok {
		return m.(*message)
	}
	m := &message{nil, size}
	if size <= most {
		m.octets = text(size)
	} else {
		m.octets, m.size = text(part), (size+part-1)/part*part
	}
	messages.Store(size, m)
	return m
}

// body gives a reader of it: a bytes.Reader, if it is in memory.
func (m *message) body() body {
	r := bytes.NewReader(m.octets)
	if m.size <= len(m.octets) {
		return whole{r}
	}
	return &repeated{r: r, m: m, left: m.size}
}

// body is a reader that starts anew.
type body interface {
	io.Reader
	rewind() io.Reader
}

type whole struct{ *bytes.Reader }

func (w whole) rewind() io.Reader {
	w.Seek(0, io.SeekStart)
	return w.Reader
}

type repeated struct {
	m    *message
	r    *bytes.Reader
	left int
}

func (r *repeated) rewind() io.Reader {
	r.r.Reset(r.m.octets)
	r.left = r.m.size
	return r
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if r.r.Len() == 0 {
		r.r.Reset(r.m.octets)
	}
	n, err := r.r.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}
