package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestAdding does what docs/adding.md says: it puts the entry into its file, runs
// the case, and plants the faults. The files are laid over those of the tree.
func TestAdding(t *testing.T) {
	page, err := os.ReadFile("../../docs/adding.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```go entry\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) != 3 {
		t.Fatalf("expected an entry and two faults in docs/adding.md, got %d pieces of Go", len(blocks))
	}
	entry := func(name, before, text string) map[string]string {
		return map[string]string{name: strings.Replace(read(t, name), before, before+text, 1)}
	}
	cases := entry("../../conformance/rfc5321_small.go", "var smallCases = []Case{\n", blocks[0])

	out, err := laid(t, cases, "go", "run", "-overlay", "OVERLAY", ".", "run", "--id", "rset-small-letters", "--all")
	if err != nil || !strings.Contains(out, "pass    rset-small-letters (MUST, RFC 5321 §2.4; §4.1.1.5)") {
		t.Errorf("%v\n%s", err, out)
	}
	for i, want := range []string{"did not complain", "ok"} {
		faults := entry("../../conformance/mutants_test.go", "var commandMutants = []mutant{\n", blocks[1+i])
		for name, text := range cases {
			faults[name] = text
		}
		out, err := laid(t, faults, "go", "test", "-overlay", "OVERLAY", "-run", "TestMutants/each/RSET_by_case", "../../conformance")
		if (err == nil) != (want == "ok") || !strings.Contains(out, want) && want == "ok" || want != "ok" && !strings.Contains(out, "rset-small-letters") {
			t.Errorf("with the %d. fault: expected %q: %v\n%s", i+1, want, err, out)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// laid runs a command in which OVERLAY names a file that lays texts over files.
func laid(t *testing.T, files map[string]string, command ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for name, text := range files {
		at, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		over := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(over, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		replace[at] = over
	}
	overlay := filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, list, 0o644); err != nil {
		t.Fatal(err)
	}
	for i := range command {
		if command[i] == "OVERLAY" {
			command[i] = overlay
		}
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = "."
	out, err := cmd.CombinedOutput()
	return string(out), err
}
