package conformance

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A TextStyle says how a report is written for a terminal. The zero value has no
// colour and shows what does not pass.
type TextStyle struct {
	Colour bool
	All    bool // also what passed or was skipped
	Log    bool // the conversation of what did not pass
}

var colours = map[Verdict]string{Fail: "31", Error: "35", Warn: "33", Pass: "32", Skipped: "2"}

func (s TextStyle) verdict(v Verdict) string {
	word := fmt.Sprintf("%-7s", v)
	if s.Colour {
		return "\x1b[" + colours[v] + "m" + word + "\x1b[0m"
	}
	return word
}

// WriteText writes the report for a terminal.
func (r *Report) WriteText(w io.Writer) error { return r.WriteTextStyle(w, TextStyle{}) }

// WriteTextStyle is WriteText in a style.
func (r *Report) WriteTextStyle(out io.Writer, style TextStyle) error {
	w := bufio.NewWriter(out)
	if r.Client != "" {
		fmt.Fprintln(w, r.Client)
	} else {
		fmt.Fprintf(w, "%s, which greets with: %s\n", r.Server, r.Greeting)
	}
	for _, link := range slices.Sorted(maps.Keys(r.Offers)) {
		var words []string
		for _, keyword := range slices.Sorted(maps.Keys(r.Offers[link])) {
			words = append(words, strings.TrimSpace(keyword+" "+r.Offers[link][keyword]))
		}
		fmt.Fprintf(w, "  %s: %s\n", link, strings.Join(words, ", "))
	}
	area := ""
	for i := range r.Results {
		x := &r.Results[i]
		if !style.All && !x.Unexpected && (x.Verdict == Pass || x.Verdict == Skipped) {
			continue
		}
		if x.Area != area {
			area = x.Area
			fmt.Fprintf(w, "\n%s\n", area)
		}
		fmt.Fprintf(w, "  %s %s (%s, %s): %s\n", style.verdict(x.Verdict), x.ID, x.Level, x.Source(), x.Title)
		for _, f := range x.Findings {
			fmt.Fprintf(w, "          %s\n", f)
		}
		if x.Missing != "" {
			fmt.Fprintf(w, "          missing: %s\n", x.Missing)
		}
		if len(x.In) > 0 && len(x.In) < len(x.Circumstances) {
			for _, c := range x.In {
				fmt.Fprintf(w, "          only: %s\n", c)
			}
		}
		switch {
		case x.Reason != "" && x.Unexpected:
			fmt.Fprintf(w, "          expected to deviate, and does not: %s\n", x.Reason)
		case x.Reason != "":
			fmt.Fprintf(w, "          known: %s\n", x.Reason)
		}
		if style.Log && x.Verdict != Pass {
			for _, l := range x.Log {
				fmt.Fprintf(w, "            %d %s: %s\n", l.Conn, l.From, l.Text)
			}
		}
	}
	fmt.Fprintf(w, "\n%-12s", "")
	for _, v := range Verdicts {
		fmt.Fprintf(w, "%9s", v)
	}
	fmt.Fprintln(w)
	for _, row := range r.ByLevel() {
		fmt.Fprintf(w, "%-12s", row.Name)
		for _, v := range Verdicts {
			fmt.Fprintf(w, "%9d", row.Counts[v])
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\n%d cases in %.1f s, %d connections, %d messages\n", len(r.Results), r.Seconds, r.Connections, r.Messages)
	return w.Flush()
}

// A Row counts verdicts under a name.
type Row struct {
	Name   string
	Counts map[Verdict]int
}

// ByLevel counts by level, with a row for all at the end.
func (r *Report) ByLevel() []Row {
	rows := r.rows(func(x *Result) string { return string(x.Level) }, []string{"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "robust"})
	all := Row{"all", map[Verdict]int{}}
	for i := range r.Results {
		all.Counts[r.Results[i].Verdict]++
	}
	return append(rows, all)
}

// ByRFC counts by the first RFC that a case cites.
func (r *Report) ByRFC() []Row {
	return r.rows(func(x *Result) string {
		if source := x.Source(); !strings.HasPrefix(source, "RFC ") {
			return "no RFC"
		}
		c := Case{RFC: x.RFC}
		return "RFC " + strings.TrimSuffix(c.Section(), ";")
	}, nil)
}

// ByArea counts by area, in order.
func (r *Report) ByArea() []Row {
	var order []string
	for i := range r.Results {
		if area := r.Results[i].Area; !slices.Contains(order, area) {
			order = append(order, area)
		}
	}
	return r.rows(func(x *Result) string { return x.Area }, order)
}

func (r *Report) rows(name func(*Result) string, order []string) (rows []Row) {
	counts := map[string]map[Verdict]int{}
	for i := range r.Results {
		n := name(&r.Results[i])
		if counts[n] == nil {
			counts[n] = map[Verdict]int{}
		}
		counts[n][r.Results[i].Verdict]++
	}
	if order == nil {
		order = slices.Sorted(maps.Keys(counts))
	}
	for _, n := range order {
		if counts[n] != nil {
			rows = append(rows, Row{n, counts[n]})
		}
	}
	return rows
}
