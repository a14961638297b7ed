package plan

import (
	"math"
	"slices"

	"github.com/tabellarius/tabellarius/gen/table"
)

// Value is the grammar of an argument, of a keyword's value or of a parameter's
// value that is made of others, or written and read by a pair of functions.
type Value struct {
	Kind      string // as in the table
	Digits    int
	Range     *table.Range // integer: nil for every number of so many digits
	Plus      bool
	NoZeros   bool
	Below     bool      // integer: int64 though it can't be below zero, as another that it stands for
	Type      string    // its own type in Go; empty: it has none
	Words     []*Choice // choice
	Alone     []string  // choice: words that stand alone in a list
	Of        *Value    // list
	Separator string    // list; empty: a space, to the end of the line
	Elems     []*Elem   // sequence: the parts; pairs: the names
	Offered   bool      // pairs: those alone that the server names
	On        string    // depends: the field that decides
	When      []*Elem
	Else      *Value
}

// Elem is a part of a sequence, a name of pairs, or a case of depends.
type Elem struct {
	Name     string // as in the table; empty: fixed text
	Field    string
	After    string // the text before it
	Value    *Value
	Optional bool
}

// Signed reports whether an integer may be below zero.
func (v *Value) Signed() bool { return v.Below || v.Range != nil && v.Range.Min < 0 }

// Ends gives the texts that end a part of a sequence: those that may come next.
func (v *Value) Ends(part int) []string {
	var ends []string
	for _, e := range v.Elems[part+1:] {
		if e.After == "" {
			break
		}
		if !slices.Contains(ends, e.After) {
			ends = append(ends, e.After)
		}
		if !e.Optional {
			break
		}
	}
	return ends
}

// Ahead reports whether a part of a sequence depends on one behind it.
func (v *Value) Ahead(part int) bool {
	e := v.Elems[part]
	if e.Value == nil || e.Value.Kind != "depends" {
		return false
	}
	return slices.ContainsFunc(v.Elems[part+1:], func(o *Elem) bool { return o.Field == e.Value.On })
}

// valueTypes says for each kind that has no type of its own which type in Go
// its values have.
var valueTypes = map[string]string{
	"integer":           "uint64",
	"word":              "string",
	"domain":            "string",
	"xtext":             "string",
	"printable-xtext":   "string",
	"utf-8-addr-xtext":  "string",
	"auth-mailbox":      "string",
	"uri":               "string",
	"date-time":         "time.Time",
	"date-time-seconds": "time.Time",
}

// GoType gives the type of the value in Go, in words: "[]ByValue", "time.Time".
func (v *Value) GoType() string {
	switch {
	case v.Type != "":
		return v.Type
	case v.Kind == "list":
		return "[]" + v.Of.GoType()
	case v.Signed():
		return "int64"
	case v.Kind == "depends":
		return v.Else.GoType()
	}
	return valueTypes[v.Kind]
}

// value decides about a value: name is that of its own type, if it has one, and
// base what the names of its words and parts begin with.
func (b *builder) value(t *table.Value, name, base string) *Value {
	v := &Value{Kind: t.Kind, Digits: t.Digits, Range: t.Range, Plus: t.Plus, NoZeros: t.NoZeros, Separator: t.Separator, Offered: t.Offered}
	if v.Kind == "integer" && v.Signed() && v.Range.Max > math.MaxInt64 {
		v.Range = &table.Range{Min: v.Range.Min, Max: math.MaxInt64}
	}
	switch t.Kind {
	case "choice":
		v.Type = name
		for _, c := range t.Choices {
			v.Words = append(v.Words, &Choice{Word: c.Word.Text, Go: base + goName(c.Word.Text, c.Type), Own: true})
			if c.Alone {
				v.Alone = append(v.Alone, c.Word.Text)
			}
		}
	case "list":
		v.Of = b.value(t.Of, name, base)
	case "sequence", "pairs":
		v.Type = name
		for _, e := range t.Elems {
			v.Elems = append(v.Elems, b.elem(e, base))
		}
	case "depends":
		v.On = goName(t.On.Text, "")
		for _, e := range t.When {
			v.When = append(v.When, b.elem(e, base))
		}
		v.Else = b.value(t.Else, name, base)
		for _, e := range v.When {
			w := e.Value
			if w.Kind != "integer" {
				continue
			}
			if w.Range == nil { // one function for all of them
				w.Range = &table.Range{Max: math.MaxUint64}
			}
			w.Below = v.Else.Signed()
			if w.Signed() {
				w.Range = &table.Range{Min: w.Range.Min, Max: min(w.Range.Max, math.MaxInt64)}
			}
		}
	}
	return v
}

func (b *builder) elem(t *table.Elem, base string) *Elem {
	e := &Elem{Name: t.Name.Text, After: t.After, Optional: t.Optional}
	if e.Name != "" {
		e.Field = goName(e.Name, "")
		e.Value = b.value(&t.Value, base+e.Field, base+e.Field)
	}
	return e
}

// plainArgs are the kinds that Line and Args have a method for.
var plainArgs = []string{"integer", "word", "text", "domain", "reverse-path", "forward-path", "base64", "initial-response", "literal", "params"}
