package smtptest_test

import (
	"fmt"
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
