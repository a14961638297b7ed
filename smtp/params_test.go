package smtp

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// Params behave like an ordered map.
func TestParamsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := new(Params)
		var order []Param
		model := map[Param]string{}
		keep := func(id Param, v string) {
			if _, ok := model[id]; !ok {
				order = append(order, id)
			}
			model[id] = v
		}
		word := rapid.StringMatching(`[a-z0-9]{1,8}`)
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				v := word.Draw(t, "v")
				Set(p, handHold, v)
				keep(handParamHold, v)
			},
			"put": func(t *rapid.T) {
				id, v := Param(rapid.IntRange(1, 9).Draw(t, "id")), word.Draw(t, "v")
				p.Put(id, []byte(v))
				keep(id, v)
			},
			"flag": func(t *rapid.T) { Set(p, handUTF8, true); keep(handParamUTF8, "") },
			"unflag": func(t *rapid.T) {
				Set(p, handUTF8, false)
				delete(model, handParamUTF8)
				for i, id := range order {
					if id == handParamUTF8 {
						order = append(order[:i], order[i+1:]...)
						break
					}
				}
			},
			"reset": func(t *rapid.T) { p.Reset(); clear(model); order = nil },
			"": func(t *rapid.T) {
				var ids []Param
				got := map[Param]string{}
				for id, v := range p.All() {
					ids, got[id] = append(ids, id), string(v)
				}
				if d := cmp.Diff(order, ids, cmpopts.EquateEmpty()) + cmp.Diff(model, got); d != "" || p.Len() != len(order) {
					t.Fatalf("length %d: %s", p.Len(), d)
				}
				v, ok := Get(p, handHold)
				if want, has := model[handParamHold]; v != want || ok != has {
					t.Fatalf("Get = %q, %v, want %q, %v", v, ok, want, has)
				}
				_, has := model[handParamUTF8]
				if on, ok := Get(p, handUTF8); on != has || ok != has {
					t.Fatalf("Get of the flag = %v, %v, want %v", on, ok, has)
				}
			},
		})
	})
}

func TestParamsErrorStays(t *testing.T) {
	p := new(Params)
	Set(p, handHold, "a b")
	if v, ok := Get(p, handHold); ok {
		t.Errorf("Get = %q of a value that was refused", v)
	}
	var argument *ArgumentError
	if _, err := AppendCommand(nil, handTable, &handMail{Params: p}); !errors.As(err, &argument) || argument.Argument != "HOLD" {
		t.Errorf("got %v, want an *ArgumentError of HOLD", err)
	}
	Set(p, handHold, "ab")
	if got, err := AppendCommand(nil, handTable, &handMail{Params: p}); string(got) != "MAIL FROM:<> HOLD=ab\r\n" {
		t.Errorf("got %q, %v, want the second value", got, err)
	}
	Set(p, ParamKey[int]{Param: handParamNotify, Append: func([]byte, int) ([]byte, error) { return nil, nil }}, 1)
	if _, err := AppendCommand(nil, handTable, &handMail{Params: p}); !errors.As(err, &argument) || argument.Argument != "NOTIFY" {
		t.Errorf("got %v, want an *ArgumentError of NOTIFY", err)
	}
}

func TestParamsNil(t *testing.T) {
	var p *Params
	for range p.All() {
		t.Error("nil has parameters")
	}
	if _, ok := Get(p, handSize); ok || p.Len() != 0 {
		t.Error("nil has parameters")
	}
}

func TestParamsPutCopies(t *testing.T) {
	p, v := new(Params), []byte("abc")
	p.Put(handParamHold, v)
	v[0] = 'x'
	if got, _ := Get(p, handHold); got != "abc" {
		t.Errorf("Get = %q, want abc", got)
	}
}

func TestLookupByRole(t *testing.T) {
	if id, ok := handTable.Param(RoleSize); id != handParamSize || !ok {
		t.Errorf("Param(RoleSize) = %d, %v", id, ok)
	}
	if id, word, ok := handTable.ParamValue(Role8Bit); id != handParamBody || word != "8BITMIME" || !ok {
		t.Errorf("ParamValue(Role8Bit) = %d, %q, %v", id, word, ok)
	}
	if _, ok := handTable.Param(RoleQuit); ok {
		t.Error("Param(RoleQuit) found one")
	}
	if _, _, ok := handTable.ParamValue(RoleQuit); ok {
		t.Error("ParamValue(RoleQuit) found one")
	}
	table := Compile(Protocol{
		Version:  TableVersion,
		Commands: []CommandInfo{{}, {Name: "BDAT", Verb: "BDAT", Role: RoleChunk, Keyword: 1}, {Name: "QUIT", Verb: "QUIT", Role: RoleQuit}},
		Keywords: []KeywordInfo{{}, {Name: "CHUNKING"}, {Name: "SIZE", Role: RoleSize}},
	})
	if k, ok := table.Keyword(RoleSize); k != 2 || !ok {
		t.Errorf("Keyword(RoleSize) = %d, %v, want the keyword with the role", k, ok)
	}
	if k, ok := table.Keyword(RoleChunk); k != 1 || !ok {
		t.Errorf("Keyword(RoleChunk) = %d, %v, want the keyword that the command needs", k, ok)
	}
	if _, ok := table.Keyword(RoleQuit); ok {
		t.Error("Keyword(RoleQuit) found one")
	}
}
