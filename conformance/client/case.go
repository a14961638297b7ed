package client

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/tabellarius/tabellarius/conformance"
)

// The levels, of package conformance.
const (
	Must      = conformance.Must
	MustNot   = conformance.MustNot
	Should    = conformance.Should
	ShouldNot = conformance.ShouldNot
	May       = conformance.May
	Robust    = conformance.Robust
)

// A Case is one requirement on a client, and how to see whether it is kept.
type Case struct {
	// ID never changes and is never used for another requirement.
	ID string
	// Level is how binding the requirement is; Robust: no RFC has it.
	Level conformance.Level
	// RFC are the sections that it was read from, or the attack that it is about.
	RFC string
	// Title is the requirement in one sentence.
	Title string
	// Script is what the server does otherwise than the base script; Right is what a
	// right client does and, behind =>, the outcomes that it may report.
	Script, Right string
	// Needs are what has to be there, with a comma between: tls, auth, auth:NAME,
	// ext:KEYWORD, opt:NAME, lmtp, slow. docs/clients.md explains them.
	Needs string
	// Why says what harm it does where the requirement is not kept. Empty: the
	// reason of the whole area.
	Why string
	// Area is the chapter, set by Cases.
	Area string
	// Run lets the client send, once or several times, and complains.
	Run func(*T)
}

// needs are the single words of Needs.
func (c *Case) needs() (list []string) {
	for word := range strings.SplitSeq(c.Needs, ",") {
		if word = strings.TrimSpace(word); word != "" && word != "none" {
			list = append(list, word)
		}
	}
	return list
}

// test is Script and Right in one text.
func (c *Case) test() string {
	if c.Script == "" {
		return c.Right
	}
	return c.Script + ". " + c.Right
}

// requirement is what package conformance's selections and reports know of a case.
func (c *Case) requirement() conformance.Case {
	return conformance.Case{ID: c.ID, Level: c.Level, RFC: c.RFC, Title: c.Title, Test: c.test(), Why: c.Why, Needs: c.Needs, Area: c.Area}
}

// Cases are all cases, in the order in which they run.
func Cases() []Case { return slices.Clone(allCases()) }

var allCases = sync.OnceValue(func() (list []Case) {
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

// Requirements are the cases as package conformance knows those on servers, for
// lists of both.
func Requirements() (list []conformance.Case) {
	for _, c := range allCases() {
		list = append(list, c.requirement())
	}
	return list
}

// Find gives the case with an id, and false if there is none.
func Find(id string) (Case, bool) {
	for _, c := range allCases() {
		if c.ID == id {
			return c, true
		}
	}
	return Case{}, false
}

// Select gives the cases that a selection names.
func Select(s conformance.Selection) (list []Case, err error) {
	chosen, err := s.From(Requirements())
	for i := range chosen {
		c, _ := Find(chosen[i].ID)
		list = append(list, c)
	}
	return list, err
}

//go:embed uncovered.tsv
var uncoveredText string

// Uncovered are the requirements that are known and have no case, each with the
// reason. They stand in uncovered.tsv.
func Uncovered() (list []conformance.Uncovered) {
	for line := range strings.Lines(uncoveredText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) == 6 && !strings.HasPrefix(line, "#") {
			list = append(list, conformance.Uncovered{ID: f[0], Level: conformance.Level(f[1]), RFC: f[2], Needs: f[3], Reason: f[4], Title: f[5]})
		}
	}
	return list
}
