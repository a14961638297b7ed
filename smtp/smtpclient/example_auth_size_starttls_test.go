package smtpclient_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// Ask looks at the session: what the server offers, where it stands.
func ExampleClient_Ask() {
	srv := exampleServer()
	defer srv.Close()
	c, err := smtpclient.Dial(context.Background(), srv.Addr, smtpclient.Config{TLSConfig: srv.ClientTLS()})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	c.Ask(func(s *smtp.Session) {
		fmt.Println(s.MaxSize(), s.Protocol().States[s.State()].Name)
	})
	// Output: 33554432 ready
}
