package message_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/message"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

const letter = `From: Tim <tim@example.org>
To: Friends: ann@example.net, Bob <bob@example.net>;
Bcc: eve@example.com
Subject: Weimar

Viele Grüße aus dem sommerlichen Weimar
`

// A message goes to whom its header names, in the form that the server takes:
// this one does not take 8 bits.
func ExampleSend() {
	server := smtptest.NewUnstartedServer()
	body, _, _ := smtp.Table.ParamValue(smtp.Role8Bit)
	server.Config.Without = []smtp.Keyword{smtp.Table.Params[body].Keyword}
	server.Start()
	defer server.Close()

	ctx := context.Background()
	m, err := message.Read(strings.NewReader(letter))
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := smtpclient.Dial(ctx, server.Addr, smtpclient.Config{TLS: smtpclient.TLSOff})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	report, err := message.Send(ctx, client, m, message.Options{})
	for _, r := range report.Recipients {
		fmt.Println(r.Address, r.Outcome)
	}
	fmt.Println(err)
	fmt.Print(strings.ReplaceAll(string(server.Messages()[0].Data), "\r\n", "\n"))
	// Output:
	// ann@example.net accepted
	// bob@example.net accepted
	// eve@example.com accepted
	// <nil>
	// From: Tim <tim@example.org>
	// To: Friends: ann@example.net, Bob <bob@example.net>;
	// Subject: Weimar
	// MIME-Version: 1.0
	// Content-Type: text/plain; charset=utf-8
	// Content-Transfer-Encoding: quoted-printable
	//
	// Viele Gr=C3=BC=C3=9Fe aus dem sommerlichen Weimar
}
