package main

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/tabellarius/tabellarius/gen"
	"github.com/tabellarius/tabellarius/gen/table"
)

// errReported says that the output has told already what is wrong.
var errReported = errors.New("out of date")

// target says what to compile, and into what.
type target struct {
	Out     string   `placeholder:"DIR" help:"Folder of the package. Default: this folder; without FILES, smtp in the checkout."`
	Package string   `placeholder:"NAME" help:"Name of the package. Default: that of the Go files in the folder, or the folder's."`
	Spec    string   `placeholder:"DIR" help:"Folder with another base table: states.yaml and extensions/*.yaml. The package then defines all of it and takes nothing of package smtp's own table."`
	Doc     string   `placeholder:"FILE" help:"Also write the table as a page for people, in Markdown."`
	Files   []string `arg:"" optional:"" help:"Extension files, in the order in which they are numbered: new ones go to the end."`
}

// changes compiles the table and compares; command is the one that would make
// the changes.
func (t *target) changes() (changes []gen.Change, command string, err error) {
	o, tree, err := t.resolve()
	if err != nil {
		return nil, "", err
	}
	out, err := gen.Generate(o)
	if err != nil {
		return nil, "", err
	}
	changes, err = out.Changes(tree)
	if err != nil {
		return nil, "", fmt.Errorf("smtpgen: %w", err)
	}
	return changes, t.command(), nil
}

func (t *target) write(out io.Writer, changes []gen.Change) error {
	if err := gen.Apply(changes); err != nil {
		return fmt.Errorf("smtpgen: %w", err)
	}
	for _, c := range changes {
		fmt.Fprintln(out, c.Done())
	}
	if len(changes) == 0 {
		fmt.Fprintln(out, "nothing has changed")
	}
	return nil
}

// resolve fills in what the flags leave open.
func (t *target) resolve() (gen.Options, gen.Tree, error) {
	if len(t.Files) == 0 && t.Package == "" && t.Spec == "" {
		return t.repository()
	}
	o, tree := gen.Options{Package: t.Package}, gen.Tree{Dir: t.Out, Page: t.Doc}
	if tree.Dir == "" {
		tree.Dir = "."
	}
	if t.Spec != "" {
		if _, err := os.Stat(filepath.Join(t.Spec, "states.yaml")); err != nil {
			return o, tree, fmt.Errorf("smtpgen: --spec is a folder with states.yaml and extensions/*.yaml: %w", err)
		}
		o.Base = os.DirFS(t.Spec)
	}
	for _, name := range t.Files {
		data, err := os.ReadFile(name)
		if err != nil {
			return o, tree, fmt.Errorf("smtpgen: can't read the extension file: %w", err)
		}
		o.Files = append(o.Files, table.File{Name: name, Data: data})
	}
	if o.Package == "" {
		name, err := packageName(tree.Dir)
		if err != nil {
			return o, tree, err
		}
		o.Package = name
	}
	return o, tree, nil
}

// repository is for work on the library itself: its table goes into package
// smtp.
func (t *target) repository() (gen.Options, gen.Tree, error) {
	root, err := checkout()
	if err != nil {
		return gen.Options{}, gen.Tree{}, err
	}
	tree := gen.Tree{Dir: filepath.Join(root, "smtp"), Page: filepath.Join(root, "docs", "protocol.md"), Readme: filepath.Join(root, "README.md"), List: filepath.Join(root, "fuzz", "typed", "zlist.go")}
	if t.Out != "" {
		tree.Dir = t.Out
	}
	if t.Doc != "" {
		tree.Page = t.Doc
	}
	return gen.Options{Base: os.DirFS(filepath.Join(root, "spec"))}, tree, nil
}

// checkout finds the root of a checkout of the library, as seen from here.
func checkout() (string, error) {
	dir := "."
	for range 64 {
		if data, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && strings.HasPrefix(string(data), "module github.com/tabellarius/tabellarius\n") {
			return dir, nil
		}
		dir = filepath.Join(dir, "..")
	}
	return "", fmt.Errorf("smtpgen: no extension file is named, and this folder is in no checkout of tabellarius: name your files, as in\n  smtpgen generate --out acmesmtp acme.yaml")
}

// command is what makes the changes that a check has found.
func (t *target) command() string {
	words := []string{"smtpgen", "generate"}
	for _, f := range []struct{ name, value string }{{"--out", t.Out}, {"--package", t.Package}, {"--spec", t.Spec}, {"--doc", t.Doc}} {
		if f.value != "" {
			words = append(words, f.name, f.value)
		}
	}
	words = append(words, t.Files...)
	if len(words) == 2 {
		return "make generate"
	}
	return strings.Join(words, " ")
}

// packageName is the name that the Go files of a folder have, or else one made
// of the folder's.
func packageName(dir string) (string, error) {
	files, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil {
		return "", err
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.PackageClauseOnly); err == nil {
			return f.Name.Name, nil
		}
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	name := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, filepath.Base(path)))
	if !token.IsIdentifier(name) {
		return "", fmt.Errorf("smtpgen: no name for the package can be made of the folder %s: say one with --package", path)
	}
	return name, nil
}
