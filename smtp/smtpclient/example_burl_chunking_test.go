package smtpclient_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// A message with an attachment that the server fetches from the user's mailbox
// (RFC 4468).
func ExampleClient_SendPieces() {
	srv := smtptest.NewUnstartedServer()
	srv.Config.Offers = []smtp.Offer{{Keyword: smtp.KeywordBurl, Args: "imap"}}
	srv.Start()
	defer srv.Close()
	ctx := context.Background()
	client, err := smtpclient.Dial(ctx, srv.Addr, smtpclient.Config{TLS: smtpclient.TLSOff})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Quit(ctx)
	env := smtpclient.Envelope{From: "harry@example.org", To: []string{"ron@example.org"}}
	report, err := client.SendPieces(ctx, env,
		smtpclient.Piece{Data: strings.NewReader("Subject: the map\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n")},
		smtpclient.Piece{URL: "imap://harry@example.org/outbox/;uid=25/;section=2;urlauth=submit+harry:internal:91354a47"},
	)
	fmt.Println(report.Accepted(), err)
	// Output: 1 <nil>
}
