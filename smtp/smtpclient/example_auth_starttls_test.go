package smtpclient_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// exampleServer is a server with TLS and one user, who refuses nobody@example.org.
func exampleServer() *smtptest.Server {
	srv := smtptest.NewUnstartedServer()
	srv.Config.STARTTLS = true
	srv.Config.Users = map[string]string{"tim": "secret"}
	srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "nobody@example.org"}, smtptest.Answer{Code: 550, Enhanced: smtp.EnhancedCode{5, 1, 1}, Text: "no such user"})
	srv.Start()
	return srv
}

// Dial, Send, Quit: TLS is required, and the password goes over TLS only.
func Example() {
	srv := exampleServer()
	defer srv.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := smtpclient.Dial(ctx, srv.Addr, smtpclient.Config{
		Auth:      auth.Plain("", "tim", "secret"),
		TLSConfig: srv.ClientTLS(),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Quit(ctx)
	_, err = c.Send(ctx, smtpclient.Envelope{From: "tim@example.com", To: []string{"ann@example.org"}}, strings.NewReader("Subject: hello\n\nHow are you?\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q", srv.Messages()[0].Data)
	// Output: "Subject: hello\r\n\r\nHow are you?\r\n"
}

// One recipient is refused, the message goes to the other.
func ExampleClient_Send() {
	srv := exampleServer()
	defer srv.Close()
	ctx := context.Background()
	c, err := smtpclient.Dial(ctx, srv.Addr, smtpclient.Config{TLSConfig: srv.ClientTLS()})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	report, err := c.Send(ctx, smtpclient.Envelope{To: []string{"ann@example.org", "nobody@example.org"}}, strings.NewReader("Subject: hello\n\n"))
	for _, r := range report.Recipients {
		fmt.Println(r.Address, r.Outcome, "by", r.Command, r.Reply.Code, "again:", r.Temporary())
	}
	var partial *smtpclient.PartialError
	fmt.Println(errors.As(err, &partial), errors.Is(err, smtp.ErrPermanent))
	// Output:
	// ann@example.org accepted by the message 250 again: false
	// nobody@example.org refused for good by RCPT 550 again: false
	// true true
}

// A Report says for each recipient what became of the message.
func ExampleReport() {
	report := smtpclient.Report{Recipients: []smtpclient.Recipient{
		{Address: "ann@example.org", Result: smtp.Result{Outcome: smtp.Accepted}},
		{Address: "bob@example.org", Result: smtp.Result{Outcome: smtp.Unknown, Cause: smtp.ErrClosed}},
	}}
	fmt.Println(report.Accepted(), "accepted")
	fmt.Println(report.Err())
	// Output:
	// 1 accepted
	// smtpclient: the message went to some recipients only: <bob@example.org>: smtp: it is unknown whether the message was accepted: smtp: the peer closed the connection
}

// The errors of package smtp and of the connection lie behind those of Dial and
// Send.
func ExampleOpError() {
	srv := exampleServer()
	defer srv.Close()
	_, err := smtpclient.Dial(context.Background(), srv.Addr, smtpclient.Config{
		Auth:      auth.Plain("", "tim", "wrong"),
		TLSConfig: srv.ClientTLS(),
	})
	var op *smtpclient.OpError
	var refused *smtp.ReplyError
	fmt.Println(errors.As(err, &op) && op.Op == "auth", errors.As(err, &refused) && refused.Code == 535)
	// Output: true true
}

// Any command can be sent: one of RFC 5321, or of an extension of one's own.
func ExampleClient_Do() {
	srv := exampleServer()
	defer srv.Close()
	ctx := context.Background()
	c, err := smtpclient.Dial(ctx, srv.Addr, smtpclient.Config{TLSConfig: srv.ClientTLS()})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	reply, err := c.Do(ctx, &smtp.Noop{Text: "are you there?"})
	fmt.Println(reply.Code, err)
	// Output: 250 <nil>
}

// NewClient takes a connection that is there: of a proxy, say, or one in memory.
func ExampleNewClient() {
	srv := exampleServer()
	defer srv.Close()
	var conn net.Conn = srv.Pipe()
	c, err := smtpclient.NewClient(context.Background(), conn, smtpclient.Config{
		TLSConfig:  srv.ClientTLS(),
		ServerName: "localhost",
	})
	if err != nil {
		log.Fatal(err)
	}
	_, encrypted := c.TLS()
	fmt.Println(encrypted, c.Close())
	// Output: true <nil>
}

// Trace shows the conversation, without secrets.
func ExampleTraceEvent() {
	srv := smtptest.NewServer()
	defer srv.Close()
	c, err := smtpclient.Dial(context.Background(), srv.Addr, smtpclient.Config{
		TLS:       smtpclient.TLSOff,
		LocalName: "client.example.com",
		Trace: func(ev smtpclient.TraceEvent) {
			if ev.Sent {
				fmt.Fprintln(os.Stdout, ev.Text, "->", ev.State)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	c.Quit(context.Background())
	// Output:
	// EHLO client.example.com -> ready
	// QUIT -> finished
}
