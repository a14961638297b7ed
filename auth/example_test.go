package auth_test

import (
	"context"
	"errors"
	"fmt"
	"time"

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

// The strongest of what the server offers: with TLS, then without.
func ExampleAuto() {
	mechanism := auth.Auto(auth.Credentials{User: "tim", Password: "tanstaaftanstaaf"})
	offered := []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}
	for _, m := range auth.Candidates(mechanism, auth.Peer{Mechanisms: offered}) {
		_, _, err := m.Start(context.Background(), auth.Peer{Mechanisms: offered})
		fmt.Println(m, err)
	}
	// Output:
	// SCRAM-SHA-256-PLUS (credentials hidden) auth: SCRAM-SHA-256-PLUS: the connection has no channel binding: it needs TLS
	// SCRAM-SHA-256 (credentials hidden) <nil>
	// CRAM-MD5 (credentials hidden) <nil>
	// PLAIN (credentials hidden) auth: PLAIN would send the password in clear: the connection is not protected by TLS; use TLS, or allow it by AllowInsecure
	// LOGIN (credentials hidden) auth: LOGIN would send the password in clear: the connection is not protected by TLS; use TLS, or allow it by AllowInsecure
}

// Tokens that are asked for when they are needed, kept for all connections, and
// asked for anew when they end or are refused. A source of golang.org/x/oauth2 goes
// into TokensFrom.
func ExampleNewTokens() {
	fetched := 0
	tokens := auth.NewTokens(func(ctx context.Context) (auth.Token, error) {
		fetched++ // here goes the request to the token endpoint
		return auth.NewToken("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", time.Now().Add(time.Hour)), nil
	})
	mechanism := auth.XOAuth2("someuser@example.com", tokens)
	for range 3 { // connections
		_, initial, err := mechanism.Start(context.Background(), auth.Peer{TLS: true})
		fmt.Println(len(initial), err, fetched)
	}
	fmt.Println(mechanism)
	// Output:
	// 85 <nil> 1
	// 85 <nil> 1
	// 85 <nil> 1
	// XOAUTH2 (credentials hidden)
}
