package conformance

import (
	"slices"
	"strings"
)

// How a connection comes to be, how octets are cut, and who the client is.
const (
	LinkPlain    = "plain"
	LinkStartTLS = "STARTTLS"
	LinkImplicit = "implicit TLS"

	CutWhole  = "one command a write"
	CutOctets = "each octet a write"
	CutGroup  = "pipelined"

	LoginNone  = "stranger"
	LoginFirst = "after AUTH"
)

// A Circumstance is what a case runs under.
type Circumstance struct {
	Link  string `json:"link"`
	Cut   string `json:"cut"`
	Login string `json:"login"`
}

func (c Circumstance) String() string {
	return strings.Join([]string{c.Link, c.Cut, c.Login}, ", ")
}

// circumstances are those under which a case runs: of what varies, each value of
// one thing meets each value of every other at least once.
func circumstances(vary string, base Circumstance, links, cuts, logins []string) []Circumstance {
	choice := [3][]string{{base.Link}, {base.Cut}, {base.Login}}
	for i, name := range []string{"link", "cut", "login"} {
		if slices.Contains(strings.Fields(vary), name) {
			choice[i] = [][]string{links, cuts, logins}[i]
		}
	}
	var list []Circumstance
	for _, row := range pairwise(choice[:]) {
		list = append(list, Circumstance{row[0], row[1], row[2]})
	}
	return list
}

// pairwise gives rows such that each pair of values of two columns stands in one
// of them, few rows: each is the one that has the most pairs not yet seen.
func pairwise(columns [][]string) [][]string {
	type pair struct{ i, j, a, b int }
	open := map[pair]bool{}
	for i := range columns {
		for j := i + 1; j < len(columns); j++ {
			for a := range columns[i] {
				for b := range columns[j] {
					open[pair{i, j, a, b}] = true
				}
			}
		}
	}
	var all [][]int
	var walk func(row []int)
	walk = func(row []int) {
		if len(row) == len(columns) {
			all = append(all, slices.Clone(row))
			return
		}
		for v := range columns[len(row)] {
			walk(append(row, v))
		}
	}
	walk(nil)
	news := func(row []int) (n int) {
		for i := range row {
			for j := i + 1; j < len(row); j++ {
				if open[pair{i, j, row[i], row[j]}] {
					n++
				}
			}
		}
		return n
	}
	var rows [][]string
	for len(open) > 0 {
		best := slices.MaxFunc(all, func(a, b []int) int { return news(a) - news(b) })
		var row []string
		for i, v := range best {
			row = append(row, columns[i][v])
			for j := i + 1; j < len(best); j++ {
				delete(open, pair{i, j, v, best[j]})
			}
		}
		rows = append(rows, row)
	}
	return rows
}
