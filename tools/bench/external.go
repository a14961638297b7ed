package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/tabellarius/tabellarius/tools/bench/clients"
)

// nodemailerVersion is what is measured.
const nodemailerVersion = "10.6.1"

//go:embed nodemailer.mjs
var nodemailerScript []byte

// findExternal looks for the clients that are not written in Go and that the
// tables want. One that is not here is left out, and the report says so.
func (b *bench) findExternal(ctx context.Context, chosen []table) {
	wanted := func(name string) bool {
		return slices.ContainsFunc(chosen, func(t table) bool { return slices.Contains(t.Clients, name) })
	}
	if wanted("nodemailer") {
		b.external["nodemailer"] = b.findNodemailer(ctx)
	}
	if wanted("smtp-source") {
		b.external["smtp-source"] = findSMTPSource()
	}
}

// findNodemailer fetches nodemailer into the user's cache by npm.
func (b *bench) findNodemailer(ctx context.Context) external {
	node, err := exec.LookPath("node")
	if err != nil {
		return external{missing: "node is not here"}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = b.dir
	}
	home := filepath.Join(cache, "tabellarius-bench", "nodemailer-"+nodemailerVersion)
	if _, err := os.Stat(filepath.Join(home, "node_modules", "nodemailer", "package.json")); err != nil {
		npm, err := exec.LookPath("npm")
		if err != nil {
			return external{missing: "npm is not here to fetch it"}
		}
		if err := os.MkdirAll(home, 0o755); err != nil {
			return external{missing: err.Error()}
		}
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", home, "nodemailer@"+nodemailerVersion).CombinedOutput()
		if err != nil {
			return external{missing: "npm install: " + firstLine(string(out))}
		}
	}
	script := filepath.Join(b.dir, "nodemailer.mjs")
	if err := os.WriteFile(script, nodemailerScript, 0o600); err != nil {
		return external{missing: err.Error()}
	}
	lacks := func(l clients.Load) string {
		if l.Size > 16<<20 {
			return "would keep the message in memory"
		}
		return ""
	}
	return external{lacks: lacks, run: func(ctx context.Context, b *bench, j job, _ time.Duration) (outcome, error) {
		if j.Task == "idle" {
			return outcome{}, fmt.Errorf("is not asked for memory")
		}
		j.Module = home
		return b.process(ctx, j, node, script)
	}}
}

// findSMTPSource looks for Postfix's smtp-source: installed, or where the servers
// of `make conformance` are unpacked.
func findSMTPSource() external {
	tree := filepath.Join(cmp.Or(os.Getenv("TABELLARIUS_SERVERS"), "/tmp/tabellarius-servers"), "tree", "postfix")
	program, libraries := filepath.Join(tree, "usr/sbin/smtp-source"), filepath.Join(tree, "usr/lib/postfix")
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("smtp-source"); err != nil {
			return external{missing: "smtp-source is not here; conformance/servers/ctl.sh install postfix brings it"}
		}
		libraries = ""
	}
	lacks := func(l clients.Load) string {
		switch {
		case l.TLS != "" || l.Auth:
			return "knows neither TLS nor AUTH"
		case l.Connections > 100:
			return "is not asked for so many connections"
		}
		return ""
	}
	return external{lacks: lacks, run: func(ctx context.Context, b *bench, j job, patience time.Duration) (outcome, error) {
		if j.Task != "send" {
			return outcome{}, fmt.Errorf("only sends")
		}
		// It takes a number of messages, not a time; the sink has the clock.
		key := fmt.Sprintf("%+v", j.Load)
		count := j.Count
		if count == 0 {
			count = max(2*j.Load.Connections, int(b.rates[key]*j.Time))
		}
		args := []string{
			program, "-d", "-s", strconv.Itoa(max(1, j.Load.Connections)), "-m", strconv.Itoa(count), "-l", strconv.Itoa(j.Load.Size),
			"-r", strconv.Itoa(j.Load.Recipients), "-f", "sender@client.example.test", "-t", "recipient@server.example.test",
			"-M", "client.example.test", "inet:" + j.Addr,
		}
		cmd := b.command(ctx, clientCore[j.Load.Cores], args...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if libraries != "" {
			cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+libraries)
		}
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return outcome{}, fmt.Errorf("%w: %s", cmp.Or(ctx.Err(), err), firstLine(stderr.String()))
		}
		b.rates[key] = float64(count) / time.Since(start).Seconds()
		return outcome{}, nil
	}}
}
