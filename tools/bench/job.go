package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tabellarius/tabellarius/tools/bench/clients"
)

// A job is what a client process has to do.
type job struct {
	Client string       `json:"client"`
	Task   string       `json:"task"` // "send", "setup" or "idle"
	Load   clients.Load `json:"load"`
	Addr   string       `json:"addr"`
	Roots  string       `json:"roots"` // file of the certificate
	Time   float64      `json:"time"`  // seconds to measure, after a fifth of it unmeasured
	Count  int          `json:"count"` // if not 0: so many messages in place of a time

	Module  string `json:"module,omitempty"`  // where nodemailer is
	Profile string `json:"profile,omitempty"` // file for a profile of what is measured
}

// An outcome is what a client process did.
type outcome struct {
	Sent       int     `json:"sent"`  // while measured
	Total      int     `json:"total"` // the unmeasured ones too
	Seconds    float64 `json:"seconds"`
	CPU        float64 `json:"cpu"`    // seconds of the client's process, while measured
	Allocs     float64 `json:"allocs"` // a message
	AllocBytes float64 `json:"alloc_bytes"`
	Peak       int     `json:"peak"` // octets of memory that the process had at most

	// of an idle connection
	Heap       float64 `json:"heap,omitempty"`
	Stack      float64 `json:"stack,omitempty"`
	Goroutines float64 `json:"goroutines,omitempty"`

	Error string `json:"error,omitempty"`
}

// clientMain is the client process: it reads its job from standard input and
// writes the outcome to standard output.
func clientMain() error {
	var j job
	if err := json.NewDecoder(os.Stdin).Decode(&j); err != nil {
		return err
	}
	o, err := j.run(context.Background())
	if err != nil {
		o.Error = err.Error()
	}
	o.Peak = peak()
	return json.NewEncoder(os.Stdout).Encode(o)
}

func (j *job) run(ctx context.Context) (outcome, error) {
	c, ok := clients.Find(j.Client)
	if !ok {
		return outcome{}, fmt.Errorf("no client %q", j.Client)
	}
	target := clients.Target{Load: j.Load, Addr: j.Addr, Roots: x509.NewCertPool()}
	if j.Roots != "" {
		pem, err := os.ReadFile(j.Roots)
		if err != nil {
			return outcome{}, err
		}
		target.Roots.AppendCertsFromPEM(pem)
	}
	switch j.Task {
	case "send":
		return j.send(ctx, c, target)
	case "setup":
		return j.setUp(ctx, c, target)
	case "idle":
		return j.idle(ctx, c, target)
	}
	return outcome{}, fmt.Errorf("no task %q", j.Task)
}

// send keeps the connections and sends over all of them at once.
func (j *job) send(ctx context.Context, c clients.Client, t clients.Target) (o outcome, err error) {
	senders, err := dialAll(ctx, c, t)
	if err != nil {
		return o, err
	}
	if j.Count > 0 {
		o, err = measure(senders, clients.Count(j.Count))
		o.Total = o.Sent
	} else {
		var warm outcome
		if warm, err = measure(senders, j.until(0.2)); err != nil {
			return warm, err
		}
		stop, profileErr := j.profile()
		o, err = measure(senders, j.until(1))
		stop()
		err = errors.Join(err, profileErr)
		o.Total = o.Sent + warm.Sent
	}
	for _, s := range senders {
		err = errors.Join(err, s.Close())
	}
	return o, err
}

// profile starts a processor profile, if one is wanted.
func (j *job) profile() (stop func(), err error) {
	if j.Profile == "" {
		return func() {}, nil
	}
	f, err := os.Create(j.Profile)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, err
}

// until gives a more that says true for a part of the job's time.
func (j *job) until(part float64) func() bool {
	var over atomic.Bool
	time.AfterFunc(time.Duration(part*j.Time*float64(time.Second)), func() { over.Store(true) })
	return func() bool { return !over.Load() }
}

func dialAll(ctx context.Context, c clients.Client, t clients.Target) ([]clients.Sender, error) {
	senders := make([]clients.Sender, max(1, t.Connections))
	errs := make([]error, len(senders))
	var work sync.WaitGroup
	places := make(chan struct{}, 64)
	for i := range senders {
		places <- struct{}{}
		work.Go(func() {
			senders[i], errs[i] = c.Dial(ctx, t)
			<-places
		})
	}
	work.Wait()
	return senders, errors.Join(errs...)
}

func measure(senders []clients.Sender, more func() bool) (outcome, error) {
	sent := make([]int, len(senders))
	errs := make([]error, len(senders))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := cpuTime(), time.Now()
	var work sync.WaitGroup
	for i, s := range senders[1:] {
		work.Go(func() { sent[i+1], errs[i+1] = s.Send(more) })
	}
	sent[0], errs[0] = senders[0].Send(more)
	work.Wait()
	o := outcome{Seconds: time.Since(start).Seconds(), CPU: (cpuTime() - cpu).Seconds()}
	runtime.ReadMemStats(&after)
	for _, n := range sent {
		o.Sent += n
	}
	if o.Sent > 0 {
		o.Allocs = float64(after.Mallocs-before.Mallocs) / float64(o.Sent)
		o.AllocBytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(o.Sent)
	}
	return o, errors.Join(errs...)
}

// setUp sends each message over a connection of its own.
func (j *job) setUp(ctx context.Context, c clients.Client, t clients.Target) (o outcome, err error) {
	more := clients.Count(j.Count)
	if j.Count == 0 {
		more = j.until(1)
	}
	cpu, start := cpuTime(), time.Now()
	for more() {
		if c.Once != nil {
			if err := c.Once(ctx, t); err != nil {
				return o, err
			}
			o.Sent++
			continue
		}
		s, err := c.Dial(ctx, t)
		if err != nil {
			return o, err
		}
		n, err := s.Send(clients.Count(1))
		o.Sent += n
		if err := errors.Join(err, s.Close()); err != nil {
			return o, err
		}
	}
	o.Seconds, o.CPU, o.Total = time.Since(start).Seconds(), (cpuTime() - cpu).Seconds(), o.Sent
	return o, nil
}

// idle opens connections, sends a message over each, and looks at what memory
// they keep.
func (j *job) idle(ctx context.Context, c clients.Client, t clients.Target) (o outcome, err error) {
	before, routines := settled(), runtime.NumGoroutine()
	senders, err := dialAll(ctx, c, t)
	if err != nil {
		return o, err
	}
	for _, s := range senders {
		n, err := s.Send(clients.Count(1))
		if err != nil {
			return o, err
		}
		o.Sent += n
	}
	after := settled()
	n := float64(len(senders))
	o.Total = o.Sent
	o.Heap = float64(after.HeapAlloc-before.HeapAlloc) / n
	o.Stack = float64(after.StackInuse-before.StackInuse) / n
	o.Goroutines = float64(runtime.NumGoroutine()-routines) / n
	runtime.KeepAlive(senders)
	return o, nil
}

// settled is the memory when all that is not in use is gone.
func settled() (m runtime.MemStats) {
	time.Sleep(100 * time.Millisecond)
	for range 3 {
		runtime.GC() // pools lose what they keep in the second
	}
	runtime.ReadMemStats(&m)
	return m
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the most memory that this process had, in octets; 0 where the kernel
// does not tell.
func peak() int {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n << 10
		}
	}
	return 0
}
