package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/spec"
)

// What stands in the library's table keeps its number, so that code written
// against package smtp works with any table.
func TestUserFilesKeepNumbers(t *testing.T) {
	base, with := mustPlan(t, true), mustPlan(t, false, acme)
	numbers := func(p *Plan, own bool) map[string]int {
		out := map[string]int{}
		add := func(what string, d Def) {
			if d.Own == own {
				out[what+d.Go] = d.Num
			}
		}
		for _, s := range p.States {
			add("State", s.Def)
		}
		for _, f := range p.Facts {
			add("Fact", f.Def)
		}
		for _, c := range p.Commands {
			add("Op", c.Def)
		}
		for _, k := range p.Keywords {
			add("Keyword", k.Def)
		}
		for _, q := range p.Params {
			add("Param", q.Def)
		}
		return out
	}
	if diff := cmp.Diff(numbers(base, true), numbers(with, false)); diff != "" {
		t.Errorf("a user's file moved the library's numbers (-base +with):\n%s", diff)
	}
	want := map[string]int{
		"StateParcel": len(base.States), "FactSealed": len(base.Facts), "OpXparcel": len(base.Commands) + 1,
		"KeywordAcme": len(base.Keywords) + 1, "ParamXweight": len(base.Params) + 1,
	}
	if diff := cmp.Diff(want, numbers(with, true)); diff != "" {
		t.Errorf("the user's own (-want +got):\n%s", diff)
	}
	if in := with.stateNames(commandOf(t, with, "RSET").In); !strings.HasSuffix(in, " parcel") {
		t.Errorf("RSET is legal in %s; parcel joined the set session", in)
	}
	for _, q := range with.Params {
		if q.Name != "BODY" {
			continue
		}
		c := q.Choices[len(q.Choices)-1]
		if c.Word != "XPAPER" || c.Go != "BodyPaper" || !c.Own || c.Keyword.Name != "ACME" {
			t.Errorf("the word that ACME adds to BODY: %+v", c)
		}
	}
}

// The loader can't see that two definitions come into one package where the
// whole table goes into it.
func TestNamesClashInOnePackage(t *testing.T) {
	tbl, problems := table.Load(spec.FS, table.File{Name: "user.yaml", Data: []byte(strings.Replace(acme, "verb: XPARCEL", "verb: XPARCEL\n    type: Mail", 1))})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := New(tbl, false); err != nil {
		t.Errorf("two packages may have a type Mail each: %v", err)
	}
	_, err := New(tbl, true)
	if err == nil || !strings.Contains(err.Error(), "user.yaml:") || !strings.Contains(err.Error(), "Mail") {
		t.Errorf("one package can't have two types Mail: %v", err)
	}
}
