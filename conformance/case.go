package conformance

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// A Level is how binding a requirement is (RFC 2119).
type Level string

const (
	Must      Level = "MUST"
	MustNot   Level = "MUST NOT"
	Should    Level = "SHOULD"
	ShouldNot Level = "SHOULD NOT"
	May       Level = "MAY"
	// Robust is asked for by no RFC: what is right by common sense, or what a
	// published attack teaches.
	Robust Level = "robust"
)

// Breach is the verdict that a breach of a requirement of this level leads to.
func (l Level) Breach() Verdict {
	switch l {
	case Must, MustNot:
		return Fail
	case Should, ShouldNot, Robust:
		return Warn
	}
	return Pass
}

// A Verdict is what became of a case. Later ones outweigh earlier ones.
type Verdict string

const (
	Skipped Verdict = "skipped" // something was missing; Result.Missing says what
	Pass    Verdict = "pass"
	Warn    Verdict = "warn"  // a SHOULD is not kept, or what nearly all servers forgive
	Error   Verdict = "error" // it could not be judged
	Fail    Verdict = "fail"  // a MUST is not kept
)

// Verdicts are all of them, the worst first.
var Verdicts = []Verdict{Fail, Error, Warn, Pass, Skipped}

// Worse is the worse one of two verdicts.
func Worse(a, b Verdict) Verdict {
	if slices.Index(Verdicts, b) < slices.Index(Verdicts, a) {
		return b
	}
	return a
}

// A Case is one requirement and how to see whether it is kept.
type Case struct {
	// ID never changes and is never used for another requirement.
	ID string
	// Level is how binding the requirement is.
	Level Level
	// RFC are the sections that it was read from: "5321 §3.1; §4.2; 7504 §3".
	RFC string
	// Title is the requirement in one sentence.
	Title string
	// Test says what is sent and which answers lead to which verdict.
	Test string
	// Why says what harm it does where the requirement is not kept. Empty: the
	// reason of the whole area.
	Why string
	// Needs are what has to be there: words with a comma between, such as
	// "ext:SIZE, recipient"; docs/conformance.md explains them.
	Needs string
	// Vary are the circumstances over which the case is run, with spaces between:
	// link, cut, login. Empty: once.
	Vary string
	// Alone says that no other case may run meanwhile: it takes what others need.
	Alone bool
	// Area is the chapter, set by Cases.
	Area string
	// Run talks to the server and complains; nil for a case that looks at what all
	// others saw.
	Run func(*T)
	// Over judges one exchange of any other case: an empty text is no complaint.
	Over func(*Exchange) (Verdict, string)
}

// needs are the single words of Needs.
func (c *Case) needs() (list []string) {
	for _, word := range strings.Split(c.Needs, ",") {
		if word = strings.TrimSpace(word); word != "" && word != "none" {
			list = append(list, word)
		}
	}
	return list
}

// Section is the first RFC that the case cites, such as "5321".
func (c *Case) Section() string {
	rfc, _, _ := strings.Cut(c.RFC, " ")
	return rfc
}

// An area is a chapter of the suite.
type area struct {
	name  string
	why   string
	cases []Case
}

// Cases are all cases, in the order in which they run. The caller may change the
// slice, not what the functions do.
func Cases() []Case { return slices.Clone(allCases()) }

var allCases = sync.OnceValue(func() []Case {
	var list []Case
	for _, a := range areas() {
		for _, c := range a.cases {
			c.Area = a.name
			if c.Why == "" {
				c.Why = a.why
			}
			list = append(list, c)
		}
	}
	return list
})

// Find gives the case with an id, and false if there is none.
func Find(id string) (Case, bool) {
	for _, c := range allCases() {
		if c.ID == id {
			return c, true
		}
	}
	return Case{}, false
}

// A Selection says which cases to run. The zero value is all of them.
type Selection struct {
	IDs    []string // ids, or patterns with * at the end
	RFCs   []string // numbers: "5321", or with a section: "5321 §4.1.1.4"
	Levels []Level  // MUST stands for MUST NOT too, and SHOULD likewise
	Areas  []string // names of areas
	Skip   []string // ids or patterns that are left out
}

func matches(patterns []string, id string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if prefix, ok := strings.CutSuffix(p, "*"); ok {
			return strings.HasPrefix(id, prefix)
		}
		return p == id
	})
}

// cites reports whether a case cites one of the RFCs or sections.
func (c *Case) cites(list []string) bool {
	return slices.ContainsFunc(list, func(want string) bool {
		number, section, whole := strings.Cut(strings.TrimPrefix(strings.TrimSpace(want), "RFC "), " ")
		current := ""
		for _, part := range strings.Split(c.RFC, ";") {
			words := strings.Fields(part)
			for _, word := range words {
				if !strings.HasPrefix(word, "§") {
					current = word
				}
				if current == number && (!whole || word == section || strings.HasPrefix(word, section+".")) {
					return true
				}
			}
		}
		return false
	})
}

// Select gives the cases that a selection names. A pattern, level or area that
// names nothing is an error.
func (s Selection) Select() ([]Case, error) { return s.From(allCases()) }

// From is Select from other cases than those of this package.
func (s Selection) From(all []Case) ([]Case, error) {
	for _, p := range slices.Concat(s.IDs, s.Skip) {
		if !slices.ContainsFunc(all, func(c Case) bool { return matches([]string{p}, c.ID) }) {
			return nil, fmt.Errorf("conformance: no case is called %q", p)
		}
	}
	for _, a := range s.Areas {
		if !slices.ContainsFunc(all, func(c Case) bool { return c.Area == a }) {
			return nil, fmt.Errorf("conformance: no area is called %q; there are: %s", a, strings.Join(areasOf(all), ", "))
		}
	}
	for _, r := range s.RFCs {
		if !slices.ContainsFunc(all, func(c Case) bool { return c.cites([]string{r}) }) {
			return nil, fmt.Errorf("conformance: no case cites %q; expected a number and perhaps a section, such as \"5321 §4.1.1.4\"", r)
		}
	}
	var list []Case
	for _, c := range all {
		level := Level(strings.TrimSuffix(string(c.Level), " NOT"))
		switch {
		case len(s.IDs) > 0 && !matches(s.IDs, c.ID),
			matches(s.Skip, c.ID),
			len(s.RFCs) > 0 && !c.cites(s.RFCs),
			len(s.Levels) > 0 && !slices.Contains(s.Levels, c.Level) && !slices.Contains(s.Levels, level),
			len(s.Areas) > 0 && !slices.Contains(s.Areas, c.Area):
			continue
		}
		list = append(list, c)
	}
	return list, nil
}

// Areas are the names of the areas, in order.
func Areas() []string { return areasOf(allCases()) }

func areasOf(all []Case) (names []string) {
	for _, c := range all {
		if !slices.Contains(names, c.Area) {
			names = append(names, c.Area)
		}
	}
	return names
}
