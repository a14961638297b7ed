package smtpclient

import (
	"fmt"
	"io"

	"github.com/tabellarius/tabellarius/smtp"
)

// prepare reads the head of the body. It is called before the job is in the
// queue, and without the lock.
func (j *job) prepare() error {
	j.buffers = pieces.Get().(*buffers)
	j.chunk = j.buffers.chunk
	if j.c.chunks {
		j.text = smtp.Text{Policy: j.c.cfg.Text}
	} else {
		j.text = smtp.Text{Policy: j.c.cfg.Text, Dots: true}
	}
	n, most := 0, len(j.piece)
	if j.c.chunks {
		most = min(most, j.c.cfg.ChunkSize)
	}
	for n < most && !j.whole {
		m, err := j.body.Read(j.piece[n:most])
		n += m
		if err == io.EOF {
			j.whole = true
		} else if err != nil {
			return readError(err)
		}
	}
	j.head = j.piece[:n]
	if err := j.refuseOctets(j.head); err != nil {
		return err
	}
	if !j.whole {
		return nil
	}
	// A message that is bad is found before anything is sent. By DATA the session
	// brings it into form itself.
	j.last = true
	if j.binary || j.text.Ready(j.head) {
		j.chunk, j.ready = j.head, true
		return nil
	}
	var err error
	if j.chunk, err = j.text.Append(j.chunk[:0], j.head); err == nil {
		j.chunk, err = j.text.AppendEnd(j.chunk)
	}
	return err
}

// stream reads a piece of the body and gives it to the session. Only the
// caller whose body it is does this. The lock is held, and given up in between.
func (c *Client) stream(j *job) {
	if c.chunks {
		c.fill(j)
		return
	}
	piece, end, err := c.next(j)
	if j.done || c.s.Halted() {
		return
	}
	if err == nil {
		err = c.s.Content(piece)
	}
	if err == nil && end {
		j.endData()
		err = j.problem
		j.stage = atEnd
	}
	if err != nil {
		// A message under way by DATA can't be broken off but by closing.
		j.problem = err
		c.fail(c.opError("send", errGivenUp))
	}
}

// fill reads until a chunk is there.
func (c *Client) fill(j *job) {
	for len(j.chunk) <= c.cfg.ChunkSize && !j.last {
		piece, end, err := c.next(j)
		if j.done || j.stage != atContent {
			return
		}
		j.last = end
		switch {
		case err != nil:
		case j.binary:
			j.chunk = append(j.chunk, piece...)
		default:
			if j.chunk, err = j.text.Append(j.chunk, piece); end && err == nil {
				j.chunk, err = j.text.AppendEnd(j.chunk)
			}
		}
		if err != nil {
			j.problem = err
			j.stage = atEnd
			return
		}
	}
	j.filled = true
}

// next gives the next piece of the body, and whether it is the last.
func (c *Client) next(j *job) (piece []byte, end bool, err error) {
	if piece = j.head; piece != nil {
		j.head = nil
		return piece, false, nil
	}
	c.mu.Unlock()
	defer c.mu.Lock() // though the body should panic
	n, err := j.body.Read(j.piece[:])
	piece = j.piece[:n]
	wrong := j.refuseOctets(piece)
	switch {
	case wrong != nil:
		return piece, false, wrong
	case err == io.EOF:
		return piece, true, nil
	case err != nil:
		return piece, false, readError(err)
	}
	return piece, false, nil
}

func readError(err error) error { return fmt.Errorf("smtpclient: reading the message: %w", err) }

// refuseOctets counts octets of the body, and refuses those above 127 where the
// server was not asked for them.
func (j *job) refuseOctets(p []byte) error {
	position := j.read
	j.read += int64(len(p))
	if !j.seven {
		return nil
	}
	for i, b := range p {
		if b > 127 {
			return &smtp.ArgumentError{Argument: "content", Reason: fmt.Sprintf("expected no octet above 127, as 8BITMIME is not in use (RFC 6152), got one at %d", position+int64(i))}
		}
	}
	return nil
}
