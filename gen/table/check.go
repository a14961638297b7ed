package table

import "slices"

// check runs the rules over a table whose files could all be read: first those
// about names and shapes, then, where the table holds together, those about
// what it says as a whole.
func check(t *Table, r *report) {
	c := &checker{report: r, t: t}
	c.definitions()
	c.references()
	c.extensions()
	c.limits()
	c.citations()
	c.wireNames()
	c.goNames()
	c.facts()
	c.states()
	c.shapes()
	if !r.sound() {
		return
	}
	m := resolve(c)
	m.conditions()
	m.deterministic()
	m.total()
	m.success()
	m.answers()
	m.assume()
	m.explore()
}

// A checker holds what the rules about names look things up in.
type checker struct {
	*report
	t *Table
}

// harmless are the rules that leave the table's meaning alone: where only they
// are broken, the rules about the whole can be judged all the same.
var harmless = []string{"citation", "bare-word", "go-name"}

// sound reports whether nothing was found that leaves the table's meaning open.
func (r *report) sound() bool {
	return !slices.ContainsFunc(r.problems, func(p Problem) bool { return !contains(harmless, p.Rule) })
}

// readable reports whether every file could be read, so that a name without a
// definition is a mistake of its own.
func (r *report) readable() bool {
	return !slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Rule == "syntax" })
}
