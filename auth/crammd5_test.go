package auth_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
)

// RFC 2195 §2 and RFC 4954 §4.1; the second with the password that makes its
// digest.
const (
	cramChallenge = "<1896.697170952@postoffice.reston.mci.net>"
	cramAnswer    = "tim b913a602c7eda7a495b4e6e7334d3890"
)

func TestCramMD5SaysTheOctetsOfTheRFC(t *testing.T) {
	x, initial, err := auth.CramMD5("tim", "tanstaaftanstaaf").Start(context.Background(), auth.Peer{})
	if err != nil || initial != nil {
		t.Fatalf("Start gave %q, %v; want no initial response", initial, err)
	}
	if err := x.Finish(); !errors.Is(err, auth.ErrExchange) {
		t.Errorf("success without a challenge was believed: %v", err)
	}
	answer, err := x.Next([]byte(cramChallenge))
	if err != nil || string(answer) != cramAnswer {
		t.Errorf("answered %q, %v; want %q", answer, err, cramAnswer)
	}
	if err := x.Finish(); err != nil {
		t.Error(err)
	}
	if response, err := x.Next([]byte("once more")); !errors.Is(err, auth.ErrExchange) || response != nil {
		t.Errorf("a second challenge was answered %q, %v", response, err)
	}
}

func TestCramMD5Server(t *testing.T) {
	server := auth.WithServerNonce(auth.CramMD5Server("mx.example", func(authzid, user string) (string, error) {
		if user != "tim" {
			return "", auth.ErrDenied
		}
		return "tanstaaftanstaaf", nil
	}), cramChallenge)
	for response, want := range map[string]error{
		cramAnswer:                               nil,
		"tim B913A602C7EDA7A495B4E6E7334D3890":   nil,
		"tim b913a602c7eda7a495b4e6e7334d3891":   auth.ErrDenied,
		"eve b913a602c7eda7a495b4e6e7334d3890":   auth.ErrDenied,
		"tim":                                    auth.ErrExchange,
		"":                                       auth.ErrExchange,
		" b913a602c7eda7a495b4e6e7334d3890":      auth.ErrExchange,
		"tim b913a602c7eda7a495b4e6e7334d389":    auth.ErrExchange,
		"t\x00m b913a602c7eda7a495b4e6e7334d389": auth.ErrExchange,
	} {
		x := server.Start()
		challenge, done, err := x.Next(nil)
		if string(challenge) != cramChallenge || done || err != nil {
			t.Fatalf("challenge %q, %v, %v", challenge, done, err)
		}
		if _, done, err := x.Next([]byte(response)); done != (want == nil) || !errors.Is(err, want) {
			t.Errorf("%q: %v, %v; want %v", response, done, err, want)
		}
	}
	if _, _, err := server.Start().Next([]byte{}); !errors.Is(err, auth.ErrExchange) {
		t.Errorf("an initial response was taken: %v", err)
	}
}
