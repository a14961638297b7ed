package smtptest_test

import (
	"fmt"
	"net/smtp"

	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

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
