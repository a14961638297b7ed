package smtpclient_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

type serverSide = func(auth.Verifier) auth.ServerMechanism

// offering is a server over TLS, or where tls is false in clear, that offers these
// mechanisms.
func offering(t *testing.T, overTLS bool, mechanisms ...serverSide) *smtptest.Server {
	t.Helper()
	srv := smtptest.NewUnstartedServer()
	srv.Config.STARTTLS, srv.Config.AuthWithoutTLS = overTLS, !overTLS
	srv.Config.Mechanisms, srv.Config.RequireAuth = mechanisms, true
	t.Cleanup(srv.Close)
	return srv
}

// passwords are the server's sides with these names, for user with secret.
func passwords(names ...string) (list []serverSide) {
	for _, name := range names {
		for _, m := range smtptest.Passwords(map[string]string{"user": "secret-12345"}) {
			if m(nil).Name() == name {
				list = append(list, m)
			}
		}
	}
	return list
}

// said are the lines of the client that begin with AUTH.
func said(srv *smtptest.Server, conn int) (lines []string) {
	for _, l := range srv.Transcript(conn) {
		if text := l.String(); strings.HasPrefix(text, "C: AUTH") {
			lines = append(lines, text)
		}
	}
	return lines
}

func TestEveryMechanismOverTheDriver(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS13, tls.VersionTLS12} {
		for _, side := range smtptest.Passwords(map[string]string{"user": "secret-12345"}) {
			name := side(nil).Name()
			t.Run(name+" "+tls.VersionName(version), func(t *testing.T) {
				srv := offering(t, true, side)
				srv.Start()
				for _, c := range []struct {
					user, password string
					good           bool
				}{{"user", "secret-12345", true}, {"user", "guess-12345", false}, {"nobody", "secret-12345", false}} {
					var trace bytes.Buffer
					cfg := smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: auth.Auto(auth.Credentials{User: c.user, Password: c.password}),
						Trace: func(ev smtpclient.TraceEvent) { fmt.Fprintln(&trace, ev.Text) }}
					cfg.TLSConfig.MaxVersion = version
					client, err := smtpclient.Dial(t.Context(), srv.Addr, cfg)
					var refused *smtp.ReplyError
					switch {
					case c.good && err != nil:
						t.Fatal(err)
					case c.good:
						if _, err := client.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter)); err != nil {
							t.Error(err)
						}
						client.Quit(t.Context())
					case !errors.As(err, &refused) || refused.Code != 535:
						t.Errorf("%s with %s: %v, want 535", c.user, c.password, err)
					}
					all := trace.String() + fmt.Sprint(err)
					for _, l := range srv.Transcript(srv.Conns()) {
						all += l.String() + "\n"
					}
					for _, form := range []string{c.password, base64.StdEncoding.EncodeToString([]byte(c.password)), base64.StdEncoding.EncodeToString([]byte("\x00" + c.user + "\x00" + c.password))} {
						if strings.Contains(all, form) {
							t.Errorf("%q shows:\n%s", form, all)
						}
					}
				}
				if m := srv.Messages(); len(m) != 1 || m[0].User != "user" {
					t.Errorf("messages %v, want one by user", m)
				}
			})
		}
	}
}

// What the server does not take for the mechanism's sake leads to the next one; what
// it does not take for the user's sake ends it: the password is tried once.
func TestTheNextMechanism(t *testing.T) {
	names := []string{"SCRAM-SHA-256", "CRAM-MD5", "PLAIN"}
	for _, c := range []struct {
		code int
		want []string
		good bool
	}{
		{504, []string{"C: AUTH SCRAM-SHA-256", "C: AUTH CRAM-MD5"}, true},
		{534, []string{"C: AUTH SCRAM-SHA-256", "C: AUTH CRAM-MD5"}, true},
		{538, []string{"C: AUTH SCRAM-SHA-256", "C: AUTH CRAM-MD5"}, true},
		{432, []string{"C: AUTH SCRAM-SHA-256", "C: AUTH CRAM-MD5"}, true},
		{535, []string{"C: AUTH SCRAM-SHA-256"}, false},
		{454, []string{"C: AUTH SCRAM-SHA-256"}, false},
		{500, []string{"C: AUTH SCRAM-SHA-256"}, false},
	} {
		srv := offering(t, true, passwords(names...)...)
		srv.On(smtptest.Match{Role: smtp.RoleAuth, Nth: 1}, smtptest.Answer{Code: c.code, Text: "no"})
		srv.Start()
		cfg := smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: auth.Auto(auth.Credentials{User: "user", Password: "secret-12345"})}
		client, err := smtpclient.Dial(t.Context(), srv.Addr, cfg)
		if client != nil {
			client.Close()
		}
		var refused *smtp.ReplyError
		if (err == nil) != c.good || err != nil && (!errors.As(err, &refused) || refused.Code != c.code) {
			t.Errorf("%d: %v", c.code, err)
		}
		var got []string
		for _, line := range said(srv, 1) {
			words := strings.Fields(line)
			got = append(got, strings.Join(words[:3], " "))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%d: %s", c.code, diff)
		}
	}
}

func TestWhatWasTriedIsInTheError(t *testing.T) {
	srv := offering(t, true, passwords("SCRAM-SHA-256", "CRAM-MD5", "LOGIN")...)
	srv.On(smtptest.Match{Role: smtp.RoleAuth, Nth: 1}, smtptest.Answer{Code: 504, Text: "not today"})
	srv.On(smtptest.Match{Role: smtp.RoleAuth, Nth: 2}, smtptest.Answer{Code: 534, Text: "too weak"})
	srv.Start()
	cfg := smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: auth.Auto(auth.Credentials{User: "user", Password: "guess-12345"})}
	_, err := smtpclient.Dial(t.Context(), srv.Addr, cfg)
	var failed *auth.FailedError
	if !errors.As(err, &failed) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, a := range failed.Attempts {
		var refused *smtp.ReplyError
		if !errors.As(a.Err, &refused) {
			t.Fatalf("%s: %v", a.Mechanism, a.Err)
		}
		got = append(got, fmt.Sprint(a.Mechanism, " ", refused.Code))
	}
	if diff := cmp.Diff([]string{"SCRAM-SHA-256 504", "CRAM-MD5 534", "LOGIN 535"}, got); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{"SCRAM-SHA-256 CRAM-MD5 LOGIN", "not today", "too weak", "535"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error lacks %q: %v", part, err)
		}
	}
}

func TestNothingThatShowsThePasswordWithoutTLS(t *testing.T) {
	credentials := auth.Credentials{User: "user", Password: "secret-12345", Tokens: auth.StaticToken("t")}
	try := func(m auth.Mechanism, names ...string) ([]string, error) {
		srv := offering(t, false, passwords(names...)...)
		srv.Start()
		client, err := smtpclient.Dial(t.Context(), srv.Addr, smtpclient.Config{TLS: smtpclient.TLSOff, Auth: m})
		if client != nil {
			client.Close()
		}
		return said(srv, 1), err
	}
	if lines, err := try(auth.Auto(credentials), "PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"); err != nil || len(lines) == 0 || !strings.HasPrefix(lines[0], "C: AUTH SCRAM-SHA-1 ") {
		t.Errorf("said %q, %v; want SCRAM-SHA-1", lines, err)
	}
	if lines, err := try(auth.Auto(credentials), "LOGIN", "PLAIN"); !errors.Is(err, auth.ErrInsecure) || len(lines) > 0 || !strings.Contains(err.Error(), "LOGIN") || !strings.Contains(err.Error(), "PLAIN") {
		t.Errorf("said %q, %v; want nothing", lines, err)
	}
	if lines, err := try(auth.AllowInsecure(auth.Auto(credentials)), "LOGIN", "PLAIN"); err != nil || len(lines) != 1 || !strings.HasPrefix(lines[0], "C: AUTH PLAIN ") {
		t.Errorf("said %q, %v; want PLAIN", lines, err)
	}
	var missing *smtp.MissingError
	if lines, err := try(auth.FirstOf(auth.External("")), "LOGIN"); !errors.As(err, &missing) || len(lines) > 0 || !strings.Contains(err.Error(), "LOGIN") {
		t.Errorf("said %q, %v; want a MissingError", lines, err)
	}
}

// Somebody in the middle who takes the offer of -PLUS away is noticed by the server,
// and one with TLS of his own by the binding (RFC 5802 §6).
func TestDowngradeIsNoticed(t *testing.T) {
	srv := offering(t, true, passwords("SCRAM-SHA-256", "SCRAM-SHA-256-PLUS")...)
	srv.Config.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
		if q.Role == smtp.RoleHello && q.TLS {
			return smtptest.Answer{Raw: []byte("250-mx\r\n250 AUTH SCRAM-SHA-256\r\n")}, true
		}
		return smtptest.Answer{}, false
	}
	srv.Start()
	cfg := smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: auth.Auto(auth.Credentials{User: "user", Password: "secret-12345"})}
	_, err := smtpclient.Dial(t.Context(), srv.Addr, cfg)
	var refused *smtp.ReplyError
	if !errors.As(err, &refused) || refused.Code != 535 {
		t.Errorf("the offer of -PLUS was taken away: %v, want 535", err)
	}
}

// A 235 of a server that has not shown that it knows the password is worth nothing.
func TestSuccessWithoutProofIsNotBelieved(t *testing.T) {
	for _, nth := range []smtptest.Match{{Role: smtp.RoleAuth}, {Role: smtp.RoleAuthLine, Nth: 1}} {
		srv := offering(t, true, passwords("SCRAM-SHA-256")...)
		srv.On(nth, smtptest.Answer{Code: 235, Text: "welcome"})
		srv.Start()
		cfg := smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: auth.Scram(auth.SHA256, "", "user", "secret-12345")}
		if _, err := smtpclient.Dial(t.Context(), srv.Addr, cfg); !errors.Is(err, auth.ErrExchange) {
			t.Errorf("got %v", err)
		}
	}
}

// bearer is a server's side that takes one token.
func bearer(name string, good func() string) serverSide {
	verify := func(q auth.BearerRequest) (string, error) {
		if q.Token != good() {
			return "", &auth.OAuthError{Status: "invalid_token", Scope: "smtp"}
		}
		return q.User, nil
	}
	if name == "XOAUTH2" {
		return smtptest.Mechanism(auth.XOAuth2Server(verify))
	}
	return smtptest.Mechanism(auth.OAuthBearerServer(verify))
}

// The initial response goes with AUTH up to 512 octets, and behind an empty
// challenge above (RFC 4954 §4); lines of 12288 octets and more pass.
func TestInitialResponseOnlyWhereItFits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"XOAUTH2", "OAUTHBEARER"}).Draw(rt, "mechanism")
		length := rapid.OneOf(rapid.IntRange(290, 370), rapid.IntRange(1, 9100)).Draw(rt, "length")
		token := strings.Repeat("t", length)
		srv := offering(t, true, bearer(name, func() string { return token }))
		srv.Config.CommandLine = 16384
		var sent atomic.Pointer[string]
		srv.Config.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
			if q.Role == smtp.RoleAuth {
				sent.Store(&q.Line)
			}
			return smtptest.Answer{}, false
		}
		srv.Start()
		m := auth.FirstOf(auth.OAuthBearer("user", auth.StaticToken(token)), auth.XOAuth2("user", auth.StaticToken(token)))
		client, err := smtpclient.Dial(t.Context(), srv.Addr, smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: m})
		if err != nil {
			rt.Fatal(err)
		}
		client.Close()
		srv.Close()
		_, initial, err := auth.Candidates(m, auth.Peer{Mechanisms: []string{name}})[0].Start(t.Context(), auth.Peer{TLS: true, Host: "127.0.0.1", Port: port(srv.Addr)})
		if err != nil {
			rt.Fatal(err)
		}
		whole := "AUTH " + name + " " + base64.StdEncoding.EncodeToString(initial)
		want := whole
		if len(whole)+2 > 512 {
			want = "AUTH " + name
		}
		if got := *sent.Load(); got != want {
			rt.Errorf("%d octets were sent with AUTH, want %d", len(got), len(want))
		}
	})
}

func port(addr string) (n int) {
	fmt.Sscan(addr[strings.LastIndex(addr, ":")+1:], &n)
	return n
}

// RFC 4954 §4.1: with a certificate and nothing more to say the initial response is
// empty, and sent as "=".
func TestExternalByCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"user.example"},
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	srv := offering(t, true, smtptest.Mechanism(auth.ExternalServer(func(p auth.Peer, authzid string) (string, error) {
		if len(p.Certificates) == 0 || authzid != "" {
			return "", auth.ErrDenied
		}
		return p.Certificates[0].DNSNames[0], nil
	})))
	srv.Config.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, ClientAuth: tls.RequestClientCert}
	srv.Start()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	cfg := smtpclient.Config{ServerName: "user.example", Auth: auth.External(""),
		TLSConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}}
	client := dial(t, srv, cfg)
	if _, err := client.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter)); err != nil {
		t.Fatal(err)
	}
	client.Quit(t.Context())
	if m := srv.Messages(); len(m) != 1 || m[0].User != "user.example" {
		t.Errorf("messages %v", m)
	}
	cfg.TLSConfig.Certificates = nil
	if _, err := smtpclient.Dial(t.Context(), srv.Addr, cfg); !errors.Is(err, smtp.ErrPermanent) {
		t.Errorf("without a certificate: %v", err)
	}
}

// What a server must not say in an exchange ends it with "*", and the session goes
// on to QUIT.
func TestExchangesAreCancelled(t *testing.T) {
	for name, c := range map[string]struct {
		m      auth.Mechanism
		match  smtptest.Match
		answer string
		want   string
	}{
		"no base64":         {auth.Scram(auth.SHA256, "", "user", "secret-12345"), smtptest.Match{Role: smtp.RoleAuth}, "334 !!\r\n", "base64"},
		"a text":            {auth.Plain("", "user", "secret-12345"), smtptest.Match{Role: smtp.RoleAuth}, "334 go ahead\r\n", "base64"},
		"one too many":      {auth.Plain("", "user", "secret-12345"), smtptest.Match{Role: smtp.RoleAuth}, "334 \r\n", "a challenge"},
		"wrong nonce":       {auth.Scram(auth.SHA256, "", "user", "secret-12345"), smtptest.Match{Role: smtp.RoleAuth}, "334 cj1hLHM9YWFhYSxpPTQwOTY=\r\n", "nonce"},
		"wrong signature":   {auth.Scram(auth.SHA256, "", "user", "secret-12345"), smtptest.Match{Role: smtp.RoleAuthLine, Nth: 1}, "334 dj1hYWFh\r\n", "signature"},
		"speaks too early":  {auth.XOAuth2("user", auth.StaticToken(strings.Repeat("t", 600))), smtptest.Match{Role: smtp.RoleAuth}, "334 eA==\r\n", "empty challenge"},
		"a question":        {auth.Login("user", "secret-12345"), smtptest.Match{Role: smtp.RoleAuth}, "334 T25lLXRpbWUgY29kZTo=\r\n", "One-time code"},
		"long and no sense": {auth.Scram(auth.SHA1, "", "user", "secret-12345"), smtptest.Match{Role: smtp.RoleAuth}, "334 " + strings.Repeat("YWFh", 3060) + "\r\n", "RFC 5802"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := offering(t, true, append(passwords("PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256"), bearer("XOAUTH2", func() string { return "" }))...)
			srv.On(c.match, smtptest.Answer{Code: 334, Raw: []byte(c.answer)})
			srv.Start()
			_, err := smtpclient.Dial(t.Context(), srv.Addr, smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: c.m})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret-12345") {
				t.Errorf("%v, want %q", err, c.want)
			}
			srv.Close()
			text := ""
			for _, l := range srv.Transcript(1) {
				text += l.String() + "\n"
			}
			if !strings.Contains(text, "C: *\nS: 501") || !strings.Contains(text, "C: QUIT\nS: 221") {
				t.Errorf("want it cancelled, then QUIT:\n%s", text)
			}
		})
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	for _, name := range []string{"XOAUTH2", "OAUTHBEARER"} {
		var fetched atomic.Int32
		tokens := auth.NewTokens(func(context.Context) (auth.Token, error) {
			return auth.NewToken(fmt.Sprint("token-", fetched.Add(1)), time.Time{}), nil
		})
		good := "token-2"
		srv := offering(t, true, bearer(name, func() string { return good }))
		srv.Start()
		cfg := smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: auth.Auto(auth.Credentials{User: "user", Tokens: tokens})}
		client, err := smtpclient.Dial(t.Context(), srv.Addr, cfg)
		if err != nil {
			t.Fatal(err)
		}
		client.Close()
		if n := len(said(srv, 1)); n != 2 || fetched.Load() != 2 {
			t.Errorf("%s: %d logins with %d tokens, want two of each", name, n, fetched.Load())
		}
		good = "another"
		_, err = smtpclient.Dial(t.Context(), srv.Addr, cfg)
		var told *auth.OAuthError
		var refused *smtp.ReplyError
		if !errors.As(err, &told) || told.Scope != "smtp" || !errors.As(err, &refused) || refused.Code != 535 {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(said(srv, 2)); n != 2 || fetched.Load() != 3 {
			t.Errorf("%s: %d logins, %d tokens in all; want two and three", name, n, fetched.Load())
		}
	}
}

// RFC 4954 §4: no AUTH after success, nor in a transaction; and 530 to MAIL says
// that authentication is required (§6).
func TestAuthenticationRequired(t *testing.T) {
	srv := offering(t, true, passwords("PLAIN")...)
	srv.Start()
	client := dial(t, srv, smtpclient.Config{TLSConfig: srv.ClientTLS()})
	_, err := client.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter))
	if !errors.Is(err, smtp.ErrAuthRequired) || !errors.Is(err, smtp.ErrPermanent) || !strings.Contains(err.Error(), "authentication required") {
		t.Errorf("got %v", err)
	}
	in := dial(t, srv, smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: auth.Plain("", "user", "secret-12345")})
	in.Ask(func(s *smtp.Session) {
		if err := s.Allows(s.Op(smtp.RoleAuth)); err == nil {
			t.Error("a second AUTH is allowed after the first succeeded")
		}
	})
}

// RFC 4954 §4.1 and RFC 7628 §4.1 as they stand on the wire.
func TestLinesOfTheRFCs(t *testing.T) {
	take := func(q auth.BearerRequest) (string, error) { return q.User, nil }
	for want, c := range map[string]struct {
		m    auth.Mechanism
		side serverSide
	}{
		"AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=": {auth.Plain("test", "test", "1234"), smtptest.Mechanism(auth.PlainServer(func(_, _, _ string) error { return nil }))},
		"AUTH EXTERNAL =":                 {auth.External(""), smtptest.Mechanism(auth.ExternalServer(func(auth.Peer, string) (string, error) { return "test", nil }))},
		"AUTH OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB": {
			auth.OAuthBearer("user@example.com", auth.StaticToken("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")), smtptest.Mechanism(auth.OAuthBearerServer(take))},
	} {
		srv := offering(t, true, c.side)
		var got string
		srv.Config.Name = "server.example.com"
		srv.Config.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
			if q.Role == smtp.RoleAuth {
				got = q.Line
			}
			return smtptest.Answer{}, false
		}
		cfg := smtpclient.Config{ServerName: "server.example.com", TLSConfig: srv.ClientTLS(), Auth: c.m,
			Dialer: dialFunc(func(context.Context, string, string) (net.Conn, error) { return srv.Pipe(), nil })}
		client, err := smtpclient.Dial(t.Context(), "server.example.com:587", cfg)
		if err != nil {
			t.Fatal(err)
		}
		client.Close()
		srv.Close()
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
