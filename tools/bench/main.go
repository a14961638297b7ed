// Command bench measures this library beside others and beside loops that only
// write prepared octets, against a sink in a process of its own. docs/performance.md
// says how to run it and how to read what it prints.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type options struct {
	Run    runOptions  `cmd:"" default:"withargs" help:"Measure, and print tables."`
	List   listOptions `cmd:"" help:"List the tables and the clients."`
	Sink   struct{}    `cmd:"" hidden:""`
	Client struct{}    `cmd:"" hidden:""`
}

func main() {
	var o options
	k := kong.Parse(&o, kong.Name("bench"), kong.UsageOnError(),
		kong.Description("Measures mail clients against a sink. Without arguments it takes some ten minutes; name tables to measure only those."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := o.do(ctx, k.Command()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (o *options) do(ctx context.Context, command string) error {
	switch command {
	case "sink":
		return sinkMain()
	case "client":
		return clientMain()
	case "list":
		return o.List.list(os.Stdout)
	}
	return o.Run.run(ctx, os.Stdout)
}
