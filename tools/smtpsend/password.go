package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// password gets the password from where the flags say, or asks for it.
func (a *app) password(c *cli) (string, error) {
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
	value, err := a.ask(fmt.Sprintf("Password of %s at %s: ", c.User, c.Server))
	switch {
	case err != nil:
		return "", usageError("the password: %w; give --password-env or --password-file", err)
	case value == "":
		return "", usageError("expected a password")
	}
	return value, nil
}

var errNoTerminal = errors.New("there is no terminal to ask on")

// askTerminal asks without echo: on standard input, or where that is no terminal,
// since the message may come from there, on the terminal of the process.
func askTerminal(prompt string) (string, error) {
	in := os.Stdin
	if !term.IsTerminal(int(in.Fd())) {
		tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil {
			return "", errNoTerminal
		}
		defer tty.Close()
		in = tty
	}
	fmt.Fprint(os.Stderr, prompt)
	value, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(os.Stderr)
	if errors.Is(err, io.EOF) {
		err = errors.New("none was given")
	}
	return string(value), err
}
