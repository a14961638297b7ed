// Package conformance asks a mail server, requirement by requirement, where it
// leaves the RFCs. It speaks SMTP, submission or LMTP with a raw connection of
// its own, so that it can say what no well-behaved client says.
//
//	report, err := conformance.Run(ctx, conformance.Config{Address: "localhost:2525", Recipients: []string{"tim@example.org"}})
//	report.WriteText(os.Stdout)
//
// In a test of one's own server, [TestServer] is all that is needed. The program
// smtpconform has the same suite.
//
// A [Case] is one requirement: an id that never changes, the section that it
// comes from, MUST, SHOULD or MAY, what has to be there to ask for it, and a
// function that talks and complains. [Cases] lists them all; [Uncovered] lists
// the requirements known that have no case, each with the reason.
//
// Mail goes to the recipients that the Config names and to nobody else; other
// addresses are only tried at RCPT and taken back by RSET. Config.MaxMessages and
// Config.MaxConnections are caps, Config.Pause is waited between cases.
package conformance
