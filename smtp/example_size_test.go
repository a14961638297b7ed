package smtp_test

import (
	"fmt"

	"github.com/tabellarius/tabellarius/smtp"
)

func ExampleCapability() {
	s := ready("SIZE 10485760")
	size, ok := smtp.Capability(s, smtp.SizeKeyword)
	fmt.Println(size, ok, s.MaxSize())
	// Output: 10485760 true 10485760
}

func ExampleSession_Extension() {
	s := ready("size 10485760")
	args, ok := s.Extension(smtp.KeywordSize)
	fmt.Printf("%s %v\n", args, ok)
	// Output: 10485760 true
}

func ExampleSet() {
	s := ready("SIZE 10485760")
	var params smtp.Params
	smtp.Set(&params, smtp.Size, 2048)
	s.Mail("alice@example.org", &params)
	exchange(s, "250 ok\r\n")
	// Output: C: MAIL FROM:<alice@example.org> SIZE=2048
}

func ExampleGet() {
	var mail smtp.Mail
	if err := smtp.ParseCommand(smtp.Table, []byte("MAIL FROM:<alice@example.org> SIZE=2048"), &mail); err != nil {
		fmt.Println(err)
	}
	size, ok := smtp.Get(mail.Params, smtp.Size)
	fmt.Println(size, ok)
	// Output: 2048 true
}

// A parameter can be found by what it does, for tables that may lack it.
func ExampleParams_Put() {
	var params smtp.Params
	if id, ok := smtp.Table.Param(smtp.RoleSize); ok {
		params.Put(id, []byte("2048"))
	}
	for id, value := range params.All() {
		fmt.Printf("%s=%s\n", smtp.Table.Params[id].Name, value)
	}
	// Output: SIZE=2048
}

// A parameter of an extension that is not offered is never left out silently.
func ExampleMissingError() {
	s := ready()
	var params smtp.Params
	smtp.Set(&params, smtp.Size, 2048)
	_, err := s.Mail("alice@example.org", &params)
	fmt.Println(err)
	// Output: smtp: SIZE is not offered: the parameter SIZE of MAIL needs it
}

func ExampleServerSession_Offer() {
	s := smtp.NewServerSession(smtp.ServerConfig{})
	s.Offer(smtp.Offer{Keyword: smtp.KeywordSize, Args: "10485760"})
	s.Reply(220, smtp.EnhancedCode{}, "mx.example.com")
	s.HandleInput([]byte("EHLO client.example.org\r\n"))
	s.Next()
	s.Reply(250, smtp.EnhancedCode{}, "mx.example.com")
	fmt.Printf("%q\n", s.Take(nil))
	// Output: "220 mx.example.com\r\n250-mx.example.com\r\n250 SIZE 10485760\r\n"
}
