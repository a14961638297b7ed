// Command smtpgen compiles the protocol table of tabellarius, and extension
// files of one's own, into Go.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

const about = `Compile the ESMTP protocol table into Go.

An ESMTP extension is one YAML file: its EHLO keyword, its commands with their
replies, its states, its parameters of MAIL and RCPT. smtpgen takes the
library's table and its extensions, adds your files, checks the whole, and
writes a Go package with a type for each command of yours, a typed key for each
keyword and parameter, and Table, which smtp.Config takes as its Protocol. The
library stays as it is.

  smtpgen generate --out acmesmtp acme.yaml

  session := smtp.NewSession(smtp.Config{Protocol: acmesmtp.Table})

In a checkout of tabellarius, and without files, it writes package smtp and
docs/protocol.md.`

type commands struct {
	Generate generate `cmd:"" help:"Write the package."`
	Check    check    `cmd:"" help:"Check the table, and whether the package is what it says; write nothing."`
	Explain  explain  `cmd:"" help:"Tell of a state, command, parameter, fact or extension what the table says."`
	Diff     diff     `cmd:"" help:"Tell what two tables say otherwise."`
	Diagram  diagram  `cmd:"" help:"Print the states and what leads from one to another, for Mermaid."`
}

type generate struct{ target }

func (*generate) Help() string {
	return `All files are rendered before the first is written: where the table is wrong,
nothing is touched, and each problem is named as FILE:LINE:COL: rule: message.
Files z*.go in the folder that smtpgen wrote once and no longer writes are
removed; files that it did not write are left alone.`
}

type check struct{ target }

func (*check) Help() string {
	return `Takes what "smtpgen generate" takes. Exits with 1, and names each file, where
the package is not what the table says.`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is smtpgen with its arguments; it gives the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	exit := -1
	parser, err := kong.New(&commands{},
		kong.Name("smtpgen"), kong.Description(about), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(stdout, stderr), kong.BindTo(stdout, (*io.Writer)(nil)),
		kong.Exit(func(code int) { exit = code }))
	if err != nil {
		fmt.Fprintln(stderr, "smtpgen:", err)
		return 2
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "smtpgen: %v\nsmtpgen --help says how it is used.\n", err)
		return 2
	}
	if err := ctx.Run(); err != nil {
		if !errors.Is(err, errReported) {
			fmt.Fprintln(stderr, err)
		}
		return 1
	}
	return 0
}

func (c *generate) Run(out io.Writer) error {
	changes, _, err := c.changes()
	if err != nil {
		return err
	}
	return c.write(out, changes)
}

func (c *check) Run(out io.Writer) error {
	changes, command, err := c.changes()
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		fmt.Fprintln(out, "the table is right, and what is generated is what it says")
		return nil
	}
	for _, change := range changes {
		fmt.Fprintln(out, change)
	}
	fmt.Fprintln(out, "run: "+command)
	return errReported
}
