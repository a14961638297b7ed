package fuzz

import (
	"strconv"
	"strings"
)

// afterFailure is what a server makes of a transaction in which a BDAT failed:
// "the resulting state is indeterminate" (RFC 3030 §2).
type afterFailure uint8

const (
	dropAll      afterFailure = iota // as after RSET
	keepAll                          // the chunks before it too: the message gets a hole
	keepEnvelope                     // the chunks go
	keepSender                       // the recipients go too
	getStuck                         // 503 to everything until RSET
	numAfterFailure
)

// secondMail is what a server makes of a MAIL in a transaction.
type secondMail uint8

const (
	refuseSecond  secondMail = iota // 503 (RFC 5321 §4.1.4)
	replaceAll                      // a new transaction (§3.3)
	replaceSender                   // the recipients stay
	ignoreSecond                    // 250, and the old sender stays
	numSecondMail
)

// temper is how wild one server is: odds in thousandths, and habits.
type temper struct {
	refuseMail, refuseRcpt, refuseData, refuseContent, refuseChunk int

	refuseReset int
	early       int
	shut        int
	hangUp      int
	lateTaken   int // 2yz to a command that is out of order
	void354     int // 354 where no recipient is

	failure    afterFailure
	second     secondMail
	dropOnData bool // a refused DATA ends the transaction
}

func (w *Wild) newTemper() temper {
	odds := func(base int) int { return base * pick(w, 0, 1, 1, 6) }
	t := temper{
		refuseMail:    odds(w.opt.Refuse),
		refuseRcpt:    odds(w.opt.Refuse),
		refuseData:    odds(w.opt.Refuse),
		refuseContent: odds(w.opt.Refuse),
		refuseChunk:   odds(w.opt.Refuse),
		refuseReset:   odds(w.opt.Rogue),
		early:         odds(w.opt.Early),
		shut:          odds(w.opt.Shut),
		hangUp:        odds(w.opt.HangUp),
		lateTaken:     odds(w.opt.Rogue),
		void354:       pick(w, 0, 500, 1000),
		failure:       afterFailure(w.rnd.IntN(int(numAfterFailure))),
		dropOnData:    w.one(4),
	}
	if w.opt.Rogue > 0 {
		t.second = secondMail(w.rnd.IntN(int(numSecondMail)))
	}
	if w.opt.LMTP {
		t.void354 = 0 // RFC 2033 §4.2
	}
	return t
}

func (w *Wild) command(line string) {
	if w.chance(w.temper.hangUp) {
		w.close()
		return
	}
	verb, rest, _ := strings.Cut(line, " ")
	if name := strings.ToUpper(verb); name == "BDAT" && w.opt.Chunking {
		w.bdat(rest)
	} else if w.shutting && name != "QUIT" {
		w.reply(421)
	} else if name != "QUIT" && w.chance(w.temper.shut) {
		w.shut()
	} else {
		w.take5321(name, rest)
	}
}

// shut answers 421 (RFC 5321 §3.8) in place of what the command asked for,
// which is not done.
func (w *Wild) shut() {
	w.reply(421)
	w.goOnAfter421()
}

func (w *Wild) take5321(name, rest string) {
	switch name {
	case "EHLO", "LHLO":
		w.hello(name)
	case "MAIL":
		w.mail(rest)
	case "RCPT":
		w.rcpt(rest)
	case "DATA":
		w.data()
	case "RSET":
		w.reset()
	case "NOOP":
		w.reply(250)
	case "QUIT":
		w.reply(221)
		w.close()
	case "HELO", "VRFY", "EXPN", "HELP":
		w.reply(502)
	default:
		w.complain("unknown command " + strconv.Quote(name))
		w.reply(500)
	}
}

func (w *Wild) hello(name string) {
	if w.opt.LMTP != (name == "LHLO") {
		w.reply(500)
		return
	}
	if w.chance(w.temper.refuseMail / 8) {
		w.reply(pick(w, 550, 504, 451))
		return
	}
	w.clear()
	lines := []string{"wild.example at your service", "X-WILD yes no"}
	if w.opt.Pipelining {
		lines = append(lines, "PIPELINING")
	}
	if w.opt.Chunking {
		lines = append(lines, "chunking")
	}
	if w.opt.Beforehand && !w.one(8) {
		lines = append(lines, "PIPECONNECT")
	}
	if w.enhanced {
		lines = append(lines, "ENHANCEDSTATUSCODES")
	}
	if w.one(2) {
		lines = append(lines, "8BITMIME", "SIZE 1000000")
	}
	w.replyLines(250, lines)
}

func (w *Wild) mail(rest string) {
	path, ok := pathOf(rest)
	switch {
	case !ok:
		w.reply(501)
	case w.stuck:
		w.answer("MAIL", path, 503)
	case w.open && w.temper.second == refuseSecond:
		w.answer("MAIL", path, 503)
	case w.chance(w.temper.refuseMail):
		w.answer("MAIL", path, pick(w, 451, 452, 550, 552, 553, 554, 498, 599))
	case w.open && w.temper.second == ignoreSecond:
		w.answer("MAIL", path, 250)
	case w.open && w.temper.second == replaceSender:
		w.from = path
		w.answer("MAIL", path, 250)
	default:
		w.clear()
		w.open, w.from = true, path
		w.answer("MAIL", path, w.success())
	}
}

func (w *Wild) rcpt(rest string) {
	path, ok := pathOf(rest)
	switch {
	case !ok:
		w.reply(501)
	case w.stuck:
		w.answer("RCPT", path, 503)
	case !w.open && !w.chance(w.temper.lateTaken):
		w.answer("RCPT", path, 503)
	case w.chunked && !w.chance(w.temper.lateTaken):
		w.answer("RCPT", path, 503)
	case w.chance(w.temper.refuseRcpt):
		w.answer("RCPT", path, pick(w, 450, 451, 452, 550, 551, 552, 553, 554, 471, 598))
	default:
		if !w.open {
			w.open = true
			w.after |= TookNoSender
		}
		w.to = append(w.to, path)
		w.answer("RCPT", path, pick(w, 250, 250, 250, 250, 250, 250, 251, 252, 299))
	}
}

func (w *Wild) data() {
	w.void = false
	switch {
	case w.stuck || w.chunked:
		w.reply(503) // RFC 3030 §2; "the state resulting from this error is indeterminate"
	case len(w.to) > 0 && w.chance(w.temper.refuseData):
		w.reply(pick(w, 450, 451, 452, 550, 552, 554, 499))
		if w.temper.dropOnData {
			w.clear()
		}
	case len(w.to) == 0 && !w.chance(w.temper.void354):
		w.reply(pick(w, 503, 554))
	default:
		w.void = len(w.to) == 0
		w.mode, w.place, w.body = modeDot, lineStart, nil
		w.begin()
		w.reply(pick(w, 354, 354, 354, 354, 354, 354, 354, 355))
	}
}

// reset answers RSET, which a server may not refuse (RFC 5321 §4.1.1.5).
func (w *Wild) reset() {
	if w.chance(w.temper.refuseReset) {
		w.after |= RefusedReset
		w.reply(pick(w, 451, 500, 502, 503, 554))
		return
	}
	w.clear()
	w.reply(w.success())
}

// bdat begins a chunk. Whatever becomes of it, its octets are eaten
// (RFC 3030 §2); where the size can't be read nobody knows where they end.
func (w *Wild) bdat(rest string) {
	size, last, marked := strings.Cut(rest, " ")
	n, err := strconv.Atoi(size)
	if err != nil || n < 0 || marked && !strings.EqualFold(last, "LAST") {
		w.reply(501)
		w.close()
		return
	}
	w.left, w.last = n, marked
	w.void = w.shutting || w.stuck || len(w.to) == 0
	w.chunkAt = len(w.body)
	w.mode = modeOctets
	w.begin()
	if n == 0 {
		w.endChunk()
	}
}

// begin draws what becomes of the content to come.
func (w *Wild) begin() {
	w.seen, w.early, w.refused = 0, 0, false
	if !w.void && w.chance(w.temper.early) {
		w.early = w.upTo(pick(w, 20, 60, 300))
	}
}

// clear is what RSET, a successful EHLO and the end of a message do
// (RFC 5321 §4.1.1.5): behind it nothing of what was before can matter.
func (w *Wild) clear() {
	w.open, w.from, w.to, w.body = false, "", nil, nil
	w.chunked, w.hole, w.stuck = false, false, false
	w.after = 0
}

// pathOf gives what stands between the angle brackets of "FROM:<...>".
func pathOf(rest string) (path string, ok bool) {
	_, rest, _ = strings.Cut(rest, "<")
	path, _, ok = strings.Cut(rest, ">")
	return path, ok
}
