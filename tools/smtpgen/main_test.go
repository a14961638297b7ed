package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// smtpgen runs the command and gives what it said.
func smtpgen(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestHelpTeaches(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"generate", "--help"}, {"check", "--help"}} {
		code, out, errs := smtpgen(args...)
		if code != 0 || errs != "" {
			t.Errorf("smtpgen %v exits with %d and says %q", args, code, errs)
		}
		wants := []string{"smtpgen generate --out acmesmtp acme.yaml", "generate", "check"}
		if len(args) > 1 {
			wants = []string{"--out=DIR", "--package=NAME", "--spec=DIR", "--doc=FILE", "[<files> ...]"}
		}
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("the help of smtpgen %v does not tell of %s:\n%s", args, want, out)
			}
		}
	}
}

func TestWrongUse(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "acme.yaml"), acmeYAML(t))
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"a flag that is not there", []string{"generate", "--outdir", dir}, "--outdir"},
		{"a command that is not there", []string{"build"}, "build"},
		{"a file that is not there", []string{"generate", "--out", dir, filepath.Join(dir, "none.yaml")}, "none.yaml"},
		{"a name that is none", []string{"generate", "--out", dir, "--package", "acme-smtp", filepath.Join(dir, "acme.yaml")}, `"acme-smtp"`},
		{"a base without a table", []string{"generate", "--out", dir, "--spec", dir}, "states.yaml"},
	} {
		code, _, errs := smtpgen(c.args...)
		if code == 0 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit code %d, %q; want an error with %q", c.name, code, errs, c.want)
		}
	}
	if diff := cmp.Diff([]string{"acme.yaml"}, names(t, dir)); diff != "" {
		t.Errorf("left in the folder (-want +got):\n%s", diff)
	}
}

func TestNoFilesOutsideOfACheckout(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, errs := smtpgen("generate")
	if code == 0 || !strings.Contains(errs, "smtpgen generate --out acmesmtp acme.yaml") {
		t.Errorf("exit code %d, %q; want to hear what to do", code, errs)
	}
}

// In a checkout, from any of its folders, it is package smtp that is checked.
func TestCheckout(t *testing.T) {
	for _, dir := range []string{"../..", "../../gen/plan"} {
		t.Run(dir, func(t *testing.T) {
			t.Chdir(dir)
			if code, out, errs := smtpgen("check"); code != 0 {
				t.Errorf("exit code %d: %s%s", code, out, errs)
			}
		})
	}
}

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

func acmeYAML(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(home, "testdata", "outsider", "acme.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// home is the folder of this package: tests go elsewhere.
var home = func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}()

// names lists the entries of a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
