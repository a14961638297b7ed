package print

import (
	"github.com/dave/jennifer/jen"

	"github.com/tabellarius/tabellarius/gen/plan"
)

// states writes the numbers of all that the table names.
func (pr *printer) states(f *jen.File) bool {
	p, any := pr.p, false
	block := func(prefix, doc string, defs []*plan.Def, about func(int) string) {
		for _, d := range defs {
			if d.Own {
				any = true
				f.Comment(doc)
				constants(f, prefix, defs, about)
				return
			}
		}
	}
	block("State", "States of "+p.Name+", as the table has them.", defsOf(p.States, func(s *plan.State) *plan.Def { return &s.Def }), func(i int) string {
		s := p.States[i]
		return s.Name + ": " + s.About + " (" + s.RFC + ")"
	})
	block("Fact", "Facts of "+p.Name+": what is true or false beside the state.", defsOf(p.Facts, func(x *plan.Fact) *plan.Def { return &x.Def }), func(i int) string {
		x := p.Facts[i]
		return x.Name + ": " + x.About + " (" + x.RFC + ")"
	})
	block("Op", "Commands of "+p.Name+".", defsOf(p.Commands, func(c *plan.Command) *plan.Def { return &c.Def }), func(i int) string {
		c := p.Commands[i]
		return c.Name + " (" + c.RFC + ")"
	})
	block("Keyword", "EHLO keywords of "+p.Name+".", defsOf(p.Keywords, func(k *plan.Keyword) *plan.Def { return &k.Def }), func(i int) string {
		k := p.Keywords[i]
		return k.Name + ": " + k.About + " (" + k.RFC + ")"
	})
	block("Param", "Parameters of commands of "+p.Name+".", defsOf(p.Params, func(q *plan.Param) *plan.Def { return &q.Def }), func(i int) string {
		q := p.Params[i]
		return q.Name + " of " + commandNames(q.Of) + " (" + q.RFC + ")"
	})
	return any
}

func defsOf[T any](list []T, def func(T) *plan.Def) []*plan.Def {
	out := make([]*plan.Def, len(list))
	for i, x := range list {
		out[i] = def(x)
	}
	return out
}

func commandNames(list []*plan.Command) string {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.Name
	}
	return join(names, "and")
}

// join makes "a, b and c" of names.
func join(names []string, last string) string {
	out := ""
	for i, n := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			out += " " + last + " "
		default:
			out += ", "
		}
		out += n
	}
	return out
}
