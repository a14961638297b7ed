package gen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tabellarius/tabellarius/gen/print"
	"github.com/tabellarius/tabellarius/gen/table"
)

// Explain tells of a state, command, fact, parameter or extension of a table
// what the table says of it: what is legal, which replies may come and where
// they lead, and the section behind each. Several definitions may have one name.
func Explain(o Options, name string) (string, error) {
	p, err := newPlan(o)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	entries := print.Entries(p)
	for _, e := range entries {
		if !strings.EqualFold(e.Name, name) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString(strings.TrimRight(e.Kind+" "+e.Name+": "+e.Title, ": ") + "\n")
		for _, line := range together(slices.Concat(e.Lines, e.More)) {
			b.WriteString("  " + line + "\n")
		}
	}
	if b.Len() == 0 {
		var known []string
		for _, e := range entries {
			known = append(known, e.Name)
		}
		slices.Sort(known)
		return "", fmt.Errorf("gen: the table has no state, command, fact, parameter or extension %q%s", name, table.Nearest(name, slices.Compact(known)))
	}
	return b.String(), nil
}

// together puts neighbouring replies of one meaning on one line.
func together(lines []string) []string {
	var out []string
	meaning := ""
	for _, line := range lines {
		name, text, _ := strings.Cut(line, ": ")
		kind, code, reply := "", "", false
		for _, k := range []string{"reply ", "late reply "} {
			if c, ok := strings.CutPrefix(name, k); ok {
				kind, code, reply = k, c, true
			}
		}
		if reply && meaning == kind+text {
			before, _, _ := strings.Cut(out[len(out)-1], ": ")
			out[len(out)-1] = before + ", " + code + ": " + text
			continue
		}
		meaning = ""
		if reply {
			meaning = kind + text
		}
		out = append(out, line)
	}
	return out
}

// Diagram gives the states of a table, and what leads from one to another, in
// the language of Mermaid.
func Diagram(o Options) (string, error) {
	p, err := newPlan(o)
	if err != nil {
		return "", err
	}
	return string(print.Diagram(p)), nil
}

// Diff tells what two tables say otherwise, one definition after the other:
// "+" before what only b has, "-" before what only a has. It is empty where they
// say the same.
func Diff(a, b Options) (string, error) {
	old, err := entriesOf(a)
	if err != nil {
		return "", err
	}
	new, err := entriesOf(b)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, e := range old {
		other := find(new, e)
		if other == nil {
			fmt.Fprintf(&out, "- %s %s\n", e.Kind, e.Name)
			continue
		}
		less, more := without(lines(e), lines(*other)), without(lines(*other), lines(e))
		if len(less)+len(more) == 0 {
			continue
		}
		fmt.Fprintf(&out, "  %s %s\n", e.Kind, e.Name)
		for _, line := range less {
			fmt.Fprintf(&out, "-   %s\n", line)
		}
		for _, line := range more {
			fmt.Fprintf(&out, "+   %s\n", line)
		}
	}
	for _, e := range new {
		if find(old, e) == nil {
			fmt.Fprintf(&out, "+ %s %s\n", e.Kind, strings.TrimRight(e.Name+": "+e.Title, ": "))
			for _, line := range e.Lines {
				fmt.Fprintf(&out, "+   %s\n", line)
			}
		}
	}
	return out.String(), nil
}

func entriesOf(o Options) ([]print.Entry, error) {
	p, err := newPlan(o)
	if err != nil {
		return nil, err
	}
	return print.Entries(p), nil
}

func find(list []print.Entry, e print.Entry) *print.Entry {
	for i := range list {
		if list[i].Kind == e.Kind && list[i].Name == e.Name {
			return &list[i]
		}
	}
	return nil
}

func lines(e print.Entry) []string {
	if e.Title == "" {
		return e.Lines
	}
	return append([]string{e.Title}, e.Lines...)
}

// without gives the lines of a that b lacks.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(line string) bool { return slices.Contains(b, line) })
}
