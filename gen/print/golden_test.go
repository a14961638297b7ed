package print

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/gen/plan"
	"github.com/tabellarius/tabellarius/gen/table"
)

var write = flag.Bool("write", false, "write the golden files instead of comparing them")

// TestGolden compares every printed form of a small table, as package smtp
// would have it and as a user's package has it, with testdata/golden. After a
// wanted change: go test ./gen/print -write
func TestGolden(t *testing.T) {
	acme, err := os.ReadFile("testdata/acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path string
		files      []table.File
	}{
		{"smtp", Engine, nil},
		{"acmesmtp", "example.com/acmesmtp", []table.File{{Name: "acme.yaml", Data: acme}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := load(t, c.path == Engine, c.files...)
			files, err := Go(p, c.name, c.path)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, File{"protocol.md", Page(p)})
			dir := filepath.Join("testdata", "golden", c.name)
			wanted := map[string]bool{}
			for _, f := range files {
				wanted[f.Name+".golden"] = true
				compare(t, filepath.Join(dir, f.Name+".golden"), f.Data)
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if !wanted[e.Name()] {
					t.Errorf("%s: nothing prints it", filepath.Join(dir, e.Name()))
				}
			}
		})
	}
}

func load(t *testing.T, whole bool, files ...table.File) *plan.Plan {
	t.Helper()
	tbl, problems := table.Load(os.DirFS("testdata/small"), files...)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	p, err := plan.New(tbl, whole)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *write {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s (-want +got):\n%s", path, cmp.Diff(string(want), string(got)))
	}
}

// TestDeterministic prints the same plan again and again: maps have no order.
func TestDeterministic(t *testing.T) {
	render := func() []byte {
		p := load(t, true)
		files, err := Go(p, "smtp", Engine)
		if err != nil {
			t.Fatal(err)
		}
		all := Page(p)
		for _, f := range files {
			all = append(all, f.Data...)
		}
		return all
	}
	first := render()
	for range 20 {
		if diff := cmp.Diff(string(first), string(render())); diff != "" {
			t.Fatalf("two runs differ:\n%s", diff)
		}
	}
}
