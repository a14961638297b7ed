package smtp_test

import (
	"fmt"

	"github.com/tabellarius/tabellarius/smtp"
)

// A parameter whose value is made of parts has a struct, one that is a list of
// words a slice (RFC 3461 §4.1, §4.2).
func ExampleSet_notify() {
	var params smtp.Params
	smtp.Set(&params, smtp.Notify, []smtp.NotifyValue{smtp.NotifySuccess, smtp.NotifyFailure})
	smtp.Set(&params, smtp.Orcpt, smtp.OrcptValue{Type: "rfc822", Address: "tim+lists@example.org"})
	line, err := smtp.AppendCommand(nil, smtp.Table, &smtp.Rcpt{To: "tim@example.net", Params: &params})
	fmt.Printf("%q %v\n", line, err)

	var back smtp.Rcpt
	if err := smtp.ParseCommand(smtp.Table, line, &back); err != nil {
		fmt.Println(err)
	}
	original, ok := smtp.Get(back.Params, smtp.Orcpt)
	fmt.Println(original.Type, original.Address, ok)
	// Output:
	// "RCPT TO:<tim@example.net> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;tim+2Blists@example.org\r\n" <nil>
	// rfc822 tim+lists@example.org true
}
