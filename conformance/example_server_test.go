package conformance_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestMyServer(t *testing.T) {
	address := startMyServer(t)
	conformance.TestServer(t, conformance.Config{
		Address:    address,
		Recipients: []string{"tester@example.test"},
		Selection:  conformance.Selection{RFCs: []string{"2034", "2920"}}, // without it: everything
		Expected: map[string]string{
			"mail-literal-bad": "what stands in brackets is not looked at",
		},
	})
}

// startMyServer stands for a server of one's own.
func startMyServer(t *testing.T) (address string) {
	server, _ := conformance.Embedded(nil)
	t.Cleanup(server.Close)
	return server.Addr
}

func ExampleRun() {
	server, _ := conformance.Embedded(nil)
	defer server.Close()
	report, err := conformance.Run(context.Background(), conformance.Config{
		Address:    server.Addr,
		Recipients: []string{"tester@example.test"},
		Selection:  conformance.Selection{IDs: []string{"mail-*"}, Levels: []conformance.Level{conformance.Must}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Count(conformance.Fail), "failed")
	for _, r := range report.Unexpected() {
		fmt.Println(r.ID, r.Findings)
	}
	// Output: 0 failed
}

// A server that takes a command at the wrong moment is found.
func ExampleRun_fault() {
	server, cfg := conformance.Embedded(func(c *smtptest.Config) {
		c.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
			return smtptest.Answer{Code: 250, Text: "Fine"}, q.Refused && q.Name == "RCPT"
		}
	})
	defer server.Close()
	cfg.Selection.IDs = []string{"rcpt-before-mail"}
	report, err := conformance.Run(context.Background(), cfg)
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range report.Unexpected() {
		fmt.Println(r.Verdict, r.ID, r.Findings[0])
	}
	// Output: fail rcpt-before-mail RCPT TO:<x@client.example>: expected 503, got 250 Fine
}
