package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/conformance/client"
)

type clientFlags struct {
	Command []string `arg:"" optional:"" passthrough:"" help:"The client's driver, a program with its arguments; see docs/clients.md. Without one: this module's own client, in this process."`

	Listen   bool          `group:"client" help:"No driver: say where the server of each case listens, and wait for a client that is started by hand. Only the wire is judged then."`
	Can      []string      `group:"client" placeholder:"FEATURE,..." help:"With --listen, what the client can do: starttls, implicit, lmtp, auth:PLAIN, ext:SIZE, opt:count."`
	Slow     bool          `group:"client" help:"Run the cases that take minutes too."`
	Parallel int           `group:"client" default:"4" placeholder:"N" help:"So many cases at a time; with --listen one."`
	Pace     float64       `group:"client" default:"1" placeholder:"X" help:"Shorten the pauses of the scripts: 0.2 is a fifth."`
	Deadline time.Duration `group:"client" default:"30s" placeholder:"TIME" help:"The client may take so long for a message."`

	selectFlags
	outFlags
	Expect string `group:"report" placeholder:"FILE" help:"Known deviations: a line each, the id, then the reason."`
	Strict bool   `group:"report" help:"A warning that --expect does not name leads to exit code 1 too."`
}

// runClient runs the suite of cases about clients and writes the reports.
func (a *app) runClient(ctx context.Context, f *clientFlags) error {
	cfg := client.Config{Slow: f.Slow, Parallel: f.Parallel, Pace: f.Pace, Deadline: f.Deadline, Strict: f.Strict}
	var err error
	if cfg.Selection, err = f.selection(client.Requirements()); err != nil {
		return err
	}
	if cfg.Expected, err = expected(f.Expect, client.Requirements()...); err != nil {
		return err
	}
	command := f.Command
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	switch {
	case f.Listen && len(command) > 0:
		return usageError("--listen waits for a client that is started by hand, and %s is a driver", command[0])
	case f.Listen:
		cfg.Driver, cfg.Parallel = client.Listen(a.stderr, features(f.Can)), 1
	case len(command) > 0:
		cfg.Driver = client.Command(command[0], command[1:]...)
	default:
		fmt.Fprintln(a.stderr, "no driver given: the client is this module's own, in this process")
	}
	done := a.progress(&cfg.Progress)
	report, err := client.Run(ctx, cfg)
	done()
	if report == nil {
		return &exitError{exitServer, errors.New(strings.TrimPrefix(err.Error(), "client: "))}
	}
	if werr := a.write(report, &f.outFlags); werr != nil {
		return werr
	}
	if err != nil {
		return &exitError{exitServer, errors.New(strings.TrimPrefix(err.Error(), "client: "))}
	}
	return verdictOf(report)
}

// features are those that --can names.
func features(can []string) client.Features {
	f := client.Features{Client: "a client started by hand"}
	for _, word := range can {
		kind, name, _ := strings.Cut(word, ":")
		switch kind {
		case "starttls", "implicit", "opportunistic":
			f.TLS = append(f.TLS, kind)
		case "lmtp":
			f.LMTP = true
		case "auth":
			f.Auth = append(f.Auth, name)
		case "ext":
			f.Ext = append(f.Ext, name)
		case "opt":
			f.Opt = append(f.Opt, name)
		}
	}
	return f
}

// explainClient tells what a case about clients is about, if there is one.
func (a *app) explainClient(id string) bool {
	if c, ok := client.Find(id); ok {
		r := conformance.Result{RFC: c.RFC}
		fmt.Fprintf(a.stdout, "%s, about clients: %s (%s)\n\n%s\n\nWhy it matters: %s\n", c.ID, c.Level, r.Source(), c.Title, c.Why)
		if c.Script != "" {
			fmt.Fprintf(a.stdout, "The server: %s\n", c.Script)
		}
		fmt.Fprintf(a.stdout, "A right client, and behind => what it may report: %s\n", c.Right)
		if c.Needs != "" {
			fmt.Fprintf(a.stdout, "Needs: %s\n", c.Needs)
		}
		return true
	}
	list := client.Uncovered()
	i := slices.IndexFunc(list, func(u conformance.Uncovered) bool { return u.ID == id })
	if i < 0 {
		return false
	}
	fmt.Fprintf(a.stdout, "%s, about clients: %s (%s)\n%s\n\nNo case: %s\n", id, list[i].Level, list[i].RFC, list[i].Title, list[i].Reason)
	return true
}
