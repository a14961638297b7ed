package smtp

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrTemporary and ErrPermanent are matched by a [*ReplyError], with errors.Is:
// the server refused for now (4yz), or for good (5yz).
var (
	ErrTemporary = errors.New("smtp: refused for now")
	ErrPermanent = errors.New("smtp: refused for good")
)

// ErrAuthRequired is matched by a [*ReplyError], with errors.Is: 530, the server
// wants the client to authenticate first (RFC 4954 §6), or where there is no TLS to
// start it (RFC 3207 §4).
var ErrAuthRequired = errors.New("smtp: authentication required")

// A StateError says that the caller asked for a command at the wrong moment.
// Nothing was queued and the session goes on.
type StateError struct {
	Command string // as in the table
	State   string // the assumed state
	Reason  string // why not, and what to do
}

func (e *StateError) Error() string {
	return "smtp: " + e.Command + " is not possible in state " + e.State + ": " + e.Reason
}

// An ArgumentError says that the caller passed a value that can't go into a
// command. Nothing was queued and the session goes on. The value itself is not
// in the error: it may be secret.
type ArgumentError struct {
	Command  string // as in the table; empty outside of a command
	Argument string // such as "reverse-path" or "SIZE"
	Reason   string // what was expected, and what came
}

func (e *ArgumentError) Error() string {
	if e.Command == "" {
		return "smtp: " + e.Argument + ": " + e.Reason
	}
	return "smtp: " + e.Command + ": " + e.Argument + ": " + e.Reason
}

// A MissingError says that the server did not offer an extension, or a
// mechanism, that the call needs, or that the table does not know it. Nothing
// was queued and the session goes on.
type MissingError struct {
	Name   string // keyword, mechanism or role
	Reason string // what needed it
}

func (e *MissingError) Error() string {
	return "smtp: " + e.Name + " is not offered: " + e.Reason
}

// A ReplyError is the server's refusal of a command (RFC 5321 §4.2.1). It
// matches [ErrTemporary] or [ErrPermanent], and with 530 [ErrAuthRequired].
type ReplyError struct {
	Command   string // the command that was refused, as in the table
	Code      int    // 400 to 599
	Enhanced  EnhancedCode
	Text      string // the reply's lines, joined by line feeds, without codes
	temporary bool
}

// Temporary reports whether the same may succeed later: 4yz, and 552 to RCPT
// where it says "too many recipients" (RFC 5321 §4.5.3.1.10).
func (e *ReplyError) Temporary() bool { return e.temporary }

func (e *ReplyError) Error() string {
	s := "smtp: " + e.Command + " was refused: " + strconv.Itoa(e.Code)
	if e.Enhanced != (EnhancedCode{}) {
		s += " " + e.Enhanced.String()
	}
	s += " " + excerpt(e.Text)
	if e.Is(ErrAuthRequired) {
		s += ": authentication required, or TLS first where there is none"
	}
	return s
}

// Is matches ErrTemporary, ErrPermanent and ErrAuthRequired.
func (e *ReplyError) Is(target error) bool {
	switch target {
	case ErrTemporary:
		return e.temporary
	case ErrPermanent:
		return !e.temporary
	case ErrAuthRequired:
		return e.Code == 530
	}
	return false
}

// A ProtocolError says that the peer broke the protocol. It is sticky: the
// session takes and gives nothing more, and the connection should be closed.
type ProtocolError struct {
	RFC      string // the rule, such as "RFC 5321 §4.2"
	Expected string
	Came     string // an excerpt, quoted
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("smtp: the peer broke %s: expected %s, got %s", e.RFC, e.Expected, e.Came)
}

// A StaleError says that a server does not offer what it did on the earlier
// connection that [Session.Assume] was told of. It is sticky: make another
// connection, without assuming anything. Nothing of a message was sent but its
// envelope.
type StaleError struct {
	Known, Offered string // the lines of the two EHLO replies
}

func (e *StaleError) Error() string {
	return "smtp: the server does not offer what it did on an earlier connection: expected " + excerpt(e.Known) + ", got " + excerpt(e.Offered)
}

// excerpt quotes text from the peer for an error, cut to a bearable length.
func excerpt[T string | []byte](text T) string {
	const most = 200
	if len(text) > most {
		return strconv.Quote(string(text[:most])) + "..."
	}
	return strconv.Quote(string(text))
}
