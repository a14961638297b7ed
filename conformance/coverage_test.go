package conformance

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is generated into the pages")

// known is how many requirements were read from the RFCs: each has a case, or
// stands in uncovered.tsv.
const known = 564

// TestEveryRequirementIsAccounted holds that each requirement has a case or a
// reason, and not both.
func TestEveryRequirementIsAccounted(t *testing.T) {
	seen := map[string]bool{}
	requirements := map[string]bool{}
	for _, c := range Cases() {
		if seen[c.ID] {
			t.Errorf("two cases are called %s", c.ID)
		}
		seen[c.ID] = true
		requirements[c.Requirement()] = true
		if c.Level == "" || c.RFC == "" || c.Title == "" || c.Test == "" || c.Why == "" {
			t.Errorf("%s: expected level, RFC, title, test and why", c.ID)
		}
		if (c.Run == nil) == (c.Over == nil) {
			t.Errorf("%s: expected either Run or Over", c.ID)
		}
	}
	for _, u := range UncoveredRequirements() {
		if requirements[u.ID] {
			t.Errorf("%s has a case and stands in uncovered.tsv, or stands there twice", u.ID)
		}
		requirements[u.ID] = true
		if !regexp.MustCompile(`^(not visible|not covered)`).MatchString(u.Reason) || u.Title == "" {
			t.Errorf("%s: expected a reason that begins with \"not visible\" or \"not covered\", got %q", u.ID, u.Reason)
		}
	}
	if len(requirements) != known {
		t.Errorf("expected %d requirements in all, found %d", known, len(requirements))
	}
}

// TestCoverageInPage holds that the page has the figures that are so. Run it
// with -update to write them.
func TestCoverageInPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("<!-- coverage -->\n| RFC or level | Known | Covered | Not visible | Not covered |\n|---|---|---|---|---|\n")
	for i, by := range []func(string, Level, string) string{
		func(_ string, _ Level, rfc string) string { n, _, _ := strings.Cut(rfc, " "); return n },
		func(_ string, l Level, _ string) string { return string(l) },
	} {
		rows := CoverageBy(by)
		for j, r := range rows {
			if i == 0 && j == len(rows)-1 {
				continue // the total stands at the end
			}
			fmt.Fprintf(&b, "| %s | %d | %d | %d | %d |\n", r.Name, r.All(), r.Covered, r.Unseen, r.Missing)
		}
	}
	fmt.Fprintf(&b, "\n%d cases in all, %d of them made of the table.\n<!-- /coverage -->", len(Cases()), made())
	const name = "../docs/conformance.md"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	table := regexp.MustCompile(`(?s)<!-- coverage -->.*<!-- /coverage -->`)
	want := table.ReplaceAllLiteralString(string(page), b.String())
	if want == string(page) {
		return
	}
	if !*update {
		t.Fatalf("the figures in %s are old; run: go test ./conformance -run Coverage -update", name)
	}
	if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func made() (n int) {
	for _, c := range Cases() {
		if c.Requirement() != c.ID {
			n++
		}
	}
	return n
}
