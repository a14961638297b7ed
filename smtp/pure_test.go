package smtp_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPure: no file of the package imports the network, the system, a log or a
// lock, asks for the time, or starts a goroutine; and nothing that it imports
// brings the network or TLS.
func TestPure(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		read++
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		clock := "" // what package time is called in this file
		for _, imp := range f.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if root, _, _ := strings.Cut(path, "/"); slices.Contains([]string{"net", "os", "log", "sync", "crypto", "runtime", "unsafe", "syscall", "context"}, root) {
				t.Errorf("%s imports %s", name, path)
			}
			if strings.Contains(path, ".") {
				t.Errorf("%s imports %s, which is not of the standard library", name, path)
			}
			if path == "time" {
				clock = "time"
				if imp.Name != nil {
					clock = imp.Name.Name
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s starts a goroutine", set.Position(n.Pos()))
			case *ast.ChanType:
				t.Errorf("%s has a channel", set.Position(n.Pos()))
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if ok && clock != "" && x.Name == clock && !slices.Contains([]string{"Duration", "Second", "Minute", "Hour", "Millisecond", "Time", "ParseInLocation", "RFC3339", "UTC"}, n.Sel.Name) {
					t.Errorf("%s: time.%s; of time this package may know durations, and dates that it is given", set.Position(n.Pos()), n.Sel.Name)
				}
			}
			return true
		})
	}
	if read < 10 {
		t.Errorf("%d files were read, want all of the package", read)
	}
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 10 {
		t.Errorf("%d packages are listed: %s", len(deps), out)
	}
	for _, path := range deps {
		if path == "net" || strings.HasPrefix(path, "net/") || strings.HasPrefix(path, "crypto") {
			t.Errorf("%s comes with what is imported", path)
		}
	}
}
