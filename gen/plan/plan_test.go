package plan

import (
	"fmt"
	"strings"
	"testing"

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

func TestVersionIsTheEngines(t *testing.T) {
	if Version != smtp.TableVersion {
		t.Errorf("the generator writes form %d, package smtp reads form %d", Version, smtp.TableVersion)
	}
}
