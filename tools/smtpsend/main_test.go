package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A call is one run of the tool.
type call struct {
	stdin  string
	env    map[string]string
	typed  string // what is typed where the password is asked for
	args   []string
	ctx    context.Context
	asked  []string // prompts
	stdout string
	stderr string
}

func (c *call) run() int {
	var stdout, stderr bytes.Buffer
	a := &app{
		stdin: strings.NewReader(c.stdin), stdout: &stdout, stderr: &stderr,
		now: func() time.Time { return someDay }, messageID: "1",
		lookupEnv: func(name string) (string, bool) { v, ok := c.env[name]; return v, ok },
		ask: func(_ context.Context, prompt string) (string, error) {
			c.asked = append(c.asked, prompt)
			if c.typed == "" {
				return "", errNoTerminal
			}
			return c.typed, nil
		},
	}
	if c.ctx == nil {
		c.ctx = context.Background()
	}
	code := a.run(c.ctx, c.args)
	c.stdout, c.stderr = stdout.String(), stderr.String()
	return code
}

// deafServer gives an address where no connection may arrive.
func deafServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			conn.Close()
		}
		done <- err
	}()
	t.Cleanup(func() {
		l.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("a connection was made")
		}
	})
	return l.Addr().String()
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const simple = "From: tim@example.org\r\nTo: ann@example.net\r\nSubject: hi\r\n\r\nhello\r\n"

func TestWrongUseSendsNothing(t *testing.T) {
	good := writeFile(t, "good.eml", simple)
	dir := t.TempDir()
	server := "SERVER" // stands for the address
	for _, c := range []struct {
		name string
		args []string
		want string // part of the error
	}{
		{"nothing", nil, "expected a server"},
		{"no message", []string{server}, "expected a message"},
		{"unknown flag", []string{server, good, "--frobnicate"}, "--frobnicate"},
		{"password on the command line", []string{server, good, "--user=tim", "--password=x"}, "--password"},
		{"two messages", []string{server, good, "--subject=hi"}, "one of the two"},
		{"too many arguments", []string{server, good, good}, "unexpected argument"},
		{"missing file", []string{server, filepath.Join(dir, "none.eml")}, "none.eml"},
		{"a folder", []string{server, dir}, "directory"},
		{"empty file", []string{server, writeFile(t, "empty.eml", "")}, "empty"},
		{"empty input", []string{server, "-"}, "standard input is empty"},
		{"no header in file", []string{server, writeFile(t, "bare.eml", "just words\r\n")}, "header"},
		{"no recipient in file", []string{server, writeFile(t, "nobody.eml", "From: tim@example.org\r\n\r\nx\r\n")}, "recipient"},
		{"no recipient", []string{server, "--from=tim@example.org", "--subject=hi"}, "expected a recipient"},
		{"no author", []string{server, "--to=tim@example.org", "--subject=hi"}, "--from"},
		{"bad author", []string{server, "--from=tim", "--to=ann@example.net", "--subject=hi"}, "--from"},
		{"bad recipient", []string{server, "--from=tim@example.org", "--to=ann@", "--subject=hi"}, "--to"},
		{"bad rcpt", []string{server, good, "--rcpt=ann@example..net"}, "--rcpt"},
		{"rcpt with a line break", []string{server, good, "--rcpt=ann@example.net>\r\nDATA\r\n"}, "--rcpt"},
		{"empty rcpt", []string{server, good, "--rcpt="}, "--rcpt"},
		{"bad mail-from", []string{server, good, "--mail-from=tim"}, "--mail-from"},
		{"missing attachment", []string{server, "--from=tim@example.org", "--to=ann@example.net", "--attach", filepath.Join(dir, "none.pdf")}, "none.pdf"},
		{"header injection", []string{server, "--from=tim@example.org", "--to=ann@example.net", "--subject=hi", "--header=X: a\nBcc: eve@example.com"}, "--header"},
		{"tls mode", []string{server, good, "--tls=perhaps"}, "--tls"},
		{"mechanism", []string{server, good, "--auth=magic", "--user=tim"}, "--auth"},
		{"auth without user", []string{server, good, "--auth=plain"}, "--user"},
		{"two password sources", []string{server, good, "--user=tim", "--password-env=A", "--password-file=b"}, "together"},
		{"missing variable", []string{server, good, "--user=tim", "--password-env=NONE"}, "NONE"},
		{"missing password file", []string{server, good, "--user=tim", "--password-file=" + filepath.Join(dir, "none")}, "none"},
		{"empty password file", []string{server, good, "--user=tim", "--password-file=" + writeFile(t, "p", "\nsecond line\n")}, "empty"},
		{"no terminal for the password", []string{server, good, "--user=tim"}, "no terminal"},
		{"authzid with login", []string{server, good, "--user=tim", "--auth=login", "--authzid=ann"}, "--authzid"},
		{"missing authority", []string{server, good, "--ca", filepath.Join(dir, "none.pem")}, "none.pem"},
		{"authority that is none", []string{server, good, "--ca", good}, "PEM"},
		{"authority without TLS", []string{server, good, "--tls=off", "--ca", good}, "--tls=off"},
		{"hello name", []string{server, good, "--helo=a b"}, "--helo"},
		{"time", []string{server, good, "--timeout=soon"}, "--timeout"},
		{"negative time", []string{server, good, "--timeout=-1s"}, "--timeout"},
		{"port", []string{"localhost:smtp", good}, "port"},
		{"port 0", []string{"localhost:0", good}, "port"},
		{"no host", []string{":25", good}, "HOST"},
		{"demo with a server", []string{server, "--demo"}, "--demo"},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := deafServer(t)
			run := call{}
			for _, arg := range c.args {
				if arg == server {
					arg = address
				}
				run.args = append(run.args, arg)
			}
			code := run.run()
			if code != exitUsage {
				t.Errorf("exit code %d, want %d", code, exitUsage)
			}
			if !strings.HasPrefix(run.stderr, "smtpsend: ") || !strings.Contains(run.stderr, c.want) || strings.Count(run.stderr, "\n") != 1 {
				t.Errorf("standard error %q; want one line about %q", run.stderr, c.want)
			}
			if run.stdout != "" {
				t.Errorf("standard output %q; want nothing", run.stdout)
			}
		})
	}
}

func TestHelpTeaches(t *testing.T) {
	run := call{args: []string{"--help"}}
	if code := run.run(); code != exitOK || run.stderr != "" {
		t.Fatalf("exit code %d, standard error %q", code, run.stderr)
	}
	for _, want := range []string{"Examples:", "--rcpt", "--password-file", "--demo", "Exit codes:", "  8  unknown"} {
		if !strings.Contains(run.stdout, want) {
			t.Errorf("the help does not have %q", want)
		}
	}
}
