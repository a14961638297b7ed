package smtptest_test

import (
	"context"
	"fmt"
	"io"
	"net/smtp"
	"time"

	tabellarius "github.com/tabellarius/tabellarius/smtp"
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

// One recipient does not exist, and the connection breaks before the reply to
// the message, though the server has it.
func ExampleServer_On() {
	server := smtptest.NewServer()
	defer server.Close()
	server.On(smtptest.Match{Role: tabellarius.RoleRecipient, Address: "bob@example.org"},
		smtptest.Answer{Code: 550, Enhanced: tabellarius.EnhancedCode{5, 1, 1}, Text: "No such user"})
	server.On(smtptest.Match{Role: tabellarius.RoleContent},
		smtptest.Answer{Silent: true, Close: true})

	text := []byte("Subject: hello\r\n\r\nIs anybody there?\r\n")
	fmt.Println(smtp.SendMail(server.Addr, nil, "tim@example.org", []string{"bob@example.org"}, text))
	fmt.Println(smtp.SendMail(server.Addr, nil, "tim@example.org", []string{"ann@example.org"}, text))
	fmt.Println(len(server.Messages()), "accepted")
	// Output:
	// 550 "5.1.1 No such user"
	// EOF
	// 1 accepted
}

// TLS and AUTH, with a certificate that was made for this server alone.
func ExampleServer_ClientTLS() {
	server := smtptest.NewUnstartedServer()
	server.Config = smtptest.Config{Name: "mx.example.org", STARTTLS: true, Users: map[string]string{"tim": "tanstaaf"}}
	server.Start()
	defer server.Close()

	client, err := smtp.Dial(server.Addr)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client.StartTLS(server.ClientTLS()))
	fmt.Println(client.Extension("AUTH"))
	// Output:
	// <nil>
	// true PLAIN LOGIN
}

// A connection in memory that breaks behind the 40th octet that the server
// writes.
func ExampleServer_Pipe() {
	server := smtptest.NewUnstartedServer()
	server.Config.Fault = func(conn int) smtptest.Fault { return smtptest.Fault{Write: 40} }
	defer server.Close()

	conn := server.Pipe()
	go io.WriteString(conn, "EHLO client.example\r\n")
	got, err := io.ReadAll(conn)
	fmt.Printf("%q %v\n", got, err)
	for _, line := range server.Transcript(1) {
		fmt.Println(line)
	}
	// Output:
	// "220 mx.smtptest.example ESMTP\r\n250-mx.sm" <nil>
	// S: 220 mx.smtptest.example ESMTP
	// C: EHLO client.example
	// S: 250-mx.smtptest.example
	// S: 250-8BITMIME
	// S: 250-CHUNKING
	// S: 250-ENHANCEDSTATUSCODES
	// S: 250-PIPELINING
	// S: 250-SIZE 33554432
	// S: 250 SMTPUTF8
}
