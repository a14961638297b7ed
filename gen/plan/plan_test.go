package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/spec"
)

const acme = `
extension: ACME
cite: "the manual of ACME"
about: "parcels"
keyword: {args: [{depots: {list: word}}]}
facts:
  sealed: {scope: transaction, cite: "ACME 2", about: "the parcel is sealed"}
states:
  parcel: {cite: "ACME 3", about: "a parcel is open"}
into:
  session: [parcel]
commands:
  XPARCEL:
    cite: "ACME 3"
    verb: XPARCEL
    args: [{name: word}]
    in: [idle]
    group: anywhere
    timeout: 30s
    replies:
      - {code: 2yz, to: parcel, set: [sealed], cite: "ACME 3"}
    late:
      - {code: 2yz, to: unsettled, cite: "ACME 3"}
params:
  XWEIGHT: {cite: "ACME 4", of: [MAIL, XPARCEL], value: {integer: {digits: 6}}}
values:
  BODY: {XPAPER: {type: Paper}}
`

func mustPlan(t *testing.T, whole bool, files ...string) *Plan {
	t.Helper()
	var list []table.File
	for i, data := range files {
		list = append(list, table.File{Name: fmt.Sprintf("user%d.yaml", i), Data: []byte(data)})
	}
	tbl, problems := table.Load(spec.FS, list...)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	p, err := New(tbl, whole)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func commandOf(t *testing.T, p *Plan, name string) *Command {
	t.Helper()
	for _, c := range p.Commands {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("the plan has no command %s", name)
	return nil
}

func (p *Plan) stateNames(m Mask) string {
	var out []string
	for _, s := range p.States {
		if m.Has(s.Num) {
			out = append(out, s.Name)
		}
	}
	return strings.Join(out, " ")
}

func (p *Plan) factNames(m Mask) string {
	var out []string
	for _, f := range p.Facts {
		if m.Has(f.Num) {
			out = append(out, f.Name)
		}
	}
	return strings.Join(out, " ")
}

// rowLine writes a row shortly, for comparison.
func (p *Plan) rowLine(r *Row) string {
	parts := []string{fmt.Sprintf("%d-%d", r.Min, r.Max)}
	add := func(set bool, format string, args ...any) {
		if set {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(r.From != 0, "from(%s)", p.stateNames(r.From))
	add(r.If != 0, "if(%s)", p.factNames(r.If))
	switch {
	case r.Violation:
		parts = append(parts, "violation")
	case r.To.Home:
		parts = append(parts, "home")
	case r.To.State == nil:
		parts = append(parts, "same")
	default:
		parts = append(parts, r.To.State.Name)
	}
	add(r.Set != 0, "set(%s)", p.factNames(r.Set))
	add(len(r.Do) > 0, "do(%s)", strings.Join(r.Do, " "))
	add(r.Unlisted, "unlisted")
	return strings.Join(parts, " ")
}

func (p *Plan) rowLines(rows []*Row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, p.rowLine(r))
	}
	return out
}

// A 421 to RSET does what each 4yz to RSET does, under that row's conditions:
// a server that goes on after a 421 has reset nothing.
func TestLikeKeepsConditions(t *testing.T) {
	p := mustPlan(t, true)
	want := []string{
		"250-250 home do(close-transaction)",
		"421-421 from(greeting_received ready) same set(closing)",
		"421-421 unsettled set(closing)",
		"400-499 from(greeting_received ready) same",
		"500-599 from(greeting_received ready) same",
		"200-299 home do(close-transaction) unlisted",
		"400-499 unsettled",
		"500-599 unsettled",
		"100-199 violation",
		"300-399 violation",
	}
	if diff := cmp.Diff(want, p.rowLines(commandOf(t, p, "RSET").Replies)); diff != "" {
		t.Errorf("RSET (-want +got):\n%s", diff)
	}
}

func TestLateRows(t *testing.T) {
	p := mustPlan(t, true)
	want := []string{
		"421-421 same set(closing)",
		"300-399 if(lmtp) violation",
		"300-399 from(ready mailtx) void_data do(send-void)",
		"100-199 violation",
		"200-299 violation",
		"300-399 violation",
		"400-499 same",
		"500-599 same",
	}
	if diff := cmp.Diff(want, p.rowLines(commandOf(t, p, "DATA").Late)); diff != "" {
		t.Errorf("late DATA (-want +got):\n%s", diff)
	}
	noop := commandOf(t, p, "NOOP")
	if diff := cmp.Diff(p.rowLines(noop.Replies), p.rowLines(noop.Late)); diff != "" || !noop.NeverLate {
		t.Errorf("a NOOP changes nothing, so a late reply means the same:\n%s", diff)
	}
	if commandOf(t, p, "MAIL").NeverLate {
		t.Error("MAIL moves the state, so a reply to it can be late")
	}
}

func TestWhereCommandsAreLegal(t *testing.T) {
	p := mustPlan(t, true)
	for _, c := range []struct{ command, in, forbids string }{
		{"NOOP", "greeting_received ready mailtx recipient_sent bdat_under_way", "closing"},
		{"QUIT", "greeting_received ready mailtx recipient_sent unsettled bdat_under_way", ""},
		{"AUTH", "ready", "closing auth"},
		{"AUTH-LINE", "authenticating", ""}, // it answers a 334 and begins nothing new
		{"CONTENT", "send_data", ""},
		{"GREETING", "greeting_expected", ""},
		{"EHLO", "greeting_received ready mailtx recipient_sent bdat_under_way", "closing lmtp"},
	} {
		got := commandOf(t, p, c.command)
		if in := p.stateNames(got.In); in != c.in {
			t.Errorf("%s is legal in %s, want %s", c.command, in, c.in)
		}
		if forbids := p.factNames(got.Forbids); forbids != c.forbids {
			t.Errorf("%s is forbidden by %q, want %q", c.command, forbids, c.forbids)
		}
	}
}

func TestCommandDetails(t *testing.T) {
	p := mustPlan(t, true)
	last := commandOf(t, p, "BDAT-LAST")
	if last.Tail != "LAST" || last.Verb != "BDAT" || !last.Line || last.Assume.State == nil || last.Assume.State.Name != "unsettled" || last.Keyword.Name != "CHUNKING" {
		t.Errorf("BDAT-LAST: %+v", last)
	}
	if !last.Counted || p.factNames(last.Count) != "lmtp" || !last.Alone {
		t.Errorf("BDAT-LAST has a reply for each recipient in LMTP, alone: %+v", last)
	}
	if c := commandOf(t, p, "CONTENT"); c.Line || c.Timeout != 10*time.Minute || c.Block != 3*time.Minute {
		t.Errorf("CONTENT: %+v", c)
	}
	if !commandOf(t, p, "AUTH-LINE").Secret || commandOf(t, p, "MAIL").Secret {
		t.Error("AUTH-LINE is secret, MAIL is not")
	}
}

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

func TestVersionIsTheEngines(t *testing.T) {
	if Version != smtp.TableVersion {
		t.Errorf("the generator writes form %d, package smtp reads form %d", Version, smtp.TableVersion)
	}
}
