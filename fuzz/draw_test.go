package fuzz

import (
	"encoding/base64"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/smtp"
)

// draw fills a field with any value that a grammar of the table allows, and
// gives a form of it on the wire: not always the one that the library writes,
// but one that it has to read as the same value. What ends the value does not
// stand in it; set asks for one that is not the zero value.
func draw(t *rapid.T, v table.Value, field reflect.Value, ends string, set bool) (wire string) {
	switch v.Kind {
	case "integer":
		return drawInteger(t, v, field, set)
	case "choice":
		word := rapid.SampledFrom(v.Choices).Draw(t, "word").Word.Text
		field.SetString(word)
		return drawCase(t, word)
	case "list":
		return drawList(t, v, field, ends)
	case "sequence":
		return drawSequence(t, v, field, ends)
	case "pairs":
		return drawPairs(t, v, field)
	case "date-time", "date-time-seconds":
		at := time.Unix(rapid.Int64Range(-62135596799, 253402300799).Draw(t, "seconds"), 0).UTC()
		field.Set(reflect.ValueOf(at))
		zone := at.In(time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "minutes")))
		if wire := zone.Format(time.RFC3339); zone.Year() == at.Year() && !strings.ContainsAny(wire, ends) {
			return wire
		}
		return at.Format(time.RFC3339)
	case "base64":
		octets := rapid.SliceOf(rapid.Byte()).Draw(t, "octets")
		field.SetBytes(octets)
		return base64.StdEncoding.EncodeToString(octets)
	case "initial-response":
		octets := rapid.SliceOf(rapid.Byte()).Draw(t, "octets")
		field.SetBytes(octets)
		if len(octets) == 0 {
			return "="
		}
		return base64.StdEncoding.EncodeToString(octets)
	}
	return drawText(t, v.Kind, field, ends, set)
}

// drawText is draw for values that are strings.
func drawText(t *rapid.T, kind string, field reflect.Value, ends string, set bool) (wire string) {
	var g *rapid.Generator[string]
	encode := func(s string) string { return s }
	with := func(f func([]byte, string) ([]byte, error)) {
		encode = func(s string) string {
			b, err := f(nil, s)
			if err != nil {
				t.Fatalf("%q, of the kind %s, can't be written: %v", s, kind, err)
			}
			return string(b)
		}
	}
	switch kind {
	case "word":
		g = rapid.StringMatching(`[!-<>-~]{1,20}`)
	case "text":
		g = rapid.StringMatching(`[!-~]([ -~]{0,30}[!-~])?`)
	case "uri":
		g = rapid.StringMatching(`[A-Za-z][A-Za-z0-9+.-]{0,6}:[!-~]{1,30}`)
	case "domain":
		g = domain()
	case "xtext":
		g = rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 33), func(b []byte) string { return string(b) })
		with(smtp.AppendXtext)
	case "printable-xtext":
		g = rapid.StringMatching(`[\t -~]{1,33}`)
		with(smtp.AppendPrintableXtext)
	case "utf-8-addr-xtext":
		g = rapid.StringMatching(`[\x{20}-\x{7f}é😀ü用]{1,40}`)
		with(smtp.AppendUTF8AddrXtext)
	case "auth-mailbox":
		g = mailbox()
		if !set {
			g = rapid.OneOf(rapid.Just(""), g)
		}
		with(smtp.AppendAuthMailbox)
	case "reverse-path":
		g = rapid.OneOf(rapid.Just(""), mailbox())
		encode = func(s string) string { return "<" + s + ">" }
	case "forward-path":
		g = rapid.OneOf(rapid.Just("Postmaster"), rapid.Just("postmaster"), mailbox())
		encode = func(s string) string { return "<" + s + ">" }
	default:
		t.Fatalf("no generator for values of the kind %s", kind)
	}
	s := g.Filter(func(s string) bool { return !strings.ContainsAny(encode(s), ends) }).Draw(t, kind)
	field.SetString(s)
	return encode(s)
}

func drawInteger(t *rapid.T, v table.Value, field reflect.Value, set bool) string {
	most := uint64(math.MaxUint64)
	if v.Digits < 20 {
		most = 1
		for range v.Digits {
			most *= 10
		}
		most--
	}
	low, high := int64(0), most
	if v.Range != nil {
		low, high = max(v.Range.Min, -int64(min(most, math.MaxInt64))), min(v.Range.Max, most)
	}
	var digits, sign string
	if field.Kind() == reflect.Int64 {
		n := rapid.Int64Range(low, int64(min(high, math.MaxInt64))).Filter(func(n int64) bool { return !set || n != 0 }).Draw(t, "integer")
		field.SetInt(n)
		digits = strings.TrimPrefix(strconv.FormatInt(n, 10), "-")
		if n < 0 {
			sign = "-"
		}
	} else {
		n := rapid.Uint64Range(uint64(low), high).Filter(func(n uint64) bool { return !set || n != 0 }).Draw(t, "integer")
		field.SetUint(n)
		digits = strconv.FormatUint(n, 10)
	}
	if v.Plus && sign == "" && rapid.Bool().Draw(t, "plus") {
		sign = "+"
	}
	if room := v.Digits - len(digits); !v.NoZeros && room > 0 {
		digits = strings.Repeat("0", rapid.IntRange(0, room).Draw(t, "zeros")) + digits
	}
	return sign + digits
}

func drawCase(t *rapid.T, word string) string {
	if rapid.Bool().Draw(t, "small letters") {
		return strings.ToLower(word)
	}
	return word
}

func drawList(t *rapid.T, v table.Value, field reflect.Value, ends string) string {
	n := rapid.IntRange(1, 4).Draw(t, "members")
	var items []string
	list := reflect.MakeSlice(field.Type(), 0, n)
	for range n {
		item := reflect.New(field.Type().Elem()).Elem()
		wire := draw(t, *v.Of, item, ends+v.Separator, true)
		if v.Of.Kind == "choice" { // each once, and some alone
			if slices.ContainsFunc(items, func(have string) bool { return strings.EqualFold(have, wire) }) {
				continue
			}
			i := slices.IndexFunc(v.Of.Choices, func(c *table.Choice) bool { return strings.EqualFold(c.Word.Text, wire) })
			if v.Of.Choices[i].Alone {
				items, list = nil, list.Slice(0, 0)
				n = 1
			}
		}
		items, list = append(items, wire), reflect.Append(list, item)
		if n == 1 {
			break
		}
	}
	field.Set(list)
	separator := v.Separator
	if separator == "" {
		separator = " "
	}
	return strings.Join(items, separator)
}

func drawSequence(t *rapid.T, v table.Value, field reflect.Value, ends string) string {
	wires := make([]string, len(v.Elems))
	at := make([]int, len(v.Elems)) // of the part's field
	n := 0
	for i, e := range v.Elems {
		if e.Name.Text != "" {
			at[i] = n
			n++
		}
	}
	part := func(i int, grammar table.Value) {
		e := v.Elems[i]
		if e.Optional && rapid.Bool().Draw(t, "without "+e.Name.Text) {
			return
		}
		stop := ends
		for j, other := range v.Elems {
			if j > i && other.After != "" {
				stop += other.After[:1]
			}
			if j < i && other.Optional { // or it would be taken for that
				for _, c := range other.Value.Choices {
					stop += c.Word.Text[:1]
				}
			}
		}
		wires[i] = e.After + draw(t, grammar, field.Field(at[i]), stop, e.Optional)
	}
	for i, e := range v.Elems {
		switch {
		case e.Name.Text == "":
			wires[i] = e.After
		case e.Value.Kind != "depends":
			part(i, e.Value)
		}
	}
	for i, e := range v.Elems {
		if e.Value.Kind == "depends" {
			by := slices.IndexFunc(v.Elems, func(other *table.Elem) bool { return other.Name.Text == e.Value.On.Text })
			grammar := *e.Value.Else
			for _, w := range e.Value.When {
				if strings.EqualFold(w.Name.Text, field.Field(at[by]).String()) {
					grammar = w.Value
				}
			}
			part(i, grammar)
		}
	}
	return strings.Join(wires, "")
}

func drawPairs(t *rapid.T, v table.Value, field reflect.Value) string {
	var pairs []string
	first := rapid.IntRange(0, len(v.Elems)-1).Draw(t, "there for certain")
	for i, e := range v.Elems {
		if i == first || rapid.Bool().Draw(t, "has "+e.Name.Text) {
			pairs = append(pairs, drawCase(t, e.Name.Text)+"="+draw(t, e.Value, field.Field(i), "", true))
		}
	}
	return strings.Join(rapid.Permutation(pairs).Draw(t, "order"), " ")
}

func domain() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?){0,3}`),
		rapid.SampledFrom([]string{"[192.0.2.1]", "[IPv6:::1]", "[IPv6:2001:db8::192.0.2.1]", "[tag:anything]", "[255.255.255.255]"}),
	)
}

func mailbox() *rapid.Generator[string] {
	local := rapid.OneOf(
		rapid.StringMatching("[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}){0,2}"),
		rapid.StringMatching(`"([ !#-\[\]-~]|\\[ -~]){0,20}"`),
	)
	return rapid.Custom(func(t *rapid.T) string { return local.Draw(t, "local part") + "@" + domain().Draw(t, "domain") })
}

// drawParams draws parameters of a command that may stand together.
func drawParams(t *rapid.T, tab *table.Table, command string) *smtp.Params {
	p := new(smtp.Params)
	for i, param := range tab.Params {
		id := smtp.Param(i + 1)
		info := &smtp.Table.Params[id]
		if !slices.ContainsFunc(param.Of, func(of table.Name) bool { return of.Text == command }) ||
			slices.ContainsFunc(info.Apart, p.Has) || rapid.Bool().Draw(t, "without "+param.Name.Text) {
			continue
		}
		key := keyOf(id)
		if !key.parse.IsValid() {
			p.Put(id, nil)
			continue
		}
		v := reflect.New(key.typ).Elem()
		draw(t, param.Value, v, "", false)
		octets, err := key.append(v)
		if err != nil {
			t.Fatalf("%s: %v can't be written: %v", info.Name, v, err)
		}
		if info.Most == 0 || len(octets) <= info.Most {
			p.Put(id, octets)
		}
	}
	for i := range smtp.Table.Params {
		if info := &smtp.Table.Params[i]; p.Has(smtp.Param(i)) && slices.ContainsFunc(info.Beside, func(other smtp.Param) bool { return !p.Has(other) }) {
			return new(smtp.Params)
		}
	}
	return p
}
