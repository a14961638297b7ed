package table

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// sequence reads the parts of a value: {fixed: TEXT}, or {NAME: VALUE} with
// optional and after, the text before it, beside it.
func (r *reader) sequence(n *yaml.Node) []*Elem {
	if n.Kind != yaml.SequenceNode {
		r.wrongKind(n, "a sequence", `a list of parts, such as [{seconds: {integer: {digits: 9}}}, {fixed: ";"}, {mode: word}]`)
		return nil
	}
	var list []*Elem
	for _, item := range n.Content {
		e := &Elem{Pos: r.pos(item)}
		fixed := ""
		var named []entry
		for _, k := range r.entries(item, "a part of a sequence") {
			switch k.name.Text {
			case "optional":
				e.Optional = r.boolean(k.value, "optional")
			case "fixed":
				fixed = r.text(k.value, "fixed")
				r.fixed(k.value, "fixed text", fixed)
			case "after":
				e.After = r.text(k.value, "after")
				r.fixed(k.value, "the text before a part", e.After)
			default:
				named = append(named, k)
			}
		}
		switch {
		case item.Kind != yaml.MappingNode:
			continue
		case fixed != "" && (len(named) > 0 || e.Optional || e.After != ""):
			r.add(e.Pos, "value", "fixed text is a part of its own and always there; say after: %q beside a part that it belongs to", fixed)
			continue
		case fixed != "":
			e.After = fixed
		case len(named) != 1:
			r.add(e.Pos, "value", "a part of a sequence has one name and its value, such as {mode: word}, or is {fixed: TEXT}%s", notNames(named))
			continue
		default:
			e.Name = named[0].name
			if !fieldPattern.MatchString(e.Name.Text) {
				r.add(e.Name.Pos, "value", "a part is named in small letters, digits and hyphens, not %q%s", e.Name.Text, didYouMean(e.Name.Text, []string{"fixed", "after", "optional"}))
			}
			if slices.ContainsFunc(list, func(o *Elem) bool { return o.Name.Text == e.Name.Text }) {
				r.add(e.Name.Pos, "duplicate", "there are two parts %q; give one another name", e.Name.Text)
			}
			e.Value = r.value(named[0].value, elemKinds)
			r.separated(&e.Value)
		}
		list = append(list, e)
	}
	for _, e := range list {
		r.dependsOn(list, e)
	}
	r.parted(list)
	if len(list) == 0 && len(n.Content) == 0 {
		r.add(r.pos(n), "value", "a sequence needs at least one part")
	}
	return list
}

// dependsOn holds that a part depends on another one of the sequence, and has
// one type in Go.
func (r *reader) dependsOn(list []*Elem, e *Elem) {
	v := &e.Value
	if v.Kind != "depends" {
		return
	}
	var known []string
	for _, o := range list {
		if o.Value.Kind == "word" || o.Value.Kind == "choice" {
			known = append(known, o.Name.Text)
		}
	}
	if v.On.Text != "" && !contains(known, v.On.Text) {
		r.add(v.On.Pos, "undefined", "no other part is named %q and a word or a choice%s", v.On.Text, didYouMean(v.On.Text, known))
	}
	if v.Else == nil || v.Else.Kind == "" {
		return
	}
	same := []string{"word", "domain", "xtext", "printable-xtext", "utf-8-addr-xtext", "auth-mailbox"}
	switch {
	case v.Else.Kind == "integer":
		same = []string{"integer"}
	case !contains(same, v.Else.Kind):
		r.add(v.Else.Pos, "value", "what depends on another part is text or a number; %s is neither; use one of integer, %s", v.Else.Kind, strings.Join(same, ", "))
		return
	}
	for _, w := range v.When {
		if w.Value.Kind != "" && !contains(same, w.Value.Kind) {
			r.add(w.Value.Pos, "value", "what depends on another part has one type in Go, that of %s; %s has another; use one of %s", v.Else.Kind, w.Value.Kind, strings.Join(same, ", "))
		}
	}
}

// parted holds that it shows where each part of a sequence ends, by text that
// follows or by what it is itself, and whether one that may be left out is there.
func (r *reader) parted(list []*Elem) {
	for i, e := range list[:max(len(list)-1, 0)] {
		next := list[i+1]
		choice, number := e.Value.Kind == "choice", next.Value.isInteger()
		switch {
		case e.Name.Text == "" || next.After != "":
		case e.Optional && e.After == "" && choice && (number || signs(e.Value.Choices)):
		case e.Optional && e.After == "":
			r.add(e.Pos, "value", `nothing shows whether %s is there; give it or what follows a text before it (after: TEXT), or let it be a choice whose words begin with a sign, as "@" is`, e.Name.Text)
		case !choice && !e.Value.isInteger():
			r.add(next.Pos, "value", `nothing shows where %s ends and what follows begins; put {fixed: TEXT} between, or after: TEXT to the second`, e.Name.Text)
		}
	}
}

// isInteger reports whether a value is a number, whatever it depends on.
func (v *Value) isInteger() bool {
	return v.Kind == "integer" || v.Kind == "depends" && v.Else != nil && v.Else.Kind == "integer"
}

// signs reports whether no word of a choice begins as a name does.
func signs(words []*Choice) bool {
	return !slices.ContainsFunc(words, func(c *Choice) bool {
		return c.Word.Text == "" || strings.ContainsAny(c.Word.Text[:1], "[-+") || GoName(c.Word.Text[:1]) != ""
	})
}

// separated holds that a list within a word says what parts its values.
func (r *reader) separated(v *Value) {
	if v.Kind == "list" && v.Separator == "" {
		r.add(v.Pos, "missing-key", `a list within a value needs a separator, such as {list: word, separator: ","}`)
	}
}

// fixed holds that text of the table can stand within a value.
func (r *reader) fixed(n *yaml.Node, what, text string) {
	if strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		r.add(r.pos(n), "value", "%s is printable ASCII without a space, not %q", what, text)
	}
}
