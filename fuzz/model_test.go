package fuzz

import (
	"slices"

	"github.com/tabellarius/tabellarius/gen/table"
)

// A model is a session as the YAML rows say it, read one by one with no
// compilation and no short cuts: the assumed state is walked anew each time.
type model struct {
	tab     *table.Table
	offered map[string]bool // keywords

	confirmed  standing
	queue      []queued
	recipients int
	left       int
	worst      int
	broken     bool // the server broke the protocol
	most       int  // commands that may be outstanding
}

// A standing is where a session stands.
type standing struct {
	state, home string
	facts       uint64 // by the order of the table
}

type queued struct {
	c     *table.Command
	sets  uint64
	final bool
}

func newModel(tab *table.Table, facts uint64, most int) *model {
	m := &model{tab: tab, offered: map[string]bool{}, confirmed: standing{state: tab.Start.Text, facts: facts}, most: most}
	m.queue = []queued{{c: m.byRole("greeting")}}
	return m
}

func (m *model) byRole(role string) *table.Command {
	for _, c := range m.tab.Commands {
		if c.Role.Text == role {
			return c
		}
	}
	return nil
}

func (m *model) state(name string) *table.State {
	for _, s := range m.tab.States {
		if s.Name.Text == name {
			return s
		}
	}
	return nil
}

// has reports whether a list of states and sets has a state.
func (m *model) has(list []table.Name, state string) bool {
	for _, n := range list {
		switch {
		case n.Text == state, n.Text == "all" && m.state(state).Awaits == "command":
			return true
		}
		for _, set := range m.tab.Sets {
			if set.Name.Text == n.Text && m.has(set.States, state) {
				return true
			}
		}
	}
	return false
}

func (m *model) facts(names []table.Name) (set uint64) {
	for _, n := range names {
		for i, f := range m.tab.Facts {
			if f.Name.Text == n.Text {
				set |= 1 << i
			}
		}
	}
	return set
}

func (m *model) scope(scope string) (set uint64) {
	for i, f := range m.tab.Facts {
		if f.Scope == scope {
			set |= 1 << i
		}
	}
	return set
}

func (m *model) in(c *table.Command, state string) bool {
	return m.has(c.In, state) && !m.has(c.UnlessIn, state)
}

// assumed is where the session stands if all that is queued succeeds, but for
// commands that leave it open.
func (m *model) assumed() standing {
	at := m.confirmed
	for _, q := range m.queue {
		if r := m.success(q.c); r != nil && m.in(q.c, at.state) {
			at = m.move(at, r, q.sets, true)
		}
		if q.c.Assume.Text != "" {
			at.state = q.c.Assume.Text
		}
	}
	return at
}

// success is the first row of a command that is positive, nil if it can only be
// refused.
func (m *model) success(c *table.Command) *table.Row {
	for _, r := range c.Replies {
		if !r.Violation && r.Codes[0].Text < "4" {
			return r
		}
	}
	return nil
}

// legal reports whether a command may be queued.
func (m *model) legal(c *table.Command) bool {
	at := m.assumed()
	needs, forbids := m.facts(c.Needs), m.facts(c.Forbids)
	if m.broken || !m.in(c, at.state) || at.facts&needs != needs || at.facts&forbids != 0 {
		return false
	}
	for i, f := range m.tab.Facts {
		if at.facts&(1<<i) != 0 && len(f.Only) > 0 && !slices.ContainsFunc(f.Only, func(n table.Name) bool { return n.Text == c.Name.Text }) {
			if m.state(at.state).Awaits == "command" {
				return false
			}
		}
	}
	if c.Ext != nil && c.Ext.Keyword != nil && !m.offered[c.Ext.Keyword.Name.Text] {
		return false
	}
	if len(m.queue) == 0 {
		return true
	}
	last := m.queue[len(m.queue)-1]
	alone := c.Alone && at.facts&m.facts(c.CountIf) == m.facts(c.CountIf)
	return m.offered["PIPELINING"] && len(m.queue) < m.most && !alone &&
		(last.c.Group == "anywhere" || last.c.Group == "last-unless-final" && last.final)
}

// push queues a command.
func (m *model) push(c *table.Command, sets uint64, final bool) {
	m.queue = append(m.queue, queued{c, sets, final})
}

// row finds what a code means: an exact code before a class, then a row with
// `if` before one without, then one with `from`, then the command's own.
func (m *model) row(c *table.Command, code string, late bool) *table.Row {
	own, common := c.Replies, m.tab.Common
	if late && !m.neverLate(c) {
		own, common = c.Late, m.tab.Late
	}
	class := code[:1] + "yz"
	for _, wanted := range []string{code, class} {
		for _, narrow := range []struct{ ifs, from bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
			for _, list := range [][]*table.Row{own, common} {
				for _, r := range list {
					if !slices.ContainsFunc(r.Codes, func(n table.Name) bool { return n.Text == wanted }) ||
						(len(r.If) > 0) != narrow.ifs || (len(r.From) > 0) != narrow.from ||
						m.confirmed.facts&m.facts(r.If) != m.facts(r.If) || len(r.From) > 0 && !m.has(r.From, m.confirmed.state) {
						continue
					}
					if r.Like.Text == "" {
						return r
					}
					liked := *m.row(c, r.Like.Text, late)
					liked.Set = append(slices.Clone(liked.Set), r.Set...)
					liked.Violation = liked.Violation || r.Violation
					return &liked
				}
			}
		}
	}
	return nil
}

// neverLate: rows that all stay where they are say the same in any state.
func (m *model) neverLate(c *table.Command) bool {
	for _, r := range append(slices.Clone(c.Replies), m.tab.Common...) {
		if r.Like.Text == "" && !r.Violation && (r.To.Text != "same" || len(r.Do)+len(r.Set)+len(r.Clear) > 0) {
			return false
		}
	}
	return len(c.Late) == 0
}

func does(r *table.Row, effect string) bool {
	return slices.ContainsFunc(r.Do, func(n table.Name) bool { return n.Text == effect })
}

// move gives the standing that a row leads to.
func (m *model) move(at standing, r *table.Row, sets uint64, positive bool) standing {
	if does(r, "close-transaction") || does(r, "forget-session") {
		at.facts &^= m.scope("transaction")
	}
	if does(r, "forget-session") {
		at.facts &^= m.scope("session")
	}
	if positive {
		at.facts |= sets
	}
	at.facts = at.facts&^m.facts(r.Clear) | m.facts(r.Set)
	switch r.To.Text {
	case "same", "":
	case "home":
		at.state = at.home
	default:
		at.state = r.To.Text
	}
	if m.state(at.state).Home {
		at.home = at.state
	}
	return at
}

// reply takes a reply to the oldest command. offers are the keywords in it, if
// it is one to EHLO.
func (m *model) reply(code string, offers []string) (late, more bool) {
	q := m.queue[0]
	late = !m.in(q.c, m.confirmed.state)
	if r := m.row(q.c, code, late); r == nil || r.Violation || does(r, "take-up") { // no command of the walk names a transaction
		m.broken = true
		return late, false
	}
	if q.c.Count && m.confirmed.facts&m.facts(q.c.CountIf) == m.facts(q.c.CountIf) {
		if m.left == 0 {
			m.left, m.worst = max(1, m.recipients), 0
		}
		n := int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0')
		if n/100 > m.worst/100 {
			m.worst = n
		}
		m.left--
		code = string([]byte{byte('0' + m.worst/100), byte('0' + m.worst/10%10), byte('0' + m.worst%10)})
		more = m.left > 0
	}
	r := m.row(q.c, code, late)
	if r == nil || r.Violation {
		m.broken = true
		return late, more
	}
	if more {
		return late, true
	}
	to := m.move(m.confirmed, r, q.sets, code < "4")
	if awaits := m.state(to.state).Awaits; awaits != "command" && awaits != "nothing" && len(m.queue) > 1 {
		m.broken = true // what was sent behind it would be read as the answer
		return late, false
	}
	m.confirmed = to
	m.queue = m.queue[1:]
	m.effects(r, offers)
	return late, false
}

func (m *model) effects(r *table.Row, offers []string) {
	for _, effect := range r.Do {
		switch effect.Text {
		case "learn-extensions", "forget-extensions", "forget-session":
			clear(m.offered)
			for _, k := range offers {
				m.offered[k] = effect.Text == "learn-extensions"
			}
		case "open-transaction", "close-transaction":
			m.recipients = 0
		case "count-recipient":
			m.recipients++
		case "send-void":
			m.push(m.byRole("void"), 0, false)
		}
	}
}

// handshake is the end of the TLS handshake.
func (m *model) handshake() {
	s := m.state(m.confirmed.state)
	m.confirmed.state = s.To.Text
	m.confirmed.facts |= m.facts(s.Set)
	if m.state(s.To.Text).Home {
		m.confirmed.home = s.To.Text
	}
}
