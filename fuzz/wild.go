// Package fuzz holds what the library is attacked with: servers that use every
// freedom the RFCs leave, random walks and fuzz targets. Only [Wild] is for
// others; all else are tests.
package fuzz

// Rand steers a [Wild] server: a *rand.Rand of math/rand/v2, say.
type Rand interface {
	// IntN gives a number in [0, n).
	IntN(n int) int
}

// Options say what a [Wild] server is and how wild. The odds are in
// thousandths an event; each server makes of each of them none, the same, or
// six times as much when it starts.
type Options struct {
	LMTP       bool // RFC 2033: LHLO, and a reply for each recipient
	Chunking   bool // offers CHUNKING (RFC 3030)
	Pipelining bool // offers PIPELINING (RFC 2920)
	Beforehand bool // offers PIPECONNECT, on most connections

	Refuse int // a 4yz or 5yz to a command, a message or a chunk
	Early  int // the refusal of content that has not all come yet
	Shut   int // a 421, with the connection closed behind it or not
	HangUp int // the connection closed, with half a reply or none
	Rogue  int // what the RFCs forbid and servers do all the same: RSET refused, 2yz to a command out of order
}

// Usual gives options with odds under which most messages still pass.
func Usual() Options {
	return Options{Pipelining: true, Refuse: 30, Early: 25, Shut: 4, HangUp: 2, Rogue: 40}
}

// A Liberty is something a server did earlier in a connection, which may
// explain how a message came under a foreign sender or with a hole.
type Liberty uint

const (
	WentOnAfter421  Liberty = 1 << iota // it answered 421 and took the next command all the same
	RefusedReset                        // it refused RSET and reset nothing
	TookNoSender                        // it took RCPT with no MAIL before it
	WentOnAfterHole                     // it refused a chunk and took the next one of the same message
)

// A Word is a server's final word on one recipient of a message.
type Word struct {
	Path string // as in RCPT
	Code int
	Kept bool // the server has the message for this recipient
	Sent bool // the whole reply left the server
}

// Delivered is a message whose end the server has seen.
type Delivered struct {
	From  string // as in the MAIL that the server goes by
	To    []Word
	Body  []byte // without the doubled dots
	After Liberty
}

// Said is what a server answered to a MAIL or a RCPT.
type Said struct {
	Verb, Path string
	Code       int
}

// Wild is a mail server, written from the RFCs, that takes every liberty which
// RFC 5321, 2920, 3030 and 2033 leave to a server, as its source of random
// numbers says. It is fed octets and gives octets; how its input is cut makes
// no difference. It remembers what it took and what it said of it.
type Wild struct {
	rnd      Rand
	opt      Options
	temper   temper
	enhanced bool // it offers ENHANCEDSTATUSCODES

	in, out    []byte
	mode       mode
	closed     bool
	inLeft     int // octets until it hangs up in the middle of a line; -1: never
	outLeft    int // likewise of its own
	after      Liberty
	shutting   bool // it answers 421 from here on
	deliveries []Delivered
	said       []Said
	complaints []string

	// the transaction
	open    bool
	from    string
	to      []string
	body    []byte
	chunked bool // a BDAT was taken
	hole    bool // a BDAT was refused, and the transaction goes on
	stuck   bool // nothing but RSET, EHLO and QUIT until the transaction is cleared

	// content under way
	void    bool  // no transaction takes it
	early   int   // refuse behind this many octets; 0: not early
	refused bool  // it was: eat the rest
	seen    int   // octets of it so far
	place   place // where in a line of it
	left    int   // octets of the chunk to come
	last    bool  // it is the last chunk
	chunkAt int   // where in the body the chunk begins
}

type mode uint8

const (
	modeLine mode = iota
	modeDot
	modeOctets
)

type place uint8

const (
	lineStart place = iota
	inLine
	behindCR
	behindDot
	behindDotCR
)

// NewWild gives a server at the start of a connection.
func NewWild(rnd Rand, opt Options) *Wild {
	w := &Wild{rnd: rnd, opt: opt, inLeft: -1, outLeft: -1}
	w.temper = w.newTemper()
	w.enhanced = w.one(2)
	if w.one(2) && w.chance(4*opt.HangUp) {
		w.inLeft = w.upTo(6000)
	} else if w.chance(4 * opt.HangUp) {
		w.outLeft = w.upTo(3000)
	}
	return w
}

// Greeting gives the octets that the server sends first.
func (w *Wild) Greeting() []byte {
	switch {
	case w.chance(w.temper.hangUp):
		w.close()
	case w.chance(w.temper.shut):
		w.reply(pick(w, 421, 554, 521))
		w.close()
	default:
		w.reply(220)
	}
	return w.take()
}

// Feed hands the server octets of the client and gives what it answers. A
// closed server eats them.
func (w *Wild) Feed(in []byte) (out []byte) {
	hangUp := w.inLeft >= 0 && len(in) >= w.inLeft
	if hangUp {
		in = in[:w.inLeft]
	}
	if w.inLeft >= 0 {
		w.inLeft -= len(in)
	}
	w.in = append(w.in, in...)
	for !w.closed && w.step() {
	}
	if hangUp {
		w.close()
	}
	return w.take()
}

// Closed reports that the server has closed the connection behind what Feed
// gave last.
func (w *Wild) Closed() bool { return w.closed }

// Deliveries gives the messages whose end the server has seen, taken or not.
func (w *Wild) Deliveries() []Delivered { return w.deliveries }

// Said gives the server's replies to MAIL and RCPT.
func (w *Wild) Said() []Said { return w.said }

// Complaints gives what the client did that no server has to bear.
func (w *Wild) Complaints() []string { return w.complaints }

func (w *Wild) take() []byte {
	out := w.out
	w.out = nil
	return out
}

func (w *Wild) close() {
	w.closed = true
	w.in = nil
}

// step handles the next line or octets and reports false if more input is
// needed.
func (w *Wild) step() bool {
	if len(w.in) == 0 {
		return false
	}
	switch w.mode {
	case modeDot:
		return w.stepDot()
	case modeOctets:
		w.stepOctets()
		return true
	default:
		return w.stepLine()
	}
}

// maxLine is well above the 512 octets that RFC 5321 §4.5.3.1.4 asks for.
const maxLine = 8192

func (w *Wild) stepLine() bool {
	for i := 1; i < len(w.in); i++ {
		if w.in[i-1] == '\r' && w.in[i] == '\n' {
			line := string(w.in[:i-1])
			w.in = w.in[i+1:]
			w.command(line)
			w.farewell()
			return true
		}
	}
	if len(w.in) > maxLine {
		w.reply(500)
		w.close()
	}
	return false
}

// stepDot takes octets of DATA content up to the final dot (RFC 5321 §4.5.2).
func (w *Wild) stepDot() bool {
	for i, c := range w.in {
		w.seen++
		if w.takeDotted(c) {
			w.in = w.in[i+1:]
			w.mode = modeLine
			w.endContent()
			w.farewell()
			return true
		}
		if w.seen == w.early {
			w.in = w.in[i+1:]
			w.refuseEarly()
			return true
		}
	}
	w.in = w.in[:0]
	return false
}

// takeDotted takes one octet and reports whether it ends the content.
func (w *Wild) takeDotted(c byte) bool {
	switch {
	case w.place == lineStart && c == '.':
		w.place = behindDot
		return false
	case w.place == behindDot && c == '\r':
		w.place = behindDotCR
		return false
	case w.place == behindDotCR && c == '\n':
		return true
	case w.place == behindDotCR:
		w.body = append(w.body, '\r')
	}
	if (c == '\n') != (w.place == behindCR) {
		w.complain("a bare CR or LF in DATA content") // RFC 5321 §2.3.8
	}
	w.body = append(w.body, c)
	switch {
	case c == '\r':
		w.place = behindCR
	case c == '\n' && w.place == behindCR:
		w.place = lineStart
	default:
		w.place = inLine
	}
	return false
}

// stepOctets takes octets of a chunk (RFC 3030 §2).
func (w *Wild) stepOctets() {
	n := min(w.left, len(w.in))
	if w.early > w.seen {
		n = min(n, w.early-w.seen)
	}
	if !w.void && !w.refused {
		w.body = append(w.body, w.in[:n]...)
	}
	w.in = w.in[n:]
	w.seen += n
	w.left -= n
	if w.left == 0 {
		w.endChunk()
		w.farewell()
	} else if w.seen == w.early {
		w.refuseEarly()
	}
}
