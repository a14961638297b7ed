package sink

import (
	"net"
	"sync"
	"time"
)

// turns counts how often the server had its say: writes, those with no read
// between them as one.
type turns struct {
	net.Conn
	n     int
	spoke bool
}

func (t *turns) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if n > 0 {
		t.spoke = false
	}
	return n, err
}

func (t *turns) Write(p []byte) (int, error) {
	if !t.spoke {
		t.n++
		t.spoke = true
	}
	return t.Conn.Write(p)
}

// delayed lets what is written go out a round-trip time after what was read last
// had come. One goroutine reads and writes it, as the sink does.
type delayed struct {
	net.Conn
	delay time.Duration
	came  time.Time
	ended sync.WaitGroup

	mu    sync.Mutex
	moved sync.Cond
	queue []piece
	done  bool
}

type piece struct {
	octets []byte
	due    time.Time
}

func newDelayed(c net.Conn, delay time.Duration) *delayed {
	d := &delayed{Conn: c, delay: delay, came: time.Now()}
	d.moved.L = &d.mu
	d.ended.Add(1)
	go d.deliver()
	return d
}

func (d *delayed) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	d.came = time.Now()
	return n, err
}

func (d *delayed) Write(p []byte) (int, error) {
	due := d.came.Add(d.delay)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = append(d.queue, piece{append([]byte(nil), p...), due})
	d.moved.Signal()
	return len(p), nil
}

// Close lets out what is still to go.
func (d *delayed) Close() error {
	d.mu.Lock()
	d.done = true
	d.moved.Signal()
	d.mu.Unlock()
	d.ended.Wait()
	return d.Conn.Close()
}

func (d *delayed) deliver() {
	defer d.ended.Done()
	var out []byte
	for {
		d.mu.Lock()
		for len(d.queue) == 0 && !d.done {
			d.moved.Wait()
		}
		if len(d.queue) == 0 {
			d.mu.Unlock()
			return
		}
		due := d.queue[0].due
		d.mu.Unlock()
		time.Sleep(time.Until(due))

		d.mu.Lock()
		now, n := time.Now(), 0
		out = out[:0]
		for n < len(d.queue) && !d.queue[n].due.After(now) {
			out = append(out, d.queue[n].octets...)
			n++
		}
		d.queue = append(d.queue[:0], d.queue[n:]...)
		d.mu.Unlock()
		if _, err := d.Conn.Write(out); err != nil {
			// The reader will find the connection dead.
			d.mu.Lock()
			d.queue = d.queue[:0]
			d.mu.Unlock()
		}
	}
}
