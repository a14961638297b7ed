package table

import (
	"slices"
	"strings"
)

// conditions holds that no row waits for what can't be: a state in which its
// list is not read.
func (m *model) conditions() {
	for _, c := range m.commands {
		for _, x := range c.replies {
			if !x.common && x.from != 0 && x.from&c.in == 0 {
				m.add(x.Pos, "reachable", "the row is never used: %s is not legal in any state of its from; it is legal in %s", c.Name.Text, m.stateNames(c.in))
			}
		}
		for _, row := range c.Late {
			from := m.places(row.From)
			switch {
			case c.in&m.all == 0 || m.all&^c.in == 0:
				m.add(row.Pos, "reachable", "the row is never used: %s is never late, since no other state can be confirmed when its reply comes", c.Name.Text)
			case from != 0 && from&m.all&^c.in == 0:
				m.add(row.Pos, "reachable", "the row is never used: %s is legal in every state of its from, and late rows are for the others", c.Name.Text)
			}
		}
	}
}

// deterministic holds that in a list no two rows of one code and one rank can
// hold together. A row of another file that says the same is only a further
// authority.
func (m *model) deterministic() {
	every := mask(1)<<len(m.t.States) - 1
	m.exclusive("common", m.common, every)
	m.exclusive("late", m.commonLate, every)
	for _, c := range m.commands {
		m.exclusive("the replies of "+c.Name.Text, m.cells(c.Replies, false), c.in)
		m.exclusive("the late rows of "+c.Name.Text, m.cells(c.Command.Late, false), m.all&^c.in)
	}
}

func (m *model) exclusive(list string, cells []*cell, in mask) {
	for i, b := range cells {
		for _, a := range cells[:i] {
			if a.code.Text != b.code.Text || a.rank() != b.rank() || overlap(a, b)&in == 0 {
				continue
			}
			if a.Ext != b.Ext && sameOutcome(a.Row, b.Row) {
				continue
			}
			m.add(b.code.Pos, "deterministic", "in %s, %s has a row at %s already that holds in %s too; leave one, or tell them apart by from or if",
				list, b.code.Text, a.code.Pos, m.stateNames(overlap(a, b)&in))
			break
		}
	}
}

// overlap gives the states in which both cells hold. Facts hold together.
func overlap(a, b *cell) mask {
	both := ^mask(0)
	if a.from != 0 {
		both &= a.from
	}
	if b.from != 0 {
		both &= b.from
	}
	return both
}

func sameOutcome(a, b *Row) bool {
	return a.To.Text == b.To.Text && a.Like.Text == b.Like.Text && a.Violation == b.Violation && a.Unlisted == b.Unlisted &&
		sameWords(a.Set, b.Set) && sameWords(a.Clear, b.Clear) && sameWords(a.Do, b.Do)
}

func sameWords(a, b []Name) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(n Name) bool {
		return !slices.ContainsFunc(b, func(o Name) bool { return o.Text == n.Text })
	})
}

// total holds that every command has a row for every class of replies, in
// each state that it is legal in, and where it is late in each other.
func (m *model) total() {
	for _, c := range m.commands {
		m.complete(c, "replies", c.replies, c.in)
		if !c.neverLate {
			m.complete(c, "late rows", c.late, m.all&^c.in)
		}
	}
}

func (m *model) complete(c *command, list string, cells []*cell, in mask) {
	for _, class := range classWords {
		if missing := in &^ holds(cells, class, true); missing != 0 {
			m.add(c.Name.Pos, "total", "the %s of %s have no row for %s in %s that holds whatever the facts; add one", list, c.Name.Text, class, m.stateNames(missing))
			continue
		}
		for _, x := range cells {
			from := in
			if x.from != 0 {
				from &= x.from
			}
			if x.Like.Text != class {
				continue
			}
			if missing := from &^ holds(cells, class, false); missing != 0 {
				m.add(x.Pos, "total", "like: %s finds no row of that class for %s in %s; rows that are like another do not count", class, c.Name.Text, m.stateNames(missing))
			}
		}
	}
}

// holds gives the states in which cells have a row for a class, whatever the
// facts are. Those that are like another class count if asked for.
func holds(cells []*cell, class string, like bool) mask {
	var set mask
	for _, x := range cells {
		if x.code.Text != class || x.ifs != 0 || !like && x.Like.Text != "" {
			continue
		}
		if x.from == 0 {
			return ^mask(0)
		}
		set |= x.from
	}
	return set
}

// successRow is the row that is assumed to be the answer while none is there:
// the first positive one.
func (c *command) successRow() *cell {
	for _, x := range c.replies {
		if x.positive() {
			return x
		}
	}
	return nil
}

// success holds that what is assumed behind a command depends on nothing but
// where it was sent.
func (m *model) success() {
	for _, c := range m.commands {
		if c.Group == "last" || c.in&m.all == 0 {
			continue
		}
		x := c.successRow()
		if x == nil {
			m.add(c.Name.Pos, "success", "others may be sent behind %s before its reply, but no row says where a success leads; add one of 2yz, or say group: last", c.Name.Text)
			continue
		}
		if x.from == 0 && x.ifs == 0 {
			continue
		}
		for _, y := range c.replies {
			if y.positive() && y.class() == x.class() && y.from == 0 && y.ifs == 0 && sameOutcome(x.Row, y.Row) {
				x = nil
				break
			}
		}
		if x != nil {
			m.add(x.Pos, "success", "this row says where a success of %s leads, and others may be sent behind it before its reply; so it can't have from or if", c.Name.Text)
		}
	}
}

// answers holds that each state which awaits something else than a command has
// what it awaits, that it is entered only where nothing can stand behind the
// command, and that what answers is legal nowhere else.
func (m *model) answers() {
	for _, c := range m.commands {
		m.entering(c)
		if other := c.in & m.all; other != 0 && other != c.in {
			m.add(c.Name.Pos, "answer", "%s is legal both where a command is awaited (%s) and where something else is (%s); make two commands of it",
				c.Name.Text, m.stateNames(other), m.stateNames(c.in&^m.all))
		}
	}
	for i, s := range m.t.States {
		var lines, plain []*command
		for _, c := range m.commands {
			if !c.in.has(i) {
				continue
			}
			switch {
			case s.Awaits == "tls" || s.Awaits == "nothing":
				m.add(c.Name.Pos, "answer", "%s can't be legal in %s, which awaits %s", c.Name.Text, s.Name.Text, s.Awaits)
			case s.Awaits == "content" && c.Payload != "dot":
				m.add(c.Name.Pos, "answer", "%s is legal in %s, which awaits content, and needs payload: dot", c.Name.Text, s.Name.Text)
			case s.Awaits == "line" && !c.Line(), s.Awaits == "reply" && (c.Line() || c.Payload != ""):
				m.add(c.Name.Pos, "answer", "%s is legal in %s, which awaits a %s; that is %s", c.Name.Text, s.Name.Text, s.Awaits,
					map[string]string{"line": "a command with a verb or arguments", "reply": "a command without verb, arguments and payload"}[s.Awaits])
			case s.Awaits == "command" && c.Verb == "":
				m.add(c.Name.Pos, "answer", "%s is legal in %s, which awaits a command, and needs a verb", c.Name.Text, s.Name.Text)
			case c.Line() && c.Verb == "":
				lines = append(lines, c)
			case !c.Line():
				plain = append(plain, c)
			}
		}
		for _, same := range [][]*command{lines, plain} {
			if len(same) > 1 {
				m.add(same[1].Name.Pos, "clash", "in %s, %s can't be told from %s (%s), since neither has a verb", s.Name.Text, same[1].Name.Text, same[0].Name.Text, same[0].Name.Pos)
			}
		}
		if m.mute(i) {
			m.add(s.Name.Pos, "answer", "%s awaits %s, and no command is legal in it; add one, or let it await a command", s.Name.Text, s.Awaits)
		}
	}
}

// mute reports whether a state awaits an answer that no command is.
func (m *model) mute(i int) bool {
	return contains([]string{"content", "line", "reply"}, m.t.States[i].Awaits) &&
		!slices.ContainsFunc(m.commands, func(c *command) bool { return c.in.has(i) })
}

// entering holds that a reply which wants an answer, or ends the session, can
// have no commands behind it.
func (m *model) entering(c *command) {
	if c.Group != "anywhere" {
		return
	}
	for _, row := range slices.Concat(c.Replies, c.Command.Late) {
		to, ok := m.state[row.To.Text]
		if !ok || m.all.has(to) {
			continue
		}
		m.add(row.To.Pos, "group", "%s awaits %s, but %s is of the group anywhere, so commands may stand behind it; say group: last",
			row.To.Text, strings.TrimSpace(m.t.States[to].Awaits), c.Name.Text)
	}
}

// assume holds that a command which is legal in the state assumed behind
// another is legal too where that other's success leads, and leads to the same.
func (m *model) assume() {
	for _, c := range m.commands {
		assumed, ok := m.state[c.Assume.Text]
		if !ok {
			continue
		}
		if !m.all.has(assumed) {
			m.add(c.Assume.Pos, "assume", "%s awaits %s; assume a state that awaits a command", c.Assume.Text, m.t.States[assumed].Awaits)
			continue
		}
		success := c.successRow()
		if success == nil {
			m.add(c.Assume.Pos, "assume", "%s has no row of success that could be assumed otherwise; leave assume out", c.Name.Text)
			continue
		}
		for from := range m.t.States {
			for home, s := range m.t.States {
				if c.in.has(from) && s.Home {
					m.assumeAt(c, success, node{from, home, 0}, assumed)
				}
			}
		}
	}
}

func (m *model) assumeAt(c *command, success *cell, at node, assumed int) {
	real := m.move(at, success.Row)
	guess := real
	guess.state = assumed
	for _, d := range m.commands {
		if !d.in.has(assumed) {
			continue
		}
		if !d.in.has(real.state) {
			m.add(c.Assume.Pos, "assume", "%s is legal in %s, which %s assumes, but not in %s, where its success leads; assume a state in which less is legal",
				d.Name.Text, c.Assume.Text, c.Name.Text, m.t.States[real.state].Name.Text)
			continue
		}
		if x := d.successRow(); x != nil {
			if a, b := m.move(guess, x.Row).state, m.move(real, x.Row).state; a != b {
				m.add(c.Assume.Pos, "assume", "behind %s, the success of %s leads to %s from the assumed %s, but to %s from %s, where the success leads",
					c.Name.Text, d.Name.Text, m.t.States[a].Name.Text, c.Assume.Text, m.t.States[b].Name.Text, m.t.States[real.state].Name.Text)
			}
		}
	}
}
