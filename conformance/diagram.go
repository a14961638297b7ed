package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
)

// A diagram is the table's states as a drawing, each transition with the verdict
// of its sequencing case.
type diagram struct {
	Width, Height int
	Nodes         []node
	Edges         []edge
	Commands      []string
	Grid          []gridRow
}

type node struct {
	Name    string
	X, Y    int
	Verdict Verdict // the worst of what was tried there
}

type edge struct {
	Path    string
	Label   string
	X, Y    int
	Verdict Verdict
}

type gridRow struct {
	Place string
	Cells []gridCell
}

type gridCell struct {
	Case    string // empty: there is none
	Verdict Verdict
	Title   string
}

const nodeWide, nodeHigh, gapX, gapY = 150, 40, 90, 50

// newDiagram lays the states out in columns by how many replies away from the
// greeting they are.
func newDiagram(r *Report) diagram {
	results := byID(r)
	targets, depth := map[smtp.State]map[smtp.State][]smtp.Op{}, map[smtp.State]int{smtp.StateGreetingReceived: 0}
	order := []smtp.State{smtp.StateGreetingReceived}
	for i := 0; i < len(order); i++ {
		from := order[i]
		for op := smtp.Op(1); int(op) < len(smtp.Table.Commands); op++ {
			to, ok := success(from, op)
			if !ok {
				continue
			}
			if targets[from] == nil {
				targets[from] = map[smtp.State][]smtp.Op{}
			}
			targets[from][to] = append(targets[from][to], op)
			if _, seen := depth[to]; !seen {
				depth[to] = depth[from] + 1
				order = append(order, to)
			}
		}
	}
	var d diagram
	column, at := map[int]int{}, map[smtp.State]node{}
	for _, s := range order {
		n := node{Name: smtp.Table.States[s].Name, X: 20 + depth[s]*(nodeWide+gapX), Y: 30 + column[depth[s]]*(nodeHigh+gapY), Verdict: Skipped}
		column[depth[s]]++
		for _, p := range places {
			if p.state == s {
				for id, x := range results {
					if strings.HasPrefix(id, "seq-"+p.name+"-") {
						n.Verdict = Worse(n.Verdict, x.Verdict)
					}
				}
			}
		}
		at[s] = n
		d.Nodes = append(d.Nodes, n)
		d.Width, d.Height = max(d.Width, n.X+nodeWide+20), max(d.Height, n.Y+nodeHigh+40)
	}
	for _, from := range order {
		for _, to := range order {
			ops := targets[from][to]
			if len(ops) == 0 || from == to {
				continue
			}
			d.Edges = append(d.Edges, draw(at[from], at[to], names(ops), worstOf(results, from, ops)))
		}
	}
	d.grid(results)
	return d
}

// success is where a positive reply to a command leads from a state.
func success(from smtp.State, op smtp.Op) (smtp.State, bool) {
	info := &smtp.Table.Commands[op]
	if !info.In.Has(from) || info.Role == smtp.RoleGreeting || info.Needs.Has(smtp.FactLmtp) {
		return 0, false
	}
	if smtp.Table.States[from].Awaits == smtp.AwaitTLS {
		return smtp.Table.States[from].Then, true
	}
	for _, row := range info.Replies {
		if row.Min < 400 && !row.Violation && !row.Unlisted && (row.From == 0 || row.From.Has(from)) {
			return target(place{state: from}, op, int(row.Min)), true
		}
	}
	return 0, false
}

func names(ops []smtp.Op) string {
	var list []string
	for _, op := range ops {
		list = append(list, smtp.Table.Commands[op].Name)
	}
	return strings.Join(list, " ")
}

func worstOf(results map[string]Result, from smtp.State, ops []smtp.Op) Verdict {
	v := Skipped
	for _, p := range places {
		for _, op := range ops {
			if x, ok := results["seq-"+p.name+"-"+smtp.Table.Commands[op].Name]; ok && p.state == from {
				v = Worse(v, x.Verdict)
			}
		}
	}
	return v
}

// draw bends the lines that lead back below those that lead on.
func draw(a, b node, label string, v Verdict) edge {
	if a.X < b.X {
		x1, y1, x2, y2 := a.X+nodeWide, a.Y+nodeHigh/2, b.X, b.Y+nodeHigh/2
		mid := (x1 + x2) / 2
		return edge{fmt.Sprintf("M%d %d C%d %d %d %d %d %d", x1, y1, mid, y1, mid, y2, x2, y2), label, mid, (y1+y2)/2 - 4, v}
	}
	x1, y1, x2, y2 := a.X+nodeWide/2, a.Y+nodeHigh, b.X+nodeWide/2, b.Y+nodeHigh
	low := max(y1, y2) + 40
	return edge{fmt.Sprintf("M%d %d C%d %d %d %d %d %d", x1, y1, x1, low, x2, low, x2, y2), label, (x1 + x2) / 2, low - 14, v}
}

// grid is the same as a table: places by commands.
func (d *diagram) grid(results map[string]Result) {
	var ops []smtp.Op
	for op := smtp.Op(1); int(op) < len(smtp.Table.Commands); op++ {
		if tried(op) {
			ops = append(ops, op)
			d.Commands = append(d.Commands, smtp.Table.Commands[op].Name)
		}
	}
	for _, p := range places {
		row := gridRow{Place: p.name}
		for _, op := range ops {
			id := "seq-" + p.name + "-" + smtp.Table.Commands[op].Name
			if _, ok := results[id]; !ok {
				id = "seq-" + p.name + "-any"
			}
			x, ok := results[id]
			cell := gridCell{Verdict: Skipped}
			if ok {
				cell = gridCell{Case: id, Verdict: x.Verdict, Title: x.Title}
			}
			row.Cells = append(row.Cells, cell)
		}
		if slices.ContainsFunc(row.Cells, func(c gridCell) bool { return c.Case != "" }) {
			d.Grid = append(d.Grid, row)
		}
	}
}
