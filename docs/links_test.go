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
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: the link to %s leads nowhere: %v", page, target, err)
				continue
			}
			if heading != "" && filepath.Ext(file) == ".md" && !slices.Contains(headings(read(t, file)), heading) {
				t.Errorf("%s: the link to %s leads to no heading", page, target)
			}
		}
	}
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
