package smtpclient

import (
	"fmt"
	"io"
	"strconv"

	"github.com/tabellarius/tabellarius/smtp"
)

// A remainder is the body of a message whose transaction has a name: in the form
// of the wire, without what an earlier session brought (CHECKPOINT, RFC 1845 §3).
// Nothing of it is read before the server has answered MAIL.
type remainder struct {
	body  io.Reader
	text  smtp.Text
	raw   bool   // octets as they are
	lines bool   // what is left out ends with a line
	skip  uint64 // octets that the server has
	past  uint64 // octets left out
	last  byte   // of them
	piece [4096]byte
	buf   []byte // in the form of the wire
	ready []byte // of buf, what is not yet given
	err   error  // behind it
}

// Read implements [io.Reader].
func (r *remainder) Read(p []byte) (int, error) {
	for len(r.ready) == 0 && r.err == nil {
		r.fill()
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	if len(r.ready) > 0 {
		return n, nil
	}
	return n, r.err
}

func (r *remainder) fill() {
	n, err := r.body.Read(r.piece[:])
	r.buf = r.buf[:0]
	var wrong error
	if r.raw {
		r.buf = append(r.buf, r.piece[:n]...)
	} else if r.buf, wrong = r.text.Append(r.buf, r.piece[:n]); err == io.EOF && wrong == nil {
		r.buf, wrong = r.text.AppendEnd(r.buf)
	}
	r.ready, r.err = r.buf, err
	if wrong != nil {
		r.ready, r.err = nil, wrong
		return
	}
	if k := min(uint64(len(r.ready)), r.skip-r.past); k > 0 {
		r.past, r.last = r.past+k, r.ready[k-1]
		r.ready = r.ready[k:]
	}
	switch {
	case r.past < r.skip && err == io.EOF:
		r.err = r.broken("no more than the message has, " + strconv.FormatUint(r.past, 10) + " octets")
	case r.past == r.skip && r.skip > 0 && r.lines && r.last != '\n':
		r.ready, r.err = nil, r.broken("the beginning of a line")
	}
}

func (r *remainder) broken(expected string) error {
	return &smtp.ProtocolError{RFC: "RFC 1845 §3", Expected: "an offset that is " + expected, Came: fmt.Sprint(r.skip)}
}

// withhold keeps the body back until the server has said where it goes on.
func (j *job) withhold() {
	j.buffers = pieces.Get().(*buffers)
	j.chunk = j.buffers.chunk
	j.text = smtp.Text{Policy: j.c.cfg.Text, Dots: !j.c.chunks}
	j.rest = &remainder{body: j.body, text: smtp.Text{Policy: j.c.cfg.Text}, raw: j.binary, lines: !j.c.chunks}
	j.body = j.rest
}

// takeUp goes on with a transaction of an earlier session: its recipients are
// there. The lock is held.
func (j *job) takeUp(offset uint64) {
	if j.rest == nil || j.env == nil {
		return
	}
	j.rest.skip = offset
	j.next = 1 + len(j.env.To)
}
