package smtp

import "cmp"

// Limits bound what a session keeps, whatever its peer sends. A zero field
// means the default.
type Limits struct {
	// ReplyLine is the longest reply line, in octets, line end included. RFC
	// 5321 §4.5.3.1.5 has 512; RFC 4954 §4 lets challenges be as long as 12288,
	// which is the default.
	ReplyLine int
	// ReplyLines is how many lines one reply may have. Default 256: several
	// times the longest EHLO replies that are met.
	ReplyLines int
	// ReplyBytes is how many octets one reply may have in all. Default 65536, at most
	// 1 GiB.
	ReplyBytes int
	// Outstanding is how many commands may await their replies. Default 4096.
	Outstanding int
}

func (l Limits) withDefaults() Limits {
	return Limits{
		ReplyLine:   cmp.Or(l.ReplyLine, 12288),
		ReplyLines:  cmp.Or(l.ReplyLines, 256),
		ReplyBytes:  min(cmp.Or(l.ReplyBytes, 65536), 1<<30),
		Outstanding: cmp.Or(l.Outstanding, 4096),
	}
}
