package client

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Seen is what came over the wire in a Play, and what the client reported. Its
// methods complain where that is not as they say.
type Seen struct {
	Job      *Job
	Answer   *Answer // nil: nobody can tell
	Conns    []*Conn
	Messages []*Message    // the transactions, in order
	Took     time.Duration // from the job to the answer

	t    *T
	play *play
}

// Lines are the command lines of all connections, in order.
func (s *Seen) Lines() (list []*Line) {
	for _, c := range s.Conns {
		list = append(list, c.Lines...)
	}
	slices.SortStableFunc(list, func(a, b *Line) int { return a.At.Compare(b.At) })
	return list
}

// Find gives the command lines that fit a rule as On has it.
func (s *Seen) Find(what string) (list []*Line) {
	r := parseRule(what)
	for _, c := range s.Conns {
		for _, l := range c.Lines {
			if r.fits(c, l) {
				list = append(list, l)
			}
		}
	}
	return list
}

// Verbs are the verbs in order, with spaces between.
func (s *Seen) Verbs() string {
	var list []string
	for _, l := range s.Lines() {
		list = append(list, l.Verb)
	}
	return strings.Join(list, " ")
}

// Order complains unless the verbs are as a regular expression says, all of them:
// "EHLO MAIL( RCPT)+ DATA QUIT".
func (s *Seen) Order(pattern string) {
	if verbs := s.Verbs(); !regexp.MustCompile("^(" + pattern + ")$").MatchString(verbs) {
		s.t.Complainf("expected the commands %s, got %s", pattern, verbs)
	}
}

// Never complains about commands that fit: "MAIL", "clear AUTH".
func (s *Seen) Never(what ...string) {
	for _, w := range what {
		if found := s.Find(w); len(found) > 0 {
			s.t.Harmf("expected no %s, got %.200q", w, found[0].Raw)
		}
	}
}

// Some complains unless there are commands that fit each.
func (s *Seen) Some(what ...string) {
	for _, w := range what {
		if len(s.Find(w)) == 0 {
			s.t.Complainf("expected %s, got none of it, but: %s", w, s.Verbs())
		}
	}
}

// Times complains unless there are so many commands that fit.
func (s *Seen) Times(n int, what string) {
	if got := len(s.Find(what)); got != n {
		s.t.Complainf("expected %s %d times, got it %d times", what, n, got)
	}
}

// NoContent complains about any octet of content.
func (s *Seen) NoContent() {
	for _, m := range s.Messages {
		if len(m.Wire) > 0 || len(m.Chunks) > 0 {
			s.t.Harmf("expected no content, got %d octets of it", len(m.Wire))
		}
	}
}

// LockStep complains about commands that came before the reply to the one before
// them, and about early content.
func (s *Seen) LockStep() { s.InTime("any", "dot") }

// InTime complains about commands that fit and came before the reply to the one
// before them; "dot" is content before the reply to DATA.
func (s *Seen) InTime(what ...string) {
	for _, w := range what {
		for _, l := range s.Find(w) {
			if l.Early {
				s.t.Complainf("%.100q came before the reply to what was before it", l.Raw)
				return
			}
		}
	}
}

// Bare complains about parameters of MAIL and RCPT.
func (s *Seen) Bare() {
	for _, l := range append(s.Find("MAIL"), s.Find("RCPT")...) {
		if len(l.Params()) > 0 {
			s.t.Complainf("expected no parameters, got %.200q", l.Raw)
		}
	}
}

// Content complains unless the n-th message that has content has this, and gives
// what it has.
func (s *Seen) Content(want []byte) []byte {
	got := s.Arrived()
	if len(got) == 0 {
		s.t.Complainf("expected a message, got none")
		return nil
	}
	if !bytes.Equal(got[0], want) {
		s.t.Complainf("the message is not what was given: %s", differ(want, got[0]))
	}
	return got[0]
}

// Arrived are the contents whose end came, without stuffing.
func (s *Seen) Arrived() (list [][]byte) {
	for _, m := range s.Messages {
		if m.Ended {
			list = append(list, m.Content)
		}
	}
	return list
}

// differ says where two texts begin to differ.
func differ(want, got []byte) string {
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	around := func(b []byte) []byte { return b[max(0, min(len(b), i-20)):min(len(b), i+20)] }
	return fmt.Sprintf("%d octets instead of %d, from offset %d on %q instead of %q", len(got), len(want), i, around(got), around(want))
}

// Outcome complains unless what is reported for each recipient of the message is
// one of the words for him: "accepted", "permanent not-sent". One argument is for
// all recipients. "lost" stands for temporary and not-sent, which are as good as
// each other where a link was lost or a server broke the rules before the end of
// data. Whoever was not asked for, because another recipient was refused before, may
// be not-sent in any case.
func (s *Seen) Outcome(words ...string) { s.OutcomeOf(0, words...) }

// OutcomeOf is Outcome for one of several messages, from 0.
func (s *Seen) OutcomeOf(message int, words ...string) {
	if s.Answer == nil {
		return
	}
	all := s.Answer.messages()
	if message >= len(all) {
		s.t.Harmf("expected outcomes of %d messages at least, got %d", message+1, len(all))
		return
	}
	if len(all[message]) == 0 {
		s.t.Harmf("expected an outcome for each recipient, got none")
	}
	spared := s.spared(message)
	for i, r := range all[message] {
		want := words[min(i, len(words)-1)]
		allowed := strings.Fields(strings.ReplaceAll(want, "lost", "temporary not-sent"))
		if !slices.Contains(allowed, r.Outcome) && !(r.Outcome == "not-sent" && spared(r.To)) {
			s.t.Harmf("expected the outcome %s for %s, got %s%s", strings.Join(allowed, " or "), r.To, r.Outcome, s.because(r))
		}
	}
}

// spared gives a function that reports whether a recipient was not asked for because
// another was refused before it: of a client that gives up then, not-sent is the truth
// about it.
func (s *Seen) spared(message int) func(to string) bool {
	refused, asked := false, map[string]bool{}
	if len(s.Messages) == len(s.Answer.messages()) {
		for _, l := range s.Messages[message].Rcpts {
			asked[l.Address()] = true
			refused = refused || l.Code/100 != 2
		}
	}
	return func(to string) bool { return refused && !asked[to] }
}

func (s *Seen) because(r Recipient) string {
	switch {
	case r.Code > 0:
		return fmt.Sprintf(" (%d %s)", r.Code, r.Text)
	case s.Answer.Error != "":
		return fmt.Sprintf(" (%.300s)", s.Answer.Error)
	}
	return ""
}

// Within complains if the client took longer, at Pace 1.
func (s *Seen) Within(d time.Duration) {
	if limit := s.t.pace(d); s.Took > limit {
		s.t.Complainf("expected the client to end within %v, it took %v", limit, s.Took.Round(time.Millisecond))
	}
}

// Longer complains if the client took less, at Pace 1.
func (s *Seen) Longer(d time.Duration) {
	if limit := s.t.pace(d); s.Took < limit {
		s.t.Complainf("expected the client to wait for %v, it ended after %v", limit, s.Took.Round(time.Millisecond))
	}
}

// texts are what is reported for each recipient.
func (s *Seen) texts() string {
	var b strings.Builder
	for _, list := range s.Answer.messages() {
		for _, r := range list {
			b.WriteString(r.Text + "\n")
		}
	}
	return b.String()
}
