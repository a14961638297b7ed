package client

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Listen is a Driver for clients that are started by hand: it writes to w where the
// server of each case listens and what should be sent there, and goes on once the
// client came and left. What it reported nobody knows: only the wire is judged.
// Config.Deadline is how long it waits for the client.
func Listen(w io.Writer, f Features) Driver { return &listening{w: w, features: f} }

type listening struct {
	mu       sync.Mutex
	w        io.Writer
	features Features
}

func (d *listening) Features(context.Context) (Features, error) { return d.features, nil }

func (d *listening) Send(ctx context.Context, job *Job) (*Answer, error) {
	d.mu.Lock()
	fmt.Fprintf(d.w, "%s: %s:%d, %s", job.id, job.Host, job.Port, job.Protocol)
	if job.TLS != "none" {
		fmt.Fprintf(d.w, ", TLS %s (authority %s, name %s)", job.TLS, job.CA, job.Name)
	}
	if job.User != "" {
		fmt.Fprintf(d.w, ", user %s with %s%s %s", job.User, job.Password, job.Token, job.Mechanism)
	}
	to := strings.Join(job.To, " ")
	if len(job.To) > 10 {
		to = fmt.Sprintf("%s and so on to %s", strings.Join(job.To[:3], " "), job.To[len(job.To)-1])
	}
	fmt.Fprintf(d.w, ": from <%s> to %s, the message in %s\n", job.From, to, job.Message)
	d.mu.Unlock()
	if !job.idle(ctx) {
		return &Answer{Skipped: "a client that connects"}, nil
	}
	return nil, nil
}

// idle waits until a client came and left, and reports false if none came.
func (p *play) idle(ctx context.Context) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	since := time.Time{}
	for {
		select {
		case <-ctx.Done():
			p.mu.Lock()
			defer p.mu.Unlock()
			return len(p.conns) > 0
		case <-tick.C:
		}
		p.mu.Lock()
		busy := len(p.conns) == 0
		for _, c := range p.conns {
			busy = busy || c.raw.ended() == nil
		}
		p.mu.Unlock()
		switch {
		case busy:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		case time.Since(since) > 500*time.Millisecond:
			return true
		}
	}
}
