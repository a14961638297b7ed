package gen_test

import (
	"bytes"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/gen"
	"github.com/tabellarius/tabellarius/gen/print"
	"github.com/tabellarius/tabellarius/gen/table"
)

const acme = `
extension: ACME
cite: "the ACME manual"
about: "parcels"
keyword: {}
commands:
  XPARCEL:
    cite: "ACME manual, 3"
    verb: XPARCEL
    args: [{name: word}]
    in: [idle]
    group: last
    timeout: 30s
    replies:
      - {code: 2yz, to: same, cite: "ACME manual, 3"}
`

func acmeFile(data string) table.File { return table.File{Name: "acme.yaml", Data: []byte(data)} }

// Every Go file has the marker on its first line and is as gofmt writes it.
func TestFilesAreMarkedAndFormatted(t *testing.T) {
	for _, o := range []gen.Options{{}, {Package: "acmesmtp", Files: []table.File{acmeFile(acme)}}, {Package: "other", Base: os.DirFS("../spec")}} {
		for _, f := range generate(t, o).Package {
			if !bytes.HasPrefix(f.Data, []byte(print.Marker+"\n")) {
				t.Errorf("%s: the first line is not %q", f.Name, print.Marker)
			}
			formatted, err := format.Source(f.Data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(formatted), string(f.Data)); diff != "" {
				t.Errorf("%s is not as gofmt has it (-gofmt +generated):\n%s", f.Name, diff)
			}
		}
	}
}

// A user's package names what package smtp has, and a package made of another
// base table has all of its own.
func TestWhoDefinesWhat(t *testing.T) {
	text := func(o gen.Options) string {
		var b strings.Builder
		for _, f := range generate(t, o).Package {
			b.Write(f.Data)
		}
		return b.String()
	}
	user := text(gen.Options{Package: "acmesmtp", Files: []table.File{acmeFile(acme)}})
	whole := text(gen.Options{Package: "other", Base: os.DirFS("../spec")})
	for _, c := range []struct {
		what, in, want string
		not            bool
	}{
		{"a user's package", user, "smtp.StateReady", false},
		{"a user's package", user, "var c smtp.Mail\n", false},
		{"a user's package", user, "type Mail struct", true},
		{"a user's package", user, "type Xparcel struct", false},
		{"a package of another base", whole, "smtp.StateReady", true},
		{"a package of another base", whole, "type Mail struct", false},
		{"a package of another base", whole, "func (s *Session)", true},
	} {
		if strings.Contains(c.in, c.want) == c.not {
			t.Errorf("%s has %q: %v", c.what, c.want, !c.not)
		}
	}
}

func TestGenerateSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name string
		o    gen.Options
		want string
	}{
		{"a user's file into package smtp", gen.Options{Files: []table.File{acmeFile(acme)}}, "a package of their own"},
		{"no name of a package", gen.Options{Package: "acme-smtp"}, `"acme-smtp" can't be the name of a package`},
		{"a state that is not there", gen.Options{Package: "a", Files: []table.File{acmeFile(strings.Replace(acme, "[idle]", "[nowhere]", 1))}}, "acme.yaml:11:10: "},
		{"no table", gen.Options{Package: "a", Base: os.DirFS("testdata")}, "states.yaml"},
	} {
		out, err := gen.Generate(c.o)
		if err == nil || out != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want an error with %q", c.name, err, c.want)
		}
	}
}

func TestChanges(t *testing.T) {
	out := generate(t, gen.Options{Package: "acmesmtp", Files: []table.File{acmeFile(acme)}})
	dir := filepath.Join(t.TempDir(), "a[b]c") // signs that patterns give a meaning to
	tree := gen.Tree{Dir: dir, Page: filepath.Join(dir, "docs", "protocol.md")}
	apply := func() []string {
		t.Helper()
		changes, err := out.Changes(tree)
		if err != nil {
			t.Fatal(err)
		}
		if err := gen.Apply(changes); err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, c := range changes {
			path, err := filepath.Rel(dir, c.Path)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, path+": "+c.Why)
		}
		return list
	}
	want := []string{"zstates.go: missing", "zcommands.go: missing", "zextensions.go: missing", "ztable.go: missing", "docs/protocol.md: missing"}
	if diff := cmp.Diff(want, apply()); diff != "" {
		t.Errorf("into an empty folder (-want +got):\n%s", diff)
	}
	if again := apply(); len(again) > 0 {
		t.Errorf("at once again: %v", again)
	}
	put(t, filepath.Join(dir, "ztable.go"), print.Marker+"\n\npackage acmesmtp\n")
	put(t, filepath.Join(dir, "zold.go"), print.Marker+"\n\npackage acmesmtp\n")
	put(t, filepath.Join(dir, "zebra.go"), "package acmesmtp\n")
	if diff := cmp.Diff([]string{"ztable.go: out of date", "zold.go: no longer generated"}, apply()); diff != "" {
		t.Errorf("with a file too old and one too many (-want +got):\n%s", diff)
	}
	wantFiles := []string{"docs/protocol.md", "zcommands.go", "zebra.go", "zextensions.go", "zstates.go", "ztable.go"}
	if diff := cmp.Diff(wantFiles, files(t, dir)); diff != "" {
		t.Errorf("left in the folder (-want +got):\n%s", diff)
	}
}

// A file that somebody wrote by hand is never overwritten.
func TestChangesSpareForeignFiles(t *testing.T) {
	out := generate(t, gen.Options{Package: "acmesmtp", Files: []table.File{acmeFile(acme)}})
	dir := t.TempDir()
	for _, name := range []string{"zstates.go", "protocol.md"} {
		path := filepath.Join(dir, name)
		put(t, path, "mine\n")
		_, err := out.Changes(gen.Tree{Dir: dir, Page: filepath.Join(dir, "protocol.md")})
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("a %s written by hand is in the way: %v", name, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// Where one file can't be written none is, and nothing stays behind.
func TestApplyWritesAllOrNothing(t *testing.T) {
	out := generate(t, gen.Options{Package: "acmesmtp", Files: []table.File{acmeFile(acme)}})
	dir := t.TempDir()
	put(t, filepath.Join(dir, "docs"), "a file, where a folder is wanted\n")
	changes, err := out.Changes(gen.Tree{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	page, err := out.Changes(gen.Tree{Dir: filepath.Join(dir, "empty"), Page: filepath.Join(dir, "protocol.md")})
	if err != nil {
		t.Fatal(err)
	}
	last := page[len(page)-1]
	last.Path = filepath.Join(dir, "docs", "protocol.md")
	if err := gen.Apply(append(changes, last)); err == nil {
		t.Error("the page can't be written, and nothing says so")
	}
	if diff := cmp.Diff([]string{"docs"}, files(t, dir)); diff != "" {
		t.Errorf("left in the folder (-want +got):\n%s", diff)
	}
}

func put(t *testing.T, path, data string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// files lists what is in a folder and below.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
