package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tabellarius/tabellarius/conformance"
)

// Config says which client to judge, and how. The zero value judges this module's
// own client.
type Config struct {
	// Driver puts the client to work. Default: Own.
	Driver Driver
	// Selection says which cases run.
	Selection conformance.Selection
	// Expected are deviations that are known: for each id the reason.
	Expected map[string]string
	// Strict takes a warning that Expected does not name for unexpected too.
	Strict bool
	// Slow runs the cases that take minutes.
	Slow bool
	// Parallel is how many cases run at a time. Default 4.
	Parallel int
	// Pace is how long the pauses and timeouts of the scripts are: 1, the default, is
	// as the cases say; 0.2 a fifth of it, for a client that is known to be quick.
	Pace float64
	// Deadline is how long the client may take for one job. Default 30 s.
	Deadline time.Duration
	// Progress, if not nil, is told of each case that ended. Calls do not overlap.
	Progress func(done, of int, r conformance.Result)
}

// run is one run of the suite.
type run struct {
	cfg      Config
	ctx      context.Context
	features Features
	ca       *authority

	mu          sync.Mutex
	connections int
	messages    int
}

// Run runs the cases and gives the report. The error says that the client could
// not be judged, or that the run was ended; the report has what ran until then.
func Run(ctx context.Context, cfg Config) (*conformance.Report, error) {
	if cfg.Driver == nil {
		cfg.Driver = Own
	}
	if cfg.Parallel == 0 {
		cfg.Parallel = 4
	}
	if cfg.Pace == 0 {
		cfg.Pace = 1
	}
	if cfg.Deadline == 0 {
		cfg.Deadline = 30 * time.Second
	}
	cases, err := Select(cfg.Selection)
	if err != nil {
		return nil, err
	}
	if closer, ok := cfg.Driver.(interface{ Close() error }); ok {
		defer closer.Close()
	}
	asking, cancel := context.WithTimeout(ctx, cfg.Deadline)
	features, err := cfg.Driver.Features(asking)
	cancel()
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	r := &run{cfg: cfg, ctx: ctx, features: features}
	if r.ca, err = newAuthority(); err != nil {
		return nil, fmt.Errorf("client: the authority of the certificates: %w", err)
	}
	defer r.ca.remove()
	report := &conformance.Report{Client: features.Client, Began: time.Now(), Expected: cfg.Expected, Strict: cfg.Strict}
	for _, result := range r.all(cases) {
		if result.ID != "" {
			report.Add(result)
		}
	}
	report.Seconds, report.Connections, report.Messages = time.Since(report.Began).Seconds(), r.connections, r.messages
	if ctx.Err() != nil {
		return report, fmt.Errorf("client: ended before all cases ran: %w", context.Cause(ctx))
	}
	return report, nil
}

// all runs the cases, some at a time.
func (r *run) all(cases []Case) []conformance.Result {
	results := make([]conformance.Result, len(cases))
	next := make(chan int)
	var mu sync.Mutex
	var workers sync.WaitGroup
	done := 0
	for range r.cfg.Parallel {
		workers.Go(func() {
			for i := range next {
				results[i] = r.result(&cases[i])
				mu.Lock()
				done++
				if r.cfg.Progress != nil {
					r.cfg.Progress(done, len(cases), results[i])
				}
				mu.Unlock()
			}
		})
	}
	for i := range cases {
		if r.ctx.Err() == nil {
			next <- i
		}
	}
	close(next)
	workers.Wait()
	return results
}

// result runs a case.
func (r *run) result(c *Case) conformance.Result {
	t := &T{Case: c, run: r, verdict: conformance.Pass, begin: time.Now()}
	if missing := r.missing(c); missing != "" {
		t.verdict, t.lacks = conformance.Skipped, missing
	} else {
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.Run(t)
		}()
		<-done
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return conformance.Result{
		ID: c.ID, Level: c.Level, RFC: c.RFC, Area: c.Area, Title: c.Title, Test: c.test(), Why: c.Why,
		Verdict: t.verdict, Findings: t.findings, Missing: t.lacks, Ms: time.Since(t.begin).Milliseconds(), Log: t.lines,
	}
}

// missing says what a case needs and the client lacks; empty: nothing.
func (r *run) missing(c *Case) string {
	f := &r.features
	var list []string
	for _, need := range c.needs() {
		kind, arg, _ := strings.Cut(need, ":")
		ok := false
		switch kind {
		case "tls":
			ok = slices.Contains(f.TLS, "starttls")
		case "implicit":
			ok = slices.Contains(f.TLS, "implicit")
		case "auth":
			ok = len(f.Auth) > 0 && (arg == "" || slices.ContainsFunc(f.Auth, func(m string) bool { return named(m, arg) }))
		case "ext":
			ok = slices.Contains(f.Ext, arg)
		case "opt":
			ok = slices.Contains(f.Opt, arg)
		case "lmtp":
			ok = f.LMTP
		case "slow":
			ok = r.cfg.Slow
		}
		if !ok {
			list = append(list, need)
		}
	}
	return strings.Join(list, ", ")
}

// named reports whether a mechanism is one of a name, SCRAM and SCRAM-PLUS standing
// for all of theirs.
func named(mechanism, name string) bool {
	switch name {
	case "SCRAM":
		return strings.HasPrefix(mechanism, "SCRAM-") && !strings.HasSuffix(mechanism, "-PLUS")
	case "SCRAM-PLUS":
		return strings.HasPrefix(mechanism, "SCRAM-") && strings.HasSuffix(mechanism, "-PLUS")
	}
	return mechanism == name
}
