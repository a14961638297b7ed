package smtp_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// rawKey is a key for a parameter by its number: the value is in the form of the
// wire.
func rawKey(id smtp.Param) smtp.ParamKey[string] {
	return smtp.ParamKey[string]{Param: id, Append: func(dst []byte, v string) ([]byte, error) { return append(dst, v...), nil }}
}

// conditional is a parameter, with one word of its choice if it has some, and an
// extension that has to be offered for it.
type conditional struct {
	of      smtp.Op
	id      smtp.Param
	value   string
	keyword smtp.Keyword
}

// conditionals are all of MAIL and RCPT that the table has.
func conditionals() (list []conditional) {
	for id := 1; id < len(smtp.Table.Params); id++ {
		info := &smtp.Table.Params[id]
		for _, of := range info.Of {
			if r := smtp.Table.Commands[of].Role; r != smtp.RoleSender && r != smtp.RoleRecipient {
				continue
			}
			if len(info.Values) == 0 {
				list = append(list, conditional{of, smtp.Param(id), sampleValue(info), info.Keyword})
			}
			for _, word := range info.Values { // of another extension perhaps
				list = append(list, conditional{of, smtp.Param(id), word.Word, cmp.Or(word.Keyword, info.Keyword)})
			}
		}
	}
	return list
}

// TestParametersGoOutWhereOffered: whatever parameter of MAIL or RCPT the table
// has, without its extension it is an error that names it and nothing is written,
// or it is left out if the caller said so. With the extension it goes out.
func TestParametersGoOutWhereOffered(t *testing.T) {
	cases := conditionals()
	names := map[string]bool{}
	for _, c := range cases {
		info, keyword := &smtp.Table.Params[c.id], smtp.Table.Keywords[c.keyword].Name
		names[info.Name] = true
		t.Run(smtp.Table.Commands[c.of].Name+"/"+info.Name+"="+c.value+" without "+keyword, func(t *testing.T) {
			// try encodes the command behind what has to stand before it, and gives what was written.
			try := func(set func(*smtp.Params, smtp.ParamKey[string], string), without ...string) (string, error) {
				p := newPeer(t, smtp.Config{Secure: true}, without...)
				var params smtp.Params
				set(&params, rawKey(c.id), c.value)
				for _, id := range info.Beside {
					smtp.Set(&params, rawKey(id), sampleValue(&smtp.Table.Params[id]))
				}
				if smtp.Table.Commands[c.of].Role == smtp.RoleSender {
					_, err := p.s.Mail("a@example.test", &params)
					return p.flush(), err
				}
				p.must(p.s.Mail("a@example.test", nil))
				p.flush()
				p.reply("250 ok")
				_, err := p.s.Rcpt("b@example.test", &params)
				return p.flush(), err
			}
			var missing *smtp.MissingError
			if out, err := try(smtp.Set[string], keyword); !errors.As(err, &missing) || missing.Name != keyword || out != "" {
				t.Errorf("wrote %q: %v", out, err)
			}
			if slices.ContainsFunc(info.Beside, func(id smtp.Param) bool { return smtp.Table.Params[id].Keyword == c.keyword }) {
				t.Fatal("what has to stand beside it goes with it: say so here")
			}
			out, err := try(smtp.SetIfOffered[string], keyword)
			if err != nil || out == "" || strings.Contains(out, " "+info.Name) {
				t.Errorf("if offered, without it: wrote %q, %v", out, err)
			}
			for _, set := range []func(*smtp.Params, smtp.ParamKey[string], string){smtp.Set[string], smtp.SetIfOffered[string]} {
				out, err = try(set)
				var bad *smtp.ArgumentError
				if info.Needs != 0 && errors.As(err, &bad) { // it has its own condition
					continue
				}
				if err != nil || !strings.Contains(out, " "+info.Name) {
					t.Errorf("with it: wrote %q, %v", out, err)
				}
			}
		})
	}
	for i := 1; i < len(smtp.Table.Params); i++ {
		if info := &smtp.Table.Params[i]; !names[info.Name] {
			t.Errorf("%s goes with no extension, or with a command that is not tried", info.Name)
		}
	}
	t.Logf("%d parameters and words", len(cases))
}

// A parameter that is left out is no reason for what has to stand beside it, nor
// against what may not.
func TestParametersLeftOutStandBesideNothing(t *testing.T) {
	for id := 1; id < len(smtp.Table.Params); id++ {
		info := &smtp.Table.Params[id]
		for _, apart := range info.Apart {
			other := &smtp.Table.Params[apart]
			if info.Keyword == other.Keyword {
				continue // both are offered, or none
			}
			p := newPeer(t, smtp.Config{Secure: true}, smtp.Table.Keywords[other.Keyword].Name)
			var params smtp.Params
			smtp.SetIfOffered(&params, rawKey(apart), sampleValue(other))
			smtp.Set(&params, rawKey(smtp.Param(id)), sampleValue(info))
			if _, err := p.s.Mail("a@example.test", &params); err != nil {
				t.Errorf("%s beside %s, which is left out: %v", info.Name, other.Name, err)
			}
		}
	}
}

// Select gives what goes out.
func TestSelect(t *testing.T) {
	for _, c := range conditionals() {
		keyword := smtp.Table.Keywords[c.keyword].Name
		for _, without := range [][]string{nil, {keyword}} {
			p := newPeer(t, smtp.Config{}, without...)
			var src, dst smtp.Params
			smtp.SetIfOffered(&src, rawKey(c.id), c.value)
			p.s.Select(&dst, &src)
			if dst.Has(c.id) != (without == nil) {
				t.Errorf("%s without %v", smtp.Table.Params[c.id].Name, without)
			}
			for id, value := range dst.All() {
				if id != c.id || string(value) != c.value {
					t.Errorf("%s became %s=%s", smtp.Table.Params[c.id].Name, smtp.Table.Params[id].Name, value)
				}
			}
		}
	}
}
