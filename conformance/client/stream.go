package client

import (
	"net"
	"os"
	"sort"
	"sync"
	"time"
)

// A stream reads what a connection receives as soon as it comes, and keeps when
// which octet came. It is a net.Conn for TLS on top of it.
type stream struct {
	net.Conn
	rate int // octets a second; 0: as fast as they come

	mu       sync.Mutex
	buf      []byte // what was not read yet
	total    int    // how many octets came
	arrivals []arrival
	err      error
	deadline time.Time
	changed  chan struct{}
	gate     sync.Mutex // held where nothing is to be received
}

// An arrival is the octets from an offset on that came at once.
type arrival struct {
	from int
	at   time.Time
}

// mostBuffered is how much a stream receives ahead of what is read.
const mostBuffered = 1 << 20

func newStream(c net.Conn, rate int) *stream {
	s := &stream{Conn: c, rate: rate, changed: make(chan struct{}, 1)}
	go s.pump()
	return s
}

func (s *stream) pump() {
	chunk := make([]byte, 32<<10)
	if s.rate > 0 {
		chunk = chunk[:4<<10]
	}
	began := time.Now()
	for {
		s.pass()
		n, err := s.Conn.Read(chunk)
		s.mu.Lock()
		if n > 0 {
			s.arrivals = append(s.arrivals, arrival{s.total, time.Now()})
			s.total += n
			s.buf = append(s.buf, chunk[:n]...)
		}
		s.err = err
		full := len(s.buf) > mostBuffered
		total := s.total
		s.mu.Unlock()
		s.signal()
		if err != nil {
			return
		}
		for full {
			time.Sleep(time.Millisecond)
			s.mu.Lock()
			full = len(s.buf) > mostBuffered
			s.mu.Unlock()
		}
		if s.rate > 0 {
			time.Sleep(time.Until(began.Add(time.Duration(total) * time.Second / time.Duration(s.rate))))
		}
	}
}

// pass waits until something is to be received.
func (s *stream) pass() {
	s.gate.Lock()
	defer s.gate.Unlock()
}

func (s *stream) signal() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// SetReadDeadline bounds the reads to come, not what the stream receives.
func (s *stream) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	s.deadline = t
	s.mu.Unlock()
	s.signal()
	return nil
}

func (s *stream) SetDeadline(t time.Time) error {
	s.SetReadDeadline(t)
	return s.Conn.SetWriteDeadline(t)
}

func (s *stream) Read(p []byte) (int, error) {
	for {
		s.mu.Lock()
		if len(s.buf) > 0 {
			n := copy(p, s.buf)
			s.buf = s.buf[n:]
			s.mu.Unlock()
			return n, nil
		}
		err, deadline := s.err, s.deadline
		s.mu.Unlock()
		if err != nil {
			return 0, err
		}
		if !s.wait(deadline) {
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// wait waits until something changed, and reports false at the deadline.
func (s *stream) wait(deadline time.Time) bool {
	if deadline.IsZero() {
		<-s.changed
		return true
	}
	left := time.Until(deadline)
	if left <= 0 {
		return false
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-s.changed:
		return true
	case <-timer.C:
		return false
	}
}

// when is the time at which the octet at an offset came.
func (s *stream) when(offset int) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := sort.Search(len(s.arrivals), func(i int) bool { return s.arrivals[i].from > offset })
	if i == 0 {
		return time.Time{}
	}
	return s.arrivals[i-1].at
}

// position is the offset of the octet that is read next.
func (s *stream) position() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total - len(s.buf)
}

// waiting is how many octets are there and not read.
func (s *stream) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.buf)
}

// drop throws away what is there and not read.
func (s *stream) drop() (dropped []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dropped, s.buf = s.buf, nil
	return dropped
}

// ended reports whether the peer closed, and how.
func (s *stream) ended() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// take waits until f takes some of what is there, and gives that. F gets all that
// was not read yet and gives how much of it to take, 0 for none.
func (s *stream) take(f func(buf []byte) int, deadline time.Time) ([]byte, error) {
	for {
		s.mu.Lock()
		n := f(s.buf)
		if n > 0 {
			taken := append([]byte(nil), s.buf[:n]...)
			s.buf = s.buf[n:]
			s.mu.Unlock()
			return taken, nil
		}
		err := s.err
		s.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if !s.wait(deadline) {
			return nil, os.ErrDeadlineExceeded
		}
	}
}

// peek waits until something came, and gives the first octets of it without taking
// them.
func (s *stream) peek(n int, deadline time.Time) []byte {
	for {
		s.mu.Lock()
		first, err := append([]byte(nil), s.buf[:min(n, len(s.buf))]...), s.err
		s.mu.Unlock()
		if len(first) > 0 || err != nil || !s.wait(deadline) {
			return first
		}
	}
}
