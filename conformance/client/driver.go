package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Driver puts a client to work. Its methods are called by many goroutines.
type Driver interface {
	// Features says what the client can do.
	Features(ctx context.Context) (Features, error)
	// Send does a job, and gives up when ctx ends. An error says that there is no
	// proper answer: the client crashed, hung, or said what is no answer. A nil
	// Answer without an error says that nobody can tell the outcome.
	Send(ctx context.Context, job *Job) (*Answer, error)
}

// Command is a Driver that starts a program. It is given a job as a line of JSON on
// its standard input, and answers with a line of JSON on its standard output; a
// job {"features":true} asks for its Features.
func Command(name string, args ...string) Driver {
	return &command{name: name, args: args}
}

type command struct {
	name string
	args []string

	mu     sync.Mutex
	serves bool
	idle   []*process
}

// A process is a running driver.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	pipe   *os.File // below out
	stderr *tail
	done   chan error
}

// tail keeps what a driver writes to standard error, the last of it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if len(t.b) > 1<<20 {
		t.b = t.b[len(t.b)-1<<19:]
	}
	return len(p), nil
}

func (t *tail) take() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := string(t.b)
	t.b = nil
	return s
}

func (d *command) start() (*process, error) {
	p := &process{cmd: exec.Command(d.name, d.args...), stderr: &tail{}, done: make(chan error, 1)}
	p.cmd.Stderr = p.stderr
	p.cmd.WaitDelay = time.Second
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout, p.out, p.pipe = in, bufio.NewReader(out), out
	err = p.cmd.Start()
	in.Close()
	if err != nil {
		out.Close()
		return nil, fmt.Errorf("the driver can't be started: %w", err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	return p, nil
}

// ask gives a driver a line and reads its answer.
func (p *process) ask(ctx context.Context, line []byte) ([]byte, error) {
	type read struct {
		line []byte
		err  error
	}
	got := make(chan read, 1)
	go func() {
		p.in.Write(append(line, '\n')) // a program that does not read says so by its answer
		text, err := p.out.ReadBytes('\n')
		got <- read{text, err}
	}()
	select {
	case r := <-got:
		if text := bytes.TrimSpace(r.line); len(text) > 0 {
			return text, nil
		}
		return nil, errors.New("the driver ended without an answer")
	case <-ctx.Done():
		return nil, errHung
	}
}

var errHung = errors.New("the client did not end before the deadline")

// end waits for a driver to end, and gives its peak of memory.
func (p *process) end(ctx context.Context) (memory int64, err error) {
	p.in.Close()
	select {
	case <-p.done:
		p.pipe.Close()
	case <-ctx.Done():
		p.kill()
		return 0, errHung
	}
	if usage, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		memory = usage.Maxrss * 1024
	}
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return memory, fmt.Errorf("the driver was ended by a signal: %v", status.Signal())
	}
	return memory, nil
}

func (p *process) kill() {
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
	p.pipe.Close()
}

func (d *command) Features(ctx context.Context) (f Features, err error) {
	p, err := d.start()
	if err != nil {
		return f, err
	}
	text, err := p.ask(ctx, []byte(`{"features":true}`))
	if err != nil {
		p.kill()
		return f, fmt.Errorf("asked for its features: %w%s", err, said(p.stderr.take()))
	}
	if json.Unmarshal(text, &f) != nil || f.Client == "" {
		p.kill()
		return f, fmt.Errorf("expected the driver's features as a line of JSON with \"client\", got %.200q", text)
	}
	d.mu.Lock()
	d.serves = f.Serves
	d.mu.Unlock()
	d.put(p)
	return f, nil
}

func said(stderr string) string {
	if stderr = strings.TrimSpace(stderr); stderr == "" {
		return ""
	}
	if len(stderr) > 500 {
		stderr = "…" + stderr[len(stderr)-500:]
	}
	return "; it wrote: " + stderr
}

// put keeps a driver that serves for the next job, and ends another.
func (d *command) put(p *process) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.serves {
		d.idle = append(d.idle, p)
		return
	}
	p.in.Close()
}

// take gives a driver that is there, or a new one.
func (d *command) take() (*process, error) {
	d.mu.Lock()
	if n := len(d.idle); n > 0 {
		p := d.idle[n-1]
		d.idle = d.idle[:n-1]
		d.mu.Unlock()
		return p, nil
	}
	d.mu.Unlock()
	return d.start()
}

func (d *command) Send(ctx context.Context, job *Job) (*Answer, error) {
	line, err := job.wire()
	if err != nil {
		return nil, err
	}
	p, err := d.take()
	if err != nil {
		return nil, err
	}
	text, err := p.ask(ctx, line)
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("%w%s", err, said(p.stderr.take()))
	}
	var a Answer
	if err := json.Unmarshal(text, &a); err != nil {
		p.kill()
		return nil, fmt.Errorf("expected an answer as a line of JSON, got %.200q: %v", text, err)
	}
	d.mu.Lock()
	serves := d.serves
	d.mu.Unlock()
	if serves {
		a.output = string(text) + p.stderr.take()
		d.put(p)
		return &a, nil
	}
	a.memory, err = p.end(ctx)
	a.output = string(text) + p.stderr.take()
	return &a, err
}

// Close ends the drivers that are still there.
func (d *command) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.idle {
		p.in.Close()
		select {
		case <-p.done:
		case <-time.After(2 * time.Second):
			p.kill()
		}
	}
	d.idle = nil
	return nil
}
