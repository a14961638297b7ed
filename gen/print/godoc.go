package print

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/gen/plan"
)

// commandDoc is the comment on a command's type.
func (pr *printer) commandDoc(c *plan.Command) []string {
	wire := c.Verb
	if c.Tail != "" {
		wire += " ... " + c.Tail
	}
	if wire == "" {
		wire = "a line without a verb"
	} else {
		wire = strconv.Quote(wire)
	}
	text := fmt.Sprintf("%s is the command %s (%s): %s on the wire.", c.Go, c.Name, c.RFC, wire)
	text += " It is legal in " + join(pr.stateNames(c.In), "and") + "."
	if k := c.Keyword; k != nil {
		text += " The server must have offered " + k.Name + "."
	}
	if m := pr.factNames(c.Needs); len(m) > 0 {
		text += " It needs the fact " + join(m, "and") + "."
	}
	if m := pr.factNames(c.Forbids); len(m) > 0 {
		text += " It is not possible while the fact " + join(m, "or") + " holds."
	}
	switch c.Group {
	case "last":
		text += " Nothing may be queued behind it until its reply is there."
	case "last-unless-final":
		text += " Nothing may be queued behind it until its reply is there, unless one reply ends the exchange."
	default:
		text += " Commands may be queued behind it before its reply is there."
	}
	if c.Timeout > 0 {
		text += " Its reply is awaited for " + span(c.Timeout) + "."
	}
	return wrap(text)
}

// span writes a length of time in words.
func span(d time.Duration) string {
	unit, n := "second", int(d/time.Second)
	switch {
	case d%time.Second != 0:
		return d.String()
	case d%time.Hour == 0:
		unit, n = "hour", int(d/time.Hour)
	case d%time.Minute == 0:
		unit, n = "minute", int(d/time.Minute)
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// argDoc is the comment on an argument's field.
func argDoc(a *plan.Arg) string {
	text := valueDoc(a.Kind, a.Digits)
	if a.Value != nil {
		text = typedDoc(a.Value)
	}
	if a.List {
		text = "any number of: " + text
	}
	if a.Kind == "params" {
		return text + "; nil: none"
	}
	if a.Optional && !a.List {
		switch a.Type {
		case "string":
			text += "; empty: left out"
		case "uint64", "int64":
			text += "; 0: left out"
		case "[]byte":
			text += "; nil: left out"
		default:
			text += "; the zero value: left out"
		}
	}
	if a.Secret {
		text += "; secret, never traced"
	}
	return text
}

// valueDoc says what a kind of value is.
func valueDoc(kind string, digits int) string {
	switch kind {
	case "integer":
		return fmt.Sprintf("an integer of at most %d digits", digits)
	case "word":
		return "a word of printable ASCII"
	case "text":
		return "the rest of the line"
	case "domain":
		return "a domain or an address literal"
	case "reverse-path":
		return "a mailbox without angle brackets; empty is the null reverse-path"
	case "forward-path":
		return "a mailbox without angle brackets, or postmaster"
	case "base64":
		return "octets, sent as base64"
	case "initial-response":
		return "octets, sent as base64; none at all are sent as ="
	case "params":
		return "parameters of extensions"
	case "xtext":
		return "text, sent as xtext"
	case "printable-xtext":
		return "printable ASCII, spaces and tabs, sent as xtext"
	case "utf-8-addr-xtext":
		return "an address that may have characters above ASCII, sent in ASCII"
	case "uri":
		return "an absolute URI"
	case "date-time", "date-time-seconds":
		return "a date and time, sent in UTC and whole seconds"
	case "auth-mailbox":
		return "a mailbox, sent as xtext; empty is sent as <>"
	}
	return kind
}

// typedDoc says what a value that is made of others is.
func typedDoc(v *plan.Value) string {
	switch v.Kind {
	case "integer":
		if v.Range == nil {
			break
		}
		low, high := fmt.Sprint(v.Range.Min), fmt.Sprint(v.Range.Max)
		if v.Range.Max >= math.MaxInt64 {
			return fmt.Sprintf("an integer of at most %d digits, %s or more", v.Digits, low)
		}
		return "an integer from " + low + " to " + high
	case "choice":
		var list []string
		for _, w := range v.Words {
			list = append(list, w.Word)
		}
		return join(list, "or")
	case "list":
		return "one or more of: " + typedDoc(v.Of)
	case "sequence":
		return form(v)
	case "pairs":
		var list []string
		for _, e := range v.Elems {
			list = append(list, e.Name)
		}
		return "NAME=value for each of " + join(list, "and") + " that is set"
	case "depends":
		var list []string
		for _, w := range v.When {
			list = append(list, typedDoc(w.Value)+" where "+v.On+" is "+w.Name)
		}
		return strings.Join(append(list, "else "+typedDoc(v.Else)), ", ")
	}
	return valueDoc(v.Kind, v.Digits)
}

func (pr *printer) stateNames(m plan.Mask) []string {
	var names []string
	for _, s := range pr.p.States {
		if m.Has(s.Num) {
			names = append(names, s.Name)
		}
	}
	return names
}

func (pr *printer) factNames(m plan.Mask) []string {
	var names []string
	for _, f := range pr.p.Facts {
		if m.Has(f.Num) {
			names = append(names, f.Name)
		}
	}
	return names
}

// wrap breaks a comment into lines.
func wrap(text string) []string {
	const width = 76
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
