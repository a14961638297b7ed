// Package docs_test holds the documentation to the code: what it shows
// compiles, what it links to is there, what it claims is so.
package docs_test

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages are the Markdown files that are held to the code.
func pages(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, pattern := range []string{"*.md", "../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md", "../SECURITY.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, found...)
	}
	return list
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A snippet is Go code in a page.
type snippet struct {
	page string
	line int // of its first line, from 1
	code string
}

// TestSnippetsCompile compiles every block of Go in the pages. A block that says
// of which test it is part stands there letter by letter.
func TestSnippetsCompile(t *testing.T) {
	var all []string
	for _, page := range pages(t) {
		for _, s := range blocks(page, read(t, page)) {
			all = append(all, s.file())
		}
	}
	if len(all) == 0 {
		t.Fatal("expected snippets in the pages, found none")
	}
	build(t, all)
}

var origin = regexp.MustCompile(`^<!-- from (\S+_test\.go) -->$`)

// TestSnippetsAreTested holds that a block which says of which test it is part
// is a part of it.
func TestSnippetsAreTested(t *testing.T) {
	for _, page := range pages(t) {
		text := read(t, page)
		lines := strings.Split(text, "\n")
		for _, s := range blocks(page, text) {
			m := origin.FindStringSubmatch(lines[max(0, s.line-3)])
			if m != nil && !strings.Contains(read(t, m[1]), s.code) {
				t.Errorf("%s:%d: the block is no part of %s", page, s.line, m[1])
			}
		}
	}
}

// blocks gives the blocks of Go in a page.
func blocks(page, text string) (list []snippet) {
	var block *snippet
	for i, line := range strings.Split(text, "\n") {
		switch {
		case block == nil && line == "```go":
			block = &snippet{page: page, line: i + 2}
		case block != nil && line == "```":
			list = append(list, *block)
			block = nil
		case block != nil:
			block.code += line + "\n"
		}
	}
	return list
}

// columns cuts a row of a table, nil if the line is none.
func columns(line string) []string {
	if !strings.HasPrefix(line, "|") {
		return nil
	}
	row := strings.Split(strings.Trim(line, "|"), "|")
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	return row
}

// packages are what snippets take for imported, unless they import by themselves.
var packages = map[string]string{
	"auth":       "github.com/tabellarius/tabellarius/auth",
	"smtp":       "github.com/tabellarius/tabellarius/smtp",
	"smtpclient": "github.com/tabellarius/tabellarius/smtp/smtpclient",
	"smtptest":   "github.com/tabellarius/tabellarius/smtp/smtptest",
	"message":    "github.com/tabellarius/tabellarius/smtp/message",
	"context":    "context",
	"tls":        "crypto/tls",
	"errors":     "errors",
	"fmt":        "fmt",
	"io":         "io",
	"log":        "log",
	"net":        "net",
	"os":         "os",
	"slices":     "slices",
	"strings":    "strings",
	"time":       "time",
}

// given are the names that snippets take for declared.
const given = `
var (
	ctx      context.Context
	conn     net.Conn
	body     io.Reader
	s        *smtp.Session
	ev       smtp.Event
	reply    smtp.Reply
	params   smtp.Params
	delivery smtp.Delivery
	c        *smtpclient.Client
	cfg      smtpclient.Config
	env      smtpclient.Envelope
	m        *message.Message
	p        []byte
	err      error
)

func use(...any) {}
`

// file makes a Go file of a block: as it is, around its declarations, or
// around its statements.
func (s snippet) file() string {
	if strings.HasPrefix(s.code, "package ") {
		return fmt.Sprintf("//line %s:%d\n%s", s.page, s.line, s.code)
	}
	if declared := s.wrap("", s.code, ""); parses(declared) {
		return declared
	}
	return s.body()
}

// body makes a Go file of statements.
func (s snippet) body() string {
	return s.wrap(given+"\nfunc _() {\n", s.code, "}\n")
}

func (s snippet) wrap(before, code, after string) string {
	var b strings.Builder
	b.WriteString("package snippet\n")
	for name, path := range packages {
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(before + code) {
			fmt.Fprintf(&b, "import %q\n", path)
		}
	}
	fmt.Fprintf(&b, "%s//line %s:%d\n%s%s", before, s.page, s.line, code, after)
	return b.String()
}

func parses(file string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", file, 0)
	return err == nil
}

// build compiles files, each as a package of its own, without writing them into
// the tree: the go command lays them over it.
func build(t *testing.T, files []string) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	temporary := t.TempDir()
	args := []string{"build", "-o", os.DevNull, "-overlay", filepath.Join(temporary, "overlay.json")}
	for i, text := range files {
		name := fmt.Sprintf("snippet%d", i)
		real := filepath.Join(temporary, name+".go")
		if err := os.WriteFile(real, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(here, name, name+".go")] = real
		args = append(args, "./"+name)
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(args[4], list, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Errorf("go build: %v\n%s", err, out)
	}
}
