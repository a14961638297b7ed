package smtp_test

import (
	"fmt"

	"github.com/tabellarius/tabellarius/smtp"
)

// Where the server offers PIPELINING the envelope and DATA go in one flight.
func ExampleSession_pipelining() {
	s := ready("PIPELINING")
	s.Mail("alice@example.org", nil)
	s.Rcpt("bob@example.com", nil)
	s.Data()
	fmt.Println(s.Awaiting(), s.State() == smtp.StateReady, s.Assumed() == smtp.StateSendData)
	for _, ev := range exchange(s, "250 ok\r\n550 no such user here\r\n503 no recipients\r\n") {
		fmt.Println(ev.Tag, ev.Reply, ev.Late) // late: DATA was not legal any more
	}
	fmt.Println(s.State() == smtp.StateMailtx)
	// Output:
	// 3 true true
	// C: MAIL FROM:<alice@example.org>
	// C: RCPT TO:<bob@example.com>
	// C: DATA
	// 3 250 ok false
	// 4 550 no such user here false
	// 5 503 no recipients true
	// true
}

func ExampleConfig_ignore() {
	s := smtp.NewSession(smtp.Config{Ignore: []smtp.Keyword{smtp.KeywordPipelining}})
	exchange(s, "220 mx.example.com\r\n")
	s.Hello("client.example.org")
	exchange(s, "250-mx.example.com\r\n250 PIPELINING\r\n")
	fmt.Println(s.Offered(smtp.KeywordPipelining))
	// Output:
	// C: EHLO client.example.org
	// false
}
