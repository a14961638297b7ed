package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/spec"
)

// typed has one value of each typed command; files named for an extension add
// those of the extension.
var typed = []smtp.Command{
	&smtp.Ehlo{}, &smtp.Helo{}, &smtp.Mail{}, &smtp.Rcpt{}, &smtp.Data{}, &smtp.Rset{}, &smtp.Noop{}, &smtp.Vrfy{},
	&smtp.Expn{}, &smtp.Help{}, &smtp.Quit{},
}

// composed has one of each typed command whose arguments are made of parts. What
// is written of them comes back in smtp/<extension>_test.go, any line that they
// read in FuzzRoundtrip.
var composed []smtp.Command

// again gives a new value of the type of c.
func again(c smtp.Command) smtp.Command {
	return reflect.New(reflect.TypeOf(c).Elem()).Interface().(smtp.Command)
}

func TestRoundtripHasEveryCommand(t *testing.T) {
	for op, c := range smtp.Table.Commands {
		has := slices.ContainsFunc(slices.Concat(typed, composed), func(c smtp.Command) bool { return c.Op() == smtp.Op(op) })
		if op > 0 && c.Line != has {
			t.Errorf("%s is a line: %v; it is among the commands tried: %v", c.Name, c.Line, has)
		}
	}
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
// any values of its arguments.
func TestRoundtrip(t *testing.T) {
	tab := load(t)
	for _, c := range typed {
		name := smtp.Table.Commands[c.Op()].Name
		i := slices.IndexFunc(tab.Commands, func(c *table.Command) bool { return c.Name.Text == name })
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			want := again(c)
			fields := reflect.ValueOf(want).Elem()
			n := 0
			for _, arg := range tab.Commands[i].Args {
				if arg.Value.Kind == "literal" {
					continue
				}
				if !arg.Optional || rapid.Bool().Draw(t, "has "+arg.Name.Text) {
					draw(t, tab, name, arg, fields.Field(n))
				}
				n++
			}
			if n != fields.NumField() {
				t.Fatalf("%T has %d fields, the table %d arguments", want, fields.NumField(), n)
			}
			line, err := smtp.AppendCommand([]byte("before"), smtp.Table, want)
			if err != nil {
				t.Fatalf("%+v: %v", want, err)
			}
			line = bytes.TrimPrefix(line, []byte("before"))
			got := again(c)
			if err := smtp.ParseCommand(smtp.Table, line, got); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			if diff := cmp.Diff(want, got, same); diff != "" {
				t.Fatalf("%q (-written +read):\n%s", line, diff)
			}
			lower := again(c) // RFC 5321 §2.4: verbs in any case
			verb := len(smtp.Table.Commands[c.Op()].Verb)
			if err := smtp.ParseCommand(smtp.Table, append(bytes.ToLower(line[:verb]), line[verb:]...), lower); err != nil {
				t.Fatalf("%q in lower case: %v", line, err)
			}
		}))
	}
}

// draw fills a field with any value that its argument may have.
func draw(t *rapid.T, tab *table.Table, command string, arg *table.Arg, field reflect.Value) {
	switch kind := arg.Value.Kind; kind {
	case "integer":
		most := uint64(1)
		for range min(arg.Value.Digits, 19) {
			most *= 10
		}
		field.SetUint(rapid.Uint64Range(0, most-1).Draw(t, "integer"))
	case "params":
		field.Set(reflect.ValueOf(drawParams(t, tab, command)))
	case "base64", "initial-response":
		field.SetBytes(rapid.SliceOf(rapid.Byte()).Draw(t, "octets"))
	case "word":
		field.SetString(rapid.StringMatching(`[!-<>-~]{1,20}`).Draw(t, "word"))
	case "text":
		field.SetString(rapid.StringMatching(`[!-~]([ -~]{0,30}[!-~])?`).Draw(t, "text"))
	case "domain":
		field.SetString(domain().Draw(t, "domain"))
	case "reverse-path":
		field.SetString(rapid.OneOf(rapid.Just(""), mailbox()).Draw(t, "reverse-path"))
	case "forward-path":
		field.SetString(rapid.OneOf(rapid.Just("Postmaster"), rapid.Just("postmaster"), mailbox()).Draw(t, "forward-path"))
	default:
		t.Fatalf("no generator for values of the kind %s", kind)
	}
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

func drawParams(t *rapid.T, tab *table.Table, command string) *smtp.Params {
	p := new(smtp.Params)
	for i, param := range tab.Params {
		if !slices.ContainsFunc(param.Of, func(of table.Name) bool { return of.Text == command }) || rapid.Bool().Draw(t, "without "+param.Name.Text) {
			continue
		}
		var value string
		switch param.Value.Kind {
		case "none":
		case "integer":
			if param.Value.Range != nil {
				continue // in smtp/<extension>_test.go
			}
			value = rapid.StringMatching(fmt.Sprintf(`[0-9]{1,%d}`, min(param.Value.Digits, 19))).Draw(t, "integer")
		case "choice":
			value = rapid.SampledFrom(param.Value.Choices).Draw(t, "word").Word.Text
		case "auth-mailbox":
			address, err := smtp.AppendAuthMailbox(nil, rapid.OneOf(rapid.Just(""), mailbox()).Draw(t, "mailbox"))
			if err != nil {
				t.Fatal(err)
			}
			value = string(address)
		default:
			continue // made of parts: in smtp/<extension>_test.go
		}
		p.Put(smtp.Param(i+1), []byte(value))
	}
	return p
}

// FuzzRoundtrip holds for any line: what the parser takes the encoder can
// write, and that means the same.
func FuzzRoundtrip(f *testing.F) {
	for _, line := range []string{
		"EHLO client.example", "LHLO [IPv6:::1]", "MAIL FROM:<>", "mail from:<@a.example,@b.example:c@d.example> SIZE=007 BODY=8bitmime AUTH=<> SMTPUTF8 ",
		"RCPT TO:<\"a b\\\"\"@[192.0.2.1]>", "RCPT TO:<pOsTmAsTeR>", "BDAT 0 last", "BDAT 9999999999999999999", "AUTH PLAIN =", "AUTH PLAIN AGE=", "", "*", "AGE=",
		"NOOP", "NOOP a  b", "VRFY é", "HELP", "QUIT\t ", "RSET", "DATA", "STARTTLS", "MAIL FROM:<é@b.example> SMTPUTF8", "MAIL FROM:<a@b> AUTH=a+2Bb@c.example",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		for _, c := range slices.Concat(typed, composed) {
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
