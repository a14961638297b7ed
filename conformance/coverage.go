package conformance

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed uncovered.tsv
var uncoveredText string

// An Uncovered requirement is known and has no case.
type Uncovered struct {
	ID     string `json:"id"`
	Level  Level  `json:"level"`
	RFC    string `json:"rfc"`
	Title  string `json:"title"`
	Needs  string `json:"needs"`
	Reason string `json:"reason"`
}

// Unseen reports whether the requirement can't be seen over the wire, in
// contrast to one that has no case yet.
func (u Uncovered) Unseen() bool { return strings.HasPrefix(u.Reason, "not visible") }

// UncoveredRequirements are those that are known and have no case, each with the
// reason. They stand in uncovered.tsv.
func UncoveredRequirements() []Uncovered { return uncovered() }

var uncovered = sync.OnceValue(func() (list []Uncovered) {
	for line := range strings.Lines(uncoveredText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) == 6 && !strings.HasPrefix(line, "#") {
			list = append(list, Uncovered{f[0], Level(f[1]), f[2], f[5], f[3], f[4]})
		}
	}
	return list
})

// Requirement gives the id of the requirement that a case stands for: its own,
// or for one of the generated cases that of all of them.
func (c *Case) Requirement() string {
	if c.Area == sequencing && strings.HasPrefix(c.ID, "seq-") && c.ID != "seq-random-walk" && c.ID != "seq-503-state" {
		return "seq-STATE-COMMAND"
	}
	return c.ID
}

// A Coverage counts requirements.
type Coverage struct {
	Name    string `json:"name"`
	Covered int    `json:"covered"`
	Unseen  int    `json:"notVisible"`
	Missing int    `json:"notCovered"`
}

// All is how many requirements there are.
func (c Coverage) All() int { return c.Covered + c.Unseen + c.Missing }

// CoverageBy counts requirements under the name that by gives for an id, level
// and the RFCs cited; the last row is all of them.
func CoverageBy(by func(id string, level Level, rfc string) string) []Coverage {
	var order []string
	rows := map[string]*Coverage{}
	all := Coverage{Name: "all"}
	row := func(name string) *Coverage {
		if rows[name] == nil {
			rows[name] = &Coverage{Name: name}
			order = append(order, name)
		}
		return rows[name]
	}
	seen := map[string]bool{}
	for _, c := range allCases() {
		if id := c.Requirement(); !seen[id] {
			seen[id] = true
			row(by(id, c.Level, c.RFC)).Covered++
			all.Covered++
		}
	}
	for _, u := range uncovered() {
		if u.Unseen() {
			row(by(u.ID, u.Level, u.RFC)).Unseen++
			all.Unseen++
		} else {
			row(by(u.ID, u.Level, u.RFC)).Missing++
			all.Missing++
		}
	}
	var list []Coverage
	for _, name := range order {
		list = append(list, *rows[name])
	}
	return append(list, all)
}
