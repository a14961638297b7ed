// Package auth holds SASL mechanisms (RFC 4422): how a client proves to a
// server who it is, and how a server asks.
//
// A [Mechanism] holds the credentials and never changes, so one value serves
// any number of connections, at the same time too:
//
//	smtpclient.Config{Auth: auth.Plain("", "tim", "tanstaaftanstaaf")}
//
// Each run of it on a connection is an [Exchange]. For whoever drives one by
// hand, this is the whole of it:
//
//	exchange, initial, err := mechanism.Start(ctx, auth.Peer{TLS: true, Host: "mx.example"})
//	// send the name and, unless it is nil, the initial response; then
//	for each challenge {
//		response, err := exchange.Next(challenge) // an error: cancel the exchange
//	}
//	err = exchange.Finish() // the server said yes: may we believe it?
//
// Octets here are those of the mechanism. How a protocol carries them (in SMTP
// in base64, "=" for an empty initial response, "*" to cancel; RFC 4954 §4) is
// the protocol's business.
//
// [PlainServer] and [LoginServer] are the other side, for tests and servers.
//
// # Secrets
//
// A mechanism that shows the password to the peer refuses a connection without
// TLS with [ErrInsecure], unless [AllowInsecure] says otherwise. No error of
// this package holds a password, and neither does a mechanism or an exchange
// that is printed, with whatever verb.
package auth
