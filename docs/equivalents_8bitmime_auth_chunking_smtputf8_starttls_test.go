package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEquivalentsCompile compiles every piece of code in a table's column "In
// Go".
func TestEquivalentsCompile(t *testing.T) {
	var all []string
	for _, page := range pages(t) {
		if cells := cells(page, read(t, page)); len(cells) > 0 {
			var b strings.Builder
			for _, c := range cells {
				b.WriteString(c.statement(t))
			}
			all = append(all, snippet{page, 1, b.String()}.body())
		}
	}
	if len(all) == 0 {
		t.Fatal("expected pieces of code in tables, found none")
	}
	build(t, all)
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// cells gives the pieces of code in the columns "In Go" of a page's tables.
func cells(page, text string) (list []snippet) {
	column := -1
	for i, line := range strings.Split(text, "\n") {
		row := columns(line)
		switch {
		case row == nil:
			column = -1
		case column < 0:
			column = slices.Index(row, "In Go")
		case column < len(row):
			for _, m := range codeSpan.FindAllStringSubmatch(row[column], -1) {
				list = append(list, snippet{page, i + 1, m[1]})
			}
		}
	}
	return list
}

// statement makes a statement of an expression or a pointer's type.
func (s snippet) statement(t *testing.T) string {
	x, err := parser.ParseExpr(s.code)
	if err != nil {
		t.Errorf("%s:%d: expected an expression of Go, got %q", s.page, s.line, s.code)
		return ""
	}
	code := "use(" + s.code + ")"
	switch x.(type) {
	case *ast.CallExpr:
		code = s.code
	case *ast.StarExpr:
		code = "var _ " + s.code
	}
	return fmt.Sprintf("//line %s:%d\n%s\n", s.page, s.line, code)
}
