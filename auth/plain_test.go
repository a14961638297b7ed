package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
)

var overTLS = auth.Peer{TLS: true, Host: "mx.example"}

func TestPlainSendsTheOctetsOfTheRFC(t *testing.T) {
	for _, c := range []struct{ authzid, user, password, want string }{
		{"", "tim", "tanstaaftanstaaf", "\x00tim\x00tanstaaftanstaaf"}, // RFC 4616 §4
		{"Ursel", "Kurt", "xipj3plmq", "Ursel\x00Kurt\x00xipj3plmq"},   // RFC 4616 §4
		{"test", "test", "1234", "test\x00test\x001234"},               // RFC 4954 §4.1
		{"", "a@mx.test", "pässword", "\x00a@mx.test\x00pässword"},
		{strings.Repeat("z", 255), strings.Repeat("u", 255), strings.Repeat("p", 255), // RFC 4616 §2
			strings.Repeat("z", 255) + "\x00" + strings.Repeat("u", 255) + "\x00" + strings.Repeat("p", 255)},
	} {
		x, initial, err := auth.Plain(c.authzid, c.user, c.password).Start(context.Background(), overTLS)
		if err != nil {
			t.Fatalf("Start as %q: %v", c.user, err)
		}
		if string(initial) != c.want {
			t.Errorf("initial response %q, want %q", initial, c.want)
		}
		if err := x.Finish(); err != nil {
			t.Errorf("success was vetoed: %v", err)
		}
	}
}

func TestPlainRefusesAChallenge(t *testing.T) {
	x, _, err := auth.Plain("", "tim", "tanstaaftanstaaf").Start(context.Background(), overTLS)
	if err != nil {
		t.Fatal(err)
	}
	for _, challenge := range []string{"", "once more"} {
		if response, err := x.Next([]byte(challenge)); !errors.Is(err, auth.ErrExchange) || response != nil {
			t.Errorf("challenge %q was answered: %q, %v", challenge, response, err)
		}
	}
}

func TestPlainServerRefusesWhatIsNoMessage(t *testing.T) {
	server := auth.PlainServer(func(authzid, user, password string) error {
		t.Errorf("the verifier was asked about %q, %q, %q", authzid, user, password)
		return nil
	})
	for _, response := range []string{
		"", "tim", "tim\x00pass", "\x00\x00", "\x00tim\x00", "\x00\x00pass", "a\x00b\x00c\x00d", "\x00tim\x00\xff", "\xff\x00tim\x00pass",
	} {
		_, done, err := server.Start().Next([]byte(response))
		if done || !errors.Is(err, auth.ErrExchange) {
			t.Errorf("response %q: done %v, error %v", response, done, err)
		}
	}
}

// RFC 4616 §4, the second example: a right password, but not for Ursel.
func TestPlainServerEndsWithTheVerifiersError(t *testing.T) {
	denied := errors.New("not authorized to requested authorization identity")
	server := auth.PlainServer(func(authzid, user, password string) error {
		if authzid != "Ursel" || user != "Kurt" || password != "xipj3plmq" {
			t.Errorf("the verifier got %q, %q, %q", authzid, user, password)
		}
		return denied
	})
	_, done, err := server.Start().Next([]byte("Ursel\x00Kurt\x00xipj3plmq"))
	if done || err != denied {
		t.Errorf("done %v, error %v, want the verifier's", done, err)
	}
}
