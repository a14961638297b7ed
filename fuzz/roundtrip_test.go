package fuzz

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/fuzz/typed"
	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/spec"
)

// again gives a new value of the type of c.
func again(c smtp.Command) smtp.Command {
	return reflect.New(reflect.TypeOf(c).Elem()).Interface().(smtp.Command)
}

// same compares commands; parameters by their names and values, and an absent
// list as an empty one.
var same = cmp.Transformer("Params", func(p *smtp.Params) []string {
	list := []string{}
	if p != nil {
		for id, value := range p.All() {
			list = append(list, smtp.Table.Params[id].Name+"="+string(value))
		}
	}
	return list
})

func load(t testing.TB) *table.Table {
	tab, problems := table.Load(spec.FS)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return tab
}

// What the encoder writes the parser reads, for every command of the table and
// any values of its arguments; and so it reads any other form of the line that
// means the same.
func TestRoundtrip(t *testing.T) {
	tab := load(t)
	lines := 0
	for i, row := range tab.Commands {
		if !smtp.Table.Commands[i+1].Line {
			continue
		}
		lines++
		name := row.Name.Text
		of := slices.IndexFunc(typed.Commands, func(c smtp.Command) bool { return c.Op() == smtp.Op(i+1) })
		if of < 0 {
			t.Errorf("%s has no type", name)
			continue
		}
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			want := again(typed.Commands[of])
			other := drawCommand(t, tab, row, want)
			line, err := smtp.AppendCommand([]byte("before"), smtp.Table, want)
			if err != nil {
				t.Fatalf("%+v: %v", want, err)
			}
			line = bytes.TrimPrefix(line, []byte("before"))
			for _, line := range []string{string(line), other} {
				got := again(want)
				if err := smtp.ParseCommand(smtp.Table, []byte(line), got); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				if diff := cmp.Diff(want, got, same); diff != "" {
					t.Fatalf("%q (-written +read):\n%s", line, diff)
				}
			}
		}))
	}
	if lines != len(typed.Commands) {
		t.Errorf("the table has %d commands that are lines, package smtp %d types", lines, len(typed.Commands))
	}
}

// drawCommand fills a command with any values that its arguments may have, and
// gives a line that means it.
func drawCommand(t *rapid.T, tab *table.Table, row *table.Command, c smtp.Command) string {
	fields := reflect.ValueOf(c).Elem()
	line, n := row.Verb, 0
	if rapid.Bool().Draw(t, "verb in small letters") { // RFC 5321 §2.4
		line = strings.ToLower(line)
	}
	add := func(arg string) {
		if line != "" && (len(line) > len(row.Verb) || !strings.HasSuffix(row.Verb, ":")) {
			line += " "
		}
		line += arg
	}
	for _, arg := range row.Args {
		if arg.Value.Kind == "literal" {
			add(drawCase(t, arg.Value.Words[0]))
			continue
		}
		field := fields.Field(n)
		n++
		if arg.Value.Kind == "params" {
			params := drawParams(t, tab, row.Name.Text)
			field.Set(reflect.ValueOf(params))
			for id, value := range params.All() {
				line += " " + drawCase(t, smtp.Table.Params[id].Name)
				if smtp.Table.Params[id].Value {
					line += "=" + string(value)
				}
			}
			continue
		}
		if !arg.Optional || rapid.Bool().Draw(t, "has "+arg.Name.Text) {
			add(draw(t, arg.Value, field, "", arg.Optional && arg.Value.Kind != "initial-response"))
		}
	}
	if n != fields.NumField() {
		t.Fatalf("%T has %d fields, the table %d arguments", c, fields.NumField(), n)
	}
	return line
}

// FuzzRoundtrip holds for any line: what the parser takes the encoder can
// write, and that means the same.
func FuzzRoundtrip(f *testing.F) {
	for _, line := range []string{
		"EHLO client.example", "LHLO [IPv6:::1]", "MAIL FROM:<>", "mail from:<@a.example,@b.example:c@d.example> SIZE=007 BODY=8bitmime AUTH=<> SMTPUTF8 ",
		"RCPT TO:<\"a b\\\"\"@[192.0.2.1]>", "RCPT TO:<pOsTmAsTeR>", "BDAT 0 last", "BDAT 9999999999999999999", "AUTH PLAIN =", "AUTH PLAIN AGE=", "", "*", "AGE=",
		"NOOP", "NOOP a  b", "VRFY é", "HELP", "QUIT\t ", "RSET", "DATA", "STARTTLS", "MAIL FROM:<é@b.example> SMTPUTF8", "MAIL FROM:<a@b> AUTH=a+2Bb@c.example",
		"VRFY é SMTPUTF8", "EXPN a smtputf8", "BURL imap://a/b last", "BURL imap:a=b", "ATRN a.example,b.example", "ATRN", "ETRN @a.example", "ETRN #q", "XCLIENT name=a+20b ADDR=IPV6:::1", "XFORWARD SOURCE=LOCAL",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		for _, c := range typed.Commands {
			first := again(c)
			if smtp.ParseCommand(smtp.Table, line, first) != nil {
				continue
			}
			written, err := smtp.AppendCommand(nil, smtp.Table, first)
			if err != nil {
				if tooLong := new(smtp.ArgumentError); len(line) > 3*smtp.MaxCommandLine/4 && errors.As(err, &tooLong) && tooLong.Argument == "line" {
					continue
				}
				t.Fatalf("%q was read as %+v, which can't be written: %v", line, first, err)
			}
			if bytes.ContainsAny(bytes.TrimSuffix(written, []byte("\r\n")), "\r\n\x00") {
				t.Fatalf("%q", written)
			}
			second := again(c)
			if err := smtp.ParseCommand(smtp.Table, written, second); err != nil {
				t.Fatalf("%q was written as %q, which can't be read: %v", line, written, err)
			}
			if diff := cmp.Diff(first, second, same); diff != "" {
				t.Fatalf("%q was written as %q (-first +second):\n%s", line, written, diff)
			}
		}
	})
}
