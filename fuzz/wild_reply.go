package fuzz

import "strconv"

// endContent answers the final dot of DATA. Whatever the answer, the
// transaction is over (RFC 5321 §4.1.1.4).
func (w *Wild) endContent() {
	switch {
	case w.refused:
		return
	case w.void:
		if len(w.body) > 0 {
			w.complain("content for no recipient") // RFC 5321 §3.3
		}
		w.clear()
		w.reply(pick(w, 503, 554, 554, 250)) // and nobody gets anything (RFC 2920 §3.2)
		return
	case w.chance(w.temper.shut):
		w.finals(421)
		w.clear()
		w.goOnAfter421()
		return
	case w.chance(w.temper.refuseContent):
		w.finals(w.refusal())
	default:
		w.finals(0)
	}
	w.clear()
}

// endChunk answers a chunk of BDAT.
func (w *Wild) endChunk() {
	w.mode = modeLine
	switch {
	case w.refused:
	case w.shutting:
		w.discard(421)
	case w.void && w.chance(w.temper.lateTaken):
		w.discard(250) // accepted and discarded (RFC 3030 §2)
	case w.void:
		w.discard(503)
	case w.chance(w.temper.shut):
		w.failChunk(421)
		w.goOnAfter421()
	case w.chance(w.temper.refuseChunk):
		w.failChunk(w.refusal())
	case w.last:
		w.noteHole()
		w.finals(0)
		w.clear()
	default:
		w.noteHole()
		w.chunked = true
		w.reply(w.success())
	}
}

// discard answers a chunk that went nowhere.
func (w *Wild) discard(code int) {
	replies := 1
	if w.opt.LMTP && w.last {
		replies = len(w.to) // RFC 2033 §4.3
	}
	for range replies {
		w.reply(code)
	}
}

func (w *Wild) noteHole() {
	if w.hole {
		w.after |= WentOnAfterHole
	}
}

// refuseEarly refuses content that has not all come.
func (w *Wild) refuseEarly() {
	w.refused = true
	code := w.refusal()
	if w.chance(w.temper.shut) {
		code = 421
	}
	if w.mode == modeDot {
		w.finals(code)
		w.clear()
	} else {
		w.failChunk(code)
	}
	if w.one(2) {
		w.close()
	} else if code == 421 {
		w.goOnAfter421()
	}
}

// failChunk refuses a chunk and does to the transaction what the server is
// used to.
func (w *Wild) failChunk(code int) {
	if w.last {
		w.finals(code)
	} else {
		w.reply(code)
	}
	w.chunked = false
	switch w.temper.failure {
	case keepAll:
		w.hole = true
		w.body = w.body[:w.chunkAt]
	case keepEnvelope:
		w.hole = true
		w.body = nil
	case keepSender:
		w.to, w.body = nil, nil
	case getStuck:
		w.stuck = true
	default:
		w.clear()
	}
}

// finals says the final word on the message, for each recipient in LMTP, and
// remembers it. Code 0 takes the message, in LMTP for most.
func (w *Wild) finals(code int) {
	d := Delivered{From: w.from, Body: w.body, After: w.after}
	if w.after&TookNoSender != 0 {
		d.From = ""
	}
	one := w.verdict(code)
	for _, path := range w.to {
		word := Word{Path: path, Code: one}
		if w.opt.LMTP && code == 0 && w.chance(w.temper.refuseRcpt) {
			word.Code = w.refusal()
		}
		word.Kept = word.Code < 300
		d.To = append(d.To, word)
	}
	replies := 1
	if w.opt.LMTP {
		replies = len(d.To) // RFC 2033 §4.2, §4.3
	}
	for i := range replies {
		sent := w.reply(d.To[i].Code)
		for j := i; j < len(d.To) && (j == i || !w.opt.LMTP); j++ {
			d.To[j].Sent = sent
		}
	}
	w.deliveries = append(w.deliveries, d)
}

func (w *Wild) verdict(code int) int {
	if code == 0 {
		return w.success()
	}
	return code
}

// goOnAfter421 draws what follows a 421: the end, 421 to all that comes, or
// nothing.
func (w *Wild) goOnAfter421() {
	switch w.rnd.IntN(3) {
	case 0:
		w.close()
	case 1:
		w.shutting = true
	default:
		w.after |= WentOnAfter421
	}
}

// farewell may end an idle connection with a 421 that answers no command
// (RFC 5321 §3.8).
func (w *Wild) farewell() {
	if w.mode == modeLine && w.chance(w.temper.hangUp) {
		w.reply(421)
		w.close()
	}
}

func (w *Wild) complain(what string) { w.complaints = append(w.complaints, what) }

func (w *Wild) success() int {
	return pick(w, 250, 250, 250, 250, 250, 250, 250, 250, 250, 250, 250, 251, 299)
}

func (w *Wild) refusal() int {
	return pick(w, 450, 451, 452, 499, 550, 552, 554, 597)
}

// answer replies to MAIL or RCPT and remembers it.
func (w *Wild) answer(verb, path string, code int) {
	w.said = append(w.said, Said{Verb: verb, Path: path, Code: code})
	w.reply(code)
}

// reply writes a reply of one line or more and reports whether all of it left.
func (w *Wild) reply(code int) bool {
	lines := []string{"so it is said"}
	switch {
	case w.one(8):
		lines = []string{"so it is said", "", "and 250 times meant"}
	case w.one(32):
		return w.write([]byte(strconv.Itoa(code) + "\r\n")) // RFC 5321 §4.2: text is optional
	}
	if class := code / 100; w.enhanced && class != 3 && code != 220 {
		status := pick(w, ".0.0 ", ".1.1 ", ".7.123 ")
		if code == 552 {
			status = pick(w, ".5.3 ", ".2.2 ")
		}
		for i := range lines {
			lines[i] = strconv.Itoa(class) + status + lines[i]
		}
	}
	return w.replyLines(code, lines)
}

func (w *Wild) replyLines(code int, lines []string) bool {
	var b []byte
	for i, line := range lines {
		b = strconv.AppendInt(b, int64(code), 10)
		if i < len(lines)-1 {
			b = append(b, '-')
		} else {
			b = append(b, ' ')
		}
		b = append(append(b, line...), "\r\n"...)
	}
	return w.write(b)
}

// write writes a reply, unless the server hangs up over it.
func (w *Wild) write(b []byte) bool {
	if w.closed {
		return false
	}
	n := len(b)
	if w.chance(w.temper.hangUp) {
		n = w.rnd.IntN(len(b))
	}
	if w.outLeft >= 0 {
		n = min(n, w.outLeft)
		w.outLeft -= n
	}
	w.out = append(w.out, b[:n]...)
	if n < len(b) {
		w.close()
	}
	return n == len(b)
}

func (w *Wild) chance(thousandths int) bool {
	return thousandths > 0 && w.rnd.IntN(1000) < thousandths
}

// one is true once in n.
func (w *Wild) one(n int) bool { return w.rnd.IntN(n) == 0 }

// upTo gives a number from 1 to n.
func (w *Wild) upTo(n int) int { return 1 + w.rnd.IntN(n) }

func pick[T any](w *Wild, of ...T) T { return of[w.rnd.IntN(len(of))] }
