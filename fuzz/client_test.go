package fuzz

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/tabellarius/tabellarius/smtp"
)

// A way is how a client sends the content of its messages.
type way uint8

const (
	byData  way = iota // the next envelope right behind the final dot
	byChunk            // content when all MAIL and RCPT replies are in (RFC 3030 §2)
	eager              // chunks behind RCPT in the same flight
)

// A message is one message on its way, and what became of it.
type message struct {
	number int
	from   string
	to     []string
	pieces [][]byte // as given to the session: the chunks, where it goes by chunks
	want   string   // the body that a server should have
	d      smtp.Delivery

	stage    stage
	next     int // the recipient, chunk or piece that is next
	inPiece  int // octets of the piece that were given
	begun    bool
	unheard  int  // commands without their reply
	taken    int  // recipients
	late     bool // some reply was late
	refused  bool // a chunk was
	intended bool // DATA was answered 354
	end      smtp.Tag
	ended    bool // all of its octets were queued
	gone     bool // and taken
}

type stage uint8

const (
	stageRcpt stage = iota
	stageData
	stageContent
	stageChunk
	stageOctets
)

// A client drives one session as a driver would, with as many messages in
// flight as the session allows, up to a window.
type client struct {
	s       *smtp.Session
	rnd     *rand.Rand
	way     way
	window  int
	patient bool // DATA waits for the replies to RCPT

	todo       []*message
	current    *message // whose commands are being queued
	flight     []*message
	owner      map[smtp.Tag]*message
	greeted    bool
	hello      bool
	quit       bool
	over       bool
	late       int // late replies
	complaints []string
}

func newClient(s *smtp.Session, rnd *rand.Rand, w way, todo []*message) *client {
	c := &client{s: s, rnd: rnd, way: w, window: 2, todo: todo, owner: map[smtp.Tag]*message{}}
	if w == eager {
		c.window = 1 + rnd.IntN(12)
	}
	c.patient = rnd.IntN(4) == 0
	return c
}

// step queues one command or a piece of content, and reports whether it could.
func (c *client) step() bool {
	switch {
	case c.over || c.s.Err() != nil || c.s.Halted() || c.quit:
		return false
	case c.current != nil:
		return c.advance(c.current)
	case c.greeted && !c.hello && !c.s.Closing():
		_, err := c.s.Hello("client.example")
		return err == nil
	case c.hello && len(c.todo) > 0 && !c.s.Closing():
		return len(c.flight) < c.window && c.begin(c.todo[0])
	case c.greeted && len(c.flight) == 0:
		_, err := c.s.Quit()
		c.quit = err == nil
		return c.quit
	}
	return false
}

// take hands out what is to be written.
func (c *client) take(spare []byte) []byte {
	for _, m := range c.flight {
		m.gone = m.gone || m.ended && !c.s.Halted() && c.s.Err() == nil
	}
	return c.s.Take(spare)
}

// begin queues MAIL, or the RSET that has to stand before it.
func (c *client) begin(m *message) bool {
	var params smtp.Params
	if size, ok := sizeParam(c.s); ok && c.rnd.IntN(2) == 0 {
		params.PutString(size, strconv.Itoa(len(m.want)))
	}
	tag, err := c.s.Mail(m.from, &params)
	if err != nil {
		_, err = c.s.Rset()
		return err == nil
	}
	c.todo = c.todo[1:]
	c.current, m.begun = m, true
	c.flight = append(c.flight, m)
	m.d.Reset(len(m.to))
	c.queued(m, tag)
	return true
}

// sizeParam gives the parameter for a message's size, if the table has one and
// the server offers it.
func sizeParam(s *smtp.Session) (smtp.Param, bool) {
	id, ok := s.Protocol().Param(smtp.RoleSize)
	return id, ok && s.Offered(s.Protocol().Params[id].Keyword)
}

func (c *client) queued(m *message, tag smtp.Tag) {
	c.owner[tag] = m
	m.unheard++
}

func (c *client) advance(m *message) bool {
	var tag smtp.Tag
	var err error
	switch m.stage {
	case stageRcpt:
		tag, err = c.s.Rcpt(m.to[m.next], nil)
		if err == nil {
			m.next++
		}
		if m.next == len(m.to) {
			m.stage, m.next = stageChunk, 0
			if c.way == byData {
				m.stage = stageData
			}
		}
	case stageData:
		switch {
		case m.intended:
			m.stage = stageContent
			return true
		case m.unheard > 0 && c.patient:
			return false
		}
		tag, err = c.s.Data()
	case stageContent:
		return c.content(m)
	case stageChunk:
		last := m.next == len(m.pieces)-1
		if c.way != eager && m.unheard > 0 && (m.next == 0 || last) {
			return false
		}
		if c.way != eager && (m.taken == 0 || m.late || m.refused) {
			c.abandon(m)
			return true
		}
		tag, err = c.s.Chunk(len(m.pieces[m.next]), last)
		if err == nil {
			m.stage = stageOctets
			if last {
				m.end, m.ended = tag, len(m.pieces[m.next]) == 0
			}
		}
	case stageOctets:
		return c.octets(m)
	}
	if err != nil {
		if m.unheard == 0 {
			c.abandon(m)
			return true
		}
		return false
	}
	c.queued(m, tag)
	return true
}

// content gives a piece of what goes out behind DATA, or ends it.
func (c *client) content(m *message) bool {
	if m.next < len(m.pieces) {
		piece := m.pieces[m.next][m.inPiece:]
		n := 0
		if len(piece) > 0 {
			n = 1 + c.rnd.IntN(len(piece))
		}
		if m.inPiece += n; n == len(piece) {
			m.inPiece = 0
			m.next++
		}
		return c.s.Content(piece[:n]) == nil
	}
	tag, err := c.s.EndContent()
	if err != nil {
		return false
	}
	c.queued(m, tag)
	m.end, m.ended = tag, true
	c.current = nil
	return true
}

// octets gives some of what a chunk declared.
func (c *client) octets(m *message) bool {
	piece := m.pieces[m.next][m.inPiece:]
	if len(piece) > 0 {
		n := 1 + c.rnd.IntN(len(piece))
		m.inPiece += n
		m.ended = m.end != 0 && n == len(piece)
		return c.s.Content(piece[:n]) == nil
	}
	m.inPiece = 0
	m.next++
	m.stage = stageChunk
	if m.next == len(m.pieces) {
		c.current = nil
	}
	return true
}

var errGivenUp = errors.New("the message was given up before its end was sent")

func (c *client) abandon(m *message) {
	m.d.Cut(false, errGivenUp)
	c.current = nil
	c.settle(m)
}

func (c *client) settle(m *message) {
	for i, other := range c.flight {
		if other == m {
			c.flight = append(c.flight[:i], c.flight[i+1:]...)
			return
		}
	}
}

// feed hands the session octets of the server and follows its events.
func (c *client) feed(p []byte) {
	c.s.HandleInput(p)
	c.drain()
}

func (c *client) drain() {
	for ev := c.s.Next(); ev.Kind != smtp.None; ev = c.s.Next() {
		c.handle(ev)
	}
	if c.s.Halted() && !c.over {
		c.finish(errors.New("the server refused content under way"))
	}
}

func (c *client) handle(ev smtp.Event) {
	if ev.Late {
		c.late++
	}
	switch ev.Kind {
	case smtp.Closing:
		for _, m := range c.flight {
			m.d.Handle(ev)
		}
	case smtp.Ended:
		c.finish(ev.Err)
	case smtp.Replied:
		switch ev.Role {
		case smtp.RoleGreeting:
			c.greeted = true
		case smtp.RoleHello:
			c.hello = ev.Reply.Positive()
			if !c.hello {
				c.todo = nil
			}
		}
		m := c.owner[ev.Tag]
		if m == nil && ev.Role == smtp.RoleContent {
			m = c.current // refused while it was under way
		}
		if m != nil {
			c.replied(m, ev)
		}
	}
}

func (c *client) replied(m *message, ev smtp.Event) {
	m.d.Handle(ev)
	if ev.More {
		return
	}
	m.unheard--
	m.late = m.late || ev.Late
	switch ev.Role {
	case smtp.RoleRecipient:
		if ev.Reply.Positive() && !ev.Late {
			m.taken++
		}
	case smtp.RoleChunk:
		m.refused = m.refused || !ev.Reply.Positive()
	case smtp.RoleData:
		if ev.Reply.Positive() && !ev.Late {
			m.intended = true
		} else if c.current == m {
			c.abandon(m)
		}
	}
	if m.end != 0 && m.unheard == 0 {
		c.settle(m)
	}
}

// finish says of all that is in flight that no reply will come.
func (c *client) finish(err error) {
	c.over = true
	for _, m := range c.flight {
		taken := m.end != 0 && c.s.Taken(m.end)
		if taken != m.gone {
			c.complaints = append(c.complaints, fmt.Sprintf("Taken(%d) is %v, and the caller saw the end of message %d go out: %v", m.end, taken, m.number, m.gone))
		}
		m.d.Cut(taken, err)
	}
	c.flight, c.current = nil, nil
}
