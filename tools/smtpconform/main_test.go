package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// run runs the program and gives its exit code and what it said.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdout: &out, stderr: &errs, lookupEnv: func(name string) (string, bool) { return "testpass", name == "PASS" }}
	code = a.run(context.Background(), args)
	return code, out.String(), errs.String()
}

func TestRunEmbedded(t *testing.T) {
	dir := t.TempDir()
	stored, page, junit := filepath.Join(dir, "a.json"), filepath.Join(dir, "a.html"), filepath.Join(dir, "a.xml")
	code, out, errs := run(t, "run", "--id", "mail-*,conn-554-text", "--json", stored, "--html", page, "--junit", junit, "--all")
	if code != exitOK || !strings.Contains(out, "mail-250") || !strings.Contains(out, "missing: ") {
		t.Errorf("code %d\n%s\n%s", code, out, errs)
	}
	for _, name := range []string{stored, page, junit} {
		if info, err := os.Stat(name); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if code, out, _ := run(t, "report", stored, "-q"); code != exitOK || !strings.Contains(out, "pass") {
		t.Errorf("report: code %d: %s", code, out)
	}
	if code, out, errs := run(t, "diff", stored, stored); code != exitOK || !strings.HasPrefix(out, "0 verdicts differ") {
		t.Errorf("diff: code %d: %s%s", code, out, errs)
	}
	text, err := os.ReadFile(stored)
	if err != nil {
		t.Fatal(err)
	}
	if code, out, errs := run(t, "matrix", stored, stored); code != exitOK || strings.Count(out, "| the embedded server |") < 2 || !strings.Contains(out, "| mail-literal-bad | w | w |") {
		t.Errorf("matrix: code %d: %s%s", code, out, errs)
	}
	worse := filepath.Join(dir, "b.json")
	if err := os.WriteFile(worse, bytes.Replace(text, []byte(`"verdict": "pass"`), []byte(`"verdict": "fail"`), 3), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := run(t, "diff", stored, worse); code != exitFail || !strings.Contains(out, "3 are worse") {
		t.Errorf("diff to a worse report: code %d: %s", code, out)
	}
}

// TestFailureIsTold holds that a known deviation that is not named leads to an
// exit code of its own.
func TestFailureIsTold(t *testing.T) {
	s, cfg := conformance.Embedded(func(c *smtptest.Config) {
		c.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
			return smtptest.Answer{Code: 501, Text: "No number"}, strings.HasSuffix(q.Line, " SIZE=99999999999999999999")
		}
	})
	defer s.Close()
	args := []string{"run", cfg.Address, "--to", cfg.Recipients[0], "--id", "size-20-digits"}
	if code, out, errs := run(t, args...); code != exitFail || !strings.Contains(out, "expected 552, 452") {
		t.Errorf("code %d\n%s\n%s", code, out, errs)
	}
	known := filepath.Join(t.TempDir(), "known")
	for text, want := range map[string]int{
		"# of this server\nsize-20-digits numbers above 2^64\n":       exitOK,
		"size-20-digits numbers above 2^64\nmail-250 does not work\n": exitOK, // not run: not judged
		"size-20-digits\n":              exitUsage,
		"size-21-digits no such case\n": exitUsage,
	} {
		if err := os.WriteFile(known, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := run(t, append(args, "--expect", known)...); code != want {
			t.Errorf("%q: expected code %d, got %d\n%s\n%s", text, want, code, out, errs)
		}
	}
}

func TestDryRunConnectsToNobody(t *testing.T) {
	code, out, errs := run(t, "run", "127.0.0.1:1", "--dry-run", "--to", "ann@mail.example", "--area", "DATA")
	if code != exitOK || !strings.Contains(out, "to ann@mail.example") || !strings.Contains(out, "data-accept") {
		t.Errorf("code %d\n%s\n%s", code, out, errs)
	}
	for line := range strings.Lines(out) {
		if strings.Contains(line, "from <") && !strings.Contains(line, "to ann@mail.example") {
			t.Errorf("a message to somebody else: %s", line)
		}
	}
}

func TestListAndExplain(t *testing.T) {
	if code, out, _ := run(t, "list", "--rfc", "5321 §4.1.1.4", "--level", "must-not"); code != exitOK || !strings.Contains(out, "eod-lf-dot-lf") || strings.Contains(out, "mail-250") {
		t.Errorf("list: code %d\n%s", code, out)
	}
	code, out, _ := run(t, "list", "--coverage", "--json")
	var coverage struct {
		ByLevel   []conformance.Coverage
		Uncovered []conformance.Uncovered
	}
	if err := json.Unmarshal([]byte(out), &coverage); code != exitOK || err != nil || len(coverage.Uncovered) == 0 || len(coverage.ByLevel) < 6 {
		t.Errorf("list --coverage --json: code %d, %v", code, err)
	}
	if code, out, _ := run(t, "explain", "eod-lf-dot-lf"); code != exitOK || !strings.Contains(out, "Why it matters") || !strings.Contains(out, "5321 §4.1.1.4") {
		t.Errorf("explain: code %d\n%s", code, out)
	}
	if code, out, _ := run(t, "explain", "dsn-success"); code != exitOK || !strings.Contains(out, "No case") {
		t.Errorf("explain what has no case: code %d\n%s", code, out)
	}
}

// TestWrongUse holds that each mistake is told with what was expected.
func TestWrongUse(t *testing.T) {
	for _, x := range []struct {
		want string
		args []string
	}{
		{"no case is called", []string{"run", "--id", "nothing"}},
		{"no case is called", []string{"explain", "nothing"}},
		{"no area is called", []string{"list", "--area", "nothing"}},
		{"expected must", []string{"list", "--level", "perhaps"}},
		{"needs a password", []string{"run", "localhost:25", "--auth", "tim"}},
		{"is not set", []string{"run", "localhost:25", "--auth", "tim", "--password-env", "OTHER"}},
		{"that of a recipient", []string{"run", "localhost:25", "--mailbox", "."}},
		{"expected an address such as", []string{"run", "localhost:25", "--to", "tim"}},
		{"no such file", []string{"diff", "a.json", "b.json"}},
		{"expected a report in JSON", []string{"report", "main.go"}},
	} {
		if code, _, errs := run(t, x.args...); code != exitUsage || !strings.Contains(errs, x.want) {
			t.Errorf("%v: code %d, expected %q: %s", x.args, code, x.want, errs)
		}
	}
	stored := filepath.Join(t.TempDir(), "a.json")
	if code, _, errs := run(t, "run", "127.0.0.1:1", "--timeout", "1s", "--json", stored); code != exitServer || !strings.Contains(errs, "no connection to") {
		t.Errorf("a closed port: code %d: %s", code, errs)
	}
	if code, out, errs := run(t, "report", stored); code != exitOK || !strings.Contains(out, "sanity-first") {
		t.Errorf("the report of what ran: code %d: %s%s", code, out, errs)
	}
}
