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

func (r *report) sorted() Problems {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(comparePos(a.Pos, b.Pos), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Message, b.Message))
	})
	return r.problems
}

// didYouMean names the known word that is nearest to what was written, or all
// of them if they are few and none is near.
func didYouMean(word string, known []string) string {
	best, bestDist := "", max(1, len(word)/3)+1
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

// distance is the Levenshtein distance of two words.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 { // no word of a table is as long
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
