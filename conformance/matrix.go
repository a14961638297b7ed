package conformance

import (
	"bufio"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

// A Matrix shows the reports of many servers, or of many clients, side by side.
type Matrix struct {
	Title string
	// Reports are the columns, in the order given.
	Reports []*Report
	// Rows are the cases, in the order of the suite.
	Rows []MatrixRow
}

// A MatrixRow is one case.
type MatrixRow struct {
	ID, RFC, Area, Title string
	Level                Level
	// Cells are what became of it, a report each; a report that does not have the
	// case has a Result without a verdict.
	Cells []Result
}

// NewMatrix puts reports side by side.
func NewMatrix(title string, reports ...*Report) *Matrix {
	m := &Matrix{Title: title, Reports: reports}
	at := map[string]int{}
	for column, r := range reports {
		for _, x := range r.Results {
			i, ok := at[x.ID]
			if !ok {
				i = len(m.Rows)
				at[x.ID] = i
				m.Rows = append(m.Rows, MatrixRow{ID: x.ID, RFC: x.RFC, Area: x.Area, Title: x.Title, Level: x.Level, Cells: make([]Result, len(reports))})
			}
			m.Rows[i].Cells[column] = x
		}
	}
	return m
}

// Deviates reports whether the case did not pass somewhere where it ran.
func (r *MatrixRow) Deviates() bool { return r.Worst() != Pass && r.Worst() != Skipped }

// Worst is the worst verdict in the row.
func (r *MatrixRow) Worst() Verdict {
	worst := Skipped
	for i := range r.Cells {
		if r.Cells[i].Verdict != "" {
			worst = Worse(worst, r.Cells[i].Verdict)
		}
	}
	return worst
}

// Sign is the verdict in one character: none where it passed, a dot where it did
// not run.
func (r *Result) Sign() string {
	switch r.Verdict {
	case Fail:
		return "F"
	case Error:
		return "E"
	case Warn:
		return "w"
	case Pass:
		return ""
	}
	return "·"
}

// areas are the names of the areas in the order of the rows.
func (m *Matrix) areas() (names []string) {
	for i := range m.Rows {
		if !slices.Contains(names, m.Rows[i].Area) {
			names = append(names, m.Rows[i].Area)
		}
	}
	return names
}

// count is how often each verdict stands in a column, in one area or in all.
func (m *Matrix) count(column int, area string) map[Verdict]int {
	n := map[Verdict]int{}
	for i := range m.Rows {
		if area == "" || m.Rows[i].Area == area {
			n[m.Rows[i].Cells[column].Verdict]++
		}
	}
	return n
}

// WriteMarkdown writes the matrix as tables in Markdown. Nothing in it changes
// from run to run while the verdicts do not.
func (m *Matrix) WriteMarkdown(out io.Writer) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "| |")
	for _, v := range Verdicts {
		fmt.Fprintf(w, " %s |", v)
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("--:|", len(Verdicts)))
	for column, r := range m.Reports {
		fmt.Fprintf(w, "| %s |", r.Peer())
		n := m.count(column, "")
		for _, v := range Verdicts {
			fmt.Fprintf(w, " %d |", n[v])
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\n## By area\n\nA cell has what failed, what could not be judged (E) and what is warned of (w); nothing where all passed, a dot where nothing ran.\n\n")
	m.head(w, "area")
	for _, area := range m.areas() {
		fmt.Fprintf(w, "| %s |", area)
		for column := range m.Reports {
			fmt.Fprintf(w, " %s |", summed(m.count(column, area)))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\n## By case\n\nF: a MUST is not kept. w: a SHOULD is not kept, or what nearly all forgive. E: it could not be judged. A dot: it did not run. Nothing: it passed. Cases that nobody deviates in are left out.\n")
	for _, area := range m.areas() {
		first := true
		for i := range m.Rows {
			row := &m.Rows[i]
			if row.Area != area || !row.Deviates() {
				continue
			}
			if first {
				fmt.Fprintf(w, "\n### %s\n\n", area)
				m.head(w, "case")
				first = false
			}
			fmt.Fprintf(w, "| %s |", row.ID)
			for c := range row.Cells {
				fmt.Fprintf(w, " %s |", row.Cells[c].Sign())
			}
			fmt.Fprintln(w)
		}
	}
	return w.Flush()
}

func (m *Matrix) head(w io.Writer, first string) {
	fmt.Fprintf(w, "| %s |", first)
	for _, r := range m.Reports {
		fmt.Fprintf(w, " %s |", r.Peer())
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat(":-:|", len(m.Reports)))
}

// summed is a cell of an area.
func summed(n map[Verdict]int) string {
	var parts []string
	for _, x := range []struct {
		v    Verdict
		sign string
	}{{Fail, " F"}, {Error, " E"}, {Warn, " w"}} {
		if n[x.v] > 0 {
			parts = append(parts, fmt.Sprint(n[x.v])+x.sign)
		}
	}
	if len(parts) == 0 && n[Pass] == 0 {
		return "·"
	}
	return strings.Join(parts, ", ")
}

//go:embed matrix.html
var matrixText string

var matrixPage = template.Must(template.New("matrix").Funcs(template.FuncMap{
	"class": func(v Verdict) string { return "v-" + string(v) },
}).Parse(matrixText))

// WriteHTML writes the matrix as one HTML page that needs nothing else, with a
// filter, a search, and for each case what each did.
func (m *Matrix) WriteHTML(w io.Writer) error {
	type counted struct {
		Peer   string
		Counts []int
	}
	var rows []counted
	for column, r := range m.Reports {
		n := m.count(column, "")
		c := counted{Peer: r.Peer()}
		for _, v := range Verdicts {
			c.Counts = append(c.Counts, n[v])
		}
		rows = append(rows, c)
	}
	return matrixPage.Execute(w, map[string]any{"Matrix": m, "Verdicts": Verdicts, "Counts": rows, "Areas": m.areas()})
}
