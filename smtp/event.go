package smtp

// A Tag names one command of a session: events carry the tag that the
// command's call returned. Tags grow by one with each command; 0 is none.
type Tag uint32

// Kind says what an [Event] is.
type Kind uint8

const (
	None      Kind = iota // nothing more to be had from the input so far
	Replied               // a reply to the command Tag
	Challenge             // a 334: answer with Session.Line; Reply's text is the challenge in base64, Reply.DecodeChallenge decodes it
	Closing               // a 421 that answers no command: the server is about to close
	Ended                 // the peer closed the connection, or Fail was called, or it broke the protocol; Err says which, nil after QUIT
)

// An Event is what the caller must know of the input. Which fields are set
// depends on Kind: Op, Role, Tag and Reply for Replied and Challenge, Reply
// for Closing, Err for Ended.
type Event struct {
	Kind Kind
	Op   Op
	Role Role
	// Late: when the reply came, the session was confirmed to be in a state in
	// which the command is not legal, so the reply settles nothing.
	Late bool
	// More: further replies to the same command will come (LMTP, RFC 2033 §4.2).
	More bool
	// Temporary: the reply refuses for now rather than for good.
	Temporary bool
	// TakenUp: a transaction that an earlier session began goes on, recipients
	// included, and the server has the first Offset octets of its message
	// (RFC 1845 §3). The next is the command that goes on with the message.
	TakenUp bool
	Offset  uint64
	Tag     Tag
	Reply   Reply
	Err     error
}
