package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestOutsider does what somebody does who extends the library without a fork:
// a module of his own, one YAML file, smtpgen, and code against both. It is
// built, vetted and run against this checkout, without the network.
func TestOutsider(t *testing.T) {
	dir := outsider(t)
	var out, errs bytes.Buffer
	code := run([]string{"generate", "--out", filepath.Join(dir, "acmesmtp"), filepath.Join(dir, "acme.yaml")}, &out, &errs)
	if code != 0 {
		t.Fatalf("smtpgen exits with %d:\n%s%s", code, out.String(), errs.String())
	}
	gotool(t, dir, "vet", "./...")
	gotool(t, dir, "test", "./...")
}

// outsider makes a module that needs this checkout and nothing else.
func outsider(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/outsider")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), "module example.com/outsider\n\ngo 1.26\n\n"+
		"require github.com/tabellarius/tabellarius v0.0.0\n\nreplace github.com/tabellarius/tabellarius => "+repository(t)+"\n")
	return dir
}
