package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/conformance/client"
)

// isTerminal reports whether w is a terminal that a person looks at.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// progress shows a bar on standard error if that is a terminal, and gives what
// takes it off.
func (a *app) progress(told *func(done, of int, r conformance.Result)) (done func()) {
	if !isTerminal(a.stderr) {
		return func() {}
	}
	bar := progressbar.NewOptions(1,
		progressbar.OptionSetWriter(a.stderr),
		progressbar.OptionSetDescription("asking"),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond),
	)
	failed := 0
	*told = func(n, of int, r conformance.Result) {
		if r.Verdict == conformance.Fail {
			failed++
		}
		bar.ChangeMax(of)
		bar.Describe(fmt.Sprintf("%d failed", failed))
		bar.Set(n)
	}
	return func() { bar.Clear() }
}

// An output is a file to write, and what.
type output struct {
	name  string // empty: none; -: standard output
	write func(io.Writer) error
}

// to writes one output, whole or not at all.
func (a *app) to(out output) error {
	if out.name == "" {
		return nil
	}
	var b bytes.Buffer
	if err := out.write(&b); err != nil {
		return err
	}
	if out.name == "-" {
		_, err := a.stdout.Write(b.Bytes())
		return err
	}
	if err := os.WriteFile(out.name, b.Bytes(), 0o644); err != nil {
		return usageError("%v", err)
	}
	return nil
}

// write writes a report in all forms that the flags ask for.
func (a *app) write(r *conformance.Report, f *outFlags) error {
	for _, out := range []output{{f.JSON, r.WriteJSON}, {f.JUnit, r.WriteJUnit}, {f.HTML, r.WriteHTML}} {
		if err := a.to(out); err != nil {
			return err
		}
	}
	if slices.Contains([]string{f.JSON, f.JUnit, f.HTML}, "-") {
		return nil
	}
	if f.Quiet {
		_, err := fmt.Fprintln(a.stdout, r.Summary())
		return err
	}
	return r.WriteTextStyle(a.stdout, conformance.TextStyle{Colour: isTerminal(a.stdout) && os.Getenv("NO_COLOR") == "", All: f.All, Log: f.Log})
}

func readReport(name string) (*conformance.Report, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, usageError("%v", err)
	}
	defer file.Close()
	r, err := conformance.ReadJSON(file)
	if err != nil {
		return nil, usageError("%s: %s", name, strings.TrimPrefix(err.Error(), "conformance: "))
	}
	return r, nil
}

// matrix puts stored reports side by side.
func (a *app) matrix(f *matrixFlags) error {
	var reports []*conformance.Report
	for _, name := range f.Files {
		r, err := readReport(name)
		if err != nil {
			return err
		}
		reports = append(reports, r)
	}
	m := conformance.NewMatrix(f.Title, reports...)
	if f.HTML == "" && f.Markdown == "" {
		f.Markdown = "-"
	}
	for _, out := range []output{{f.HTML, m.WriteHTML}, {f.Markdown, m.WriteMarkdown}} {
		if err := a.to(out); err != nil {
			return err
		}
	}
	return nil
}

// report writes a stored report in other forms.
func (a *app) report(f *reportFlags) error {
	r, err := readReport(f.File)
	if err != nil {
		return err
	}
	return a.write(r, &f.outFlags)
}

// diff compares two reports.
func (a *app) diff(f *diffFlags) error {
	before, err := readReport(f.Before)
	if err != nil {
		return err
	}
	now, err := readReport(f.Now)
	if err != nil {
		return err
	}
	changes := conformance.Diff(before, now)
	worse := 0
	for _, c := range changes {
		mark := " "
		if slices.Index(conformance.Verdicts, c.Now) < slices.Index(conformance.Verdicts, c.Before) && c.Now != conformance.Pass && c.Now != "" {
			mark = "!"
			worse++
		}
		fmt.Fprintf(a.stdout, "%s %-28s %-8s -> %-8s %s (%s)\n", mark, c.ID, or(c.Before, "absent"), or(c.Now, "absent"), c.Title, c.Level)
		for _, finding := range c.Findings {
			fmt.Fprintf(a.stdout, "    %s\n", finding)
		}
	}
	fmt.Fprintf(a.stdout, "%d verdicts differ, %d are worse\n", len(changes), worse)
	if worse > 0 {
		return &exitError{exitFail, fmt.Errorf("%d verdicts are worse than in %s", worse, f.Before)}
	}
	return nil
}

func or(v conformance.Verdict, other string) string {
	if v == "" {
		return other
	}
	return string(v)
}

// list lists cases, areas, or what is covered.
func (a *app) list(f *listFlags) error {
	switch {
	case f.Coverage && f.Client:
		for _, u := range client.Uncovered() {
			fmt.Fprintf(a.stdout, "%-28s %-10s %s: %s\n    %s\n", u.ID, u.Level, u.RFC, u.Title, u.Reason)
		}
		fmt.Fprintf(a.stdout, "%d requirements on clients have a case, %d have none\n", len(client.Cases()), len(client.Uncovered()))
		return nil
	case f.Coverage:
		return a.coverage(f.JSON)
	case f.Areas:
		report := conformance.Report{}
		for _, c := range f.cases() {
			report.Add(conformance.Result{Area: c.Area, Verdict: conformance.Pass})
		}
		for _, row := range report.ByArea() {
			fmt.Fprintf(a.stdout, "%4d  %s\n", row.Counts[conformance.Pass], row.Name)
		}
		return nil
	}
	all := f.cases()
	s, err := f.selection(all)
	if err != nil {
		return err
	}
	cases, err := s.From(all)
	if err != nil {
		return err
	}
	if f.JSON {
		type row struct {
			ID    string            `json:"id"`
			Level conformance.Level `json:"level"`
			RFC   string            `json:"rfc"`
			Area  string            `json:"area"`
			Needs string            `json:"needs"`
			Title string            `json:"title"`
		}
		var rows []row
		for _, c := range cases {
			rows = append(rows, row{c.ID, c.Level, c.RFC, c.Area, c.Needs, c.Title})
		}
		return a.json(rows)
	}
	for _, c := range cases {
		fmt.Fprintf(a.stdout, "%-28s %-10s %s (%s)\n", c.ID, c.Level, c.Title, c.RFC)
	}
	fmt.Fprintf(a.stdout, "%d cases\n", len(cases))
	return nil
}

// cases are those of the suite that the flags name.
func (f *listFlags) cases() []conformance.Case {
	if f.Client {
		return client.Requirements()
	}
	return conformance.Cases()
}

func (a *app) json(v any) error {
	e := json.NewEncoder(a.stdout)
	e.SetIndent("", " ")
	return e.Encode(v)
}

// coverage says how many of the known requirements have a case.
func (a *app) coverage(asJSON bool) error {
	byRFC := conformance.CoverageBy(func(_ string, _ conformance.Level, rfc string) string {
		number, _, _ := strings.Cut(rfc, " ")
		return number
	})
	byLevel := conformance.CoverageBy(func(_ string, level conformance.Level, _ string) string { return string(level) })
	if asJSON {
		return a.json(map[string]any{"byRFC": byRFC, "byLevel": byLevel, "uncovered": conformance.UncoveredRequirements()})
	}
	for _, rows := range [][]conformance.Coverage{byRFC, byLevel} {
		fmt.Fprintf(a.stdout, "%-12s %8s %8s %12s %12s\n", "", "known", "covered", "not visible", "not covered")
		for _, c := range rows {
			fmt.Fprintf(a.stdout, "%-12s %8d %8d %12d %12d\n", c.Name, c.All(), c.Covered, c.Unseen, c.Missing)
		}
		fmt.Fprintln(a.stdout)
	}
	for _, u := range conformance.UncoveredRequirements() {
		fmt.Fprintf(a.stdout, "%-28s %-10s RFC %s: %s\n    %s\n", u.ID, u.Level, u.RFC, u.Title, u.Reason)
	}
	return nil
}

// explain tells what a case is about.
func (a *app) explain(f *explainFlags) error {
	about := a.explainClient(f.ID)
	c, ok := conformance.Find(f.ID)
	if ok && about {
		fmt.Fprintln(a.stdout)
	}
	if !ok {
		for _, u := range conformance.UncoveredRequirements() {
			if u.ID == f.ID {
				fmt.Fprintf(a.stdout, "%s: %s (RFC %s)\n%s\n\nNo case: %s\n", u.ID, u.Level, u.RFC, u.Title, u.Reason)
				return nil
			}
		}
		if about {
			return nil
		}
		return usageError("no case is called %q; smtpconform list shows them all", f.ID)
	}
	fmt.Fprintf(a.stdout, "%s: %s (RFC %s)\n\n%s\n\nWhy it matters: %s\nSent and expected: %s\n", c.ID, c.Level, c.RFC, c.Title, c.Why, c.Test)
	if c.Needs != "" {
		fmt.Fprintf(a.stdout, "Needs: %s\n", c.Needs)
	}
	if c.Vary != "" {
		fmt.Fprintf(a.stdout, "Run under pairs of: %s\n", strings.Join(strings.Fields(c.Vary), ", "))
	}
	if c.Over != nil {
		fmt.Fprintln(a.stdout, "It looks at what all other cases saw.")
	}
	return nil
}
