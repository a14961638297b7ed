package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/auth"
)

const token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

// RFC 7628 §4.1, IMAP's and SMTP's, as they stand there.
func TestOAuthBearerSaysTheOctetsOfTheRFC(t *testing.T) {
	for port, want := range map[int]string{
		143: "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
		587: "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
	} {
		octets, err := base64.StdEncoding.DecodeString(want)
		if err != nil {
			t.Fatal(err)
		}
		peer := auth.Peer{TLS: true, Host: "server.example.com", Port: port}
		x, initial, err := auth.OAuthBearer("user@example.com", auth.StaticToken(token)).Start(context.Background(), peer)
		if err != nil || string(initial) != string(octets) {
			t.Errorf("port %d: %q, %v; want %q", port, initial, err, octets)
		}
		if err := x.Finish(); err != nil {
			t.Error(err)
		}
	}
}

// Google's documentation of XOAUTH2 has this example.
func TestXOAuth2SaysTheOctetsOfItsDocumentation(t *testing.T) {
	_, initial, err := auth.XOAuth2("someuser@example.com", auth.StaticToken("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")).Start(context.Background(), overTLS)
	const want = "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
	if got := base64.StdEncoding.EncodeToString(initial); err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

func TestOAuthErrorsAreAnsweredAndTold(t *testing.T) {
	// RFC 7628 §4.3
	const challenge = `{"status":"invalid_token","scope":"example_scope","openid-configuration":"https://example.com/.well-known/openid-configuration"}`
	want := &auth.OAuthError{Status: "invalid_token", Scope: "example_scope", Configuration: "https://example.com/.well-known/openid-configuration"}
	for _, c := range []struct {
		m         auth.Mechanism
		challenge string
		answer    string
		want      *auth.OAuthError
	}{
		{auth.OAuthBearer("tim", auth.StaticToken(token)), challenge, "\x01", want},
		{auth.XOAuth2("tim", auth.StaticToken(token)), `{"status":401,"schemes":"bearer mac","scope":"https://mail.google.com/"}`, "", &auth.OAuthError{Status: "401", Schemes: "bearer mac", Scope: "https://mail.google.com/"}},
		{auth.OAuthBearer("tim", auth.StaticToken(token)), "no JSON", "\x01", &auth.OAuthError{}},
		{auth.OAuthBearer("tim", auth.StaticToken(token)), "", "\x01", &auth.OAuthError{}},
		{auth.OAuthBearer("tim", auth.StaticToken(token)), `{"status":"` + token + `","scope":["a"]}`, "\x01", &auth.OAuthError{Status: "(it repeats the token)"}},
	} {
		x, _, err := c.m.Start(context.Background(), overTLS)
		if err != nil {
			t.Fatal(err)
		}
		response, err := x.Next([]byte(c.challenge))
		if err != nil || response == nil || string(response) != c.answer {
			t.Errorf("%s: answered %q, %v; want %q", c.m.Name(), response, err, c.answer)
		}
		if err := x.Finish(); !errors.Is(err, auth.ErrExchange) {
			t.Errorf("success after an error was believed: %v", err)
		}
		refusal := errors.New("535")
		_, err = auth.Refused(x, refusal)
		var told *auth.OAuthError
		if !errors.Is(err, refusal) || !errors.As(err, &told) || strings.Contains(err.Error(), token) {
			t.Fatalf("the refusal became %v", err)
		}
		if diff := cmp.Diff(c.want, told); diff != "" {
			t.Error(diff)
		}
		if response, err := x.Next([]byte("{}")); !errors.Is(err, auth.ErrExchange) || response != nil {
			t.Errorf("a second challenge was answered %q, %v", response, err)
		}
	}
}

func TestTokensNeedTLSAndAUsableName(t *testing.T) {
	fetched := 0
	tokens := auth.NewTokens(func(context.Context) (auth.Token, error) { fetched++; return auth.NewToken(token, time.Time{}), nil })
	for _, m := range []auth.Mechanism{auth.OAuthBearer("tim", tokens), auth.XOAuth2("tim", tokens)} {
		if _, initial, err := m.Start(context.Background(), auth.Peer{}); !errors.Is(err, auth.ErrInsecure) || initial != nil {
			t.Errorf("%s without TLS: %q, %v", m.Name(), initial, err)
		}
	}
	for _, m := range []auth.Mechanism{auth.OAuthBearer("a\x01b", tokens), auth.XOAuth2("", tokens), auth.XOAuth2("\xff", tokens)} {
		if _, initial, err := m.Start(context.Background(), overTLS); !errors.Is(err, auth.ErrCredentials) || initial != nil {
			t.Errorf("%s: %q, %v", m.Name(), initial, err)
		}
	}
	if fetched != 0 {
		t.Errorf("%d tokens were fetched for nothing", fetched)
	}
	for _, bad := range []string{"a\x01b", "a b", "ü", "\n"} {
		if _, initial, err := auth.XOAuth2("tim", auth.StaticToken(bad)).Start(context.Background(), overTLS); !errors.Is(err, auth.ErrCredentials) || initial != nil || strings.Contains(err.Error(), bad) {
			t.Errorf("token %q: %q, %v", bad, initial, err)
		}
	}
}

func bearerServers(verify auth.BearerVerifier) []auth.ServerMechanism {
	return []auth.ServerMechanism{auth.OAuthBearerServer(verify), auth.XOAuth2Server(verify)}
}

func TestBearerBothSidesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[^\x00-\x1f\x7f]{1,20}`).Draw(t, "user")
		value := rapid.StringMatching(`[!-~]{16,60}`).Draw(t, "token")
		host := rapid.SampledFrom([]string{"", "mx.example"}).Draw(t, "host")
		port := rapid.SampledFrom([]int{0, 587}).Draw(t, "port")
		good := rapid.Bool().Draw(t, "good")
		denied := &auth.OAuthError{Status: "insufficient_scope", Scope: "smtp"}
		for _, server := range bearerServers(func(q auth.BearerRequest) (string, error) {
			if q.Host == "" && q.Port == 0 && (host != "" || port != 0) { // XOAUTH2 has neither
				q.Host, q.Port = host, port
			}
			if want := (auth.BearerRequest{User: name, Token: value, Host: host, Port: port}); q != want {
				t.Fatalf("%+v, want %+v", q, want)
			}
			if good {
				return name, nil
			}
			return "", denied
		}) {
			client := auth.OAuthBearer(name, auth.StaticToken(value))
			if server.Name() == "XOAUTH2" {
				client = auth.XOAuth2(name, auth.StaticToken(value))
			}
			err, cause := runAt(client, auth.Peer{TLS: true, Host: host, Port: port}, server, auth.Peer{})
			var told *auth.OAuthError
			if good && err != nil || !good && (!errors.Is(err, denied) || !errors.As(cause, &told) || *told != *denied) {
				t.Fatalf("%v, told %v", err, cause)
			}
		}
	})
}

func TestBearerServerRefusesWhatIsNoMessage(t *testing.T) {
	asked := func(q auth.BearerRequest) (string, error) { t.Errorf("asked about %+v", q); return "", nil }
	for i, messages := range [][]string{
		{"", "\x01", "n,,\x01\x01", "n,,\x01auth=Bearer x\x01", "n,\x01auth=Bearer x\x01\x01", "x,,\x01auth=Bearer x\x01\x01", "n,a=,\x01auth=Bearer x\x01\x01",
			"n,a=t=m,\x01auth=Bearer x\x01\x01", "n,,\x01auth=Basic x\x01\x01", "n,,\x01host=a\x01\x01", "n,,\x01auth=Bearer x\x01auth=Bearer y\x01\x01",
			"n,,\x01port=0587\x01auth=Bearer x\x01\x01", "n,,\x01port=\x01auth=Bearer x\x01\x01", "n,,\x01auth=Bearer \xff\x01\x01"},
		{"", "user=tim", "user=tim\x01auth=Bearer x\x01", "user=\x01auth=Bearer x\x01\x01", "user=tim\x01auth=Basic x\x01\x01", "auth=Bearer x\x01user=tim\x01\x01", "user=tim\x01auth=Bearer \xff\x01\x01"},
	} {
		for _, message := range messages {
			if _, done, err := bearerServers(asked)[i].Start().Next([]byte(message)); done || !errors.Is(err, auth.ErrExchange) {
				t.Errorf("%q: %v, %v", message, done, err)
			}
		}
	}
	// Unknown keys are passed over (RFC 7628 §3.1), the scheme is in any case, and an
	// empty auth asks for the scope (§4.3).
	for message, want := range map[string]auth.BearerRequest{
		"n,,\x01qs=a=b\x01auth=bEaReR  x\x01\x01": {Token: "x"}, "n,a=tim,\x01auth=\x01\x01": {User: "tim"},
	} {
		var got auth.BearerRequest
		x := auth.OAuthBearerServer(func(q auth.BearerRequest) (string, error) { got = q; return "", errors.New("no") }).Start()
		challenge, done, err := x.Next([]byte(message))
		if got != want || done || err != nil || string(challenge) != `{"status":"invalid_token"}` {
			t.Errorf("%q: %+v, %q, %v, %v", message, got, challenge, done, err)
		}
		if _, done, err := x.Next([]byte("")); done || !errors.Is(err, auth.ErrExchange) {
			t.Errorf("the wrong answer to an error was taken: %v", err)
		}
	}
}

func FuzzOAuthBearer(f *testing.F) {
	f.Add([]byte(`{"status":"invalid_token","scope":"example_scope"}`), []byte("n,a=user@example.com,\x01host=server.example.com\x01port=587\x01auth=Bearer "+token+"\x01\x01"))
	f.Add([]byte(`{"status":"`+token+`"}`), []byte("user=tim\x01auth=Bearer "+token+"\x01\x01"))
	f.Add([]byte("\xff{"), []byte("p=tls-unique,a==2C,\x01auth=\x01\x01"))
	f.Fuzz(func(t *testing.T, challenge, message []byte) {
		for _, m := range []auth.Mechanism{auth.OAuthBearer("tim", auth.StaticToken(token)), auth.XOAuth2("tim", auth.StaticToken(token))} {
			x, _, err := m.Start(context.Background(), overTLS)
			if err != nil {
				t.Fatal(err)
			}
			response, err := x.Next(challenge)
			if err != nil || len(response) > 1 || response == nil {
				t.Fatalf("%s: %q, %v", m.Name(), response, err)
			}
			if _, err := x.Next(challenge); !errors.Is(err, auth.ErrExchange) {
				t.Fatalf("%s: a second challenge: %v", m.Name(), err)
			}
			if _, err := auth.Refused(x, errors.New("535")); strings.Contains(err.Error(), token) || len(err.Error()) > 2000 {
				t.Fatalf("%s: %v", m.Name(), err)
			}
		}
		for _, server := range bearerServers(func(q auth.BearerRequest) (string, error) {
			if strings.ContainsAny(q.Token+q.User+q.Host, "\x01") || q.Port < 0 || q.Port > 65535 {
				t.Fatalf("asked about %+v", q)
			}
			return q.User, nil
		}) {
			if challenge, done, err := server.Start().Next(message); done == (err != nil) || challenge != nil {
				t.Fatalf("%q, %v, %v", challenge, done, err)
			}
		}
	})
}
