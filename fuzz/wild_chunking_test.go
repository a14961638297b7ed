package fuzz

import "testing"

func TestWildBdat(t *testing.T) { runWild(t, run{way: byChunk, opt: Usual()}) }

// chunkSizes are what TestWildBdatSizes draws chunks from, the smaller oftener.
var chunkSizes = []int{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 63, 63, 63, 64, 64, 64, 4096, 4096, 65536, 1 << 20}

func TestWildBdatSizes(t *testing.T) {
	runWild(t, run{way: byChunk, opt: Usual(), sizes: chunkSizes, most: 800})
}

// Eager, with the liberties of the tests below.
func TestWildEagerSizes(t *testing.T) {
	opt := Usual()
	opt.Rogue = 0
	runWild(t, run{way: eager, opt: opt, sizes: chunkSizes, most: 800, foreignBy: WentOnAfter421, holesBy: WentOnAfterHole})
}

// Content that goes out before the replies to MAIL and RCPT are in can't be
// taken back: where a server refuses a chunk and takes the next, a message gets
// a hole, and where it goes on after a 421 to RSET, a message may come under a
// foreign sender. No report may be false for that.
func TestWildEager(t *testing.T) {
	opt := Usual()
	opt.Rogue = 0
	runWild(t, run{way: eager, opt: opt, foreignBy: WentOnAfter421, holesBy: WentOnAfterHole})
}

// Likewise with servers that refuse RSET, or take RCPT with no MAIL.
func TestWildEagerRogues(t *testing.T) {
	const any = WentOnAfter421 | RefusedReset | TookNoSender
	runWild(t, run{way: eager, opt: Usual(), foreignBy: any, holesBy: any | WentOnAfterHole})
}
