// Package auth holds SASL mechanisms (RFC 4422): how a client proves to a
// server who it is, and how a server asks.
//
// A [Mechanism] holds the credentials and never changes, so one value serves
// any number of connections, at the same time too:
//
//	smtpclient.Config{Auth: auth.Auto(auth.Credentials{User: "tim", Password: "tanstaaftanstaaf"})}
//
// [Auto] stands for the strongest mechanism that the server offers and the
// connection allows, [FirstOf] for a list of one's own; or it is one and no other:
//
//   - [Scram] and [ScramPlus] (RFC 5802, RFC 7677): the password is proved by both
//     sides and never sent; with -PLUS on this connection only;
//   - [XOAuth2] and [OAuthBearer] (RFC 7628): an access token, kept by [Tokens];
//   - [External] (RFC 4422): the client's certificate;
//   - [CramMD5] (RFC 2195), [Plain] (RFC 4616), [Login]: older, for servers that
//     have nothing else;
//   - [Anonymous] (RFC 4505): nobody;
//   - NTLM, in the module auth/ntlm;
//   - one of your own: a type with the three methods of [Mechanism].
//
// For Gmail with a service account and for Office 365 there are whole programs in
// the repository's examples/oauth2.
//
// # Driving an exchange
//
// Each run of a mechanism on a connection is an [Exchange]. For whoever drives one
// by hand, this is the whole of it:
//
//	exchange, initial, err := mechanism.Start(ctx, auth.Peer{TLS: true, Host: "mx.example"})
//	// send the name and, unless it is nil, the initial response; then
//	for each challenge {
//		response, err := exchange.Next(challenge) // an error: cancel the exchange
//	}
//	err = exchange.Finish() // the server said yes: may we believe it?
//
// A choice has to be resolved before, by [Candidates], and a refusal of the user
// told to [Refused].
//
// Octets here are those of the mechanism. How a protocol carries them (in SMTP
// in base64, "=" for an empty initial response, "*" to cancel; RFC 4954 §4) is
// the protocol's business. No mechanism here brings a security layer: that is TLS's
// business.
//
// [PlainServer], [ScramServer] and the like are the other side, for tests and
// servers.
//
// # Secrets
//
// A mechanism that shows a password or a token to the peer refuses a connection
// without TLS with [ErrInsecure], unless [AllowInsecure] says otherwise. No error of
// this package holds a secret, not even where the server repeats it, and neither
// does a mechanism or an exchange that is printed, with whatever verb.
package auth
