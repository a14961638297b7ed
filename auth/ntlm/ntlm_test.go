package ntlm_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/auth/ntlm"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestBothSidesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zA-Z0-9ü漢]{1,20}`)
		user, password := rapid.OneOf(text, rapid.Just(`EXAMPLE\tim`), rapid.Just("tim@example.test")).Draw(t, "user"), text.Draw(t, "password")
		tried := rapid.OneOf(rapid.Just(password), text).Draw(t, "tried")
		known := rapid.Bool().Draw(t, "known")
		server := ntlm.Server(func(authzid, u string) (string, error) {
			if u != user || authzid != "" {
				t.Fatalf("asked about %q, %q", authzid, u)
			}
			if !known {
				return "", auth.ErrDenied
			}
			return password, nil
		})
		x, response, err := ntlm.New(user, tried).Start(context.Background(), auth.Peer{})
		if err != nil {
			t.Fatal(err)
		}
		s := server.Start()
		if rapid.Bool().Draw(t, "withhold") {
			if challenge, _, err := s.Next(nil); err != nil || len(challenge) != 0 {
				t.Fatalf("%q, %v", challenge, err)
			}
		}
		challenge, done, err := s.Next(response)
		if err != nil || done {
			t.Fatal(done, err)
		}
		if err := x.Finish(); !errors.Is(err, auth.ErrExchange) {
			t.Fatalf("success without a challenge was believed: %v", err)
		}
		if response, err = x.Next(challenge); err != nil {
			t.Fatal(err)
		}
		_, done, err = s.Next(response)
		if good := known && tried == password; done != good || !good && !errors.Is(err, auth.ErrDenied) {
			t.Fatalf("done %v, %v; want %v", done, err, good)
		}
		if err := x.Finish(); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Next(challenge); !errors.Is(err, auth.ErrExchange) {
			t.Fatalf("a second challenge was answered: %v", err)
		}
	})
}

func TestUnusableCredentials(t *testing.T) {
	for _, bad := range []string{"", "a\x00b", "\xff"} {
		for _, m := range []auth.Mechanism{ntlm.New(bad, "secret"), ntlm.New("tim", bad)} {
			if _, initial, err := m.Start(t.Context(), auth.Peer{}); !errors.Is(err, auth.ErrCredentials) || initial != nil {
				t.Errorf("%q: %q, %v", bad, initial, err)
			}
		}
	}
}

// leaks finds the secret, raw or encoded, also as octets in decimal.
func leaks(text, secret string) bool {
	for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret)), strings.Trim(fmt.Sprint([]byte(secret)), "[]")} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func FuzzChallenge(f *testing.F) {
	const secret = "korrekt!" // as long as the field that a library might show
	s := ntlm.Server(nil).Start()
	_, negotiate, err := ntlm.New("tim", secret).Start(context.Background(), auth.Peer{})
	if err != nil {
		f.Fatal(err)
	}
	challenge, _, err := s.Next(negotiate)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(challenge, negotiate)
	f.Add([]byte(secret+"\x02\x00\x00\x00"+strings.Repeat("x", 40)), []byte("NTLMSSP\x00\x03\x00\x00\x00"+strings.Repeat("\xff", 60)))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, challenge, response []byte) {
		m := ntlm.New("tim", secret)
		x, _, err := m.Start(context.Background(), auth.Peer{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Next(challenge); err != nil && (!errors.Is(err, auth.ErrExchange) || leaks(err.Error(), secret)) {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%v %+v %#v %s", m, x, x, []any{m, x}); leaks(text, secret) {
			t.Fatal(text)
		}
		s := ntlm.Server(func(_, user string) (string, error) { return "another", nil }).Start()
		if _, _, err := s.Next(negotiate); err != nil {
			t.Fatal(err)
		}
		if _, done, err := s.Next(response); done || err == nil {
			t.Fatalf("%q was taken", response)
		}
	})
}

func TestOverTheDriver(t *testing.T) {
	srv := smtptest.NewUnstartedServer()
	srv.Config.STARTTLS, srv.Config.RequireAuth = true, true
	srv.Config.Mechanisms = []func(auth.Verifier) auth.ServerMechanism{smtptest.Mechanism(ntlm.Server(func(_, user string) (string, error) {
		if user != `EXAMPLE\tim` {
			return "", auth.ErrDenied
		}
		return "secret", nil
	}))}
	srv.Start()
	defer srv.Close()
	for password, good := range map[string]bool{"secret": true, "guess": false} {
		c, err := smtpclient.Dial(t.Context(), srv.Addr, smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: auth.FirstOf(auth.Plain("", "tim", password), ntlm.New(`EXAMPLE\tim`, password))})
		if (err == nil) != good {
			t.Errorf("%s: %v", password, err)
		}
		if c == nil {
			continue
		}
		if _, err := c.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader("Subject: hi\r\n\r\nhi\r\n")); err != nil {
			t.Error(err)
		}
		c.Close()
	}
	if m := srv.Messages(); len(m) != 1 || m[0].User != `EXAMPLE\tim` {
		t.Errorf("messages %v", m)
	}
}
