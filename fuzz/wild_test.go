package fuzz

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

var (
	seedFlag     = flag.Uint64("seed", 1, "the seed of the runs against wild servers")
	messagesFlag = flag.Int("messages", 40000, "how many messages each run against wild servers sends")
)

// Against servers that take every liberty the RFCs leave, every report must be
// what the server did, no message may come under a foreign sender, and none may
// be lost.
func TestWildData(t *testing.T) { runWild(t, run{way: byData, opt: Usual()}) }

// What the table has decides on how messages can go out.
var (
	_, hasChunks = smtp.Table.Keyword(smtp.RoleLastChunk)
	hasLMTP      = slices.ContainsFunc(smtp.Table.Facts, func(f smtp.FactInfo) bool { return f.Role == smtp.RoleLMTP })
)

// FuzzWild lets a fuzzer steer one connection: what happens is drawn from its
// octets.
func FuzzWild(f *testing.F) {
	for seed := range byte(4) {
		f.Add(seed, seed%2 == 1, []byte{128, 64, seed, 0, 255, 3})
	}
	f.Fuzz(func(t *testing.T, w byte, lmtp bool, octets []byte) {
		r := run{t: t, way: way(w % 3), lmtp: lmtp && hasLMTP, opt: Usual(), rnd: rand.New(&source{octets: octets, then: rand.NewPCG(1, 2)})}
		r.figures.foreign, r.figures.holes = map[Liberty]int{}, map[Liberty]int{}
		if r.way == eager {
			r.foreignBy = WentOnAfter421 | RefusedReset | TookNoSender
			r.holesBy = r.foreignBy | WentOnAfterHole
		}
		r.connect()
	})
}

// A source draws from octets while there are any.
type source struct {
	octets []byte
	then   rand.Source
}

func (s *source) Uint64() uint64 {
	x := s.then.Uint64()
	if len(s.octets) > 0 {
		x = uint64(s.octets[0])<<56 | x>>8
		s.octets = s.octets[1:]
	}
	return x
}

// A run is many connections to wild servers, each with a dozen messages or so.
type run struct {
	t    *testing.T
	rnd  *rand.Rand
	way  way
	lmtp bool
	opt  Options
	// What a server does after these liberties is counted rather than refused.
	foreignBy, holesBy Liberty
	sizes              []int // of chunks, where they matter
	most               int   // messages; 0: as the flag says
	number             int
	made               int
	figures            figures
}

type figures struct {
	connections, whole, messages int
	recipients                   int
	outcomes                     [smtp.Unknown + 1]int
	late                         int
	foreign                      map[Liberty]int // recipients of a message under a foreign sender, or of another message
	holes                        map[Liberty]int // recipients of their own message with a hole
}

func runWild(t *testing.T, r run) {
	t.Parallel()
	r.t, r.rnd = t, rand.New(rand.NewPCG(*seedFlag, uint64(r.way)))
	r.figures.foreign, r.figures.holes = map[Liberty]int{}, map[Liberty]int{}
	most := *messagesFlag
	if r.most > 0 {
		most = r.most
	}
	if testing.Short() {
		most /= 10
	}
	for r.figures.messages < most && !t.Failed() {
		r.number++
		r.connect()
	}
	f := &r.figures
	t.Logf("seed %d: %d connections (%d to a good end), %d messages to %d recipients: %d accepted, %d refused for now, %d for good, %d not sent, %d unknown; %d late replies",
		*seedFlag, f.connections, f.whole, f.messages, f.recipients,
		f.outcomes[smtp.Accepted], f.outcomes[smtp.RefusedForNow], f.outcomes[smtp.RefusedForGood], f.outcomes[smtp.NotSent], f.outcomes[smtp.Unknown], f.late)
	if r.way == eager {
		t.Logf("recipients of something foreign, by what the server did before: %v; of a message with a hole: %v", f.foreign, f.holes)
	}
	if f.outcomes[smtp.Accepted] < f.recipients/2 {
		t.Errorf("only %d of %d recipients were accepted: the servers are too wild to prove much", f.outcomes[smtp.Accepted], f.recipients)
	}
}

// newMessage makes a message whose addresses carry its number, and each piece
// of its content too.
func (r *run) newMessage(w way) *message {
	r.made++
	m := &message{number: r.made, from: fmt.Sprintf("s.%d@client.example", r.made)}
	for i := range 1 + r.rnd.IntN(4) {
		m.to = append(m.to, fmt.Sprintf("r%d.%d@wild.example", i, r.made))
	}
	for i := range 1 + r.rnd.IntN(3) {
		if i > 0 && w != eager && r.rnd.IntN(6) == 0 { // eager, each chunk must show whose it is
			m.pieces = append(m.pieces, nil)
		} else if r.sizes != nil {
			m.pieces = append(m.pieces, r.sized(pickOne(r.rnd, r.sizes...), i == 0 || w == eager))
		} else {
			m.pieces = append(m.pieces, r.newPiece(w == byData))
		}
	}
	for _, piece := range m.pieces {
		m.want += string(piece)
	}
	if w == byData {
		m.want = strings.ReplaceAll(strings.ReplaceAll(m.want, "\r\n", "\n"), "\n", "\r\n")
		if !strings.HasSuffix(m.want, "\r\n") {
			m.want += "\r\n"
		}
	}
	return m
}

func (r *run) newPiece(text bool) []byte {
	piece := fmt.Appendf(nil, "Part-Of: <%d>\r\n", r.made)
	for range r.rnd.IntN(4) {
		piece = append(piece, pickOne(r.rnd, "", ".", "..", ".\r\n.", "RSET", "text of a line", strings.Repeat("long ", 30))...)
		if text && r.rnd.IntN(4) == 0 {
			piece = append(piece, '\n') // the session makes it CRLF
		} else {
			piece = append(piece, "\r\n"...)
		}
	}
	if r.rnd.IntN(4) == 0 {
		piece = append(piece, "no line end"...)
	}
	if !text && r.rnd.IntN(4) == 0 {
		piece = append(piece, "\x00\xff\r\n.\r\nMAIL FROM:<evil@example.org>\r\n"...)
	}
	return piece
}

// sized makes a piece of so many octets, or with a mark of whose it is where
// that needs more.
func (r *run) sized(size int, marked bool) []byte {
	var piece []byte
	if mark := fmt.Appendf(nil, "Part-Of: <%d>\r\n", r.made); marked || size >= len(mark) {
		piece = mark
	}
	for len(piece) < size {
		piece = append(piece, byte(r.rnd.Uint32()))
	}
	return piece
}

func pickOne[T any](rnd *rand.Rand, of ...T) T { return of[rnd.IntN(len(of))] }

// A link is one connection between a client and a wild server.
type link struct {
	r   *run
	rnd *rand.Rand
	c   *client
	w   *Wild

	toServer, toClient []byte
	lost               bool // octets of the server were lost
	dead               bool // the client knows that it is over
	spare              []byte
	quiet              int // rounds in which nothing moved
}

func (r *run) connect() {
	opt := r.opt
	opt.LMTP = r.lmtp
	if !hasChunks {
		r.way = byData
	}
	opt.Chunking = r.way != byData || r.rnd.IntN(2) == 0
	opt.Pipelining = r.rnd.IntN(8) > 0
	w := r.way
	if r.lmtp && opt.Chunking && hasChunks && r.rnd.IntN(2) == 0 {
		w = byChunk
		if r.rnd.IntN(2) == 0 {
			w = eager // but for the last chunk, which waits
		}
	}
	var messages []*message
	for range 1 + r.rnd.IntN(24) {
		messages = append(messages, r.newMessage(w))
	}
	wild := NewWild(r.rnd, opt)
	s := smtp.NewSession(smtp.Config{LMTP: r.lmtp})
	l := &link{r: r, rnd: r.rnd, w: wild, c: newClient(s, r.rnd, w, messages)}
	l.run()
	r.check(l, messages)
}

// run moves octets to and fro, in pieces of any size, until it is over.
func (l *link) run() {
	cutAt := -1
	if l.rnd.IntN(16) == 0 {
		cutAt = l.rnd.IntN(2000)
	}
	hasty, most := l.rnd.IntN(2) == 0, pickOne(l.rnd, 3, 30) // steps between two writes
	l.toClient = append(l.toClient, l.w.Greeting()...)
	for steps := 0; !l.c.over; steps++ {
		moved := false
		if steps == cutAt { // the connection dies
			l.toClient = l.toClient[:l.rnd.IntN(len(l.toClient)+1)]
			l.lost, cutAt = true, -1
			l.toServer = l.toServer[:l.rnd.IntN(len(l.toServer)+1)]
			l.deliver(len(l.toServer))
			l.dead = true
		}
		forced := l.quiet > 50 // whatever the source draws
		if hasty || forced || l.rnd.IntN(2) == 0 {
			for range 1 + l.rnd.IntN(most) {
				if !l.c.step() {
					break
				}
				moved = true
			}
		}
		if !l.dead && (hasty || forced || l.rnd.IntN(3) == 0) {
			out := l.c.take(l.spare)
			moved = moved || len(out) > 0
			l.toServer = append(l.toServer, out...)
			l.spare = out
		}
		if len(l.toServer) > 0 && !l.dead && (forced || l.rnd.IntN(2) == 0) {
			l.deliver(l.some(len(l.toServer)))
			moved = true
		}
		if len(l.toClient) > 0 && (forced || l.rnd.IntN(2) == 0) {
			n := l.some(len(l.toClient))
			l.c.feed(l.toClient[:n])
			l.toClient = append(l.toClient[:0], l.toClient[n:]...)
			moved = true
		} else if len(l.toClient) == 0 && (l.dead || l.w.Closed()) {
			l.c.s.HandleEOF()
			l.c.drain()
			moved = true
		}
		if moved {
			l.quiet = 0
		} else if l.quiet++; l.quiet > 100 {
			l.r.t.Fatalf("connection %d hangs: %s", l.r.number, l.describe())
		}
	}
	if !l.dead { // what the client wrote still comes, or not
		l.deliver([]int{0, len(l.toServer), l.rnd.IntN(len(l.toServer) + 1)}[l.rnd.IntN(3)])
	}
}

// some is often all, else a few octets.
func (l *link) some(n int) int {
	if l.rnd.IntN(2) == 0 {
		return n
	}
	return min(n, 1+l.rnd.IntN(64))
}

// deliver hands the server n octets.
func (l *link) deliver(n int) {
	out := l.w.Feed(l.toServer[:n])
	l.toServer = append(l.toServer[:0], l.toServer[n:]...)
	if l.c.over || l.lost {
		return
	}
	l.toClient = append(l.toClient, out...)
	if l.w.Closed() && len(l.toServer) > 0 && l.rnd.IntN(4) == 0 { // a reset: what was under way is lost
		l.toClient = l.toClient[:l.rnd.IntN(len(l.toClient)+1)]
		l.lost = true
	}
}

func (l *link) describe() string {
	s := l.c.s
	return fmt.Sprintf("state %s, %d replies awaited, %d messages in flight, current %v, to server %q, to client %q",
		s.Protocol().States[s.State()].Name, s.Awaiting(), len(l.c.flight), l.c.current != nil, l.toServer, l.toClient)
}
