package gen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/gen"
	"github.com/tabellarius/tabellarius/gen/print"
)

// The table of extensions is put between two lines of the README; what stands
// around them stays, and without the lines it is an error that shows them.
func TestReadme(t *testing.T) {
	out := generate(t, gen.Options{})
	dir := t.TempDir()
	tree := gen.Tree{Dir: dir, Readme: filepath.Join(dir, "README.md")}
	if _, err := out.Changes(tree); err == nil {
		t.Error("no README, and no error")
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(tree.Readme, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("# Ours\n")
	if _, err := out.Changes(tree); err == nil || !strings.Contains(err.Error(), print.ReadmeBegin) || !strings.Contains(err.Error(), print.ReadmeEnd) {
		t.Errorf("a README without the lines: %v", err)
	}
	write("# Ours\n" + print.ReadmeBegin + "\nold\n" + print.ReadmeEnd + "\nmore\n")
	for round, want := range []int{1, 0} {
		changes, err := out.Changes(tree)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, c := range changes {
			if c.Path == tree.Readme {
				found++
			}
		}
		if found != want {
			t.Errorf("round %d: %d changes of the README, want %d", round, found, want)
		}
		if err := gen.Apply(changes); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(tree.Readme)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if !strings.HasPrefix(text, "# Ours\n"+print.ReadmeBegin+"\n") || !strings.HasSuffix(text, print.ReadmeEnd+"\nmore\n") || strings.Contains(text, "old") {
		t.Errorf("what stands around the table has changed:\n%s", text)
	}
	entries, err := filepath.Glob("../spec/extensions/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(text, "\n| ["); rows != len(entries) {
		t.Errorf("%d rows for %d extensions", rows, len(entries))
	}
}
