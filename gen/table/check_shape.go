package table

import (
	"slices"
	"strings"
)

// facts holds that a fixed fact stays as it was chosen, and that no command
// needs what it forbids.
func (c *checker) facts() {
	var fixed []string
	for _, f := range c.t.Facts {
		if !f.Fixed {
			continue
		}
		fixed = append(fixed, f.Name.Text)
		if f.Scope != "connection" {
			c.add(f.Name.Pos, "value", "a fixed fact holds for the whole connection; leave out scope, or fixed")
		}
	}
	stays := func(list ...Name) {
		for _, n := range list {
			if contains(fixed, n.Text) {
				c.add(n.Pos, "value", "%s is fixed: chosen when the session starts, and never set or cleared", n.Text)
			}
		}
	}
	rows := func(list []*Row) {
		for _, row := range list {
			stays(row.Set...)
			stays(row.Clear...)
			for _, n := range row.Clear {
				if slices.ContainsFunc(row.Set, func(o Name) bool { return o.Text == n.Text }) {
					c.add(n.Pos, "value", "the row both sets and clears %s; leave one", n.Text)
				}
			}
		}
	}
	rows(c.t.Common)
	rows(c.t.Late)
	for _, s := range c.t.States {
		stays(s.Set...)
	}
	for _, p := range c.t.Params {
		stays(p.Set...)
		for _, w := range p.Value.Choices {
			stays(w.Set...)
		}
	}
	for _, cmd := range c.t.Commands {
		rows(cmd.Replies)
		rows(cmd.Late)
		for _, n := range cmd.Forbids {
			if i := slices.IndexFunc(cmd.Needs, func(o Name) bool { return o.Text == n.Text }); i >= 0 {
				c.add(n.Pos, "value", "%s both needs %s (%s) and forbids it, so it is never legal", cmd.Name.Text, n.Text, cmd.Needs[i].Pos)
			}
		}
	}
}

// states holds that what belongs to a handshake stands at one, and that a
// session can begin and end.
func (c *checker) states() {
	for _, s := range c.t.States {
		if s.Awaits == "tls" {
			if s.To.Text == "" {
				c.add(s.Name.Pos, "missing-key", "a state that awaits tls needs to, the state behind the handshake")
			}
		} else {
			for _, n := range append(slices.Clone(s.Set), s.To) {
				if n.Text != "" {
					c.add(n.Pos, "value", "to and set say what a handshake does, and belong to a state that awaits tls")
					break
				}
			}
		}
		if s.Home && s.Awaits != "command" {
			c.add(s.Name.Pos, "value", "a home has to await a command, since to: home leads to it")
		}
		if s.Name.Text == c.t.Finish.Text && s.Awaits != "nothing" {
			c.add(c.t.Finish.Pos, "value", "the session finishes in %s, which has to say awaits: nothing", s.Name.Text)
		}
	}
}

// argShapes says which arguments the engine passes to the commands of a role:
// kinds of values, where "literals" is any number of words.
var argShapes = map[string]string{
	"greeting":    "",
	"hello":       "domain",
	"content":     "",
	"void":        "",
	"starttls":    "",
	"auth":        "word initial-response",
	"auth-line":   "base64",
	"auth-cancel": "",
	"chunk":       "integer literals",
	"last-chunk":  "integer literals",
	"url":         "uri literals",
	"url-last":    "uri literals",
}

// payloadOf says which payload belongs to a role; other roles have none.
var payloadOf = map[string]string{"content": "dot", "void": "dot", "chunk": "octets", "last-chunk": "octets"}

// shapes holds that a command's line and payload are what the engine makes of
// its role.
func (c *checker) shapes() {
	for _, cmd := range c.t.Commands {
		role := cmd.Role.Text
		pos := cmd.Name.Pos
		if want := payloadOf[role]; cmd.Payload != want {
			switch {
			case want != "":
				c.add(cmd.Role.Pos, "role", "a command of the role %s needs payload: %s", role, want)
			case cmd.Payload == "dot":
				c.add(pos, "role", "payload: dot belongs to the roles content and void; give %s one of them, or leave payload out", cmd.Name.Text)
			default:
				c.add(pos, "role", "payload: octets belongs to the roles chunk and last-chunk; give %s one of them, or leave payload out", cmd.Name.Text)
			}
		}
		if want, ok := argShapes[role]; ok {
			if got := shapeOf(cmd.Args); got != want && got+" literals" != want {
				c.add(cmd.Role.Pos, "role", "a command of the role %s has the arguments [%s], not [%s]", role, want, got)
			}
		}
		if cmd.Payload == "dot" && cmd.Verb != "" {
			c.add(pos, "role", "payload: dot has no line before it, and so no verb; the command before it is the one that is answered 3yz")
		}
		if cmd.Block != "" && cmd.Payload == "" {
			c.add(pos, "value", "block is a time for each piece of a payload, and %s has none; leave it out", cmd.Name.Text)
		}
	}
}

// shapeOf gives the kinds of a command's arguments; the literals at the end
// are one word.
func shapeOf(args []*Arg) string {
	var kinds []string
	for _, a := range args {
		kind := a.Value.Kind
		if kind == "literal" {
			kind = "literals"
			if len(kinds) > 0 && kinds[len(kinds)-1] == kind {
				continue
			}
		}
		kinds = append(kinds, kind)
	}
	return strings.Join(kinds, " ")
}
