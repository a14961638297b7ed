package smtpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// Body says what octets a message has (RFC 6152).
type Body uint8

const (
	// BodyAny: 8BITMIME is asked for where the server offers it. Where it does
	// not, an octet above 127 ends the sending: the message is not sent.
	BodyAny Body = iota
	// Body7Bit: no octet above 127. One is an error.
	Body7Bit
	// Body8Bit: it has octets above 127. A server without 8BITMIME gets nothing.
	Body8Bit
)

// An Envelope says from whom and to whom a message goes (RFC 5321 §2.3.1).
type Envelope struct {
	// From is the reverse-path, without angle brackets; empty is the null
	// reverse-path of notifications (RFC 5321 §4.5.5).
	From string
	// To holds the forward-paths, one at least.
	To []string
	// Params are further parameters of MAIL, nil for none. SIZE, BODY and SMTPUTF8
	// are set by the client where they are not among them.
	Params *smtp.Params
	// RcptParams are the parameters of each RCPT: nil, or one entry for each of To.
	RcptParams []*smtp.Params
	// Size is the message's size in octets, if it is known: a server that takes
	// no message so large is told nothing else (RFC 1870).
	Size int64
	// Body says what octets the message has.
	Body Body
	// UTF8 says that its header has UTF-8 (RFC 6531). Addresses with UTF-8 need no
	// word of it. A server without SMTPUTF8 gets nothing.
	UTF8 bool
}

// A Recipient is one recipient of a message, and what became of it.
type Recipient struct {
	Address string
	smtp.Result
}

// A Report is what became of a message, recipient by recipient, in the order of
// the envelope.
type Report struct {
	Recipients []Recipient
}

// Accepted is how many recipients the server took the message for.
func (r Report) Accepted() (n int) {
	for i := range r.Recipients {
		if r.Recipients[i].Outcome == smtp.Accepted {
			n++
		}
	}
	return n
}

// Err is nil if every recipient was accepted, a [*PartialError] if some were,
// else the error that all share, or all their errors joined.
func (r Report) Err() error {
	var failed []Recipient
	for _, one := range r.Recipients {
		if one.Outcome != smtp.Accepted {
			failed = append(failed, one)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	if len(failed) < len(r.Recipients) {
		return &PartialError{Accepted: len(r.Recipients) - len(failed), Failed: failed}
	}
	var errs []error
	for i, one := range failed {
		if err := one.Err(); i == 0 || err.Error() != errs[0].Error() {
			errs = append(errs, err)
		}
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// message is one Send under way.
type message struct {
	c       *Client
	env     *Envelope
	d       smtp.Delivery
	params  smtp.Params
	chunks  bool     // it goes out by BDAT
	seven   bool     // octets above 127 may not go out
	next    int      // the command of the envelope to queue next
	first   smtp.Tag // of the envelope
	end     smtp.Tag // of the octets that end the message; 0: not queued
	problem error    // why the caller or the body ended it

	began, turn time.Time // when Send was called, and when it had the connection
}

// Send sends one message and reports what became of it for each recipient. The
// error is that of [Report.Err]: nil if every recipient was accepted. Bad input
// is an error before anything is sent.
//
// body is read to its end, in pieces; it is not read any more when Send has
// returned. Its lines may end in LF or CRLF. A server that offers CHUNKING gets
// the message by BDAT, another one by DATA; with PIPELINING the envelope goes
// out in one write.
//
// When ctx ends, Send returns at once: what had not gone out whole is not sent,
// what had is unknown. The connection goes on for others, unless the message
// was under way by DATA, which can't be broken off but by closing.
func (c *Client) Send(ctx context.Context, env Envelope, body io.Reader) (Report, error) {
	m := &message{c: c, env: &env, began: time.Now()}
	m.d.Reset(len(env.To))
	if err := env.check(); err != nil {
		return m.give(false, err)
	}
	if err := c.take(ctx); err != nil {
		return m.give(false, err)
	}
	m.turn = time.Now()
	c.mu.Lock()
	c.user = m.d.Handle
	err := m.plan()
	c.mu.Unlock()
	if err == nil {
		err = c.flush(ctx, m.envelope)
	}
	if err == nil && m.problem == nil && m.wanted() {
		if m.chunks {
			err = m.sendChunks(ctx, body)
		} else {
			err = m.sendData(ctx, body)
		}
		if err == nil && m.problem == nil {
			err = c.flush(ctx, m.settled)
		}
	}
	if err == nil {
		err = m.problem
	}
	return m.finish(err)
}

// check finds what no server could take.
func (e *Envelope) check() error {
	if len(e.To) == 0 {
		return &smtp.ArgumentError{Argument: "Envelope.To", Reason: "expected one recipient at least, got none"}
	}
	if e.RcptParams != nil && len(e.RcptParams) != len(e.To) {
		return &smtp.ArgumentError{Argument: "Envelope.RcptParams", Reason: fmt.Sprintf("expected one for each of %d recipients, got %d", len(e.To), len(e.RcptParams))}
	}
	if e.Size < 0 {
		return &smtp.ArgumentError{Argument: "Envelope.Size", Reason: "expected 0 or more octets, got a negative number"}
	}
	return nil
}

// plan finds what the server lacks for the message, and sets the parameters of
// MAIL. Nothing is queued. The lock is held.
func (m *message) plan() error {
	s, p := m.c.s, m.c.s.Protocol()
	if err := s.Err(); err != nil {
		return err
	}
	offers := func(r smtp.Role) bool {
		k, ok := p.Keyword(r)
		if ok {
			_, ok = s.Extension(k)
		}
		return ok
	}
	m.chunks = s.Op(smtp.RoleLastChunk) != 0 && offers(smtp.RoleLastChunk)
	if most := s.MaxSize(); most > 0 && m.env.Size > 0 && uint64(m.env.Size) > most {
		return &smtp.ArgumentError{Argument: "Envelope.Size", Reason: fmt.Sprintf("expected at most %d octets, which is all the server takes (RFC 1870 §6.1), got %d", most, m.env.Size)}
	}
	if m.env.Params != nil {
		for id, value := range m.env.Params.All() {
			m.params.Put(id, value)
		}
	}
	if id, ok := p.Param(smtp.RoleSize); ok && m.env.Size > 0 && offers(smtp.RoleSize) && !m.params.Has(id) {
		m.params.Put(id, strconv.AppendInt(nil, m.env.Size, 10))
	}
	id, word, known := p.ParamValue(smtp.Role8Bit)
	eight := known && s.Offered(p.Params[id].Keyword)
	switch {
	case known && m.params.Has(id): // the caller said it in his own words
	case m.env.Body != Body7Bit && eight:
		m.params.Put(id, []byte(word))
	case m.env.Body == Body8Bit:
		return &smtp.MissingError{Name: "8BITMIME", Reason: "the message has octets above 127"}
	default:
		m.seven = true
	}
	if m.env.needsUTF8() {
		id, known := p.Param(smtp.RoleUTF8)
		if !known || !s.Offered(p.Params[id].Keyword) {
			return &smtp.MissingError{Name: "SMTPUTF8", Reason: "the message has UTF-8 in an address or in its header (RFC 6531 §3.4)"}
		}
		m.params.Put(id, nil)
	}
	return m.checkCommands(p)
}

// checkCommands encodes the envelope and throws it away, so that a bad address
// in the middle is found before MAIL goes out.
func (m *message) checkCommands(p *smtp.Protocol) error {
	var line []byte
	mail, rcpt := &smtp.Mail{From: m.env.From, Params: &m.params}, new(smtp.Rcpt)
	line, err := smtp.AppendCommand(line[:0], p, mail)
	for i := 0; i < len(m.env.To) && err == nil; i++ {
		rcpt.To, rcpt.Params = m.env.To[i], m.rcptParams(i)
		line, err = smtp.AppendCommand(line[:0], p, rcpt)
	}
	return err
}

func (m *message) rcptParams(i int) *smtp.Params {
	if m.env.RcptParams == nil {
		return nil
	}
	return m.env.RcptParams[i]
}

func (e *Envelope) needsUTF8() bool {
	if e.UTF8 || !isASCII(e.From) {
		return true
	}
	for _, to := range e.To {
		if !isASCII(to) {
			return true
		}
	}
	return false
}

func isASCII[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] > 127 {
			return false
		}
	}
	return true
}

// envelope queues as much of MAIL, RCPT and DATA as may be sent now, and reports
// whether all of it is answered, or no more of it makes sense. The lock is held.
func (m *message) envelope() bool {
	s := m.c.s
	steps := 1 + len(m.env.To)
	if !m.chunks {
		steps++
	}
	for m.next < steps && m.problem == nil {
		op := m.op()
		err := s.Allows(op)
		var state *smtp.StateError
		if errors.As(err, &state) {
			switch {
			case s.Awaiting() > 0:
				return false
			case m.next == 0 && s.Allows(s.Op(smtp.RoleReset)) == nil && !s.Closing():
				// What an earlier message left open is cleared first.
				m.queue(s.Op(smtp.RoleReset), func() (smtp.Tag, error) { return s.Rset() })
				continue
			case m.next == 0:
				m.problem = err
			}
			return true // what was refused leaves no place for the rest
		}
		if err == nil {
			err = m.queue(op, func() (smtp.Tag, error) { return m.step() })
		}
		if err != nil {
			m.problem = err
			s.Unqueue(m.first)
			break
		}
		m.next++
	}
	return s.Awaiting() == 0
}

func (m *message) op() smtp.Op {
	switch {
	case m.next == 0:
		return m.c.s.Op(smtp.RoleSender)
	case m.next <= len(m.env.To):
		return m.c.s.Op(smtp.RoleRecipient)
	}
	return m.c.s.Op(smtp.RoleData)
}

func (m *message) step() (smtp.Tag, error) {
	switch {
	case m.next == 0:
		return m.c.s.Mail(m.env.From, &m.params)
	case m.next <= len(m.env.To):
		return m.c.s.Rcpt(m.env.To[m.next-1], m.rcptParams(m.next-1))
	}
	return m.c.s.Data()
}

func (m *message) queue(op smtp.Op, queue func() (smtp.Tag, error)) error {
	from := len(m.c.s.Pending())
	tag, err := queue()
	if err != nil {
		return err
	}
	if m.first == 0 {
		m.first = tag
	}
	m.c.traceCommand(op, from)
	return nil
}

// wanted reports whether the server waits for the message.
func (m *message) wanted() bool {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	role := smtp.RoleContent
	if m.chunks {
		role = smtp.RoleLastChunk
	}
	return !m.d.Done() && m.c.s.Allows(m.c.s.Op(role)) == nil
}

// settled reports whether all is answered. The lock is held.
func (m *message) settled() bool { return m.c.s.Awaiting() == 0 || m.c.s.Halted() }

// finish works out the report and gives the turn back. err is why no more
// replies are waited for.
func (m *message) finish(err error) (Report, error) {
	c := m.c
	c.mu.Lock()
	alive := c.err == nil
	if err != nil && alive && m.spoilt() {
		// The message is under way by DATA: the server would take what follows for it.
		c.fail(c.opError("send", err))
		alive = false
	}
	ended := m.end != 0 && (alive || c.s.Taken(m.end))
	if err != nil || !m.d.Done() {
		if err == nil {
			err = c.err
		}
		m.d.Cut(ended, err)
	}
	c.user = nil
	waiting := alive && c.s.Awaiting() > 0
	report := m.report()
	c.count(report, m.began, m.turn)
	c.mu.Unlock()
	if waiting {
		c.detach()
	} else {
		c.give()
	}
	return report, report.Err()
}

// spoilt reports whether a 354 was answered with a part of the message.
func (m *message) spoilt() bool {
	s := m.c.s
	return m.end == 0 && s.Awaiting() == 0 && s.Protocol().States[s.State()].Awaits == smtp.AwaitContent
}

// give is the report of a message that never had the turn.
func (m *message) give(ended bool, err error) (Report, error) {
	m.d.Cut(ended, err)
	report := m.report()
	return report, report.Err()
}

func (m *message) report() Report {
	r := Report{Recipients: make([]Recipient, len(m.env.To))}
	for i := range r.Recipients {
		result := m.d.Recipient(i)
		result.Reply = result.Reply.Clone()
		r.Recipients[i] = Recipient{Address: m.env.To[i], Result: result}
	}
	return r
}
