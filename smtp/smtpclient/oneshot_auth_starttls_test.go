package smtpclient_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// Send is for one message: it connects, sends, and says good-bye.
func ExampleSend() {
	srv := exampleServer()
	defer srv.Close()
	_, err := smtpclient.Send(context.Background(), srv.Addr,
		smtpclient.Config{Auth: auth.Plain("", "tim", "secret"), TLSConfig: srv.ClientTLS()},
		smtpclient.Envelope{From: "tim@example.com", To: []string{"ann@example.org"}},
		strings.NewReader("Subject: hello\n\nHow are you?\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(srv.Messages()), "message")
	// Output: 1 message
}
