package print

import (
	"slices"
	"strings"

	"github.com/tabellarius/tabellarius/gen/plan"
)

// place is a state, and the home that was entered last.
type place struct{ state, home int }

// An arrow of the diagram leads from one state to another.
type arrow struct{ from, to int }

// A step is what leads along an arrow: a reply of a class to a command, or,
// with class 0, something else.
type step struct {
	what  string
	class byte
}

// diagram writes the states and what leads from one to another, as far as a
// session can come. Facts do not count.
func (w *page) diagram() {
	d := &diagram{p: w.p, steps: map[arrow][]step{}, late: map[int][]step{}}
	d.explore()
	w.line("stateDiagram-v2")
	w.line("    [*] --> %s", w.p.Start.Name)
	everywhere := d.everywhere()
	if len(everywhere) > 0 {
		w.line("    every : every state that awaits a command")
	}
	for _, a := range d.arrows() {
		own := slices.DeleteFunc(slices.Clone(d.steps[a]), func(s step) bool { return slices.Contains(everywhere[a.to], s) })
		if len(own) > 0 {
			w.line("    %s --> %s : %s", w.p.States[a.from].Name, w.p.States[a.to].Name, strings.Join(labels(own), ", "))
		}
	}
	for _, s := range w.p.States {
		if steps := everywhere[s.Num]; len(steps) > 0 {
			w.line("    every --> %s : %s", s.Name, strings.Join(labels(steps), ", "))
		}
	}
	for _, s := range w.p.States {
		if steps := d.late[s.Num]; len(steps) > 0 {
			w.line("    note right of %s : also late replies, %s", s.Name, join(labels(steps), "or"))
		}
	}
	w.line("    %s --> [*]", w.p.Finish.Name)
}

// labels writes steps, those of one command together: "RSET 4yz/5yz".
func labels(steps []step) []string {
	var out []string
	var seen []string
	for _, s := range steps {
		if slices.Contains(seen, s.what) {
			continue
		}
		seen = append(seen, s.what)
		var classes []string
		for _, o := range steps {
			if o.what == s.what && o.class != 0 {
				classes = append(classes, string(o.class)+"yz")
			}
		}
		slices.Sort(classes)
		out = append(out, strings.TrimSpace(s.what+" "+strings.Join(classes, "/")))
	}
	return out
}

type diagram struct {
	p     *plan.Plan
	seen  []place
	steps map[arrow][]step
	late  map[int][]step // state: late replies that lead there from many
}

func (d *diagram) explore() {
	d.reach(place{d.p.Start.Num, d.p.Start.Num})
	for i := 0; i < len(d.seen); i++ {
		at := d.seen[i]
		s := d.p.States[at.state]
		if s.Then != nil {
			d.lead(at, s.Then.Num, step{what: "TLS handshake"})
		}
		for _, c := range d.p.Commands {
			legal, rows := c.In.Has(at.state), c.Late
			if legal {
				rows = c.Replies
			}
			for j, r := range rows {
				if r.Violation || r.From != 0 && !r.From.Has(at.state) || hidden(rows[:j], r, at.state) {
					continue
				}
				by := step{c.Name, r.Code[0]}
				switch to, moves := d.target(at, r); {
				case !moves:
				case legal:
					d.lead(at, to, by)
				case s.Awaits != "command": // only the state's own commands await a reply here
				case r.From != 0:
					by.what = "late " + by.what
					d.lead(at, to, by)
				default:
					if !slices.Contains(d.late[to], by) {
						d.late[to] = append(d.late[to], by)
					}
					d.reach(d.enter(at, to))
				}
			}
		}
	}
}

func (d *diagram) target(at place, r *plan.Row) (to int, moves bool) {
	switch {
	case r.To.Home:
		to = at.home
	case r.To.State == nil:
		return at.state, false
	default:
		to = r.To.State.Num
	}
	return to, to != at.state
}

func (d *diagram) lead(at place, to int, by step) {
	a := arrow{at.state, to}
	if !slices.Contains(d.steps[a], by) {
		d.steps[a] = append(d.steps[a], by)
	}
	d.reach(d.enter(at, to))
}

func (d *diagram) enter(at place, to int) place {
	if d.p.States[to].Home {
		return place{to, to}
	}
	return place{to, at.home}
}

func (d *diagram) reach(at place) {
	if !slices.Contains(d.seen, at) {
		d.seen = append(d.seen, at)
	}
}

// hidden reports whether a row before r leaves nothing to it in the state.
func hidden(before []*plan.Row, r *plan.Row, state int) bool {
	return slices.ContainsFunc(before, func(e *plan.Row) bool {
		return e.Min <= r.Min && r.Max <= e.Max && e.If&^r.If == 0 && (e.From == 0 || e.From.Has(state))
	})
}

// everywhere finds what leads to one state from every state that awaits a
// command, so that one arrow can stand for all. It gives it by that state.
func (d *diagram) everywhere() map[int][]step {
	states := 0
	for _, s := range d.p.States {
		if s.Awaits == "command" && slices.ContainsFunc(d.seen, func(p place) bool { return p.state == s.Num }) {
			states++
		}
	}
	type arrival struct {
		to int
		by step
	}
	count, found := map[arrival]int{}, map[int][]step{}
	for _, a := range d.arrows() {
		if d.p.States[a.from].Awaits != "command" {
			continue
		}
		for _, s := range d.steps[a] {
			if count[arrival{a.to, s}]++; count[arrival{a.to, s}] == states {
				found[a.to] = append(found[a.to], s)
			}
		}
	}
	return found
}

func (d *diagram) arrows() []arrow {
	var out []arrow
	for a := range d.steps {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b arrow) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return a.to - b.to
	})
	return out
}
