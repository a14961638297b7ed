package table

import (
	"cmp"
	"slices"
	"strings"
)

// mask is a set of states, or of facts, by their numbers in the table.
type mask uint64

func (m mask) has(n int) bool { return m&(1<<n) != 0 }

// A model is the table with its names resolved, as the rules about the whole
// read it.
type model struct {
	*checker
	state      map[string]int
	fact       map[string]int
	sets       map[string]mask
	all        mask // states that await a command
	answered   mask // states that await what a command can be
	fixed      mask
	scope      map[string]mask // facts by what ends them
	commands   []*command
	common     []*cell
	commonLate []*cell
}

// A command of the model. replies and late hold the cells that count, its own
// and the common ones, in order of precedence.
type command struct {
	*Command
	in, needs, forbids mask
	replies, late      []*cell
	neverLate          bool
	params             []mask // facts that each of its parameters sets
}

// A cell is what a row says about one of its codes.
type cell struct {
	*Row
	code   Name
	from   mask // 0: any state
	ifs    mask
	common bool
}

func (c *cell) class() bool { return strings.HasSuffix(c.code.Text, "yz") }

// positive reports whether the code is one of success, not of refusal.
func (c *cell) positive() bool { return c.code.Text[0] < '4' && !c.Violation }

// rank is the place in the order of precedence, smaller first: an exact code
// before a class, a row with if before one without, then one with from before
// one without, a command's own row before a common one.
func (c *cell) rank() int {
	rank := 0
	for i, behind := range []bool{c.common, c.from == 0, c.ifs == 0, c.class()} {
		if behind {
			rank |= 1 << i
		}
	}
	return rank
}

func resolve(c *checker) *model {
	m := &model{checker: c, state: map[string]int{}, fact: map[string]int{}, sets: map[string]mask{}, scope: map[string]mask{}}
	for i, s := range c.t.States {
		m.state[s.Name.Text] = i
		if s.Awaits == "command" {
			m.all |= 1 << i
		}
		if s.Awaits != "tls" && s.Awaits != "nothing" {
			m.answered |= 1 << i
		}
	}
	for i, f := range c.t.Facts {
		m.fact[f.Name.Text] = i
		m.scope[f.Scope] |= 1 << i
		if f.Fixed {
			m.fixed |= 1 << i
		}
	}
	m.sets[setAll] = m.all
	for _, s := range c.t.Sets {
		m.sets[s.Name.Text] = m.places(s.States)
	}
	m.common = m.cells(c.t.Common, true)
	m.commonLate = m.cells(c.t.Late, true)
	for _, cmd := range c.t.Commands {
		m.commands = append(m.commands, m.command(cmd))
	}
	return m
}

func (m *model) command(cmd *Command) *command {
	k := &command{
		Command: cmd,
		in:      m.places(cmd.In) &^ m.places(cmd.UnlessIn),
		needs:   m.factsOf(cmd.Needs),
		forbids: m.factsOf(cmd.Forbids),
	}
	for _, f := range m.t.Facts {
		only := len(f.Only) > 0 && !slices.ContainsFunc(f.Only, func(n Name) bool { return n.Text == cmd.Name.Text })
		if only && k.in&m.all != 0 { // what answers a 3yz stays legal
			k.forbids |= 1 << m.fact[f.Name.Text]
		}
	}
	k.replies = inOrder(m.cells(cmd.Replies, false), m.common)
	k.late = inOrder(m.cells(cmd.Late, false), m.commonLate)
	k.neverLate = k.in&m.all == 0 || m.all&^k.in == 0 || len(cmd.Late) == 0 && stays(cmd.Replies)
	if k.neverLate {
		k.late = nil
		if k.in&m.all != 0 {
			k.late = k.replies
		}
	}
	for _, p := range m.t.Params {
		if !slices.ContainsFunc(p.Of, func(n Name) bool { return n.Text == cmd.Name.Text }) {
			continue
		}
		if len(p.Set) > 0 {
			k.params = append(k.params, m.factsOf(p.Set))
		}
		for _, w := range p.Value.Choices {
			if len(w.Set) > 0 {
				k.params = append(k.params, m.factsOf(p.Set)|m.factsOf(w.Set))
			}
		}
	}
	return k
}

// stays reports whether all rows of a command leave everything as it is, so
// that a reply to it can't come too late.
func stays(rows []*Row) bool {
	for _, r := range rows {
		if !r.Violation && r.Like.Text == "" && (r.To.Text != "same" || len(r.Set)+len(r.Clear)+len(r.Do) > 0) {
			return false
		}
	}
	return true
}

// places gives the mask of states and sets.
func (m *model) places(list []Name) mask {
	var set mask
	for _, n := range list {
		if i, ok := m.state[n.Text]; ok {
			set |= 1 << i
		} else {
			set |= m.sets[n.Text]
		}
	}
	return set
}

func (m *model) factsOf(list []Name) mask {
	var set mask
	for _, n := range list {
		set |= 1 << m.fact[n.Text]
	}
	return set
}

func (m *model) cells(rows []*Row, common bool) []*cell {
	var list []*cell
	for _, r := range rows {
		for _, code := range r.Codes {
			list = append(list, &cell{Row: r, code: code, from: m.places(r.From), ifs: m.factsOf(r.If), common: common})
		}
	}
	return list
}

func inOrder(lists ...[]*cell) []*cell {
	all := slices.Concat(lists...)
	slices.SortStableFunc(all, func(a, b *cell) int { return cmp.Compare(a.rank(), b.rank()) })
	return all
}

// stateNames lists the states of a mask for a message.
func (m *model) stateNames(set mask) string {
	var list []string
	for i, s := range m.t.States {
		if set.has(i) {
			list = append(list, s.Name.Text)
		}
	}
	return strings.Join(list, ", ")
}

func (m *model) factNames(set mask) string {
	var list []string
	for i, f := range m.t.Facts {
		if set.has(i) {
			list = append(list, f.Name.Text)
		}
	}
	return strings.Join(list, ", ")
}
