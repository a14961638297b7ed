package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/conformance/client"
)

type newFlags struct {
	ID     string `arg:"" help:"Id of the case that is to be: words of small letters and digits with hyphens between, the first one the area."`
	Client bool   `help:"A case about clients."`
}

// serverCase and clientCase are the entries that a new case begins with.
const serverCase = `	{ID: %q, Level: Must, RFC: "5321 §",
		Title: "The requirement in one sentence.",
		Test:  "What is sent; the replies that pass, and what others lead to",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("NOOP").Want("250")
		}},
`

const clientCase = `	{ID: %q, Level: Must, RFC: "5321 §",
		Title:  "The requirement in one sentence.",
		Script: "What the server does otherwise than the base script",
		Right:  "C: what is seen on the wire => the outcomes that may be reported",
		Run: func(t *T) {
			s := t.Play(On("MAIL", "250 ok"))
			s.Outcome("accepted")
		}},
`

// skeleton prints what a new case begins with, and says where it goes.
func (a *app) skeleton(f *newFlags) error {
	if !regexp.MustCompile(`^[a-z0-9]+(-[a-zA-Z0-9]+)+$`).MatchString(f.ID) {
		return usageError("expected an id such as greet-554: words of small letters and digits with hyphens between, got %q", f.ID)
	}
	cases, text, uncovered, folder := conformance.Cases(), serverCase, conformance.UncoveredRequirements(), "conformance"
	if f.Client {
		cases, text, uncovered, folder = client.Requirements(), clientCase, client.Uncovered(), "conformance/client"
	}
	word, _, _ := strings.Cut(f.ID, "-")
	area := ""
	for _, c := range cases {
		if c.ID == f.ID {
			return usageError("there is a case %s already; smtpconform explain %s tells what it is about", f.ID, f.ID)
		}
		if strings.HasPrefix(c.ID, word+"-") {
			area = c.Area
		}
	}
	fmt.Fprintf(a.stdout, text, f.ID)
	where := "into a slice of its own, which areas in " + folder + " names"
	if area != "" {
		where = fmt.Sprintf("beside the cases %s-… of the area %q, in %s", word, area, folder)
	}
	fmt.Fprintf(a.stderr, "The entry goes %s. A fault that it has to find goes into %s/mutants_test.go.\n", where, folder)
	for _, u := range uncovered {
		if u.ID == f.ID {
			fmt.Fprintf(a.stderr, "It stands in %s/uncovered.tsv, and is deleted there: %s, RFC %s: %s\n", folder, u.Level, u.RFC, u.Title)
		}
	}
	return nil
}
