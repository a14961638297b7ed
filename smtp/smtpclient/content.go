package smtpclient

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tabellarius/tabellarius/smtp"
)

// pieceSize is how much of a body is read at once.
const pieceSize = 32 << 10

// sendData sends the message behind a 354, piece by piece.
func (m *message) sendData(ctx context.Context, body io.Reader) error {
	s := m.c.s
	buf := make([]byte, pieceSize)
	var position int64
	for {
		n, end := body.Read(buf)
		piece := buf[:n]
		if m.problem = m.refuseOctets(piece, position); m.problem == nil && end != nil && end != io.EOF {
			m.problem = fmt.Errorf("smtpclient: reading the message: %w", end)
		}
		if m.problem != nil {
			return nil
		}
		position += int64(n)
		m.c.mu.Lock()
		halted := s.Halted()
		if !halted {
			m.problem = s.Content(piece)
			if m.problem == nil && end == io.EOF {
				m.end, m.problem = s.EndContent()
				m.c.traceContent(int(position))
			}
		}
		m.c.mu.Unlock()
		if halted || m.problem != nil {
			return nil
		}
		if err := m.c.flush(ctx, func() bool { return true }); err != nil || end == io.EOF {
			return err
		}
	}
}

// sendChunks sends the message by BDAT. A chunk is whole in memory before its
// line goes out. The last of several waits until those before it are answered:
// a server may go on after it refused one, and would accept a message with a
// hole in it (RFC 3030 §2).
func (m *message) sendChunks(ctx context.Context, body io.Reader) error {
	text := smtp.Text{Policy: m.c.cfg.Text}
	buf := make([]byte, pieceSize)
	var chunk []byte
	var position int64
	for chunks := 0; ; chunks++ {
		last := false
		for len(chunk) <= m.c.cfg.ChunkSize && !last {
			n, end := body.Read(buf)
			err := m.refuseOctets(buf[:n], position)
			position += int64(n)
			if err == nil {
				chunk, err = text.Append(chunk, buf[:n])
			}
			if last = end == io.EOF; last && err == nil {
				chunk, err = text.AppendEnd(chunk)
			}
			if err == nil && end != nil && !last {
				err = fmt.Errorf("smtpclient: reading the message: %w", end)
			}
			if err != nil {
				m.problem = err
				return nil
			}
			if ctx.Err() != nil {
				return m.c.opError("send", context.Cause(ctx))
			}
		}
		n := len(chunk)
		if !last {
			n = m.c.cfg.ChunkSize
		}
		if last && chunks > 0 {
			if err := m.c.flush(ctx, m.settled); err != nil {
				return err
			}
		}
		sent := false
		if err := m.c.flush(ctx, func() bool { return m.queueChunk(chunk[:n], last, &sent) }); err != nil {
			return err
		}
		if last || !sent || m.problem != nil {
			return nil
		}
		chunk = append(chunk[:0], chunk[n:]...)
	}
}

// queueChunk queues one chunk as soon as that is possible, and reports whether
// it was queued or never will be.
func (m *message) queueChunk(chunk []byte, last bool, sent *bool) bool {
	s := m.c.s
	role := smtp.RoleChunk
	if last {
		role = smtp.RoleLastChunk
	}
	if *sent {
		return true
	}
	err := s.Allows(s.Op(role))
	var state *smtp.StateError
	if errors.As(err, &state) {
		return s.Awaiting() == 0
	}
	var tag smtp.Tag
	if err == nil {
		from := len(s.Pending())
		tag, err = s.Chunk(len(chunk), last)
		if err == nil {
			m.c.traceCommand(s.Op(role), from)
			err = s.Content(chunk)
			m.c.traceContent(len(chunk))
		}
	}
	if err != nil {
		m.problem = err
		return true
	}
	*sent = true
	if last {
		m.end = tag
	}
	return true
}

// refuseOctets refuses octets above 127 where the server was not asked for them.
func (m *message) refuseOctets(p []byte, position int64) error {
	if !m.seven {
		return nil
	}
	for i, b := range p {
		if b > 127 {
			return &smtp.ArgumentError{Argument: "content", Reason: fmt.Sprintf("expected no octet above 127, as 8BITMIME is not in use (RFC 6152), got one at %d", position+int64(i))}
		}
	}
	return nil
}
