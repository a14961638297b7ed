package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

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
