package table_test

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/spec"
)

func TestLoadOwnTable(t *testing.T) {
	tab, problems := table.Load(spec.FS)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if tab.Start.Text != "greeting_expected" || len(tab.Extensions) == 0 {
		t.Errorf("the table starts in %q and has %d extensions", tab.Start.Text, len(tab.Extensions))
	}
}

// Any extension file can be taken out, and any stands alone with the base.
func TestLoadAnyExtension(t *testing.T) {
	whole, problems := table.Load(spec.FS)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	requires := map[string][]string{}
	for _, e := range whole.Extensions {
		for _, n := range e.Requires {
			requires[e.Name.Text] = append(requires[e.Name.Text], n.Text)
		}
	}
	load := func(t *testing.T, take func(ext string) bool) {
		t.Helper()
		files := fstest.MapFS{"states.yaml": readFile(t, "states.yaml")}
		for _, e := range whole.Extensions {
			if take(e.Name.Text) {
				name := path.Join("extensions", path.Base(e.File))
				files[name] = readFile(t, name)
			}
		}
		tab, problems := table.Load(files)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		if got, want := len(tab.Extensions), len(files)-1; got != want {
			t.Errorf("%d extensions were loaded of %d files", got, want)
		}
	}
	// needs says whether ext needs other, by itself or through others.
	var needs func(ext, other string) bool
	needs = func(ext, other string) bool {
		return ext == other || slices.ContainsFunc(requires[ext], func(r string) bool { return needs(r, other) })
	}
	for _, e := range whole.Extensions {
		one := e.Name.Text
		t.Run("without/"+one, func(t *testing.T) { load(t, func(ext string) bool { return !needs(ext, one) }) })
		t.Run("alone/"+one, func(t *testing.T) { load(t, func(ext string) bool { return needs(one, ext) }) })
	}
	t.Run("base", func(t *testing.T) { load(t, func(string) bool { return false }) })
}

func readFile(t testing.TB, name string) *fstest.MapFile {
	t.Helper()
	data, err := fs.ReadFile(spec.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: data}
}

func lines(s string) []string {
	return slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool { return l == "" })
}
