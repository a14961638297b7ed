package table

import (
	"fmt"
	"slices"
	"strings"
)

// A node is where a session stands: its state, the home it last entered, and
// the facts that any command or row asks for.
type node struct {
	state, home int
	facts       mask
}

// mostNodes bounds the exploration. The library's own table has a few hundred.
const mostNodes = 1 << 16

// A graph is every node that a session can come to, in the order of finding.
type graph struct {
	*model
	asked  mask // facts that matter
	number map[node]int
	nodes  []node
	back   [][]int // nodes that a legal command leads from
}

// explore walks every node that a session can come to, whatever is offered and
// however late the replies are, and holds that each state can be reached, each
// command used, and the session finished from wherever it stands.
func (m *model) explore() {
	g := &graph{model: m, number: map[node]int{}}
	g.ask()
	for _, facts := range subsets(g.beginning()) {
		start := m.state[m.t.Start.Text]
		g.visit(node{start, start, facts})
	}
	used := make([]bool, len(m.commands))
	for i := 0; i < len(g.nodes); i++ {
		if len(g.nodes) > mostNodes {
			m.add(m.t.Protocol.Pos, "limit", "the facts that commands ask for can be combined in more ways than can be checked (%d); use fewer", mostNodes)
			return
		}
		g.leave(i, used)
	}
	var seen mask
	for _, n := range g.nodes {
		seen |= 1 << n.state
	}
	for i, s := range m.t.States {
		if !seen.has(i) {
			m.add(s.Name.Pos, "reachable", "no row leads to %s; add one, or leave the state out", s.Name.Text)
		}
	}
	for i, c := range m.commands {
		if !used[i] && c.in&seen&m.answered != 0 {
			m.add(c.Name.Pos, "reachable", "%s is never legal: the facts that it needs and forbids never hold so in %s", c.Name.Text, m.stateNames(c.in&seen))
		} else if c.in == 0 {
			m.add(c.Name.Pos, "reachable", "%s is legal in no state; see its in and unless-in", c.Name.Text)
		}
	}
	g.finish()
}

// ask collects the facts that anything depends on.
func (g *graph) ask() {
	for _, c := range g.commands {
		g.asked |= c.needs | c.forbids
		for _, x := range slices.Concat(c.replies, c.late) {
			g.asked |= x.ifs
		}
	}
}

// beginning gives the facts that a session may begin with: those that are
// fixed, and TLS, which may be there from the first octet on.
func (g *graph) beginning() mask {
	set := g.fixed
	for i, f := range g.t.Facts {
		if f.Role.Text == "tls" {
			set |= 1 << i
		}
	}
	return set & g.asked
}

// subsets gives every part of a mask; of one too large, itself and nothing.
func subsets(of mask) []mask {
	list := []mask{0}
	for i := range 64 {
		if of.has(i) && len(list) <= mostNodes {
			for _, m := range slices.Clone(list) {
				list = append(list, m|1<<i)
			}
		}
	}
	return list
}

func (g *graph) visit(n node) int {
	n.facts &= g.asked
	i, ok := g.number[n]
	if !ok {
		i = len(g.nodes)
		g.number[n] = i
		g.nodes = append(g.nodes, n)
		g.back = append(g.back, nil)
	}
	return i
}

// leave follows every reply that can come where node i stands.
func (g *graph) leave(i int, used []bool) {
	n := g.nodes[i]
	s := g.t.States[n.state]
	step := func(to node, legal bool) {
		if j := g.visit(to); legal {
			g.back[j] = append(g.back[j], i)
		}
	}
	if s.Awaits == "tls" {
		to := g.enter(n, g.state[s.To.Text])
		to.facts |= g.factsOf(s.Set)
		step(to, true)
		return
	}
	for k, c := range g.commands {
		legal := c.in.has(n.state) && n.facts&(c.needs|c.forbids) == c.needs
		cells := c.replies
		switch {
		case legal:
			used[k] = true
		case !g.all.has(n.state) || c.in&g.all == 0: // nothing is late here, or never is
			continue
		case n.facts&g.fixed&(c.needs|c.forbids) != c.needs&g.fixed: // it can't have been sent
			continue
		case !c.in.has(n.state):
			cells = c.late
		}
		for _, x := range g.counting(cells, n) {
			for _, to := range g.outcomes(c, x, n) {
				step(to, legal)
			}
		}
	}
}

// counting gives the rows that count for a reply at n: of each code the first
// that holds. What is like a class has what the class does in it.
func (g *graph) counting(cells []*cell, n node) []*cell {
	var list []*cell
	seen := map[string]bool{}
	for _, x := range cells {
		if seen[x.code.Text] || !x.at(n) {
			continue
		}
		seen[x.code.Text] = true
		if x.Like.Text != "" {
			x = x.like(cells, n)
		}
		if x != nil && !x.Violation {
			list = append(list, x)
		}
	}
	return list
}

func (x *cell) at(n node) bool {
	return (x.from == 0 || x.from.has(n.state)) && n.facts&x.ifs == x.ifs
}

func (x *cell) like(cells []*cell, n node) *cell {
	for _, y := range cells {
		if y.code.Text != x.Like.Text || y.Like.Text != "" || !y.at(n) {
			continue
		}
		row := *y.Row
		row.Set = slices.Concat(row.Set, x.Set)
		row.Clear = slices.Concat(row.Clear, x.Clear)
		row.Do = slices.Concat(row.Do, x.Do)
		both := *x
		both.Row = &row
		return &both
	}
	return nil
}

// outcomes gives the nodes that a row leads to: with a success, one for each
// combination of parameters that the command may have had.
func (g *graph) outcomes(c *command, x *cell, n node) []node {
	sets := []mask{0}
	if x.positive() {
		for _, p := range c.params {
			for _, m := range slices.Clone(sets) {
				if with := (m | p) & g.asked; !slices.Contains(sets, with) {
					sets = append(sets, with)
				}
			}
		}
	}
	list := make([]node, len(sets))
	for i, set := range sets {
		at := g.effects(n, x.Row)
		at.facts = (at.facts|set)&^g.factsOf(x.Clear) | g.factsOf(x.Set)
		list[i] = g.target(at, x.Row)
	}
	return list
}

// move gives the node that a row leads to.
func (m *model) move(n node, row *Row) node {
	n = m.effects(n, row)
	n.facts = n.facts&^m.factsOf(row.Clear) | m.factsOf(row.Set)
	return m.target(n, row)
}

// effects ends what a row's effects end.
func (m *model) effects(n node, row *Row) node {
	for _, e := range row.Do {
		switch e.Text {
		case "close-transaction":
			n.facts &^= m.scope["transaction"]
		case "forget-session":
			n.facts &^= m.scope["transaction"] | m.scope["session"]
		}
	}
	return n
}

func (m *model) target(n node, row *Row) node {
	switch row.To.Text {
	case "", "same":
		return n
	case "home":
		n.state = n.home
		return n
	}
	return m.enter(n, m.state[row.To.Text])
}

func (m *model) enter(n node, state int) node {
	n.state = state
	if m.t.States[state].Home {
		n.home = state
	}
	return n
}

// finish holds that from every node legal commands can end the session.
func (g *graph) finish() {
	ends := make([]bool, len(g.nodes))
	var queue []int
	for i, n := range g.nodes {
		if n.state == g.state[g.t.Finish.Text] {
			ends[i] = true
			queue = append(queue, i)
		}
	}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, j := range g.back[i] {
			if !ends[j] {
				ends[j] = true
				queue = append(queue, j)
			}
		}
	}
	var said mask
	for i, n := range g.nodes {
		if !ends[i] && !said.has(n.state) && !g.mute(n.state) {
			said |= 1 << n.state
			s := g.t.States[n.state]
			g.add(s.Name.Pos, "finish", "from %s%s no legal commands lead to %s; let QUIT be legal there, or a command that leads on",
				s.Name.Text, g.describe(n), g.t.Finish.Text)
		}
	}
}

func (g *graph) describe(n node) string {
	parts := []string{"home " + g.t.States[n.home].Name.Text}
	if n.facts != 0 {
		parts = append(parts, "with "+g.factNames(n.facts))
	}
	return fmt.Sprintf(" (%s)", strings.Join(parts, ", "))
}
