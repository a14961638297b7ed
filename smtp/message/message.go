package message

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tabellarius/tabellarius/smtp"
)

// A Message is a message and what was found out about it. It is not changed any
// more, and its methods may be called by many goroutines.
type Message struct {
	r     io.ReaderAt
	size  int64
	local bool // lines end in LF
	needs Needs
	head  header
	parts []part
	stray bool   // octets above 127 that belong to no part's content
	wide  bool   // UTF-8 in the header, or in that of a part
	odd   string // why nothing in it can be re-encoded
}

// Needs is what a message asks of the server that it is sent to.
type Needs struct {
	// Size is its size in octets on the wire: lines end in CRLF, Bcc is left out,
	// dots are not doubled (RFC 1870 §3).
	Size int64
	// EightBit: the body has octets above 127 (8BITMIME, RFC 6152).
	EightBit bool
	// Binary: the body has octets that no text has: NUL, or a CR or LF that ends
	// no line (BINARYMIME, RFC 3030).
	Binary bool
	// LongLines: the body has lines of more than 998 octets, which take BINARYMIME
	// too (RFC 5321 §4.5.3.1.6).
	LongLines bool
	// UTF8: the header, or that of a part, has characters above ASCII (SMTPUTF8,
	// RFC 6531), or there is such a message in it as message/global.
	UTF8 bool
}

// New reads through a message of size octets, which can be read again for as
// long as the Message is used. What no server takes is an error: no header, a
// header that isn't UTF-8, a NUL in it, a CR in text without its LF.
func New(r io.ReaderAt, size int64) (*Message, error) {
	m := &Message{r: r, size: size}
	w := walker{m: m}
	err := w.scan(io.NewSectionReader(r, 0, size))
	var bad *smtp.ArgumentError
	if err != nil && !errors.As(err, &bad) {
		err = fmt.Errorf("message: reading it: %w", err)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Read is New for a message from r, which it keeps in memory.
func Read(r io.Reader) (*Message, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("message: reading it: %w", err)
	}
	return New(bytes.NewReader(text), int64(len(text)))
}

// Needs tells what the message needs as it is, without re-encoding.
func (m *Message) Needs() Needs { return m.needs }

func (m *Message) eol() string {
	if m.local {
		return "\n"
	}
	return "\r\n"
}

// An EncodingError says that a message can't be re-encoded for a server, and
// what it lacks. It wraps a [*smtp.MissingError].
type EncodingError struct {
	// Missing is what the server would have to offer.
	Missing string
	// Offset is where the part begins that is in the way, in octets of the
	// message; 0 if it is the message itself.
	Offset int64
	// Reason is why the part can't be re-encoded.
	Reason string
}

func (e *EncodingError) Error() string {
	where := ""
	if e.Offset > 0 {
		where = fmt.Sprintf("the part at octet %d: ", e.Offset)
	}
	return "message: " + e.Missing + " is not offered, and the message can't be re-encoded: " + where + e.Reason
}

// Unwrap gives what the server lacks.
func (e *EncodingError) Unwrap() error {
	return &smtp.MissingError{Name: e.Missing, Reason: e.Reason}
}

func badHeader(format string, args ...any) error {
	return &smtp.ArgumentError{Argument: "header", Reason: fmt.Sprintf(format, args...)}
}
