package smtpclient

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// pieceSize is how much of a body is read at once. A message that fits into one
// piece is read before its turn comes, so that whoever has the lock can queue it.
const pieceSize = 64 << 10

// A job is a message, or a command, that a caller wants to be sent. But for
// what its caller prepares before the job is put in the queue, the lock of its
// client guards it.
type job struct {
	c *Client

	// a command
	command smtp.Command
	turns   bool // its success leaves the connection to the caller
	reply   smtp.Reply
	refusal error

	// a message
	env    *Envelope
	d      *smtp.Delivery // the report's; nil once the caller has left
	params smtp.Params
	digits [20]byte
	draft  draft
	body   io.Reader
	*buffers
	head   []byte    // of piece: what was read before the turn came
	whole  bool      // head is all of the body
	binary bool      // the body goes out as it is
	seven  bool      // octets above 127 may not go out
	text   smtp.Text // brings chunks into the form of the wire
	chunk  []byte    // in that form; its memory is that of buffers
	ready  bool      // chunk is head, which was in that form
	filled bool      // chunk is to be queued
	last   bool      // it is the last
	lent   []byte    // what is to be written of a body in memory; nil: it is read in pieces
	part   int       // how much of it at once
	view   view
	rest   *remainder // the body, where the transaction has a name
	pieces []piece    // the message, where the server fetches some of it
	chunks int        // how many were queued
	read   int64      // octets of the body read
	weight int        // octets in flight with Eager

	stage   stage
	next    int      // the command of the envelope to be queued next
	reset   bool     // a RSET was queued before it
	first   smtp.Tag // of the envelope
	end     smtp.Tag // of what ends the message; 0: not queued
	pending int      // its commands that are not answered

	problem   error // why the caller, or the body, ended it
	err       error
	done      bool
	abandoned bool // the caller has left
	orphan    bool // the caller has left, and the message goes out all the same
	waits     bool // the caller waits to be woken
	wake      chan struct{}

	nextFree *job

	began time.Time // when the caller came
}

// stage is how far a message got.
type stage uint8

const (
	atEnvelope stage = iota
	atReplies        // all of the envelope is queued
	atContent        // the server waits for the message
	atEnd            // all is queued that ever will be
)

// Buffers are shared by all clients; an idle one holds none. Jobs are not: their
// channels may belong to a bubble of testing/synctest.
var pieces = sync.Pool{New: func() any { return new(buffers) }}

// buffers are what a message needs while it is under way.
type buffers struct {
	piece [pieceSize + 2]byte // a line end may have to be added
	chunk []byte
}

// newJob takes a job that was freed, or makes one.
func (c *Client) newJob() *job {
	c.mu.Lock()
	defer c.mu.Unlock()
	j := c.link.free
	if j == nil {
		j = &job{c: c, wake: make(chan struct{}, 1)}
	} else {
		c.link.free = j.nextFree
		c.link.freed--
	}
	j.began = time.Now()
	return j
}

// free gives the job back, unless replies to it are still to come.
func (j *job) free() {
	if j.orphan {
		return
	}
	if j.buffers != nil {
		if !j.ready {
			j.buffers.chunk = j.chunk[:0]
		}
		pieces.Put(j.buffers)
	}
	if j.abandoned {
		return
	}
	select {
	case <-j.wake:
	default:
	}
	j.params.Reset()
	c := j.c
	*j = job{c: c, wake: j.wake, params: j.params}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link.freed < c.cfg.WindowMessages {
		j.nextFree = c.link.free
		c.link.free = j
		c.link.freed++
	}
}

func (j *job) signal() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// queue queues as much of the job as may be sent now, and reports whether that
// was the last of it. The lock is held, as for all that follows.
func (j *job) queue() bool {
	if j.command != nil {
		return j.queueCommand()
	}
	for {
		more := false
		switch j.stage {
		case atEnvelope:
			more = j.queueEnvelope()
		case atReplies:
			more = j.judge()
		case atContent:
			more = j.queueContent()
		case atEnd:
			return true
		}
		if !more {
			return false
		}
	}
}

func (j *job) queueCommand() bool {
	s := j.c.s
	op := j.command.Op()
	if j.pending > 0 || j.problem != nil {
		return true
	}
	if !s.Legal(op) && s.Awaiting() > 0 && isState(s.Allows(op)) {
		return false
	}
	from := len(s.Pending())
	if _, j.problem = s.Do(j.command); j.problem == nil {
		j.c.traceCommand(op, from)
		j.pending++
		if s.Protocol().Commands[op].Role == smtp.RoleSender {
			j.c.quota.transactions++
		}
	}
	return true
}

func isState(err error) bool {
	var state *smtp.StateError
	return errors.As(err, &state)
}

// queueEnvelope queues MAIL, RCPT and, without CHUNKING, DATA. It reports
// whether the job has got further.
func (j *job) queueEnvelope() bool {
	if j.abandoned {
		j.stage = atReplies
		return true
	}
	s := j.c.s
	steps := 1 + len(j.env.To)
	if !j.c.chunks && j.pieces == nil {
		steps++
	}
	for j.next < steps {
		if j.next == 1 && j.rest != nil && s.Awaiting() > 0 {
			return false // the recipients may be there already (RFC 1845 §3)
		}
		op := j.op()
		var err error
		switch {
		case s.Legal(op):
			if err = j.put(op); err == nil {
				j.next++
			}
		case j.next == 0 && !j.reset && s.Legal(s.Op(smtp.RoleReset)):
			// The fence behind a last chunk, or what an earlier message left open.
			j.reset = true
			err = j.put(s.Op(smtp.RoleReset))
		case s.Awaiting() > 0:
			return false
		default:
			if err = s.Allows(op); j.next > 0 && isState(err) {
				// What was refused leaves no place for the rest.
				j.stage = atReplies
				return true
			}
		}
		if err != nil {
			j.problem = err
			if j.first != 0 && s.Unqueue(j.first) == nil {
				j.pending = 0
			}
			j.stage = atEnd
			return true
		}
	}
	j.stage = atReplies
	return true
}

// op is the command of the envelope that is next.
func (j *job) op() smtp.Op {
	switch {
	case j.next == 0:
		return j.c.s.Op(smtp.RoleSender)
	case j.next <= len(j.env.To):
		return j.c.s.Op(smtp.RoleRecipient)
	}
	return j.c.s.Op(smtp.RoleData)
}

// put queues a command of the envelope.
func (j *job) put(op smtp.Op) (err error) {
	s := j.c.s
	from := len(s.Pending())
	var tag smtp.Tag
	switch {
	case op == s.Op(smtp.RoleReset):
		tag, err = s.Rset()
	case j.next == 0:
		tag, err = s.Mail(j.env.From, &j.params)
	case j.next <= len(j.env.To):
		tag, err = s.Rcpt(j.env.To[j.next-1], j.env.rcptParams(j.next-1))
	default:
		tag, err = s.Data()
	}
	if err != nil {
		return err
	}
	if j.first == 0 {
		j.first = tag
	}
	j.pending++
	j.c.traceCommand(op, from)
	return nil
}

// judge finds out whether the server waits for the message. It reports whether
// the job has got further.
func (j *job) judge() bool {
	s := j.c.s
	if j.pending > 0 && !j.eager() {
		return false
	}
	if j.abandoned {
		if j.spoils() {
			// The 354 that was asked for can't be answered with nothing.
			j.c.fail(j.c.opError("send", errGivenUp))
		}
		j.stage = atEnd
		return true
	}
	if j.pending == 0 && j.d.Done() {
		j.stage = atEnd
		return true
	}
	role := j.contentRole()
	switch {
	case s.Legal(s.Op(role)):
		j.stage = atContent
		if !j.whole {
			j.signal() // the caller has to read
		}
	case s.Awaiting() > 0:
		return false
	default:
		j.problem = j.refusedBy(role)
		j.stage = atEnd
	}
	return true
}

// refusedBy is why a command is not possible: what the server said before it
// closes, or the state.
func (j *job) refusedBy(role smtp.Role) error {
	s := j.c.s
	if word := j.c.link.lastWord; word != nil && s.Closing() {
		return j.c.opError("send", word)
	}
	return s.Allows(s.Op(role))
}

var errGivenUp = errors.New("a message was given up half way")

// eager reports whether the content goes out with the envelope: never before the
// server took AUTH.
func (j *job) eager() bool {
	return j.c.cfg.Eager && j.c.chunks && j.whole && j.c.link.login.tag == 0
}

// queueContent queues the message if it is whole, or a chunk of it that the
// caller has filled. It reports whether the job has got further.
func (j *job) queueContent() bool {
	switch {
	case j.abandoned:
		j.stage = atEnd
	case j.pieces != nil:
		return j.queuePieces()
	case j.c.chunks && (j.whole || j.filled):
		return j.queueChunk()
	case j.whole:
		if j.problem = j.c.s.Content(j.head); j.problem == nil {
			j.endData()
		}
		j.stage = atEnd
	default:
		return false
	}
	return true
}

// endData ends the message behind a 354.
func (j *job) endData() {
	if j.end, j.problem = j.c.s.EndContent(); j.problem != nil {
		return
	}
	j.pending++
	j.c.traceContent(int(j.read))
	j.c.tryBehind()
}

// queueChunk queues one chunk. The last of several waits until those before it
// are answered: a server may go on after it refused one, and would accept a
// message with a hole in it (RFC 3030 §2).
func (j *job) queueChunk() bool {
	s := j.c.s
	role := smtp.RoleChunk
	if j.last {
		role = smtp.RoleLastChunk
	}
	if j.last && j.chunks > 0 && j.pending > 0 {
		return false
	}
	if !s.Legal(s.Op(role)) {
		if s.Awaiting() > 0 {
			return false
		}
		if !j.d.Done() {
			j.problem = j.refusedBy(role)
		}
		j.stage = atEnd
		return true
	}
	n := len(j.chunk)
	if !j.last {
		n = j.c.cfg.ChunkSize
	}
	n += len(j.lent)
	from := len(s.Pending())
	tag, err := s.Chunk(n, j.last)
	if err == nil {
		j.pending++
		j.chunks++
		j.c.traceCommand(s.Op(role), from)
		if n > 0 && j.lent == nil { // BDAT 0 LAST ends an empty message
			err = s.Content(j.chunk[:n])
		}
		j.c.traceContent(n)
	}
	if err != nil {
		j.problem = err
		j.stage = atEnd
		return true
	}
	if j.last {
		j.end = tag
		j.weight = n
		j.c.link.octets += n
		j.c.link.messages++
		if j.lent == nil {
			j.stage = atEnd
		}
		return true
	}
	j.chunk = append(j.chunk[:0], j.chunk[n:]...)
	j.filled = false
	j.signal()
	return true
}

// streams reports whether the caller has to read the body for the job to go on.
func (j *job) streams() bool {
	return j.command == nil && j.stage == atContent && !j.whole && !j.filled && !j.abandoned && !j.done
}

// spoils reports whether the server takes what comes next for the message.
func (j *job) spoils() bool {
	s := j.c.s
	return j.owes() || j.command == nil && j.end == 0 && s.Awaiting() == 0 && s.Protocol().States[s.State()].Awaits == smtp.AwaitContent
}

// owes reports whether octets of the last chunk are still to come.
func (j *job) owes() bool { return j.lent != nil && j.end != 0 && j.stage == atContent }

// handle takes one event of the job's commands.
func (j *job) handle(ev *smtp.Event) {
	if ev.Kind == smtp.Replied || ev.Kind == smtp.Challenge {
		switch {
		case ev.More, ev.Role == smtp.RoleVoid:
		case ev.Role == smtp.RoleContent && j.end == 0: // refused while it was under way
			j.stage = atEnd
		default:
			j.pending--
		}
		if ev.TakenUp {
			j.takeUp(ev.Offset)
		}
		if j.command != nil && !j.abandoned && j.problem == nil {
			j.c.turned = j.turns && ev.Reply.Positive() && j.c.s.State() == j.c.s.Protocol().Finish
			j.reply = ev.Reply.Clone()
			j.refusal = j.reply.Err(j.c.s.Protocol().Commands[ev.Op].Name, ev.Temporary)
		}
		if ev.Kind == smtp.Challenge {
			j.cancelExchange()
		}
	}
	if (ev.Role == smtp.RoleChunk || ev.Role == smtp.RoleLastChunk) && (ev.Reply.Code == 500 || ev.Reply.Code == 502) && !ev.Late && j.d != nil {
		j.misread(ev)
		return
	}
	if j.d != nil {
		j.d.Handle(*ev)
	}
}

// cancelExchange answers a challenge that nobody can answer: the connection is
// for others too (RFC 4954 §4).
func (j *job) cancelExchange() {
	s := j.c.s
	j.problem = errChallenged
	from := len(s.Pending())
	if _, err := s.Line(nil); err == nil {
		j.pending++
		j.c.traceCommand(s.Last(), from)
	}
}

var errChallenged = errors.New("smtpclient: the server answered the command with a challenge, and the exchange was cancelled: authenticate by Config.Auth")

// misread takes the word of a server that does not know the BDAT which it
// offered: it reads the octets of the message as commands. There is nothing to be
// done but to close, and to send by DATA on another connection.
func (j *job) misread(ev *smtp.Event) {
	c := j.c
	refusal := ev.Reply.Err(c.s.Protocol().Commands[ev.Op].Name, true)
	j.problem = &MisreadError{Err: refusal}
	c.fail(c.opError("send", j.problem))
}

func isMisread(err error) bool {
	if err == nil {
		return false
	}
	var misread *MisreadError
	return errors.As(err, &misread)
}

// finish ends the job. err is why no more replies will come, nil if all came.
func (j *job) finish(err error) {
	c := j.c
	if j.weight > 0 {
		c.link.octets -= j.weight
		c.link.messages--
		j.weight = 0
	}
	if j.done {
		return
	}
	if j.problem != nil {
		err = j.problem
	}
	j.err = err
	j.done = true
	if j.d != nil {
		if err != nil || !j.d.Done() {
			if err == nil {
				err = c.err
			}
			j.d.Cut(j.end != 0 && (c.err == nil || c.s.Taken(j.end)) && !isMisread(j.problem), err)
		}
		j.count()
	}
	j.signal()
}

// abandon lets the caller go. What is queued goes out, and its replies are
// taken when they come.
func (j *job) abandon(err error) {
	if j.done {
		return
	}
	j.abandoned, j.done = true, true
	if j.d != nil {
		j.d.Cut(j.end != 0 && !j.owes(), err)
		j.count()
		j.d = nil
	}
	j.env, j.body = nil, nil
}

// count adds a message to the counters.
func (j *job) count() {
	stats := &j.c.stats
	stats.Messages++
	stats.Sending += time.Since(j.began)
	for i := range j.d.Recipients() {
		stats.Recipients[j.d.Recipient(i).Outcome]++
	}
}
