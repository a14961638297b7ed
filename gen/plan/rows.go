package plan

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/tabellarius/tabellarius/gen/table"
)

// rows puts a command's rows and those that hold for every command into one
// order, so that the first row that fits is the one that counts: an exact code
// before a class, then a row with `if` before one without, then a row with
// `from` before one without, then the command's own before the common.
func (b *builder) rows(own, common []*table.Row, name, commonName string) []*Row {
	type ranked struct {
		rank, source, liked int
		row                 *Row
	}
	var all []ranked
	source := 0
	add := func(list []*table.Row, listName string, isCommon bool) {
		for _, r := range list {
			source++
			for _, code := range r.Codes {
				row, ok := b.row(r, listName, code)
				if !ok {
					continue
				}
				rank := rankOf(r, code.Text, isCommon)
				if r.Like.Text == "" {
					all = append(all, ranked{rank, source, 0, row})
					continue
				}
				// What is like a class does what each row of the class does
				// under that row's conditions, and its own besides.
				like := func(list []*table.Row, listName string, isCommon bool) {
					for _, l := range list {
						if l.Like.Text != "" || !slices.ContainsFunc(l.Codes, func(n table.Name) bool { return n.Text == r.Like.Text }) {
							continue
						}
						liked, ok := b.row(l, listName, r.Like)
						if joined, can := join(row, liked); ok && can {
							all = append(all, ranked{rank, source, rankOf(l, r.Like.Text, isCommon), joined})
						}
					}
				}
				like(own, name, false)
				like(common, commonName, true)
			}
		}
	}
	add(own, name, false)
	add(common, commonName, true)
	slices.SortStableFunc(all, func(x, y ranked) int {
		return cmp.Or(x.rank-y.rank, x.source-y.source, x.liked-y.liked)
	})

	var rows []*Row
	for _, r := range all {
		if i := slices.IndexFunc(rows, func(e *Row) bool { return e.covers(r.row) }); i < 0 {
			rows = append(rows, r.row)
		} else if e := rows[i]; r.row.covers(e) && e.sameMeaning(r.row) && !strings.Contains(e.RFC, r.row.RFC) && e.List == r.row.List {
			e.RFC += ", " + r.row.RFC
		}
	}
	return rows
}

// rankOf is a row's place in the order, smaller first.
func rankOf(r *table.Row, code string, common bool) int {
	rank := 0
	if isClass(code) {
		rank |= 8
	}
	if len(r.If) == 0 {
		rank |= 4
	}
	if len(r.From) == 0 {
		rank |= 2
	}
	if common {
		rank |= 1
	}
	return rank
}

// row makes the row of one code.
func (b *builder) row(r *table.Row, list string, code table.Name) (*Row, bool) {
	lo, hi, ok := codeRange(code.Text)
	if !ok {
		b.problem(code.Pos, "code", "%q is neither a reply code nor a class: write 250, or 2yz", code.Text)
		return nil, false
	}
	row := &Row{
		List: list, Code: code.Text, Like: r.Like.Text, Min: lo, Max: hi,
		From: b.states(r.From), If: b.facts(r.If),
		To: b.target(r.To), Set: b.facts(r.Set), Clear: b.facts(r.Clear),
		Violation: r.Violation, Unlisted: r.Unlisted, RFC: r.Cite.RFC,
	}
	for _, d := range r.Do {
		row.Do = append(row.Do, d.Text)
	}
	return row, true
}

// join adds to a row that is like another what that other does. It reports
// false where the conditions of the two exclude each other.
func join(row, liked *Row) (*Row, bool) {
	if liked == nil {
		return nil, false
	}
	j := *row
	j.Like = liked.List + " " + liked.Code
	switch {
	case j.From == 0:
		j.From = liked.From
	case liked.From != 0:
		if j.From &= liked.From; j.From == 0 {
			return nil, false
		}
	}
	j.If |= liked.If
	j.To = liked.To
	j.Set |= liked.Set
	j.Clear |= liked.Clear
	j.Do = slices.Clone(liked.Do)
	for _, d := range row.Do {
		if !slices.Contains(j.Do, d) {
			j.Do = append(j.Do, d)
		}
	}
	j.Violation = row.Violation || liked.Violation
	j.Unlisted = row.Unlisted || liked.Unlisted
	return &j, true
}

// covers reports whether r, standing before o, leaves nothing to it.
func (r *Row) covers(o *Row) bool {
	return r.Min <= o.Min && o.Max <= r.Max &&
		(r.From == 0 || o.From != 0 && o.From&^r.From == 0) &&
		r.If&^o.If == 0
}

// sameMeaning reports whether both rows do the same.
func (r *Row) sameMeaning(o *Row) bool {
	return r.To == o.To && r.Set == o.Set && r.Clear == o.Clear && slices.Equal(r.Do, o.Do) &&
		r.Violation == o.Violation && r.Unlisted == o.Unlisted
}

// stays reports whether all rows leave everything as it is, so that a reply
// can't be late. What is like a class does so if the class does.
func stays(own, common []*table.Row) bool {
	for _, r := range slices.Concat(own, common) {
		if r.Like.Text != "" || r.Violation {
			continue
		}
		if r.To.Text != "same" || len(r.Set)+len(r.Clear)+len(r.Do) > 0 {
			return false
		}
	}
	return len(own) > 0
}

func isClass(code string) bool { return strings.HasSuffix(code, "yz") }

// codeRange gives the codes that a word of `code` stands for, both included.
func codeRange(code string) (lo, hi int, ok bool) {
	if len(code) != 3 || code[0] < '1' || code[0] > '5' {
		return 0, 0, false
	}
	if isClass(code) {
		lo = int(code[0]-'0') * 100
		return lo, lo + 99, true
	}
	n, err := strconv.Atoi(code)
	return n, n, err == nil
}
