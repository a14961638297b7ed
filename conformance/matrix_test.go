package conformance

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDeviationsAreTheMatrix holds that docs/conformance-matrix.md has an F, E or w
// for each deviation that the files of the real servers name, and for no other.
// Whether the servers do so, make conformance tells.
func TestDeviationsAreTheMatrix(t *testing.T) {
	files, err := filepath.Glob("servers/*/deviations*.txt")
	if err != nil {
		t.Fatal(err)
	}
	// a server's LMTP comes behind its SMTP
	slices.SortFunc(files, func(a, b string) int {
		return strings.Compare(strings.Replace(a, ".txt", "", 1), strings.Replace(b, ".txt", "", 1))
	})
	text, err := os.ReadFile("../docs/conformance-matrix.md")
	if err != nil {
		t.Fatal(err)
	}
	marked := make([]map[string]bool, len(files))
	for i := range marked {
		marked[i] = map[string]bool{}
	}
	_, cases, _ := strings.Cut(string(text), "## By case")
	for line := range strings.Lines(cases) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if _, known := Find(strings.TrimSpace(cells[min(1, len(cells)-1)])); !known {
			continue
		}
		if len(cells) != len(files)+3 {
			t.Fatalf("%d columns, and %d files of deviations: %s", len(cells)-3, len(files), line)
		}
		for i := range files {
			if strings.ContainsAny(cells[i+2], "FEw") {
				marked[i][strings.TrimSpace(cells[1])] = true
			}
		}
	}
	for i, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		known, err := ReadExpected(file)
		file.Close()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for id, reason := range known {
			if !strings.Contains(reason, "RFC ") && !strings.Contains(reason, "XCLIENT") {
				t.Errorf("%s: %s: expected the section that it leaves, got %q", name, id, reason)
			}
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(marked[i]))); diff != "" {
			t.Errorf("%s and the matrix differ (+ the matrix): run make conformance-matrix\n%s", name, diff)
		}
	}
	if len(files) < 13 {
		t.Errorf("expected 13 servers at least, got %d services", len(files))
	}
}

// TestReadExpected holds that a line that is no good is told with its number.
func TestReadExpected(t *testing.T) {
	for text, want := range map[string]string{
		"# of a server\n\nmail-250 \t it refuses mail\n": "",
		"mail-250\n":                          "line 1: expected a reason behind mail-250",
		"#\nmail-251 none\n":                  `line 2: no case is called "mail-251"`,
		"mail-250 once\nmail-250 and twice\n": "line 2: mail-250 stands above already",
	} {
		known, err := ReadExpected(strings.NewReader(text))
		switch {
		case want == "" && (err != nil || known["mail-250"] != "it refuses mail"):
			t.Errorf("%q: got %v, %v", text, known, err)
		case want != "" && (err == nil || err.Error() != want):
			t.Errorf("%q: expected %q, got %v", text, want, err)
		}
	}
}

// TestMatrix holds what stands in the cells, also where a report lacks a case.
func TestMatrix(t *testing.T) {
	column := func(name string, verdicts ...string) *Report {
		r := &Report{Server: name}
		for i := 0; i < len(verdicts); i += 2 {
			r.Results = append(r.Results, Result{ID: verdicts[i], Area: "MAIL", Verdict: Verdict(verdicts[i+1])})
		}
		return r
	}
	m := NewMatrix("two", column("A", "a", "pass", "b", "fail", "c", "warn", "d", "skipped", "e", "skipped"), column("B", "a", "pass", "b", "pass", "c", "error", "d", "pass", "f", "warn"))
	var b bytes.Buffer
	if err := m.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "matrix.md", b.Bytes())
	var page bytes.Buffer
	if err := m.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	golden(t, "matrix.html", page.Bytes())
}
