package auth_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
)

// oneTime is a mechanism of one's own, X-ONETIME: the client says who it is, the
// server sends a number, and the client answers with a MAC of it, by a key that
// both have. The server then proves that it has the key too.
type oneTime struct {
	user string
	key  func() []byte // behind a function no printing finds it
}

func (m oneTime) Name() string { return "X-ONETIME" }

// Final is false: there are challenges behind the initial response.
func (m oneTime) Final() bool { return false }

// Start checks what it was given, and begins. A mechanism that showed a secret
// would ask here for peer.TLS || peer.AllowInsecure, and else return
// [auth.ErrInsecure].
func (m oneTime) Start(ctx context.Context, peer auth.Peer) (auth.Exchange, []byte, error) {
	if m.user == "" {
		return nil, nil, fmt.Errorf("X-ONETIME: expected a user name: %w", auth.ErrCredentials)
	}
	return &oneTimeExchange{m: m}, []byte(m.user), nil
}

type oneTimeExchange struct {
	m      oneTime
	number []byte // what the server sent; nil before
	proved bool
}

// Next answers a challenge, or says why there is no answer.
func (x *oneTimeExchange) Next(challenge []byte) ([]byte, error) {
	switch {
	case x.proved:
		return nil, fmt.Errorf("X-ONETIME: expected success or failure, got a third challenge: %w", auth.ErrExchange)
	case x.number != nil: // the server's proof
		if !hmac.Equal(challenge, x.m.mac("server", x.number)) {
			return nil, fmt.Errorf("X-ONETIME: the server does not have the key: %w", auth.ErrExchange)
		}
		x.proved = true
		return []byte{}, nil // an empty answer, not none
	case len(challenge) != 8:
		return nil, fmt.Errorf("X-ONETIME: expected a number of 8 octets, got %d: %w", len(challenge), auth.ErrExchange)
	}
	x.number = append([]byte{}, challenge...) // the challenge is the caller's
	return x.m.mac("client", x.number), nil
}

// Finish believes a success only from a server that has proved itself.
func (x *oneTimeExchange) Finish() error {
	if !x.proved {
		return fmt.Errorf("X-ONETIME: expected the server's proof before success: %w", auth.ErrExchange)
	}
	return nil
}

func (m oneTime) mac(who string, number []byte) []byte {
	h := hmac.New(sha256.New, m.key())
	h.Write([]byte(who))
	h.Write(number)
	return hex.AppendEncode(nil, h.Sum(nil))
}

// A mechanism of one's own: oneTime, in the same file, is all of it. It goes where
// any other goes: smtpclient.Config{Auth: ...}, [auth.FirstOf].
func ExampleMechanism() {
	mechanism := oneTime{"tim", func() []byte { return []byte("the key") }}

	exchange, initial, err := mechanism.Start(context.Background(), auth.Peer{})
	fmt.Printf("%s %s %v\n", mechanism.Name(), initial, err)
	response, err := exchange.Next([]byte("12345678"))
	fmt.Printf("%.16s... %v\n", response, err)
	fmt.Println(exchange.Finish())
	response, err = exchange.Next(mechanism.mac("server", []byte("12345678")))
	fmt.Printf("%q %v\n", response, err)
	fmt.Println(exchange.Finish())
	// Output:
	// X-ONETIME tim <nil>
	// 23c9587c218a6390... <nil>
	// X-ONETIME: expected the server's proof before success: the exchange went wrong
	// "" <nil>
	// <nil>
}

func TestAMechanismOfOnesOwn(t *testing.T) {
	m := oneTime{"tim", func() []byte { return []byte("the key") }}
	if _, _, err := (oneTime{}).Start(t.Context(), auth.Peer{}); !errors.Is(err, auth.ErrCredentials) {
		t.Errorf("without a user: %v", err)
	}
	for name, challenges := range map[string][]string{
		"no number":   {"1"},
		"wrong proof": {"12345678", "guess"},
		"too many":    {"12345678", string(m.mac("server", []byte("12345678"))), "more"},
	} {
		x, _, err := m.Start(t.Context(), auth.Peer{})
		if err != nil {
			t.Fatal(err)
		}
		for i, challenge := range challenges {
			if _, err := x.Next([]byte(challenge)); errors.Is(err, auth.ErrExchange) != (i == len(challenges)-1) {
				t.Errorf("%s, challenge %d: %v", name, i+1, err)
			}
		}
	}
	list := auth.Candidates(auth.FirstOf(m, auth.Plain("", "tim", password)), auth.Peer{Mechanisms: []string{"PLAIN", "x-onetime"}})
	if len(list) != 2 || list[0].Name() != "X-ONETIME" {
		t.Errorf("candidates %q", names(list))
	}
}
