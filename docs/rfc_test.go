package docs_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// How RFCs are cited: "RFC 5321", perhaps over the end of a line of a comment;
// in the table also "rfc: 5321" and "2920 §3.1".
var (
	citation     = regexp.MustCompile(`RFC[\s/*#]+([1-9][0-9]{2,4})\b`)
	tableRFC     = regexp.MustCompile(`\brfc: *([1-9][0-9]{2,4})\b`)
	tableSection = regexp.MustCompile(`\b([1-9][0-9]{2,4}) §`)
)

// TestRFCsAreListed holds that each RFC which the table, hand-written code or a
// page cites stands in rfc.md, and that what rfc.md says of where it is cited is
// so, but for the file of an extension that was taken out.
func TestRFCsAreListed(t *testing.T) {
	cited := citations(t)
	listed := map[string][]string{}
	for line := range strings.Lines(read(t, "rfc.md")) {
		row := columns(strings.TrimSpace(line))
		if len(row) < 3 || strings.Trim(row[0], "0123456789") != "" || row[0] == "" {
			continue
		}
		if _, twice := listed[row[0]]; twice {
			t.Errorf("rfc.md lists RFC %s twice", row[0])
		}
		listed[row[0]] = nil
		for _, m := range link.FindAllStringSubmatch(row[len(row)-1], -1) {
			listed[row[0]] = append(listed[row[0]], filepath.Clean(filepath.FromSlash(m[1])))
		}
	}
	if len(cited) == 0 || len(listed) == 0 {
		t.Fatalf("expected citations and a list, found %d and %d", len(cited), len(listed))
	}
	for rfc, where := range cited {
		if _, ok := listed[rfc]; !ok {
			t.Errorf("RFC %s is not in rfc.md; it is cited in %s", rfc, strings.Join(slices.Sorted(maps.Keys(where)), ", "))
		}
	}
	for rfc, where := range listed {
		for _, path := range where {
			if !under(cited[rfc], path) && !takenOut(path) {
				t.Errorf("rfc.md says that RFC %s is cited in %s, which it is not", rfc, path)
			}
		}
	}
}

// citations gives for each RFC the files that cite it.
func citations(t *testing.T) map[string]map[string]bool {
	t.Helper()
	cited := map[string]map[string]bool{}
	add := func(pattern *regexp.Regexp, path, text string) {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			if cited[m[1]] == nil {
				cited[m[1]] = map[string]bool{}
			}
			cited[m[1]][path] = true
		}
	}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name == "testdata" || strings.HasPrefix(name, ".") && name != ".." {
				return fs.SkipDir
			}
			return nil
		}
		if ext := filepath.Ext(name); ext != ".go" && ext != ".md" && ext != ".yaml" || name == "rfc.md" || name == "protocol.md" {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil || strings.HasPrefix(string(b), "// Code generated") {
			return err
		}
		add(citation, path, string(b))
		if filepath.Ext(name) == ".yaml" {
			add(tableRFC, path, string(b))
			add(tableSection, path, string(b))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return cited
}

// under reports whether a path, or something below it, is in a set.
func under(set map[string]bool, path string) bool {
	for p := range set {
		if p == path || strings.HasPrefix(p, path+string(filepath.Separator)) {
			return true
		}
	}
	return false
}
