package main

import (
	"fmt"
	"io"

	"github.com/tabellarius/tabellarius/tools/bench/clients"
)

// A goal is what the library should reach, as a ratio within one run, or as a
// count. Goals whose table was not measured are left out.
type goal struct {
	What  string
	Least float64 // 0: there is none
	Most  float64 // likewise
	Value func(*report) (float64, bool)
}

type goalResult struct {
	What  string  `json:"what"`
	Value float64 `json:"value"`
	Goal  string  `json:"goal"`
	Met   bool    `json:"met"`
}

var goals = []goal{
	{What: "4 KB, eager, one connection, batch: share of the raw stream", Least: 0.9, Value: ratio("small", 0, "tabellarius-eager-batch", "raw-stream")},
	{What: "the same: times net/smtp", Least: 40, Value: ratio("small", 0, "tabellarius-eager-batch", "net/smtp")},
	{What: "4 KB, eager, 64 goroutines that Send: times net/smtp", Least: 20, Value: ratio("small", 0, "tabellarius-eager-64", "net/smtp")},
	{What: "4 KB, pinned, DATA, batch: times net/smtp", Least: 3.8, Value: ratio("pinned", 0, "tabellarius-batch", "net/smtp")},
	{What: "the same: times the raw loop of two flights", Least: 1.5, Value: ratio("pinned", 0, "tabellarius-batch", "raw-two")},
	{What: "4 KB, pinned, BDAT, batch: times net/smtp", Least: 3.8, Value: ratio("pinned", 1, "tabellarius-batch", "net/smtp")},
	{What: "the same: times the raw loop of two flights", Least: 1.5, Value: ratio("pinned", 1, "tabellarius-batch", "raw-two")},
	{What: "flights a message, DATA, batch", Most: 1, Value: flights(1, "tabellarius-batch")},
	{What: "flights a message, BDAT, batch", Most: 1, Value: flights(2, "tabellarius-batch")},
	{What: "4 KB, 20 ms, eager, batch: share of the window a round trip", Least: 0.8, Value: windows},
	{What: "4 KB, 20 ms, eager, batch: times net/smtp", Least: 100, Value: ratio("delay", 0, "tabellarius-eager-batch", "net/smtp")},
	{What: "4 KB, 20 ms, batch: times net/smtp", Least: 3.9, Value: ratio("delay", 0, "tabellarius-batch", "net/smtp")},
	{What: "4 KB, lock-step, one core for both: times net/smtp", Least: 1.2, Value: ratio("lockstep", 0, "tabellarius", "net/smtp")},
	{What: "4 KB, lock-step, both cores free: times net/smtp", Least: 1.2, Value: ratio("lockstep", 2, "tabellarius", "net/smtp")},
	{What: "4 MB, DATA: times net/smtp", Least: 8, Value: best("large", 0, "net/smtp")},
	{What: "the same: share of the raw loop", Least: 0.75, Value: best("large", 0, "raw-two")},
	{What: "4 MB, BDAT: share of the raw loop", Least: 0.85, Value: best("large", 1, "raw-stream")},
	{What: "waits before the content is out, STARTTLS and AUTH", Most: 6, Value: setUp(3)},
	{What: "waits before the content is out, implicit TLS and AUTH", Most: 4, Value: setUp(5)},
	{What: "octets of an idle connection beyond a bare one", Most: 4096, Value: idle(0)},
	{What: "octets of an idle connection with TLS beyond a bare one", Most: 4096, Value: idle(1)},
	{What: "memory at 100 MB a message over that at 1 KB, BDAT", Most: 1.5, Value: memory(5, 0)},
	{What: "memory at 100 MB a message over that at 1 MB, DATA", Most: 1.5, Value: memory(7, 6)},
}

func (r *report) load(table string, i int) *loadResult {
	for _, t := range r.Tables {
		if t.Name == table {
			return t.Loads[i]
		}
	}
	return nil
}

// find gives a client's row if it was measured.
func (r *report) find(table string, load int, client string) (*row, bool) {
	l := r.load(table, load)
	if l == nil {
		return nil, false
	}
	w := l.row(client)
	return w, w != nil && len(w.Runs) > 0
}

func ratio(table string, load int, client, other string) func(*report) (float64, bool) {
	return func(r *report) (float64, bool) {
		w, ok := r.find(table, load, client)
		o, okToo := r.find(table, load, other)
		if !ok || !okToo || o.Rate == 0 {
			return 0, false
		}
		return w.Rate / o.Rate, true
	}
}

// windows is the rate as a share of a window each round trip.
func windows(r *report) (float64, bool) {
	w, ok := r.find("delay", 0, "tabellarius-eager-batch")
	if !ok {
		return 0, false
	}
	l := r.load("delay", 0).Load
	return w.Rate * l.Delay.Seconds() / float64(clients.Window(l)), true
}

// best is the better ratio of one after the other and batch, both not eager.
func best(table string, load int, other string) func(*report) (float64, bool) {
	return func(r *report) (float64, bool) {
		a, ok := ratio(table, load, "tabellarius", other)(r)
		b, okToo := ratio(table, load, "tabellarius-batch", other)(r)
		return max(a, b), ok || okToo
	}
}

func flights(load int, client string) func(*report) (float64, bool) {
	return func(r *report) (float64, bool) {
		w, ok := r.find("flights", load, client)
		if !ok {
			return 0, false
		}
		return w.median(func(m measurement) float64 { return m.Sink.FlightsPerMessage() }), true
	}
}

func setUp(load int) func(*report) (float64, bool) {
	return func(r *report) (float64, bool) {
		w, ok := r.find("setup", load, "tabellarius")
		if !ok {
			return 0, false
		}
		return w.median(func(m measurement) float64 { return float64(m.Sink.SetUpWaits) }), true
	}
}

func idle(load int) func(*report) (float64, bool) {
	return func(r *report) (float64, bool) {
		w, ok := r.find("idle", load, "tabellarius")
		bare, okToo := r.find("idle", load, "bare")
		if !ok || !okToo {
			return 0, false
		}
		return w.kept() - bare.kept(), true
	}
}

func memory(large, small int) func(*report) (float64, bool) {
	return func(r *report) (float64, bool) {
		l, ok := r.find("octets", large, "tabellarius")
		s, okToo := r.find("octets", small, "tabellarius")
		if !ok || !okToo || s.peak() == 0 {
			return 0, false
		}
		return l.peak() / s.peak(), true
	}
}

// judge holds what was measured against the goals.
func (r *report) judge() {
	for _, g := range goals {
		v, ok := g.Value(r)
		if !ok {
			continue
		}
		said := fmt.Sprintf("at least %s", number(g.Least))
		met := v >= g.Least
		if g.Most > 0 {
			said, met = fmt.Sprintf("at most %s", number(g.Most)), v <= g.Most
		}
		r.Goals = append(r.Goals, goalResult{g.What, v, said, met})
	}
}

func (r *report) foot(w io.Writer) {
	if len(r.Goals) > 0 {
		fmt.Fprintf(w, "\n== Goals\n")
	}
	for _, g := range r.Goals {
		verdict := "met"
		if !g.Met {
			verdict = "MISSED"
		}
		fmt.Fprintf(w, "%-7s %s: %s (%s)\n", verdict, g.What, number(g.Value), g.Goal)
	}
	fmt.Fprintf(w, "\n%.0f seconds in all\n", r.Seconds)
}
