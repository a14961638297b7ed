// Package gen compiles the protocol table into Go and into a page for people:
// it loads the YAML, checks it, plans what to say and prints it. Command
// smtpgen is a thin main over it.
package gen

import (
	"fmt"
	"go/token"
	"io/fs"

	"github.com/tabellarius/tabellarius/gen/plan"
	"github.com/tabellarius/tabellarius/gen/print"
	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/spec"
)

// Options say what to compile, and into what. The zero value compiles the
// library's own table into package smtp.
type Options struct {
	// Base holds states.yaml and extensions/*.yaml. Nil is the table that this
	// library was built with, [spec.FS].
	Base fs.FS
	// Files are extension files of a user, in the order in which their
	// definitions are numbered.
	Files []table.File
	// Package is the name of the package to write. Empty means package smtp
	// itself, which defines all that the table names.
	//
	// Any other package takes the library's own commands, states and so on from
	// package smtp and defines what Files bring; on a Base of one's own it
	// defines everything, since package smtp has other numbers then.
	Package string
}

// File is one rendered file; Name has no folder.
type File = print.File

// Output is what a table compiles to.
type Output struct {
	Package []File // Go files
	Page    []byte // docs/protocol.md
	Table   []byte // the table of extensions in README.md
	List    []byte // of package smtp itself: what it has a type for, as a package for tests
}

// Generate compiles a table. The error lists all that is wrong with it, one
// problem a line as FILE:LINE:COL: rule: message; nothing is rendered then.
func Generate(o Options) (*Output, error) {
	p, err := newPlan(o)
	if err != nil {
		return nil, err
	}
	name, path := o.Package, "user/"+o.Package
	if name == "" {
		name, path = "smtp", print.Engine
	}
	files, err := print.Go(p, name, path)
	if err != nil {
		return nil, err
	}
	out := &Output{Package: files, Page: print.Page(p), Table: print.ExtensionTable(p)}
	if o.Package == "" {
		if out.List, err = print.List(p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func newPlan(o Options) (*plan.Plan, error) {
	if o.Package == "" && len(o.Files) > 0 {
		return nil, fmt.Errorf("gen: extension files of a user go into a package of their own, not into package smtp: name it")
	}
	if o.Package != "" && !token.IsIdentifier(o.Package) {
		return nil, fmt.Errorf("gen: %q can't be the name of a package in Go: take letters and digits, such as acmesmtp", o.Package)
	}
	base, whole := o.Base, o.Package == "" || o.Base != nil
	if base == nil {
		base = spec.FS
	}
	t, problems := table.Load(base, o.Files...)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return plan.New(t, whole)
}
