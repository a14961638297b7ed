package print

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tabellarius/tabellarius/gen/plan"
)

func (w *page) command(c *plan.Command) {
	w.line("")
	w.line("### %s", c.Name)
	w.line("")
	switch {
	case c.Line:
		w.line("`%s` (%s)", strings.TrimSpace(c.Verb+" "+arguments(c.Args)), c.RFC)
	case c.Payload != "":
		w.line("No line: message data behind a 354 (%s)", c.RFC)
	default:
		w.line("No octets of the client's: the server speaks first (%s)", c.RFC)
	}
	w.line("")
	for _, a := range c.Args {
		if a.Field != "" && a.Kind != "params" {
			w.line("- `%s`: %s", a.Name, pageDoc(a))
		}
	}
	w.line("- Legal in %s", join(w.code(w.stateNames(c.In)), "and"))
	if c.Keyword != nil {
		w.line("- Needs the extension `%s` to be offered", c.Keyword.Name)
	}
	if c.Needs != 0 {
		w.line("- Needs %s", join(w.code(w.factNames(c.Needs)), "and"))
	}
	if c.Forbids != 0 {
		w.line("- Not while %s", join(w.code(w.factNames(c.Forbids)), "or"))
	}
	switch c.Payload {
	case "octets":
		w.line("- Followed by as many octets as it says")
	case "dot":
		w.line("- Dots at the start of a line are doubled; a lone dot ends it")
	}
	switch c.Group {
	case "last":
		w.line("- Pipelining: nothing may follow before its reply is there")
	case "last-unless-final":
		w.line("- Pipelining: nothing may follow before its reply is there, unless one reply ends the exchange")
	default:
		w.line("- Pipelining: commands may follow at once")
	}
	switch {
	case c.Assume.Home:
		w.line("- Until its reply is there the session is taken to be in the home state")
	case c.Assume.State != nil:
		w.line("- Until its reply is there the session is taken to be in `%s`", c.Assume.State.Name)
	}
	if c.Timeout > 0 {
		text := "- Its reply is awaited for " + span(c.Timeout)
		if c.Block > 0 {
			text += "; each piece of its data may take " + span(c.Block) + " to write"
		}
		w.line("%s", text)
	}
	if c.Counted {
		text := "- One reply for each recipient"
		if c.Count != 0 {
			text += " where " + join(w.code(w.factNames(c.Count)), "and") + " holds"
		}
		if c.Alone {
			text += "; it waits then until nothing else is unanswered"
		}
		w.line("%s", text)
	}
	w.parametersOf(c)
	w.rowTable(c.Replies)
	w.line("")
	switch {
	case c.NeverLate:
		w.line("A reply means the same in whatever state it finds the session.")
		return
	case !w.awaitsCommand(c.In):
		w.line("Never late: nothing but its replies leads out of where it is legal.")
		return
	}
	w.line("Late, where the session is confirmed to be in another state than those:")
	w.rowTable(c.Late)
}

// parametersOf lists the parameters that a command may have.
func (w *page) parametersOf(c *plan.Command) {
	var list []string
	for _, q := range w.p.Params {
		if !slices.Contains(q.Of, c) {
			continue
		}
		text := "`" + q.Name + "`"
		if q.Ext != "" {
			text += " ([" + q.Ext + "](#extension-" + strings.ToLower(q.Ext) + "), " + q.RFC + ")"
		}
		list = append(list, text)
	}
	if len(list) > 0 {
		w.line("- Parameters: %s", strings.Join(list, ", "))
	}
}

// pageDoc says what an argument is, as a page says it.
func pageDoc(a *plan.Arg) string {
	text := valueDoc(a.Kind, a.Digits)
	if a.Value != nil {
		text = literally(typedDoc(a.Value))
	}
	if a.List {
		text = "any number of: " + text
	}
	if a.Optional {
		text += "; may be left out"
	}
	return text
}

// awaitsCommand reports whether a state of the mask awaits a command.
func (w *page) awaitsCommand(m plan.Mask) bool {
	return slices.ContainsFunc(w.p.States, func(s *plan.State) bool { return m.Has(s.Num) && s.Awaits == "command" })
}

// rowTable writes rows; neighbours of the same meaning share a line.
func (w *page) rowTable(rows []*plan.Row) {
	w.head("Reply", "Where", "Next state", "Effect", "RFC")
	for i := 0; i < len(rows); {
		r, n := rows[i], i
		var codes []string
		for ; n < len(rows) && sameLine(r, rows[n]); n++ {
			codes = append(codes, rows[n].Code)
		}
		i = n
		next, effects := w.next(r), w.effects(r)
		if r.Violation {
			next, effects = "**violation**", ""
		}
		w.row(strings.Join(codes, ", "), w.where(r), next, effects, r.RFC)
	}
}

func sameLine(a, b *plan.Row) bool {
	return a.From == b.From && a.If == b.If && a.To == b.To && a.Set == b.Set && a.Clear == b.Clear &&
		slices.Equal(a.Do, b.Do) && a.Violation == b.Violation && a.Unlisted == b.Unlisted && a.RFC == b.RFC
}

func (w *page) where(r *plan.Row) string {
	var parts []string
	if r.From != 0 {
		parts = append(parts, "in "+join(w.code(w.stateNames(r.From)), "or"))
	}
	if r.If != 0 {
		parts = append(parts, "if "+join(w.code(w.factNames(r.If)), "and"))
	}
	return strings.Join(parts, ", ")
}

func (w *page) next(r *plan.Row) string {
	switch {
	case r.To.Home:
		return "home"
	case r.To.State == nil:
		return "same"
	}
	return "`" + r.To.State.Name + "`"
}

func (w *page) effects(r *plan.Row) string {
	parts := w.code(r.Do)
	if r.Set != 0 {
		parts = append(parts, "sets "+join(w.code(w.factNames(r.Set)), "and"))
	}
	if r.Clear != 0 {
		parts = append(parts, "clears "+join(w.code(w.factNames(r.Clear)), "and"))
	}
	if r.Unlisted {
		parts = append(parts, "taken by clients, not said by our server")
	}
	return strings.Join(parts, "; ")
}

// arguments shows arguments as a synopsis does.
func arguments(args []*plan.Arg) string {
	var words []string
	for _, a := range args {
		var word string
		switch {
		case a.Field == "":
			word = a.Literal
		case a.Kind == "params":
			word = "[parameters]"
		case a.List:
			word = fmt.Sprintf("[%s ...]", a.Name)
		case a.Optional:
			word = "[" + a.Name + "]"
		default:
			word = "<" + a.Name + ">"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
