package table

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

// join applies what files add to definitions of others, once all are there.
func (l *loader) join() {
	l.t.Params = slices.DeleteFunc(l.t.Params, func(p *Param) bool { return p.With != "" && !l.loaded(p.With) })
	for _, f := range l.joins {
		f()
	}
}

func (l *loader) loaded(ext string) bool {
	return slices.ContainsFunc(l.t.Extensions, func(e *Extension) bool { return e.Name.Text == ext })
}

// into adds states to sets.
func (l *loader) into(r *reader, n *yaml.Node) {
	for _, e := range r.entries(n, "into") {
		states := r.words(e.value, "into "+e.name.Text)
		l.joins = append(l.joins, func() {
			for _, s := range l.t.Sets {
				if s.Name.Text == e.name.Text {
					s.States = append(s.States, states...)
					return
				}
			}
			l.add(e.name.Pos, "undefined", "there is no set %q%s", e.name.Text, didYouMean(e.name.Text, names(l.t.Sets)))
		})
	}
}

// words adds words to the choices of parameters.
func (l *loader) words(r *reader, n *yaml.Node) {
	for _, e := range r.entries(n, "values") {
		for _, w := range r.entries(e.value, "values of "+e.name.Text) {
			o := r.object(w.value, kindChoice, w.name.Pos)
			c := r.choice(w.name, o)
			with := r.text(o.get("with"), "with")
			l.joins = append(l.joins, func() {
				if with == "" || l.loaded(with) {
					l.addWord(e.name, c)
				}
			})
		}
	}
}

func (l *loader) addWord(param Name, c *Choice) {
	for _, p := range l.t.Params {
		if p.Name.Text != param.Text {
			continue
		}
		if p.Value.Kind != "choice" {
			l.add(param.Pos, "value", "parameter %s has no choice of words that one could be added to", param.Text)
			return
		}
		p.Value.Choices = append(p.Value.Choices, c)
		return
	}
	l.add(param.Pos, "undefined", "there is no parameter %q%s", param.Text, didYouMean(param.Text, names(l.t.Params)))
}

// extend adds conditions, rows and counts to commands.
func (l *loader) extend(r *reader, n *yaml.Node) {
	for _, e := range r.entries(n, "extend") {
		o := r.object(e.value, kindExtend, e.name.Pos)
		with := r.text(o.get("with"), "with")
		add := &Command{}
		add.Forbids = r.words(o.get("forbids"), "forbids")
		add.Needs = r.words(o.get("needs"), "needs")
		r.count(o, add)
		add.Replies = r.rows(o.get("replies"))
		add.Late = r.rows(o.get("late"))
		x := Extend{Ext: r.ext, Pos: e.name.Pos, Cite: r.citation(o)}
		if x.Cite.RFC == "" && (len(add.Forbids) > 0 || len(add.Needs) > 0 || add.Count) {
			l.add(x.Pos, "citation", "what is added to %s beside rows needs rfc, the section that says so, or cite", e.name.Text)
		}
		l.joins = append(l.joins, func() {
			if with == "" || l.loaded(with) {
				l.addTo(e.name, add, x)
			}
		})
	}
}

func (l *loader) addTo(name Name, add *Command, x Extend) {
	i := slices.IndexFunc(l.t.Commands, func(c *Command) bool { return c.Name.Text == name.Text })
	if i < 0 {
		l.add(name.Pos, "undefined", "there is no command %q; if it is another extension's, say with: and the name of that%s",
			name.Text, didYouMean(name.Text, names(l.t.Commands)))
		return
	}
	c := l.t.Commands[i]
	if c.Ext == x.Ext {
		l.add(name.Pos, "value", "%s is defined in this file; say it there", name.Text)
		return
	}
	l.keepsTargets(c, add.Replies)
	l.keepsTargets(c, add.Late)
	if add.Count && c.Count {
		l.add(name.Pos, "clash", "%s has its replies counted at %s already; leave one", name.Text, c.countAt)
	} else if add.Count {
		c.countAt = name.Pos
	}
	c.Forbids = append(c.Forbids, add.Forbids...)
	c.Needs = append(c.Needs, add.Needs...)
	c.Count = c.Count || add.Count
	c.CountIf = append(c.CountIf, add.CountIf...)
	c.Alone = c.Alone || add.Alone
	c.Replies = append(c.Replies, add.Replies...)
	c.Late = append(c.Late, add.Late...)
	c.Extends = append(c.Extends, &x)
}

// keepsTargets holds that rows which a file adds to another's command lead
// nowhere that the command does not lead to by itself, unless the row takes up a
// transaction of an earlier session, which has recipients already.
func (l *loader) keepsTargets(c *Command, rows []*Row) {
	known := slices.Clone(stateTargets)
	for _, list := range [][]*Row{c.Replies, c.Late} {
		for _, row := range list {
			if row.To.Text != "" && !contains(known, row.To.Text) {
				known = append(known, row.To.Text)
			}
		}
	}
	for _, row := range rows {
		if row.To.Text != "" && !contains(known, row.To.Text) && !row.takesUp() {
			l.add(row.To.Pos, "target", "%s does not lead to %q by itself, and what is added to it may not either%s", c.Name.Text, row.To.Text, didYouMean(row.To.Text, known))
		}
	}
}

func (row *Row) takesUp() bool {
	return slices.ContainsFunc(row.Do, func(n Name) bool { return n.Text == "take-up" })
}

// named is a definition.
type named interface{ DefName() Name }

func (s *State) DefName() Name     { return s.Name }
func (f *Fact) DefName() Name      { return f.Name }
func (s *Set) DefName() Name       { return s.Name }
func (c *Command) DefName() Name   { return c.Name }
func (p *Param) DefName() Name     { return p.Name }
func (e *Extension) DefName() Name { return e.Name }

func names[T named](defs []T) []string {
	list := make([]string, len(defs))
	for i, d := range defs {
		list[i] = d.DefName().Text
	}
	return list
}
