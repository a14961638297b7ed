package gen_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/gen"
	"github.com/tabellarius/tabellarius/gen/print"
)

// root is the top of the repository.
const root = ".."

// TestFresh compares what spec/ compiles to with the files of the tree.
func TestFresh(t *testing.T) {
	changes, err := generate(t, gen.Options{}).Changes(tree())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		t.Errorf("%s; run: make generate", c)
	}
}

// TestNoOrphans looks for files anywhere that bear the mark of smtpgen and
// that nothing generates.
func TestNoOrphans(t *testing.T) {
	out := generate(t, gen.Options{})
	known := map[string]bool{filepath.Clean(tree().Page): true, filepath.Clean(tree().List): true}
	for _, f := range out.Package {
		known[filepath.Join(tree().Dir, f.Name)] = true
	}
	found := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || name != ".." && strings.HasPrefix(name, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		first, _, _ := bytes.Cut(data, []byte("\n"))
		if line := string(first); line != print.Marker && line != print.DocMarker {
			return nil
		}
		found++
		if !known[path] {
			t.Errorf("%s says that smtpgen wrote it, and nothing generates it: remove it", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found != len(known) {
		t.Errorf("found %d generated files, expected %d", found, len(known))
	}
}

func tree() gen.Tree {
	return gen.Tree{Dir: filepath.Join(root, "smtp"), Page: filepath.Join(root, "docs", "protocol.md"), Readme: filepath.Join(root, "README.md"), List: filepath.Join(root, "fuzz", "typed", "zlist.go")}
}

func generate(t *testing.T, o gen.Options) *gen.Output {
	t.Helper()
	out, err := gen.Generate(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
