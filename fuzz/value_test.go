package fuzz

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/fuzz/typed"
	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/smtp"
)

// paramKey is an smtp.ParamKey whose type is known when the test runs alone.
type paramKey struct {
	typ          reflect.Type  // of the value
	write, parse reflect.Value // not valid: a parameter without value
}

// keyOf finds the key of a parameter.
func keyOf(id smtp.Param) (k paramKey) {
	for _, key := range typed.Params {
		v := reflect.ValueOf(key)
		if smtp.Param(v.FieldByName("Param").Uint()) == id && !v.FieldByName("Parse").IsNil() {
			k.write, k.parse = v.FieldByName("Append"), v.FieldByName("Parse")
			k.typ = k.parse.Type().Out(0)
		}
	}
	return k
}

func (k paramKey) append(v reflect.Value) ([]byte, error) {
	out := k.write.Call([]reflect.Value{reflect.ValueOf([]byte(nil)), v})
	err, _ := out[1].Interface().(error)
	return out[0].Bytes(), err
}

func (k paramKey) read(octets []byte) (any, error) {
	out := k.parse.Call([]reflect.Value{reflect.ValueOf(octets)})
	err, _ := out[1].Interface().(error)
	return out[0].Interface(), err
}

// What a parameter's key writes it reads, for every parameter of the table and
// any value that its grammar has; and so it reads any other form of the value.
func TestParamRoundtrip(t *testing.T) {
	tab := load(t)
	if want := len(smtp.Table.Params) - 1; len(typed.Params) != want || len(tab.Params) != want {
		t.Errorf("the compiled table has %d parameters, the list of keys %d, the YAML %d", want, len(typed.Params), len(tab.Params))
	}
	for i, param := range tab.Params {
		info := &smtp.Table.Params[i+1]
		key := keyOf(smtp.Param(i + 1))
		if (param.Value.Kind != "none") != key.parse.IsValid() || info.Name != param.Name.Text {
			t.Errorf("the parameter %s is %s, its value %s; it has a key that reads a value: %v", param.Name.Text, info.Name, param.Value.Kind, key.parse.IsValid())
			continue
		}
		if param.Value.Kind == "none" {
			continue
		}
		t.Run(info.Name, rapid.MakeCheck(func(t *rapid.T) {
			v := reflect.New(key.typ).Elem()
			other := draw(t, param.Value, v, "", false)
			if param.Value.Kind == "choice" { // a command's Params bring it into the table's spelling
				other = v.String()
			}
			wire, err := key.append(v)
			if err != nil {
				t.Fatalf("%v can't be written: %v", v, err)
			}
			for _, form := range []string{string(wire), other} {
				got, err := key.read([]byte(form))
				if err != nil {
					t.Fatalf("%v: %q can't be read: %v", v, form, err)
				}
				if diff := cmp.Diff(v.Interface(), got); diff != "" {
					t.Fatalf("%q (-written +read):\n%s", form, diff)
				}
				if info.Check != nil && info.Check([]byte(form)) != nil {
					t.Fatalf("the table refuses %q: %v", form, info.Check([]byte(form)))
				}
			}
		}))
	}
}

// What an extension may say behind its keyword is read, for any values that the
// grammar has.
func TestKeywordIsRead(t *testing.T) {
	tab := load(t)
	n := 0
	for _, ext := range tab.Extensions {
		if ext.Keyword == nil {
			continue
		}
		n++
		i := slices.IndexFunc(smtp.Table.Keywords, func(k smtp.KeywordInfo) bool { return k.Name == ext.Keyword.Name.Text })
		if i < 1 || i > len(typed.Keywords) {
			t.Errorf("%s has no key", ext.Keyword.Name.Text)
			continue
		}
		parse := reflect.ValueOf(typed.Keywords[i-1]).FieldByName("Parse")
		t.Run(ext.Keyword.Name.Text, rapid.MakeCheck(func(t *rapid.T) {
			want := reflect.New(parse.Type().Out(0)).Elem()
			var words []string
			for j, arg := range ext.Keyword.Args {
				field := want
				if len(ext.Keyword.Args) > 1 {
					field = want.Field(j)
				}
				if !arg.Optional || rapid.Bool().Draw(t, "has "+arg.Name.Text) {
					words = append(words, draw(t, arg.Value, field, "", arg.Optional))
				}
			}
			line := strings.Join(words, " ")
			a := smtp.NewArgs(smtp.Table, 0, []byte(line))
			got := parse.Call([]reflect.Value{reflect.ValueOf(a)})[0]
			if a.Err() != nil {
				t.Fatalf("%q: %v", line, a.Err())
			}
			if diff := cmp.Diff(want.Interface(), got.Interface()); diff != "" {
				t.Fatalf("%q (-said +read):\n%s", line, diff)
			}
		}))
	}
	if n != len(typed.Keywords) || n != len(smtp.Table.Keywords)-1 {
		t.Errorf("the YAML has %d keywords, the compiled table %d, the list of keys %d", n, len(smtp.Table.Keywords)-1, len(typed.Keywords))
	}
}

// FuzzParam holds for each parameter and any octets: what its key reads it can
// write, and that means the same.
func FuzzParam(f *testing.F) {
	for i := range smtp.Table.Params {
		for _, value := range []string{"120;R", "-5;nt", "+007;N", "FULL", "HDRS", "a+2Bb", "NEVER", "success,delay", "rfc822;a@b", `utf-8;\x{E9}@b`, "utf-8;é@b", "86400", "2014-04-03T23:01:00+02:00;C", "<a@b>", "x:5", "org.example:ADV,b", "-9", "<>", "8bitmime"} {
			f.Add(uint8(i), []byte(value))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, octets []byte) {
		id := smtp.Param(int(which) % len(smtp.Table.Params))
		key := keyOf(id)
		if !key.parse.IsValid() {
			return
		}
		name := smtp.Table.Params[id].Name
		v, err := key.read(octets)
		if err != nil {
			return
		}
		wire, err := key.append(reflect.ValueOf(v))
		if err != nil {
			t.Fatalf("%s=%q was read as %+v, which can't be written: %v", name, octets, v, err)
		}
		if back, err := key.read(wire); err != nil || !cmp.Equal(v, back) {
			t.Fatalf("%s=%q was read as %+v and written as %q, which is read as %+v, %v", name, octets, v, wire, back, err)
		}
	})
}

// FuzzKeyword holds for each keyword and anything behind it: it is read or
// refused, and wider spaces change nothing.
func FuzzKeyword(f *testing.F) {
	for i := range typed.Keywords {
		for _, args := range []string{"", "10485760", "PLAIN LOGIN", "240,X", "86400 2026-12-31T23:59:59Z", "RCPTMAX=20 MAILMAX=5", "MAILMAX=0 X", "MIXER", "net.example:ADV,b", "imap imap://", "NAME ADDR"} {
			f.Add(uint8(i), []byte(args))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, args []byte) {
		parse := reflect.ValueOf(typed.Keywords[int(which)%len(typed.Keywords)]).FieldByName("Parse")
		read := func(args string) (any, error) {
			a := smtp.NewArgs(smtp.Table, 0, []byte(args))
			return parse.Call([]reflect.Value{reflect.ValueOf(a)})[0].Interface(), a.Err()
		}
		v, err := read(string(args))
		if wide, again := read(strings.ReplaceAll(string(args), " ", "   ")); (err == nil) != (again == nil) || err == nil && !cmp.Equal(v, wide) {
			t.Fatalf("%q is %+v, %v; with wider spaces %+v, %v", args, v, err, wide, again)
		}
	})
}

// targets has the fuzz target of each kind of value. A kind that is made of
// others, or that only a whole line has, is fuzzed with what has it.
var targets = map[string]func(*testing.F){
	"integer": FuzzInteger, "word": FuzzWord, "domain": FuzzDomain, "xtext": FuzzXtext, "printable-xtext": FuzzPrintableXtext, "utf-8-addr-xtext": FuzzUTF8AddrXtext,
	"date-time": FuzzDateTime, "date-time-seconds": FuzzDateTimeSeconds, "auth-mailbox": FuzzAuthMailbox, "uri": FuzzURI, "choice": FuzzChoice, "list": FuzzList,
	"sequence": FuzzParts, "depends": FuzzParam, "none": FuzzRoundtrip, "pairs": FuzzRoundtrip, "text": FuzzRoundtrip,
	"base64": FuzzRoundtrip, "initial-response": FuzzRoundtrip, "reverse-path": FuzzRoundtrip, "forward-path": FuzzRoundtrip,
	"literal": FuzzRoundtrip, "params": FuzzRoundtrip,
}

// Each kind of value in the table has a fuzz target.
func TestEachKindIsFuzzed(t *testing.T) {
	tab := load(t)
	seen := map[string]string{}
	var look func(v table.Value, of string)
	look = func(v table.Value, of string) {
		seen[v.Kind] = of
		if v.Of != nil {
			look(*v.Of, of)
		}
		if v.Else != nil {
			look(*v.Else, of)
		}
		for _, e := range slices.Concat(v.Elems, v.When) {
			if e.Name.Text != "" {
				look(e.Value, of)
			}
		}
	}
	for _, c := range tab.Commands {
		for _, a := range c.Args {
			look(a.Value, c.Name.Text)
		}
	}
	for _, p := range tab.Params {
		look(p.Value, p.Name.Text)
	}
	for _, e := range tab.Extensions {
		if e.Keyword != nil {
			for _, a := range e.Keyword.Args {
				look(a.Value, e.Name.Text)
			}
		}
	}
	for kind, of := range seen {
		if targets[kind] == nil {
			t.Errorf("values of the kind %s, as %s has, have no fuzz target", kind, of)
		}
	}
}
