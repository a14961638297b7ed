package smtp

import "bytes"

// do carries out what a reply does beyond moving the state: the effects that
// the table names.
func (s *Session) do(effects Effects, sized bool, ev *Event) {
	if effects&(EffectLearnExtensions|EffectForgetExtensions|EffectForgetSession) != 0 {
		s.forgetExtensions()
	}
	if effects&EffectLearnExtensions != 0 {
		s.learnExtensions(ev.Reply)
	}
	if effects&EffectOpenTransaction != 0 {
		s.recipients, s.sized = 0, sized
	}
	if effects&EffectCloseTransaction != 0 {
		s.recipients, s.sized = 0, false
	}
	if effects&EffectCountRecipient != 0 {
		s.recipients++
	}
	if effects&EffectSendVoid != 0 {
		s.sendVoid()
	}
	if effects&EffectTooManyRecipients != 0 {
		ev.Temporary = s.tooManyRecipients(ev.Reply)
	}
	if effects&EffectTakeUp != 0 {
		ev.TakenUp = true
		ev.Offset, _ = offset(ev.Reply)
	}
}

// takesUp reports whether a server may answer a command with a transaction of an
// earlier session: where the command named it. In LMTP nobody would know how many
// replies the message gets.
func (x *index) takesUp(entitled bool, at place) bool {
	return entitled && at.facts&x.lmtp == 0
}

func (s *Session) takesUp(e *entry, r Reply) bool {
	_, ok := offset(r)
	return ok && s.x.takesUp(e.entitled, s.confirmed)
}

// offset reads how many octets of a message the server has: digits, and a blank
// before what follows (RFC 1845 §3).
func offset(r Reply) (n uint64, ok bool) {
	line, _ := cutLine(r.raw)
	digits, _ := cutWord(bytes.ReplaceAll(replyText(line), []byte{'\t'}, []byte{' '}))
	n, err := ParseInteger(digits, 19)
	return n, err == nil
}

// sendVoid answers a 354 that was given though no recipient is there with an
// empty end of data (RFC 2920 §3.1).
func (s *Session) sendVoid() {
	s.out = append(s.out, ".\r\n"...)
	s.push(s.role[RoleVoid], 0, false, false)
}

// tooManyRecipients reports whether a 552 means "for now": it says so by its
// enhanced code, or it has none and no size was declared that it could be
// about (RFC 5321 §4.5.3.1.10, RFC 1870 §6.4, RFC 3463 §3.6).
func (s *Session) tooManyRecipients(r Reply) bool {
	if r.Enhanced != (EnhancedCode{}) {
		return r.Enhanced[1] == 5 && r.Enhanced[2] == 3
	}
	return !s.sized
}
