package table

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong with a table, with what to do about it.
type Problem struct {
	Pos     Pos
	Rule    string // which rule it breaks: a word of docs/table.md, "Rules"
	Message string
}

// String gives the problem as FILE:LINE:COL: rule: message.
func (p Problem) String() string { return p.Pos.String() + ": " + p.Rule + ": " + p.Message }

// Problems are all that is wrong with a table, sorted by file and line.
type Problems []Problem

// String gives one problem a line.
func (ps Problems) String() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err is nil where there is no problem, else an error of them all.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return problemsError{ps}
}

type problemsError struct{ ps Problems }

func (e problemsError) Error() string { return e.ps.String() }

// String gives the place as FILE:LINE:COL.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

func comparePos(a, b Pos) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
}

// rules are the words that Problem.Rule may be.
var rules = []string{
	"syntax", "unknown-key", "missing-key", "type", "value", "bare-word", "duplicate", "undefined", "citation",
	"clash", "go-name", "limit", "extension", "target", "role",
	"deterministic", "total", "reachable", "finish", "success", "answer", "group", "assume",
}

// A report collects problems; two equal ones count once.
type report struct {
	problems Problems
	seen     map[Problem]bool
}

func (r *report) add(pos Pos, rule, format string, args ...any) {
	p := Problem{Pos: pos, Rule: rule, Message: fmt.Sprintf(format, args...)}
	if r.seen == nil {
		r.seen = map[Problem]bool{}
	}
	if !r.seen[p] {
		r.seen[p] = true
		r.problems = append(r.problems, p)
	}
}

// clashed reports whether a definition was found to take another's name.
func (r *report) clashed(pos Pos) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Rule == "clash" && p.Pos == pos })
}

func (r *report) sorted() Problems {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(comparePos(a.Pos, b.Pos), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Message, b.Message))
	})
	return r.problems
}

// Nearest names, for the end of a message, the known word that is nearest to what
// was written, or all of them if they are few and none is near.
func Nearest(word string, known []string) string { return didYouMean(word, known) }

// didYouMean names the known word that is nearest to what was written, or all
// of them if they are few and none is near.
func didYouMean(word string, known []string) string {
	best, bestDist := "", min(len(word), max(1, len(word)/3)+1)
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < bestDist {
			best, bestDist = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("; did you mean %q?", best)
	case len(known) == 0:
		return ""
	case len(known) <= 24:
		return "; known: " + strings.Join(known, ", ")
	}
	return ""
}

// distance is how many letters have to be put in, left out, changed, or
// exchanged with their neighbour to make one word of the other.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 { // no word of a table is as long
		return 64
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
