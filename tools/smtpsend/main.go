// Command smtpsend sends one message through a mail server, or says for each
// recipient why not. smtpsend --help explains it; smtpsend --demo shows the
// protocol at work, with a server of its own.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		now: time.Now, lookupEnv: os.LookupEnv, ask: askTerminal,
	}
	os.Exit(a.run(ctx, os.Args[1:]))
}

// An app is one run of the program, with all that it takes from outside.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	messageID      string // empty: a random one
	lookupEnv      func(string) (string, bool)
	ask            func(ctx context.Context, prompt string) (string, error)
	secrets        *secrets // once there are any
}

// run does everything and gives the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	err := a.do(ctx, args)
	if err != nil && err.Error() != "" {
		fmt.Fprintf(a.stderr, "smtpsend: %v\n", err)
	}
	return codeOf(err)
}

func (a *app) do(ctx context.Context, args []string) error {
	c, err := parse(args, a.stdout, a.stderr)
	if c == nil || err != nil {
		return err
	}
	if c.Demo {
		return a.demo(ctx)
	}
	m, err := a.load(c)
	if err != nil {
		return err
	}
	defer m.close()
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	return a.send(ctx, c, m)
}
