package message

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tabellarius/tabellarius/smtp"
)

// A Transport says what a server takes. The zero value is one of RFC 5321 alone:
// lines of ASCII.
type Transport struct {
	EightBit bool // octets above 127 in the body (8BITMIME)
	Binary   bool // any octets, of messages whose lines end in CRLF (BINARYMIME)
	UTF8     bool // UTF-8 in the header (SMTPUTF8)
}

// Content is the message as it goes out, without Bcc and Resent-Bcc. It is an
// [io.ReadSeeker] that can be rewound to its beginning only. Each caller needs
// one of its own.
type Content struct {
	m     *Message
	needs Needs
	list  []segment
	size  int64 // octets to read

	next    int   // of the list
	at      int64 // in the segment under way
	read    int64 // octets that were read
	encoder encoder
	piece   []byte // what is encoded next
	pending []byte // encoded and not read yet
}

// A segment is octets of the message, or text in front of them.
type segment struct {
	span
	text string
	code *part // how they are encoded; nil: as they are
}

// Content gives the message as it is.
func (m *Message) Content() *Content {
	return m.content(m.hiding(), m.needs)
}

// Encoded gives the message in a form that t takes. Parts with content that t
// does not take become base64, or quoted-printable where they are text and that
// is shorter, and are labelled so; what stays as it is, header fields included, is not touched. The
// content is the same when it is decoded.
//
// What can't be re-encoded is an [*EncodingError]: a part that is signed or
// encrypted, or labelled wrongly; octets above 127 outside of the parts; any of
// it in a message with a DKIM-Signature, which would not hold any more; UTF-8 in
// a header. Where nothing but lines are too long for t, such a message comes as
// it is.
func (m *Message) Encoded(t Transport) (*Content, error) {
	list, encoded, err := m.changes(t)
	if err != nil || len(list) == 0 {
		return m.Content(), err
	}
	c := m.content(append(list, m.hiding()...), encoded)
	if c.needs.Size, err = c.measure(); err != nil {
		return nil, fmt.Errorf("message: reading it: %w", err)
	}
	return c, nil
}

// changes are the segments that t makes necessary, and what is needed then.
func (m *Message) changes(t Transport) (list []segment, after Needs, err error) {
	t.Binary = t.Binary && !m.local // else the line ends of its text would go out as they are
	after = Needs{EightBit: m.stray || m.wide && m.needs.EightBit, UTF8: m.wide}
	if m.wide && !(t.UTF8 && t.EightBit) {
		return nil, after, &EncodingError{Missing: "SMTPUTF8", Reason: "a header has UTF-8 (RFC 6531 §3.4)"}
	}
	if m.stray && !t.EightBit {
		return nil, after, &EncodingError{Missing: "8BITMIME", Reason: cmp.Or(m.odd, "there are octets above 127 outside of the parts of a multipart")}
	}
	for i := range m.parts {
		p := &m.parts[i]
		missing := p.missing(t)
		switch {
		case missing != "" && m.odd != "":
			return nil, after, &EncodingError{Missing: missing, Reason: m.odd}
		case missing != "" && p.refused != "":
			return nil, after, &EncodingError{Missing: missing, Offset: p.from, Reason: p.refused}
		case m.odd != "":
		case missing != "" || p.long && !t.Binary && p.refused == "":
			list = append(list, p.relabel(m, p.encoding()), segment{span: p.body, code: p})
			continue
		case !p.signed && p.excess(t):
			list = append(list, p.relabel(m, p.needed(t)))
		}
		after.EightBit = after.EightBit || p.high
		after.Binary = after.Binary || p.binary
		after.LongLines = after.LongLines || p.long
		after.UTF8 = after.UTF8 || p.global && p.high
	}
	return list, after, nil
}

// missing is what t would have to be for the part to go out as it is.
func (p *part) missing(t Transport) string {
	switch {
	case p.high && !t.EightBit:
		return "8BITMIME"
	case p.global && p.high && !t.UTF8:
		return "SMTPUTF8"
	case p.binary && !t.Binary:
		return "BINARYMIME"
	}
	return ""
}

// excess reports a label that promises more than t takes.
func (p *part) excess(t Transport) bool {
	return p.label == "8bit" && !t.EightBit || p.label == "binary" && !t.Binary
}

// needed is the label for content that t takes as it is.
func (p *part) needed(t Transport) string {
	if t.EightBit && (p.high || p.composite) {
		return "8bit"
	}
	return "7bit"
}

func (p *part) encoding() string {
	if p.quoted {
		return "quoted-printable"
	}
	return "base64"
}

func (p *part) relabel(m *Message, label string) segment {
	text := "Content-Transfer-Encoding: " + label + m.eol()
	if !p.composite && (label == "base64" || label == "quoted-printable") {
		text = p.prefix + text
	}
	return segment{span: p.labelAt, text: text}
}

// hiding takes out the fields with hidden recipients (RFC 5322 §3.6.3).
func (m *Message) hiding() (list []segment) {
	for _, s := range m.head.hidden {
		list = append(list, segment{span: s})
	}
	return list
}

// content makes a reader of changes: all between them goes out as it is.
func (m *Message) content(changes []segment, needs Needs) *Content {
	slices.SortStableFunc(changes, func(a, b segment) int { return cmp.Compare(a.from, b.from) })
	c := &Content{m: m, needs: needs, size: m.size}
	at := int64(0)
	for _, s := range changes {
		c.size += int64(len(s.text)) - (s.to - s.from)
		if at < s.from {
			c.list = append(c.list, segment{span: span{at, s.from}, code: verbatim})
		}
		c.list = append(c.list, s)
		at = s.to
	}
	c.list = append(c.list, segment{span: span{at, m.size}, code: verbatim})
	return c
}

// verbatim marks octets that go out as they are.
var verbatim = new(part)

// Needs tells what this form of the message needs.
func (c *Content) Needs() Needs { return c.needs }

// Len is how many octets there are to read from the beginning. It differs from
// the size on the wire where lines end in LF.
func (c *Content) Len() int64 { return c.size }

// Read reads on.
func (c *Content) Read(p []byte) (n int, err error) {
	for n == 0 && len(p) > 0 {
		if len(c.pending) > 0 {
			n = copy(p, c.pending)
			c.pending = c.pending[n:]
			break
		}
		if c.next == len(c.list) {
			return 0, io.EOF
		}
		s := &c.list[c.next]
		switch {
		case s.code == nil: // text in place of octets
			c.pending = append(c.encoder.out[:0], s.text...)
			c.advance()
		case s.code == verbatim:
			if n, err = c.readAt(p, s); err != nil {
				return 0, err
			}
		default:
			if err = c.encode(s); err != nil {
				return 0, err
			}
		}
	}
	c.read += int64(n)
	return n, nil
}

func (c *Content) advance() { c.next, c.at = c.next+1, 0 }

// readAt reads octets of a segment, and goes on to the next behind the last.
func (c *Content) readAt(p []byte, s *segment) (int, error) {
	left := s.to - s.from - c.at
	if left == 0 {
		c.advance()
		return 0, nil
	}
	p = p[:min(int64(len(p)), left)]
	n, err := c.m.r.ReadAt(p, s.from+c.at)
	if n < len(p) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF // it was longer when it was opened
		}
		return 0, err
	}
	c.at += int64(n)
	if c.at == s.to-s.from {
		c.advance()
	}
	return n, nil
}

// encode encodes the next octets of a segment.
func (c *Content) encode(s *segment) error {
	if c.at == 0 {
		c.encoder.begin(s.code, c.m)
	}
	if c.piece == nil {
		c.piece = make([]byte, 8<<10)
	}
	was := c.next
	n, err := c.readAt(c.piece, s)
	if err != nil {
		return err
	}
	c.encoder.write(c.piece[:n])
	if c.next != was {
		c.encoder.end(s.to == c.m.size)
	}
	c.pending = c.encoder.out
	return nil
}

// Seek goes back to the beginning; to anywhere else but where it is, it is an
// error.
func (c *Content) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekCurrent {
		offset += c.read
	}
	switch {
	case whence == io.SeekEnd || offset != 0 && offset != c.read:
		return c.read, errors.New("message: content can be rewound to its beginning only")
	case offset == 0:
		c.next, c.at, c.read, c.pending = 0, 0, 0, nil
	}
	return offset, nil
}

// measure reads all and gives its size on the wire.
func (c *Content) measure() (size int64, err error) {
	var text smtp.Text
	piece := make([]byte, readSize)
	var out []byte
	for {
		n, end := c.Read(piece)
		if out, err = text.Append(out[:0], piece[:n]); err != nil {
			return 0, err
		}
		size += int64(len(out))
		if end == io.EOF {
			out, err = text.AppendEnd(out[:0])
			size += int64(len(out))
			c.size = c.read
			if _, back := c.Seek(0, io.SeekStart); err == nil {
				err = back
			}
			return size, err
		}
		if end != nil {
			return 0, end
		}
	}
}
