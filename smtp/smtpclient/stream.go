package smtpclient

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/tabellarius/tabellarius/smtp"
)

// prepare reads the head of the body. It is called before the job is in the
// queue, and without the lock.
func (j *job) prepare() error {
	if lent, err := j.lend(); lent || err != nil {
		return err
	}
	j.buffers = pieces.Get().(*buffers)
	j.chunk = j.buffers.chunk
	if j.c.chunks {
		j.text = smtp.Text{Policy: j.c.cfg.Text}
	} else {
		j.text = smtp.Text{Policy: j.c.cfg.Text, Dots: true}
	}
	n, most := 0, pieceSize
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
	if err := j.took(j.head); err != nil {
		return err
	}
	if !j.whole {
		return nil
	}
	// A message that is bad is found before anything is sent. By DATA the session
	// brings it into form itself.
	j.last = true
	if j.binary {
		j.chunk, j.ready = j.head, true
		return nil
	}
	var err error
	if j.c.chunks && j.text.Keep(j.head) {
		j.chunk, j.ready = j.head, true
	} else if j.chunk, err = j.text.Append(j.chunk[:0], j.head); err != nil {
		return err
	}
	j.chunk, err = j.text.AppendEnd(j.chunk)
	return err
}

// view keeps what is written to it as it stands.
type view []byte

func (v *view) Write(p []byte) (int, error) {
	*v = p
	return len(p), nil
}

// lentPart is how much of a message in memory is written at once.
const lentPart = 1 << 20

// lend takes a long message that is in memory from where it stands, if it can be
// written as it is. By BDAT it is one chunk, whose size has to be known before: all
// of it is looked at.
func (j *job) lend() (ok bool, err error) {
	if j.c.chunks && !j.c.cfg.oneChunk {
		return false, nil
	}
	switch b := j.body.(type) {
	case *bytes.Reader:
		if n := int64(b.Len()); n > pieceSize {
			b.WriteTo(&j.view)
			defer func() {
				if !ok {
					b.Seek(-n, io.SeekCurrent)
				}
			}()
		}
	case *bytes.Buffer:
		if n := b.Len(); n > pieceSize {
			j.view = b.Bytes()
			defer func() {
				if ok {
					b.Next(n)
				}
			}()
		}
	}
	if j.view == nil {
		return false, nil
	}
	if j.c.chunks {
		if err := j.took(j.view); err != nil {
			return false, err
		}
		if !j.binary {
			j.text = smtp.Text{Policy: j.c.cfg.Text}
			if !j.text.Keep(j.view) {
				j.read = 0
				return false, nil
			}
			if j.chunk, err = j.text.AppendEnd(nil); err != nil {
				return false, err
			}
		}
		j.last = true
	}
	j.lent, j.part = j.view, lentPart
	return true, nil
}

// stream reads a piece of the body and gives it to the session. Only the
// caller whose body it is does this. The lock is held, and given up in between.
func (c *Client) stream(t *turn, j *job) {
	switch {
	case j.lent != nil:
		c.pass(t, j)
		return
	case c.chunks:
		c.fill(j)
		return
	}
	piece, end, err := c.next(j, j.piece[:pieceSize])
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

// pass writes a part of a message that is in memory.
func (c *Client) pass(t *turn, j *job) {
	if c.chunks && j.end == 0 {
		if !j.queueChunk() {
			j.problem, j.stage = j.refusedBy(smtp.RoleLastChunk), atEnd
		}
		return
	}
	p := j.lent[:min(len(j.lent), j.part)]
	var err error
	if !c.chunks {
		err = j.check(p)
	}
	switch {
	case err != nil:
	case c.s.Pass(p):
		c.writeLent(t, j, p)
	case len(p) > pieceSize:
		j.part = pieceSize // what has to be changed is copied, the rest is not
		return
	default:
		err = c.s.Content(p)
	}
	if j.done || c.err != nil || c.s.Halted() {
		return
	}
	j.lent = j.lent[len(p):]
	switch {
	case c.chunks:
		if len(j.lent) == 0 {
			j.stage = atEnd
			if len(j.chunk) > 0 {
				err = c.s.Content(j.chunk)
			}
		}
	case err == nil:
		j.read += int64(len(p))
		if len(j.lent) == 0 {
			j.stage = atEnd
			j.endData()
			err = j.problem
		}
	}
	if err != nil {
		j.problem = err
		c.fail(c.opError("send", errGivenUp))
	}
}

// fill reads until a chunk is there, into its place.
func (c *Client) fill(j *job) {
	for len(j.chunk) <= c.cfg.ChunkSize && !j.last {
		had := len(j.chunk)
		j.chunk = slices.Grow(j.chunk, pieceSize)
		piece, end, err := c.next(j, j.chunk[had:had+pieceSize])
		if j.done || j.stage != atContent {
			return
		}
		j.last = end
		if err == nil {
			err = j.place(piece, end)
		}
		if err != nil {
			j.problem = err
			j.stage = atEnd
			return
		}
	}
	j.filled = true
}

// place adds to the chunk a piece that was read, behind the chunk or elsewhere.
func (j *job) place(piece []byte, end bool) (err error) {
	switch had := len(j.chunk); {
	case !j.binary && !j.text.Keep(piece):
		piece = j.piece[:copy(j.piece[:], piece)]
		if j.chunk, err = j.text.Append(j.chunk, piece); err != nil {
			return err
		}
	case len(piece) > 0 && &piece[0] == &j.chunk[:had+1][had]:
		j.chunk = j.chunk[:had+len(piece)]
	default:
		j.chunk = append(j.chunk, piece...)
	}
	if end && !j.binary {
		j.chunk, err = j.text.AppendEnd(j.chunk)
	}
	return err
}

// next gives the next piece of the body, and whether it is the last. It is read
// into p, but for the head, which was read before.
func (c *Client) next(j *job, p []byte) (piece []byte, end bool, err error) {
	if piece = j.head; piece != nil {
		j.head = nil
		return piece, false, nil
	}
	c.mu.Unlock()
	defer c.mu.Lock() // though the body should panic
	n, err := j.body.Read(p)
	piece = p[:n]
	wrong := j.took(piece)
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

// took counts octets of the body, and checks them.
func (j *job) took(p []byte) error {
	err := j.check(p)
	j.read += int64(len(p))
	return err
}

// check refuses octets above 127 where the server was not asked for them.
func (j *job) check(p []byte) error {
	if !j.seven {
		return nil
	}
	for i, b := range p {
		if b > 127 {
			return &smtp.ArgumentError{Argument: "content", Reason: fmt.Sprintf("expected no octet above 127, as 8BITMIME is not in use (RFC 6152), got one at %d", j.read+int64(i))}
		}
	}
	return nil
}
