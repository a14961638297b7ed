package smtp

import (
	"encoding/binary"
	"slices"
)

// Clone gives a session that goes on by itself from where s is: what is done to
// one does not show in the other. Tests explore with it.
func (s *Session) Clone() *Session {
	c := *s
	c.queue.entries = slices.Clone(s.queue.entries)
	c.capabilities.text = slices.Clone(s.capabilities.text)
	c.capabilities.args = slices.Clone(s.capabilities.args)
	c.known = slices.Clone(s.known)
	c.out = slices.Clone(s.out)
	c.in.buf = slices.Clone(s.in.buf)
	c.line = Line{}
	return &c
}

// AppendKey appends what two sessions must share to behave alike from now on.
// Sessions of one Config whose keys are equal give the same events for the same
// input and calls, but for tags.
func (s *Session) AppendKey(dst []byte) []byte {
	dst = s.confirmed.appendKey(dst)
	dst = s.assumed.appendKey(dst)
	dst = append(dst, byte(s.queue.n))
	for i := range s.queue.n {
		e := s.queue.at(i)
		dst = append(dst, byte(e.op), flags(e.final, e.sized, e.entitled, e.line <= s.taken, e.end <= s.taken))
		dst = binary.AppendUvarint(dst, uint64(e.sets))
	}
	dst = binary.AppendUvarint(dst, s.offered)
	dst = appendBytes(dst, s.capabilities.text)
	for _, n := range [...]int{s.recipients, s.left, s.worst, s.octets, s.in.lines, s.in.code, s.text.length} {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	dst = append(dst, flags(s.sized, s.writing, s.halted, s.eof, s.err != nil, s.ended, s.text.inLine, s.text.cr), flags(s.writing && s.first <= s.taken))
	dst = append(dst, flags(s.doubt, s.relies))
	dst = appendBytes(dst, s.known)
	dst = appendBytes(dst, s.out)
	return appendBytes(dst, s.in.buf[s.in.start:])
}

// Clone gives a session that goes on by itself from where s is.
func (s *ServerSession) Clone() *ServerSession {
	c := *s
	c.offers = slices.Clone(s.offers)
	c.in = slices.Clone(s.in)
	c.out = slices.Clone(s.out)
	c.args = Args{sets: s.args.sets}
	return &c
}

// AppendKey appends what two sessions must share to behave alike from now on.
func (s *ServerSession) AppendKey(dst []byte) []byte {
	dst = s.place.appendKey(dst)
	dst = append(dst, byte(s.pending), byte(s.chunk))
	for _, n := range [...]uint64{s.offered, uint64(s.pendingArg), uint64(s.left), uint64(s.worst), uint64(s.recipients), uint64(s.octets), uint64(s.refusal.Code)} {
		dst = binary.AppendUvarint(dst, n)
	}
	dst = append(dst, flags(s.drop, s.content, s.lineStart, s.skip, s.eof, s.err != nil, s.ended, s.pendingTitle))
	for _, o := range s.offers {
		dst = appendBytes(append(dst, byte(o.Keyword)), []byte(o.Args))
	}
	dst = appendBytes(dst, s.out)
	return appendBytes(dst, s.in[s.read:])
}

func (p place) appendKey(dst []byte) []byte {
	return binary.AppendUvarint(append(dst, byte(p.state), byte(p.home)), uint64(p.facts))
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

func flags(bits ...bool) byte {
	var f byte
	for i, b := range bits {
		if b {
			f |= 1 << i
		}
	}
	return f
}
