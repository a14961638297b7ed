package client

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Serve is the main loop of a driver that is written in Go: it reads jobs from in,
// lets d do them, and writes the answers to out, until in ends.
func Serve(ctx context.Context, d Driver, in io.Reader, out io.Writer) error {
	lines, answers := bufio.NewScanner(in), json.NewEncoder(out)
	lines.Buffer(nil, 64<<20) // a job may have thousands of recipients
	for lines.Scan() {
		answer, err := serveOne(ctx, d, lines.Bytes())
		if err != nil {
			return err
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

func serveOne(ctx context.Context, d Driver, line []byte) (any, error) {
	var asked struct {
		Features bool
		To64     []string `json:"to64"`
	}
	var job Job
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, fmt.Errorf("client: expected a job as a line of JSON: %w", err)
	}
	if asked.Features {
		f, err := d.Features(ctx)
		f.Serves = true
		return f, err
	}
	if err := json.Unmarshal(line, &job); err != nil {
		return nil, fmt.Errorf("client: expected a job as a line of JSON: %w", err)
	}
	for i, to := range asked.To64 {
		b, err := base64.StdEncoding.DecodeString(to)
		if err != nil || i >= len(job.To) {
			return nil, fmt.Errorf("client: expected addresses in base64 as to64, as many as to has: %w", err)
		}
		job.To[i] = string(b)
	}
	var err error
	if job.Content, err = os.ReadFile(job.Message); err != nil {
		return nil, fmt.Errorf("client: the message: %w", err)
	}
	if job.CA != "" {
		if job.pem, err = os.ReadFile(job.CA); err != nil {
			return nil, fmt.Errorf("client: the authority: %w", err)
		}
	}
	return d.Send(ctx, &job)
}
