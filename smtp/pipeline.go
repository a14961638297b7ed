package smtp

// An entry is a command whose reply has not come.
type entry struct {
	op       Op
	final    bool // one reply ends it, the caller says
	sized    bool // it declared the message's size
	entitled bool // it named the transaction
	tag      Tag
	sets     Facts  // what its parameters bring
	line     uint64 // position of the octet behind its line; of a message behind a 354: behind its first octet
	end      uint64 // position of the octet behind its payload
	hope     place  // where the session is if it and all before it succeed
	assume   place  // what is assumed behind it
}

// ring is a queue of entries that keeps its memory. Its size is a power of two.
type ring struct {
	entries []entry
	head, n int
}

func (q *ring) at(i int) *entry { return &q.entries[(q.head+i)&(len(q.entries)-1)] }

func (q *ring) push() *entry {
	if q.n == len(q.entries) {
		q.grow()
	}
	q.n++
	return q.at(q.n - 1)
}

func (q *ring) pop() {
	q.head = (q.head + 1) & (len(q.entries) - 1)
	q.n--
}

func (q *ring) grow() {
	bigger := make([]entry, max(4, 2*len(q.entries)))
	for i := range q.n {
		bigger[i] = *q.at(i)
	}
	q.entries, q.head = bigger, 0
}

// push queues a command whose line, if it has one, stands in s.out, with the
// octets of its payload that are still to come.
func (s *Session) push(op Op, sets Facts, sized, final bool) Tag {
	hope := s.confirmed
	if s.queue.n > 0 {
		hope = s.queue.at(s.queue.n - 1).hope
	}
	s.tag++
	e := s.queue.push()
	e.op, e.final, e.sized, e.entitled, e.tag, e.sets = op, final, sized, false, s.tag, sets
	e.line = s.taken + uint64(len(s.out))
	e.end = e.line + uint64(s.octets)
	r := s.x.success[op]
	e.hope = s.p.move(hope, r, sets)
	s.assumed = s.p.move(s.assumed, r, sets)
	if to := s.p.Commands[op].Assume; to != TargetSame {
		s.assumed.state = State(to)
	}
	e.assume = s.assumed
	return s.tag
}

// rewalk works out anew where the queued commands lead, after a reply that led
// elsewhere than hoped. A command that is not legal where it now stands is late
// and taken to be refused; but what leaves the server's state open if it
// succeeds does so until its reply is there (RFC 3030 §2).
func (s *Session) rewalk() {
	hope, assumed := s.confirmed, s.confirmed
	for i := range s.queue.n {
		e := s.queue.at(i)
		c := &s.p.Commands[e.op]
		r := s.x.success[e.op]
		if c.In.Has(hope.state) {
			hope = s.p.move(hope, r, e.sets)
		}
		if c.In.Has(assumed.state) {
			assumed = s.p.move(assumed, r, e.sets)
		}
		if c.Assume != TargetSame {
			assumed.state = State(c.Assume)
		}
		e.hope, e.assume = hope, assumed
	}
	s.assumed = assumed
}

// Legal reports whether a command may be queued now, as Allows does, without the
// reason.
func (s *Session) Legal(op Op) bool { return op != 0 && int(op) < len(s.p.Commands) && s.legal(op) }

// legal reports whether op may be queued now.
func (s *Session) legal(op Op) bool {
	c := &s.p.Commands[op]
	return c.In.Has(s.assumed.state) &&
		s.assumed.facts&(c.Needs|c.Forbids) == c.Needs &&
		(c.Keyword == 0 || s.offered&(1<<c.Keyword) != 0) &&
		(s.queue.n == 0 || s.follows(c)) &&
		s.octets == 0 && !s.writing && !s.halted && s.err == nil
}

// follows reports whether c may be sent while replies are outstanding
// (RFC 2920 §3.1).
func (s *Session) follows(c *CommandInfo) bool {
	if s.relies && s.p.Commands[s.queue.at(s.queue.n-1).op].Role == RoleGreeting {
		return c.Role == RoleHello
	}
	if s.x.pipelining == 0 || s.offered&(1<<s.x.pipelining) == 0 || s.queue.n >= s.limits.Outstanding {
		return false
	}
	if c.Alone && s.assumed.facts&c.Count == c.Count {
		return false
	}
	last := s.queue.at(s.queue.n - 1)
	if s.relies && s.p.Commands[last.op].Role == RoleHello {
		return true
	}
	switch s.p.Commands[last.op].Group {
	case GroupLast:
		return false
	case GroupLastUnlessFinal:
		return last.final
	}
	return true
}

// Allows reports whether a command may be queued now: nil, or the error that
// its call would return.
func (s *Session) Allows(op Op) error {
	if op == 0 || int(op) >= len(s.p.Commands) {
		return &MissingError{Name: "the command", Reason: "the table " + s.p.Name + " has no such command: take it out of a file of extensions, or generate with it"}
	}
	if s.legal(op) {
		return nil
	}
	return s.refusal(op)
}

// refusal says why op may not be queued now.
func (s *Session) refusal(op Op) error {
	if s.err != nil {
		return s.err
	}
	c := &s.p.Commands[op]
	state := s.p.States[s.assumed.state].Name
	no := func(reason string) error {
		return &StateError{Command: c.Name, State: state, Reason: reason}
	}
	switch {
	case s.halted:
		return no("the server refused the message under way, close the connection")
	case s.octets > 0:
		return no("the chunk under way still lacks octets, give them with Content")
	case s.writing && c.Role != RoleContent:
		return no("the message is under way, end it with EndContent")
	case c.Keyword != 0 && s.offered&(1<<c.Keyword) == 0 && c.In.Has(s.assumed.state):
		return &MissingError{Name: s.p.Keywords[c.Keyword].Name, Reason: c.Name + " needs it"}
	case s.assumed.facts&c.Forbids&s.x.closing != 0:
		return no("the server is closing the connection (RFC 5321 §3.8), only QUIT is possible")
	case !c.In.Has(s.assumed.state):
		return no("legal in " + s.p.stateNames(c.In))
	case s.assumed.facts&c.Needs != c.Needs:
		return no("it needs " + s.p.factNames(c.Needs&^s.assumed.facts))
	case s.assumed.facts&c.Forbids != 0:
		return no("not possible with " + s.p.factNames(s.assumed.facts&c.Forbids))
	case s.queue.n >= s.limits.Outstanding:
		return no("too many commands await their replies, wait for some")
	}
	return no("a reply is awaited, and nothing may be sent before it came (RFC 2920 §3.1)")
}

func (p *Protocol) stateNames(set States) string {
	var s string
	for i := range p.States {
		if set.Has(State(i)) {
			s = join(s, p.States[i].Name)
		}
	}
	return s
}

func (p *Protocol) factNames(set Facts) string {
	var s string
	for i := range p.Facts {
		if set.Has(Fact(i)) {
			s = join(s, p.Facts[i].Name)
		}
	}
	return s
}

func join(list, word string) string {
	if list == "" {
		return word
	}
	return list + ", " + word
}
