package main

import (
	"bytes"
	"os"
	"os/exec"
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

// TestOutsiderWithAnotherBase compiles a base table of somebody's own, from which
// an extension was taken out, into a package that stands alone.
func TestOutsiderWithAnotherBase(t *testing.T) {
	dir := outsider(t)
	base := filepath.Join(dir, "spec")
	if err := os.CopyFS(base, os.DirFS(filepath.Join(repository(t), "spec"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(base, "extensions", "chunking.yaml")); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := run([]string{"generate", "--spec", base, "--out", filepath.Join(dir, "acmesmtp"), "--package", "acmesmtp", filepath.Join(dir, "acme.yaml")}, &out, &errs)
	if code != 0 {
		t.Fatalf("smtpgen exits with %d:\n%s%s", code, out.String(), errs.String())
	}
	if err := os.Remove(filepath.Join(dir, "outsider_test.go")); err != nil { // it is for the library's table
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "table_test.go"), `package outsider

import (
	"testing"

	"example.com/outsider/acmesmtp"
	"github.com/tabellarius/tabellarius/smtp"
)

func TestTable(t *testing.T) {
	s := smtp.NewSession(smtp.Config{Protocol: acmesmtp.Table})
	if s.Op(smtp.RoleChunk) != 0 || s.Op(smtp.RoleSender) != acmesmtp.OpMail {
		t.Errorf("chunk %d, sender %d", s.Op(smtp.RoleChunk), s.Op(smtp.RoleSender))
	}
	s.HandleInput([]byte("220 here\r\n"))
	if ev := s.Next(); ev.Op != acmesmtp.OpGreeting || s.State() != acmesmtp.StateGreetingReceived {
		t.Errorf("%+v", ev)
	}
	if _, err := s.Do(&acmesmtp.Ehlo{Name: "client.example"}); err != nil {
		t.Error(err)
	}
}
`)
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

func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func gotool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}
