package auth_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/tabellarius/tabellarius/auth"
)

func Example() {
	mechanism := auth.Login("tim", "tanstaaftanstaaf")
	fmt.Println(mechanism) // no secret in a log

	exchange, initial, err := mechanism.Start(context.Background(), auth.Peer{TLS: true, Host: "mx.example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("initial response:", initial != nil)
	for _, challenge := range []string{"Username:", "Password:"} {
		response, err := exchange.Next([]byte(challenge))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %s\n", challenge, response)
	}
	fmt.Println("may be believed:", exchange.Finish() == nil)
	// Output:
	// LOGIN (credentials hidden)
	// initial response: false
	// Username: tim
	// Password: tanstaaftanstaaf
	// may be believed: true
}

// The message of RFC 4616 §4, with Kurt acting as Ursel.
func ExamplePlain() {
	_, initial, err := auth.Plain("Ursel", "Kurt", "xipj3plmq").Start(context.Background(), auth.Peer{TLS: true})
	fmt.Printf("%q %v\n", initial, err)
	// Output: "Ursel\x00Kurt\x00xipj3plmq" <nil>
}

func ExampleAllowInsecure() {
	inClear := auth.Peer{Host: "localhost"}

	_, _, err := auth.Plain("", "tim", "tanstaaftanstaaf").Start(context.Background(), inClear)
	fmt.Println(errors.Is(err, auth.ErrInsecure), err)

	_, _, err = auth.AllowInsecure(auth.Plain("", "tim", "tanstaaftanstaaf")).Start(context.Background(), inClear)
	fmt.Println(err)
	// Output:
	// true auth: PLAIN would send the password in clear: the connection is not protected by TLS; use TLS, or allow it by AllowInsecure
	// <nil>
}

func ExamplePlainServer() {
	server := auth.PlainServer(func(authzid, user, password string) error {
		if user != "tim" || password != "tanstaaftanstaaf" {
			return errors.New("no such user or password")
		}
		return nil
	})
	_, done, err := server.Start().Next([]byte("\x00tim\x00guess"))
	fmt.Println(done, err)
	_, done, err = server.Start().Next([]byte("\x00tim\x00tanstaaftanstaaf"))
	fmt.Println(done, err)
	// Output:
	// false no such user or password
	// true <nil>
}
