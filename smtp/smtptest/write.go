package smtptest

import (
	"errors"
	"net"
	"sync"
	"time"
)

// maxQueued bounds what waits to be written on one connection, in octets: a
// client that sends commands and never reads is cut off there.
const maxQueued = 1 << 20

// item is something to write.
type item struct {
	data         []byte
	delay, pause time.Duration
	split        int
	close, reset bool
}

// A writer writes what is queued, in its own goroutine: so the server reads on
// while the client does not, and two sides that both write can't block each
// other.
type writer struct {
	mu      sync.Mutex
	changed *sync.Cond
	items   []item
	octets  int
	busy    bool
	stopped bool
	last    bool // nothing is taken any more: stop behind the last item
	conn    net.Conn
	link    *link
	split   int
	done    chan struct{} // closed by stop
}

func newWriter(l *link, split int) *writer {
	w := &writer{conn: l, link: l, split: split, done: make(chan struct{})}
	w.changed = sync.NewCond(&w.mu)
	return w
}

// put queues an item. It reports false if the queue is full.
func (w *writer) put(it item) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || w.last {
		return true
	}
	if w.octets+len(it.data) > maxQueued {
		return false
	}
	w.octets += len(it.data)
	w.items = append(w.items, it)
	w.last = it.close
	w.changed.Broadcast()
	return true
}

// wait waits until all that was queued is written, and reports false if it never
// will be.
func (w *writer) wait() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for (w.busy || len(w.items) > 0) && !w.stopped {
		w.changed.Wait()
	}
	return !w.stopped
}

// over makes the writer write through conn from now on.
func (w *writer) over(conn net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conn = conn
}

// finish makes the writer end behind what is queued.
func (w *writer) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = true
	w.changed.Broadcast()
}

// stop makes the writer end at once; the connection has to be closed with it.
func (w *writer) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.stopped = true
		close(w.done)
		w.changed.Broadcast()
	}
}

func (w *writer) run() {
	for {
		it, conn, ok := w.next()
		if !ok {
			conn.Close() // with TLS's goodbye, if it is not stopped
			return
		}
		if !w.write(it, conn) {
			w.stop()
			w.link.Close()
			return
		}
	}
}

func (w *writer) next() (it item, conn net.Conn, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	w.changed.Broadcast()
	for len(w.items) == 0 && !w.stopped && !w.last {
		w.changed.Wait()
	}
	if w.stopped || len(w.items) == 0 {
		return item{}, w.conn, false
	}
	it = w.items[0]
	w.items = w.items[1:]
	w.octets -= len(it.data)
	w.busy = true
	return it, w.conn, true
}

// write writes an item and reports whether the connection lives on.
func (w *writer) write(it item, conn net.Conn) bool {
	if !w.sleep(it.delay) {
		return false
	}
	split := it.split
	if split == 0 {
		split = w.split
	}
	for data := it.data; len(data) > 0; {
		n := len(data)
		if split > 0 && split < n {
			n = split
		}
		if _, err := conn.Write(data[:n]); err != nil {
			return false
		}
		data = data[n:]
		if len(data) > 0 && !w.sleep(it.pause) {
			return false
		}
	}
	if it.close {
		if it.reset {
			w.link.reset()
		}
		return false
	}
	return true
}

func (w *writer) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-w.done:
		return false
	}
}

// errCut is what a link says when its Fault ended it.
var errCut = errors.New("smtptest: the connection was cut, as the Fault said")

// A link is a connection that can be cut at any octet.
type link struct {
	net.Conn
	fault   Fault
	in, out int64 // octets so far; in is the reader's, out the writer's
}

func (l *link) Read(p []byte) (int, error) {
	if most := l.fault.Read; most > 0 {
		if l.in >= most {
			return 0, errCut
		}
		p = p[:min(int64(len(p)), most-l.in)]
	}
	n, err := l.Conn.Read(p)
	l.in += int64(n)
	return n, err
}

func (l *link) Write(p []byte) (int, error) {
	most := l.fault.Write
	if most <= 0 || l.out+int64(len(p)) < most {
		n, err := l.Conn.Write(p)
		l.out += int64(n)
		return n, err
	}
	n, err := l.Conn.Write(p[:most-l.out])
	l.out += int64(n)
	if err == nil {
		err = errCut
	}
	l.Close()
	return n, err
}

func (l *link) Close() error {
	if l.fault.Reset {
		l.reset()
	}
	return l.Conn.Close()
}

func (l *link) reset() {
	if tcp, ok := l.Conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
}
