package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/tools/bench/clients"
	"github.com/tabellarius/tabellarius/tools/bench/sink"
)

// A bench starts a sink and a client, each a process of its own, for every
// single measurement.
type bench struct {
	self     string // this program
	dir      string // of files that the processes share
	taskset  string // the program that pins a process to a core, or nothing
	external map[string]external
	profiles int                // so many were written
	rates    map[string]float64 // what smtp-source reached, by load
}

// An external client is a program of somebody else's.
type external struct {
	missing string // why it can't be run, or nothing
	lacks   func(clients.Load) string
	run     func(context.Context, *bench, job, time.Duration) (outcome, error)
}

func newBench() (*bench, func(), error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "tabellarius-bench-")
	if err != nil {
		return nil, nil, err
	}
	b := &bench{self: self, dir: dir, external: map[string]external{}, rates: map[string]float64{}}
	b.taskset, _ = exec.LookPath("taskset")
	return b, func() { os.RemoveAll(dir) }, b.certificate()
}

func (b *bench) certificate() error {
	c, err := sink.NewCertificate(clients.Host)
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})
	secret := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	return errors.Join(os.WriteFile(b.roots(), certificate, 0o600), os.WriteFile(b.key(), secret, 0o600))
}

func (b *bench) roots() string { return filepath.Join(b.dir, "certificate.pem") }
func (b *bench) key() string   { return filepath.Join(b.dir, "key.pem") }

// A sinkJob is what a sink process has to do.
type sinkJob struct {
	sink.Config
	CertFile, KeyFile string
}

// sinkMain is the sink process: it reads its job from standard input, writes its
// address, and when standard input ends, what it counted.
func sinkMain() error {
	in := json.NewDecoder(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	var j sinkJob
	if err := in.Decode(&j); err != nil {
		return err
	}
	var err error
	if j.Certificate, err = tls.LoadX509KeyPair(j.CertFile, j.KeyFile); err != nil {
		return err
	}
	s, err := sink.Start(j.Config)
	if err != nil {
		return err
	}
	if err := out.Encode(s.Addr()); err != nil {
		return err
	}
	io.Copy(io.Discard, os.Stdin)
	return out.Encode(s.Stop(5 * time.Second))
}

// A sinkProcess is a running one.
type sinkProcess struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
	addr string
}

func (b *bench) startSink(ctx context.Context, c sink.Config, cores string) (*sinkProcess, error) {
	cmd := b.command(ctx, sinkCore[cores], b.self, "sink")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &sinkProcess{cmd: cmd, in: in, out: json.NewDecoder(out)}
	err = json.NewEncoder(in).Encode(sinkJob{c, b.roots(), b.key()})
	if err == nil {
		err = s.out.Decode(&s.addr)
	}
	if err != nil {
		in.Close()
		cmd.Wait()
		return nil, fmt.Errorf("the sink did not start: %w", err)
	}
	return s, nil
}

func (s *sinkProcess) stop() (stats sink.Stats, err error) {
	s.in.Close()
	err = s.out.Decode(&stats)
	return stats, errors.Join(err, s.cmd.Wait())
}

// The cores of the processes, by what a load says.
var (
	clientCore = map[string]string{"apart": "0", "shared": "0"}
	sinkCore   = map[string]string{"apart": "1", "shared": "0"}
)

// command makes a process, pinned to a core unless that is empty.
func (b *bench) command(ctx context.Context, core string, args ...string) *exec.Cmd {
	if core != "" {
		args = append([]string{b.taskset, "-c", core}, args...)
	}
	return exec.CommandContext(ctx, args[0], args[1:]...)
}

// A measurement is one run of a client against a sink.
type measurement struct {
	outcome
	Sink sink.Stats `json:"sink"`
}

// rate is messages a second.
func (m measurement) rate() float64 {
	if m.Seconds == 0 {
		return 0
	}
	return float64(m.Sent) / m.Seconds
}

// lacks says why a client can't do a load here, or nothing.
func (b *bench) lacks(client string, l clients.Load) string {
	if l.Cores != "" && b.taskset == "" {
		return "taskset, of util-linux, is not here"
	}
	if l.Cores == "apart" && runtime.NumCPU() < 2 {
		return "there is one core only"
	}
	if e, ok := b.external[client]; ok {
		if e.missing != "" {
			return e.missing
		}
		if e.lacks != nil {
			return e.lacks(l)
		}
		return ""
	}
	c, ok := clients.Find(client)
	if !ok {
		return "no such client"
	}
	if c.Lacks != nil {
		return c.Lacks(l)
	}
	return ""
}

// measure runs a job once. Patience is the sink's, or 0.
func (b *bench) measure(ctx context.Context, j job, patience time.Duration) (m measurement, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration((30+10*j.Time)*float64(time.Second)))
	defer cancel()
	l := j.Load
	c := sink.Config{
		Pipelining: l.Pipelining, Chunking: l.Chunking, Auth: l.Auth, Delay: l.Delay, Patience: patience,
		StartTLS: l.TLS == "starttls", ImplicitTLS: l.TLS == "implicit",
	}
	if j.Task == "idle" {
		c.Buffer = 4 << 10
	}
	s, err := b.startSink(ctx, c, l.Cores)
	if err != nil {
		return m, err
	}
	j.Addr, j.Roots = s.addr, b.roots()
	run := runGo
	if e, ok := b.external[j.Client]; ok {
		run = e.run
	}
	m.outcome, err = run(ctx, b, j, patience)
	stats, sinkErr := s.stop()
	m.Sink = stats
	if err == nil {
		err = sinkErr
	}
	if err == nil && m.Error != "" {
		err = errors.New(m.Error)
	}
	if err == nil && m.Total == 0 { // its own clock does not tell
		m.Total, m.Sent = stats.Messages, stats.Messages
		m.Seconds = time.Duration(stats.Ended - stats.Began).Seconds()
	}
	if err == nil && m.Total != stats.Messages {
		err = fmt.Errorf("says that it sent %d messages, but the sink has %d", m.Total, stats.Messages)
	}
	return m, err
}

// runGo runs a client of package clients in a process of this program.
func runGo(ctx context.Context, b *bench, j job, _ time.Duration) (outcome, error) {
	return b.process(ctx, j, b.self, "client")
}

// process runs a client process, which reads a job and writes an outcome.
func (b *bench) process(ctx context.Context, j job, args ...string) (o outcome, err error) {
	in, err := json.Marshal(j)
	if err != nil {
		return o, err
	}
	cmd := b.command(ctx, clientCore[j.Load.Cores], args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return o, fmt.Errorf("%w: %s", cmp.Or(ctx.Err(), err), firstLine(stderr.String()))
	}
	return o, json.Unmarshal(stdout.Bytes(), &o)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
