package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/tools/bench/clients"
)

// TestMain plays the sink and the client too: the program starts itself for them.
func TestMain(m *testing.M) {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "sink":
		err = sinkMain()
	case len(os.Args) == 2 && os.Args[1] == "client":
		err = clientMain()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

// TestRun: a short run leaves a table, JSON and a plot, and what it counts is what
// the clients are known to do.
func TestRun(t *testing.T) {
	folder := t.TempDir()
	o := runOptions{
		Tables: []string{"small", "flights", "setup", "lockstep", "rtt"}, Clients: "^(tabellarius-batch|net/smtp|raw-two)$",
		Rounds: 1, Count: 5, Time: 10 * time.Millisecond, Out: folder, Quiet: true,
	}
	var out bytes.Buffer
	if err := o.run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "bench.txt"))
	if err != nil || string(text) != out.String() {
		t.Errorf("bench.txt is not what was printed (%v)", err)
	}
	plot, err := os.ReadFile(filepath.Join(folder, "plot.svg"))
	if err != nil || !strings.Contains(string(plot), ">net/smtp<") {
		t.Errorf("the plot does not name net/smtp (%v)", err)
	}
	data, err := os.ReadFile(filepath.Join(folder, "bench.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	measured := 0
	for _, table := range r.Tables {
		for _, l := range table.Loads {
			for _, w := range l.Rows {
				if (w.Missing == "") != (len(w.Runs) > 0) {
					t.Errorf("%s, %s, %s: %d runs, missing %q", table.Name, l.What, w.Client, len(w.Runs), w.Missing)
				}
				measured += len(w.Runs)
				if table.Kind == "rate" && w.Missing == "" && (w.Rate <= 0 || w.Ratios["net/smtp"] <= 0) {
					t.Errorf("%s, %s, %s: rate %v, ratios %v", table.Name, l.What, w.Client, w.Rate, w.Ratios)
				}
			}
		}
	}
	if measured < 25 {
		t.Errorf("%d measurements", measured)
	}
	for client, want := range map[string]float64{"tabellarius-batch": 1, "net/smtp": 4, "raw-two": 2} {
		if got, ok := flights(1, client)(&r); !ok || got != want {
			t.Errorf("%s: %v flights a message, want %v", client, got, want)
		}
	}
	if w, ok := r.find("setup", 3, "net/smtp"); !ok || w.Runs[0].Sink.SetUpWaits != 9 {
		t.Error("net/smtp does not wait nine times with STARTTLS and AUTH")
	}
	if len(r.Goals) == 0 {
		t.Error("nothing was held against the goals")
	}
}

// TestTablesNameWhatThereIs: a table's clients exist, and no two tables share a name.
func TestTablesNameWhatThereIs(t *testing.T) {
	seen := map[string]bool{}
	for _, table := range tables {
		if seen[table.Name] {
			t.Errorf("two tables %q", table.Name)
		}
		seen[table.Name] = true
		for _, c := range table.Clients {
			if _, ok := clients.Find(c); !ok && c != "nodemailer" && c != "smtp-source" {
				t.Errorf("%s: no client %q", table.Name, c)
			}
		}
	}
	if _, err := (&runOptions{Tables: []string{"smal"}}).choose(); err == nil {
		t.Error("a table that is not there was chosen")
	}
}

func TestReplaceTables(t *testing.T) {
	text := "before\n" + documentStart + "old\n" + documentEnd + "after\n"
	for _, tables := range []string{"new", "newer"} {
		var err error
		if text, err = replaceTables(text, tables+"\n"); err != nil {
			t.Fatal(err)
		}
		want := "before\n" + documentStart + "\n```text\n" + tables + "\n```\n\n" + documentEnd + "after\n"
		if text != want {
			t.Errorf("got %q, want %q", text, want)
		}
	}
	if _, err := replaceTables("no such lines", "new"); err == nil {
		t.Error("a document that has no place for tables was taken")
	}
}

func TestMedian(t *testing.T) {
	for want, v := range map[float64][]float64{0: nil, 3: {3}, 2.5: {4, 1, 9, 1}, 4: {9, 4, 1}} {
		if got := median(v); got != want {
			t.Errorf("median of %v: %v, want %v", v, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "1", 0.456: "0.46", 12.34: "12.3", 1234.6: "1,235", 1234567: "1,234,567"} {
		if got := number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
