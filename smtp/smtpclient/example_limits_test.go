package smtpclient_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// A server that takes two recipients a transaction (RFC 9422) gets a message to
// five of them in three.
func ExampleClient_Send_limits() {
	srv := smtptest.NewUnstartedServer()
	srv.Config.Offers = []smtp.Offer{{Keyword: smtp.KeywordLimits, Args: "RCPTMAX=2"}}
	srv.Start()
	defer srv.Close()
	ctx := context.Background()
	client, err := smtpclient.Dial(ctx, srv.Addr, smtpclient.Config{TLS: smtpclient.TLSOff})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Quit(ctx)
	env := smtpclient.Envelope{From: "a@example.org", To: []string{"b@example.org", "c@example.org", "d@example.org", "e@example.org", "f@example.org"}}
	report, err := client.Send(ctx, env, strings.NewReader("Subject: hello\r\n\r\nHello\r\n"))
	fmt.Println(report.Accepted(), err, len(srv.Messages()))
	// Output: 5 <nil> 3
}
