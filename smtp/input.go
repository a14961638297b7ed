package smtp

import (
	"bytes"
	"strconv"
)

var lineFeed = []byte{'\n'}

// input holds octets of the server until a whole reply is there.
type input struct {
	buf   []byte
	start int // of the reply under way
	scan  int // of its line under way
	lines int // its whole lines so far
	code  int // of its first line
}

func (in *input) unread() int { return len(in.buf) - in.start }

func (in *input) excerpt() string { return excerpt(in.buf[in.start:]) }

// add copies p in, and frees what has been read.
func (in *input) add(p []byte) {
	if in.start > 0 {
		n := copy(in.buf, in.buf[in.start:])
		in.buf = in.buf[:n]
		in.scan -= in.start
		in.start = 0
	}
	in.buf = append(in.buf, p...)
}

// HandleInput takes octets of the server; they are copied. Call Next until it
// gives no more events before feeding again: the session keeps no more than one
// unfinished reply then, whatever the server sends.
func (s *Session) HandleInput(p []byte) {
	if s.err == nil { // a session that is over would never read it
		s.in.add(p)
	}
}

// HandleEOF says that the server has closed the connection, or that it is dead.
func (s *Session) HandleEOF() { s.eof = true }

// Next gives the next event, of kind [None] when the input has no more. What it
// points to is valid until the next call of Next, HandleInput or Reset.
func (s *Session) Next() (ev Event) {
	if s.err == nil {
		if s.in.unread() > 0 {
			if s.next(&ev); ev.Kind != None {
				return ev
			}
		}
		if s.err == nil && !s.eof {
			return ev
		}
	}
	if s.ended {
		return ev
	}
	s.ended = true
	if s.err == nil && s.confirmed.state != s.p.Finish {
		s.err = ErrClosed
	}
	return Event{Kind: Ended, Err: s.err}
}

// next fills ev from the next whole reply, if there is one.
func (s *Session) next(ev *Event) {
	awaits := s.p.States[s.confirmed.state].Awaits
	if awaits == AwaitNothing {
		return
	}
	if s.halted {
		s.in.start = len(s.in.buf) // the server may say what it likes, nobody asks
		return
	}
	if awaits == AwaitTLS {
		s.violate("RFC 3207 §4.2", "nothing before the TLS handshake", s.in.excerpt())
		return
	}
	raw, whole := s.reply()
	if !whole {
		return
	}
	ev.Reply.Code, ev.Reply.raw = s.in.code, raw
	ev.Temporary = s.in.code < 500
	if s.x.enhanced != 0 && s.offered&(1<<s.x.enhanced) != 0 {
		if e, _ := parseEnhanced(raw[min(4, len(raw)):]); int(e[0]) == s.in.code/100 {
			ev.Reply.Enhanced = e
		}
	}
	s.answer(ev)
}

// reply cuts one whole reply off the input (RFC 5321 §4.2).
func (s *Session) reply() (raw []byte, whole bool) {
	in := &s.in
	for {
		rest := in.buf[in.scan:]
		n := bytes.IndexByte(rest, '\n') + 1
		if n > s.limits.ReplyLine || n == 0 && len(rest) >= s.limits.ReplyLine {
			s.violate("RFC 5321 §4.5.3.1.5", "a reply line of at most "+strconv.Itoa(s.limits.ReplyLine)+" octets", "a longer one: "+excerpt(rest))
			return nil, false
		}
		if n == 0 {
			return nil, false
		}
		line := rest[:n]
		if n < 2 || line[n-2] != '\r' {
			s.violate("RFC 5321 §2.3.8", "a line that ends in CRLF", excerpt(line))
			return nil, false
		}
		code, more, ok := replyLine(line[:n-2])
		if !ok {
			s.violate("RFC 5321 §4.2", "a reply line: three digits, a space or a hyphen, text", excerpt(line))
			return nil, false
		}
		if in.lines > 0 && code != in.code {
			s.violate("RFC 5321 §4.2.1", "the code "+strconv.Itoa(in.code)+" on each line of the reply", excerpt(line))
			return nil, false
		}
		in.code = code
		in.lines++
		in.scan += n
		if in.lines > s.limits.ReplyLines || in.scan-in.start > s.limits.ReplyBytes {
			s.violate("RFC 5321 §4.5.3.1.5", "a reply of at most "+strconv.Itoa(s.limits.ReplyLines)+" lines and "+strconv.Itoa(s.limits.ReplyBytes)+" octets", "a longer one")
			return nil, false
		}
		if !more {
			raw = in.buf[in.start:in.scan]
			in.start, in.lines = in.scan, 0
			return raw, true
		}
	}
}

// replyLine reads the code of a reply line, given without its line end. A line
// that is the code alone is taken: old servers send it (RFC 5321 §4.2).
func replyLine(line []byte) (code int, more, ok bool) {
	if len(line) < 3 || line[0] < '1' || line[0] > '5' || line[1] < '0' || line[1] > '9' || line[2] < '0' || line[2] > '9' {
		return 0, false, false
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, false, true
	}
	if len(line) < 32 { // most are: a loop is faster
		for _, c := range line {
			if c == 0 || c == '\r' {
				return 0, false, false
			}
		}
	} else if bytes.IndexByte(line, 0) >= 0 || bytes.IndexByte(line, '\r') >= 0 {
		return 0, false, false
	}
	return code, line[3] == '-', line[3] == '-' || line[3] == ' '
}

// answer gives a reply to the command that it belongs to: the oldest unanswered.
func (s *Session) answer(ev *Event) {
	if s.queue.n == 0 {
		s.unasked(ev)
		return
	}
	if s.doubt {
		s.doubt = false
		if bytes.Count(ev.Reply.raw, lineFeed) > 1 {
			s.queue.pop()
		}
	}
	e := s.queue.at(0)
	if e.end > s.taken {
		s.early(ev, e)
		return
	}
	c := &s.p.Commands[e.op]
	late := !c.In.Has(s.confirmed.state)
	row := s.p.row(e.op, ev.Reply.Code, s.confirmed, late)
	if row == nil || row.Violation || row.Do&EffectTakeUp != 0 && !s.takesUp(e, ev.Reply) {
		s.violate(rowRFC(row, c), "a reply that "+c.Name+" can have in state "+s.p.States[s.confirmed.state].Name, excerpt(ev.Reply.raw))
		return
	}
	more := false
	if c.Counted && s.confirmed.facts&c.Count == c.Count {
		if s.left == 0 {
			s.left, s.worst = max(1, s.recipients), 0
		}
		if ev.Reply.Code/100 > s.worst/100 {
			s.worst = ev.Reply.Code
		}
		s.left--
		more = s.left > 0
		row = s.p.row(e.op, s.worst, s.confirmed, late)
	}
	ev.Kind, ev.Op, ev.Role, ev.Tag, ev.Late, ev.More = Replied, e.op, c.Role, e.tag, late, more
	if !more {
		s.settle(e, c, row, ev)
	}
}

// settle takes the oldest command off the queue and moves the session as the
// row of its reply says.
func (s *Session) settle(e *entry, c *CommandInfo, row *Row, ev *Event) {
	to := s.p.move(s.confirmed, row, e.sets)
	awaits := s.p.States[to.state].Awaits
	if awaits != AwaitCommand && awaits != AwaitNothing && s.queue.n > 1 {
		s.violate(rowRFC(row, c), "no reply that wants an answer, since commands were sent behind "+c.Name, excerpt(ev.Reply.raw))
		ev.Kind = None
		return
	}
	if awaits == AwaitLine {
		ev.Kind = Challenge
	}
	hope, sized := e.hope, e.sized
	s.queue.pop()
	s.confirmed = to
	switch {
	case s.queue.n == 0:
		s.assumed = to
	case to != hope:
		s.rewalk()
	}
	if row.Do != 0 {
		s.do(row.Do, sized, ev)
	}
	if s.relies && c.Role == RoleHello {
		s.relied(row.Do&EffectLearnExtensions != 0, ev)
	}
}

// unasked is what a reply means that no command waits for.
func (s *Session) unasked(ev *Event) {
	switch {
	case s.p.States[s.confirmed.state].Awaits == AwaitContent && ev.Reply.Code >= 400:
		s.tag++
		s.halt(ev, s.role[RoleContent], s.tag)
	case ev.Reply.Code == 421:
		s.shutdown(ev)
	default:
		s.violate("RFC 5321 §4.3.1", "no reply, since no command waits for one", excerpt(ev.Reply.raw))
	}
}

// early is what a reply means to a command whose octets have not all gone out.
func (s *Session) early(ev *Event, e *entry) {
	switch {
	case ev.Reply.Code >= 400 && (e.line <= s.taken || s.p.Commands[e.op].Payload == PayloadDot):
		// A chunk is under way, or a message that a 354 asked for.
		s.halt(ev, e.op, e.tag)
	case ev.Reply.Code == 421:
		s.shutdown(ev)
	default:
		s.violate("RFC 5321 §4.3.1", "no reply to "+s.p.Commands[e.op].Name+" before it was sent", excerpt(ev.Reply.raw))
	}
}

// halt takes the refusal of message data that is under way. The octets that
// would end the message never go out, so nothing can follow.
func (s *Session) halt(ev *Event, op Op, tag Tag) {
	s.halted = true
	s.out, s.octets, s.writing = s.out[:0], 0, false
	ev.Kind, ev.Op, ev.Role, ev.Tag = Replied, op, s.p.Commands[op].Role, tag
}

// shutdown takes a 421 that answers nothing (RFC 5321 §3.8).
func (s *Session) shutdown(ev *Event) {
	s.confirmed.facts |= s.x.closing
	s.assumed.facts |= s.x.closing
	for i := range s.queue.n {
		e := s.queue.at(i)
		e.hope.facts |= s.x.closing
		e.assume.facts |= s.x.closing
	}
	ev.Kind = Closing
}

func rowRFC(row *Row, c *CommandInfo) string {
	if row == nil || row.RFC == "" {
		return c.RFC
	}
	return row.RFC
}
