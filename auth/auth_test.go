package auth_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/auth"
)

const password = "correct horse"

// mechanisms are all of the package, with a client's and a server's side.
var mechanisms = []struct {
	client func(user, password string) auth.Mechanism
	server func(auth.Verifier) auth.ServerMechanism
}{
	{func(user, password string) auth.Mechanism { return auth.Plain("", user, password) }, auth.PlainServer},
	{auth.Login, auth.LoginServer},
}

// run plays a whole exchange; withhold says that the protocol could not carry
// the initial response.
func run(client auth.Mechanism, server auth.ServerMechanism, withhold bool) error {
	x, initial, err := client.Start(context.Background(), bound)
	if err != nil {
		return err
	}
	s := server.Start()
	response, kept := initial, []byte(nil)
	if withhold {
		response, kept = nil, initial
	}
	for range 10 {
		challenge, done, err := s.Next(response)
		if err != nil {
			return err
		}
		if done {
			return x.Finish()
		}
		if kept != nil {
			if len(challenge) != 0 {
				return fmt.Errorf("a client-first mechanism was challenged with %q", challenge)
			}
			response, kept = kept, nil
			continue
		}
		if response, err = x.Next(challenge); err != nil {
			return err
		}
	}
	return errors.New("no end after ten rounds")
}

func TestBothSidesAgree(t *testing.T) {
	denied := errors.New("denied")
	for _, m := range mechanisms {
		t.Run(m.client("u", "p").Name(), rapid.MakeCheck(func(t *rapid.T) {
			text := rapid.StringOf(rapid.Rune().Filter(func(r rune) bool { return r != 0 })).Filter(func(s string) bool { return s != "" })
			user, pass := text.Draw(t, "user"), text.Draw(t, "password")
			right := rapid.Bool().Draw(t, "right")
			asked := 0
			server := m.server(func(authzid, u, p string) error {
				asked++
				if authzid != "" || u != user || p != pass {
					t.Fatalf("the verifier got %q, %q, %q", authzid, u, p)
				}
				if right {
					return nil
				}
				return denied
			})
			err := run(m.client(user, pass), server, rapid.Bool().Draw(t, "withhold"))
			if right && err != nil || !right && err != denied {
				t.Fatalf("right password %v: %v", right, err)
			}
			if asked != 1 {
				t.Fatalf("the verifier was asked %d times", asked)
			}
		}))
	}
}

func TestOneMechanismServesManyExchangesAtOnce(t *testing.T) {
	for _, m := range mechanisms {
		client := m.client("tim", password)
		server := m.server(func(_, user, pass string) error {
			if user != "tim" || pass != password {
				return fmt.Errorf("got %q", user)
			}
			return nil
		})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := run(client, server, false); err != nil {
					t.Errorf("%s: %v", client.Name(), err)
				}
			})
		}
		wg.Wait()
	}
}

func TestPasswordsNeedTLS(t *testing.T) {
	for _, m := range mechanisms {
		client := m.client("tim", password)
		x, initial, err := client.Start(context.Background(), auth.Peer{Host: "localhost"})
		if !errors.Is(err, auth.ErrInsecure) || x != nil || initial != nil {
			t.Errorf("%s in clear: %v, response %q", client.Name(), err, initial)
		}
		if _, _, err := auth.AllowInsecure(client).Start(context.Background(), auth.Peer{}); err != nil {
			t.Errorf("%s in clear, allowed by the user: %v", client.Name(), err)
		}
		if _, _, err := client.Start(context.Background(), auth.Peer{AllowInsecure: true}); err != nil {
			t.Errorf("%s in clear, allowed by the driver: %v", client.Name(), err)
		}
	}
}

func TestUnusableCredentialsAreRefused(t *testing.T) {
	for _, bad := range []string{"", "a\x00b", "\xff", "a\xc0\x80"} {
		for _, m := range []auth.Mechanism{
			auth.Plain("", bad, password), auth.Plain("", "tim", bad), auth.Login(bad, password), auth.Login("tim", bad),
		} {
			if _, initial, err := m.Start(context.Background(), overTLS); !errors.Is(err, auth.ErrCredentials) || initial != nil {
				t.Errorf("%s with %q: %v", m.Name(), bad, err)
			}
		}
		if _, _, err := auth.Plain(bad, "tim", password).Start(context.Background(), overTLS); bad != "" && !errors.Is(err, auth.ErrCredentials) {
			t.Errorf("PLAIN to act as %q: %v", bad, err)
		}
	}
}

// leaks finds the password in what a log might get, raw or encoded.
func leaks(text string) bool {
	for _, form := range []string{
		password,
		base64.StdEncoding.EncodeToString([]byte(password)),
		base64.StdEncoding.EncodeToString([]byte("\x00tim\x00" + password)),
		hex.EncodeToString([]byte(password)),
		strings.Trim(fmt.Sprint([]byte(password)), "[]"),
	} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func TestPrintingShowsNoPassword(t *testing.T) {
	for _, m := range []auth.Mechanism{auth.Plain("", "tim", password), auth.Login("tim", password), auth.AllowInsecure(auth.Login("tim", password))} {
		x, _, err := m.Start(context.Background(), auth.Peer{AllowInsecure: true})
		if err != nil {
			t.Fatal(err)
		}
		type config struct {
			Auth     auth.Mechanism
			hidden   auth.Mechanism // fmt can't call methods on this one
			exchange auth.Exchange
		}
		for _, value := range []any{m, x, &m, []any{m, x}, config{m, m, x}, &config{m, m, x}} {
			for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p"} {
				if text := fmt.Sprintf(format, value); leaks(text) {
					t.Errorf("%s of a %s shows the password: %s", format, m.Name(), text)
				}
			}
		}
	}
}

func FuzzExchange(f *testing.F) {
	for _, seed := range []string{"", "Username:", "User Name\x00", "Password:", "user pass", password, "\xff\xfe", "Y29ycmVjdCBob3JzZQ=="} {
		f.Add([]byte(seed), []byte("Password:"), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, one, two, three []byte) {
		for _, m := range mechanisms {
			x, _, err := m.client("tim", password).Start(context.Background(), overTLS)
			if err != nil {
				t.Fatal(err)
			}
			answered := 0
			for _, challenge := range [][]byte{one, two, three} {
				response, err := x.Next(challenge)
				if err == nil {
					answered++
					if string(response) != "tim" && string(response) != password {
						t.Fatalf("%s answered %q with %q", m.client("tim", password).Name(), challenge, response)
					}
					continue
				}
				if leaks(err.Error()) || !errors.Is(err, auth.ErrExchange) || !utf8.ValidString(err.Error()) {
					t.Fatalf("challenge %q: %v", challenge, err)
				}
				break
			}
			if answered > 2 {
				t.Fatal("more than two answers")
			}
		}
	})
}

func FuzzServerExchange(f *testing.F) {
	f.Add([]byte("\x00tim\x00"+password), []byte("x"), true)
	f.Add([]byte("tim"), []byte(password), true)
	f.Add([]byte(nil), []byte("\x00\x00"), false)
	f.Fuzz(func(t *testing.T, one, two []byte, initial bool) {
		for _, m := range mechanisms {
			asked := false
			x := m.server(func(_, user, pass string) error {
				asked = true
				if user == "" || pass == "" || strings.ContainsRune(user+pass, 0) || !utf8.ValidString(user+pass) {
					t.Fatalf("the verifier got %q, %q", user, pass)
				}
				return nil
			}).Start()
			responses := [][]byte{one, two}
			if !initial {
				responses = [][]byte{nil, one, two}
			}
			for _, response := range responses {
				_, done, err := x.Next(response)
				if done != asked || done && err != nil {
					t.Fatalf("done %v, verifier asked %v, error %v", done, asked, err)
				}
				if done || err != nil {
					break
				}
			}
		}
	})
}
