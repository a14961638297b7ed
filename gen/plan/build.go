package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/gen/table"
)

// Limits of the compiled form: states, facts and the keywords that a server
// offers are bits of a word, the other numbers are octets.
const (
	maxStates   = 64
	maxFacts    = 63
	maxKeywords = 63
	maxOthers   = 255
)

type builder struct {
	t        *table.Table
	own      func(*table.Extension) bool
	plan     *Plan
	state    map[string]*State
	fact     map[string]*Fact
	command  map[string]*Command
	keyword  map[*table.Extension]*Keyword
	sets     map[string]Mask
	problems table.Problems
}

// New makes the plan of a checked table. With whole the package that is
// generated defines everything itself; otherwise it defines what the user's
// files bring, and takes the rest from package smtp.
func New(t *table.Table, whole bool) (*Plan, error) {
	b := &builder{
		t:       t,
		own:     func(e *table.Extension) bool { return whole || e != nil && !e.Base },
		plan:    &Plan{Name: t.Protocol.Text, Table: t},
		state:   map[string]*State{},
		fact:    map[string]*Fact{},
		command: map[string]*Command{},
		keyword: map[*table.Extension]*Keyword{},
		sets:    map[string]Mask{},
	}
	b.define()
	b.link()
	b.names()
	if err := b.problems.Err(); err != nil {
		return nil, err
	}
	return b.plan, nil
}

func (b *builder) problem(pos table.Pos, rule, format string, args ...any) {
	b.problems = append(b.problems, table.Problem{Pos: pos, Rule: rule, Message: fmt.Sprintf(format, args...)})
}

// define gives everything its number and its name.
func (b *builder) define() {
	p := b.plan
	for _, s := range b.t.States {
		st := &State{Def: b.def(len(p.States), s.Name, "", table.Name{}, s.Cite, s.Ext), Awaits: s.Awaits, Home: s.Home, About: s.About}
		p.States = append(p.States, st)
		b.state[s.Name.Text] = st
	}
	for _, f := range b.t.Facts {
		fc := &Fact{Def: b.def(len(p.Facts), f.Name, "", f.Role, f.Cite, f.Ext), Scope: f.Scope, Fixed: f.Fixed, Refuse: f.Refuse, About: f.About}
		p.Facts = append(p.Facts, fc)
		b.fact[f.Name.Text] = fc
	}
	for _, e := range b.t.Extensions {
		if k := e.Keyword; k != nil {
			kw := &Keyword{Def: b.def(len(p.Keywords)+1, k.Name, k.Type, k.Role, k.Cite, e), About: e.About, Asked: k.Asked}
			kw.Args = b.keywordArgs(kw, k.Args)
			kw.Limits = limits(kw, k)
			p.Keywords = append(p.Keywords, kw)
			b.keyword[e] = kw
		}
	}
	for _, c := range b.t.Commands {
		cmd := &Command{Def: b.def(len(p.Commands)+1, c.Name, c.Type, c.Role, c.Cite, c.Ext)}
		p.Commands = append(p.Commands, cmd)
		b.command[c.Name.Text] = cmd
	}
	for _, q := range b.t.Params {
		pm := &Param{Def: b.def(len(p.Params)+1, q.Name, q.Type, q.Role, q.Cite, q.Ext)}
		p.Params = append(p.Params, pm)
	}
	b.limit(len(p.States), maxStates, "states")
	b.limit(len(p.Facts), maxFacts, "facts")
	b.limit(len(p.Commands), maxOthers, "commands")
	b.limit(len(p.Keywords), maxKeywords, "keywords")
	b.limit(len(p.Params), maxOthers, "parameters")
}

func (b *builder) limit(n, most int, what string) {
	if n > most {
		b.problem(b.t.Protocol.Pos, "limit", "the table has %d %s, and a compiled table has room for %d", n, what, most)
	}
}

func (b *builder) def(num int, name table.Name, given string, role table.Name, cite table.Cite, ext *table.Extension) Def {
	d := Def{Num: num, Name: name.Text, Go: goName(name.Text, given), Own: b.own(ext), RFC: cite.RFC, Role: b.role(role)}
	if ext != nil {
		d.Ext = ext.Name.Text
	}
	return d
}

// link fills in what refers to other definitions.
func (b *builder) link() {
	p := b.plan
	for _, s := range b.t.Sets {
		b.sets[s.Name.Text] = b.states(s.States)
	}
	for _, s := range p.States {
		if s.Awaits == "command" {
			b.sets["all"] |= 1 << s.Num
		}
	}
	for _, s := range b.t.Sets { // a set may hold sets that stand behind it
		b.sets[s.Name.Text] = b.states(s.States)
	}
	p.Start, p.Finish = b.stateOf(b.t.Start), b.stateOf(b.t.Finish)
	for i, s := range b.t.States {
		if s.Awaits == "tls" {
			p.States[i].Then, p.States[i].Set = b.stateOf(s.To), b.facts(s.Set)
		}
	}
	for i, c := range b.t.Commands {
		b.linkCommand(p.Commands[i], c)
	}
	for i, f := range b.t.Facts {
		for _, name := range f.Only {
			p.Facts[i].Only = append(p.Facts[i].Only, b.commandOf(name))
		}
		if len(f.Only) > 0 {
			b.forbidOthers(p.Facts[i])
		}
	}
	for i, q := range b.t.Params {
		b.linkParam(p.Params[i], q)
	}
	s := &b.t.Server
	for _, r := range []struct {
		field string
		reply table.ServerReply
	}{{"Unknown", s.Unknown}, {"NotOffered", s.NotOffered}, {"Arguments", s.Arguments}, {"Sequence", s.Sequence}, {"Parameter", s.Parameter}} {
		p.Server = append(p.Server, &ServerReply{Field: r.field, Code: r.reply.Code, Enhanced: r.reply.Enhanced, Text: r.reply.Text, RFC: r.reply.Cite.RFC})
	}
}

func (b *builder) linkCommand(c *Command, t *table.Command) {
	c.Verb, c.Payload, c.Group = t.Verb, t.Payload, t.Group
	c.Args = b.args(t.Args, c.Go)
	c.Line = t.Line()
	var tail []string
	for _, a := range c.Args {
		c.Secret = c.Secret || a.Secret
		if a.Kind == "literal" {
			tail = append(tail, a.Literal)
		} else {
			tail = nil
		}
	}
	c.Tail = strings.Join(tail, " ")
	c.In = b.states(t.In) &^ b.states(t.UnlessIn)
	c.Needs, c.Forbids = b.facts(t.Needs), b.facts(t.Forbids)
	c.Keyword = b.keyword[t.Ext]
	if t.Assume.Text != "" {
		c.Assume = b.target(t.Assume)
	}
	c.Counted, c.Count, c.Alone = t.Count, b.facts(t.CountIf), t.Alone
	c.Timeout, c.Block = b.duration(t.Timeout, t.Name.Pos), b.duration(t.Block, t.Name.Pos)
	c.Replies = b.rows(t.Replies, b.t.Common, t.Name.Text, "common")
	if len(t.Late) == 0 && stays(t.Replies, b.t.Common) {
		c.Late, c.NeverLate = c.Replies, true
	} else {
		c.Late = b.rows(t.Late, b.t.Late, t.Name.Text+" late", "late")
	}
}

// forbidOthers makes of a fact's `only` what each other command says: that it
// is forbidden while the fact holds. What is legal only where the server
// waits for content or for a line answers a 3yz and begins nothing new.
func (b *builder) forbidOthers(f *Fact) {
	for _, c := range b.plan.Commands {
		if !slices.Contains(f.Only, c) && c.In&b.sets["all"] != 0 {
			c.Forbids |= 1 << f.Num
		}
	}
}

func (b *builder) linkParam(p *Param, t *table.Param) {
	for _, name := range t.Of {
		p.Of = append(p.Of, b.commandOf(name))
	}
	p.Keyword = b.keyword[t.Ext]
	p.Needs, p.Set = b.facts(t.Needs), b.facts(t.Set)
	p.Kind, p.Digits, p.Most = t.Value.Kind, t.Value.Digits, t.Most
	p.Beside, p.Apart = b.paramsOf(t.Beside), b.paramsOf(t.Apart)
	if p.Kind != "none" && p.Kind != "choice" {
		p.Value = b.value(&t.Value, p.Go+"Value", p.Go)
		if p.Value.GoType() == "" {
			b.problem(t.Name.Pos, "value", "the value of parameter %s can't be of the kind %q", t.Name.Text, p.Kind)
		}
		b.linkWithin(p, t)
		return
	}
	for _, c := range t.Value.Choices {
		ext := c.Ext
		if ext == nil {
			ext = t.Ext
		}
		p.Choices = append(p.Choices, &Choice{
			Word: c.Word.Text, Go: p.Go + goName(c.Word.Text, c.Type), Own: b.own(ext),
			Role: b.role(c.Role), Keyword: b.keyword[ext], Set: b.facts(c.Set),
		})
	}
}

func (b *builder) paramsOf(names []table.Name) []*Param {
	var list []*Param
	for _, n := range names {
		for _, p := range b.plan.Params {
			if p.Name == n.Text {
				list = append(list, p)
			}
		}
	}
	return list
}

// linkWithin finds the argument of the keyword that a parameter may not be above.
func (b *builder) linkWithin(p *Param, t *table.Param) {
	if t.Within.Text == "" {
		return
	}
	if p.Keyword != nil {
		for _, a := range p.Keyword.Args {
			if a.Name == t.Within.Text && a.Type == p.Value.GoType() && (a.Type == "uint64" || a.Type == "time.Time") {
				p.Within = a
				return
			}
		}
	}
	b.problem(t.Within.Pos, "within", "%s is no argument of the keyword of %s that is an integer or a time as the value is", t.Within.Text, t.Name.Text)
}

// keywordArgs gives what may stand behind a keyword. A single value that needs
// a type of its own has the keyword's.
func (b *builder) keywordArgs(k *Keyword, list []*table.Arg) []*Arg {
	args := b.args(list, k.Go+"Offer")
	if len(args) == 1 && args[0].Value != nil {
		args[0].Value = b.value(&list[0].Value, k.Go+"Offer", k.Go)
		args[0].Type = args[0].Value.GoType()
	}
	return args
}

// limits gives the limits among the pairs behind a keyword.
func limits(kw *Keyword, k *table.Keyword) []Limit {
	var list []Limit
	for _, word := range slices.Sorted(maps.Keys(k.Limits)) {
		for _, e := range kw.Args[0].Value.Elems {
			if e.Name == k.Limits[word].Text {
				list = append(list, Limit{Of: goName(word, ""), Field: e.Field})
			}
		}
	}
	return list
}

// args decides about arguments; base is what names of their own types begin
// with.
func (b *builder) args(list []*table.Arg, base string) []*Arg {
	var args []*Arg
	for _, t := range list {
		v, a := t.Value, &Arg{Kind: t.Value.Kind, Digits: t.Value.Digits, Optional: t.Optional, Secret: t.Secret, Name: t.Name.Text}
		if v.Kind == "list" && v.Of != nil && v.Separator == "" {
			a.List, v = true, *v.Of
			a.Kind, a.Digits = v.Kind, v.Digits
		}
		if !slices.Contains(plainArgs, a.Kind) || v.Range != nil {
			a.Field = goName(t.Name.Text, "")
			a.Value = b.value(&v, base+a.Field, base+a.Field)
			a.Type = a.Value.GoType()
			if a.List {
				a.Type = "[]" + a.Type
			}
			if !exported(a.Field) {
				b.problem(t.Name.Pos, "name", "%q gives no name of a field in Go: begin it with a letter", t.Name.Text)
			}
			args = append(args, a)
			continue
		}
		typ, ok := argTypes[a.Kind]
		switch {
		case !ok:
			b.problem(v.Pos, "value", "an argument can't be of the kind %q: choose one of %s", a.Kind, kinds(argTypes))
		case a.List && (a.Kind == "literal" || a.Kind == "params" || a.Kind == "text"):
			b.problem(v.Pos, "value", "a list of %s can't be told apart: lists are of words", a.Kind)
		case a.Kind == "literal" && a.Optional:
			b.problem(v.Pos, "value", "a literal word can't be optional: make a command of its own of the line that has it")
		case a.Kind == "literal":
			a.Literal = strings.Join(v.Words, " ")
		case a.Kind == "params":
			a.Name, a.Field, a.Type = "params", "Params", typ
		default:
			a.Field, a.Type = goName(t.Name.Text, ""), typ
			if a.List {
				a.Type = "[]" + typ
			}
			if !exported(a.Field) {
				b.problem(t.Name.Pos, "name", "%q gives no name of a field in Go: begin it with a letter", t.Name.Text)
			}
		}
		args = append(args, a)
	}
	for i, a := range args {
		if a.Kind == "text" {
			var tail []string
			for _, l := range args[i+1:] {
				tail = append(tail, l.Literal)
			}
			a.Before = strings.Join(tail, " ")
		}
	}
	return args
}

// states gives the mask of a list of states and sets.
func (b *builder) states(names []table.Name) Mask {
	var m Mask
	for _, n := range names {
		if s, ok := b.state[n.Text]; ok {
			m |= 1 << s.Num
		} else if set, ok := b.sets[n.Text]; ok || n.Text == "all" || b.isSet(n.Text) {
			m |= set
		} else {
			b.problem(n.Pos, "unknown", "there is no state or set named %q", n.Text)
		}
	}
	return m
}

func (b *builder) isSet(name string) bool {
	return slices.ContainsFunc(b.t.Sets, func(s *table.Set) bool { return s.Name.Text == name })
}

func (b *builder) facts(names []table.Name) Mask {
	var m Mask
	for _, n := range names {
		if f, ok := b.fact[n.Text]; ok {
			m |= 1 << f.Num
		} else {
			b.problem(n.Pos, "unknown", "there is no fact named %q", n.Text)
		}
	}
	return m
}

func (b *builder) target(n table.Name) Target {
	switch n.Text {
	case "", "same":
		return Target{}
	case "home":
		return Target{Home: true}
	}
	return Target{State: b.stateOf(n)}
}

func (b *builder) stateOf(n table.Name) *State {
	s := b.state[n.Text]
	if s == nil {
		b.problem(n.Pos, "unknown", "there is no state named %q", n.Text)
	}
	return s
}

func (b *builder) commandOf(n table.Name) *Command {
	c := b.command[n.Text]
	if c == nil {
		b.problem(n.Pos, "unknown", "there is no command named %q", n.Text)
	}
	return c
}

func (b *builder) role(n table.Name) string {
	role, ok := roles[n.Text]
	if !ok {
		b.problem(n.Pos, "role", "%q is no role: choose one of %s", n.Text, kinds(roles))
	}
	return role
}

func (b *builder) duration(s string, pos table.Pos) time.Duration {
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		b.problem(pos, "timeout", "%q is no length of time: write 5m, or 30s", s)
	}
	return d
}
