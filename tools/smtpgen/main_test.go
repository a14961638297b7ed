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

func acmeYAML(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(home, "testdata", "outsider", "acme.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
