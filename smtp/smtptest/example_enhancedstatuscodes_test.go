package smtptest_test

import (
	"fmt"
	"io"
	"net/smtp"

	tabellarius "github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

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
	// "220 mx.smtptest.example ESMTP\r\n250 2.0.0" <nil>
	// S: 220 mx.smtptest.example ESMTP
	// C: NOOP
	// S: 250 2.0.0 NOOP done
}
