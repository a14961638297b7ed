// Package smtptest has an SMTP server for tests, as net/http/httptest has one
// for HTTP. It follows the same table as package smtp, read from the other side
// ([smtp.ServerSession]), so it knows every extension that the table knows, a
// user's own included.
//
//	server := smtptest.NewServer() // on a free loopback port
//	defer server.Close()
//	// send something to server.Addr
//	messages, err := server.Wait(ctx, 1)
//
// By itself it is a well-behaved server. [Server.On] and Config.Answer make it
// say anything to anything, late, in pieces, or not at all; Config.Fault cuts
// connections at any octet.
//
//	server.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "bob@example.org"},
//		smtptest.Answer{Code: 550, Enhanced: smtp.EnhancedCode{5, 1, 1}, Text: "No such user"})
//	server.On(smtptest.Match{Role: smtp.RoleContent, Nth: 2}, smtptest.Answer{Silent: true, Close: true})
//
// It reads while it writes: replies wait in memory, up to 1 MiB for each
// connection, where it is cut. It keeps no state outside of a [Server] and takes
// time only from package time, so that with [Server.Pipe] it runs in a bubble of
// testing/synctest.
//
// It keeps in memory what it receives, and is not a mail server to deploy.
package smtptest
