package smtpclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// A link is how the callers of a client share its connection. There is no
// goroutine that owns it: each caller, while its job is not done, does what is
// to be done for all of them. One at a time writes, one at a time reads, and
// whoever has neither to do waits to be woken.
type link struct {
	waiting jobs // those that have queued nothing
	flight  jobs // those whose replies are to come, in order; the last may have more to queue
	current *job // the one that has more to queue: the last of flight

	free  *job // jobs to be used again
	freed int  // how many

	reading, writing bool
	helping          bool          // a goroutine is there to read
	heard            chan struct{} // closed when it has read, for who waits for that
	spare            []byte        // for Session.Take
	outputs          *outputs      // nil while the connection is idle
	readBy           time.Time     // when the oldest unanswered command must be answered; zero: nobody waited for it yet
	unanswered       int           // octets written since no reply was outstanding
	octets           int           // of messages in flight, in eager mode
	messages         int           // likewise

	patience *time.Timer // of a write while nobody reads

	lastWord error // the 421 by which the server closes

	login   login
	behind  behindDot
	probe   smtp.Tag  // the NOOP that tries whether the server reads on behind the final dot
	graceBy time.Time // when its reply is given up; zero: it is not yet waited for
}

// A caller may write with so many replies outstanding, and nobody there to read:
// the buffers of the kernel hold them. With more, somebody is sent to read if
// the write takes longer than patience.
const (
	inlineReplies = 64
	patience      = 10 * time.Millisecond
	// lastWords is how long a server that closes is listened to.
	lastWords = time.Second
	// kernelBuffer is what the kernel takes at least before it holds up a write.
	kernelBuffer = 16 << 10
)

// readBuffer is how much is read at once.
const readBuffer = 16 << 10

var readBuffers = sync.Pool{New: func() any { return new([readBuffer]byte) }}

// outputs are the session's output buffers while a client is busy: one is
// filled while the other is written.
type outputs struct{ one, other []byte }

var outputPool = sync.Pool{New: func() any { return new(outputs) }}

// run puts a job in the queue and drives the connection until it is done, or ctx
// ends.
func (c *Client) run(ctx context.Context, j *job) error {
	if ctx.Err() != nil {
		return c.opError("send", context.Cause(ctx))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	c.wakeUp()
	c.link.waiting.push(j)
	t := c.turn(ctx)
	defer t.end()
	return c.drive(t, j)
}

// drive works on the connection until j is done, or the turn is over: then j is
// given up. The lock is held.
func (c *Client) drive(t *turn, j *job) error {
	defer func() {
		if !j.done { // the body panicked
			c.abandon(j, c.opError("send", errGivenUp))
			c.advance()
			c.handOver()
		}
	}()
	for {
		c.advance()
		switch {
		case j.done:
			c.handOver()
			return j.err
		case t.over() != nil:
			err := c.opError("send", t.over())
			c.abandon(j, err)
			c.advance()
			c.handOver()
			return err
		case c.err == nil && !c.link.writing && len(c.s.Pending()) > 0:
			c.write(t)
		case j.streams() && !c.link.writing:
			c.stream(t, j)
		case c.err == nil && !c.link.reading && c.s.Awaiting() > 0:
			c.read(t)
		default:
			j.waits = true
			c.mu.Unlock()
			select {
			case <-j.wake:
			case <-t.done():
			}
			c.mu.Lock()
			j.waits = false
		}
	}
}

// advance queues all that may be sent now. The lock is held.
func (c *Client) advance() {
	l := &c.link
	for c.err == nil {
		if l.current == nil {
			if l.waiting.n == 0 || !c.opens(l.waiting.first()) {
				break
			}
			l.current = l.waiting.pop()
			l.flight.push(l.current)
		}
		if !l.current.queue() {
			break
		}
		l.current = nil
		c.retire()
	}
	switch {
	case c.err != nil:
	case c.s.Halted():
		c.fail(c.opError("send", errServerEnded))
	case c.s.Awaiting() > 0 || len(c.s.Pending()) > 0:
	case c.s.State() == c.s.Protocol().Finish:
		c.fail(ErrClientClosed)
	case c.s.Closing():
		c.fail(c.opError("send", cmp.Or(l.lastWord, errServerEnded)))
	}
}

var errServerEnded = errors.New("the server ended the session")

// opens reports whether another job may be begun.
func (c *Client) opens(j *job) bool {
	l := &c.link
	switch {
	case c.s.Awaiting() == 0, l.login.tag != 0 && l.flight.n == 0:
		return true
	case j.command != nil || l.probe != 0:
		return false
	case c.chunks:
		return !c.cfg.Eager || l.messages < c.cfg.WindowMessages && l.octets < c.cfg.WindowOctets
	}
	return l.behind == behindRead
}

// write writes what is queued. The lock is held, and given up in between.
func (c *Client) write(t *turn) {
	l := &c.link
	guarded := c.attend()
	out := c.s.Take(l.spare)
	l.spare = nil
	l.writing = true
	inline := c.writesInline(t, len(out))
	l.unanswered += len(out)
	if !inline {
		written := c.writeOn(out, 0)
		c.mu.Unlock()
		select {
		case <-written:
		case <-t.done():
		}
		c.mu.Lock()
		return
	}
	n, err := c.put(t, out, isPlain(c.conn))
	if guarded {
		l.patience.Stop()
	}
	if isPlain(c.conn) && t.over() != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		c.writeOn(out, n)
		return
	}
	l.spare = out
	c.wrote(len(out), n, err)
}

// writesInline reports whether a caller can write so many octets himself: nobody
// calls him away, or he can leave the rest to another, or the kernel takes them
// at once, as it has nothing else to keep for the server.
func (c *Client) writesInline(t *turn, n int) bool {
	return t == nil || isPlain(c.conn) || c.buffered && c.link.unanswered+n <= kernelBuffer
}

// writeOn starts a goroutine that writes what is left of out: the caller may be
// called away, but the octets have to go out. The lock is held.
func (c *Client) writeOn(out []byte, n int) (written chan struct{}) {
	written = make(chan struct{})
	c.work.Add(1) // under the lock: Close waits
	go func() {
		defer c.work.Done()
		c.mu.Lock()
		m, err := c.put(nil, out[n:], false)
		c.link.spare = out
		c.wrote(len(out), n+m, err)
		c.handOver()
		c.mu.Unlock()
		close(written)
	}()
	return written
}

// writeLent writes a part of a message from the caller's memory. If his turn is
// over the write is broken off, and the connection with it: he gets his memory
// back, and can't wait. The lock is held, and given up in between.
func (c *Client) writeLent(t *turn, j *job, p []byte) {
	l := &c.link
	guarded := c.attend()
	l.writing = true
	l.unanswered += len(p)
	n, err := c.put(t, p, true)
	if guarded {
		l.patience.Stop()
	}
	if why := t.over(); err != nil && why != nil {
		j.problem = c.opError("send", why)
		err = errGivenUp
	}
	c.wrote(len(p), n, err)
}

// put writes p. With breaks the end of the turn ends the write. The lock is held,
// and given up in between.
func (c *Client) put(t *turn, p []byte, breaks bool) (n int, err error) {
	breaks = breaks && t != nil
	if breaks {
		t.writes = true
	}
	c.mu.Unlock()
	began := time.Now()
	n, err = c.putPieces(t, p, breaks)
	heldUp := time.Since(began) > patience
	c.mu.Lock()
	if breaks {
		t.writes = false
	}
	if heldUp {
		c.link.readBy = time.Time{} // the server can't have answered before it had this
	}
	return n, err
}

// putPieces writes p, for each piece of which the server has its time: a write that
// got on is gone on with, or where it can't be, as with TLS, its pieces are small.
func (c *Client) putPieces(t *turn, p []byte, breaks bool) (n int, err error) {
	plain := isPlain(c.conn)
	for {
		piece := p[n:]
		if !plain {
			piece = piece[:min(len(piece), pieceSize)]
		}
		var by time.Time
		if c.block > 0 {
			by = time.Now().Add(c.block)
		}
		c.conn.SetWriteDeadline(by)
		over := breaks && t.over() != nil
		if over {
			c.conn.SetWriteDeadline(past)
		}
		m, err := c.conn.Write(piece)
		n += m
		gotOn := plain && m > 0 && !over && errors.Is(err, os.ErrDeadlineExceeded)
		if n == len(p) || err != nil && !gotOn {
			return n, err
		}
	}
}

// attend sees to it that somebody reads while a write is held up, where replies
// are outstanding or the server may refuse what it is sent: else two sides that
// both write would wait for each other. The lock is held.
func (c *Client) attend() (guarded bool) {
	l := &c.link
	switch {
	case l.reading:
	case c.s.Awaiting() > 0 && !c.buffered:
		c.help()
	case c.s.Awaiting() > inlineReplies, c.uploads():
		c.guard()
		return true
	}
	return false
}

// uploads reports whether message data is under way, which the server may refuse
// at any time.
func (c *Client) uploads() bool { return c.link.current != nil && c.link.current.stage == atContent }

// guard sends somebody to read if the write that begins is held up. The lock is
// held.
func (c *Client) guard() {
	l := &c.link
	if l.patience != nil {
		l.patience.Reset(patience)
		return
	}
	l.patience = time.AfterFunc(patience, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if l.writing && !l.reading && c.err == nil {
			c.help()
		}
	})
}

// wrote takes note of what was written. The lock is held.
func (c *Client) wrote(of, n int, err error) {
	l := &c.link
	c.stats.Sent += uint64(n)
	c.s.Unwritten(of - n)
	if err != nil && c.err == nil && err != errGivenUp && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.hear()
	}
	l.writing = false
	if j := l.current; j != nil && j.streams() {
		j.signal() // it may have waited for this
	}
	switch {
	case c.err != nil:
		c.settle()
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.fail(c.opError("write", fmt.Errorf("the server took no data for %v: %w", c.block, err)))
	case err != nil:
		c.fail(c.opError("write", err))
	}
}

// hear takes what the server said before it closed the connection on what was
// being written: why it did, mostly. The lock is held, and given up in between.
func (c *Client) hear() {
	l := &c.link
	for by := time.Now().Add(lastWords); c.err == nil && time.Now().Before(by); {
		if !l.reading {
			l.readBy = by
			c.read(nil)
			continue
		}
		heard := make(chan struct{})
		l.heard = heard
		c.mu.Unlock()
		select {
		case <-heard:
		case <-time.After(lastWords):
		}
		c.mu.Lock()
	}
}

// read reads once and hands the replies out. The lock is held, and given up in
// between.
func (c *Client) read(t *turn) {
	l := &c.link
	l.reading = true
	if t != nil {
		t.reads = true
	}
	buf := readBuffers.Get().(*[readBuffer]byte)
	now := time.Now()
	if l.readBy.IsZero() && c.s.Awaiting() > 0 {
		l.readBy = now.Add(cmp.Or(c.cfg.Timeout, c.s.Timeout()))
	}
	if l.probe != 0 && c.s.Awaiting() == 1 && l.graceBy.IsZero() {
		l.graceBy = now.Add(grace)
	}
	by := l.readBy
	if by.IsZero() {
		by = now.Add(lastWords) // a look whether the server refuses what is written
	}
	if !l.graceBy.IsZero() && l.graceBy.Before(by) {
		by = l.graceBy
	}
	several := c.s.Awaiting() > 1 && !c.cfg.Eager
	c.mu.Unlock()
	if several && c.quick != nil {
		c.quick()
	}
	c.conn.SetReadDeadline(by)
	if t.over() != nil {
		c.conn.SetReadDeadline(past)
	}
	n, err := c.conn.Read(buf[:])
	c.mu.Lock()
	l.reading = false
	if t != nil {
		t.reads = false
	}
	if l.heard != nil {
		close(l.heard)
		l.heard = nil
	}
	c.stats.Received += uint64(n)
	c.s.HandleInput(buf[:n])
	readBuffers.Put(buf)
	if err == io.EOF {
		c.s.HandleEOF()
	}
	c.events()
	if c.s.Awaiting() == 0 {
		l.unanswered = 0
	}
	switch {
	case err == nil, err == io.EOF:
	case errors.Is(err, os.ErrDeadlineExceeded):
		// Perhaps somebody was called away, or the time of a probe is over.
		switch now = time.Now(); {
		case !l.readBy.IsZero() && !now.Before(l.readBy) && l.writing:
			l.readBy = time.Time{} // the server does not have it all yet, and the write has its own time
		case !l.readBy.IsZero() && !now.Before(l.readBy):
			c.fail(c.opError("read", fmt.Errorf("no reply within %v: %w", cmp.Or(c.cfg.Timeout, c.s.Timeout()), err)))
		case !l.graceBy.IsZero() && !now.Before(l.graceBy):
			c.giveUpProbe()
		}
	default:
		c.fail(c.opError("read", err))
	}
}

// events hands out what the session makes of its input. The lock is held.
func (c *Client) events() {
	for {
		ev := c.s.Next()
		switch ev.Kind {
		case smtp.None:
			return
		case smtp.Ended:
			if ev.Err == nil {
				ev.Err = ErrClientClosed
			}
			if word := c.link.lastWord; word != nil {
				ev.Err = fmt.Errorf("%w, having said: %w", ev.Err, word)
			}
			c.fail(c.opError("read", ev.Err))
			return
		}
		c.traceAnswer(ev)
		c.link.readBy = time.Time{}
		if ev.Kind == smtp.Closing {
			c.link.lastWord = ev.Reply.Err("the connection", true)
			for i := range c.link.flight.n {
				c.link.flight.at(i).handle(&ev)
			}
			continue
		}
		if c.s.Closing() && c.link.lastWord == nil {
			c.link.lastWord = ev.Reply.Err(c.s.Protocol().Commands[ev.Op].Name, true)
		}
		if c.link.probe != 0 && c.probed(&ev) || c.link.login.tag != 0 && c.loggedIn(&ev) {
			continue
		}
		if c.link.flight.n > 0 {
			c.link.flight.first().handle(&ev)
			c.retire()
		}
	}
}

// retire takes off those whose last reply has come. The lock is held.
func (c *Client) retire() {
	l := &c.link
	for l.flight.n > 0 {
		j := l.flight.first()
		if j == l.current || j.pending > 0 {
			return
		}
		l.flight.pop()
		j.finish(nil)
	}
}

// handOver leaves the connection: if there is something left to do, somebody who
// waits is woken to do it, or a goroutine is started. The lock is held.
func (c *Client) handOver() {
	l := &c.link
	if c.err != nil {
		return
	}
	if l.flight.n == 0 && l.waiting.n == 0 {
		c.rest()
		return
	}
	if l.current != nil && l.current.streams() {
		l.current.signal() // nobody else can
	}
	write := !l.writing && len(c.s.Pending()) > 0
	read := !l.reading && c.s.Awaiting() > 0
	if !write && !read {
		return
	}
	if !l.flight.wake() && !l.waiting.wake() {
		if write {
			l.helping = false // whoever helps is held up in reading
		}
		c.help()
	}
}

// rest gives up what an idle connection does not need. The lock is held.
func (c *Client) rest() {
	l := &c.link
	if l.writing || len(c.s.Pending()) > 0 {
		return
	}
	if l.outputs != nil {
		l.outputs.one, l.outputs.other = l.spare, c.s.Take(nil)
		outputPool.Put(l.outputs)
		l.outputs, l.spare = nil, nil
	}
	if c.s.Awaiting() == 0 {
		c.s.Trim()
	}
	if l.free != nil {
		l.free.nextFree, l.freed = nil, 1
	}
}

// wakeUp gives a connection that was idle its buffers. The lock is held.
func (c *Client) wakeUp() {
	l := &c.link
	if l.outputs != nil || len(c.s.Pending()) > 0 {
		return
	}
	l.outputs = outputPool.Get().(*outputs)
	l.spare = l.outputs.one
	c.s.Take(l.outputs.other)
}

// help starts a goroutine that does what is to be done until no reply is
// outstanding, or others do it. The lock is held.
func (c *Client) help() {
	l := &c.link
	if l.helping {
		return
	}
	l.helping = true
	c.work.Add(1)
	go func() {
		defer c.work.Done()
		c.mu.Lock()
		defer c.mu.Unlock()
		for c.err == nil {
			c.advance()
			switch {
			case c.err != nil:
			case !l.writing && len(c.s.Pending()) > 0 && !(l.flight.wake() || l.waiting.wake()):
				l.helping = false // this one may be held up: another may be needed to read
				c.write(nil)
				l.helping = true
			case !l.reading && (c.s.Awaiting() > 0 || l.writing && c.uploads()):
				c.read(nil)
			default:
				l.helping = false
				c.handOver()
				return
			}
		}
	}()
}

// fail makes the connection dead, once, and settles what is under way: at once,
// or when the write that goes on has told how far it came. The lock is held.
func (c *Client) fail(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	c.s.Fail(err)
	conn := c.conn
	if secure, ok := conn.(*tls.Conn); ok && (err != ErrClientClosed || c.link.flight.n > 0) {
		conn = secure.NetConn() // TLS would take leave first, and a server that takes no data can hold that up
	}
	if !c.turned {
		conn.Close()
	}
	if !c.link.writing {
		c.settle()
	}
}

// settle ends all jobs of a dead connection. The lock is held.
func (c *Client) settle() {
	l := &c.link
	l.current = nil
	for l.flight.n > 0 {
		l.flight.pop().finish(c.err)
	}
	for l.waiting.n > 0 {
		l.waiting.pop().finish(c.err)
	}
}

// abandon gives up a job whose caller leaves. The lock is held.
func (c *Client) abandon(j *job, err error) {
	l := &c.link
	if l.waiting.remove(j) {
		j.finish(err)
		return
	}
	j.abandon(err)
	if j == l.current && j.spoils() {
		// A message under way by DATA, or a chunk, can't be broken off but by closing. To the
		// others it is not their context that ended.
		c.fail(c.opError("send", errGivenUp))
	}
}

// jobs is a queue that keeps its memory.
type jobs struct {
	list []*job
	head int
	n    int
}

func (q *jobs) at(i int) *job { return q.list[(q.head+i)%len(q.list)] }

func (q *jobs) first() *job { return q.list[q.head] }

func (q *jobs) push(j *job) {
	if q.n == len(q.list) {
		bigger := make([]*job, max(2, 2*len(q.list)))
		for i := range q.n {
			bigger[i] = q.at(i)
		}
		q.list, q.head = bigger, 0
	}
	q.list[(q.head+q.n)%len(q.list)] = j
	q.n++
}

func (q *jobs) pop() *job {
	j := q.list[q.head]
	q.list[q.head] = nil
	q.head = (q.head + 1) % len(q.list)
	q.n--
	return j
}

// wake wakes the first whose caller waits, and reports whether there is one.
func (q *jobs) wake() bool {
	for i := range q.n {
		if j := q.at(i); j.waits {
			j.signal()
			return true
		}
	}
	return false
}

// has reports whether j is in the queue.
func (q *jobs) has(j *job) bool {
	for i := range q.n {
		if q.at(i) == j {
			return true
		}
	}
	return false
}

// remove takes j out, wherever it stands, and reports whether it was there.
func (q *jobs) remove(j *job) bool {
	for i := range q.n {
		if q.at(i) != j {
			continue
		}
		for ; i < q.n-1; i++ {
			q.list[(q.head+i)%len(q.list)] = q.at(i + 1)
		}
		q.list[(q.head+q.n-1)%len(q.list)] = nil
		q.n--
		return true
	}
	return false
}
