package smtp

import (
	"errors"
	"time"
)

// ErrClosed is the error of the event [Ended] when the peer closed the
// connection before QUIT was answered.
var ErrClosed = errors.New("smtp: the peer closed the connection")

// Config is what a session needs to know when it starts. The zero value is a
// client of the base table on a connection without TLS.
type Config struct {
	// Protocol is the table to follow; nil means [Table].
	Protocol *Protocol
	// LMTP makes it a session of LMTP (RFC 2033). It ends at once, with a
	// [*MissingError], if the table has no LMTP.
	LMTP bool
	// Secure says that the connection has TLS from its first octet on.
	Secure bool
	// Ignore holds keywords that count as not offered, whatever the server says:
	// for a server that announces what it does not do well.
	Ignore []Keyword
	// Text says how message data is treated that goes out behind DATA.
	Text TextPolicy
	// Limits bound what the session keeps.
	Limits Limits
}

// A Session is the client's side of one SMTP connection, without the
// connection: octets of the server go in, octets for the server and events
// come out (RFC 5321 §3). The package documentation shows the loop around it.
//
// A Session is not safe for concurrent use. A method that returns an error has
// queued nothing and moved nothing, but for the sticky error of [Session.Err].
type Session struct {
	p      *Protocol
	x      *index
	config Config
	limits Limits
	role   [numRoles]Op // the command for each role in this session

	confirmed place // after all replies that came
	assumed   place // behind all that is queued
	queue     ring  // commands whose replies have not come

	offered      uint64 // keywords, one bit each
	capabilities capabilities
	relies       bool   // they are those of an earlier connection, until EHLO is answered
	known        []byte // the lines of that connection's
	recipients   int    // confirmed recipients of the transaction
	sized        bool   // the transaction declared a size
	left         int    // replies still to come for the oldest command, where it has one for each recipient
	worst        int    // the worst code among those that came

	line    Line
	tag     Tag
	out     []byte
	taken   uint64 // octets handed out
	octets  int    // octets that the chunk under way still lacks
	text    Text   // the message behind a 354
	first   uint64 // position of the octet behind its first one
	writing bool   // some of it was queued
	doubt   bool   // a NOOP may have been lost, EHLO stands behind it
	halted  bool   // the server refused content under way: only closing is left

	in    input
	eof   bool
	err   error
	ended bool // the event Ended was given
}

// NewSession starts a session: the server's greeting is awaited.
func NewSession(cfg Config) *Session {
	s := new(Session)
	s.Reset(cfg)
	return s
}

// Reset starts anew for another connection and keeps the buffers.
func (s *Session) Reset(cfg Config) {
	p := cfg.Protocol
	if p == nil {
		p = Table
	}
	*s = Session{
		p: p, x: p.index, config: cfg, limits: cfg.Limits.withDefaults(),
		queue: ring{entries: s.queue.entries}, out: s.out[:0], in: input{buf: s.in.buf[:0]},
		capabilities: s.capabilities.emptied(len(p.Keywords)), known: s.known[:0],
	}
	s.text.Policy = cfg.Text
	start := place{state: p.Start}
	if cfg.LMTP {
		s.err = p.knowsLMTP()
		start.facts |= s.x.lmtp
	}
	if cfg.Secure {
		start.facts |= s.x.tls
	}
	for role, ops := range s.x.roles {
		for _, op := range ops {
			c := &p.Commands[op]
			if c.Forbids&s.x.fixed&start.facts == 0 && c.Needs&s.x.fixed&^start.facts == 0 {
				s.role[role] = op
				break
			}
		}
	}
	s.confirmed, s.assumed = start, start
	if greeting := s.role[RoleGreeting]; greeting != 0 {
		s.push(greeting, 0, false, false)
	}
}

// State is the state after all replies that came.
func (s *Session) State() State { return s.confirmed.state }

// Assumed is the state behind all commands that are queued, if they succeed;
// commands are judged by it.
func (s *Session) Assumed() State { return s.assumed.state }

// Facts are the facts after all replies that came.
func (s *Session) Facts() Facts { return s.confirmed.facts }

// Protocol is the table that the session follows.
func (s *Session) Protocol() *Protocol { return s.p }

// Op is the command that has a role in this session: EHLO or LHLO for
// RoleHello, say; 0 if the table has none.
func (s *Session) Op(r Role) Op { return s.role[r] }

// Last is the command that was queued last among those unanswered, 0 if there
// is none.
func (s *Session) Last() Op {
	if s.queue.n == 0 {
		return 0
	}
	return s.queue.at(s.queue.n - 1).op
}

// Offered reports whether the server named a keyword in answer to EHLO, and the
// Config does not ignore it.
func (s *Session) Offered(k Keyword) bool { return k != 0 && s.offered&(1<<k) != 0 }

// Closing reports that a 421 came, or a greeting that refuses: nothing new can
// be begun but QUIT (RFC 5321 §3.8).
func (s *Session) Closing() bool { return s.confirmed.facts&s.x.closing != 0 }

// Awaiting is how many commands have not been answered.
func (s *Session) Awaiting() int { return s.queue.n }

// Room is how many more commands may be queued before replies come.
func (s *Session) Room() int { return s.limits.Outstanding - s.queue.n }

// Timeout is how long to wait for the reply to the oldest unanswered command
// (RFC 5321 §4.5.3.2), 0 if there is none.
func (s *Session) Timeout() time.Duration {
	if s.queue.n == 0 {
		return 0
	}
	return s.p.Commands[s.queue.at(0).op].Timeout
}

// BlockTimeout is how long writing one piece of message data may take
// (RFC 5321 §4.5.3.2.5), 0 if the table sets no limit.
func (s *Session) BlockTimeout() time.Duration {
	var most time.Duration
	for _, r := range [...]Role{RoleContent, RoleChunk, RoleLastChunk} {
		most = max(most, s.p.Commands[s.role[r]].Block)
	}
	return most
}

// Taken reports whether all octets of a command, its payload included, have
// been handed out by Take. It tells "unknown" from "not sent" when a
// connection dies.
func (s *Session) Taken(t Tag) bool {
	if s.queue.n == 0 || t < s.queue.at(0).tag {
		return t <= s.tag
	}
	i := int(t - s.queue.at(0).tag)
	return i < s.queue.n && s.queue.at(i).end <= s.taken
}

// Err is the error that ended the session, nil while it goes on.
func (s *Session) Err() error { return s.err }

// Halted reports that the server refused message data while it was under way:
// the rest never goes out, and the connection can only be closed.
func (s *Session) Halted() bool { return s.halted }

// Take hands out the octets to write to the server and keeps spare, which may
// be nil, as its next buffer: the caller owns what it got until it gives it
// back as spare. An empty result means that there is nothing to write.
func (s *Session) Take(spare []byte) []byte {
	if s.err != nil || s.halted {
		return nil
	}
	out := s.out
	s.taken += uint64(len(out))
	s.out = spare[:0]
	return out
}

// Unread gives octets of the peer that came behind the reply that ended the
// session, for whoever goes on with the connection (RFC 2645 §5.3). It is a view,
// valid until the next call of HandleInput or Reset.
func (s *Session) Unread() []byte {
	if s.confirmed.state != s.p.Finish {
		return nil
	}
	return s.in.buf[s.in.start:]
}

// Trim gives up memory beyond some kilobytes that a session which awaits nothing
// does not need.
func (s *Session) Trim() {
	const most = 1 << 10
	if s.in.unread() == 0 && cap(s.in.buf) > most {
		s.in = input{}
	}
	if s.queue.n == 0 && len(s.queue.entries) > 8 {
		s.queue = ring{}
	}
	if len(s.out) == 0 && cap(s.out) > most {
		s.out = nil
	}
}

// Pending is what Take would hand out: a view, valid until the next call.
func (s *Session) Pending() []byte { return s.out }

// Unqueue takes back the command from and all that were queued behind it, if
// Take has not handed out any of their octets; their tags will be given again.
func (s *Session) Unqueue(from Tag) error {
	keep := s.queue.n
	for keep > 0 && s.queue.at(keep-1).tag >= from {
		keep--
	}
	if keep == s.queue.n {
		return nil
	}
	start := uint64(0) // of the first command that goes, behind what was handed out
	if keep > 0 {
		if end := s.queue.at(keep - 1).end; end > s.taken {
			start = end - s.taken
		}
	}
	if first := s.queue.at(keep); first.line <= s.taken || s.writing {
		return &StateError{Command: s.p.Commands[first.op].Name, State: s.p.States[s.assumed.state].Name, Reason: "its octets were handed out, they can't be taken back"}
	}
	s.out = s.out[:start]
	s.octets = 0
	s.tag = s.queue.at(keep).tag - 1
	s.queue.n = keep
	s.assumed = s.confirmed
	if keep > 0 {
		s.assumed = s.queue.at(keep - 1).assume
	}
	return nil
}

// Unwritten says that the last n octets that Take handed out never were written,
// as the connection died: they count as not taken. Nothing more can be written
// then. It sharpens what Taken tells.
func (s *Session) Unwritten(n int) { s.taken -= min(uint64(n), s.taken) }

// HandleTLS says that the TLS handshake is done that the state waits for: the
// session is as after a greeting, and EHLO is next (RFC 3207 §4.2).
func (s *Session) HandleTLS() error {
	if s.err != nil {
		return s.err
	}
	st := &s.p.States[s.confirmed.state]
	if st.Awaits != AwaitTLS {
		return &StateError{Command: "the TLS handshake", State: st.Name, Reason: "it follows the 220 to STARTTLS"}
	}
	if s.in.unread() > 0 {
		s.violate("RFC 3207 §4.2", "nothing before the TLS handshake", s.in.excerpt())
		return s.err
	}
	s.confirmed.state = st.Then
	s.confirmed.facts |= st.Set
	if s.p.States[st.Then].Home {
		s.confirmed.home = st.Then
	}
	s.assumed = s.confirmed
	return nil
}

// Fail ends the session with the caller's error: a mechanism's veto on a 235,
// say. Nothing more goes out.
func (s *Session) Fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *Session) violate(rfc, expected, came string) {
	if s.err == nil {
		s.err = &ProtocolError{RFC: rfc, Expected: expected, Came: came}
	}
}
