package conformance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Result is what became of a case.
type Result struct {
	ID      string  `json:"id"`
	Level   Level   `json:"level"`
	RFC     string  `json:"rfc"`
	Area    string  `json:"area"`
	Title   string  `json:"title"`
	Test    string  `json:"test"`
	Why     string  `json:"why,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Findings are the complaints, and what was seen.
	Findings []string `json:"findings,omitempty"`
	// Missing is what a skipped case would have needed.
	Missing string `json:"missing,omitempty"`
	// Circumstances are those it ran under, In those under which it did not pass.
	Circumstances []Circumstance `json:"circumstances,omitempty"`
	In            []Circumstance `json:"in,omitempty"`
	// Reason is why the deviation is expected; Unexpected says that the verdict is
	// not the one that was expected.
	Reason     string `json:"reason,omitempty"`
	Unexpected bool   `json:"unexpected,omitempty"`
	Ms         int64  `json:"ms"`
	// Log is the conversation, under the first circumstance with the worst verdict.
	Log []Line `json:"log,omitempty"`

	retry bool
}

func newResult(c *Case) Result {
	return Result{ID: c.ID, Level: c.Level, RFC: c.RFC, Area: c.Area, Title: c.Title, Test: c.Test, Why: c.Why}
}

// join adds what a case did under one more circumstance.
func (r *Result) join(one Result) {
	v := Worse(r.Verdict, one.Verdict)
	if v != r.Verdict || r.Log == nil {
		r.Log = one.Log
	}
	r.Verdict = v
	for _, f := range one.Findings {
		if !slices.Contains(r.Findings, f) && len(r.Findings) < 20 {
			r.Findings = append(r.Findings, f)
		}
	}
	if r.Missing == "" {
		r.Missing = one.Missing
	}
	r.Circumstances = append(r.Circumstances, one.Circumstances...)
	r.In = append(r.In, one.In...)
	r.Ms += one.Ms
}

// Deviates reports whether the server left the RFC: fail or warn.
func (r *Result) Deviates() bool { return r.Verdict == Fail || r.Verdict == Warn }

// Source is where the requirement comes from: "RFC 5321 §4.2", or the name of an
// attack.
func (r *Result) Source() string {
	if r.RFC != "" && r.RFC[0] >= '0' && r.RFC[0] <= '9' {
		return "RFC " + r.RFC
	}
	return r.RFC
}

// A Report is what a run found: about a server, or about a client.
type Report struct {
	// Client is the client that was judged; empty if it was a server.
	Client      string                       `json:"client,omitempty"`
	Server      string                       `json:"server"`
	Greeting    string                       `json:"greeting"`
	Began       time.Time                    `json:"began"`
	Seconds     float64                      `json:"seconds"`
	Connections int                          `json:"connections"`
	Messages    int                          `json:"messages"`
	Offers      map[string]map[string]string `json:"offers"` // by the link
	Results     []Result                     `json:"results"`

	// Expected are the deviations that are known, with the reasons; Strict says
	// that a warning which is not among them is unexpected too.
	Expected map[string]string `json:"-"`
	Strict   bool              `json:"-"`
}

// Peer is the client or server that the report is about.
func (r *Report) Peer() string { return cmp.Or(r.Client, r.Server) }

func newReport(cfg *Config) *Report {
	server := cmp.Or(cfg.Name, cfg.Address, cfg.ImplicitTLS)
	return &Report{Server: server, Began: time.Now(), Expected: cfg.Expected, Strict: cfg.Strict}
}

// Add puts a result into the report, and says whether it was expected.
func (r *Report) Add(result Result) {
	if reason, ok := r.Expected[result.ID]; ok {
		result.Reason = reason
		result.Unexpected = result.Verdict == Pass
	} else {
		result.Unexpected = result.Verdict == Fail || result.Verdict == Error || r.Strict && result.Verdict == Warn
	}
	r.Results = append(r.Results, result)
}

func (r *Report) finish(run *run) {
	r.Seconds = time.Since(r.Began).Seconds()
	r.Connections, r.Messages, r.Offers = run.connections, run.messages, run.facts.offers
	if len(run.exchanges) > 0 {
		r.Greeting = run.exchanges[0].Reply.String()
	}
}

// Count is how many results have a verdict.
func (r *Report) Count(v Verdict) (n int) {
	for i := range r.Results {
		if r.Results[i].Verdict == v {
			n++
		}
	}
	return n
}

// Unexpected are the results that are not as they should be: a failure or an
// error that is no known deviation, or a known deviation that is none any more.
func (r *Report) Unexpected() (list []Result) {
	for _, x := range r.Results {
		if x.Unexpected {
			list = append(list, x)
		}
	}
	return list
}

// Summary is the counts in one line.
func (r *Report) Summary() string {
	var parts []string
	for _, v := range Verdicts {
		parts = append(parts, fmt.Sprintf("%d %s", r.Count(v), v))
	}
	return strings.Join(parts, ", ")
}

// WriteJSON writes the report as [ReadJSON] reads it.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(r)
}

// ReadJSON reads a report that WriteJSON wrote.
func ReadJSON(in io.Reader) (*Report, error) {
	var r Report
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return nil, fmt.Errorf("conformance: expected a report in JSON: %w", err)
	}
	if len(r.Results) == 0 {
		return nil, fmt.Errorf("conformance: expected a report in JSON, this one has no results")
	}
	return &r, nil
}

// A Change is a case whose verdict differs between two reports; an empty verdict
// says that the report does not have it.
type Change struct {
	ID          string
	Level       Level
	Title       string
	Before, Now Verdict
	Findings    []string // of the later report
}

// Diff gives the cases whose verdicts differ.
func Diff(before, now *Report) (list []Change) {
	old, current := byID(before), byID(now)
	ids := slices.Sorted(maps.Keys(old))
	for id := range current {
		if _, ok := old[id]; !ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		a, b := old[id], current[id]
		if a.Verdict == b.Verdict {
			continue
		}
		c := Change{ID: id, Level: b.Level, Title: b.Title, Before: a.Verdict, Now: b.Verdict, Findings: b.Findings}
		if b.ID == "" {
			c.Level, c.Title = a.Level, a.Title
		}
		list = append(list, c)
	}
	return list
}

func byID(r *Report) map[string]Result {
	m := map[string]Result{}
	for _, x := range r.Results {
		m[x.ID] = x
	}
	return m
}
