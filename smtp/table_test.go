package smtp_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// at is where a session stands, by a reading of the table of its own: rows are
// looked for one by one, where the session uses what Compile worked out.
type at struct {
	s          *smtp.Session
	ops        []smtp.Op // unanswered
	home       smtp.State
	recipients int
	left       int // replies still to come for the oldest command
	worst      int
}

const (
	window     = 2 // commands outstanding while exploring
	recipients = 2
)

// explore visits every place that a session of cfg comes to, whatever it is told
// to do and whatever the server replies, up to the bounds above.
func explore(t *testing.T, cfg smtp.Config, visit func(at)) {
	t.Helper()
	start := at{s: smtp.NewSession(cfg), ops: []smtp.Op{op("GREETING")}}
	seen := map[string]bool{}
	for todo := []at{start}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		k := key(n.s) + string(rune(n.recipients))
		if seen[k] {
			continue
		}
		seen[k] = true
		visit(n)
		todo = append(todo, n.commands(t)...)
		for _, code := range n.codes() {
			if next, ok := n.reply(t, code); ok {
				todo = append(todo, next)
			}
		}
	}
	t.Logf("%d places", len(seen))
}

// commands gives the places behind each command that can be queued.
func (n at) commands(t *testing.T) []at {
	var next []at
	if smtp.Table.States[n.s.State()].Awaits == smtp.AwaitTLS {
		c := n.s.Clone()
		if err := c.HandleTLS(); err != nil {
			t.Fatal(err)
		}
		m := n
		m.s, m.home = c, c.State()
		return []at{m}
	}
	if len(n.ops) == window {
		return nil
	}
	rcpts := n.recipients
	for _, o := range n.ops {
		if smtp.Table.Commands[o].Role == smtp.RoleRecipient {
			rcpts++
		}
	}
	for o := 1; o < len(smtp.Table.Commands); o++ {
		if n.s.Allows(smtp.Op(o)) != nil || rcpts == recipients && smtp.Table.Commands[o].Role == smtp.RoleRecipient {
			continue
		}
		c := n.s.Clone()
		if queue(c, smtp.Op(o)) != nil {
			continue
		}
		c.Take(nil)
		m := n
		m.s, m.ops = c, append(slices.Clone(n.ops), smtp.Op(o))
		next = append(next, m)
	}
	return next
}

// rows are the rows that speak about the reply awaited next.
func (n at) rows() (c *smtp.CommandInfo, rows []smtp.Row, late bool) {
	c = &smtp.Table.Commands[n.ops[0]]
	if !c.In.Has(n.s.State()) {
		return c, c.Late, true
	}
	return c, c.Replies, false
}

// codes are reply codes that lead everywhere that a reply can lead to.
func (n at) codes() []int {
	if len(n.ops) == 0 {
		return nil
	}
	_, rows, _ := n.rows()
	var codes []int
	seen := map[string]bool{}
	for _, r := range rows {
		leads := fmt.Sprint(r.Min/100, r.To, r.From, r.If, r.Set, r.Clear, r.Do)
		if !r.Violation && !seen[leads] {
			seen[leads] = true
			codes = append(codes, int(r.Min))
		}
	}
	return codes
}

// reply feeds a reply, compares what the session makes of it with what the table
// says, and gives the place behind it, unless the session is over.
func (n at) reply(t *testing.T, code int) (at, bool) {
	t.Helper()
	c, rows, late := n.rows()
	more, means := false, code
	counted := c.Counted && n.s.Facts()&c.Count == c.Count
	state, facts := n.s.State(), n.s.Facts()
	find := func(code int) int {
		return slices.IndexFunc(rows, func(r smtp.Row) bool {
			return int(r.Min) <= code && code <= int(r.Max) && (r.From == 0 || r.From.Has(state)) && facts&r.If == r.If
		})
	}
	if i := find(code); counted && i >= 0 && !rows[i].Violation {
		if n.left == 0 {
			n.left, n.worst = max(1, n.recipients), 0
		}
		if code/100 > n.worst/100 {
			n.worst = code
		}
		n.left--
		more, means = n.left > 0, n.worst
	}
	i := find(means)
	if i < 0 {
		t.Fatalf("no row for %s %d in state %s", c.Name, code, stateName(state))
	}
	row := &rows[i]
	to := state
	switch row.To {
	case smtp.TargetSame:
	case smtp.TargetHome:
		to = n.home
	default:
		to = smtp.State(row.To)
	}
	awaits := smtp.Table.States[to].Awaits
	untitled := row.Do&smtp.EffectTakeUp != 0 // no command here names a transaction
	violation := row.Violation || untitled || !more && len(n.ops) > 1 && awaits != smtp.AwaitCommand && awaits != smtp.AwaitNothing

	next := n
	next.s = n.s.Clone()
	next.s.HandleInput([]byte(input(code, row)))
	events := drain(next.s)
	if violation {
		if len(events) != 1 || events[0].Kind != smtp.Ended || events[0].Err != next.s.Err() {
			t.Errorf("%d in answer to %s in state %s gave %v, want it to end the session", code, c.Name, stateName(state), describe(events))
			return next, false
		}
		broke(t, next.s, "the table forbids the reply")
		sticky(t, next.s)
		return next, false
	}
	kind := smtp.Replied
	if !more && awaits == smtp.AwaitLine {
		kind = smtp.Challenge
	}
	if len(events) != 1 || events[0].Kind != kind || events[0].Op != n.ops[0] || events[0].Role != c.Role ||
		events[0].Late != late || events[0].More != more || events[0].Reply.Code != code {
		t.Errorf("%d in answer to %s in state %s gave %v; want one event, late: %v, more: %v", code, c.Name, stateName(state), describe(events), late, more)
		return next, false
	}
	if more {
		if next.s.State() != state || next.s.Awaiting() != len(n.ops) {
			t.Errorf("%d to %s moved the session though more replies are to come", code, c.Name)
		}
		return next, true
	}
	for f, info := range smtp.Table.Facts {
		gone := row.Do&(smtp.EffectCloseTransaction|smtp.EffectForgetSession) != 0 && info.Scope == smtp.ScopeTransaction ||
			row.Do&smtp.EffectForgetSession != 0 && info.Scope == smtp.ScopeSession
		if gone {
			facts &^= 1 << f
		}
	}
	facts = facts&^row.Clear | row.Set
	if next.s.State() != to || next.s.Facts() != facts {
		t.Errorf("%d to %s leads from %s to %s, facts %b; the table's row (%s) says %s, facts %b",
			code, c.Name, stateName(state), stateName(next.s.State()), next.s.Facts(), row.RFC, stateName(to), facts)
	}
	switch {
	case row.Do&(smtp.EffectOpenTransaction|smtp.EffectCloseTransaction) != 0:
		next.recipients = 0
	case row.Do&smtp.EffectCountRecipient != 0:
		next.recipients++
	}
	if row.To != smtp.TargetSame && smtp.Table.States[to].Home {
		next.home = to
	}
	next.ops = slices.Clone(n.ops[1:])
	if row.Do&smtp.EffectSendVoid != 0 {
		if got := string(next.s.Pending()); got != ".\r\n" {
			t.Errorf("a late 354 had %q written, want the empty end of data (RFC 2920 §3.1)", got)
		}
		next.ops = append(next.ops, op("VOID"))
		next.s.Take(nil)
	}
	if next.s.Awaiting() != len(next.ops) {
		t.Errorf("behind %d to %s %d commands are unanswered, want %d", code, c.Name, next.s.Awaiting(), len(next.ops))
	}
	return next, true
}

// input is a reply as a server sends it: to EHLO all that the table knows is
// offered.
func input(code int, row *smtp.Row) string {
	if row.Do&smtp.EffectLearnExtensions != 0 {
		return strings.ReplaceAll(ehloReply(), "250", strconv.Itoa(code))
	}
	return strconv.Itoa(code) + " text\r\n"
}

// sticky checks that a session that ended in an error gives and takes nothing.
func sticky(t *testing.T, s *smtp.Session) {
	t.Helper()
	want := s.Err()
	s.HandleInput([]byte("250 ok\r\n"))
	if ev := s.Next(); ev.Kind != smtp.None {
		t.Errorf("behind the end came %v", describe([]smtp.Event{ev}))
	}
	if _, err := s.Quit(); err != want {
		t.Errorf("QUIT gave %v, want the error that ended the session", err)
	}
	if out := s.Take(nil); len(out) > 0 {
		t.Errorf("%q was to be written behind the end", out)
	}
}

// TestTable visits every cell: state x command, legal or refused; and state x
// command x reply, also where the reply is late.
func TestTable(t *testing.T) {
	idle := map[string][]at{}  // state/command
	cells := map[string][]at{} // state/command[/late]
	reached := map[smtp.State]bool{}
	known := map[string]bool{}
	note := func(into map[string][]at, name, variant string, n at) {
		if !known[name+" "+variant] {
			known[name+" "+variant] = true
			into[name] = append(into[name], n)
		}
	}
	for _, lmtp := range []bool{false, true} {
		if lmtp && !hasLMTP {
			continue
		}
		explore(t, smtp.Config{LMTP: lmtp}, func(n at) {
			name := stateName(n.s.State())
			reached[n.s.State()] = true
			variant := fmt.Sprint(n.s.Facts(), n.s.Offered(keyword("PIPELINING")), n.s.Offered(keyword("8BITMIME")))
			if len(n.ops) == 0 {
				for o := 1; o < len(smtp.Table.Commands); o++ {
					note(idle, name+"/"+smtp.Table.Commands[o].Name, fmt.Sprint(variant, n.home), n)
				}
				return
			}
			c, _, late := n.rows()
			key := name + "/" + c.Name
			if late {
				key += "/late"
			}
			note(cells, key, fmt.Sprint(variant, n.home, n.recipients, n.left, n.worst, len(n.ops) > 1), n)
		})
	}
	for s, info := range smtp.Table.States {
		if !reached[smtp.State(s)] && reachable(smtp.State(s)) {
			t.Errorf("state %s was not reached", info.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(idle)) {
		t.Run(name, func(t *testing.T) {
			for _, n := range idle[name] {
				n.legality(t, name)
			}
		})
	}
	step := 1 // from one code of a class to the next
	if testing.Short() {
		step = 7
	}
	for _, name := range slices.Sorted(maps.Keys(cells)) {
		for class := 1; class <= 5; class++ {
			t.Run(fmt.Sprintf("%s/%dyz", name, class), func(t *testing.T) {
				for _, n := range cells[name] {
					for code := class * 100; code < class*100+100; code += step {
						n.reply(t, code)
					}
				}
			})
		}
	}
}

// reachable reports whether some row leads to s; late rows count where the table
// has PIPELINING, without which no reply is late.
func reachable(s smtp.State) bool {
	to := func(r smtp.Row) bool { return r.To == smtp.Target(s) }
	return slices.ContainsFunc(smtp.Table.Commands, func(c smtp.CommandInfo) bool {
		return slices.ContainsFunc(c.Replies, to) || keyword("PIPELINING") != 0 && slices.ContainsFunc(c.Late, to)
	})
}

// legality queues the command of a cell and checks that it is taken where the
// table has it, and refused with nothing changed where it has not.
func (n at) legality(t *testing.T, cell string) {
	t.Helper()
	for o := 1; o < len(smtp.Table.Commands); o++ {
		c := &smtp.Table.Commands[o]
		if cell != stateName(n.s.State())+"/"+c.Name {
			continue
		}
		in := c.In.Has(n.s.State())
		offered := c.Keyword == 0 || n.s.Offered(c.Keyword)
		legal := in && offered && n.s.Facts()&(c.Needs|c.Forbids) == c.Needs
		s := n.s.Clone()
		before := key(s)
		err := queue(s, smtp.Op(o))
		var wrong *smtp.StateError
		var missing *smtp.MissingError
		switch {
		case legal && err != nil:
			t.Errorf("facts %b: %v, want it legal", n.s.Facts(), err)
		case legal && (s.Awaiting() != 1 || s.Last() != smtp.Op(o) || len(s.Pending()) == 0):
			t.Errorf("facts %b: nothing was queued", n.s.Facts())
		case legal:
		case err == nil:
			t.Errorf("facts %b: it was queued, want an error", n.s.Facts())
		case in && !offered && !errors.As(err, &missing):
			t.Errorf("%v, want a MissingError of %s", err, smtp.Table.Keywords[c.Keyword].Name)
		case (!in || offered) && !errors.As(err, &wrong):
			t.Errorf("facts %b: %v, want a StateError", n.s.Facts(), err)
		case key(s) != before:
			t.Errorf("facts %b: the refusal changed the session", n.s.Facts())
		}
		if wrong != nil && (wrong.Command != c.Name || wrong.State != stateName(n.s.State()) || wrong.Reason == "") {
			t.Errorf("the error does not say what it is about: %+v", wrong)
		}
	}
}
