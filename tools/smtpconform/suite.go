package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// runSuite runs the suite and writes the reports.
func (a *app) runSuite(ctx context.Context, f *runFlags) error {
	cfg, err := a.config(f)
	if err != nil {
		return err
	}
	embedded := f.Address == "" && f.ImplicitTLS == ""
	switch {
	case f.DryRun:
		return a.dryRun(ctx, cfg)
	case embedded:
		s, own := conformance.Embedded(func(c *smtptest.Config) { c.LMTP, c.RequireAuth = f.LMTP, f.Submission })
		defer s.Close()
		own.Selection, own.Slow, own.Parallel, own.Submission = cfg.Selection, cfg.Slow, cfg.Parallel, cfg.Submission
		own.Strict, own.Name = cfg.Strict, cmp.Or(cfg.Name, "the embedded server")
		if cfg.Expected != nil {
			own.Expected = cfg.Expected
		}
		cfg = own
		fmt.Fprintln(a.stderr, "no address given: the server is one in this process; it is a test server")
	}
	done := a.progress(&cfg.Progress)
	report, err := conformance.Run(ctx, cfg)
	done()
	if report == nil {
		return usageError("%s", strings.TrimPrefix(err.Error(), "conformance: "))
	}
	if werr := a.write(report, &f.outFlags); werr != nil {
		return werr
	}
	switch {
	case err != nil:
		return &exitError{exitServer, errors.New(strings.TrimPrefix(err.Error(), "conformance: "))}
	default:
		return verdictOf(report)
	}
}

// verdictOf is the error that a report ends with; it says nothing more.
func verdictOf(report *conformance.Report) error {
	code := exitOK
	for _, r := range report.Unexpected() {
		if r.Verdict != conformance.Error {
			code = exitFail
		} else if code == exitOK {
			code = exitUnknown
		}
	}
	if code == exitOK {
		return nil
	}
	return &exitError{code, errors.New("")}
}

// config makes a Config of the flags.
func (a *app) config(f *runFlags) (conformance.Config, error) {
	cfg := conformance.Config{
		Name: f.Name, Strict: f.Strict,
		Address: f.Address, ImplicitTLS: f.ImplicitTLS, LMTP: f.LMTP, Submission: f.Submission, Public: f.Public,
		Recipients: f.To, Sender: f.From, Hello: f.Helo, User: f.Auth, AuthInClear: f.AuthInClear, NoTLS: f.TLS == "off",
		Slow: f.Slow, Parallel: f.Parallel, Pause: f.Pause, Timeout: f.Timeout, MaxMessages: f.MaxMail, MaxConnections: f.MaxConn,
	}
	if f.TLS == "implicit" {
		if f.ImplicitTLS != "" {
			return cfg, usageError("--tls=implicit says that HOST:PORT is the port of implicit TLS, and --implicit-tls names another")
		}
		cfg.Address, cfg.ImplicitTLS = "", f.Address
	}
	if f.Mailbox != "" {
		if _, err := os.Stat(filepath.Dir(filepath.Clean(f.Mailbox))); err != nil { // the first mail may make the folder
			return cfg, usageError("--mailbox: %v", err)
		}
		if len(f.To) == 0 {
			return cfg, usageError("--mailbox is that of a recipient: name it by --to")
		}
		cfg.Mailbox = conformance.Maildir(f.Mailbox)
	}
	var err error
	if cfg.Selection, err = f.selection(conformance.Cases()); err != nil {
		return cfg, err
	}
	if cfg.TLS, err = f.tls(); err != nil {
		return cfg, err
	}
	if cfg.Expected, err = expected(f.Expect); err != nil {
		return cfg, err
	}
	switch {
	case f.PasswordEnv != "":
		var ok bool
		if cfg.Password, ok = a.lookupEnv(f.PasswordEnv); !ok {
			return cfg, usageError("--password-env: the variable %s is not set", f.PasswordEnv)
		}
	case f.PasswordFile != "":
		text, err := os.ReadFile(f.PasswordFile)
		if err != nil {
			return cfg, usageError("--password-file: %v", err)
		}
		cfg.Password, _, _ = strings.Cut(string(text), "\n")
		cfg.Password = strings.TrimSuffix(cfg.Password, "\r")
	case f.Auth != "":
		return cfg, usageError("--auth needs a password: --password-env or --password-file")
	}
	if f.Auth == "" && cfg.Password != "" {
		return cfg, usageError("there is a password, and no --auth to say whose")
	}
	return cfg, nil
}

func (f *runFlags) tls() (*tls.Config, error) {
	if f.CA == "" && f.ServerName == "" {
		return nil, nil
	}
	cfg := &tls.Config{ServerName: f.ServerName, MinVersion: tls.VersionTLS12, InsecureSkipVerify: f.CA == ""}
	if f.CA != "" {
		pem, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, usageError("--ca: %v", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, usageError("--ca: %s has no certificate in PEM form", f.CA)
		}
	}
	return cfg, nil
}

// selection makes a Selection of the flags, and checks it.
func (f *selectFlags) selection(all []conformance.Case) (conformance.Selection, error) {
	s := conformance.Selection{IDs: f.ID, Skip: f.Skip, RFCs: f.RFC, Areas: f.Area}
	for _, l := range f.Level {
		level := conformance.Level(strings.ToUpper(l))
		if strings.HasSuffix(string(level), "-NOT") {
			level = conformance.Level(strings.TrimSuffix(string(level), "-NOT") + " NOT")
		}
		switch level {
		case conformance.Must, conformance.MustNot, conformance.Should, conformance.ShouldNot, conformance.May:
		default:
			return s, usageError("--level: expected must, must-not, should, should-not or may, got %q", l)
		}
		s.Levels = append(s.Levels, level)
	}
	if _, err := s.From(all); err != nil {
		return s, usageError("%s", strings.TrimPrefix(err.Error(), "conformance: "))
	}
	return s, nil
}

// expected reads a file of known deviations.
func expected(name string, more ...conformance.Case) (map[string]string, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, usageError("--expect: %v", err)
	}
	defer file.Close()
	known, err := conformance.ReadExpected(file, more...)
	if err != nil {
		return nil, usageError("--expect: %s: %v", name, err)
	}
	return known, nil
}

// dryRun plays the suite against the embedded server and lists what it is sent,
// with the user's addresses in place.
func (a *app) dryRun(ctx context.Context, cfg conformance.Config) error {
	if len(cfg.Recipients) == 0 {
		fmt.Fprintln(a.stdout, "Without --to no message would be sent.")
	}
	sent, err := conformance.Rehearse(ctx, cfg)
	if err != nil {
		return usageError("%s", strings.TrimPrefix(err.Error(), "conformance: "))
	}
	octets := 0
	for _, m := range sent.Messages {
		fmt.Fprintf(a.stdout, "%-24s from <%s> to %s, %d octets\n", m.Case, m.From, strings.Join(m.To, ", "), m.Octets)
		octets += m.Octets
	}
	fmt.Fprintf(a.stdout, "%d messages of %d octets in all, %d connections, %d cases. Which cases run depends on what the server offers; the test server stands for it here.\n",
		len(sent.Messages), octets, sent.Connections, sent.Cases)
	return nil
}
