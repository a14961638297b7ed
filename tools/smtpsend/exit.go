package main

import (
	"errors"
	"fmt"
)

// Exit codes. 4 and 5 are the first digits of the replies that they stand for.
const (
	exitOK        = 0 // every recipient was accepted
	exitNotSent   = 1 // nothing was sent, for a reason without a code of its own
	exitUsage     = 2 // the command line, or a file that it names
	exitPartly    = 3 // some recipients were accepted, others not
	exitTemporary = 4 // all were refused, at least one for now
	exitPermanent = 5 // all were refused for good
	exitConnect   = 6 // no connection, or no TLS as it was asked for
	exitAuth      = 7 // the login failed
	exitUnknown   = 8 // for at least one recipient nobody knows
)

const exitCodes = `Exit codes:
  0  every recipient was accepted
  1  nothing was sent: the server lacks something or breaks the protocol, or you
     stopped it
  2  nothing was sent: wrong use, or a file or address that is no good
  3  some recipients were accepted, others not; the output says which
  4  every recipient was refused, at least one only for now, or the server had
     no time for us at all (4yz): try later
  5  every recipient was refused for good, or the server does not want us (5yz)
  6  nothing was sent: no connection, or none that lasted, or no TLS as asked for
  7  nothing was sent: the login failed
  8  unknown: the message went out and no answer came; sending again risks a
     second copy`

// An exitError is an error with the exit code that it leads to.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usageError is about what the user wrote.
func usageError(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// codeOf is the exit code of an error.
func codeOf(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	}
	return exitNotSent
}
