package smtpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

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
	// BodyBinary: any octets, with lines or without; they go out as they are, in
	// chunks (RFC 3030 §3). A server without BINARYMIME gets nothing.
	BodyBinary
)

// An Envelope says from whom and to whom a message goes (RFC 5321 §2.3.1).
type Envelope struct {
	// From is the reverse-path, without angle brackets; empty is the null
	// reverse-path of notifications (RFC 5321 §4.5.5).
	From string
	// To holds the forward-paths, one at least. Where a server takes up a
	// transaction of an earlier session (CHECKPOINT, RFC 1845), they are those that
	// it took then: leave out those that it refused.
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
// the envelope. The replies in it are views into the report: they change when it
// is given to SendTo again.
type Report struct {
	Recipients []Recipient
	delivery   smtp.Delivery
}

// fill makes the recipients' results of what the delivery found out.
func (r *Report) fill(to []string) {
	r.Recipients = r.Recipients[:0]
	for i, address := range to {
		r.Recipients = append(r.Recipients, Recipient{Address: address, Result: r.delivery.Recipient(i)})
	}
}

// notSent is the report of a message that never was in the queue.
func (r *Report) notSent(to []string, err error) error {
	r.delivery.Reset(len(to))
	r.delivery.Cut(false, err)
	r.fill(to)
	if len(to) == 0 {
		return err
	}
	return r.Err()
}

// Accepted is how many recipients the server took the message for.
func (r *Report) Accepted() (n int) {
	for i := range r.Recipients {
		if r.Recipients[i].Outcome == smtp.Accepted {
			n++
		}
	}
	return n
}

// Err is nil if every recipient was accepted, a [*PartialError] if some were,
// else the error that all share, or all their errors joined.
func (r *Report) Err() error {
	if r.Accepted() == len(r.Recipients) {
		return nil
	}
	var failed []Recipient
	for _, one := range r.Recipients {
		if one.Outcome != smtp.Accepted {
			failed = append(failed, one)
		}
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

// A Message is an envelope with the message to send.
type Message struct {
	Envelope
	Body io.Reader
}

// Send sends one message and reports what became of it for each recipient. The
// error is that of [Report.Err]: nil if every recipient was accepted. Bad input
// is an error before anything is sent.
//
// body is read to its end, in pieces; it is not read any more when Send has
// returned. A *[bytes.Reader] or *[bytes.Buffer] of more than 64 KiB is not copied,
// if its lines end in CRLF: it is written from where it stands. Its lines may end in LF or CRLF. A server that offers CHUNKING gets
// the message by BDAT, another one by DATA; with PIPELINING the envelope goes
// out in one write, right behind the message of another caller if there is one.
//
// When ctx ends, Send returns at once: what had not gone out whole is not sent,
// what had is unknown. The connection goes on for others, unless the message was
// under way by DATA, or from the caller's memory: these can't be broken off but by
// closing.
//
// Where the server says how much it takes of one client (LIMITS, RFC 9422), a
// message to more recipients than it takes goes out in several transactions, for
// which body is read again: it has to be an [io.Seeker] then, or fit into 64 KiB.
// A client that was dialled makes further connections where its own takes no more
// transactions, or domains of recipients; they are closed with it. Another one gives
// a [*LimitError], and nothing of the message is sent.
//
// A server that offers CHUNKING and answers BDAT with 500 or 502 has taken the
// message for commands: the client is closed, and if it was dialled and body is
// an [io.Seeker], the message is sent by DATA over another connection. Else it is
// not sent, for a [*MisreadError].
func (c *Client) Send(ctx context.Context, env Envelope, body io.Reader) (Report, error) {
	r := new(Report)
	err := c.SendTo(ctx, &env, body, r)
	return *r, err
}

// SendTo is Send with a report of the caller's, which is filled anew and keeps
// its memory. With a context that can't be cancelled it allocates nothing, once
// everything has its size.
func (c *Client) SendTo(ctx context.Context, env *Envelope, body io.Reader, r *Report) error {
	if !c.fits(env.To) {
		return c.sendParts(ctx, env, body, r)
	}
	return c.sendOne(ctx, env, body, r)
}

// sendOne sends a message as one transaction, which has its place.
func (c *Client) sendOne(ctx context.Context, env *Envelope, body io.Reader, r *Report) error {
	j := c.newJob()
	err := j.plan(env, body, r)
	if err != nil {
		j.unused()
		j.free()
		return r.notSent(env.To, err)
	}
	if err := c.run(ctx, j); err != nil && !j.done {
		r.delivery.Cut(false, err)
	}
	if !j.abandoned && j.first == 0 {
		j.unused()
	}
	again := j.again(body)
	r.fill(env.To)
	j.free()
	if again {
		return c.sendByData(ctx, env, body, r)
	}
	return r.Err()
}

// unused gives the place of a message back that never was begun.
func (j *job) unused() {
	j.c.mu.Lock()
	defer j.c.mu.Unlock()
	j.c.giveBack(1)
}

// again reports whether the message can be sent once more by DATA, to a server
// that offered CHUNKING and does not know it: it was dialled, so that it can be
// again, and the body can be rewound.
func (j *job) again(body io.Reader) bool {
	if j.c.addr == "" || j.rest != nil || !isMisread(j.problem) {
		return false
	}
	seeker, ok := body.(io.Seeker)
	if !ok {
		return false
	}
	_, err := seeker.Seek(-j.read, io.SeekCurrent)
	return err == nil
}

// sendByData sends a message over a connection of its own, without CHUNKING.
func (c *Client) sendByData(ctx context.Context, env *Envelope, body io.Reader, r *Report) error {
	cfg := c.cfg.apart()
	chunking, _ := c.s.Protocol().Keyword(smtp.RoleLastChunk)
	cfg.Ignore = append(cfg.Ignore[:len(cfg.Ignore):len(cfg.Ignore)], chunking)
	other, err := Dial(ctx, c.addr, cfg)
	if err != nil {
		return r.notSent(env.To, err)
	}
	err = other.SendTo(ctx, env, body, r)
	other.Quit(ctx) // what it says changes nothing any more
	return err
}

// plan makes a job of a message: what no server could take, or this server not,
// is found before anything is queued.
func (j *job) plan(env *Envelope, body io.Reader, r *Report) error {
	if err := env.check(); err != nil {
		return err
	}
	j.env, j.body, j.d = env, body, &r.delivery
	j.d.Reset(len(env.To))
	j.c.mu.Lock()
	j.c.wakeUp()
	err := j.ask()
	j.c.mu.Unlock()
	if err != nil {
		return err
	}
	if p, ok := body.(*pieced); ok {
		return j.divide(p)
	}
	if j.c.names(env) {
		j.withhold()
		return nil
	}
	return j.prepare()
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

// ask asks the session what the server lacks for the message, and sets the
// parameters of MAIL. The lock is held.
func (j *job) ask() error {
	s, p, env := j.c.s, j.c.s.Protocol(), j.env
	if j.c.err != nil {
		return j.c.err
	}
	if most := s.MaxSize(); most > 0 && env.Size > 0 && uint64(env.Size) > most {
		return &smtp.ArgumentError{Argument: "Envelope.Size", Reason: fmt.Sprintf("expected at most %d octets, which is all the server takes (RFC 1870 §6.1), got %d", most, env.Size)}
	}
	if env.Params != nil {
		s.Select(&j.params, env.Params)
	}
	if id, ok := p.Param(smtp.RoleSize); ok && env.Size > 0 && s.Offered(p.Params[id].Keyword) && !j.params.Has(id) {
		j.params.Put(id, strconv.AppendInt(j.digits[:0], env.Size, 10))
	}
	id, word, known := p.ParamValue(smtp.Role8Bit)
	switch {
	case env.Body == BodyBinary:
		if !j.c.chunks || !s.OffersValue(smtp.RoleBinary) {
			return &smtp.MissingError{Name: "BINARYMIME", Reason: "the message may have any octets (RFC 3030 §3)"}
		}
		id, word, _ := p.ParamValue(smtp.RoleBinary)
		j.params.PutString(id, word)
		j.binary = true
	case known && j.params.Has(id): // the caller said it in his own words
	case env.Body != Body7Bit && known && s.Offered(p.Params[id].Keyword):
		j.params.PutString(id, word)
	case env.Body == Body8Bit:
		return &smtp.MissingError{Name: "8BITMIME", Reason: "the message has octets above 127"}
	default:
		j.seven = true
	}
	if env.needsUTF8() {
		id, known := p.Param(smtp.RoleUTF8)
		if !known || !s.Offered(p.Params[id].Keyword) {
			return &smtp.MissingError{Name: "SMTPUTF8", Reason: "the message has UTF-8 in an address or in its header (RFC 6531 §3.4)"}
		}
		j.params.Put(id, nil)
	}
	pipelining, _ := p.Keyword(smtp.RolePipelining)
	if s.Offered(pipelining) && len(env.To) < 1000 {
		return nil // the envelope is queued at once, or not at all
	}
	return j.checkCommands()
}

// checkCommands encodes the envelope and throws it away, so that a bad address
// in the middle is found before MAIL goes out.
func (j *job) checkCommands() error {
	d := &j.draft
	d.mail.From, d.mail.Params = j.env.From, &j.params
	err := j.c.s.Check(&d.mail)
	for i := 0; i < len(j.env.To) && err == nil; i++ {
		d.rcpt.To, d.rcpt.Params = j.env.To[i], j.env.rcptParams(i)
		err = j.c.s.Check(&d.rcpt)
	}
	return err
}

// A draft is an envelope that is encoded to see whether it can be.
type draft struct {
	mail smtp.Mail
	rcpt smtp.Rcpt
}

func (e *Envelope) rcptParams(i int) *smtp.Params {
	if e.RcptParams == nil {
		return nil
	}
	return e.RcptParams[i]
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

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > 127 {
			return false
		}
	}
	return true
}
