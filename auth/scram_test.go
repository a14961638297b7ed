package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/auth"
)

// vectors are the exchanges of RFC 5802 §5 and RFC 7677 §3.
var vectors = []struct {
	hash                                          auth.Hash
	clientNonce, serverNonce, salt                string
	clientFirst, serverFirst, clientFinal, server string
}{
	{
		auth.SHA1, "fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92",
		"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
		"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
		"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
	},
	{
		auth.SHA256, "rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "W22ZaJ0SNY7soEsUEjb6gQ==",
		"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
		"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
		"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
	},
}

func TestScramSaysTheOctetsOfTheRFCs(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.hash.String(), func(t *testing.T) {
			x, initial, err := auth.WithNonce(auth.Scram(v.hash, "", "user", "pencil"), v.clientNonce).Start(context.Background(), auth.Peer{})
			if err != nil || string(initial) != v.clientFirst {
				t.Fatalf("first %q, %v; want %q", initial, err, v.clientFirst)
			}
			final, err := x.Next([]byte(v.serverFirst))
			if err != nil || string(final) != v.clientFinal {
				t.Fatalf("last %q, %v; want %q", final, err, v.clientFinal)
			}
			if err := x.Finish(); !errors.Is(err, auth.ErrExchange) {
				t.Errorf("success before the server's proof was believed: %v", err)
			}
			if last, err := x.Next([]byte(v.server)); err != nil || last == nil || len(last) != 0 {
				t.Errorf("the server's signature was answered %q, %v; want an empty answer", last, err)
			}
			if err := x.Finish(); err != nil {
				t.Errorf("success was not believed: %v", err)
			}
		})
	}
}

func TestScramServerSaysTheOctetsOfTheRFCs(t *testing.T) {
	for _, v := range vectors {
		salt, err := base64.StdEncoding.DecodeString(v.salt)
		if err != nil {
			t.Fatal(err)
		}
		secret, err := auth.NewScramSecret(v.hash, "pencil", salt, 4096)
		if err != nil {
			t.Fatal(err)
		}
		server := auth.WithServerNonce(auth.ScramServer(v.hash, func(authzid, user string) (auth.ScramSecret, error) {
			if authzid != "" || user != "user" {
				t.Errorf("looked up %q, %q", authzid, user)
			}
			return secret, nil
		}), v.serverNonce)
		x := auth.StartServer(server, auth.Peer{})
		for _, step := range [][2]string{{v.clientFirst, v.serverFirst}, {v.clientFinal, v.server}} {
			challenge, done, err := x.Next([]byte(step[0]))
			if string(challenge) != step[1] || done || err != nil {
				t.Fatalf("%q was answered %q, %v, %v; want %q", step[0], challenge, done, err, step[1])
			}
		}
		if _, done, err := x.Next([]byte{}); !done || err != nil {
			t.Errorf("at the end: %v, %v", done, err)
		}
		if user := x.(auth.Identified).User(); user != "user" {
			t.Errorf("authenticated %q", user)
		}
	}
}

// The gs2 flag says what the client knows of channel bindings (RFC 5802 §6).
func TestScramFlags(t *testing.T) {
	bound := []auth.ChannelBinding{{Type: auth.TLSExporter, Data: []byte("EKM")}, {Type: auth.TLSServerEndPoint, Data: []byte("hash")}}
	plain, plus := auth.Scram(auth.SHA256, "", "user", "pencil"), auth.ScramPlus(auth.SHA256, "", "user", "pencil")
	for _, c := range []struct {
		name string
		m    auth.Mechanism
		peer auth.Peer
		want string
	}{
		{"no TLS", plain, auth.Peer{Mechanisms: []string{"SCRAM-SHA-256"}}, "n,,"},
		{"not offered", plain, auth.Peer{Bindings: bound, Mechanisms: []string{"SCRAM-SHA-256", "SCRAM-SHA-1-PLUS"}}, "y,,"},
		{"offered, not taken", plain, auth.Peer{Bindings: bound, Mechanisms: []string{"SCRAM-SHA-256", "scram-sha-256-plus"}}, "n,,"},
		{"bound", plus, auth.Peer{Bindings: bound}, "p=tls-exporter,,"},
		{"bound to the other", auth.BindTo(plus, auth.TLSUnique, auth.TLSServerEndPoint), auth.Peer{Bindings: bound}, "p=tls-server-end-point,,"},
		{"as another", auth.Scram(auth.SHA256, "o=u,r", "user", "pencil"), auth.Peer{}, "n,a=o=3Du=2Cr,"},
	} {
		x, initial, err := c.m.Start(context.Background(), c.peer)
		if err != nil || !strings.HasPrefix(string(initial), c.want+"n=user,r=") {
			t.Errorf("%s: %q, %v; want %q", c.name, initial, err, c.want)
			continue
		}
		nonce := string(initial[strings.LastIndex(string(initial), "r=")+2:])
		final, err := x.Next([]byte("r=" + nonce + "x,s=QSXCR+Q6sek8bf92,i=4096"))
		data := ""
		switch {
		case strings.HasPrefix(c.want, "p=tls-exporter"):
			data = "EKM"
		case strings.HasPrefix(c.want, "p="):
			data = "hash"
		}
		if want := "c=" + base64.StdEncoding.EncodeToString([]byte(c.want+data)) + ",r="; err != nil || !strings.HasPrefix(string(final), want) {
			t.Errorf("%s: %q, %v; want %q", c.name, final, err, want)
		}
	}
	for _, m := range []auth.Mechanism{plus, auth.BindTo(plus, auth.TLSUnique)} {
		peer := auth.Peer{TLS: true}
		if m != plus {
			peer.Bindings = bound
		}
		if _, initial, err := m.Start(context.Background(), peer); !errors.Is(err, auth.ErrUnbound) || initial != nil {
			t.Errorf("without a binding: %q, %v", initial, err)
		}
	}
}

// A server that offers -PLUS refuses a client that says it saw no such offer; and
// one whose end of the channel is another notices.
func TestScramServerNoticesWhoIsInTheMiddle(t *testing.T) {
	here := auth.Peer{Bindings: []auth.ChannelBinding{{Type: auth.TLSExporter, Data: []byte("one")}}}
	there := auth.Peer{Bindings: []auth.ChannelBinding{{Type: auth.TLSExporter, Data: []byte("two")}}}
	other := auth.Peer{Bindings: []auth.ChannelBinding{{Type: auth.TLSUnique, Data: []byte("one")}}}
	offering := here
	offering.Mechanisms = []string{"SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"}
	bare, plus := auth.Scram(auth.SHA1, "", "tim", password), auth.ScramPlus(auth.SHA1, "", "tim", password)
	bareServer, plusServer := auth.ScramServer(auth.SHA1, secretOf(auth.SHA1)), auth.ScramPlusServer(auth.SHA1, secretOf(auth.SHA1))
	for _, c := range []struct {
		name           string
		client         auth.Mechanism
		at             auth.Peer
		server         auth.ServerMechanism
		serverAt       auth.Peer
		wantErr, cause string
	}{
		{"one channel", plus, here, plusServer, here, "", ""},
		{"two channels", plus, here, plusServer, there, "another connection", "channel-bindings-dont-match"},
		{"unknown type", plus, here, plusServer, other, "unsupported-channel-binding-type", ""},
		{"offer taken away", bare, here, bareServer, offering, "somebody took it away", ""},
		{"offer seen", bare, offering, bareServer, offering, "", ""},
		{"not bound", bare, here, plusServer, here, "does not bind", ""},
		{"bound without -PLUS", plus, here, bareServer, here, "without -PLUS", ""},
	} {
		err, cause := runAt(c.client, c.at, c.server, c.serverAt)
		if (err == nil) != (c.wantErr == "") || err != nil && (!strings.Contains(err.Error(), c.wantErr) || !errors.Is(err, auth.ErrDenied)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.wantErr)
		}
		if c.cause != "" && (cause == nil || !strings.Contains(cause.Error(), c.cause)) {
			t.Errorf("%s: the client was told %v, want %q", c.name, cause, c.cause)
		}
	}
}

// runAt plays an exchange in which client and server see the peer that each is
// given. err is the server's verdict, cause what the client makes of a refusal.
func runAt(client auth.Mechanism, at auth.Peer, server auth.ServerMechanism, serverAt auth.Peer) (err, cause error) {
	x, response, err := client.Start(context.Background(), at)
	if err != nil {
		return err, nil
	}
	s := auth.StartServer(server, serverAt)
	for range 10 {
		challenge, done, err := s.Next(response)
		if err != nil {
			_, cause := auth.Refused(x, errors.New("refused"))
			return err, cause
		}
		if done {
			return x.Finish(), nil
		}
		if response, err = x.Next(challenge); err != nil {
			return err, nil
		}
	}
	return errors.New("no end after ten rounds"), nil
}

func secretOf(h auth.Hash) auth.ScramLookup {
	secret, err := auth.NewScramSecret(h, password, []byte("0123456789abcdef"), 4096)
	if err != nil {
		panic(err)
	}
	return func(authzid, user string) (auth.ScramSecret, error) {
		if user != "tim" || authzid != "" {
			return auth.ScramSecret{}, fmt.Errorf("no user %q: %w", user, auth.ErrDenied)
		}
		return secret, nil
	}
}

// A client can't tell a user that there is not from a wrong password.
func TestScramServerHidesWhichUsersThereAre(t *testing.T) {
	server := auth.ScramServer(auth.SHA256, secretOf(auth.SHA256))
	said := func(user, pass string) (salt, final string, verdict error) {
		x, initial, err := auth.Scram(auth.SHA256, "", user, pass).Start(context.Background(), auth.Peer{})
		if err != nil {
			t.Fatal(err)
		}
		s := server.Start()
		first, _, err := s.Next(initial)
		if err != nil {
			t.Fatal(err)
		}
		response, err := x.Next(first)
		if err != nil {
			t.Fatal(err)
		}
		last, _, err := s.Next(response)
		if err != nil {
			t.Fatal(err)
		}
		_, _, verdict = s.Next([]byte{})
		_, salt, _ = strings.Cut(string(first), ",")
		return salt, string(last), verdict
	}
	_, wrong, verdict := said("tim", "guess")
	salt, unknown, verdict2 := said("nobody", "guess")
	again, _, _ := said("nobody", "another")
	if wrong != "e=invalid-proof" || unknown != wrong || salt != again || len(salt) < 20 {
		t.Errorf("wrong password %q, no such user %q with %q, then %q", wrong, unknown, salt, again)
	}
	if !errors.Is(verdict, auth.ErrDenied) || verdict2 == nil || !strings.Contains(verdict2.Error(), "nobody") {
		t.Errorf("verdicts %v and %v", verdict, verdict2)
	}
}

func TestScramRefusesWhatAServerMustNotSay(t *testing.T) {
	const nonce = "clientnonce"
	first := func(s string) string { return strings.ReplaceAll(s, "N", nonce) }
	good := first("r=Nserver,s=QSXCR+Q6sek8bf92,i=4096")
	for _, challenge := range []string{
		"", "r=N", "e=other-error", first("r=N,s=QSXCR+Q6sek8bf92,i=4096"), "r=server,s=QSXCR+Q6sek8bf92,i=4096",
		first("r=Nserver,s=QSXCR+Q6sek8bf92,i=4095"), first("r=Nserver,s=QSXCR+Q6sek8bf92,i=1"), first("r=Nserver,s=QSXCR+Q6sek8bf92,i=2000001"),
		first("r=Nserver,s=QSXCR+Q6sek8bf92,i=99999999999999999999"), first("r=Nserver,s=QSXCR+Q6sek8bf92,i=-4096"),
		first("r=Nserver,s=QSXCR+Q6sek8bf92,i=04096"), first("r=Nserver,s=QSXCR+Q6sek8bf92,i=4096x"), first("r=Nserver,s=,i=4096"),
		first("r=Nserver,s=!,i=4096"), first("r=Nserver,s=QSXC\r\nR+Q6sek8bf92,i=4096"), first("m=x,r=Nserver,s=QSXCR+Q6sek8bf92,i=4096"),
		first("r=Nserver,s=QSXCR+Q6sek8bf92,i=4096,m=x"), first("r=Nser ver,s=QSXCR+Q6sek8bf92,i=4096"), first("s=QSXCR+Q6sek8bf92,r=Nserver,i=4096"),
		"\xff\xfe",
	} {
		x, _, err := auth.WithNonce(auth.Scram(auth.SHA1, "", "user", "pencil"), nonce).Start(context.Background(), auth.Peer{})
		if err != nil {
			t.Fatal(err)
		}
		if response, err := x.Next([]byte(challenge)); !errors.Is(err, auth.ErrExchange) || response != nil {
			t.Errorf("%q was answered %q, %v", challenge, response, err)
		}
		if err := x.Finish(); !errors.Is(err, auth.ErrExchange) {
			t.Errorf("after %q success was believed", challenge)
		}
	}
	for _, last := range []string{"", "v=", "v=AAAA", "v=rmF9pqV8S7suAoZWja4dJRkFsKQ", "x=1"} {
		x, _, _ := auth.WithNonce(auth.Scram(auth.SHA1, "", "user", "pencil"), nonce).Start(context.Background(), auth.Peer{})
		if _, err := x.Next([]byte(good + ",x=an extension")); err != nil {
			t.Fatal(err)
		}
		if response, err := x.Next([]byte(last)); !errors.Is(err, auth.ErrExchange) || response != nil {
			t.Errorf("%q was answered %q, %v", last, response, err)
		}
		if err := x.Finish(); !errors.Is(err, auth.ErrExchange) {
			t.Errorf("after %q success was believed", last)
		}
	}
	for last, want := range map[string]string{"e=unknown-user": "unknown-user", "e=pencil": "other-error", "e=no-resources,x=y": "no-resources"} {
		x, _, _ := auth.WithNonce(auth.Scram(auth.SHA1, "", "user", "pencil"), nonce).Start(context.Background(), auth.Peer{})
		if _, err := x.Next([]byte(good)); err != nil {
			t.Fatal(err)
		}
		response, err := x.Next([]byte(last))
		if err != nil || len(response) != 0 || response == nil {
			t.Errorf("the error was answered %q, %v; want an empty answer", response, err)
		}
		refusal := errors.New("535")
		if again, err := auth.Refused(x, refusal); again || !errors.Is(err, refusal) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: %v, want %q", last, err, want)
		}
		if x.Finish() == nil {
			t.Errorf("success after %q was believed", last)
		}
	}
}

func TestScramServerRefusesWhatAClientMustNotSay(t *testing.T) {
	server := auth.ScramServer(auth.SHA1, secretOf(auth.SHA1))
	for _, message := range []string{
		"", "n,,", "n,,n=tim", "x,,n=tim,r=abc", "p=,,n=tim,r=abc", "n,tim,n=tim,r=abc", "n,a=,n=tim,r=abc", "n,,n=,r=abc", "n,,n=t=im,r=abc",
		"n,,n=t=2cim,r=abc", "n,,m=1,n=tim,r=abc", "n,,n=tim,r=", "n,,n=tim,r=a b", "n,,n=tim,r=abc,m=1", "n,,r=abc,n=tim", "n,,n=\xff,r=abc", "n,,n=t\x00m,r=abc",
	} {
		if _, done, err := server.Start().Next([]byte(message)); done || !errors.Is(err, auth.ErrExchange) {
			t.Errorf("%q: %v, %v", message, done, err)
		}
	}
	for _, message := range []string{"", "c=biws", "c=biws,p=", "c=!,r=abcSERVER,p=AAAA", "c=biws,r=abcSERVER,p=!", "c=biws,x=1,p=AAAA", "c=biws,r=abcSERVER,m=1,p=AAAA"} {
		x := auth.WithServerNonce(server, "SERVER").Start()
		if _, _, err := x.Next([]byte("n,,n=tim,r=abc")); err != nil {
			t.Fatal(err)
		}
		if _, done, err := x.Next([]byte(message)); done || !errors.Is(err, auth.ErrExchange) {
			t.Errorf("%q: %v, %v", message, done, err)
		}
	}
	for _, message := range []string{"c=biws,r=abcOTHER,p=AAAA", "c=biws,r=abcSERVER,p=AAAA", "c=eSws,r=abcSERVER,p=AAAA", "c=biws,r=abcSERVER,p="} {
		x := auth.WithServerNonce(server, "SERVER").Start()
		if _, _, err := x.Next([]byte("n,,n=tim,r=abc")); err != nil {
			t.Fatal(err)
		}
		if challenge, done, err := x.Next([]byte(message)); done || err != nil || !strings.HasPrefix(string(challenge), "e=") {
			t.Errorf("%q: %q, %v, %v", message, challenge, done, err)
		}
		if _, done, err := x.Next([]byte{}); done || !errors.Is(err, auth.ErrDenied) {
			t.Errorf("%q, then: %v, %v", message, done, err)
		}
	}
}

// RFC 4013 §3.
func TestScramAppliesSASLprep(t *testing.T) {
	for user, want := range map[string]string{
		"I\u00adX": "IX", "user": "user", "USER": "USER", "\u00aa": "a", "\u2168": "IX", "a\u00a0b": "a b",
	} {
		_, initial, err := auth.Scram(auth.SHA256, "", user, "pencil").Start(context.Background(), auth.Peer{})
		if err != nil || !strings.HasPrefix(string(initial), "n,,n="+want+",r=") {
			t.Errorf("%q: %q, %v; want %q", user, initial, err, want)
		}
		var got string
		server := auth.ScramServer(auth.SHA256, func(_, user string) (auth.ScramSecret, error) { got = user; return auth.ScramSecret{}, auth.ErrDenied })
		if _, _, err := server.Start().Next([]byte("n,,n=" + user + ",r=abc")); err != nil || got != want {
			t.Errorf("the server looked up %q, %v; want %q", got, err, want)
		}
	}
	for _, bad := range []string{"\u0007", "\u0627\u0031", "\u00ad", "", "a\x00", "\xff"} {
		for _, m := range []auth.Mechanism{auth.Scram(auth.SHA1, "", bad, "pencil"), auth.Scram(auth.SHA1, "", "user", bad), auth.Scram(auth.SHA1, bad+"\u0007", "user", "pencil")} {
			if _, initial, err := m.Start(context.Background(), auth.Peer{}); !errors.Is(err, auth.ErrCredentials) || initial != nil {
				t.Errorf("%q: %q, %v", bad, initial, err)
			}
		}
	}
	// Unicode 3.2 does not know U+1F40E: as a name it is looked up, as a password it
	// can't be kept (RFC 5802 §2.2, §5.1).
	if _, _, err := auth.Scram(auth.SHA1, "", "\U0001f40e", "pencil").Start(context.Background(), auth.Peer{}); err != nil {
		t.Errorf("a name with a character newer than Unicode 3.2: %v", err)
	}
	if _, _, err := auth.Scram(auth.SHA1, "", "user", "\U0001f40e").Start(context.Background(), auth.Peer{}); !errors.Is(err, auth.ErrCredentials) {
		t.Errorf("a password with a character newer than Unicode 3.2: %v", err)
	}
}

// Both sides agree on all names, and a password that is not the right one is never
// taken.
func TestScramBothSidesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.SampledFrom([]auth.Hash{auth.SHA1, auth.SHA256, auth.SHA512}).Draw(t, "hash")
		text := rapid.StringMatching(`[ -~]{1,20}`)
		user, authzid, pass := text.Draw(t, "user"), rapid.SampledFrom([]string{"", "=,", "other"}).Draw(t, "authzid"), text.Draw(t, "password")
		try := rapid.OneOf(rapid.Just(pass), text).Draw(t, "tried")
		secret, err := auth.NewScramSecret(h, pass, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		lookup := func(a, u string) (auth.ScramSecret, error) {
			if a != authzid || u != user {
				t.Fatalf("looked up %q, %q", a, u)
			}
			return secret, nil
		}
		peer := auth.Peer{Bindings: []auth.ChannelBinding{{Type: auth.TLSExporter, Data: rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "ekm")}}}
		client, server := auth.Scram(h, authzid, user, try), auth.ScramServer(h, lookup)
		if rapid.Bool().Draw(t, "plus") {
			client, server = auth.ScramPlus(h, authzid, user, try), auth.ScramPlusServer(h, lookup)
		}
		if err, _ := runAt(client, peer, server, peer); (err == nil) != (try == pass) {
			t.Fatalf("password %q, tried %q: %v", pass, try, err)
		}
	})
}

func FuzzScram(f *testing.F) {
	for _, v := range vectors {
		f.Add([]byte(v.serverFirst), []byte(v.server), []byte(v.clientFirst), []byte(v.clientFinal))
	}
	f.Add([]byte("r=N,s=QSXCR+Q6sek8bf92,i=4096,x=y"), []byte("e=other-error"), []byte("p=tls-exporter,a=x,n=u=2C,r=q"), []byte("c=biws,r=q,p=AAAA"))
	f.Fuzz(func(t *testing.T, one, two, three, four []byte) {
		x, _, err := auth.WithNonce(auth.Scram(auth.SHA1, "", "tim", password), "fyko+d2lbbFgONRv9qkxdawL").Start(context.Background(), auth.Peer{})
		if err != nil {
			t.Fatal(err)
		}
		for _, challenge := range [][]byte{one, two} {
			if _, err := x.Next(challenge); err != nil {
				if !errors.Is(err, auth.ErrExchange) || leaks(err.Error()) {
					t.Fatalf("%q: %v", challenge, err)
				}
				break
			}
		}
		if x.Finish() == nil && strings.HasPrefix(string(two), "e=") {
			t.Fatal("success after an error was believed")
		}
		s := auth.StartServer(auth.ScramServer(auth.SHA1, secretOf1), auth.Peer{})
		for _, response := range [][]byte{three, four, {}} {
			_, done, err := s.Next(response)
			if done {
				t.Fatalf("the server took %q, %q for a proof", three, four)
			}
			if err != nil {
				break
			}
		}
	})
}

var secretOf1 = secretOf(auth.SHA1)
