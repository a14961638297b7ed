package smtp_test

import (
	"fmt"

	"github.com/tabellarius/tabellarius/smtp"
)

func ExampleSession_Authenticate() {
	s := ready("AUTH PLAIN LOGIN")
	for mechanism := range s.AuthMechanisms() {
		fmt.Println("offered:", mechanism)
	}
	s.Authenticate("PLAIN", []byte("\x00user\x00password"), true)
	for _, ev := range exchange(s, "235 welcome\r\n") {
		fmt.Println(ev.Reply)
	}
	// Output:
	// offered: PLAIN
	// offered: LOGIN
	// C: AUTH PLAIN AHVzZXIAcGFzc3dvcmQ=
	// 235 welcome
}

func ExampleSession_Line() {
	s := ready("AUTH LOGIN")
	s.Authenticate("LOGIN", nil, false)
	for _, ev := range exchange(s, "334 VXNlcm5hbWU6\r\n") {
		if ev.Kind == smtp.Challenge {
			challenge, err := ev.Reply.DecodeChallenge()
			fmt.Printf("%s %v\n", challenge, err)
		}
	}
	s.Line(nil) // cancel; []byte("user") would answer
	for _, ev := range exchange(s, "501 cancelled\r\n") {
		fmt.Println(ev.Reply)
	}
	// Output:
	// C: AUTH LOGIN
	// Username: <nil>
	// C: *
	// 501 cancelled
}
