package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// password gets the password from where the flags say, or asks for it.
func (a *app) password(ctx context.Context, c *cli) (string, error) {
	switch {
	case c.PasswordEnv != "":
		value, ok := a.lookupEnv(c.PasswordEnv)
		if !ok || value == "" {
			return "", usageError("--password-env: the variable %s is not set", c.PasswordEnv)
		}
		return value, nil
	case c.PasswordFile != "":
		content, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return "", usageError("--password-file: %w", err)
		}
		line, _, _ := strings.Cut(string(content), "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			return "", usageError("--password-file: the first line of %s is empty", c.PasswordFile)
		}
		return line, nil
	}
	value, err := a.ask(ctx, fmt.Sprintf("Password of %s at %s: ", c.User, c.Server))
	switch {
	case ctx.Err() != nil:
		return "", &exitError{exitNotSent, fmt.Errorf("nothing was sent: %w", context.Cause(ctx))}
	case err != nil:
		return "", usageError("the password: %w; give --password-env or --password-file", err)
	case value == "":
		return "", usageError("expected a password")
	}
	return value, nil
}

var errNoTerminal = errors.New("there is no terminal to ask on")

// askTerminal asks without echo: on standard input, or where that is no terminal,
// since the message may come from there, on the terminal of the process. When ctx
// ends it leaves the terminal as it was.
func askTerminal(ctx context.Context, prompt string) (string, error) {
	in := os.Stdin
	if !term.IsTerminal(int(in.Fd())) {
		tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil {
			return "", errNoTerminal
		}
		defer tty.Close()
		in = tty
	}
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(os.Stderr, prompt)
	defer fmt.Fprintln(os.Stderr)
	type answer struct {
		value []byte
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		value, err := term.ReadPassword(fd)
		answers <- answer{value, err}
	}()
	select {
	case a := <-answers:
		return string(a.value), a.err
	case <-ctx.Done():
		return "", errors.Join(context.Cause(ctx), term.Restore(fd, before))
	}
}
