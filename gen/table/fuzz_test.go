package table_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/spec"
)

// FuzzLoad holds that no extension file makes the loader panic, that a table
// comes back exactly where there are no problems, and that every problem has a
// place in a file that was given, says something, and stands in order.
func FuzzLoad(f *testing.F) {
	for _, file := range append(glob(f, "testdata/good/*.yaml", "testdata/bad/*.yaml"), "testdata/base/states.yaml") {
		f.Add(string(read(f, file)))
	}
	own, err := fs.Glob(spec.FS, "extensions/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range own {
		f.Add(string(readFile(f, name).Data))
	}
	base := smallBase(f)
	f.Fuzz(func(t *testing.T, data string) {
		tab, problems := table.Load(base, table.File{Name: "fuzz.yaml", Data: []byte(data)})
		if (tab == nil) != (len(problems) > 0) {
			t.Fatalf("table %v, problems %v", tab != nil, problems)
		}
		rows := strings.Count(data, "\n") + 1
		for i, p := range problems {
			if p.Pos.File != "fuzz.yaml" && p.Pos.File != "spec/states.yaml" || p.Pos.Line < 1 || p.Pos.Col < 1 || p.Message == "" || p.Rule == "" {
				t.Errorf("problem without a place or a word: %v", p)
			}
			// what is missing at the end of the text stands on the line behind it
			if p.Pos.File == "fuzz.yaml" && p.Pos.Line > 1+rows+strings.Count(data, "\r")+strings.Count(data, "\u0085")+strings.Count(data, "\u2028")+strings.Count(data, "\u2029") {
				t.Errorf("line %d of %d: %v", p.Pos.Line, rows, p)
			}
			if i > 0 && p.Pos.File == problems[i-1].Pos.File && p.Pos.Line < problems[i-1].Pos.Line {
				t.Errorf("out of order: %v, then %v", problems[i-1], p)
			}
		}
	})
}
