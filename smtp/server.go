package smtp

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// ServerConfig is what a server session needs to know when it starts. The zero
// value is a server of the base table that offers no extension.
type ServerConfig struct {
	// Protocol is the table to follow; nil means [Table].
	Protocol *Protocol
	// LMTP makes it a session of LMTP (RFC 2033).
	LMTP bool
	// Secure says that the connection has TLS from its first octet on.
	Secure bool
	// CommandLine is the longest command line taken, in octets, line end
	// included. Default 12288, what AUTH needs (RFC 4954 §4); RFC 5321
	// §4.5.3.1.4 asks for 512 at least.
	CommandLine int
}

// An Offer is an extension that a server names in its reply to EHLO.
type Offer struct {
	Keyword Keyword
	Args    string // what stands behind the keyword; may be empty
}

// ServerKind says what a [ServerEvent] is.
type ServerKind uint8

const (
	ServerNone     ServerKind = iota // nothing more to be had from the input so far
	ServerCommand                    // a command that is in order: answer it with Reply
	ServerContent                    // octets of the message, dots taken off
	ServerEnd                        // the message, or a chunk, is whole: answer it with Reply
	ServerRejected                   // a line that the session answered by itself; Line has it, Op the command if it is one
	ServerEnded                      // the client closed the connection, or it broke the protocol; Err says which, nil after QUIT
)

// A ServerEvent is what a server must know of the input. What it points to is
// valid until the next call of Next or HandleInput.
type ServerEvent struct {
	Kind ServerKind
	Op   Op
	Role Role
	Size int64  // ServerCommand of a chunk: how many octets follow
	Line []byte // ServerCommand, ServerRejected: the line without its line end
	Data []byte // ServerContent
	Err  error  // ServerEnded
	args []byte
	s    *ServerSession
}

// Parse reads the arguments of a [ServerCommand] into the type of its command,
// one of a user's own included.
func (ev ServerEvent) Parse(c Command) error {
	if ev.Kind != ServerCommand || c.Op() != ev.Op {
		return &ArgumentError{Argument: "command", Reason: "expected the type of the command that came, got another"}
	}
	a := ev.s.arguments(ev.Op, ev.args, false)
	c.Parse(a)
	return a.Err()
}

// A ServerSession is the server's side of one connection, without the
// connection: it reads commands and message data, refuses by itself what is
// unknown, malformed or out of order, and checks the replies that it is told to
// give against the table. It is what tests, fuzzers and the conformance suite
// stand on, not a mail server to deploy.
//
// A ServerSession is not safe for concurrent use.
type ServerSession struct {
	p       *Protocol
	x       *index
	config  ServerConfig
	place   place
	offers  []Offer
	offered uint64

	pending      Op    // the command whose reply is owed
	pendingArg   Facts // what its parameters bring
	pendingTitle bool  // it named the transaction
	left         int   // replies still owed to it, where it has one for each recipient
	worst        int
	recipients   int

	chunk     Op    // the command whose octets come
	octets    int64 // how many of them
	drop      bool  // nobody wants them
	refusal   ServerReply
	content   bool // a message behind 354 is under way
	lineStart bool // its next octet begins a line

	in    []byte
	read  int
	skip  bool // the rest of a line that was too long
	eat   bool // the rest of a line that was refused for a bare LF
	eof   bool
	out   []byte
	err   error
	ended bool
	args  Args
}

// NewServerSession starts a session. It owes the greeting: call Reply first.
func NewServerSession(cfg ServerConfig) *ServerSession {
	s := new(ServerSession)
	s.Reset(cfg)
	return s
}

// Reset starts anew for another connection and keeps the buffers. Offers are
// forgotten.
func (s *ServerSession) Reset(cfg ServerConfig) {
	p := cfg.Protocol
	if p == nil {
		p = Table
	}
	if cfg.CommandLine == 0 {
		cfg.CommandLine = 12288
	}
	*s = ServerSession{p: p, x: p.index, config: cfg, offers: s.offers[:0], in: s.in[:0], out: s.out[:0]}
	s.place.state = p.Start
	if cfg.LMTP {
		s.err = p.knowsLMTP()
		s.place.facts |= s.x.lmtp
	}
	if cfg.Secure {
		s.place.facts |= s.x.tls
	}
	if ops := s.x.roles[RoleGreeting]; len(ops) > 0 {
		s.pending = ops[0]
	}
}

// Offer says which extensions the next reply to EHLO names; it may change
// during a session, after STARTTLS say. Commands and parameters of other
// extensions are refused.
func (s *ServerSession) Offer(offers ...Offer) {
	s.offers = append(s.offers[:0], offers...)
}

// State is where the session stands.
func (s *ServerSession) State() State { return s.place.state }

// Facts are the facts beside the state.
func (s *ServerSession) Facts() Facts { return s.place.facts }

// Protocol is the table that the session follows.
func (s *ServerSession) Protocol() *Protocol { return s.p }

// Owes is the command whose reply is owed, 0 if there is none.
func (s *ServerSession) Owes() Op { return s.pending }

// Recipients is how many recipients the transaction has.
func (s *ServerSession) Recipients() int { return s.recipients }

// Err is the error that ended the session, nil while it goes on.
func (s *ServerSession) Err() error { return s.err }

// Take hands out the octets to write to the client and keeps spare, which may
// be nil, as its next buffer.
func (s *ServerSession) Take(spare []byte) []byte {
	out := s.out
	s.out = spare[:0]
	return out
}

// Write queues octets for the client as they are, past all checks, for a script
// that has to misbehave. The session's state does not move.
func (s *ServerSession) Write(raw []byte) { s.out = append(s.out, raw...) }

// Settle moves the session as a reply would and queues nothing: with Write it
// answers in a form that Reply would not give.
func (s *ServerSession) Settle(code int) error {
	_, err := s.settle(code)
	return err
}

// HandleInput takes octets of the client; they are copied. Call Next until it
// gives no more events before feeding again.
func (s *ServerSession) HandleInput(p []byte) {
	if s.read > 0 {
		s.in = s.in[:copy(s.in, s.in[s.read:])]
		s.read = 0
	}
	s.in = append(s.in, p...)
}

// HandleEOF says that the client has closed the connection.
func (s *ServerSession) HandleEOF() { s.eof = true }

// HandleTLS says that the handshake is done that the state waits for.
func (s *ServerSession) HandleTLS() error {
	st := &s.p.States[s.place.state]
	if st.Awaits != AwaitTLS {
		return &StateError{Command: "the TLS handshake", State: st.Name, Reason: "it follows the 220 to STARTTLS"}
	}
	if s.read < len(s.in) {
		s.err = &ProtocolError{RFC: "RFC 3207 §4.2", Expected: "nothing before the TLS handshake", Came: excerpt(s.in[s.read:])}
		return s.err
	}
	s.place.state = st.Then
	s.place.facts |= st.Set
	if s.p.States[st.Then].Home {
		s.place.home = st.Then
	}
	return nil
}

// Reply answers the command, message or chunk of the last event, or greets.
// text may have several lines, parted by line feeds. The reply to EHLO gets the
// offers behind it; an enhanced code is written if ENHANCEDSTATUSCODES is among
// them, before EHLO too, but not to the greeting, EHLO and HELO (RFC 2034 §4). A reply that the table does not allow is an
// [*ArgumentError], and nothing is queued. In LMTP the content is answered once
// for each recipient.
func (s *ServerSession) Reply(code int, enhanced EnhancedCode, text string) error {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' && c != '\n' || c == 0x7f {
			return &ArgumentError{Argument: "reply", Reason: "expected text without control characters, got one"}
		}
	}
	op := s.pending
	if op == 0 {
		return &StateError{Command: "a reply", State: s.p.States[s.place.state].Name, Reason: "no command waits for one"}
	}
	switch s.p.Commands[op].Role {
	case RoleGreeting, RoleHello, RoleHelo: // these have none (RFC 2034 §4)
		enhanced = EnhancedCode{}
	default:
		if !s.offersEnhanced() {
			enhanced = EnhancedCode{}
		}
	}
	row, err := s.settle(code)
	if err != nil {
		return err
	}
	if row != nil && row.Do&EffectLearnExtensions != 0 {
		s.writeOffers(code, text)
		return nil
	}
	s.write(code, enhanced, text)
	return nil
}

// settle moves the session as a reply of this code to the pending command does.
// The row is nil while further replies are owed.
func (s *ServerSession) settle(code int) (*Row, error) {
	op := s.pending
	if op == 0 || code < 100 || code > 599 {
		return nil, &ArgumentError{Argument: "reply", Reason: "expected a command to answer and a code of 200 to 599, got " + strconv.Itoa(code)}
	}
	c := &s.p.Commands[op]
	row := s.p.row(op, code, s.place, false)
	switch {
	case row == nil || row.Violation || row.Unlisted:
		return nil, &ArgumentError{Command: c.Name, Argument: "reply", Reason: "expected a code that the table lists, got " + strconv.Itoa(code)}
	case row.Do&EffectTakeUp != 0 && !s.x.takesUp(s.pendingTitle, s.place):
		return nil, &ArgumentError{Command: c.Name, Argument: "reply", Reason: "expected a code that answers a command without the name of a transaction, got " + strconv.Itoa(code)}
	case s.octets > 0 && code < 400:
		return nil, &ArgumentError{Command: c.Name, Argument: "reply", Reason: "expected its octets to be read first, or a refusal, got " + strconv.Itoa(code)}
	}
	if c.Counted && s.place.facts&c.Count == c.Count && s.octets == 0 {
		if s.left == 0 {
			s.left, s.worst = max(1, s.recipients), 0
		}
		if code/100 > s.worst/100 {
			s.worst = code
		}
		if s.left--; s.left > 0 {
			return nil, nil
		}
		row = s.p.row(op, s.worst, s.place, false)
	}
	s.pending = 0
	switch {
	case s.octets > 0:
		s.drop, s.refusal = true, ServerReply{}
	case s.chunk == op: // of no octets, answered before its end was told
		s.chunk = 0
	}
	s.move(row, s.pendingArg)
	return row, nil
}

func (s *ServerSession) move(row *Row, sets Facts) {
	s.place = s.p.move(s.place, row, sets)
	switch {
	case row.Do&(EffectOpenTransaction|EffectCloseTransaction) != 0:
		s.recipients = 0
	case row.Do&EffectCountRecipient != 0:
		s.recipients++
	}
	if row.Do&(EffectForgetExtensions|EffectForgetSession|EffectLearnExtensions) != 0 {
		s.offered = 0
	}
	if s.p.States[s.place.state].Awaits == AwaitContent {
		s.content, s.lineStart = true, true
	}
}

// offersEnhanced reports whether replies have enhanced codes, which they have
// whether or not the client said EHLO (RFC 2034 §4).
func (s *ServerSession) offersEnhanced() bool {
	return s.x.enhanced != 0 && slices.ContainsFunc(s.offers, func(o Offer) bool { return o.Keyword == s.x.enhanced })
}

// write writes a reply of one or more lines (RFC 5321 §4.2.1).
func (s *ServerSession) write(code int, enhanced EnhancedCode, text string) {
	for {
		line, rest, more := cutString(text)
		s.startLine(code, more)
		if enhanced != (EnhancedCode{}) {
			s.out = appendEnhanced(s.out, enhanced)
			s.out = append(s.out, ' ')
		}
		s.out = append(append(s.out, line...), "\r\n"...)
		if !more {
			return
		}
		text = rest
	}
}

func (s *ServerSession) startLine(code int, more bool) {
	s.out = strconv.AppendInt(s.out, int64(code), 10)
	if more {
		s.out = append(s.out, '-')
	} else {
		s.out = append(s.out, ' ')
	}
}

// writeOffers writes the reply to EHLO: the greeting, then an extension a line.
func (s *ServerSession) writeOffers(code int, text string) {
	text, _, _ = cutString(text)
	s.startLine(code, len(s.offers) > 0)
	s.out = append(append(s.out, text...), "\r\n"...)
	for i, o := range s.offers {
		s.startLine(code, i < len(s.offers)-1)
		s.out = append(s.out, s.p.Keywords[o.Keyword].Name...)
		if o.Args != "" {
			s.out = append(append(s.out, ' '), o.Args...)
		}
		s.out = append(s.out, "\r\n"...)
		s.offered |= 1 << o.Keyword
	}
}

func cutString(text string) (line, rest string, more bool) {
	for i := range len(text) {
		if text[i] == '\n' {
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

func appendEnhanced(dst []byte, c EnhancedCode) []byte {
	dst = strconv.AppendUint(dst, uint64(c[0]), 10)
	dst = append(dst, '.')
	dst = strconv.AppendUint(dst, uint64(c[1]), 10)
	dst = append(dst, '.')
	return strconv.AppendUint(dst, uint64(c[2]), 10)
}

// Next gives the next event, of kind [ServerNone] when the input has no more,
// or a reply is owed first.
func (s *ServerSession) Next() ServerEvent {
	if s.err == nil {
		if ev := s.next(); ev.Kind != ServerNone {
			return ev
		}
		if s.err == nil && (!s.eof || s.pending != 0) {
			return ServerEvent{}
		}
	}
	if s.ended {
		return ServerEvent{}
	}
	s.ended = true
	if s.err == nil && s.place.state != s.p.Finish {
		s.err = ErrClosed
	}
	return ServerEvent{Kind: ServerEnded, Err: s.err}
}

func (s *ServerSession) next() ServerEvent {
	if s.chunk != 0 {
		if ev, more := s.nextOctets(); !more {
			return ev
		}
	}
	if s.pending != 0 {
		return ServerEvent{}
	}
	if s.content {
		return s.nextContent()
	}
	if st := &s.p.States[s.place.state]; st.Awaits == AwaitTLS {
		if s.read < len(s.in) {
			s.err = &ProtocolError{RFC: "RFC 3207 §4.2", Expected: "nothing before the TLS handshake", Came: excerpt(s.in[s.read:])}
		}
		return ServerEvent{}
	} else if st.Awaits == AwaitNothing {
		s.read = len(s.in)
		return ServerEvent{}
	}
	line, ok := s.nextLine()
	if !ok {
		return ServerEvent{}
	}
	return s.command(line)
}

// nextLine cuts a line off the input. Lines that are too long, or that have a
// bare LF, are refused here, once, up to their CRLF: what stands behind a bare LF
// is of the same line (RFC 5321 §2.3.8).
func (s *ServerSession) nextLine() ([]byte, bool) {
	for {
		rest := s.in[s.read:]
		n := bytes.IndexByte(rest, '\n') + 1
		if n == 0 {
			if s.eat || s.skip || len(rest) > s.config.CommandLine {
				s.skip = !s.eat
				s.read = len(s.in)
				if len(rest) > 0 && rest[len(rest)-1] == '\r' { // its LF may come
					s.read--
				}
			}
			return nil, false
		}
		s.read += n
		whole := n >= 2 && rest[n-2] == '\r'
		switch {
		case s.eat:
			s.eat = !whole
		case s.skip || n > s.config.CommandLine:
			s.skip, s.eat = false, !whole
			s.refuseLine("Line too long") // RFC 5321 §4.3.2
		case !whole:
			s.eat = true
			s.refuseLine("A line ends in CRLF") // RFC 5321 §2.3.8
		default:
			return rest[:n-2], true
		}
	}
}

// refuseLine refuses a line that is not looked at.
func (s *ServerSession) refuseLine(why string) {
	r := s.p.Unknown
	r.Text = why
	s.reject(r)
	s.abandon(0, r.Code)
}

// abandon ends an exchange, one of whose lines was refused before its command
// was told: the session goes where such a reply to it leads (RFC 4954 §4). Op is
// 0 if it is not known which line it was to be.
func (s *ServerSession) abandon(op Op, code int) {
	if s.p.States[s.place.state].Awaits != AwaitLine {
		return
	}
	for i := range s.x.verbs {
		if v := &s.x.verbs[i]; op == 0 && v.text == "" {
			for _, candidate := range v.ops {
				if c := &s.p.Commands[candidate]; c.In.Has(s.place.state) && s.exists(c) {
					op = candidate
				}
			}
		}
	}
	if row := s.p.row(op, code, s.place, false); op != 0 && row != nil && !row.Violation && !row.Unlisted {
		s.move(row, 0)
	}
}

func (s *ServerSession) reject(r ServerReply) {
	if !s.offersEnhanced() {
		r.Enhanced = EnhancedCode{}
	}
	s.write(r.Code, r.Enhanced, r.Text)
}

// command finds out what a line is, in the order of RFC 5321 §4.2.4 and §4.3.2:
// known, offered, well formed, in sequence, with parameters that are known.
func (s *ServerSession) command(line []byte) ServerEvent {
	ev := ServerEvent{Kind: ServerRejected, Line: line, s: s}
	op, args, refusal := s.recognize(line)
	ev.Op, ev.Role, ev.args = op, s.p.Commands[op].Role, args // of what is refused too: whoever logs the line has to know if it is secret
	if refusal.Code == 0 {
		refusal = s.judge(op, &s.args)
	}
	if op != 0 && s.p.Commands[op].Payload == PayloadOctets {
		size, ok := s.size(op, args)
		if !ok || refusal == s.p.Arguments {
			// Where the size can't be read the octets can't be told from commands.
			if refusal != s.p.NotOffered {
				refusal = s.p.Arguments
			}
			s.reject(refusal)
			s.err = &ProtocolError{RFC: "RFC 3030 §2", Expected: "a chunk with a size that can be read", Came: excerpt(line)}
			return ev
		}
		ev.Size = size
		s.chunk, s.octets, s.drop, s.refusal = op, size, refusal.Code != 0, refusal
	}
	if refusal.Code != 0 {
		if s.chunk == 0 {
			s.reject(refusal)
			s.abandon(op, refusal.Code)
		}
		return ev
	}
	ev.Kind = ServerCommand
	s.pending, s.pendingArg, s.pendingTitle = op, s.args.sets, s.args.entitled
	return ev
}

// recognize finds the command of a line and parses its arguments into s.args. A
// refusal has a code that is not 0.
func (s *ServerSession) recognize(line []byte) (op Op, args []byte, refusal ServerReply) {
	bare := s.p.States[s.place.state].Awaits == AwaitLine
	for i := range s.x.verbs {
		v := &s.x.verbs[i]
		args, ok := v.match(line)
		if !ok {
			continue
		}
		var withheld Op // not offered
		for _, candidate := range v.ops {
			c := &s.p.Commands[candidate]
			if (bare || v.text == "") && !c.In.Has(s.place.state) || !s.exists(c) {
				continue
			}
			a := s.arguments(candidate, args, true)
			c.Check(a)
			a.end()
			switch {
			case c.Keyword != 0 && s.offered&(1<<c.Keyword) == 0:
				withheld = candidate
			case a.Err() == nil || a.unknown:
				return candidate, args, ServerReply{}
			default:
				op = candidate
			}
		}
		switch {
		case op != 0:
			return op, args, s.p.Arguments
		case withheld != 0:
			return withheld, args, s.p.NotOffered
		}
	}
	return 0, nil, s.p.Unknown
}

// exists reports whether a command belongs to the kind of session this is.
func (s *ServerSession) exists(c *CommandInfo) bool {
	return c.Forbids&s.x.fixed&s.place.facts == 0 && c.Needs&s.x.fixed&^s.place.facts == 0
}

// judge says whether a well-formed command is in order.
func (s *ServerSession) judge(op Op, a *Args) ServerReply {
	c := &s.p.Commands[op]
	if missing := c.Needs &^ s.place.facts; missing != 0 && c.In.Has(s.place.state) {
		for i, f := range s.p.Facts {
			if missing.Has(Fact(i)) && f.Refuse != 0 {
				return ServerReply{Code: f.Refuse, Text: fmt.Sprintf("%s first", f.Name)}
			}
		}
	}
	if !c.In.Has(s.place.state) || s.place.facts&(c.Needs|c.Forbids) != c.Needs {
		return s.p.Sequence
	}
	if a.unknown {
		return s.p.Parameter
	}
	return ServerReply{}
}

// arguments makes the parser for a command's arguments. In check mode no
// strings are made.
func (s *ServerSession) arguments(op Op, args []byte, check bool) *Args {
	s.args.begin(s.p, op, args, s.offered, s.place.facts, check)
	return &s.args
}

// size is the first argument of a chunk, false if it can't be read.
func (s *ServerSession) size(op Op, args []byte) (int64, bool) {
	var a Args
	a.begin(s.p, op, args, s.offered, s.place.facts, true)
	n := a.Integer(19)
	return int64(n), !a.bad && n <= math.MaxInt64
}

// nextOctets gives the octets of a chunk, or eats those that nobody wants. more
// is true when it is over and the next line is to be read.
func (s *ServerSession) nextOctets() (ev ServerEvent, more bool) {
	c := &s.p.Commands[s.chunk]
	if n := min(s.octets, int64(len(s.in)-s.read)); n > 0 {
		data := s.in[s.read : s.read+int(n)]
		s.read += int(n)
		s.octets -= n
		if !s.drop {
			return ServerEvent{Kind: ServerContent, Op: s.chunk, Role: c.Role, Data: data}, false
		}
	}
	if s.octets > 0 {
		return ServerEvent{}, false
	}
	ev = ServerEvent{Kind: ServerEnd, Op: s.chunk, Role: c.Role}
	s.chunk = 0
	if !s.drop {
		return ev, false
	}
	s.drop = false
	if s.refusal.Code != 0 {
		s.reject(s.refusal)
	}
	return ServerEvent{}, true
}

// nextContent gives the message behind a 354, without the dots that were put in
// front of lines (RFC 5321 §4.5.2). Nothing but CRLF, dot, CRLF ends it.
func (s *ServerSession) nextContent() ServerEvent {
	ops := s.x.roles[RoleContent]
	if len(ops) == 0 || s.read == len(s.in) {
		return ServerEvent{}
	}
	ev := ServerEvent{Kind: ServerContent, Op: ops[0], Role: RoleContent}
	rest := s.in[s.read:]
	if s.lineStart && rest[0] == '.' {
		switch {
		case bytes.HasPrefix(rest, []byte(".\r\n")):
			s.read += 3
			s.content = false
			s.pending, s.pendingArg = ops[0], 0
			ev.Kind = ServerEnd
			return ev
		case len(rest) == 1, len(rest) == 2 && rest[1] == '\r':
			return ServerEvent{}
		}
		s.read++
		rest = rest[1:]
		s.lineStart = false
	}
	n := bytes.Index(rest, []byte("\r\n."))
	switch {
	case n >= 0:
		n += 2
	case rest[len(rest)-1] == '\r':
		n = len(rest) - 1
	default:
		n = len(rest)
	}
	if n == 0 {
		return ServerEvent{}
	}
	ev.Data = rest[:n]
	s.read += n
	s.lineStart = bytes.HasSuffix(ev.Data, []byte("\r\n"))
	return ev
}
