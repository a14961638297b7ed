package print

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tabellarius/tabellarius/gen/plan"
)

// An Entry is one definition of a table as text.
type Entry struct {
	Kind  string // state, fact, command, parameter, extension, or "what the server says by itself"
	Name  string
	Title string   // what stands beside the name: the line, the section
	Lines []string // what the definition says
	More  []string // what follows from others: what is legal in a state, what leads there
}

// Entries gives all definitions of a table, in its order.
func Entries(p *plan.Plan) []Entry {
	w := &page{printer: printer{p: p}}
	var list []Entry
	for _, e := range p.Table.Extensions {
		list = append(list, w.extensionEntry(e.Name.Text))
	}
	for _, s := range p.States {
		list = append(list, w.stateEntry(s))
	}
	for _, f := range p.Facts {
		list = append(list, w.factEntry(f))
	}
	for _, c := range p.Commands {
		list = append(list, w.commandEntry(c))
	}
	for _, q := range p.Params {
		list = append(list, w.paramEntry(q))
	}
	by := Entry{Kind: "what the server says by itself", Name: "server"}
	for _, r := range p.Server {
		by.Lines = append(by.Lines, fmt.Sprintf("%s: %d %d.%d.%d %s (%s)", strings.ToLower(r.Field), r.Code, r.Enhanced[0], r.Enhanced[1], r.Enhanced[2], r.Text, r.RFC))
	}
	return append(list, by)
}

// facts of an entry: lines of a name and what it is, those left out that are
// empty.
type listing []string

func (l *listing) add(name, text string) {
	if text != "" {
		*l = append(*l, name+": "+text)
	}
}

func (w *page) stateEntry(s *plan.State) Entry {
	e := Entry{Kind: "state", Name: s.Name, Title: s.RFC}
	l := listing{}
	l.add("what it is", s.About)
	l.add("awaits", map[string]string{"command": "a command", "reply": "the server's reply", "content": "message data", "line": "a line", "tls": "the TLS handshake", "nothing": "nothing: the session is over"}[s.Awaits])
	if s.Then != nil {
		l.add("behind the handshake", s.Then.Name)
		l.add("the handshake sets", join(w.factNames(s.Set), "and"))
	}
	if s.Home {
		l.add("home", "rows that lead home lead here, where it was entered last")
	}
	e.Lines = l
	var legal, into []string
	for _, c := range w.p.Commands {
		if c.In.Has(s.Num) {
			legal = append(legal, c.Name)
		}
		for _, rows := range [][]*plan.Row{c.Replies, c.Late} {
			for _, r := range rows {
				if r.To.State == s && !r.Violation && !slices.Contains(into, c.Name+" "+r.Code) {
					into = append(into, c.Name+" "+r.Code)
				}
			}
		}
	}
	m := listing{}
	m.add("legal here", strings.Join(legal, ", "))
	m.add("what leads here", strings.Join(into, ", "))
	e.More = m
	return e
}

func (w *page) factEntry(f *plan.Fact) Entry {
	e := Entry{Kind: "fact", Name: f.Name, Title: f.RFC}
	l := listing{}
	l.add("what it is", f.About)
	until := map[string]string{"": "the connection ends", "connection": "the connection ends", "session": "forget-session", "transaction": "close-transaction"}[f.Scope]
	if f.Fixed {
		until = "the end: it is chosen when the session starts"
	}
	l.add("holds until", until)
	if f.Refuse != 0 {
		l.add("a server refuses what needs it with", fmt.Sprint(f.Refuse))
	}
	l.add("while it holds only these are begun", commandNames(f.Only))
	e.Lines = l
	var needs, forbids []string
	for _, c := range w.p.Commands {
		if c.Needs.Has(f.Num) {
			needs = append(needs, c.Name)
		}
		if c.Forbids.Has(f.Num) && len(f.Only) == 0 {
			forbids = append(forbids, c.Name)
		}
	}
	for _, q := range w.p.Params {
		if q.Needs.Has(f.Num) {
			needs = append(needs, q.Name+" of "+commandNames(q.Of))
		}
	}
	m := listing{}
	m.add("needed by", strings.Join(needs, ", "))
	m.add("not possible with it", strings.Join(forbids, ", "))
	e.More = m
	return e
}

func (w *page) commandEntry(c *plan.Command) Entry {
	title := strings.TrimSpace(c.Verb + " " + arguments(c.Args))
	switch {
	case c.Line:
	case c.Payload != "":
		title = "message data behind a 354"
	default:
		title = "the server speaks first"
	}
	e := Entry{Kind: "command", Name: c.Name, Title: title + " (" + c.RFC + ")"}
	l := listing{}
	for _, a := range c.Args {
		if a.Field != "" && a.Kind != "params" {
			l.add("argument "+a.Name, argDoc(a))
		}
	}
	l.add("extension", c.Ext)
	l.add("legal in", strings.Join(w.stateNames(c.In), ", "))
	l.add("needs", join(w.factNames(c.Needs), "and"))
	l.add("not while", join(w.factNames(c.Forbids), "or"))
	l.add("behind it, before its reply", map[string]string{"last": "nothing", "last-unless-final": "nothing, unless one reply ends the exchange", "anywhere": "any command"}[c.Group])
	if c.Assume.State != nil {
		l.add("assumed until its reply", c.Assume.State.Name)
	}
	if c.Timeout > 0 {
		l.add("its reply is awaited for", span(c.Timeout))
	}
	if c.Counted {
		l.add("replies", "one for each recipient, where "+join(w.factNames(c.Count), "and")+" holds")
	}
	for _, r := range c.Replies {
		l.add("reply "+r.Code, w.rowText(r))
	}
	if !c.NeverLate && w.awaitsCommand(c.In) {
		for _, r := range c.Late {
			l.add("late reply "+r.Code, w.rowText(r))
		}
	}
	e.Lines = l
	var params []string
	for _, q := range w.p.Params {
		if slices.Contains(q.Of, c) {
			params = append(params, q.Name)
		}
	}
	m := listing{}
	m.add("parameters", strings.Join(params, ", "))
	e.More = m
	return e
}

// rowText says what a row means: where it leads, and its section.
func (w *page) rowText(r *plan.Row) string {
	text := strings.Trim(w.next(r), "`")
	if r.Violation {
		text = "the server may not say this"
	}
	if where := strings.ReplaceAll(w.where(r), "`", ""); where != "" {
		text += " (" + where + ")"
	}
	if effects := strings.ReplaceAll(w.effects(r), "`", ""); effects != "" && !r.Violation {
		text += "; " + effects
	}
	return text + "; " + r.RFC
}

func (w *page) paramEntry(q *plan.Param) Entry {
	e := Entry{Kind: "parameter", Name: q.Name, Title: "of " + commandNames(q.Of) + " (" + q.RFC + ")"}
	l := listing{}
	value := valueDoc(q.Kind, q.Digits)
	switch {
	case q.Kind == "none":
		value = "none"
	case q.Kind == "choice":
		var words []string
		for _, c := range q.Choices {
			words = append(words, c.Word)
		}
		value = join(words, "or")
	case q.Value != nil:
		value = typedDoc(q.Value)
	}
	l.add("value", value)
	if q.Most > 0 {
		l.add("octets of the value, at most", fmt.Sprint(q.Most))
	}
	if q.Within != nil {
		l.add("not above, of the keyword", q.Within.Name)
	}
	l.add("extension", q.Ext)
	l.add("needs", join(w.factNames(q.Needs), "and"))
	l.add("sets", join(w.factNames(q.Set), "and"))
	l.add("stands beside", join(paramNames(q.Beside), "and"))
	l.add("never beside", join(paramNames(q.Apart), "or"))
	e.Lines = l
	return e
}

func paramNames(list []*plan.Param) []string {
	names := make([]string, len(list))
	for i, q := range list {
		names[i] = q.Name
	}
	return names
}

func (w *page) extensionEntry(name string) Entry {
	e := Entry{Kind: "extension", Name: name}
	l := listing{}
	var m listing
	for _, x := range w.p.Table.Extensions {
		if x.Name.Text != name {
			continue
		}
		e.Title = x.Cite.RFC
		l.add("what it is", x.About)
		m.add("file", x.File)
	}
	for _, k := range w.p.Keywords {
		if k.Ext == name {
			l.add("EHLO keyword", strings.TrimSpace(k.Name+" "+arguments(k.Args)))
		}
	}
	in := func(d plan.Def) bool { return d.Ext == name }
	l.add("commands", strings.Join(named(w.p.Commands, func(c *plan.Command) plan.Def { return c.Def }, in), ", "))
	l.add("parameters", strings.Join(named(w.p.Params, func(q *plan.Param) plan.Def { return q.Def }, in), ", "))
	l.add("states", strings.Join(named(w.p.States, func(s *plan.State) plan.Def { return s.Def }, in), ", "))
	l.add("facts", strings.Join(named(w.p.Facts, func(f *plan.Fact) plan.Def { return f.Def }, in), ", "))
	var changed []string
	for _, c := range w.p.Table.Commands {
		for _, x := range c.Extends {
			if x.Ext.Name.Text == name {
				changed = append(changed, c.Name.Text)
			}
		}
	}
	l.add("adds to the commands", strings.Join(changed, ", "))
	e.Lines, e.More = l, m
	return e
}

// Diagram writes the states and what leads from one to another, for Mermaid.
func Diagram(p *plan.Plan) []byte {
	w := &page{printer: printer{p: p}}
	w.diagram()
	return w.b.Bytes()
}
