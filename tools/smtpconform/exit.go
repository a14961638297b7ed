package main

import (
	"errors"
	"fmt"
)

// Exit codes.
const (
	exitOK      = 0 // no failure, and nothing unexpected
	exitFail    = 1 // the server left an RFC, or is not as expected; diff: something got worse
	exitUsage   = 2 // the command line, or a file that it names
	exitServer  = 3 // no server, or none that serves
	exitUnknown = 4 // nothing failed, but some cases could not be judged
)

const exitCodes = `Exit codes:
  0  no requirement is broken, but for deviations that --expect names
  1  at least one MUST is not kept, or a deviation that --expect names is gone
     (diff: at least one verdict got worse)
  2  wrong use, or a file that is no good
  3  the server can't be reached, does not speak SMTP, or died on the way; the
     report has what ran until then
  4  nothing failed, but some cases could not be judged`

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
	return exitUsage
}
