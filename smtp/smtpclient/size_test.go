package smtpclient_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// Extension gives what the server said behind a keyword, in its type.
func ExampleExtension() {
	srv := smtptest.NewServer()
	defer srv.Close()
	c, err := smtpclient.Dial(context.Background(), srv.Addr, smtpclient.Config{TLS: smtpclient.TLSOff})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Println(smtpclient.Extension(c, smtp.SizeKeyword))
	// Output: 33554432 true
}
