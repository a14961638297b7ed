//go:build takeout

package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// parts are the packages that are vetted and tested without an extension, by
// module: the library and what sends with it. The suite in conformance, the pages
// in docs and the samples of smtpgen are about every extension, so they go with
// all of them.
var parts = map[string][]string{
	".":     {"./spec", "./gen/...", "./smtp/...", "./auth", "./fuzz"},
	"tools": {"./smtpsend"},
}

// TestTakeOut takes out one file of spec/extensions at a time, with the test
// files that belong to the extension, and regenerates: the rest has to build,
// and its tests to pass.
func TestTakeOut(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repository(t), "spec", "extensions", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("expected the files of the extensions, found %d: %v", len(files), err)
	}
	for _, file := range files {
		extension := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(extension, func(t *testing.T) {
			began := time.Now()
			dir := copyRepository(t)
			if err := os.Remove(filepath.Join(dir, "spec", "extensions", filepath.Base(file))); err != nil {
				t.Fatal(err)
			}
			removed := removeTestsOf(t, dir, extension)
			gorun(t, dir, "./tools/smtpgen", "generate")
			for module, packages := range parts {
				for _, command := range [][]string{{"vet"}, {"test", "-short"}} {
					args := slices.Concat([]string{"-C", filepath.Join(dir, module)}, command, packages)
					if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
						t.Errorf("without %s, go %s in module %s: %v\n%s", extension, strings.Join(command, " "), module, err, out)
					}
				}
			}
			t.Logf("%d test files of the extension removed, %.0f s", removed, time.Since(began).Seconds())
		})
	}
}

// removeTestsOf removes the test files that belong to an extension, and counts
// them.
func removeTestsOf(t *testing.T, dir, extension string) (removed int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path == filepath.Join(dir, "auth"):
			return fs.SkipDir
		case d.IsDir() || !belongsTo(d.Name(), extension):
			return nil
		}
		removed++
		return os.Remove(path)
	})
	if err != nil {
		t.Fatal(err)
	}
	return removed
}

// belongsTo reports whether a test file belongs to an extension: it is among the
// words of its name.
func belongsTo(file, extension string) bool {
	words, ok := strings.CutSuffix(file, "_test.go")
	return ok && slices.Contains(strings.Split(words, "_"), extension)
}
