package print

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tabellarius/tabellarius/gen/plan"
)

// Page writes docs/protocol.md: the table for people, in Markdown as GitHub
// shows it, with the states as a diagram.
func Page(p *plan.Plan) []byte {
	w := &page{printer: printer{p: p}}
	w.line(DocMarker)
	w.line("")
	w.line("# %s, as the table has it", p.Name)
	w.line("")
	w.line("What the library knows of the protocol: `spec/states.yaml` and the files of `spec/extensions`, compiled. " +
		"A class such as 4yz stands for every code from 400 to 499; a row for an exact code goes before one for its class, and of the rows of a table the first that fits counts. " +
		"*Same* leaves the state as it is; *home* is the one of " + join(w.code(w.homes()), "and") + " that the session entered last.")
	w.line("")
	w.line("[States](#states) · [Facts](#facts) · [Commands](#commands) · [Extensions](#extensions) · [What the server says by itself](#what-the-server-says-by-itself)")
	w.states()
	w.facts()
	w.line("")
	w.line("## Commands")
	for _, c := range p.Commands {
		w.command(c)
	}
	w.extensions()
	w.server()
	return w.b.Bytes()
}

type page struct {
	printer
	b bytes.Buffer
}

func (w *page) line(format string, args ...any) {
	if len(args) == 0 {
		w.b.WriteString(format + "\n")
		return
	}
	fmt.Fprintf(&w.b, format+"\n", args...)
}

func (w *page) head(cells ...string) {
	w.line("")
	w.row(cells...)
	w.line("%s|", strings.Repeat("|---", len(cells)))
}

func (w *page) row(cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", "\\|")
	}
	w.line("%s", "| "+strings.Join(cells, " | ")+" |")
}

func (w *page) code(words []string) []string {
	out := make([]string, len(words))
	for i, x := range words {
		out[i] = "`" + x + "`"
	}
	return out
}

func (w *page) homes() []string {
	var names []string
	for _, s := range w.p.States {
		if s.Home {
			names = append(names, s.Name)
		}
	}
	return names
}

func (w *page) states() {
	w.line("")
	w.line("## States")
	w.line("")
	w.line("```mermaid")
	w.diagram()
	w.line("```")
	w.line("")
	w.line("An arrow bears the commands that lead along it, each with the class of its reply. Replies that change no state are left out, and so is a late reply that may come in many states; it stands with its command.")
	w.head("State", "Awaits", "What it is", "RFC")
	for _, s := range w.p.States {
		awaits := map[string]string{"command": "a command", "reply": "the server's reply", "content": "message data", "line": "a line", "tls": "the TLS handshake", "nothing": "nothing"}[s.Awaits]
		if s.Then != nil {
			awaits += ", then `" + s.Then.Name + "`"
		}
		about := s.About
		if s.Home {
			about += " (a home)"
		}
		w.row("`"+s.Name+"`", awaits, about, s.RFC)
	}
}

func (w *page) facts() {
	w.line("")
	w.line("## Facts")
	w.line("")
	w.line("True or false beside the state. Commands need or forbid them; replies, parameters and handshakes set them.")
	w.head("Fact", "What it is", "Holds until", "A server refuses what needs it with", "RFC")
	for _, f := range w.p.Facts {
		until := map[string]string{"": "the connection ends", "connection": "the connection ends", "session": "`forget-session`", "transaction": "`close-transaction`"}[f.Scope]
		if f.Fixed {
			until = "chosen when the session starts"
		}
		refuse, about := "", f.About
		if f.Refuse != 0 {
			refuse = fmt.Sprint(f.Refuse)
		}
		if len(f.Only) > 0 {
			var names []string
			for _, c := range f.Only {
				names = append(names, c.Name)
			}
			about += "; of commands only " + join(names, "and") + " can be begun"
		}
		w.row("`"+f.Name+"`", about, until, refuse, f.RFC)
	}
}

func (w *page) extensions() {
	w.line("")
	w.line("## Extensions")
	for _, e := range w.p.Table.Extensions {
		w.line("")
		w.line("### Extension %s", e.Name.Text)
		w.line("")
		about := e.About
		if about != "" {
			about = strings.ToUpper(about[:1]) + about[1:] + ". "
		}
		w.line("%s(%s)", about, e.Cite.RFC)
		w.line("")
		brings := false
		list := func(what string, names []string) {
			if len(names) > 0 {
				brings = true
				w.line("- %s: %s", what, strings.Join(w.code(names), ", "))
			}
		}
		for _, k := range w.p.Keywords {
			if k.Ext == e.Name.Text {
				list("EHLO keyword", []string{strings.TrimSpace(k.Name + " " + arguments(k.Args))})
				for _, a := range k.Args {
					if a.Field != "" {
						w.line("  - `%s`: %s", a.Name, pageDoc(a))
					}
				}
			}
		}
		in := func(d plan.Def) bool { return d.Ext == e.Name.Text }
		list("Commands", named(w.p.Commands, func(c *plan.Command) plan.Def { return c.Def }, in))
		list("States", named(w.p.States, func(s *plan.State) plan.Def { return s.Def }, in))
		list("Facts", named(w.p.Facts, func(f *plan.Fact) plan.Def { return f.Def }, in))
		var changed []string
		for _, c := range w.p.Table.Commands {
			for _, x := range c.Extends {
				if x.Ext == e {
					changed = append(changed, c.Name.Text)
				}
			}
		}
		list("Adds to the commands", changed)
		var required, excluded []string
		for _, n := range e.Requires {
			required = append(required, n.Text)
		}
		for _, n := range e.Forbids {
			excluded = append(excluded, n.Text)
		}
		list("Requires the extensions", required)
		list("Can't be used with the extensions", excluded)
		w.params(e.Name.Text, brings)
	}
}

func (w *page) params(ext string, apart bool) {
	first := true
	for _, q := range w.p.Params {
		if q.Ext != ext {
			continue
		}
		if first {
			if !apart {
				w.line("It brings parameters:")
			}
			w.head("Parameter", "Of", "Value", "Sets", "Rules", "RFC")
			first = false
		}
		value := valueDoc(q.Kind, q.Digits)
		if q.Value != nil {
			value = literally(typedDoc(q.Value))
		}
		if q.Kind == "choice" {
			var words []string
			for _, c := range q.Choices {
				words = append(words, c.Word)
			}
			value = join(w.code(words), "or")
		}
		w.row("`"+q.Name+"`", commandNames(q.Of), value, strings.Join(w.code(w.factNames(q.Set)), ", "), w.rulesOf(q), q.RFC)
	}
}

// literally keeps what Markdown would take for a mark.
func literally(text string) string {
	if strings.Contains(text, "<") {
		return "`" + text + "`"
	}
	return text
}

// rulesOf says what else holds for a parameter.
func (w *page) rulesOf(q *plan.Param) string {
	var rules []string
	if q.Needs != 0 {
		rules = append(rules, "needs "+join(w.code(w.factNames(q.Needs)), "and"))
	}
	if len(q.Beside) > 0 {
		rules = append(rules, "beside "+join(w.code(paramNames(q.Beside)), "and"))
	}
	if len(q.Apart) > 0 {
		rules = append(rules, "never beside "+join(w.code(paramNames(q.Apart)), "or"))
	}
	if q.Most > 0 {
		rules = append(rules, fmt.Sprintf("at most %d octets", q.Most))
	}
	if q.Within != nil {
		rules = append(rules, "not above what the keyword says of "+q.Within.Name)
	}
	return strings.Join(rules, "; ")
}

// ExtensionTable writes the table of extensions that stands in the README.
func ExtensionTable(p *plan.Plan) []byte {
	w := &page{printer: printer{p: p}}
	w.line("| extension | what it is | brings | document |")
	w.line("|---|---|---|---|")
	for _, e := range p.Table.Extensions {
		in := func(d plan.Def) bool { return d.Ext == e.Name.Text }
		brings := w.code(named(p.Commands, func(c *plan.Command) plan.Def { return c.Def }, in))
		for _, q := range p.Params {
			if q.Ext == e.Name.Text {
				brings = append(brings, "`"+q.Name+"` of "+commandNames(q.Of))
			}
		}
		for _, q := range p.Params {
			for _, c := range q.Choices {
				if q.Ext != e.Name.Text && c.Keyword != nil && c.Keyword.Ext == e.Name.Text {
					brings = append(brings, "`"+q.Name+"="+c.Word+"`")
				}
			}
		}
		w.row("["+e.Name.Text+"]("+e.File+")", e.About, strings.Join(brings, ", "), e.Cite.RFC)
	}
	return w.b.Bytes()
}

func (w *page) server() {
	w.line("")
	w.line("## What the server says by itself")
	w.line("")
	w.line("In the order of its checks.")
	w.head("Of a command line", "Reply", "RFC")
	about := map[string]string{
		"Unknown":    "that is no command of the table, or is ruled out by how the session began",
		"NotOffered": "that belongs to an extension which was not offered",
		"Arguments":  "whose arguments do not have the form of the command",
		"Sequence":   "that is not legal in the state, or needs or is forbidden by a fact that has no code of its own",
		"Parameter":  "with a parameter that is unknown, not offered, or of the wrong form",
	}
	for _, r := range w.p.Server {
		w.row(about[r.Field], fmt.Sprintf("`%d %d.%d.%d %s`", r.Code, r.Enhanced[0], r.Enhanced[1], r.Enhanced[2], r.Text), r.RFC)
	}
}

func named[T any](list []T, def func(T) plan.Def, in func(plan.Def) bool) []string {
	var names []string
	for _, x := range list {
		if d := def(x); in(d) {
			names = append(names, d.Name)
		}
	}
	return names
}
