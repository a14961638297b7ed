package fuzz

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/fuzz/typed"
	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/smtp"
)

// The YAML rows, read as they stand, and the session, which follows the
// compiled ones, agree on every walk: on what is legal, on the states, on what
// is late, and on what breaks the protocol.
func TestModel(t *testing.T) {
	tab := load(t)
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		walks := 60 // a check: rapid's own count is a matter of flags
		if testing.Short() {
			walks = 200 // of fewer checks
		}
		for range walks {
			newWalk(t, tab, seen).run()
		}
	})
	t.Log(seen)
	has := func(role string) bool {
		plays := func(d *table.Command) bool { return d.Role.Text == role }
		return slices.ContainsFunc(tab.Commands, plays) ||
			slices.ContainsFunc(tab.Facts, func(f *table.Fact) bool { return f.Role.Text == role }) ||
			slices.ContainsFunc(tab.Extensions, func(e *table.Extension) bool { return e.Keyword != nil && e.Keyword.Role.Text == role })
	}
	expected := []string{"violation", "421", "unqueued", "refused call", "finished"}
	for what, is := range map[string]bool{
		"late": has("pipelining"), "void_data": has("pipelining"), "more": has("lmtp"), "challenge": has("auth-line"), "handshake": has("starttls"),
		"bdat_under_way": has("chunk"), "unsettled": true,
	} {
		if is {
			expected = append(expected, what)
		}
	}
	for _, what := range expected {
		if testing.Short() && what == "void_data" {
			continue // too rare for so few walks
		}
		if seen[what] == 0 {
			t.Errorf("no walk came upon this: %s", what)
		}
	}
}

// A walk moves a session and its model side by side.
type walk struct {
	t       *rapid.T
	m       *model
	s       *smtp.Session
	seen    map[string]int
	untaken []smtp.Tag // of the lines at the queue's end
	trail   []string
	odds    int // one reply in so many is not the one of success
}

const mostOutstanding = 6

func newWalk(t *rapid.T, tab *table.Table, seen map[string]int) *walk {
	lmtp, secure := rapid.Bool().Draw(t, "LMTP") && hasLMTP, rapid.Bool().Draw(t, "secure")
	w := &walk{t: t, seen: seen}
	w.odds = []int{2, 4, 16}[w.n(3, "odds")]
	w.s = smtp.NewSession(smtp.Config{LMTP: lmtp, Secure: secure, Limits: smtp.Limits{Outstanding: mostOutstanding}})
	w.m = newModel(tab, 0, mostOutstanding)
	for i, f := range tab.Facts {
		if f.Role.Text == "lmtp" && lmtp || f.Role.Text == "tls" && secure {
			w.m.confirmed.facts |= 1 << i
		}
	}
	return w
}

// n draws a number below n, each as likely as the others, which rapid's own
// generators do not give.
func (w *walk) n(n int, label string) int {
	return rapid.Custom(func(t *rapid.T) int {
		x := 0
		for bits := 1; bits < 4*n; bits *= 2 {
			x *= 2
			if rapid.Bool().Draw(t, "bit") {
				x++
			}
		}
		return x % n
	}).Draw(w.t, label)
}

func (w *walk) run() {
	w.compare()
	w.answer("220", nil)
	for range w.n(64, "steps") {
		if w.s.Err() != nil || w.s.Halted() || w.s.State() == w.s.Protocol().Finish {
			return
		}
		w.step()
		w.compare()
		w.seen[w.m.confirmed.state]++
	}
}

func (w *walk) step() {
	switch st := w.m.state(w.m.confirmed.state); {
	case len(w.m.queue) > 0 && w.n(5, "reply or command") < 2:
		w.reply()
	case st.Awaits == "tls" && len(w.m.queue) == 0:
		if err := w.s.HandleTLS(); err != nil {
			w.fail("HandleTLS: %v", err)
		}
		w.m.handshake()
		w.note("handshake")
	case len(w.untaken) > 0 && w.n(10, "unqueue") == 0:
		w.unqueue()
	case len(w.m.queue) == 0 && w.n(20, "421 to nobody") == 0:
		w.unasked()
	default:
		w.command()
	}
}

// weights lead walks into transactions.
var weights = map[string]int{"sender": 12, "recipient": 9, "data": 8, "chunk": 3, "last-chunk": 5, "reset": 2, "hello": 12, "content": 3, "auth": 3, "auth-line": 3}

// command calls for a command, a legal one more often than not.
func (w *walk) command() {
	var legal []*table.Command
	for _, c := range w.m.tab.Commands {
		if w.m.legal(c) {
			for range 1 + weights[c.Role.Text] {
				legal = append(legal, c)
			}
		}
	}
	c := w.m.tab.Commands[w.n(len(w.m.tab.Commands), "command")]
	if len(legal) > 0 && w.n(5, "legal") > 0 {
		c = legal[w.n(len(legal), "legal command")]
	}
	if c.Role.Text == "greeting" || c.Role.Text == "void" { // nobody calls for them
		return
	}
	if slices.ContainsFunc(c.Args, func(a *table.Arg) bool { return a.Value.Kind == "pairs" }) {
		return // which may stand there depends on what the server said
	}
	final := c.Role.Text == "auth" && w.n(2, "final") == 1
	sets := uint64(0)
	var params smtp.Params
	utf8, ok := w.s.Protocol().Param(smtp.RoleUTF8)
	if ok && c.Role.Text == "sender" && w.m.offered["SMTPUTF8"] && w.n(2, "SMTPUTF8") == 1 {
		params.Put(utf8, nil)
		sets = w.m.facts(w.m.tab.Params[utf8-1].Set)
	}
	tag, err := w.call(c, &params, final)
	if want := w.m.legal(c); want != (err == nil) {
		w.fail("%s is legal to the table: %v, the session says: %v", c.Name.Text, want, err)
	}
	if err != nil {
		w.seen["refused call"]++
		return
	}
	w.note(c.Name.Text)
	w.m.push(c, sets, final)
	switch {
	case c.Payload == "" && w.n(3, "take") == 0:
		w.untaken = append(w.untaken, tag)
	default:
		w.take()
	}
}

func (w *walk) call(c *table.Command, params *smtp.Params, final bool) (smtp.Tag, error) {
	s := w.s
	switch c.Role.Text {
	case "content":
		if err := s.Content([]byte("a line\r\n")); err != nil {
			return 0, err
		}
		return s.EndContent()
	case "chunk", "last-chunk":
		tag, err := s.Chunk(3, c.Role.Text == "last-chunk")
		if err == nil {
			err = s.Content([]byte("abc"))
		}
		return tag, err
	case "auth":
		return s.Authenticate("PLAIN", []byte("x"), final)
	}
	i := slices.IndexFunc(typed.Commands, func(have smtp.Command) bool { return s.Protocol().Commands[have.Op()].Name == c.Name.Text })
	have := again(typed.Commands[i])
	fields := reflect.ValueOf(have).Elem()
	n := 0
	for _, arg := range c.Args {
		if arg.Value.Kind == "literal" {
			continue
		}
		if field := fields.Field(n); arg.Value.Kind == "params" {
			if c.Role.Text == "sender" {
				field.Set(reflect.ValueOf(params))
			}
		} else if !arg.Optional {
			fill(field, arg.Value)
		}
		n++
	}
	return s.Do(have)
}

// fill gives an argument a value.
func fill(field reflect.Value, v table.Value) {
	switch v.Kind {
	case "forward-path":
		field.SetString("r@wild.example")
	case "reverse-path":
	case "base64":
		field.SetBytes([]byte("x"))
	case "uri":
		field.SetString("imap://wild.example/1")
	case "sequence":
		for i, e := range slices.DeleteFunc(slices.Clone(v.Elems), func(e *table.Elem) bool { return e.Name.Text == "" }) {
			if !e.Optional {
				fill(field.Field(i), e.Value)
			}
		}
	default:
		field.SetString("client.example")
	}
}

func (w *walk) take() {
	w.s.Take(nil)
	w.untaken = nil
}

// unqueue takes back some of the commands that were not taken.
func (w *walk) unqueue() {
	n := 1 + w.n(len(w.untaken), "how many")
	if err := w.s.Unqueue(w.untaken[len(w.untaken)-n]); err != nil {
		w.fail("Unqueue: %v", err)
	}
	w.untaken = w.untaken[:len(w.untaken)-n]
	w.m.queue = w.m.queue[:len(w.m.queue)-n]
	w.note(fmt.Sprint("unqueued ", n))
	w.seen["unqueued"]++
}

// reply answers the oldest command, as it may be answered more often than not.
func (w *walk) reply() {
	codes := []string{"199", "211", "220", "221", "235", "250", "251", "252", "299", "334", "354", "355", "399", "421", "421", "432", "450", "452", "499", "500", "503", "521", "550", "552", "554", "599"}
	code := codes[w.n(len(codes), "any code")]
	if c := w.m.queue[0].c; w.n(10, "listed") > 0 {
		codes = nil
		for _, r := range c.Replies {
			for _, n := range r.Codes {
				codes = append(codes, strings.Replace(n.Text, "yz", "50", 1))
			}
		}
		code = codes[0]
		if w.n(w.odds, "other than success") == 0 {
			code = codes[w.n(len(codes), "listed code")]
		}
	}
	var offers []string
	for _, e := range w.m.tab.Extensions {
		if e.Keyword != nil && w.n(6, "offers "+e.Name.Text) > 0 {
			offers = append(offers, e.Keyword.Name.Text)
		}
	}
	w.take()
	w.answer(code, offers)
}

func (w *walk) answer(code string, offers []string) {
	role := w.m.queue[0].c.Role.Text
	text := code + " wild.example\r\n"
	if role == "hello" {
		text = ""
		for _, line := range append([]string{"wild.example"}, offers...) {
			text += code + "-" + strings.Replace(line, "AUTH", "AUTH PLAIN", 1) + "\r\n"
		}
		text += code + " X-LAST\r\n"
	}
	w.note(role + " " + code)
	late, more := w.m.reply(code, offers)
	w.s.HandleInput([]byte(text))
	ev := w.s.Next()
	if w.m.broken {
		if ev.Kind != smtp.Ended || w.s.Err() == nil {
			w.fail("a violation to the table, the session gives an event of kind %d: %v", ev.Kind, ev.Err)
		}
		w.seen["violation"]++
		return
	}
	if ev.Kind != smtp.Replied && ev.Kind != smtp.Challenge || ev.Late != late || ev.More != more {
		w.fail("to the table late: %v, more: %v; the session gives kind %d, late %v, more %v: %v", late, more, ev.Kind, ev.Late, ev.More, ev.Err)
	}
	if challenge := w.m.state(w.m.confirmed.state).Awaits == "line" && len(w.m.queue) == 0 && !more; challenge != (ev.Kind == smtp.Challenge) {
		w.fail("a challenge to the table: %v, the session gives kind %d", challenge, ev.Kind)
	}
	if len(w.m.queue) > 0 && w.m.queue[len(w.m.queue)-1].c.Role.Text == "void" {
		w.seen["void"]++
		w.take()
	}
	for what, is := range map[string]bool{"late": late, "more": more, "challenge": ev.Kind == smtp.Challenge, "421": code == "421"} {
		if is {
			w.seen[what]++
		}
	}
}

// unasked gives a 421 that no command waits for.
func (w *walk) unasked() {
	w.note("421 to nobody")
	w.s.HandleInput([]byte("421 closing\r\n"))
	ev := w.s.Next()
	if w.m.state(w.m.confirmed.state).Awaits == "content" {
		if !w.s.Halted() || ev.Kind != smtp.Replied {
			w.fail("content is refused, and the session gives kind %d", ev.Kind)
		}
		return
	}
	if ev.Kind != smtp.Closing && w.m.state(w.m.confirmed.state).Awaits != "tls" {
		w.fail("kind %d: %v", ev.Kind, ev.Err)
	}
	w.m.broken = ev.Kind == smtp.Ended // in clear text before the handshake
	for i, f := range w.m.tab.Facts {
		if f.Role.Text == "closing" {
			w.m.confirmed.facts |= 1 << i
		}
	}
}

func (w *walk) note(what string) {
	w.trail = append(w.trail, what)
	if what == "handshake" {
		w.seen[what]++
	}
}

func (w *walk) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("%s\nbehind %s", fmt.Sprintf(format, args...), strings.Join(w.trail, ", "))
}

// compare holds the two against each other.
func (w *walk) compare() {
	if w.m.broken != (w.s.Err() != nil) {
		w.fail("broken to the table: %v, to the session: %v", w.m.broken, w.s.Err())
	}
	if w.m.broken || w.s.Halted() {
		return
	}
	p, assumed := w.s.Protocol(), w.m.assumed()
	if got := p.States[w.s.State()].Name; got != w.m.confirmed.state {
		w.fail("the state is %s to the table, %s to the session", w.m.confirmed.state, got)
	}
	if got := p.States[w.s.Assumed()].Name; got != assumed.state {
		w.fail("the assumed state is %s to the table, %s to the session", assumed.state, got)
	}
	if got := uint64(w.s.Facts()); got != w.m.confirmed.facts {
		w.fail("the facts are %b to the table, %b to the session", w.m.confirmed.facts, got)
	}
	if w.s.Awaiting() != len(w.m.queue) {
		w.fail("%d replies are awaited to the table, %d to the session", len(w.m.queue), w.s.Awaiting())
	}
	for i, c := range w.m.tab.Commands {
		if want, err := w.m.legal(c), w.s.Allows(smtp.Op(i+1)); want != (err == nil) {
			w.fail("%s is legal to the table: %v, the session says: %v", c.Name.Text, want, err)
		}
	}
}
