package smtp_test

import (
	"fmt"

	"github.com/tabellarius/tabellarius/smtp"
)

// What a server says behind a keyword has a type: here the recipients that it
// takes in one transaction (RFC 9422).
func ExampleCapability_limits() {
	s := smtp.NewSession(smtp.Config{})
	reply := func(text string) {
		s.Take(nil)
		s.HandleInput([]byte(text))
		s.Next()
	}
	reply("220 mx.example.org ready\r\n")
	s.Hello("client.example")
	reply("250-mx.example.org\r\n250 LIMITS RCPTMAX=20 MAILMAX=5\r\n")
	limits, ok := smtp.Capability(s, smtp.LimitsKeyword)
	fmt.Println(ok, limits.Rcptmax, limits.Mailmax, limits.Rcptdomainmax)
	// Output: true 20 5 0
}
