package docs_test

import (
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/tabellarius/tabellarius/"

var arrow = regexp.MustCompile(`(?m)^    (\S+) --> (\S+)$`)

// leaf are modules that nothing imports, and what only tests do: the picture
// leaves them out.
var leaf = regexp.MustCompile(`^(examples|tools/bench|auth/peers|fuzz/typed)\b`)

// TestArrows holds that the picture in architecture.md shows which package
// imports which.
func TestArrows(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{$p := .ImportPath}}{{range .Imports}}{{$p}} {{.}}{{"\n"}}{{end}}`, module+"...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	imports := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		from = strings.TrimPrefix(from, module)
		if name, ours := strings.CutPrefix(to, module); ours && !leaf.MatchString(from) {
			imports[from+" --> "+name] = true
		}
	}
	var shown []string
	for _, m := range arrow.FindAllStringSubmatch(read(t, "architecture.md"), -1) {
		shown = append(shown, m[1]+" --> "+m[2])
	}
	slices.Sort(shown)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(imports)), shown); diff != "" {
		t.Errorf("imports (-) and arrows (+) differ:\n%s", diff)
	}
}
