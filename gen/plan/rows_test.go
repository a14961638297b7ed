package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/spec"
)

// outcome is what a reply means, in words of the table.
type outcome struct {
	To                  string
	Set, Clear, Do      []string
	Violation, Unlisted bool
}

// TestRowsAgreeWithTable compares the plan with the rows as a person reads
// them, for all of the library's own table.
func TestRowsAgreeWithTable(t *testing.T) {
	tbl, problems := table.Load(spec.FS)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	p, err := New(tbl, true)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(tbl.Commands)-1).Draw(t, "command")
		compareRows(t, p, tbl, i)
	})
}

// TestRowsAgreeWithAnyTable does so for tables nobody wrote.
func TestRowsAgreeWithAnyTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tbl := &table.Table{
			Start: name("a"), Finish: name("a"),
			States: []*table.State{{Name: name("a"), Awaits: "command"}, {Name: name("b"), Awaits: "command", Home: true}, {Name: name("c"), Awaits: "line"}},
			Facts:  []*table.Fact{{Name: name("f")}, {Name: name("g")}},
			Sets:   []*table.Set{{Name: name("ab"), States: names("a", "b")}, {Name: name("more"), States: names("ab", "c")}},
			Common: append(drawRows(t, "common"), &table.Row{Codes: names("1yz", "2yz", "3yz", "4yz", "5yz"), To: name("same")}),
			Late:   append(drawRows(t, "late"), &table.Row{Codes: names("1yz", "2yz", "3yz", "4yz", "5yz"), Violation: true}),
			Commands: []*table.Command{{
				Name: name("X"), Verb: "X", In: names("a"), Timeout: "5m",
				Replies: drawRows(t, "replies"),
				Late:    append(drawRows(t, "late of X"), &table.Row{Codes: names("250"), To: name("c")}),
			}},
		}
		p, err := New(tbl, true)
		if err != nil {
			t.Fatal(err)
		}
		compareRows(t, p, tbl, 0)
	})
}

func drawRows(t *rapid.T, label string) []*table.Row {
	draw := func(what string, from ...string) []table.Name {
		return names(rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 2, rapid.ID[string]).Draw(t, label+": "+what)...)
	}
	row := rapid.Custom(func(t *rapid.T) *table.Row {
		r := &table.Row{
			Codes: names(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"250", "251", "354", "421", "450", "2yz", "3yz", "4yz", "5yz"}), 1, 3, rapid.ID[string]).Draw(t, label+": codes")...),
			From:  draw("from", "a", "b", "c", "ab", "more", "all"),
			If:    draw("if", "f", "g"),
			Set:   draw("set", "f", "g"),
			Clear: draw("clear", "f", "g"),
			Do:    draw("do", "send-void", "count-recipient"),
		}
		switch rapid.IntRange(0, 3).Draw(t, label+": kind") {
		case 0:
			r.Violation = true
		case 1:
			r.Like = name(rapid.SampledFrom([]string{"2yz", "4yz", "5yz"}).Draw(t, label+": like"))
		default:
			r.To = name(rapid.SampledFrom([]string{"same", "home", "a", "b", "c"}).Draw(t, label+": to"))
			r.Unlisted = rapid.Bool().Draw(t, label+": unlisted")
		}
		return r
	})
	return rapid.SliceOfN(row, 0, 5).Draw(t, label)
}

// compareRows asks both for what one reply means.
func compareRows(t *rapid.T, p *Plan, tbl *table.Table, command int) {
	c := tbl.Commands[command]
	code := rapid.OneOf(rapid.IntRange(100, 599), rapid.SampledFrom([]int{220, 235, 250, 251, 334, 354, 421, 450, 452, 503, 552, 554})).Draw(t, "code")
	state := rapid.SampledFrom(tbl.States).Draw(t, "state").Name.Text
	var holds []string
	var facts Mask
	for i, f := range tbl.Facts {
		if rapid.Bool().Draw(t, f.Name.Text) {
			holds, facts = append(holds, f.Name.Text), facts|1<<i
		}
	}
	number := slices.IndexFunc(tbl.States, func(s *table.State) bool { return s.Name.Text == state })
	lists := []struct {
		name        string
		own, common []*table.Row
		rows        []*Row
	}{{"replies", c.Replies, tbl.Common, p.Commands[command].Replies}, {"late", c.Late, tbl.Late, p.Commands[command].Late}}
	for _, l := range lists {
		if l.name == "late" && p.Commands[command].NeverLate {
			l.own, l.common = c.Replies, tbl.Common
		}
		want := interpret(tbl, l.own, l.common, state, holds, code)
		got := inPlan(p, l.rows, number, facts, code)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s, %s: %d in %s with %v: the table (-) and the plan (+) differ:\n%s", c.Name.Text, l.name, code, state, holds, diff)
		}
	}
}

// inPlan takes the first row that fits.
func inPlan(p *Plan, rows []*Row, state int, facts Mask, code int) *outcome {
	for _, r := range rows {
		if code < r.Min || code > r.Max || r.From != 0 && !r.From.Has(state) || r.If&^facts != 0 {
			continue
		}
		o := &outcome{To: "same", Violation: r.Violation, Unlisted: r.Unlisted, Do: slices.Sorted(slices.Values(r.Do))}
		switch {
		case r.To.Home:
			o.To = "home"
		case r.To.State != nil:
			o.To = r.To.State.Name
		}
		for _, f := range p.Facts {
			if r.Set.Has(f.Num) {
				o.Set = append(o.Set, f.Name)
			}
			if r.Clear.Has(f.Num) {
				o.Clear = append(o.Clear, f.Name)
			}
		}
		return o
	}
	return nil
}

// interpret reads the rows as docs/table.md explains them: among all that fit
// the most specific counts, of equals the first.
func interpret(tbl *table.Table, own, common []*table.Row, state string, facts []string, code int) *outcome {
	r := best(tbl, own, common, state, facts, func(w string) bool {
		return w == string(rune('0'+code/100))+"yz" || w == strings.TrimSpace(string([]byte{byte('0' + code/100), byte('0' + code/10%10), byte('0' + code%10)}))
	}, true)
	if r == nil {
		return nil
	}
	o := &outcome{To: r.To.Text, Violation: r.Violation, Unlisted: r.Unlisted, Set: texts(r.Set), Clear: texts(r.Clear), Do: texts(r.Do)}
	if r.Like.Text != "" {
		l := best(tbl, own, common, state, facts, func(w string) bool { return w == r.Like.Text }, false)
		o.To, o.Violation, o.Unlisted = l.To.Text, l.Violation, l.Unlisted
		o.Set, o.Clear, o.Do = append(o.Set, texts(l.Set)...), append(o.Clear, texts(l.Clear)...), append(o.Do, texts(l.Do)...)
	}
	if o.To == "" {
		o.To = "same"
	}
	for _, list := range []*[]string{&o.Set, &o.Clear, &o.Do} {
		slices.Sort(*list)
		if *list = slices.Compact(*list); len(*list) == 0 {
			*list = nil
		}
	}
	return o
}

// best finds the most specific row of those that fit.
func best(tbl *table.Table, own, common []*table.Row, state string, facts []string, fits func(code string) bool, like bool) *table.Row {
	var found *table.Row
	var foundRank [4]bool // true is worse, the first place weighs most
	for i, r := range slices.Concat(own, common) {
		if !like && r.Like.Text != "" || len(r.From) > 0 && !within(tbl, r.From, state) ||
			slices.ContainsFunc(r.If, func(n table.Name) bool { return !slices.Contains(facts, n.Text) }) {
			continue
		}
		for _, code := range r.Codes {
			if !fits(code.Text) {
				continue
			}
			rank := [4]bool{strings.HasSuffix(code.Text, "yz"), len(r.If) == 0, len(r.From) == 0, i >= len(own)}
			if found == nil || better(rank, foundRank) {
				found, foundRank = r, rank
			}
		}
	}
	return found
}

func better(a, b [4]bool) bool {
	for i := range a {
		if a[i] != b[i] {
			return b[i]
		}
	}
	return false
}

// within reports whether a list of states and sets holds a state.
func within(tbl *table.Table, list []table.Name, state string) bool {
	for _, n := range list {
		if n.Text == state {
			return true
		}
		if n.Text == "all" && slices.ContainsFunc(tbl.States, func(s *table.State) bool { return s.Name.Text == state && s.Awaits == "command" }) {
			return true
		}
		for _, s := range tbl.Sets {
			if s.Name.Text == n.Text && within(tbl, s.States, state) {
				return true
			}
		}
	}
	return false
}

func name(s string) table.Name {
	return table.Name{Text: s, Pos: table.Pos{File: "t.yaml", Line: 1, Col: 1}}
}

func names(list ...string) []table.Name {
	var out []table.Name
	for _, s := range list {
		out = append(out, name(s))
	}
	return out
}

func texts(list []table.Name) []string {
	var out []string
	for _, n := range list {
		out = append(out, n.Text)
	}
	return out
}
