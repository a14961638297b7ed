package smtptest_test

import (
	"context"
	"fmt"
	"net/smtp"
	"time"

	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func ExampleServer() {
	server := smtptest.NewServer()
	defer server.Close()

	err := smtp.SendMail(server.Addr, nil, "tim@example.org", []string{"bob@example.org"}, []byte("Subject: hello\r\n\r\nIt works.\r\n"))
	if err != nil {
		fmt.Println(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	messages, err := server.Wait(ctx, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s to %s: %q\n", messages[0].From, messages[0].To, messages[0].Data)
	// Output: tim@example.org to [bob@example.org]: "Subject: hello\r\n\r\nIt works.\r\n"
}
