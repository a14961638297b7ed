package table

import (
	"regexp"
	"slices"
	"strings"
)

// definitions holds that no two definitions share a name, within a file or
// between files.
func (c *checker) definitions() {
	seen := map[string]Name{}
	order := map[string]int{}
	for i, e := range c.t.Extensions {
		order[e.File] = i + 1
	}
	define := func(space, what string, n Name) {
		key := space + "\x00" + n.Text
		if first, ok := seen[key]; ok {
			if order[first.Pos.File] > order[n.Pos.File] { // the file that was loaded later is to blame
				first, n = n, first
			}
			c.add(n.Pos, "clash", "%s %q is defined at %s already; give one of them another name", what, n.Text, first.Pos)
			return
		}
		seen[key] = n
	}
	for _, s := range c.t.States {
		define("place", "state", s.Name)
		if contains(stateTargets, s.Name.Text) || s.Name.Text == setAll {
			c.add(s.Name.Pos, "clash", "%q has a meaning of its own (same, home, all) and can't name a state", s.Name.Text)
		}
	}
	for _, s := range c.t.Sets {
		define("place", "set", s.Name)
		if contains(stateTargets, s.Name.Text) || s.Name.Text == setAll {
			c.add(s.Name.Pos, "clash", "%q has a meaning of its own (same, home, all) and can't name a set", s.Name.Text)
		}
	}
	for _, f := range c.t.Facts {
		define("fact", "fact", f.Name)
	}
	for _, cmd := range c.t.Commands {
		define("command", "command", cmd.Name)
	}
	for _, e := range c.t.Extensions {
		define("extension", "extension", upper(e.Name))
		if e.Keyword != nil {
			define("keyword", "EHLO keyword", upper(e.Keyword.Name))
		}
	}
	for _, p := range c.t.Params {
		for _, of := range p.Of {
			define("param "+of.Text, "parameter of "+of.Text, upper(p.Name))
		}
		for _, w := range p.Value.Choices {
			define("word "+p.Name.Text, "value of "+p.Name.Text, upper(w.Word))
		}
	}
	c.roles()
}

func upper(n Name) Name { return Name{strings.ToUpper(n.Text), n.Pos} }

// roles holds that what the engine looks for by its role is there once.
func (c *checker) roles() {
	seen := map[string]Name{}
	once := func(what string, role Name) {
		if role.Text == "" {
			return
		}
		key := what + "\x00" + role.Text
		if first, ok := seen[key]; ok {
			c.add(role.Pos, "clash", "the role %s of a %s is taken at %s; one %s has it", role.Text, what, first.Pos, what)
			return
		}
		seen[key] = role
	}
	for _, f := range c.t.Facts {
		once("fact", f.Role)
	}
	for _, p := range c.t.Params {
		once("parameter", p.Role)
	}
	for _, e := range c.t.Extensions {
		if e.Keyword != nil {
			once("keyword", e.Keyword.Role)
		}
	}
}

// references holds that every name has a definition.
func (c *checker) references() {
	states, facts, commands := names(c.t.States), names(c.t.Facts), names(c.t.Commands)
	places := append(slices.Concat(states, names(c.t.Sets)), setAll)
	refer := func(what string, known []string, list ...Name) {
		for _, n := range list {
			if n.Text != "" && !contains(known, n.Text) {
				c.add(n.Pos, "undefined", "there is no %s %q%s", what, n.Text, didYouMean(n.Text, known))
			}
		}
	}
	refer("state", states, c.t.Start, c.t.Finish)
	for _, s := range c.t.States {
		refer("state", states, s.To)
		refer("fact", facts, s.Set...)
	}
	for _, s := range c.t.Sets {
		refer("state", states, s.States...)
	}
	for _, f := range c.t.Facts {
		refer("command", commands, f.Only...)
	}
	rows := func(list []*Row) {
		for _, row := range list {
			refer("state or set", places, row.From...)
			refer("fact", facts, slices.Concat(row.If, row.Set, row.Clear)...)
			refer("state", slices.Concat(states, stateTargets), row.To)
		}
	}
	rows(c.t.Common)
	rows(c.t.Late)
	for _, cmd := range c.t.Commands {
		refer("state or set", places, slices.Concat(cmd.In, cmd.UnlessIn)...)
		refer("fact", facts, slices.Concat(cmd.Needs, cmd.Forbids, cmd.CountIf)...)
		refer("state", states, cmd.Assume)
		rows(cmd.Replies)
		rows(cmd.Late)
	}
	params := names(c.t.Params)
	for _, p := range c.t.Params {
		refer("command", commands, p.Of...)
		refer("fact", facts, slices.Concat(p.Needs, p.Set)...)
		refer("parameter", params, slices.Concat(p.Beside, p.Apart)...)
		for _, w := range p.Value.Choices {
			refer("fact", facts, w.Set...)
		}
	}
}

// extensions holds what files say about each other.
func (c *checker) extensions() {
	all := names(c.t.Extensions)
	for _, e := range c.t.Extensions {
		for _, n := range e.Requires {
			if !contains(all, n.Text) {
				c.add(n.Pos, "extension", "%s requires %s, which is not loaded; load its file too%s", e.Name.Text, n.Text, didYouMean(n.Text, all))
			}
		}
		for _, n := range e.Forbids {
			if i := slices.Index(all, n.Text); i >= 0 {
				c.add(n.Pos, "extension", "%s can't be in one table with %s (%s); leave one out", e.Name.Text, n.Text, c.t.Extensions[i].File)
			}
		}
	}
}

// The most that a compiled table has room for.
const (
	maxStates   = 63
	maxFacts    = 63
	maxKeywords = 63 // bits of one word, the first of which is no keyword
	maxCommands = 250
)

func (c *checker) limits() {
	limit := func(what string, list []Name, most int) {
		if len(list) > most {
			c.add(list[most].Pos, "limit", "a table has at most %d %s, and this is one too many of %d; leave out extensions", most, what, len(list))
		}
	}
	limit("states", defNames(c.t.States), maxStates)
	limit("facts", defNames(c.t.Facts), maxFacts)
	limit("commands", defNames(c.t.Commands), maxCommands)
	limit("parameters", defNames(c.t.Params), maxCommands)
	var keywords []Name
	for _, e := range c.t.Extensions {
		if e.Keyword != nil {
			keywords = append(keywords, e.Keyword.Name)
		}
	}
	limit("keywords", keywords, maxKeywords)
}

func defNames[T named](defs []T) []Name {
	list := make([]Name, len(defs))
	for i, d := range defs {
		list[i] = d.DefName()
	}
	return list
}

// citations holds that every definition and every row names its authority.
func (c *checker) citations() {
	cited := func(what string, cite Cite) {
		if cite.RFC == "" {
			c.add(cite.Pos, "citation", `%s needs rfc, the section that says so, such as "§4.1" or "2920 §3.1", or cite for what is no RFC`, what)
		}
	}
	rows := func(list []*Row) {
		for _, row := range list {
			cited("the row", row.Cite)
		}
	}
	rows(c.t.Common)
	rows(c.t.Late)
	for _, s := range c.t.States {
		cited("state "+s.Name.Text, s.Cite)
	}
	for _, f := range c.t.Facts {
		cited("fact "+f.Name.Text, f.Cite)
	}
	for _, cmd := range c.t.Commands {
		cited("command "+cmd.Name.Text, cmd.Cite)
		rows(cmd.Replies)
		rows(cmd.Late)
	}
	for _, p := range c.t.Params {
		cited("parameter "+p.Name.Text, p.Cite)
	}
	for _, e := range c.t.Extensions {
		if e.Keyword != nil {
			cited("keyword "+e.Keyword.Name.Text, e.Keyword.Cite)
		}
	}
	s := &c.t.Server
	for _, reply := range []*ServerReply{&s.Unknown, &s.NotOffered, &s.Arguments, &s.Sequence, &s.Parameter} {
		if reply.Pos != (Pos{}) {
			cited("the server's reply", reply.Cite)
		}
	}
}

var (
	lowPattern  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	wirePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`)
	verbPattern = regexp.MustCompile(`^[!-~]+( [!-~]+)?$`)
	wordPattern = regexp.MustCompile(`^[!-~]+$`)
)

// wireNames holds that names can stand where they are used: in identifiers of
// this project's own outputs, or on the wire (RFC 5321 §4.1.1.1, §4.1.2).
func (c *checker) wireNames() {
	match := func(n Name, p *regexp.Regexp, what string) {
		if n.Text != "" && !p.MatchString(n.Text) {
			c.add(n.Pos, "value", "%q: %s", n.Text, what)
		}
	}
	const low = "small letters, digits and _ make the name of a state, set or fact, and a letter begins it"
	for _, n := range slices.Concat(defNames(c.t.States), defNames(c.t.Sets), defNames(c.t.Facts)) {
		match(n, lowPattern, low)
	}
	for _, n := range append(defNames(c.t.Commands), defNames(c.t.Params)...) {
		match(n, wirePattern, "letters, digits and hyphens make the name of a command or parameter")
	}
	for _, e := range c.t.Extensions {
		match(e.Name, wirePattern, "letters, digits and hyphens make the name of an extension")
		if e.Keyword != nil {
			match(e.Keyword.Name, wirePattern, "letters, digits and hyphens make an EHLO keyword")
		}
	}
	for _, cmd := range c.t.Commands {
		if cmd.Verb != "" && !verbPattern.MatchString(cmd.Verb) {
			c.add(cmd.Name.Pos, "value", "the verb %q of %s has to be one word of ASCII or two with a space between them", cmd.Verb, cmd.Name.Text)
		}
		for _, a := range cmd.Args {
			if a.Value.Kind == "literal" && !wordPattern.MatchString(a.Value.Words[0]) {
				c.add(a.Value.Pos, "value", "a literal has to be one word of ASCII, not %q", a.Value.Words[0])
			}
		}
	}
	c.verbs()
}

// verbs holds that a server can tell two commands apart by their lines.
func (c *checker) verbs() {
	first := map[string]*Command{}
	for _, cmd := range c.t.Commands {
		if cmd.Verb == "" {
			continue
		}
		line := strings.ToUpper(cmd.Verb)
		for _, a := range cmd.Args {
			if a.Value.Kind == "literal" {
				line += " " + strings.ToUpper(a.Value.Words[0])
			}
		}
		if other := first[line]; other != nil {
			c.add(cmd.Name.Pos, "clash", "the line of %s can't be told from that of %s (%s); give one another verb, or a literal that ends it",
				cmd.Name.Text, other.Name.Text, other.Name.Pos)
			continue
		}
		first[line] = cmd
	}
}
