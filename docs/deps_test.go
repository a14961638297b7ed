package docs_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestModulesOfAnImporter holds that an importer of a package compiles the
// modules that the README names, and none beside them: a module more is a
// decision, not an accident.
func TestModulesOfAnImporter(t *testing.T) {
	rows := regexp.MustCompile(`(?m)^\| ((?:auth|smtp)[a-z/, ]*) \| (.*) \|$`)
	_, table, found := strings.Cut(read(t, readme), "(`make deps`):\n")
	table, _, _ = strings.Cut(table, "\n## ")
	named := map[string][]string{}
	var before []string
	for _, row := range rows.FindAllStringSubmatch(table, -1) {
		modules := regexp.MustCompile(`(github\.com|golang\.org)/[a-z0-9/-]+`).FindAllString(row[2], -1)
		if strings.HasPrefix(row[2], "these and ") {
			modules = append(modules, before...)
		}
		before = modules
		for name := range strings.SplitSeq(row[1], ", ") {
			named[name] = modules
		}
	}
	if !found || len(named) != 5 {
		t.Fatalf("expected five packages in the README's table of modules, found %d", len(named))
	}
	for name, want := range named {
		out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", module+name).CombinedOutput()
		if err != nil {
			t.Fatalf("go list: %v\n%s", err, out)
		}
		got := strings.Fields(string(out))
		slices.Sort(got)
		got = slices.DeleteFunc(slices.Compact(got), func(m string) bool { return m+"/" == module })
		slices.Sort(want)
		if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
			t.Errorf("an importer of %s compiles (+), the README says (-):\n%s", name, diff)
		}
		t.Logf("%s: %v", name, got)
	}
}
