package fuzz

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
)

// hold is what a server has of a message for one of its recipients.
type hold struct {
	d    *Delivered
	word Word
	kept bool
}

// check compares what the client reports with what the server did.
func (r *run) check(l *link, messages []*message) {
	f := &r.figures
	f.connections++
	s := l.c.s
	if s.Err() == nil && !s.Halted() {
		f.whole++
	}
	f.late += l.c.late
	var protocol *smtp.ProtocolError
	if errors.As(s.Err(), &protocol) && !strings.HasPrefix(protocol.Came, `"35`) { // a late 354 can't be borne
		r.errorf("%v", protocol)
	}
	for _, complaint := range l.w.Complaints() {
		r.errorf("the server complains of %s", complaint)
	}
	for _, complaint := range l.c.complaints {
		r.errorf("%s", complaint)
	}
	byPath := map[string]*message{}
	for _, m := range messages {
		for _, to := range m.to {
			byPath[to] = m
		}
	}
	has := map[string]hold{}
	for i := range l.w.Deliveries() {
		d := &l.w.Deliveries()[i]
		for _, word := range d.To {
			r.deliver(d, word, byPath[word.Path], has)
		}
	}
	said := map[Said]bool{}
	for _, x := range l.w.Said() {
		said[x] = true
	}
	for _, m := range messages {
		if !m.begun {
			for _, to := range m.to {
				if has[to].kept {
					r.errorf("%s: the server has a message that was never begun", to)
				}
			}
			continue
		}
		f.messages++
		for i, to := range m.to {
			f.recipients++
			got := m.d.Recipient(i)
			f.outcomes[got.Outcome]++
			if complaint := r.judge(l, m, to, got, has[to], said); complaint != "" {
				r.errorf("%s, %s: %s (%d %q to %s): %s", to, got.Outcome, complaint, got.Reply.Code, got.Reply.Text(), got.Command, describeHold(has[to]))
			}
		}
	}
}

// deliver notes what the server did with a message for one recipient, and
// whether it is that recipient's message at all.
func (r *run) deliver(d *Delivered, word Word, m *message, has map[string]hold) {
	if m == nil {
		r.errorf("the server has a recipient that was never named: %s", word.Path)
		return
	}
	own := word.Kept
	for part := range strings.SplitSeq(string(d.Body), "Part-Of: <") {
		number, _, found := strings.Cut(part, ">")
		own = own && (!found || number == fmt.Sprint(m.number))
	}
	was := has[word.Path]
	if was.kept && own {
		r.errorf("%s got the message twice", word.Path)
	}
	if !was.kept {
		has[word.Path] = hold{d, word, own}
	}
	if !word.Kept || m.from == d.From && string(d.Body) == m.want {
		return
	}
	count, by := r.figures.foreign, r.foreignBy
	if own && m.from == d.From {
		count, by = r.figures.holes, r.holesBy
	}
	count[d.After]++
	if d.After&by == 0 {
		r.errorf("%s got a message from %s, liberties %d:\n%q", word.Path, d.From, d.After, d.Body)
	}
}

func describeHold(h hold) string {
	if h.d == nil {
		return "the server never heard its end"
	}
	return fmt.Sprintf("the server said %d and keeps it: %v, from %s, liberties %d", h.word.Code, h.kept, h.d.From, h.d.After)
}

func (r *run) errorf(format string, args ...any) {
	r.t.Helper()
	r.t.Errorf("connection %d: "+format, append([]any{r.number}, args...)...)
}

// fooled reports the one refusal that may be untrue: MAIL was refused, and a
// rogue took RCPT and the content all the same, but the connection died before
// it said so.
func (r *run) fooled(l *link, got smtp.Result, h hold) bool {
	return got.Command == "MAIL" && h.d.After&r.foreignBy&TookNoSender != 0 && l.c.s.Err() != nil
}

// judge says what is wrong with a report, nothing if it is true.
func (r *run) judge(l *link, m *message, to string, got smtp.Result, h hold, said map[Said]bool) string {
	right := h.kept && h.d.From == m.from && string(h.d.Body) == m.want
	code := got.Reply.Code
	switch got.Outcome {
	case smtp.Accepted:
		if !right || !h.word.Sent || h.word.Code != code {
			return "the server did not say so"
		}
	case smtp.RefusedForNow, smtp.RefusedForGood:
		if h.kept && !r.fooled(l, got, h) {
			return "the server has it"
		}
		if want := code < 500; want != (got.Outcome == smtp.RefusedForNow) && !(code == 552 && got.Command == "RCPT") {
			return "for now and for good are mixed up"
		}
		heard := code == 421
		switch got.Command {
		case "MAIL":
			heard = heard || said[Said{"MAIL", m.from, code}]
		case "RCPT":
			heard = heard || said[Said{"RCPT", to, code}]
		default:
			heard = true
		}
		if !heard {
			return "the server never said so"
		}
	case smtp.NotSent:
		if h.kept {
			return "the server has it"
		}
		if s := l.c.s; !m.late && s.Err() == nil && !s.Halted() && !s.Closing() {
			return "nothing kept it from being sent, or refused"
		}
	case smtp.Unknown:
		if m.late {
			break
		}
		if l.c.s.Err() == nil && !l.c.s.Halted() {
			return "the connection came to a good end, and no reply was late"
		}
		if h.d != nil && h.word.Sent && !l.lost && errors.Is(l.c.s.Err(), smtp.ErrClosed) {
			return "the server's word was heard"
		}
	default:
		return "no report"
	}
	return ""
}
