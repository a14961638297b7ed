package smtpclient_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log"
	"slices"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// plainServer is a server without TLS, who refuses nobody@example.org.
func plainServer() *smtptest.Server {
	srv := smtptest.NewServer()
	srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "nobody@example.org"}, smtptest.Answer{Code: 550, Text: "no such user"})
	return srv
}

// What differs from the RFCs' defaults: no TLS on this connection, a name of one's
// own in EHLO, a minute for each reply.
func ExampleConfig() {
	srv := plainServer()
	defer srv.Close()
	c, err := smtpclient.Dial(context.Background(), srv.Addr, smtpclient.Config{
		TLS:       smtpclient.TLSOff,
		LocalName: "client.example.com",
		Timeout:   time.Minute,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Quit(context.Background()))
	// Output: <nil>
}

// TLS is required unless another policy is asked for by name.
func ExampleTLSPolicy() {
	srv := plainServer()
	defer srv.Close()
	for _, policy := range []smtpclient.TLSPolicy{smtpclient.TLSRequired, smtpclient.TLSOpportunistic} {
		c, err := smtpclient.Dial(context.Background(), srv.Addr, smtpclient.Config{TLS: policy})
		fmt.Println(policy, err == nil)
		if err == nil {
			c.Close()
		}
	}
	// Output:
	// required false
	// opportunistic true
}

// SendAll sends message after message, each envelope right behind the message
// before it, and yields the reports in order.
func ExampleClient_SendAll() {
	srv := plainServer()
	defer srv.Close()
	ctx := context.Background()
	c, err := smtpclient.Dial(ctx, srv.Addr, smtpclient.Config{TLS: smtpclient.TLSOff})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Quit(ctx)
	var letters iter.Seq[smtpclient.Message] = slices.Values([]smtpclient.Message{
		{Envelope: smtpclient.Envelope{From: "tim@example.com", To: []string{"ann@example.org"}}, Body: strings.NewReader("Subject: one\n\n")},
		{Envelope: smtpclient.Envelope{From: "tim@example.com", To: []string{"nobody@example.org"}}, Body: strings.NewReader("Subject: two\n\n")},
		{Envelope: smtpclient.Envelope{From: "tim@example.com", To: []string{"bob@example.org"}}, Body: strings.NewReader("Subject: three\n\n")},
	})
	for report, err := range c.SendAll(ctx, letters) {
		fmt.Println(report.Recipients[0].Address, report.Recipients[0].Outcome, err == nil)
	}
	// Output:
	// ann@example.org accepted true
	// nobody@example.org refused for good false
	// bob@example.org accepted true
}

// An Envelope says from whom and to whom; the null reverse-path is for
// notifications.
func ExampleEnvelope() {
	srv := plainServer()
	defer srv.Close()
	envelope := smtpclient.Envelope{
		From: "", // a notification: nobody is to answer it
		To:   []string{"ann@example.org"},
		Body: smtpclient.Body7Bit,
	}
	_, err := smtpclient.Send(context.Background(), srv.Addr, smtpclient.Config{TLS: smtpclient.TLSOff}, envelope, strings.NewReader("Subject: not delivered\n\n"))
	fmt.Printf("%v %q", err, srv.Messages()[0].From)
	// Output: <nil> ""
}

// A message that goes to some recipients only is a PartialError; it names the
// others.
func ExamplePartialError() {
	srv := plainServer()
	defer srv.Close()
	envelope := smtpclient.Envelope{To: []string{"ann@example.org", "nobody@example.org"}}
	_, err := smtpclient.Send(context.Background(), srv.Addr, smtpclient.Config{TLS: smtpclient.TLSOff}, envelope, strings.NewReader("Subject: hello\n\n"))
	var partial *smtpclient.PartialError
	if errors.As(err, &partial) {
		for _, r := range partial.Failed {
			fmt.Println(r.Address, r.Outcome, r.Reply.Code)
		}
	}
	// Output: nobody@example.org refused for good 550
}

// Stats are counters for whoever exports them.
func ExampleStats() {
	srv := plainServer()
	defer srv.Close()
	ctx := context.Background()
	c, err := smtpclient.Dial(ctx, srv.Addr, smtpclient.Config{TLS: smtpclient.TLSOff})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	c.Send(ctx, smtpclient.Envelope{To: []string{"ann@example.org", "nobody@example.org"}}, strings.NewReader("Subject: hello\n\n"))
	stats := c.Stats()
	fmt.Println(stats.Messages, "message,", stats.Recipients[smtp.Accepted], "accepted,", stats.Recipients[smtp.RefusedForGood], "refused")
	// Output: 1 message, 1 accepted, 1 refused
}
