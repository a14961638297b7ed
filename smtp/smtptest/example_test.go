package smtptest_test

import (
	"context"
	"fmt"
	"io"
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

// A connection in memory that breaks behind the 40th octet that the server
// writes.
func ExampleServer_Pipe() {
	server := smtptest.NewUnstartedServer()
	server.Config.Fault = func(conn int) smtptest.Fault { return smtptest.Fault{Write: 40} }
	defer server.Close()

	conn := server.Pipe()
	go io.WriteString(conn, "NOOP\r\n")
	got, err := io.ReadAll(conn)
	fmt.Printf("%q %v\n", got, err)
	for _, line := range server.Transcript(1) {
		fmt.Println(line)
	}
	// Output:
	// "220 mx.smtptest.example ESMTP\r\n250 NOOP " <nil>
	// S: 220 mx.smtptest.example ESMTP
	// C: NOOP
	// S: 250 NOOP done
}
