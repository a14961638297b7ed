package auth_test

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
)

// RFC 4954 §4.1: without an authorization identity the initial response is empty,
// and there.
func TestExternal(t *testing.T) {
	for _, authzid := range []string{"", "Ursel"} {
		x, initial, err := auth.External(authzid).Start(context.Background(), auth.Peer{})
		if err != nil || initial == nil || string(initial) != authzid {
			t.Errorf("initial response %q, %v; want %q", initial, err, authzid)
		}
		if _, err := x.Next([]byte("more")); !errors.Is(err, auth.ErrExchange) {
			t.Errorf("a challenge was answered: %v", err)
		}
		if err := x.Finish(); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"a\x00b", "\xff"} {
		if _, initial, err := auth.External(bad).Start(context.Background(), auth.Peer{}); !errors.Is(err, auth.ErrCredentials) || initial != nil {
			t.Errorf("%q: %q, %v", bad, initial, err)
		}
	}
	if !auth.External("").Final() {
		t.Error("EXTERNAL ends in one round trip (RFC 4954 §4)")
	}
}

func TestExternalServerAsksAboutTheCertificate(t *testing.T) {
	peer := auth.Peer{Certificates: []*x509.Certificate{{DNSNames: []string{"tim.example"}}}}
	server := auth.ExternalServer(func(p auth.Peer, authzid string) (string, error) {
		if len(p.Certificates) == 0 {
			return "", errors.New("no certificate")
		}
		if user := p.Certificates[0].DNSNames[0]; authzid == "" || authzid == user {
			return user, nil
		}
		return "", auth.ErrDenied
	})
	for _, c := range []struct {
		authzid string
		peer    auth.Peer
		want    string
	}{
		{"", peer, ""}, {"tim.example", peer, ""}, {"ursel.example", peer, "are wrong"}, {"", auth.Peer{}, "no certificate"},
	} {
		err, _ := runAt(auth.External(c.authzid), auth.Peer{}, server, c.peer)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("as %q: %v, want %q", c.authzid, err, c.want)
		}
	}
	x := auth.StartServer(server, peer)
	if challenge, done, err := x.Next(nil); challenge == nil || done || err != nil {
		t.Errorf("without an initial response: %q, %v, %v; want an empty challenge", challenge, done, err)
	}
	if _, done, err := x.Next([]byte("a\x00b")); done || !errors.Is(err, auth.ErrExchange) {
		t.Errorf("a NUL was taken: %v", err)
	}
}

// RFC 4505 §4 has the trace "sirhc"; §2 says what a trace may be.
func TestAnonymous(t *testing.T) {
	for _, trace := range []string{"sirhc", "", "tim@example.org", "Zoë", strings.Repeat("ü", 255)} {
		x, initial, err := auth.Anonymous(trace).Start(context.Background(), auth.Peer{})
		if err != nil || initial == nil || string(initial) != trace {
			t.Errorf("initial response %q, %v; want %q", initial, err, trace)
			continue
		}
		if err := x.Finish(); err != nil {
			t.Error(err)
		}
		var got string
		s := auth.AnonymousServer(func(trace string) error { got = trace; return nil }).Start()
		if _, done, err := s.Next(initial); !done || err != nil || got != trace {
			t.Errorf("the server got %q, %v, %v; want %q", got, done, err, trace)
		}
	}
	for _, bad := range []string{"a\nb", "a\x00", "\xff", "a@", "@a", strings.Repeat("ü", 256), "a\u0085", "a\u202eb"} {
		if _, initial, err := auth.Anonymous(bad).Start(context.Background(), auth.Peer{}); !errors.Is(err, auth.ErrCredentials) || initial != nil {
			t.Errorf("%q: %q, %v", bad, initial, err)
		}
		if _, done, err := auth.AnonymousServer(nil).Start().Next([]byte(bad)); done || !errors.Is(err, auth.ErrExchange) {
			t.Errorf("the server took %q: %v", bad, err)
		}
	}
	denied := errors.New("not today")
	if err, _ := runAt(auth.Anonymous("sirhc"), auth.Peer{}, auth.AnonymousServer(func(string) error { return denied }), auth.Peer{}); err != denied {
		t.Errorf("ended with %v", err)
	}
	if err, _ := runAt(auth.Anonymous("sirhc"), auth.Peer{}, auth.AnonymousServer(nil), auth.Peer{}); err != nil {
		t.Errorf("ended with %v", err)
	}
}
