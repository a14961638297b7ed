package smtpclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tabellarius/tabellarius/smtp"
)

// A Piece is a part of a message: a URL by which the server fetches it, or octets.
type Piece struct {
	// URL is an absolute one, an IMAP URL mostly (RFC 4468 §3.3).
	URL string
	// Data is read where URL is empty, to its end and into memory.
	Data io.Reader
}

// SendPieces is Send for a message of which the server fetches all or some by a URL
// (BURL, RFC 4468): for one that is in the mailbox of the user already, or has
// attachments there. Pieces of octets go out in chunks between the URLs, for which
// the server has to offer CHUNKING too. What it does not offer is a
// [*smtp.MissingError], and nothing is sent.
//
// The message is the pieces, one behind the other: a piece of octets has to end
// with a line, if the next is to begin with one. It is refused as a whole if one is.
func (c *Client) SendPieces(ctx context.Context, env Envelope, pieces ...Piece) (Report, error) {
	list := &pieced{binary: env.Body == BodyBinary}
	if err := list.read(pieces, c.cfg.Text); err != nil {
		var r Report
		return r, r.notSent(env.To, err)
	}
	return c.Send(ctx, env, list)
}

// A pieced is the body of a message in pieces. It is no Reader but in name, so that
// it takes the way of any body.
type pieced struct {
	list   []piece
	binary bool
}

type piece struct {
	url  string
	data []byte // in the form of the wire
}

var errPieces = errors.New("smtpclient: a message in pieces is not read")

// Read implements [io.Reader].
func (p *pieced) Read([]byte) (int, error) { return 0, errPieces }

// read reads the pieces of octets.
func (p *pieced) read(pieces []Piece, policy smtp.TextPolicy) error {
	if len(pieces) == 0 {
		return &smtp.ArgumentError{Argument: "pieces", Reason: "expected one at least, got none"}
	}
	for i, one := range pieces {
		if one.URL != "" {
			if _, err := smtp.AppendURI(nil, one.URL); err != nil || one.Data != nil {
				return &smtp.ArgumentError{Argument: fmt.Sprintf("piece %d", i+1), Reason: "expected an absolute URL and no data, or data (RFC 4468 §3.2)"}
			}
			p.list = append(p.list, piece{url: one.URL})
			continue
		}
		if one.Data == nil {
			return &smtp.ArgumentError{Argument: fmt.Sprintf("piece %d", i+1), Reason: "expected a URL or data, got neither"}
		}
		data, err := io.ReadAll(one.Data)
		if err != nil {
			return readError(err)
		}
		if data, err = p.form(data, i == len(pieces)-1, policy); err != nil {
			return err
		}
		p.list = append(p.list, piece{data: data})
	}
	return nil
}

// form brings octets into the form of the wire. Only the last piece has to end
// with a line.
func (p *pieced) form(data []byte, last bool, policy smtp.TextPolicy) ([]byte, error) {
	if p.binary {
		return data, nil
	}
	text := smtp.Text{Policy: policy}
	out, err := text.Append(nil, data)
	if err != nil {
		return nil, err
	}
	if last || bytes.HasSuffix(data, []byte{'\r'}) { // else a line may go on in the next piece
		return text.AppendEnd(out)
	}
	return out, nil
}

// divide makes a job of a message in pieces: what the server does not offer is
// found before anything is queued.
func (j *job) divide(p *pieced) error {
	j.c.mu.Lock()
	defer j.c.mu.Unlock()
	j.pieces, j.whole = p.list, true
	s := j.c.s
	for i, one := range p.list {
		op := s.Op(one.role(i == len(p.list)-1))
		if op == 0 {
			return s.Allows(op)
		}
		info := &s.Protocol().Commands[op]
		if info.Keyword != 0 && !s.Offered(info.Keyword) {
			return &smtp.MissingError{Name: s.Protocol().Keywords[info.Keyword].Name, Reason: info.Name + " needs it"}
		}
		if s.Facts()&info.Forbids != 0 {
			return &smtp.StateError{Command: info.Name, State: s.Protocol().States[s.State()].Name, Reason: "it is for submission by ESMTP alone"}
		}
		if err := j.took(one.data); err != nil {
			return err
		}
	}
	return nil
}

func (p *piece) role(last bool) smtp.Role {
	switch {
	case p.url != "" && last:
		return smtp.RoleURLLast
	case p.url != "":
		return smtp.RoleURL
	case last:
		return smtp.RoleLastChunk
	}
	return smtp.RoleChunk
}

// contentRole is the command by which the message goes on behind its envelope.
func (j *job) contentRole() smtp.Role {
	switch {
	case j.pieces != nil:
		return j.pieces[0].role(len(j.pieces) == 1)
	case j.c.chunks:
		return smtp.RoleLastChunk
	}
	return smtp.RoleContent
}

// queuePieces queues what may be sent now of a message in pieces. The last waits
// until those before it are answered, as the last of several chunks does
// (RFC 3030 §2). It reports whether the job has got further.
func (j *job) queuePieces() bool {
	s := j.c.s
	for j.chunks < len(j.pieces) {
		one, last := &j.pieces[j.chunks], j.chunks == len(j.pieces)-1
		if last && j.chunks > 0 && j.pending > 0 {
			return false
		}
		op := s.Op(one.role(last))
		if !s.Legal(op) {
			if s.Awaiting() > 0 {
				return false
			}
			if !j.d.Done() {
				j.problem = s.Allows(op)
			}
			break
		}
		from := len(s.Pending())
		var tag smtp.Tag
		var err error
		if one.url != "" {
			tag, err = s.Fetch(one.url, last)
		} else {
			tag, err = s.Chunk(len(one.data), last)
		}
		if err == nil {
			j.pending++
			j.chunks++
			j.c.traceCommand(op, from)
			if len(one.data) > 0 {
				err = s.Content(one.data)
				j.c.traceContent(len(one.data))
			}
		}
		if err != nil {
			j.problem = err
			break
		}
		if last {
			j.end = tag
		}
	}
	j.stage = atEnd
	return true
}
