package gen

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/tabellarius/tabellarius/gen/print"
)

// A Tree is where an output belongs.
type Tree struct {
	Dir  string // of the Go package
	Page string // the file of the page for people; empty: none
	// Readme is a file with the table of extensions between two marked lines;
	// empty: none.
	Readme string
	List   string // the file of what has a type; empty: none
}

// A Change is what one file lacks to be what the table says.
type Change struct {
	Path string
	Why  string // missing, out of date, or no longer generated
	data []byte // nil: the file goes
}

// String gives path and reason.
func (c Change) String() string { return c.Path + ": " + c.Why }

// Done says what [Apply] has done.
func (c Change) Done() string {
	if c.data == nil {
		return "removed " + c.Path
	}
	return "wrote " + c.Path
}

// Changes compares the output with the files that are there and writes
// nothing. Files of the package that smtpgen wrote once and that nothing
// generates any more are changes too. A file in the way that smtpgen did not
// write is an error.
func (o *Output) Changes(t Tree) ([]Change, error) {
	var changes []Change
	compare := func(path, marker string, data []byte) error {
		old, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			changes = append(changes, Change{path, "missing", data})
		case err != nil:
			return err
		case !marked(old, marker):
			return fmt.Errorf("%s is not a file that smtpgen wrote, and would be overwritten: move it away, or choose another folder", path)
		case !bytes.Equal(old, data):
			changes = append(changes, Change{path, "out of date", data})
		}
		return nil
	}
	wanted := map[string]bool{}
	for _, f := range o.Package {
		path := filepath.Join(t.Dir, f.Name)
		wanted[path] = true
		if err := compare(path, print.Marker, f.Data); err != nil {
			return nil, err
		}
	}
	if t.Page != "" {
		if err := compare(t.Page, print.DocMarker, o.Page); err != nil {
			return nil, err
		}
	}
	if t.List != "" {
		if err := compare(t.List, print.Marker, o.List); err != nil {
			return nil, err
		}
	}
	if t.Readme != "" {
		old, err := os.ReadFile(t.Readme)
		if err != nil {
			return nil, err
		}
		data, err := between(t.Readme, old, o.Table)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(old, data) {
			changes = append(changes, Change{t.Readme, "its table of extensions is out of date", data})
		}
	}
	files, err := filepath.Glob(filepath.Join(escape(t.Dir), "z*.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		if wanted[path] {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if marked(data, print.Marker) {
			changes = append(changes, Change{path, "no longer generated", nil})
		}
	}
	return changes, nil
}

// between puts a table between the two marked lines of a file.
func between(path string, old, table []byte) ([]byte, error) {
	begin, end := []byte(print.ReadmeBegin+"\n"), []byte(print.ReadmeEnd+"\n")
	from, to := bytes.Index(old, begin), bytes.Index(old, end)
	if from < 0 || to < from {
		return nil, fmt.Errorf("%s lacks the lines between which the table of extensions stands: put them in\n%s%s", path, begin, end)
	}
	return slices.Concat(old[:from], begin, []byte("\n"), table, []byte("\n"), old[to:]), nil
}

// Apply makes the changes. All new files are written whole, under other names
// beside their places, before the first takes its place.
func Apply(changes []Change) (err error) {
	temporary := make([]string, len(changes))
	defer func() {
		for _, name := range temporary {
			if name != "" {
				err = errors.Join(err, os.Remove(name))
			}
		}
	}()
	for i, c := range changes {
		if c.data == nil {
			continue
		}
		if temporary[i], err = beside(c.Path, c.data); err != nil {
			return err
		}
	}
	for i, c := range changes {
		if c.data == nil {
			err = os.Remove(c.Path)
		} else if err = os.Rename(temporary[i], c.Path); err == nil {
			temporary[i] = ""
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// beside writes data to a new file in the folder of path.
func beside(path string, data []byte) (name string, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".smtpgen-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	return f.Name(), errors.Join(err, f.Chmod(0o644), f.Close())
}

// marked reports whether the first line of a file is the marker.
func marked(data []byte, marker string) bool {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	return string(bytes.TrimRight(first, "\r")) == marker
}

// escape takes the meaning of a pattern from the signs of a folder's name.
func escape(dir string) string {
	var b bytes.Buffer
	for _, r := range dir {
		if r == '*' || r == '?' || r == '[' {
			b.WriteString("[" + string(r) + "]")
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
