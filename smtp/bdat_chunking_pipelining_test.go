package smtp_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// A chunked message is sent by a client's session to a server's in three chunks
// of which the middle one, or the last, may go wrong.
type chunked struct {
	way   string // lock-step: a command at a time; waits: content behind the replies to RCPT; eager: all in one flight
	rcpts [3]int // the replies to RCPT
	sizes [3]int // of the chunks
	fault fault

	p      *pair
	rcpt   int
	chunk  int // the chunk that the server reads
	dead   bool
	end    smtp.Tag // of the last chunk
	given  bool     // all octets of it were given to the client's session
	gone   bool     // and handed out to be written
	octets []byte
}

// A fault happens to one chunk.
type fault struct {
	chunk int    // 0: to none
	code  int    // the reply
	early bool   // it comes before the chunk's octets are read
	lost  string // the connection is lost: half, when half of them were written; octets, when the server has read its line; reply, when it has read all
}

func (f fault) String() string {
	switch {
	case f.chunk == 0:
		return "none"
	case f.lost != "":
		return fmt.Sprintf("lost at the %s of chunk %d", f.lost, f.chunk)
	}
	return fmt.Sprintf("%d to chunk %d, early %t", f.code, f.chunk, f.early)
}

// TestBDATMatrix holds for chunks of any size, whatever goes wrong and whatever
// recipients are refused: each recipient is told what became of it, the message
// arrives whole or not at all, and the next one is not touched.
func TestBDATMatrix(t *testing.T) {
	faults := []fault{{}}
	for _, chunk := range []int{2, 3} {
		for _, code := range []int{451, 552, 421} {
			faults = append(faults, fault{chunk: chunk, code: code}, fault{chunk: chunk, code: code, early: true})
		}
		faults = append(faults, fault{chunk: chunk, lost: "octets"}, fault{chunk: chunk, lost: "reply"})
	}
	faults = append(faults, fault{chunk: 3, lost: "half"})
	rnd := rand.New(rand.NewPCG(1, 2))
	n, octets := 0, 0
	sizes := []int{0, 1, 2, 63, 64, 4096, 65536, 1 << 20, 1 + rnd.IntN(1<<20)}
	if testing.Short() {
		sizes = sizes[:7]
	}
	for _, size := range sizes {
		for _, last := range []int{0, 5} {
			for _, way := range []string{"lock-step", "waits", "eager"} {
				for _, rcpts := range [][3]int{{250, 250, 250}, {250, 550, 450}, {550, 450, 550}} {
					for _, f := range faults {
						if f.lost == "half" && last == 0 {
							continue
						}
						c := &chunked{way: way, rcpts: rcpts, sizes: [3]int{size, size, last}, fault: f}
						if !t.Run(fmt.Sprintf("%d and %d/%s/%v/%v", size, last, way, rcpts, f), c.run) {
							t.FailNow()
						}
						n++
						octets += 2*size + last
					}
				}
			}
		}
	}
	t.Logf("%d messages of three chunks, %d MiB", n, octets>>20)
}

func (c *chunked) run(t *testing.T) {
	c.p = newPair(t, false)
	p := c.p
	p.d.Reset(len(c.rcpts))
	taken := c.rcpts[0] < 400
	step := func(lockStep bool) {
		if lockStep {
			c.move()
		}
	}
	p.must(p.client.Mail("a@example.test", nil))
	step(c.way == "lock-step")
	for i := range c.rcpts {
		p.must(p.client.Rcpt(fmt.Sprintf("r%d@example.test", i), nil))
		step(c.way == "lock-step")
	}
	step(c.way == "waits")
	sent := 0 // chunks
	for i, size := range c.sizes {
		tag, err := p.client.Chunk(size, i == 2)
		if err != nil {
			var wrong *smtp.StateError
			if !errors.As(err, &wrong) && !errors.Is(err, p.client.Err()) {
				t.Fatalf("chunk %d: %v", i+1, err)
			}
			break
		}
		if i == 2 {
			c.end = tag
		}
		data := bytes.Repeat([]byte{byte('a' + i)}, size)
		c.octets = append(c.octets, data...)
		for half := range 2 {
			if err := p.client.Content(data[half*size/2 : (half+1)*size/2]); size > 0 && err != nil {
				t.Fatalf("octets of chunk %d: %v", i+1, err)
			}
			if c.fault.lost == "half" && i == 2 {
				c.move()
				c.dead = true
				break
			}
		}
		c.given = i == 2 && !c.dead
		sent++
		step(c.way == "lock-step")
	}
	c.move()
	c.check(sent, taken)
}

// move hands octets over, as pair.run does, with what goes wrong.
func (c *chunked) move() {
	p := c.p
	for !c.dead {
		c.gone = c.given
		out, in := p.client.Take(nil), p.server.Take(nil)
		if len(out)+len(in) == 0 {
			return
		}
		p.server.HandleInput(out)
		c.serve()
		in = append(in, p.server.Take(nil)...)
		p.client.HandleInput(in)
		c.drain()
	}
	if p.client.Err() == nil {
		p.client.HandleEOF()
		c.drain()
	}
}

func (c *chunked) drain() {
	for _, ev := range drain(c.p.client) {
		c.p.d.Handle(ev)
		if ev.Kind == smtp.Ended {
			c.p.d.Cut(c.end != 0 && c.p.client.Taken(c.end), ev.Err)
		}
	}
}

func (c *chunked) serve() {
	p := c.p
	say := func(code int) {
		if err := p.server.Reply(code, smtp.EnhancedCode{}, "text"); err != nil {
			p.t.Fatal(err)
		}
		c.dead = c.dead || code == 421
	}
	for ev := p.server.Next(); ev.Kind != smtp.ServerNone && !c.dead; ev = p.server.Next() {
		here := c.fault.chunk != 0
		switch ev.Kind {
		case smtp.ServerCommand:
			switch ev.Role {
			case smtp.RoleRecipient:
				say(c.rcpts[c.rcpt%3])
				c.rcpt++
			case smtp.RoleChunk, smtp.RoleLastChunk:
				c.chunk++
				here = here && c.chunk == c.fault.chunk
				c.dead = here && c.fault.lost == "octets"
				if here && c.fault.early {
					say(c.fault.code)
				}
			default:
				say(250)
			}
		case smtp.ServerContent:
			p.content = append(p.content, ev.Data...)
		case smtp.ServerEnd:
			switch here = here && c.chunk == c.fault.chunk; {
			case here && c.fault.lost != "":
				c.dead = true
			case here:
				say(c.fault.code)
			default:
				say(250)
			}
		}
	}
}

// check says what has to be true at the end.
func (c *chunked) check(sent int, taken bool) {
	p, t := c.p, c.p.t
	decided := 0 // the reply that decides for the recipients that were taken
	switch {
	case !taken:
	case c.fault.chunk == 0:
		decided = 250
	case c.fault.lost == "":
		decided = c.fault.code
	}
	for i, code := range c.rcpts {
		got := p.d.Recipient(i)
		want, by := smtp.Accepted, decided
		switch {
		case code >= 400:
			want, by = refusal(code), code
		case c.fault.lost != "" && c.gone, c.fault.code == 421 && c.fault.chunk == 2 && c.gone: // some servers go on behind a 421
			want, by = smtp.Unknown, 0
		case c.fault.lost != "":
			want, by = smtp.NotSent, 0
		case decided >= 400:
			want = refusal(decided)
		}
		if got.Outcome != want || got.Reply.Code != by {
			t.Errorf("recipient %d is %v (%d %s), want %v (%d); %d chunks sent, the last gone: %t", i, got.Outcome, got.Reply.Code, got.Command, want, by, sent, c.gone)
		}
	}
	if decided == 250 && !bytes.Equal(p.content, c.octets) {
		t.Errorf("the server has %d octets, want %d", len(p.content), len(c.octets))
	}
	if c.dead {
		if _, err := p.client.Mail("a@example.test", nil); err == nil {
			t.Error("another message was begun")
		}
		return
	}
	c.next(decided)
}

func refusal(code int) smtp.Outcome {
	if code < 500 {
		return smtp.RefusedForNow
	}
	return smtp.RefusedForGood
}

// next sends another message, behind RSET where the first is not over.
func (c *chunked) next(decided int) {
	p, t := c.p, c.p.t
	if decided != 250 {
		state := "unsettled"
		if decided == 0 { // no recipient: no chunk was sent, or all came where none is legal
			state = "mailtx"
		}
		if got := stateName(p.client.State()); got != state {
			t.Errorf("behind the refusal the client is in state %s, want %s", got, state)
		}
		if _, err := p.client.Mail("a@example.test", nil); err == nil {
			t.Error("MAIL was queued without RSET")
		}
		p.must(p.client.Rset())
	}
	c.fault, c.rcpts, p.content = fault{}, [3]int{250, 250, 250}, nil
	p.d.Reset(1)
	p.must(p.client.Mail("a@example.test", nil))
	p.must(p.client.Rcpt("b@example.test", nil))
	c.end = p.must(p.client.Chunk(4, true))
	if err := p.client.Content([]byte("next")); err != nil {
		t.Fatal(err)
	}
	c.move()
	p.agree("ready")
	p.outcomes("the next message", "accepted (250 the message)")
	if string(p.content) != "next" {
		t.Errorf("of the next message the server has %q", p.content)
	}
}
