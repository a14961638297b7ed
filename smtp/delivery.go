package smtp

import "errors"

// An Outcome is what became of a message for one recipient.
type Outcome uint8

const (
	Pending        Outcome = iota // not decided yet
	Accepted                      // the server took responsibility for it (RFC 5321 §4.1.1.4)
	RefusedForNow                 // refused with a 4yz, or what counts as one: the same may succeed later
	RefusedForGood                // refused with a 5yz
	NotSent                       // the server does not have it: it may be sent again, with no second copy
	Unknown                       // nobody can say: sending again risks a second copy
)

func (o Outcome) String() string {
	switch o {
	case Accepted:
		return "accepted"
	case RefusedForNow:
		return "refused for now"
	case RefusedForGood:
		return "refused for good"
	case NotSent:
		return "not sent"
	case Unknown:
		return "unknown"
	}
	return "pending"
}

// A Result is what became of a message for one recipient, and why.
type Result struct {
	Outcome Outcome
	// Reply decided: of the message where it was accepted, of MAIL where that
	// refused all. Its code is 0 where no reply did. It is a view, valid until the
	// Delivery is reset; Reply.Clone keeps it.
	Reply Reply
	// Command is the command that Reply answered: MAIL, RCPT, DATA, or "the
	// message" for its content.
	Command string
	// Cause is why no reply decided, from Cut.
	Cause error
}

// Temporary reports whether sending again may succeed: it was refused for now,
// not sent, or nobody knows.
func (r Result) Temporary() bool { return r.Outcome >= RefusedForNow && r.Outcome != RefusedForGood }

// Err is nil for Accepted and Pending, a [*ReplyError] where the server
// refused, and an [*OutcomeError] for NotSent and Unknown.
func (r Result) Err() error {
	switch r.Outcome {
	case RefusedForNow, RefusedForGood:
		return r.Reply.Err(r.Command, r.Outcome == RefusedForNow)
	case NotSent, Unknown:
		cause := r.Cause
		if cause == nil && r.Reply.Code >= 400 {
			cause = r.Reply.Err(r.Command, true)
		}
		return &OutcomeError{Outcome: r.Outcome, Cause: cause}
	}
	return nil
}

// An OutcomeError says that a message was not sent, or that nobody knows
// whether it was accepted, and why.
type OutcomeError struct {
	Outcome Outcome // NotSent or Unknown
	Cause   error   // may be nil
}

func (e *OutcomeError) Error() string {
	text := "smtp: the message was not sent"
	if e.Outcome == Unknown {
		text = "smtp: it is unknown whether the message was accepted"
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *OutcomeError) Unwrap() error { return e.Cause }

// errAbandoned is the cause where a late reply left nothing to decide.
var errAbandoned = errors.New("the command was answered in another state than it was meant for")

// A Delivery works out what became of one message for each of its recipients,
// from the session's events. It is a plain value that may be used again; it is
// not safe for concurrent use.
//
// Give it, in order, every [Replied] event of the message's commands, from MAIL
// to the reply to its content, and every [Closing] event that comes between. If
// no more replies will come, call Cut.
type Delivery struct {
	mail    decision
	rcpts   []recipient
	chunk   decision // the first chunk but the last that was not taken
	end     decision // the reply to DATA if it refused, else to the content
	closing decision // a 421 that answered nothing
	next    int      // the recipient whose RCPT is answered next
	each    int      // the recipient whose reply to the content is next; -1: one reply is for all
	text    []byte
	cut     cut
	cause   error
}

type recipient struct {
	rcpt, end decision
}

// decision is one reply that decides something. What is kept of its text is in
// Delivery.text.
type decision struct {
	verdict   verdict
	temporary bool
	role      Role
	code      int
	enhanced  EnhancedCode
	text      span
}

type verdict uint8

const (
	open    verdict = iota // no reply yet
	yes                    // positive
	no                     // negative
	lateYes                // positive, in a state where it settles nothing
	lateNo
)

type cut uint8

const (
	whole    cut = iota // replies may still come
	cutShort            // the octets that end the message never went out
	cutEnded            // they may have
)

// maxKept is how many octets of a reply a Delivery keeps: enough for texts and
// queue ids, and a bound whatever a server sends.
const maxKept = 4096

// Reset makes d ready for a message to n recipients, in the order of their RCPT
// commands, and keeps its buffers.
func (d *Delivery) Reset(n int) {
	if cap(d.rcpts) < n {
		d.rcpts = make([]recipient, n)
	}
	rcpts := d.rcpts[:n]
	clear(rcpts)
	*d = Delivery{rcpts: rcpts, text: d.text[:0], each: -1}
}

// Handle takes one event of the message's commands.
func (d *Delivery) Handle(ev Event) {
	switch ev.Kind {
	case Closing:
		d.keep(&d.closing, &ev)
		return
	case Replied:
	default:
		return
	}
	switch ev.Role {
	case RoleSender:
		d.keep(&d.mail, &ev)
		if ev.TakenUp {
			d.takeUp()
		}
	case RoleRecipient:
		if d.next < len(d.rcpts) {
			d.keep(&d.rcpts[d.next].rcpt, &ev)
			d.next++
		}
	case RoleData:
		if !ev.Reply.Positive() {
			d.keep(&d.end, &ev)
		}
	case RoleChunk, RoleURL:
		if d.chunk.verdict == open && (ev.Late || !ev.Reply.Positive()) {
			d.keep(&d.chunk, &ev)
		}
	case RoleContent, RoleLastChunk, RoleURLLast:
		if d.each < 0 && !ev.More {
			d.keep(&d.end, &ev)
			return
		}
		for d.each++; d.each < len(d.rcpts); d.each++ {
			if r := &d.rcpts[d.each]; r.rcpt.verdict == yes {
				d.keep(&r.end, &ev)
				return
			}
		}
	}
}

// takeUp counts all recipients as accepted: an earlier session was told so
// (RFC 1845 §3).
func (d *Delivery) takeUp() {
	for i := range d.rcpts {
		d.rcpts[i].rcpt = decision{verdict: yes, role: RoleRecipient}
	}
	d.next = len(d.rcpts)
}

func (d *Delivery) keep(to *decision, ev *Event) {
	v := no
	if ev.Reply.Positive() {
		v = yes
	}
	if ev.Late {
		v += lateYes - yes
	}
	*to = decision{verdict: v, temporary: ev.Temporary, role: ev.Role, code: ev.Reply.Code, enhanced: ev.Reply.Enhanced}
	if v == yes && (ev.Role == RoleSender || ev.Role == RoleRecipient) {
		return // decides nothing that anybody reads
	}
	from := len(d.text)
	raw := ev.Reply.raw
	d.text = append(d.text, raw[:min(len(raw), maxKept)]...)
	to.text = span{from, len(d.text)}
}

// Cut says that no more replies will come, and why. ended tells whether the
// octets that end the message (the final dot, or the last octet of the last
// chunk) may have reached the server: they were taken for writing, or are
// queued on a connection that lives on. Without them the message was not sent.
func (d *Delivery) Cut(ended bool, cause error) {
	d.cut, d.cause = cutShort, cause
	if ended {
		d.cut = cutEnded
	}
}

// Recipients is how many recipients the message has.
func (d *Delivery) Recipients() int { return len(d.rcpts) }

// Done reports whether the outcome is known for every recipient.
func (d *Delivery) Done() bool {
	for i := range d.rcpts {
		if o, _ := d.decide(&d.rcpts[i]); o == Pending {
			return false
		}
	}
	return true
}

// Recipient gives the result for recipient i, counted from 0 in the order of
// the RCPT commands.
func (d *Delivery) Recipient(i int) Result {
	outcome, by := d.decide(&d.rcpts[i])
	r := Result{Outcome: outcome}
	if outcome == NotSent || outcome == Unknown {
		r.Cause = d.cause
	}
	if by == nil || by.verdict == open {
		by = &d.closing
		if outcome == Pending || by.verdict == open {
			if r.Cause == nil && (outcome == NotSent || outcome == Unknown) {
				r.Cause = errAbandoned
			}
			return r
		}
	}
	r.Reply = Reply{Code: by.code, Enhanced: by.enhanced, raw: d.text[by.text.from:by.text.to]}
	r.Command = commandOf(by.role)
	return r
}

// commandOf names what a decision answered, for people.
func commandOf(r Role) string {
	switch r {
	case RoleSender:
		return "MAIL"
	case RoleRecipient:
		return "RCPT"
	case RoleData:
		return "DATA"
	case RoleContent, RoleChunk, RoleLastChunk, RoleURL, RoleURLLast:
		return "the message"
	}
	return "the connection"
}

// decide gives the outcome for one recipient, and the decision that it rests
// on, nil if there is none.
func (d *Delivery) decide(r *recipient) (Outcome, *decision) {
	end := &d.end
	if d.each >= 0 {
		end = &r.end
	}
	switch {
	case r.rcpt.verdict == lateYes && (end.verdict == yes || end.verdict == lateYes || end.verdict == open && d.cut == cutEnded):
		return Unknown, end
	case d.mail.verdict == no:
		return d.mail.refused(), &d.mail
	case r.rcpt.verdict == no:
		return r.rcpt.refused(), &r.rcpt
	case r.rcpt.verdict == lateNo:
		// The server has no such recipient, whatever transaction it thinks it is in.
		if d.mail.verdict == lateNo {
			return NotSent, &d.mail
		}
		return NotSent, &r.rcpt
	}
	inOrder := d.mail.verdict == yes && r.rcpt.verdict == yes
	switch end.verdict {
	case yes:
		if inOrder && d.chunk.verdict == open {
			return Accepted, end
		}
		return Unknown, end
	case lateYes:
		return Unknown, end
	case no:
		if inOrder && d.chunk.verdict == open {
			return end.refused(), end
		}
		fallthrough
	case lateNo:
		if d.chunk.verdict == no {
			return d.chunk.refused(), &d.chunk
		}
		return NotSent, end
	}
	switch {
	case d.cut == cutEnded:
		return Unknown, nil
	case d.chunk.verdict == no && inOrder:
		return d.chunk.refused(), &d.chunk
	case d.cut == cutShort:
		return NotSent, nil
	}
	return Pending, nil
}

func (d *decision) refused() Outcome {
	if d.temporary {
		return RefusedForNow
	}
	return RefusedForGood
}
