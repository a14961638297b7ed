package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/tools/bench/clients"
)

type runOptions struct {
	Tables  []string      `arg:"" optional:"" help:"Tables to measure; 'all' for every one. Default: those that are not marked as extra."`
	Clients string        `help:"Only clients whose name matches this regular expression." placeholder:"REGEXP"`
	Rounds  int           `help:"So many rounds, in place of the table's own number."`
	Time    time.Duration `help:"Measure for so long each time, in place of the table's own time."`
	Count   int           `help:"Count flights over so many messages; those of Eager over forty times as many." default:"10"`
	Out     string        `help:"Folder for bench.txt, bench.json and plot.svg; '-' for none." default:"bin"`
	Doc     string        `help:"Put the tables into this document, and the plot beside it." placeholder:"FILE" type:"path"`
	Profile string        `help:"Folder for processor profiles of the clients written in Go, one a measurement; makes them slower." type:"path"`
	Quiet   bool          `help:"Do not say what is being measured."`
}

// patience is how long a client has said nothing when it is counted as waiting.
const patience = 30 * time.Millisecond

func (o *runOptions) run(ctx context.Context, stdout io.Writer) error {
	chosen, err := o.choose()
	if err != nil {
		return err
	}
	b, cleanUp, err := newBench()
	if err != nil {
		return err
	}
	defer cleanUp()
	b.findExternal(ctx, chosen)
	r := &report{Started: time.Now().Truncate(time.Second), Machine: thisMachine()}
	var text strings.Builder
	out := io.MultiWriter(stdout, &text)
	r.head(out)
	for _, t := range chosen {
		result, err := o.measure(ctx, b, t)
		if err != nil {
			return err
		}
		r.Tables = append(r.Tables, result)
		result.print(out)
	}
	r.judge()
	r.Seconds = time.Since(r.Started).Seconds()
	r.foot(out)
	if o.Doc != "" {
		if err := r.document(o.Doc, text.String()); err != nil {
			return err
		}
	}
	if o.Out == "-" {
		return nil
	}
	return r.write(o.Out, text.String())
}

func (o *runOptions) choose() (chosen []table, err error) {
	for _, name := range o.Tables {
		if name != "all" && !slices.ContainsFunc(tables, func(t table) bool { return t.Name == name }) {
			return nil, fmt.Errorf("no table %q; bench list shows them", name)
		}
	}
	only, err := regexp.Compile(o.Clients)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if len(o.Tables) == 0 && t.Extra || len(o.Tables) > 0 && !slices.Contains(o.Tables, t.Name) && o.Tables[0] != "all" {
			continue
		}
		t.Clients = slices.DeleteFunc(slices.Clone(t.Clients), func(c string) bool { return !only.MatchString(c) })
		if o.Rounds > 0 {
			t.Rounds = o.Rounds
		}
		if o.Time > 0 && t.Time > 0 {
			t.Time = o.Time
		}
		chosen = append(chosen, t)
	}
	return chosen, nil
}

// measure measures a table. Clients take turns, round after round, so that what
// disturbs the machine disturbs all of them.
func (o *runOptions) measure(ctx context.Context, b *bench, t table) (*tableResult, error) {
	result := &tableResult{Name: t.Name, Title: t.Title, Kind: t.Kind}
	for _, load := range t.Loads {
		l := &loadResult{What: describe(load), Load: load}
		for _, c := range t.Clients {
			l.Rows = append(l.Rows, &row{Client: c, Missing: b.lacks(c, load)})
		}
		for round := range t.Rounds {
			for _, w := range l.Rows {
				if w.Missing != "" {
					continue
				}
				if !o.Quiet {
					fmt.Fprintf(os.Stderr, "\r\x1b[K%s: %s: %s, round %d of %d", t.Name, l.What, w.Client, round+1, t.Rounds)
				}
				err := o.once(ctx, b, t, load, w, round)
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				if err != nil {
					w.Missing = err.Error()
				}
			}
		}
		l.work()
		result.Loads = append(result.Loads, l)
	}
	if !o.Quiet {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
	return result, nil
}

func (o *runOptions) once(ctx context.Context, b *bench, t table, load clients.Load, w *row, round int) error {
	j := job{Client: w.Client, Task: "send", Load: load, Time: t.Time.Seconds()}
	wait := time.Duration(0)
	switch t.Kind {
	case "flights":
		j.Count, wait = o.Count, patience
		if strings.Contains(w.Client, "eager") || strings.HasPrefix(w.Client, "raw-stream") {
			j.Count *= 40 // several windows
		}
	case "setup":
		j.Task, j.Count, wait = "setup", 1, patience
	case "idle":
		j.Task = "idle"
	}
	if w.Client == "smtp-source" && round == 0 && j.Count == 0 {
		// It has to know how many messages fit into the time.
		if _, err := b.measure(ctx, j, wait); err != nil {
			return err
		}
		if _, err := b.measure(ctx, j, wait); err != nil {
			return err
		}
	}
	if o.Profile != "" {
		b.profiles++
		j.Profile = filepath.Join(o.Profile, fmt.Sprintf("%03d-%s-%s.pprof", b.profiles, t.Name, strings.ReplaceAll(w.Client, "/", "-")))
		if err := os.MkdirAll(o.Profile, 0o755); err != nil {
			return err
		}
	}
	m, err := b.measure(ctx, j, wait)
	if err == nil {
		w.Runs = append(w.Runs, m)
	}
	return err
}

type listOptions struct{}

func (listOptions) list(w io.Writer) error {
	fmt.Fprintln(w, "Tables:")
	for _, t := range tables {
		extra := ""
		if t.Extra {
			extra = " (extra)"
		}
		fmt.Fprintf(w, "  %-12s %s%s\n", t.Name, t.Title, extra)
	}
	fmt.Fprintln(w, "Clients:")
	for _, c := range clients.All {
		fmt.Fprintf(w, "  %-24s %s\n", c.Name, c.About)
	}
	fmt.Fprintf(w, "  %-24s %s\n", "nodemailer", "nodemailer "+nodemailerVersion+" with its pool, by node")
	fmt.Fprintf(w, "  %-24s %s\n", "smtp-source", "Postfix's load generator")
	return nil
}

func (r *report) write(folder, text string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	files := map[string][]byte{"bench.txt": []byte(text), "bench.json": append(data, '\n')}
	if plot := r.plot(); plot != nil {
		files["plot.svg"] = plot
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
