package smtp

// begin starts the line of a command, if it is legal now.
func (s *Session) begin(op Op) (*Line, error) {
	if !s.legal(op) {
		return nil, s.Allows(op)
	}
	s.line.begin(s.out, s.p, op, s.offered, s.assumed.facts)
	s.line.said = &s.capabilities
	return &s.line, nil
}

// end ends the line and queues the command, or takes back what was written.
func (s *Session) end() (Tag, error) { return s.endWith(0, false) }

func (s *Session) endWith(octets int, final bool) (Tag, error) {
	out, err := s.line.end()
	s.out = out
	if err != nil {
		return 0, err
	}
	s.octets = octets
	tag := s.push(s.line.op, s.line.sets, s.line.sized, final)
	s.queue.at(s.queue.n - 1).entitled = s.line.entitled
	return tag, nil
}

// beginRole starts the line of the command with a role.
func (s *Session) beginRole(r Role) (*Line, error) {
	op := s.role[r]
	if op == 0 {
		return nil, s.Allows(0)
	}
	return s.begin(op)
}

// Do queues any command of the table, one of the caller's own included. The
// command is read before Do returns, so that it may be used again.
func (s *Session) Do(c Command) (Tag, error) {
	op := c.Op()
	if err := s.Allows(op); err != nil {
		return 0, err
	}
	switch s.p.Commands[op].Payload {
	case PayloadOctets:
		return 0, &StateError{Command: s.p.Commands[op].Name, State: s.p.States[s.assumed.state].Name, Reason: "its octets go with it: use Chunk"}
	case PayloadDot:
		return 0, &StateError{Command: s.p.Commands[op].Name, State: s.p.States[s.assumed.state].Name, Reason: "use Content and EndContent"}
	}
	l, err := s.begin(op)
	if err != nil {
		return 0, err
	}
	c.Encode(l)
	return s.end()
}

// Check reports whether a command can be encoded with what the server offers,
// wherever the session stands: nil, or the [*ArgumentError] or [*MissingError]
// that Do would return. Nothing is queued.
func (s *Session) Check(c Command) error {
	op := c.Op()
	if op == 0 || int(op) >= len(s.p.Commands) {
		return s.Allows(op)
	}
	n := len(s.out)
	s.line.begin(s.out, s.p, op, s.offered, ^Facts(0))
	s.line.said = &s.capabilities
	c.Encode(&s.line)
	out, err := s.line.end()
	s.out = out[:n]
	return err
}

// Hello queues EHLO, or LHLO in LMTP, with the client's name: a domain or an
// address literal (RFC 5321 §4.1.1.1, RFC 2033 §4.1). Its reply says what the
// server offers.
func (s *Session) Hello(name string) (Tag, error) {
	l, err := s.beginRole(RoleHello)
	if err != nil {
		return 0, err
	}
	l.Domain(name)
	return s.end()
}

// HelloInDoubt queues EHLO as Hello does, behind a NOOP that is the only
// unanswered command and that the server may have lost: some lose what stands
// right behind a final dot. If the next reply has several lines it is that of
// EHLO, and the NOOP is forgotten, with no event; else it answers the NOOP.
func (s *Session) HelloInDoubt(name string) (Tag, error) {
	op := s.role[RoleHello]
	if s.queue.n != 1 || s.p.Commands[s.queue.at(0).op].Role != RoleNoop || s.err != nil || s.halted {
		return 0, &StateError{Command: s.p.Commands[op].Name, State: s.p.States[s.assumed.state].Name, Reason: "a NOOP has to be the only command in doubt"}
	}
	s.line.begin(s.out, s.p, op, s.offered, s.assumed.facts)
	s.line.Domain(name)
	tag, err := s.end()
	s.doubt = err == nil
	return tag, err
}

// UpgradeTLS queues STARTTLS (RFC 3207 §4). A 220 leads to the state that
// awaits the handshake: do it, then call HandleTLS.
func (s *Session) UpgradeTLS() (Tag, error) {
	if _, err := s.beginRole(RoleStartTLS); err != nil {
		return 0, err
	}
	return s.end()
}

// Authenticate queues AUTH with a mechanism (RFC 4954 §4). A nil initial
// response is left out, an empty one is sent as "=". final says that one reply
// ends the exchange, so that commands may be queued behind it. A mechanism
// that the server did not offer is a [*MissingError].
func (s *Session) Authenticate(mechanism string, initial []byte, final bool) (Tag, error) {
	l, err := s.beginRole(RoleAuth)
	if err != nil {
		return 0, err
	}
	if !s.offersMechanism(mechanism) {
		return 0, &MissingError{Name: "the mechanism " + excerpt(mechanism), Reason: "the server offers " + joinMechanisms(s)}
	}
	l.Word(mechanism)
	if initial != nil {
		l.InitialResponse(initial)
	}
	return s.endWith(0, final)
}

// Line queues the answer to a [Challenge]: the response, which the session
// puts into base64, or the cancellation of the exchange where it is nil
// (RFC 4954 §4).
func (s *Session) Line(response []byte) (Tag, error) {
	role := RoleAuthLine
	if response == nil {
		role = RoleAuthCancel
	}
	l, err := s.beginRole(role)
	if err != nil {
		return 0, err
	}
	if response != nil {
		l.Base64(response)
	}
	return s.end()
}

// Chunk queues BDAT with the number of octets that Content will be given for
// it, last for the one that ends the message (RFC 3030 §2). Until all of them
// were given nothing else may be queued.
func (s *Session) Chunk(size int, last bool) (Tag, error) {
	role := RoleChunk
	if last {
		role = RoleLastChunk
	}
	l, err := s.beginRole(role)
	if err != nil {
		return 0, err
	}
	if size < 0 {
		return 0, &ArgumentError{Command: s.p.Commands[s.role[role]].Name, Argument: "size", Reason: "expected 0 or more octets, got a negative number"}
	}
	l.Integer(uint64(size), 19)
	if tail := s.p.Commands[s.role[role]].Tail; tail != "" {
		l.Literal(tail)
	}
	return s.endWith(size, false)
}

// Content gives octets of the message: as many as Chunk declared, or behind a
// 354 any number, which the session brings into the form of the wire: dots
// doubled, line ends as the Config's Text says (RFC 5321 §4.5.2). An error has
// queued nothing of p.
func (s *Session) Content(p []byte) error {
	if s.err != nil {
		return s.err
	}
	if s.octets > 0 && !s.halted {
		if len(p) > s.octets {
			return &ArgumentError{Argument: "content", Reason: "expected no more octets than the chunk declared, got more"}
		}
		s.out = append(s.out, p...)
		s.octets -= len(p)
		return nil
	}
	if err := s.underWay(); err != nil {
		return err
	}
	out, err := s.text.Append(s.out, p)
	if err != nil {
		return err
	}
	s.out, s.writing = out, true
	return nil
}

// Pass is Content and Take in one, for message data that need not be changed:
// the caller writes p itself, right behind what Take handed out, and nothing is
// copied. Where it reports false nothing was done, and Content is to be used:
// something is pending, p is more than the chunk declared, or behind a 354 p is
// not in the form of the wire.
func (s *Session) Pass(p []byte) bool {
	if s.err != nil || len(s.out) > 0 {
		return false
	}
	if s.octets > 0 && !s.halted {
		if len(p) > s.octets {
			return false
		}
		s.octets -= len(p)
	} else {
		if s.underWay() != nil || !s.text.Keep(p) {
			return false
		}
		s.writing = true
	}
	s.taken += uint64(len(p))
	return true
}

// EndContent ends the message behind a 354 with the final dot, on a line of
// its own (RFC 5321 §4.1.1.4), and queues the wait for its reply.
func (s *Session) EndContent() (Tag, error) {
	if err := s.underWay(); err != nil {
		return 0, err
	}
	out, err := s.text.AppendEnd(s.out)
	if err != nil {
		return 0, err
	}
	s.out, s.writing = out, false
	tag := s.push(s.role[RoleContent], 0, false, false)
	s.queue.at(s.queue.n - 1).line = s.first
	return tag, nil
}

// underWay reports whether message data behind a 354 may be given.
func (s *Session) underWay() error {
	op := s.role[RoleContent]
	if s.writing && !s.halted && s.err == nil {
		return nil
	}
	if err := s.Allows(op); err != nil {
		return err
	}
	s.text = Text{Policy: s.config.Text, Dots: true}
	s.first = s.taken + uint64(len(s.out)) + 1
	return nil
}

// Fetch queues BURL with a URL by which the server fetches the message, or a piece
// of it, last for the one that ends the message (RFC 4468 §3.2).
func (s *Session) Fetch(url string, last bool) (Tag, error) {
	l, err := s.beginRole(fetchRole(last))
	if err != nil {
		return 0, err
	}
	AppendArg(l, "url", url, AppendURI)
	if tail := l.cmd.Tail; tail != "" {
		l.Literal(tail)
	}
	return s.end()
}

func fetchRole(last bool) Role {
	if last {
		return RoleURLLast
	}
	return RoleURL
}
