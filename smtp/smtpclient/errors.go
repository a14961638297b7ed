package smtpclient

import (
	"errors"
	"strings"
)

// ErrClientClosed: the client was closed, by Close or Quit.
var ErrClientClosed = errors.New("smtpclient: the client is closed")

// An OpError is a failure of the connection, or of what was done on it, and
// wraps its cause: an error of package net, crypto/tls, context or smtp.
type OpError struct {
	Op     string // dial, greeting, hello, starttls, tls, auth, read, write, send
	Server string // address, as it was dialled
	Err    error
}

func (e *OpError) Error() string {
	s := "smtpclient: " + e.Op
	if e.Server != "" {
		s += " " + e.Server
	}
	return s + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *OpError) Unwrap() error { return e.Err }

// A MisreadError says that a server which offered CHUNKING does not know BDAT: it
// answered 500 or 502 and took the message's octets for commands. The connection
// was closed. Put the keyword CHUNKING into Config.Ignore for this server.
type MisreadError struct {
	Err error // the server's refusal
}

func (e *MisreadError) Error() string {
	return "smtpclient: the server offers CHUNKING but does not know it, dial with CHUNKING among Config.Ignore: " + e.Err.Error()
}

// Unwrap gives the refusal.
func (e *MisreadError) Unwrap() error { return e.Err }

// A PartialError says that a message was accepted for some recipients, and names
// the others.
type PartialError struct {
	Accepted int         // how many have it
	Failed   []Recipient // those that do not, or of whom nobody knows
}

func (e *PartialError) Error() string {
	var b strings.Builder
	b.WriteString("smtpclient: the message went to some recipients only:")
	for i, r := range e.Failed {
		if i == 3 && len(e.Failed) > 4 {
			b.WriteString(" and others")
			break
		}
		b.WriteString(" <" + r.Address + ">: " + r.Err().Error() + ";")
	}
	return strings.TrimSuffix(b.String(), ";")
}

// Unwrap gives the error of each recipient that failed.
func (e *PartialError) Unwrap() []error {
	errs := make([]error, len(e.Failed))
	for i, r := range e.Failed {
		errs[i] = r.Err()
	}
	return errs
}
