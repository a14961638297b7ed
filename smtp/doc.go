// Package smtp speaks ESMTP (RFC 5321) and LMTP (RFC 2033) without a
// connection: octets and facts go in, octets and events come out. It imports no
// net, reads no clock and starts no goroutine, so a session can be driven over
// anything, stopped anywhere, cloned and explored. Package smtpclient drives it
// over a net.Conn; who wants to send mail should begin there.
//
// All that the protocol says is in one table, [Table], which is compiled from
// spec/states.yaml and spec/extensions: the states, the commands and where they
// are legal, what each reply means in each state, what may be sent before
// which reply. The code of this package only walks it. A table of one's own,
// generated with smtpgen, goes into Config.Protocol.
//
// # A session and its loop
//
// A [Session] is the client's side of one connection. Its methods are of four
// kinds:
//
//   - ask: where it stands. [Session.State], [Session.Allows],
//     [Session.Offered], [Session.Awaiting], [Session.Timeout], [Session.Err]
//     and the like change nothing.
//   - command: what the application wants. [Session.Hello], [Session.Mail],
//     [Session.Do], [Session.Chunk], [Session.Content] and the like queue
//     octets and return the [Tag] that the command's events will carry. An error
//     means that nothing was queued and nothing has moved: a [*StateError] (the
//     wrong moment), an [*ArgumentError] (a bad value) or a [*MissingError] (not
//     offered).
//   - feed: what came from the network. [Session.HandleInput],
//     [Session.HandleEOF], [Session.HandleTLS]; and [Session.Fail] for the
//     caller's own veto.
//   - drain: what the caller has to do. [Session.Take] gives the octets to
//     write, [Session.Next] the next [Event].
//
// One loop joins them, for every session there is (the example of the package
// is this loop, compiled):
//
//	for {
//		// command: queue what the state allows
//		write(s.Take(nil))
//		s.HandleInput(read())
//		for ev := s.Next(); ev.Kind != smtp.None; ev = s.Next() {
//			// Replied: ev.Tag says to which command
//			// Ended: over; ev.Err says why, nil after QUIT
//		}
//	}
//
// It gives the same whether the input comes octet by octet or all at once. Drain
// Next before feeding again: the session keeps at most one unfinished reply
// then. Deadlines are the caller's: [Session.Timeout] and
// [Session.BlockTimeout] say what RFC 5321 §4.5.3.2 asks for.
//
// # How long things live
//
// Input is copied. What an [Event] or a [Reply] points to is valid until the
// next call of Next or HandleInput; [Reply.Clone] keeps it. What Take returned
// belongs to the caller until it gives it back as the spare buffer of the next
// Take. A session that sends one message after another allocates nothing once
// its buffers have grown; Reset keeps them for another connection. Neither
// sessions nor the other values here are safe for concurrent use, but for
// [Protocol], which never changes.
//
// # Pipelining and the fence
//
// A session has two places: the confirmed one, after all replies that came
// ([Session.State]), and the assumed one, behind all that is queued, if it
// succeeds ([Session.Assumed]). Commands are judged by the assumed one. Where
// the server offered PIPELINING (RFC 2920) and the table lets the command
// before be followed, a command may be queued while replies are outstanding;
// each reply belongs to the oldest command without one. A reply that leads
// elsewhere than hoped moves the assumed place of all that is queued behind. A
// command whose reply comes in a state that it is not legal in, since one before
// it failed, is Late: its reply settles nothing.
//
// While the last chunk of a message (BDAT LAST, RFC 3030) is unanswered, nobody
// knows whether the server's transaction is over: a server that refused it may
// keep sender and recipients. So the assumed state is "unsettled" until the
// reply is there, and once it has failed. MAIL is illegal in it, RSET is legal
// and may be pipelined: it is the fence between one message and the next. Behind
// the final dot of DATA no fence is needed.
//
// # What became of a message
//
// A [Delivery] works out, from the events of one message, what became of it for
// each recipient: accepted, refused for now or for good, not sent, or unknown,
// and the reply that decided. Call [Delivery.Cut] when no more replies will
// come; [Session.Taken] tells whether the end of the message had been handed
// out.
//
// # The server role
//
// A [ServerSession] walks the same table from the other side: it reads commands
// and message data, refuses by itself what is unknown, malformed or out of
// order, and checks the replies that it is told to give. Tests, fuzzers and a
// conformance suite stand on it; it is not a mail server to deploy.
//
// # Limits
//
// Whatever the peer sends, memory is bounded: [Limits] has the longest reply
// line, the lines and octets of one reply, and how many commands may await
// their replies; ServerConfig.CommandLine is the longest command line. What
// goes beyond is a [*ProtocolError] of the client role, and a reply of 500 from
// the server role. Nothing that a caller passes in can put a CR, LF or NUL on
// the wire outside of message data.
package smtp
