package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// From the file that is not yet compiled to the file that is changed, and to
// the one that is wrong.
func TestLifeOfAPackage(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, "acme.yaml", acmeYAML(t))
	args := []string{"--out", "acmesmtp", "--doc", "acme.md", "acme.yaml"}
	generate, check := append([]string{"generate"}, args...), append([]string{"check"}, args...)
	command := "run: smtpgen generate --out acmesmtp --doc acme.md acme.yaml\n"

	code, out, _ := smtpgen(check...)
	want := "acmesmtp/zstates.go: missing\nacmesmtp/zcommands.go: missing\nacmesmtp/zparams.go: missing\nacmesmtp/zextensions.go: missing\nacmesmtp/ztable.go: missing\nacme.md: missing\n" + command
	if code != 1 || out != want {
		t.Errorf("check before anything is there: exit code %d (-want +got):\n%s", code, cmp.Diff(want, out))
	}
	if diff := cmp.Diff([]string{"acme.yaml"}, names(t, dir)); diff != "" {
		t.Errorf("check has written (-want +got):\n%s", diff)
	}

	if code, _, errs := smtpgen(generate...); code != 0 {
		t.Fatalf("generate: exit code %d, %s", code, errs)
	}
	if code, out, _ := smtpgen(check...); code != 0 {
		t.Errorf("check behind generate: exit code %d, %s", code, out)
	}
	if code, out, _ := smtpgen(generate...); code != 0 || out != "nothing has changed\n" {
		t.Errorf("generate again: exit code %d, %q", code, out)
	}
	data, err := os.ReadFile("acmesmtp/zstates.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("\npackage acmesmtp\n")) {
		t.Errorf("the package has another name than its folder:\n%s", data)
	}

	// Without parameters zparams.go is one file too many.
	changed := acmeYAML(t)
	changed = changed[:strings.Index(changed, "params:")]
	changed = strings.ReplaceAll(changed, ", params]", "]")
	write(t, "acme.yaml", changed)
	code, out, _ = smtpgen(check...)
	if code != 1 || !strings.Contains(out, "acmesmtp/zparams.go: no longer generated\n") || !strings.Contains(out, "acmesmtp/ztable.go: out of date\n") || !strings.HasSuffix(out, command) {
		t.Errorf("check of a changed file: exit code %d, %s", code, out)
	}
	if code, out, errs := smtpgen(generate...); code != 0 || !strings.Contains(out, "removed acmesmtp/zparams.go\n") {
		t.Errorf("generate of a changed file: exit code %d, %s%s", code, out, errs)
	}

	// A wrong file changes nothing, and every problem is told with its place.
	before := names(t, dir)
	write(t, "acme.yaml", strings.NewReplacer("in: [idle]", "in: [nowhere]", "forbids: [sealed]", "forbids: [unsealed]").Replace(acmeYAML(t)))
	code, _, errs := smtpgen(generate...)
	if code != 1 || !strings.Contains(errs, "acme.yaml:17:10: ") || !strings.Contains(errs, "acme.yaml:18:15: ") {
		t.Errorf("generate of a wrong file: exit code %d, %s", code, errs)
	}
	if diff := cmp.Diff(before, names(t, dir)); diff != "" {
		t.Errorf("a wrong file has changed the folder (-before +after):\n%s", diff)
	}
}

func TestHandWrittenFileInTheWay(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, "acme.yaml", acmeYAML(t))
	write(t, "p/ztable.go", "package parcels\n\nvar Table = 1\n")
	code, _, errs := smtpgen("generate", "--out", "p", "acme.yaml")
	if code == 0 || !strings.Contains(errs, "p/ztable.go") {
		t.Errorf("exit code %d, %q; want to hear of p/ztable.go", code, errs)
	}
	if diff := cmp.Diff([]string{"ztable.go"}, names(t, "p")); diff != "" {
		t.Errorf("left in the folder (-want +got):\n%s", diff)
	}
	// Other files of the folder give the package its name.
	write(t, "q/doc.go", "// Package parcels is ours.\npackage parcels\n")
	if code, _, errs := smtpgen("generate", "--out", "q", "acme.yaml"); code != 0 {
		t.Fatal(errs)
	}
	data, err := os.ReadFile("q/ztable.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("\npackage parcels\n")) {
		t.Error("the package is not named as the files beside it")
	}
}
