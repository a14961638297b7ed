package smtpclient

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// A spill is the connections that a client makes where its own takes no more
// (RFC 9422 §4). They are closed with it.
type spill struct {
	mu    sync.Mutex
	turn  chan struct{}   // held by who looks for a place, and dials perhaps
	open  *Client         // may take more
	users map[*Client]int // how many send on each
	past  *Stats          // of those that are gone; nil: there were none
	ended bool
}

// place finds a connection with room for one transaction at least, or makes one,
// and gives the recipients that it is for: all of them if once says so, where the
// server allows it. Who got it leaves it later.
func (s *spill) place(ctx context.Context, head *Client, to []string, wanted []int, once bool) (on *Client, part, rest []int, err error) {
	s.mu.Lock()
	if s.turn == nil {
		s.turn, s.users = make(chan struct{}, 1), map[*Client]int{}
	}
	turn := s.turn
	s.mu.Unlock()
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return nil, nil, wanted, head.opError("send", context.Cause(ctx))
	}
	s.mu.Lock()
	on = s.open
	s.mu.Unlock()
	if on != nil {
		if part, rest = on.take(to, wanted, once); len(part) > 0 && s.join(on) {
			return on, part, rest, nil
		}
		s.retire(ctx)
	}
	if on, err = Dial(ctx, head.addr, head.cfg.apart()); err != nil {
		return nil, nil, wanted, err
	}
	if part, rest = on.take(to, wanted, false); len(part) == 0 || !s.join(on) {
		on.Close()
		return nil, nil, wanted, ErrClientClosed
	}
	return on, part, rest, nil
}

// take takes a place for one transaction on a connection that lives, with all
// the recipients or with what it can have.
func (c *Client) take(to []string, wanted []int, once bool) (part, rest []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil, wanted
	}
	q := c.quota.clone()
	if part, rest = q.part(c.s.Allowance(), to, wanted); once && len(rest) > 0 {
		return nil, wanted
	}
	c.quota = q
	return part, rest
}

// join makes a connection that which others are sent to, unless the client was
// closed meanwhile.
func (s *spill) join(on *Client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.open = on
	s.users[on]++
	return true
}

// leave ends the use of a connection. The last one says good-bye if it takes no
// more.
func (s *spill) leave(ctx context.Context, on *Client) {
	s.mu.Lock()
	s.users[on]--
	idle := s.users[on] == 0 && s.open != on && !s.ended
	s.mu.Unlock()
	if !idle {
		return
	}
	on.Quit(ctx) // what it says changes nothing any more
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.users[on]; there {
		delete(s.users, on)
		last := on.Stats()
		if s.past == nil {
			s.past = new(Stats)
		}
		s.past.add(&last)
	}
}

// stats are those of all its connections.
func (s *spill) stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all Stats
	if s.past != nil {
		all = *s.past
	}
	for on := range s.users {
		one := on.Stats()
		all.add(&one)
	}
	return all
}

// retire has nobody sent to the open connection any more.
func (s *spill) retire(ctx context.Context) {
	s.mu.Lock()
	on := s.open
	s.open = nil
	s.users[on]++
	s.mu.Unlock()
	s.leave(ctx, on)
}

// all ends the spill and gives its connections.
func (s *spill) all() []*Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	return slices.Collect(maps.Keys(s.users))
}
