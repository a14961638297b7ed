package smtpclient

import (
	"context"
	"iter"
)

// batchAhead is how many messages of a batch are at hand at once without Eager:
// enough that the next envelope always stands behind the message before it.
const batchAhead = 4

// SendAll sends message after message and yields their reports, in order. It
// takes messages from the iterator some steps ahead, so that each envelope goes
// out right behind the message before it; with Eager as many as the windows
// hold. The error is that of the report. A report is valid until the next one is
// asked for.
//
// When ctx ends, the messages that were taken from the iterator are reported as
// Send would, and no more are taken. Who leaves the loop gives up the messages
// that were taken ahead, but for those that are on their way already: they are
// delivered, and nobody is told.
//
// A message that does not fit into 64 KiB has the connection from its envelope on
// until the loop asks for its report: others wait for so long, and a Send from
// within the loop on the same client would wait for ever. Use another client there.
// One that takes several transactions, where the server says so (LIMITS), goes out
// when its turn to be reported is there, and by itself.
func (c *Client) SendAll(ctx context.Context, messages iter.Seq[Message]) iter.Seq2[*Report, error] {
	return func(yield func(*Report, error) bool) {
		ahead := batchAhead
		if c.cfg.Eager && c.chunks {
			ahead = c.cfg.WindowMessages
		}
		b := batch{c: c, home: c, items: make([]batchItem, ahead)}
		b.turn = c.turn(ctx)
		defer func() {
			b.leave()
			b.goOn(ctx, c)
			b.turn.end()
		}()
		for m := range messages {
			if b.n == ahead && !b.report(ctx, yield) {
				return
			}
			if ctx.Err() != nil {
				break
			}
			placed := b.c.fits(m.To)
			if !placed && !b.drain(ctx, yield) {
				return
			}
			placed = placed || b.move(ctx, m.To)
			if b.add(ctx, m, placed); !placed && !b.drain(ctx, yield) {
				return
			}
		}
		b.drain(ctx, yield)
	}
}

// A batch is a ring of messages that were taken from the iterator.
type batch struct {
	home    *Client // whose batch it is
	c       *Client // over whose connection it goes: that of home, or a further one
	items   []batchItem
	head, n int
	octets  int // added since the last write
	turn    *turn
}

type batchItem struct {
	message Message
	report  Report
	job     *job  // nil: it was never queued
	err     error // why not
	parts   bool  // it goes out in several transactions, when its report is asked for
}

// move has the batch go on over a further connection, if a message fits there into
// one transaction, and takes its place. Nothing is under way.
func (b *batch) move(ctx context.Context, to []string) bool {
	all := places(len(to))
	if b.home.addr == "" || b.home.further(to, all) != 1 {
		return false
	}
	on, _, rest, err := b.home.spill.place(ctx, b.home, to, all, true)
	if err != nil {
		return false
	}
	if len(rest) > 0 { // it takes less than the first connection
		on.mu.Lock()
		on.giveBack(1)
		on.mu.Unlock()
		b.home.spill.leave(ctx, on)
		return false
	}
	b.goOn(ctx, on)
	return true
}

// goOn has the batch use another connection from here on.
func (b *batch) goOn(ctx context.Context, on *Client) {
	before := b.c
	b.turn.end()
	b.c, b.turn = on, on.turn(ctx)
	if before != b.home {
		b.home.spill.leave(ctx, before)
	}
}

// drain reports all that were taken.
func (b *batch) drain(ctx context.Context, yield func(*Report, error) bool) bool {
	for b.n > 0 {
		if !b.report(ctx, yield) {
			return false
		}
	}
	return true
}

// batchWrite is from how many octets on what is queued is written before more
// messages are taken: the server has something to do meanwhile.
const batchWrite = 64 << 10

// add puts a message in the client's queue, if it has its place there.
func (b *batch) add(ctx context.Context, m Message, placed bool) {
	it := &b.items[(b.head+b.n)%len(b.items)]
	b.n++
	it.message, it.job, it.err = m, nil, nil
	if it.parts = !placed; it.parts {
		return
	}
	j := b.c.newJob()
	if it.err = j.plan(&it.message.Envelope, m.Body, &it.report); it.err == nil {
		it.err = b.push(ctx, j)
	}
	if it.err != nil {
		j.unused()
		j.free()
		return
	}
	it.job = j
}

// push puts a job in the client's queue, and writes when there is enough.
func (b *batch) push(ctx context.Context, j *job) error {
	l := &b.c.link
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	if b.c.err != nil {
		return b.c.err
	}
	l.waiting.push(j)
	if b.octets += len(j.head); b.octets < batchWrite {
		return nil
	}
	b.octets = 0
	b.c.advance()
	// Whoever reads waits for the replies to all that is queued.
	for b.c.err == nil && !l.writing && (len(b.c.s.Pending()) >= batchWrite/2 || l.reading && len(b.c.s.Pending()) > 0) {
		b.c.write(b.turn)
	}
	if !l.flight.wake() { // the next message may be long in coming
		l.waiting.wake()
	}
	return nil
}

// report waits for the first message and yields its report.
func (b *batch) report(ctx context.Context, yield func(*Report, error) bool) bool {
	it := &b.items[b.head]
	b.head = (b.head + 1) % len(b.items)
	b.n--
	to := it.message.To
	if it.parts {
		return yield(&it.report, b.home.sendParts(ctx, &it.message.Envelope, it.message.Body, &it.report))
	}
	if it.job == nil {
		return yield(&it.report, it.report.notSent(to, it.err))
	}
	b.c.finish(b.turn, it.job)
	again := it.job.again(it.message.Body)
	it.job.free()
	it.report.fill(to)
	if again {
		return yield(&it.report, b.c.sendByData(ctx, &it.message.Envelope, it.message.Body, &it.report))
	}
	return yield(&it.report, it.report.Err())
}

// finish drives a job that is in the queue to its end.
func (c *Client) finish(t *turn, j *job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !j.done {
		c.drive(t, j)
	}
}

// leave gives up what is still under way.
func (b *batch) leave() {
	if b.n == 0 {
		return
	}
	b.c.mu.Lock()
	for i := range b.n {
		j := b.items[(b.head+i)%len(b.items)].job
		switch {
		case j == nil:
		case j.whole && j.stage != atEnvelope && !b.c.link.waiting.has(j):
			j.orphan = !j.done // it needs nothing more of the caller's
		default:
			b.c.abandon(j, b.c.opError("send", errGivenUp))
		}
	}
	b.c.advance()
	b.c.handOver()
	b.c.mu.Unlock()
	for ; b.n > 0; b.n-- {
		if j := b.items[b.head].job; j != nil {
			j.free()
		}
		b.head = (b.head + 1) % len(b.items)
	}
}
