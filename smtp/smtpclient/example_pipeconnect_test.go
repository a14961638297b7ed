package smtpclient_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// Where many connections go to a server that allows it, the later ones save round
// trips: they say EHLO, and Send the envelope too, before the server has greeted.
func ExampleEarlyHosts() {
	srv := smtptest.NewUnstartedServer()
	srv.Config.Offers = []smtp.Offer{{Keyword: smtp.KeywordPipeConnect}}
	srv.Start()
	defer srv.Close()
	var early smtpclient.EarlyHosts // for all clients of a program
	for range 2 {
		cfg := smtpclient.Config{TLS: smtpclient.TLSOff, Early: &early}
		env := smtpclient.Envelope{From: "a@example.org", To: []string{"b@example.org"}}
		if _, err := smtpclient.Send(context.Background(), srv.Addr, cfg, env, strings.NewReader("Subject: hello\r\n\r\nHello\r\n")); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(len(srv.Messages()))
	// Output: 2
}
