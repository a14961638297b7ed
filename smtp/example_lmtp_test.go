package smtp_test

import (
	"fmt"

	"github.com/tabellarius/tabellarius/smtp"
)

// In LMTP each recipient that was taken has its own reply behind the content.
func ExampleConfig_lmtp() {
	s := smtp.NewSession(smtp.Config{LMTP: true})
	exchange(s, "220 lda.example.com\r\n")
	s.Hello("client.example.org")
	exchange(s, "250 lda.example.com\r\n")
	s.Mail("alice@example.org", nil)
	exchange(s, "250 ok\r\n")
	for _, to := range []string{"bob@example.com", "carol@example.com"} {
		s.Rcpt(to, nil)
		exchange(s, "250 ok\r\n")
	}
	s.Data()
	exchange(s, "354 go on\r\n")
	s.Content([]byte("Hello.\n"))
	s.EndContent()
	for _, ev := range exchange(s, "250 delivered\r\n452 mailbox full\r\n") {
		fmt.Println(ev.Reply, ev.More)
	}
	// Output:
	// C: LHLO client.example.org
	// C: MAIL FROM:<alice@example.org>
	// C: RCPT TO:<bob@example.com>
	// C: RCPT TO:<carol@example.com>
	// C: DATA
	// C: Hello.
	// C: .
	// 250 delivered true
	// 452 mailbox full false
}
