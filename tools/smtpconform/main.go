// Command smtpconform asks a mail server, requirement by requirement, where it
// leaves the RFCs. smtpconform --help explains it; smtpconform run without an
// address runs against a server of its own.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{stdout: os.Stdout, stderr: os.Stderr, lookupEnv: os.LookupEnv}
	os.Exit(a.run(ctx, os.Args[1:]))
}

// An app is one run of the program, with all that it takes from outside.
type app struct {
	stdout, stderr io.Writer
	lookupEnv      func(string) (string, bool)
}

// run does everything and gives the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	err := a.do(ctx, args)
	if err != nil && err.Error() != "" {
		fmt.Fprintf(a.stderr, "smtpconform: %v\n", err)
	}
	return codeOf(err)
}

func (a *app) do(ctx context.Context, args []string) error {
	c, command, err := parse(args, a.stdout, a.stderr)
	if c == nil || err != nil {
		return err
	}
	switch command {
	case "run", "run <address>":
		return a.runSuite(ctx, &c.Run)
	case "client", "client <command>":
		return a.runClient(ctx, &c.Client)
	case "list":
		return a.list(&c.List)
	case "explain <id>":
		return a.explain(&c.Explain)
	case "new <id>":
		return a.skeleton(&c.New)
	case "diff <before> <now>":
		return a.diff(&c.Diff)
	case "report <file>":
		return a.report(&c.Report)
	case "matrix <file>":
		return a.matrix(&c.Matrix)
	}
	return usageError("no command %q", command)
}
