package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// A judgement is a line that says which replies lead to which verdict:
//
//	250 251; warn 252; error 4yz; else fail
//
// Words before the first semicolon pass. A code goes before a class. What is not
// named breaks the requirement, and the case's level says how bad that is; but a
// 421, a 4yz, a lost connection or a missing reply that is not named is an
// error: nothing was learnt.
type judgement struct {
	groups []group
	other  string // the verdict of what is not named; empty: that of the level
}

type group struct {
	verdict string
	words   []string
}

func parseJudgement(spec string) (j judgement) {
	for i, part := range strings.Split(spec, ";") {
		words := strings.Fields(part)
		g := group{verdict: "pass", words: words}
		if len(words) > 0 && slices.Contains([]string{"pass", "warn", "fail", "error", "record", "skip", "else"}, words[0]) {
			g.verdict, g.words = words[0], words[1:]
		} else if i > 0 {
			panic(fmt.Sprintf("conformance: the judgement %q: expected a verdict before %q", spec, part))
		}
		if g.verdict == "else" {
			if len(g.words) != 1 {
				panic(fmt.Sprintf("conformance: the judgement %q: expected one verdict behind else", spec))
			}
			j.other = g.words[0]
			continue
		}
		j.groups = append(j.groups, g)
	}
	return j
}

// of gives the verdict's word for a reply; empty if nothing names it.
func (j judgement) of(r Reply) string {
	for _, classes := range []bool{false, true} {
		for _, g := range j.groups {
			for _, word := range g.words {
				if strings.HasSuffix(word, "yz") == classes && word != "any" && r.is(word) {
					return g.verdict
				}
			}
		}
	}
	for _, g := range j.groups {
		if slices.Contains(g.words, "any") && r.is("any") {
			return g.verdict
		}
	}
	return ""
}

// expected are the replies that pass, for a message.
func (j judgement) expected() string {
	for _, g := range j.groups {
		if g.verdict == "pass" {
			return strings.Join(g.words, ", ")
		}
	}
	return "something else"
}

// Want judges the reply by a line such as "250 251; warn 252; else fail" and
// reports whether it passed.
func (r Reply) Want(spec string) bool {
	j := parseJudgement(spec)
	verdict := j.of(r)
	accepts := slices.ContainsFunc(j.groups, func(g group) bool {
		return g.verdict == "pass" && slices.ContainsFunc(g.words, func(w string) bool { return w[0] == '2' || w[0] == '3' })
	})
	if verdict == "" {
		switch {
		case r.Err != nil, r.Code == 421:
			verdict = "error"
		case r.Code/100 == 4 && j.other == "":
			verdict = "later"
		case accepts && r.Code == 530:
			verdict = "skip"
		case accepts && r.policy():
			verdict = "error"
		case j.other != "":
			verdict = j.other
		default:
			verdict = "level"
		}
	}
	what := fmt.Sprintf("%s: expected %s, got %s", r.Command, j.expected(), r)
	switch verdict {
	case "pass":
		return true
	case "warn":
		r.t.Warnf("%s", what)
	case "fail":
		r.t.Failf("%s", what)
	case "record":
		r.t.Recordf("%s: %s", r.Command, r)
	case "skip":
		r.t.Skipf("%s", what)
	case "later":
		r.t.later(what)
	case "error":
		r.t.Errorf("%s", what)
	default:
		r.t.Complainf("%s", what)
	}
	return false
}

// Need is for steps on the way to what a case is about: any other reply than
// those named is an error, and ends the case.
func (r Reply) Need(words ...string) Reply {
	if slices.ContainsFunc(words, r.is) {
		return r
	}
	if r.Code == 530 {
		r.t.Skipf("leave to go on without AUTH or TLS: %s got %s", r.Command, r)
	}
	what := fmt.Sprintf("on the way there, %s: expected %s, got %s", r.Command, strings.Join(words, ", "), r)
	if r.Code/100 == 4 && r.Code != 421 {
		r.t.later(what)
	}
	r.t.Errorf("%s", what)
	return r
}

// Record keeps what was seen.
func (r Reply) Record() Reply {
	r.t.Recordf("%s: %s", r.Command, r)
	return r
}
