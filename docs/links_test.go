package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestLinks holds that every link to a file of the repository leads to one, and
// every link to a heading to a heading.
func TestLinks(t *testing.T) {
	list := pages(t)
	if len(list) == 0 {
		t.Fatal("expected pages, found none")
	}
	for _, page := range list {
		for _, m := range link.FindAllStringSubmatch(prose(read(t, page)), -1) {
			target := m[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			path, heading, _ := strings.Cut(target, "#")
			file := page
			if path != "" {
				file = filepath.Join(filepath.Dir(page), filepath.FromSlash(path))
			}
			if _, err := os.Stat(file); err != nil && !takenOut(file) {
				t.Errorf("%s: the link to %s leads nowhere: %v", page, target, err)
				continue
			}
			if heading != "" && filepath.Ext(file) == ".md" && !slices.Contains(headings(read(t, file)), heading) {
				t.Errorf("%s: the link to %s leads to no heading", page, target)
			}
		}
	}
}

// TestEveryExtensionIsLinked holds that rfc.md leads to the file of every
// extension. With that, a link to the file of an extension that is not there
// is no slip: the extension was taken out.
func TestEveryExtensionIsLinked(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(extensions, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("expected the files of the extensions, found %d: %v", len(files), err)
	}
	text := read(t, "rfc.md")
	for _, file := range files {
		if !strings.Contains(text, "]("+filepath.ToSlash(file)+")") {
			t.Errorf("rfc.md: no link leads to %s", file)
		}
	}
}

var extensions = filepath.Join("..", "spec", "extensions")

// takenOut reports whether a path is the file of an extension which the table
// does not have.
func takenOut(path string) bool {
	_, err := os.Stat(path)
	return err != nil && filepath.Dir(path) == extensions && filepath.Ext(path) == ".yaml"
}

// prose is a page without its blocks of code.
func prose(text string) string {
	var b strings.Builder
	code := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			code = !code
		} else if !code {
			b.WriteString(line)
		}
	}
	return b.String()
}

var dropped = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)

// headings gives the names by which the headings of a page are linked.
func headings(text string) (names []string) {
	for line := range strings.Lines(prose(text)) {
		title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !ok || !strings.HasPrefix(line, "#") {
			continue
		}
		name := dropped.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}
