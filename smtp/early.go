package smtp

import "bytes"

// Assume says that the server will answer the EHLO that is next with these lines,
// each ended by a line feed, since it did so on an earlier connection, of the same
// host, encrypted or not as this one. They have to name an extension that lets
// commands be sent early (PIPECONNECT): then EHLO may be queued before the greeting
// has come and, with PIPELINING among them, MAIL, RCPT and others behind it before
// its reply has.
//
// If the server says something else the session ends with a [*StaleError]. Message
// data must not be sent before: wait until [Session.Early] is false.
func (s *Session) Assume(offers []byte) error {
	if s.err != nil {
		return s.err
	}
	greeted := s.queue.n == 0 && s.p.Commands[s.role[RoleHello]].In.Has(s.confirmed.state) && s.offered == 0
	if !greeted && (s.queue.n != 1 || s.p.Commands[s.queue.at(0).op].Role != RoleGreeting) {
		return &StateError{Command: "what the server offers", State: s.p.States[s.assumed.state].Name, Reason: "it can be assumed only before EHLO is queued"}
	}
	s.forgetExtensions()
	for line := range bytes.Lines(offers) {
		s.learnLine(bytes.TrimRight(line, "\n"))
	}
	if !s.Offered(s.x.early) {
		s.forgetExtensions()
		return &MissingError{Name: "an extension that lets commands be sent early", Reason: "before it greets, a server takes them only where it said so"}
	}
	s.known = append(s.known[:0], s.capabilities.text...)
	s.relies = true
	return nil
}

// Early reports whether what the server offers is assumed: its reply to EHLO has
// not come.
func (s *Session) Early() bool { return s.relies }

// relied takes the reply to an EHLO whose offers were assumed.
func (s *Session) relied(learned bool, ev *Event) {
	s.relies = false
	switch {
	case !learned:
		s.forgetExtensions()
	case !bytes.Equal(s.capabilities.text, s.known):
		s.err = &StaleError{Known: string(s.known), Offered: string(s.capabilities.text)}
		ev.Kind = None
	}
}
