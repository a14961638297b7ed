package main

import (
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestClient holds that the suite for clients runs with this module's own, and writes
// what it found in each form.
func TestClient(t *testing.T) {
	dir := t.TempDir()
	stored, page, junit := filepath.Join(dir, "a.json"), filepath.Join(dir, "a.html"), filepath.Join(dir, "a.xml")
	code, out, errs := run(t, "client", "--id", "greet-*", "--pace", "0.1", "--parallel", "16", "--json", stored, "--html", page, "--junit", junit, "--all", "--strict")
	if code != exitOK || !strings.Contains(out, "greet-http (robust, robust)") || !strings.Contains(errs, "this module's own") {
		t.Errorf("code %d\n%s\n%s", code, out, errs)
	}
	html, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(html), "tabellarius smtpclient") || strings.Contains(string(html), "<h2>States</h2>") {
		t.Errorf("the page is not one about a client: %v", err)
	}
	for _, name := range []string{stored, junit} {
		if info, err := os.Stat(name); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if code, out, errs := run(t, "diff", stored, stored); code != exitOK || !strings.HasPrefix(out, "0 verdicts differ") {
		t.Errorf("diff: code %d: %s%s", code, out, errs)
	}
}

// TestClientDriver holds that a driver which fails leads to the exit codes of a
// server that fails.
func TestClientDriver(t *testing.T) {
	driver := filepath.Join(t.TempDir(), "driver")
	script := `#!/bin/sh
read job
case $job in
*features*) echo '{"client":"one that gives up"}' ;;
*) echo '{"recipients":[{"to":"a@mx.test","outcome":"not-sent"},{"to":"b@mx.test","outcome":"not-sent"},{"to":"c@mx.test","outcome":"not-sent"}]}' ;;
esac
`
	if err := os.WriteFile(driver, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	known := filepath.Join(t.TempDir(), "known")
	if err := os.WriteFile(known, []byte("quit-sent it connects to nobody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		code int
		want string
		args []string
	}{
		{exitFail, "expected QUIT", []string{"--id", "quit-sent", "--", driver}},
		{exitOK, "known: it connects to nobody", []string{"--id", "quit-sent", "--expect", known, "--", driver}},
		{exitOK, "missing: tls", []string{"--id", "tls-sni", "--all", "--", driver}},
		{exitServer, "can't be started", []string{"--", "/no/such/driver"}},
		{exitServer, "features", []string{"--", "true"}},
		{exitUsage, "no case is called", []string{"--id", "mail-250"}},
		{exitUsage, "started by hand", []string{"--listen", "--", driver}},
	} {
		if code, out, errs := run(t, append([]string{"client"}, x.args...)...); code != x.code || !strings.Contains(out+errs, x.want) {
			t.Errorf("%q: expected code %d and %q, got %d\n%s\n%s", x.args, x.code, x.want, code, out, errs)
		}
	}
}

// TestSkeleton holds that a new case is printed as its file has it.
func TestSkeleton(t *testing.T) {
	for _, args := range [][]string{{"new", "mail-new-one"}, {"new", "--client", "env-new-one"}} {
		code, out, errs := run(t, args...)
		if code != exitOK || !strings.Contains(errs, "beside the cases") {
			t.Errorf("%q: code %d\n%s\n%s", args, code, out, errs)
		}
		if _, err := format.Source([]byte("package p\n\nvar list = []Case{\n" + out + "}\n")); err != nil {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
	}
	for _, id := range []string{"mail-250", "Mail", "mail"} {
		if code, _, errs := run(t, "new", id); code != exitUsage {
			t.Errorf("%q: code %d\n%s", id, code, errs)
		}
	}
}

func TestClientCases(t *testing.T) {
	if code, out, _ := run(t, "list", "--client", "--area", "greeting"); code != exitOK || !strings.Contains(out, "greet-554") || strings.Contains(out, "conn-") {
		t.Errorf("list: code %d\n%s", code, out)
	}
	if code, out, _ := run(t, "list", "--client", "--areas"); code != exitOK || !strings.Contains(out, "PIPELINING") {
		t.Errorf("list --areas: code %d\n%s", code, out)
	}
	if code, out, _ := run(t, "list", "--client", "--coverage"); code != exitOK || !strings.Contains(out, "requirements on clients have a case") {
		t.Errorf("list --coverage: code %d\n%s", code, out)
	}
	if code, out, _ := run(t, "explain", "smug-lf-dot-lf"); code != exitOK || !strings.Contains(out, "about clients") || !strings.Contains(out, "Why it matters") {
		t.Errorf("explain: code %d\n%s", code, out)
	}
}
