package smtp_test

import (
	"fmt"

	"github.com/tabellarius/tabellarius/smtp"
)

func ExampleSession_UpgradeTLS() {
	s := ready("STARTTLS")
	s.UpgradeTLS()
	exchange(s, "220 go\r\n")
	if smtp.Table.States[s.State()].Awaits == smtp.AwaitTLS {
		// The caller does the handshake on its connection, then:
		fmt.Println(s.HandleTLS())
	}
	fmt.Println(s.State() == smtp.StateGreetingReceived, s.Offered(smtp.KeywordStartTLS))
	s.Hello("client.example.org")
	exchange(s, "250 mx.example.com\r\n")
	// Output:
	// C: STARTTLS
	// <nil>
	// true false
	// C: EHLO client.example.org
}
