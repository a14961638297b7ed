package table_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/gen/table"
)

var write = flag.Bool("write", false, "write the .want files of testdata anew; read what changed")

// Each file of testdata/bad has one or few things wrong with it: NAME.yaml
// extends the small table of testdata/base, together with NAME.2.yaml if that
// is there; NAME.replace changes words of the small table itself. NAME.want
// lists all problems that this makes.
func TestBad(t *testing.T) {
	for _, file := range glob(t, "testdata/bad/*.yaml", "testdata/bad/*.replace") {
		if strings.HasSuffix(file, ".2.yaml") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			tab, problems := loadCase(t, file)
			if tab != nil {
				t.Error("a table came back beside the problems")
			}
			if len(problems) == 0 {
				t.Error("nothing was found wrong")
			}
			want(t, file, problems.String()+"\n")
		})
	}
}

// Each file of testdata/good loads, and NAME.want is what was read.
func TestGood(t *testing.T) {
	for _, file := range glob(t, "testdata/good/*.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			tab, problems := loadCase(t, file)
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			want(t, file, describe(tab))
		})
	}
}

func glob(t testing.TB, patterns ...string) []string {
	t.Helper()
	var files []string
	for _, p := range patterns {
		list, err := filepath.Glob(p)
		if err != nil || len(list) == 0 {
			t.Fatalf("no file matches %s: %v", p, err)
		}
		files = append(files, list...)
	}
	return files
}

func loadCase(t testing.TB, file string) (*table.Table, table.Problems) {
	t.Helper()
	base := string(read(t, "testdata/base/states.yaml"))
	var files []table.File
	if strings.HasSuffix(file, ".replace") {
		old, text, ok := strings.Cut(string(read(t, file)), "\n=>\n")
		if !ok || strings.Count(base, strings.TrimSuffix(old, "\n")) != 1 {
			t.Fatalf("%s: the words before => have to stand in the small table once", file)
		}
		base = strings.Replace(base, strings.TrimSuffix(old, "\n"), strings.TrimSuffix(text, "\n"), 1)
	} else {
		files = append(files, table.File{Name: filepath.Base(file), Data: read(t, file)})
		second := strings.TrimSuffix(file, ".yaml") + ".2.yaml"
		if _, err := os.Stat(second); err == nil {
			files = append(files, table.File{Name: filepath.Base(second), Data: read(t, second)})
		}
	}
	return table.Load(fstest.MapFS{"states.yaml": {Data: []byte(base)}}, files...)
}

func smallBase(t testing.TB) fs.FS {
	t.Helper()
	return fstest.MapFS{"states.yaml": {Data: read(t, "testdata/base/states.yaml")}}
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// want compares with the .want file of a case.
func want(t *testing.T, file, got string) {
	t.Helper()
	name := strings.TrimSuffix(file, filepath.Ext(file)) + ".want"
	if *write {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(lines(string(read(t, name))), lines(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// describe prints what a user's file brought, in the words of the model.
func describe(tab *table.Table) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, e := range tab.Extensions {
		line("extension %s (%s) about=%q requires=%v forbids=%v", e.Name.Text, e.Cite.RFC, e.About, texts(e.Requires), texts(e.Forbids))
		if k := e.Keyword; k != nil {
			if k.Asked {
				line("offered where asked:")
			}
			line("keyword %s type=%s role=%s (%s)%s", k.Name.Text, k.Type, k.Role.Text, k.Cite.RFC, args(k.Args))
		}
	}
	for _, f := range tab.Facts {
		if f.Ext != nil {
			line("fact %s role=%s scope=%s fixed=%t refuse=%d only=%v about=%q (%s)", f.Name.Text, f.Role.Text, f.Scope, f.Fixed, f.Refuse, texts(f.Only), f.About, f.Cite.RFC)
		}
	}
	for _, s := range tab.States {
		if s.Ext != nil {
			line("state %s awaits=%s home=%t to=%s set=%v about=%q (%s)", s.Name.Text, s.Awaits, s.Home, s.To.Text, texts(s.Set), s.About, s.Cite.RFC)
		}
	}
	for _, s := range tab.Sets {
		line("set %s %v", s.Name.Text, texts(s.States))
	}
	for _, c := range tab.Commands {
		if c.Ext == nil && len(c.Extends) == 0 {
			continue
		}
		line("command %s verb=%q type=%s payload=%s role=%s in=%v unless-in=%v needs=%v forbids=%v group=%s assume=%s timeout=%s block=%s count=%t %v alone=%t (%s)%s",
			c.Name.Text, c.Verb, c.Type, c.Payload, c.Role.Text, texts(c.In), texts(c.UnlessIn), texts(c.Needs), texts(c.Forbids), c.Group,
			c.Assume.Text, c.Timeout, c.Block, c.Count, texts(c.CountIf), c.Alone, c.Cite.RFC, args(c.Args))
		for _, x := range c.Extends {
			line("  extended by %s (%s)", x.Ext.Name.Text, x.Cite.RFC)
		}
		rows(line, "reply", c.Replies)
		rows(line, "late", c.Late)
	}
	for _, p := range tab.Params {
		line("parameter %s type=%s role=%s of=%v set=%v needs=%v (%s) %s", p.Name.Text, p.Type, p.Role.Text, texts(p.Of), texts(p.Set), texts(p.Needs), p.Cite.RFC, value(p.Value))
		if len(p.Beside)+len(p.Apart)+p.Most > 0 {
			line("  beside=%v apart=%v most=%d", texts(p.Beside), texts(p.Apart), p.Most)
		}
	}
	return b.String()
}

func rows(line func(string, ...any), list string, rows []*table.Row) {
	for _, r := range rows {
		by := "base"
		if r.Ext != nil {
			by = r.Ext.Name.Text
		}
		line("  %s %v from=%v if=%v like=%s to=%s set=%v clear=%v do=%v violation=%t unlisted=%t (%s) of %s", list, texts(r.Codes), texts(r.From), texts(r.If),
			r.Like.Text, r.To.Text, texts(r.Set), texts(r.Clear), texts(r.Do), r.Violation, r.Unlisted, r.Cite.RFC, by)
	}
}

func args(list []*table.Arg) string {
	var b strings.Builder
	for _, a := range list {
		fmt.Fprintf(&b, " [%s: %s optional=%t secret=%t]", a.Name.Text, value(a.Value), a.Optional, a.Secret)
	}
	return b.String()
}

func value(v table.Value) string {
	s := v.Kind
	if v.Digits > 0 {
		s += fmt.Sprintf(" of %d digits", v.Digits)
	}
	if v.Range != nil {
		s += fmt.Sprintf(" from %d to %d plus=%t", v.Range.Min, v.Range.Max, v.Plus)
	}
	if v.NoZeros {
		s += " without leading zeros"
	}
	if v.Of != nil {
		s += fmt.Sprintf(" parted by %q of %s", v.Separator, value(*v.Of))
	}
	for _, c := range v.Choices {
		s += fmt.Sprintf(" %s/%s/%s", c.Word.Text, c.Type, c.Role.Text)
		if c.Alone || len(c.Set) > 0 {
			s += fmt.Sprintf(" alone=%t set=%v", c.Alone, texts(c.Set))
		}
	}
	for _, e := range slices.Concat(v.Elems, v.When) {
		s += fmt.Sprintf(" (%q %s optional=%t: %s)", e.After, e.Name.Text, e.Optional, value(e.Value))
	}
	if v.Else != nil {
		s += fmt.Sprintf(" by %s, else %s", v.On.Text, value(*v.Else))
	}
	return strings.TrimSpace(s + " " + strings.Join(v.Words, " "))
}

func texts(names []table.Name) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = n.Text
	}
	return list
}
