package smtp

import "slices"

// verbs is the server role's list of verbs, the longest first, so that the
// first match is the longest.
type verbs []verb

// A verb is what a line begins with, and the commands that it may be: BDAT, for
// instance, is two, told apart by their arguments.
type verb struct {
	text string
	ops  []Op
}

func newVerbs(p *Protocol) verbs {
	var vs verbs
	for op := 1; op < len(p.Commands); op++ {
		c := &p.Commands[op]
		if !c.Line {
			continue
		}
		i := slices.IndexFunc(vs, func(v verb) bool { return v.text == c.Verb })
		if i < 0 {
			i = len(vs)
			vs = append(vs, verb{text: c.Verb})
		}
		// What ends in a literal is tried before what does not.
		if c.Tail != "" {
			vs[i].ops = slices.Insert(vs[i].ops, 0, Op(op))
		} else {
			vs[i].ops = append(vs[i].ops, Op(op))
		}
	}
	slices.SortStableFunc(vs, func(a, b verb) int { return len(b.text) - len(a.text) })
	return vs
}

// match cuts a verb off a line: nil if it does not begin with it as a word.
func (v *verb) match(line []byte) (args []byte, ok bool) {
	n := len(v.text)
	if len(line) < n || !sameFold(line[:n], v.text) {
		return nil, false
	}
	if n == 0 || len(line) == n || v.text[n-1] == ':' || line[n] == ' ' || line[n] == '\t' {
		return line[n:], true
	}
	return nil, false
}
