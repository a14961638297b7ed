package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tabellarius/tabellarius/tools/bench/clients"
)

// A report is all that one run of the program found.
type report struct {
	Started time.Time      `json:"started"`
	Seconds float64        `json:"seconds"`
	Machine machine        `json:"machine"`
	Tables  []*tableResult `json:"tables"`
	Goals   []goalResult   `json:"goals"`
}

type machine struct {
	Cores  int    `json:"cores"`
	CPU    string `json:"cpu"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
	Load   string `json:"load"` // averages over 1, 5 and 15 minutes before the run
}

type tableResult struct {
	Name  string        `json:"name"`
	Title string        `json:"title"`
	Kind  string        `json:"kind"`
	Loads []*loadResult `json:"loads"`
}

type loadResult struct {
	What string       `json:"what"`
	Load clients.Load `json:"load"`
	Rows []*row       `json:"rows"`
}

// A row is what one client did with one load. All but Runs is worked out of them.
type row struct {
	Client  string        `json:"client"`
	Missing string        `json:"missing,omitempty"`
	Runs    []measurement `json:"runs,omitempty"`

	Rate   float64            `json:"rate,omitempty"` // messages a second, the median
	Low    float64            `json:"low,omitempty"`
	High   float64            `json:"high,omitempty"`
	Ratios map[string]float64 `json:"ratios,omitempty"` // to other clients: how many times as fast
	CPU    float64            `json:"cpu,omitempty"`    // microseconds of the client's process, a message
}

// ratiosTo are the clients with whom all others are compared.
var ratiosTo = []string{"tabellarius", "net/smtp", "raw-lockstep", "raw-two", "raw-one", "raw-stream", "raw-stream-64k"}

// work works out the rows.
func (l *loadResult) work() {
	for _, w := range l.Rows {
		if len(w.Runs) == 0 {
			continue
		}
		w.Rate = w.median(measurement.rate)
		w.Low, w.High = w.Rate, w.Rate
		for _, m := range w.Runs {
			w.Low, w.High = min(w.Low, m.rate()), max(w.High, m.rate())
		}
		w.CPU = w.median(func(m measurement) float64 { return 1e6 * m.CPU / float64(max(1, m.Sent)) })
	}
	for _, name := range ratiosTo {
		other := l.row(name)
		if other == nil || other.Rate == 0 {
			continue
		}
		for _, w := range l.Rows {
			if w.Rate > 0 {
				if w.Ratios == nil {
					w.Ratios = map[string]float64{}
				}
				w.Ratios[name] = w.Rate / other.Rate
			}
		}
	}
}

func (l *loadResult) row(client string) *row {
	i := slices.IndexFunc(l.Rows, func(w *row) bool { return w.Client == client })
	if i < 0 {
		return nil
	}
	return l.Rows[i]
}

// median is that of a value over the runs; of two, the mean.
func (w *row) median(value func(measurement) float64) float64 {
	var v []float64
	for _, m := range w.Runs {
		v = append(v, value(m))
	}
	return median(v)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

func (r *report) head(w io.Writer) {
	m := r.Machine
	fmt.Fprintf(w, "%s\n%d cores, %s, Linux %s, %s; load averages before: %s\n", r.Started.Format(time.DateTime), m.Cores, m.CPU, m.Kernel, m.Go, m.Load)
}

func (t *tableResult) print(w io.Writer) {
	fmt.Fprintf(w, "\n== %s (%s)\n", t.Title, t.Name)
	switch t.Kind {
	case "rate":
		for _, l := range t.Loads {
			l.printRates(w)
		}
	case "grid":
		t.grid(w, "messages a second; in brackets: how many times tabellarius", func(l *loadResult, c *row) string {
			if ratio, ok := c.Ratios["tabellarius"]; ok && c.Client != "tabellarius" {
				return fmt.Sprintf("%s (%s)", number(c.Rate), number(ratio))
			}
			return number(c.Rate)
		})
	case "flights":
		t.grid(w, "", func(_ *loadResult, c *row) string {
			return number(c.median(func(m measurement) float64 { return m.Sink.FlightsPerMessage() }))
		})
	case "setup":
		t.grid(w, "", func(_ *loadResult, c *row) string {
			return number(c.median(func(m measurement) float64 { return float64(m.Sink.SetUpWaits) }))
		})
	case "memory":
		t.grid(w, "megabytes a second / megabytes of memory that the client's process had at most", func(l *loadResult, c *row) string {
			return fmt.Sprintf("%s / %s", number(c.Rate*float64(l.Load.Size)/1e6), number(c.peak()/1e6))
		})
	case "idle":
		for _, l := range t.Loads {
			l.printIdle(w)
		}
	}
}

func (w *row) peak() float64 {
	return w.median(func(m measurement) float64 { return float64(m.Peak) })
}

func (l *loadResult) printRates(out io.Writer) {
	fmt.Fprintf(out, "\n%s\n", l.What)
	to := slices.DeleteFunc(slices.Clone(ratiosTo), func(c string) bool { w := l.row(c); return w == nil || w.Rate == 0 })
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\tmessages/s\tleast\tmost\t")
	for _, c := range to {
		fmt.Fprintf(w, "x %s\t", c)
	}
	fmt.Fprintln(w, "CPU us\tallocs\t")
	for _, c := range l.Rows {
		if len(c.Runs) == 0 {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t", c.Client, number(c.Rate), number(c.Low), number(c.High))
		for _, other := range to {
			fmt.Fprintf(w, "%s\t", number(c.Ratios[other]))
		}
		allocs := "-"
		if _, ok := clients.Find(c.Client); ok {
			allocs = number(c.median(func(m measurement) float64 { return m.Allocs }))
		}
		cpu := "-"
		if c.CPU > 0 {
			cpu = number(c.CPU)
		}
		fmt.Fprintf(w, "%s\t%s\t\n", cpu, allocs)
	}
	w.Flush()
	l.printMissing(out)
}

func (l *loadResult) printMissing(out io.Writer) {
	for _, c := range l.Rows {
		if c.Missing != "" {
			fmt.Fprintf(out, "  left out: %s: %s\n", c.Client, c.Missing)
		}
	}
}

func (l *loadResult) printIdle(out io.Writer) {
	fmt.Fprintf(out, "\n%s: octets a connection\n", l.What)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\theap\tstacks\tboth\tbeyond bare\tgoroutines\t")
	bare := 0.0
	for _, c := range l.Rows {
		if len(c.Runs) == 0 {
			continue
		}
		if c.Client == "bare" {
			bare = c.kept()
		}
		m := c.Runs[0]
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.0f\t%.0f\t%s\t\n", c.Client, m.Heap, m.Stack, c.kept(), c.kept()-bare, number(m.Goroutines))
	}
	w.Flush()
	l.printMissing(out)
}

// kept is the memory of an idle connection.
func (w *row) kept() float64 {
	return w.median(func(m measurement) float64 { return m.Heap + m.Stack })
}

// grid prints a line a client and a column a load, or, of many loads, a line a
// load.
func (t *tableResult) grid(out io.Writer, about string, cell func(*loadResult, *row) string) {
	if about != "" {
		fmt.Fprintln(out, about)
	}
	var lines [][]string
	head := []string{""}
	for _, c := range t.Loads[0].Rows {
		head = append(head, c.Client)
	}
	lines = append(lines, head)
	for _, l := range t.Loads {
		line := []string{l.short()}
		for _, c := range l.Rows {
			if len(c.Runs) == 0 {
				line = append(line, "-")
			} else {
				line = append(line, cell(l, c))
			}
		}
		lines = append(lines, line)
	}
	if len(t.Loads) <= 8 {
		lines = transposed(lines)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, line := range lines {
		fmt.Fprintln(w, strings.Join(line, "\t")+"\t")
	}
	w.Flush()
	said := map[string]bool{}
	for _, l := range t.Loads {
		for _, c := range l.Rows {
			if line := c.Client + ": " + c.Missing; c.Missing != "" && !said[line] {
				said[line] = true
				fmt.Fprintf(out, "  left out: %s\n", line)
			}
		}
	}
}

// short says in what a load differs from a message of 4 KB to one recipient over
// one connection, with everything offered.
func (l *loadResult) short() string {
	usual := strings.Split(describe(base), ", ")
	what := slices.DeleteFunc(strings.Split(l.What, ", "), func(s string) bool { return slices.Contains(usual, s) })
	if len(what) == 0 {
		return "4 KB"
	}
	return strings.Join(what, ", ")
}

func transposed(lines [][]string) [][]string {
	t := make([][]string, len(lines[0]))
	for i := range t {
		for _, line := range lines {
			t[i] = append(t[i], line[i])
		}
	}
	return t
}

// number gives three digits, or all of a large one.
func number(v float64) string {
	switch {
	case v >= 100:
		s := fmt.Sprintf("%.0f", v)
		for i := len(s) - 3; i > 0; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
		return s
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v == float64(int(v)):
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func thisMachine() machine {
	m := machine{Cores: runtime.NumCPU(), CPU: runtime.GOARCH, Go: runtime.Version()}
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	m.Kernel = strings.TrimSpace(string(kernel))
	load, _ := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(load)); len(f) >= 3 {
		m.Load = strings.Join(f[:3], " ")
	}
	return m
}
