package table

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

func contains(list []string, w string) bool { return slices.Contains(list, w) }

var fieldPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// args reads the arguments of a command or of a keyword, whose values are of
// the kinds that may stand there.
func (r *reader) args(n *yaml.Node, kinds []string) []*Arg {
	if n != nil && n.Kind != yaml.SequenceNode {
		r.wrongKind(n, "args", "a list, such as [{name: domain}]")
		return nil
	}
	var args []*Arg
	var names []string
	for _, item := range r.items(n) {
		a := r.arg(item, kinds)
		if a == nil {
			continue
		}
		if a.Name.Text != "" && contains(names, a.Name.Text) {
			r.add(a.Name.Pos, "duplicate", "there are two arguments %q; give one another name", a.Name.Text)
		}
		names = append(names, a.Name.Text)
		args = append(args, a)
	}
	r.order(args)
	return args
}

// arg reads one argument: params, {literal: WORD}, or {NAME: VALUE} with
// optional and secret beside it.
func (r *reader) arg(n *yaml.Node, kinds []string) *Arg {
	pos := r.pos(n)
	if n.Kind == yaml.ScalarNode {
		if n.Value != "params" || !contains(kinds, "params") {
			r.wrongKind(n, "an argument", "params, or a mapping of its name to its value, such as {name: domain}")
			return nil
		}
		return &Arg{Value: Value{Kind: "params", Pos: pos}}
	}
	a := &Arg{}
	var named []entry
	for _, e := range r.entries(n, "an argument") {
		switch e.name.Text {
		case "optional":
			a.Optional = r.boolean(e.value, "optional")
		case "secret":
			a.Secret = r.boolean(e.value, "secret")
		case "literal":
			if !contains(kinds, "literal") {
				r.add(e.name.Pos, "value", "a literal can't stand here")
			}
			a.Value = Value{Kind: "literal", Words: []string{r.text(e.value, "literal")}, Pos: pos}
		default:
			named = append(named, e)
		}
	}
	literal := a.Value.Kind == "literal"
	switch {
	case literal && len(named) == 0:
		if a.Optional || a.Secret {
			r.add(pos, "value", "a literal is always there and no secret; leave out optional and secret")
		}
	case literal || len(named) > 1:
		r.add(pos, "value", "an argument has one name; give each a mapping of its own, [{a: word}, {b: word}]")
		return nil
	case len(named) == 0:
		if n.Kind == yaml.MappingNode {
			r.add(pos, "missing-key", "an argument needs its name and its value, such as {name: domain}")
		}
		return nil
	default:
		a.Name = named[0].name
		if !fieldPattern.MatchString(a.Name.Text) {
			r.add(a.Name.Pos, "value", "an argument is named in small letters, digits and hyphens, not %q", a.Name.Text)
		}
		a.Value = r.value(named[0].value, kinds)
	}
	return a
}

// order holds that arguments can be told apart: what may be left out, or takes
// the rest of the line, stands last; literals end the line.
func (r *reader) order(args []*Arg) {
	for i, a := range args[:max(len(args)-1, 0)] {
		next := args[i+1]
		pos := a.Value.Pos
		switch {
		case contains([]string{"text", "params", "list"}, a.Value.Kind):
			r.add(pos, "value", "%s takes the rest of the line, so it has to stand last", a.Value.Kind)
		case a.Value.Kind == "literal" && next.Value.Kind != "literal":
			r.add(pos, "value", "a literal ends the line; nothing but literals may stand behind it")
		case a.Optional && !next.Optional && next.Value.Kind != "params":
			r.add(pos, "value", "an argument that may be left out can't stand before one that may not")
		}
	}
}

// value reads the grammar of a value: the name of a kind, or a mapping of
// the kind to what it needs.
func (r *reader) value(n *yaml.Node, kinds []string) Value {
	pos := r.pos(n)
	v := Value{Pos: pos}
	if n.Kind == yaml.ScalarNode {
		w, ok := r.word(n, "a value")
		switch {
		case !ok:
		case !contains(kinds, w.Text) || w.Text == "literal" || w.Text == "params":
			r.add(pos, "undefined", "there is no value %q here%s", w.Text, didYouMean(w.Text, plain(kinds)))
		case w.Text == "integer":
			r.add(pos, "value", "say how many digits the number may have, such as {integer: {digits: 20}}")
		case w.Text == "choice":
			r.add(pos, "value", "say which words there are, such as {choice: {7BIT: {}, 8BITMIME: {}}}")
		case w.Text == "list":
			r.add(pos, "value", "say of what the list is, such as {list: word}")
		default:
			v.Kind = w.Text
		}
		return v
	}
	o := r.object(n, kindValue, pos)
	for _, kind := range keysOf[kindValue] {
		n := o.get(kind)
		switch {
		case n == nil:
			continue
		case v.Kind != "":
			r.add(r.pos(n), "value", "a value is one thing; leave %s or %s", v.Kind, kind)
			continue
		case !contains(kinds, kind):
			r.add(r.pos(n), "undefined", "there is no value %q here%s", kind, didYouMean(kind, plain(kinds)))
		}
		v.Kind = kind
		switch kind {
		case "integer":
			v.Digits = r.integer(r.object(n, kindInteger, pos).need("digits"), "digits", 1, 20)
		case "choice":
			v.Choices = r.choices(n)
		case "list":
			of := r.value(n, slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k == "list" || k == "text" }))
			v.Of = &of
		}
	}
	if v.Kind == "" && n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		r.add(pos, "missing-key", "a value needs its kind, such as word or {integer: {digits: 20}}")
	}
	return v
}

func plain(kinds []string) []string {
	return slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k == "literal" || k == "params" })
}

func (r *reader) choices(n *yaml.Node) []*Choice {
	var list []*Choice
	for _, e := range r.entries(n, "a choice") {
		o := r.object(e.value, kindChoice, e.name.Pos)
		if n := o.get("with"); n != nil {
			r.add(r.pos(n), "value", "with belongs to words that are added to another's choice (values); leave it out")
		}
		list = append(list, r.choice(e.name, o))
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		r.add(r.pos(n), "value", "a choice needs at least one word")
	}
	return list
}

func (r *reader) choice(name Name, o object) *Choice {
	if strings.ContainsFunc(name.Text, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '=' }) {
		r.add(name.Pos, "value", "the value of a parameter has no spaces, no = and nothing outside of ASCII (RFC 5321 §4.1.2): %q", name.Text)
	}
	c := &Choice{Word: name, Ext: r.ext, Type: r.goType(o.get("type"))}
	if n := o.get("role"); n != nil {
		c.Role = r.oneOf(n, "the role of a value", valueRoles)
	}
	return c
}
