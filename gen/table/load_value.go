package table

import (
	"math"
	"regexp"
	"slices"
	"strconv"
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

// TakesRest reports whether a value goes to the end of the line.
func (v *Value) TakesRest() bool {
	return contains([]string{"text", "params", "pairs"}, v.Kind) || v.Kind == "list" && v.Separator == ""
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
		case a.Value.Kind == "text" && next.Value.Kind == "literal":
		case a.Value.TakesRest():
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
		if !ok {
			return v
		}
		if !contains(kinds, w.Text) || w.Text == "literal" || w.Text == "params" {
			r.add(pos, "undefined", "there is no value %q here%s", w.Text, didYouMean(w.Text, plain(kinds)))
		} else if want := needsMore[w.Text]; want != "" {
			r.add(pos, "value", "say %s", want)
		} else {
			v.Kind = w.Text
		}
		return v
	}
	o := r.object(n, kindValue, pos)
	for _, kind := range keysOf[kindValue] {
		n := o.get(kind)
		switch {
		case n == nil || kind == "separator" || kind == "offered":
			continue
		case v.Kind != "":
			r.add(r.pos(n), "value", "a value is one thing; leave %s or %s", v.Kind, kind)
			continue
		case !contains(kinds, kind):
			r.add(r.pos(n), "undefined", "there is no value %q here%s", kind, didYouMean(kind, plain(kinds)))
		}
		v.Kind = kind
		r.composed(n, &v, kinds)
	}
	if v.Kind == "" && n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		r.add(pos, "missing-key", "a value needs its kind, such as word or {integer: {digits: 20}}")
	}
	if n := o.get("offered"); n != nil {
		v.Offered = r.boolean(n, "offered")
		if v.Kind != "pairs" {
			r.add(r.pos(n), "value", "offered says that the keyword names those of the pairs that may be sent; leave it out")
		}
	}
	if n := o.get("separator"); n != nil {
		v.Separator = r.text(n, "separator")
		if v.Kind != "list" {
			r.add(r.pos(n), "value", "a separator stands between the values of a list; leave it out")
		} else {
			r.fixed(n, "a separator", v.Separator)
		}
	}
	return v
}

// needsMore says what a kind needs that was named alone.
var needsMore = map[string]string{
	"integer":  "how many digits the number may have, such as {integer: {digits: 20}}",
	"choice":   "which words there are, such as {choice: {7BIT: {}, 8BITMIME: {}}}",
	"list":     `of what the list is, such as {list: word}, or {list: word, separator: ","}`,
	"sequence": `of which parts it is made, such as {sequence: [{seconds: {integer: {digits: 9}}}, {fixed: ";"}, {mode: word}]}`,
	"pairs":    "which names there are, such as {pairs: {NAME: xtext, ADDR: xtext}}",
	"depends":  "on which part, such as {depends: {by: type, when: {utf-8: utf-8-addr-xtext}, else: xtext}}",
}

// composed reads what a kind needs that is no word alone.
func (r *reader) composed(n *yaml.Node, v *Value, kinds []string) {
	switch v.Kind {
	case "integer":
		r.bounds(n, v)
	case "choice":
		v.Choices = r.choices(n)
	case "list":
		of := r.value(n, slices.DeleteFunc(slices.Clone(partKinds), func(k string) bool { return k == "list" }))
		v.Of = &of
	case "sequence":
		v.Elems = r.sequence(n)
	case "pairs":
		for _, e := range r.entries(n, "pairs") {
			if !wirePattern.MatchString(e.name.Text) {
				r.add(e.name.Pos, "value", "letters, digits and hyphens make the name before =, not %q", e.name.Text)
			}
			x := &Elem{Name: e.name, Optional: true, Value: r.value(e.value, partKinds), Pos: e.name.Pos}
			r.separated(&x.Value)
			v.Elems = append(v.Elems, x)
		}
		switch {
		case n.Kind != yaml.MappingNode:
		case len(v.Elems) == 0:
			r.add(v.Pos, "value", "pairs need at least one name")
		case len(v.Elems) > 63:
			r.add(v.Pos, "limit", "pairs have at most 63 names, not %d", len(v.Elems))
		}
	case "depends":
		o := r.object(n, kindDepends, v.Pos)
		v.On, _ = r.word(o.need("by"), "by")
		for _, e := range r.entries(o.need("when"), "when") {
			v.When = append(v.When, &Elem{Name: e.name, Value: r.value(e.value, partKinds), Pos: e.name.Pos})
		}
		if n := o.need("else"); n != nil {
			other := r.value(n, partKinds)
			v.Else = &other
		}
	}
}

// bounds reads where an integer lies.
func (r *reader) bounds(n *yaml.Node, v *Value) {
	o := r.object(n, kindInteger, v.Pos)
	v.Digits = r.integer(o.need("digits"), "digits", 1, 20)
	low, high := o.get("min"), o.get("max")
	if n := o.get("leading-zeros"); n != nil {
		v.NoZeros = !r.boolean(n, "leading-zeros")
	}
	if n := o.get("plus"); n != nil {
		v.Plus = r.boolean(n, "plus")
	}
	if low == nil && high == nil {
		if v.Plus {
			v.Range = &Range{0, math.MaxUint64}
		}
		return
	}
	v.Range = &Range{0, math.MaxUint64}
	if w, ok := r.word(low, "min"); ok {
		m, err := strconv.ParseInt(w.Text, 10, 64)
		if err != nil {
			r.add(w.Pos, "value", "min has to be a whole number, not %q", w.Text)
		}
		v.Range.Min = m
	}
	if w, ok := r.word(high, "max"); ok {
		if m, err := strconv.ParseInt(w.Text, 10, 64); err == nil && m < 0 {
			r.add(w.Pos, "value", "max has to be 0 or more, not %q", w.Text)
		} else if v.Range.Max, err = strconv.ParseUint(w.Text, 10, 64); err != nil {
			r.add(w.Pos, "value", "max has to be a whole number, not %q", w.Text)
		}
	}
	if v.Range.Min < 0 {
		v.Range.Max = min(v.Range.Max, math.MaxInt64)
	}
	if v.Range.Min > 0 && uint64(v.Range.Min) > v.Range.Max {
		r.add(v.Pos, "value", "min %d is above max %d", v.Range.Min, v.Range.Max)
	}
}

func plain(kinds []string) []string {
	return slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k == "literal" || k == "params" })
}

func (r *reader) choices(n *yaml.Node) []*Choice {
	var list []*Choice
	if n.Kind == yaml.SequenceNode {
		r.add(r.pos(n), "type", "a choice has to be a mapping of its words, such as {FULL: {}, HDRS: {type: Headers}}, not a list")
		return nil
	}
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
	if n := o.get("alone"); n != nil {
		c.Alone = r.boolean(n, "alone")
	}
	c.Set = r.words(o.get("set"), "set")
	return c
}
