package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tabellarius/tabellarius/gen"
	"github.com/tabellarius/tabellarius/gen/table"
)

// source says which table to read.
type source struct {
	Spec  string   `placeholder:"DIR" help:"Folder with another base table: states.yaml and extensions/*.yaml. Default: in a checkout its own, else the one that smtpgen was built with."`
	Files []string `name:"with" sep:"none" placeholder:"FILE" help:"Extension file to add; may be said more than once."`
}

// options are those for a table that is only read.
func (s *source) options() (gen.Options, error) {
	t := target{Spec: s.Spec, Files: s.Files, Package: "read"}
	if t.Spec == "" {
		if root, err := checkout(); err == nil {
			t.Spec = filepath.Join(root, "spec")
		}
	}
	o, _, err := t.resolve()
	return o, err
}

type explain struct {
	Name string `arg:"" help:"As in the table: mailtx, MAIL, SIZE, DSN. Letter case does not matter."`
	source
}

func (*explain) Help() string {
	return `  smtpgen explain RCPT
  smtpgen explain recipient_sent
  smtpgen explain --with acme.yaml XPARCEL`
}

func (e *explain) Run(out io.Writer) error {
	o, err := e.options()
	if err != nil {
		return err
	}
	text, err := gen.Explain(o, e.Name)
	fmt.Fprint(out, text)
	return err
}

type diagram struct{ source }

func (d *diagram) Run(out io.Writer) error {
	o, err := d.options()
	if err != nil {
		return err
	}
	text, err := gen.Diagram(o)
	fmt.Fprint(out, text)
	return err
}

type diff struct {
	A string `arg:"" help:"A folder with states.yaml and extensions/*.yaml, an extension file that is added to the library's table, or the word library for that table alone."`
	B string `arg:"" help:"Likewise."`
}

func (*diff) Help() string {
	return `Exits with 1 where the tables differ.

  smtpgen diff library acme.yaml
  smtpgen diff ../release/spec spec`
}

func (d *diff) Run(out io.Writer) error {
	a, err := named(d.A)
	if err != nil {
		return err
	}
	b, err := named(d.B)
	if err != nil {
		return err
	}
	text, err := gen.Diff(a, b)
	if err != nil {
		return err
	}
	if text == "" {
		fmt.Fprintln(out, "the tables say the same")
		return nil
	}
	fmt.Fprint(out, text)
	return errReported
}

// named reads which table a word on the command line is.
func named(name string) (gen.Options, error) {
	o := gen.Options{Package: "read"}
	if name == "library" {
		return (&source{}).options()
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return o, fmt.Errorf("smtpgen: expected a folder, an extension file, or the word library: %w", err)
	case info.IsDir():
		return (&source{Spec: name}).options()
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return o, fmt.Errorf("smtpgen: can't read the extension file: %w", err)
	}
	o, err = (&source{}).options()
	o.Files = []table.File{{Name: name, Data: data}}
	return o, err
}
