package smtptest_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func send(srv *smtptest.Server, to string) smtp.Outcome {
	cfg := smtpclient.Config{TLS: smtpclient.TLSOff, LocalName: "client.example.com", Timeout: 5 * time.Second}
	report, _ := smtpclient.Send(context.Background(), srv.Addr, cfg, smtpclient.Envelope{To: []string{to}}, strings.NewReader("Subject: hello\n\n"))
	return report.Recipients[0].Outcome
}

// An Answer says what a server says to what a Match picks: here the second
// recipient that it is asked for gets a 452, and a third message is cut off in
// the middle of the greeting.
func ExampleAnswer() {
	srv := smtptest.NewServer()
	defer srv.Close()
	srv.On(smtptest.Match{Role: smtp.RoleRecipient, Nth: 2}, smtptest.Answer{Code: 452, Text: "mailbox full"})
	srv.On(smtptest.Match{Role: smtp.RoleGreeting, Conn: 3}, smtptest.Answer{Octets: 5, Close: true})
	for range 3 {
		fmt.Println(send(srv, "ann@example.org"))
	}
	// Output:
	// accepted
	// refused for now
	// not sent
}

// A function sees each Request, and answers those that it wants to.
func ExampleRequest() {
	srv := smtptest.NewUnstartedServer()
	srv.Config.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
		if q.Role == smtp.RoleRecipient && strings.HasSuffix(q.Address, ".invalid") {
			return smtptest.Answer{Code: 550, Text: "no such domain"}, true
		}
		return smtptest.Answer{}, false // what it says by default
	}
	srv.Start()
	defer srv.Close()
	fmt.Println(send(srv, "ann@nowhere.invalid"), send(srv, "ann@example.org"))
	// Output: refused for good accepted
}

// A Fault is what is wrong with a connection: this one dies behind the 90th octet
// that the server reads, in the middle of the message. The client had written all
// of it, so it can't know.
func ExampleFault() {
	srv := smtptest.NewUnstartedServer()
	srv.Config.Fault = func(int) smtptest.Fault { return smtptest.Fault{Read: 90} }
	srv.Start()
	defer srv.Close()
	fmt.Println(send(srv, "ann@example.org"), len(srv.Messages()))
	// Output: unknown 0
}

// Messages are what the server took.
func ExampleMessage() {
	srv := smtptest.NewServer()
	defer srv.Close()
	send(srv, "ann@example.org")
	for _, m := range srv.Messages() {
		fmt.Printf("%q to %q by %s\n", m.Data, m.To, m.Hello)
	}
	// Output: "Subject: hello\r\n\r\n" to ["ann@example.org"] by client.example.com
}

// Transcript is what was said on a connection.
func ExampleLine() {
	srv := smtptest.NewServer()
	defer srv.Close()
	send(srv, "ann@example.org")
	for _, line := range srv.Transcript(1) {
		if strings.HasPrefix(line.Text, "RCPT") || strings.HasPrefix(line.Text, "QUIT") {
			fmt.Println(line)
		}
	}
	// Output:
	// C: RCPT TO:<ann@example.org>
	// C: QUIT
}
