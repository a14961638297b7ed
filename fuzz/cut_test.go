package fuzz

import (
	"math/rand/v2"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// The connection is cut after every single octet of whole sessions, in both
// directions, with servers that take every message and with wild ones: what is
// reported is what the server did, and all that was heard counts.
func TestCutData(t *testing.T) { runCuts(t, run{way: byData}) }

const cutSessions = 4

func runCuts(t *testing.T, r run) {
	t.Parallel()
	r.t = t
	r.figures.foreign, r.figures.holes = map[Liberty]int{}, map[Liberty]int{}
	sessions := cutSessions
	if testing.Short() {
		sessions /= 2
	}
	for session := range sessions {
		for _, steps := range []int{1, 3, 1000} { // the fewer, the oftener octets are taken with more to come
			whole := r.cutSession(session, steps, -1, -1)
			if t.Failed() {
				return
			}
			if session == 0 && r.figures.outcomes[smtp.Accepted] == 0 {
				t.Fatalf("with %d steps a flight, a server without liberties accepted nothing", steps)
			}
			for n := range whole.sent {
				r.cutSession(session, steps, n, -1)
			}
			for n := range whole.heard {
				r.cutSession(session, steps, -1, n)
			}
		}
	}
	f := &r.figures
	t.Logf("%d sessions, %d messages to %d recipients: %d accepted, %d refused for now, %d for good, %d not sent, %d unknown",
		f.connections, f.messages, f.recipients, f.outcomes[smtp.Accepted], f.outcomes[smtp.RefusedForNow], f.outcomes[smtp.RefusedForGood], f.outcomes[smtp.NotSent], f.outcomes[smtp.Unknown])
}

// A cutLink is a connection that ends after so many octets in one direction.
type cutLink struct {
	link
	sent, heard int
	ends        []int // for each end of a message that the server saw, where its reply ended
}

func (r *run) cutSession(session, steps, cutSent, cutHeard int) *cutLink {
	r.number++
	r.made = 0
	r.rnd = rand.New(rand.NewPCG(uint64(session), 11))
	var messages []*message
	for range 3 {
		messages = append(messages, r.newMessage(r.way))
	}
	opt := Options{LMTP: r.lmtp, Chunking: true, Pipelining: true}
	if session > 0 {
		opt.Refuse, opt.Early, opt.Shut = 120, 120, 60
	}
	w := NewWild(rand.New(rand.NewPCG(uint64(session), 13)), opt)
	c := newClient(smtp.NewSession(smtp.Config{LMTP: r.lmtp}), rand.New(rand.NewPCG(uint64(session), 17)), r.way, messages)
	l := &cutLink{link: link{r: r, w: w, c: c}}
	l.converse(steps, cutSent, cutHeard)
	for _, m := range messages {
		r.checkHeard(l, m)
	}
	r.check(&l.link, messages)
	if r.t.Failed() {
		r.t.Fatalf("session %d, %d steps, cut behind %d octets sent, %d heard", session, steps, cutSent, cutHeard)
	}
	return l
}

// converse runs the session until it ends or is cut.
func (l *cutLink) converse(steps, cutSent, cutHeard int) {
	out := l.w.Greeting()
	for {
		if cutHeard >= 0 && l.heard+len(out) >= cutHeard {
			out, l.dead, l.lost = out[:cutHeard-l.heard], true, true
		}
		l.heard += len(out)
		l.c.feed(out)
		for range steps {
			if !l.c.step() {
				break
			}
		}
		in := l.c.take(nil)
		if cutSent >= 0 && l.sent+len(in) >= cutSent {
			in, l.dead = in[:cutSent-l.sent], true
		}
		out = nil
		heard := l.heard
		for i := range in {
			out = append(out, l.w.Feed(in[i:i+1])...)
			for len(l.ends) < len(l.w.Deliveries()) {
				l.ends = append(l.ends, heard+len(out))
			}
		}
		l.sent += len(in)
		if len(in) == 0 && len(out) == 0 && !l.c.step() || l.dead || l.w.Closed() {
			break
		}
	}
	if cutHeard >= 0 { // what the server answered still comes, up to the cut
		out, l.lost = out[:min(len(out), cutHeard-l.heard)], true
	}
	l.heard += len(out)
	l.c.feed(out)
	l.c.s.HandleEOF()
	l.c.drain()
}

// checkHeard holds what was heard of each end of a message against its report:
// a reply that was heard whole decides, and one that was not accepts nothing.
func (r *run) checkHeard(l *cutLink, m *message) {
	for i, d := range l.w.Deliveries() {
		if d.From != m.from {
			continue
		}
		heard := l.ends[i] <= l.heard
		for _, word := range d.To {
			for n, to := range m.to {
				if to != word.Path {
					continue
				}
				outcome := m.d.Recipient(n).Outcome
				if outcome == smtp.Accepted && !heard && !r.lmtp {
					r.errorf("%s: accepted, though no reply was heard", to)
				}
				if heard && !m.late && l.c.s.Err() == smtp.ErrClosed && (outcome == smtp.Accepted) != (word.Code < 300) {
					r.errorf("%s: %s, though the server's %d was heard", to, outcome, word.Code)
				}
			}
		}
	}
}
