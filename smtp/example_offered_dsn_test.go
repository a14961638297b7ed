package smtp_test

import (
	"fmt"

	"github.com/tabellarius/tabellarius/smtp"
)

// A parameter that a server may lack, and the message may go without.
func ExampleSetIfOffered() {
	for _, offers := range []string{"250 DSN", "250 HELP"} {
		s := smtp.NewSession(smtp.Config{})
		reply := func(text string) {
			s.Take(nil)
			s.HandleInput([]byte(text))
			s.Next()
		}
		reply("220 mx.example.org ready\r\n")
		s.Hello("client.example")
		reply("250-mx.example.org\r\n" + offers + "\r\n")
		var params smtp.Params
		smtp.SetIfOffered(&params, smtp.Ret, smtp.RetHeaders)
		s.Mail("a@example.org", &params)
		fmt.Printf("%q\n", s.Take(nil))
	}
	// Output:
	// "MAIL FROM:<a@example.org> RET=HDRS\r\n"
	// "MAIL FROM:<a@example.org>\r\n"
}
