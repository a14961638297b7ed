//go:build realservers

package servers_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// The token that a server with OAuth takes (ctl.sh).
const token = "testtoken"

// byName are the mechanisms of package auth. Secret is the password, or the token.
func byName(name, user, secret string) auth.Mechanism {
	hashes := map[string]auth.Hash{"SCRAM-SHA-1": auth.SHA1, "SCRAM-SHA-256": auth.SHA256, "SCRAM-SHA-512": auth.SHA512}
	switch bare, plus := strings.CutSuffix(name, "-PLUS"); {
	case plus:
		return auth.ScramPlus(hashes[bare], "", user, secret)
	case hashes[name] != 0:
		return auth.Scram(hashes[name], "", user, secret)
	}
	switch name {
	case "PLAIN":
		return auth.Plain("", user, secret)
	case "LOGIN":
		return auth.Login(user, secret)
	case "CRAM-MD5":
		return auth.CramMD5(user, secret)
	case "XOAUTH2":
		return auth.XOAuth2(user, auth.StaticToken(secret))
	case "OAUTHBEARER":
		return auth.OAuthBearer(user, auth.StaticToken(secret))
	}
	return nil
}

// cancelled is a mechanism that gives up at the first challenge, to which every
// mechanism can be brought by not saying anything at first.
type cancelled struct{ auth.Mechanism }

var errGivenUp = errors.New("given up")

func (cancelled) Start(context.Context, auth.Peer) (auth.Exchange, []byte, error) {
	return cancelledExchange{}, nil, nil
}

type cancelledExchange struct{}

func (cancelledExchange) Next([]byte) ([]byte, error) { return nil, errGivenUp }
func (cancelledExchange) Finish() error               { return nil }

// What servers say otherwise than RFC 4954 has it.
var (
	// cancelCode is the answer to "*", where it is not 501 (§4). To Haraka's LOGIN it is
	// a user's name: it asks for the password, and the driver closes the connection.
	cancelCode = map[string]string{"courier": "535", "haraka": "504", "haraka LOGIN": "334"}
	// unknownCode is the answer to a user that there is not, where it is not 535: mox
	// gives a temporary failure in SCRAM, since it has no salt for him.
	unknownCode = map[string]int{"mox SCRAM": 454}
)

// TestAuth logs in to each server by each mechanism that it offers and this
// library has: with the right password, a wrong one, as a user that there is not, and
// giving up half way.
func TestAuth(t *testing.T) {
	names := strings.Fields(*chosen)
	if len(names) == 0 {
		names = strings.Fields(control(t, "list", "auth"))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s := start(t, name)
			tried := 0
			for _, mechanism := range strings.Fields(s.extensions["AUTH"]) {
				if byName(mechanism, "", "") == nil {
					t.Logf("%s offers %s, which this library has not", name, mechanism)
					continue
				}
				tried++
				t.Run(mechanism, func(t *testing.T) { s.logIn(t, mechanism) })
			}
			if tried == 0 {
				t.Errorf("%s offers AUTH %q, of which this library has none", name, s.extensions["AUTH"])
			}
			t.Run("strongest", func(t *testing.T) {
				said, _, err := s.dial(t, auth.Auto(auth.Credentials{User: s.user, Password: s.password}), tls.VersionTLS13)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s: %s", name, said[0])
			})
		})
	}
}

func (s *server) logIn(t *testing.T, mechanism string) {
	secret := s.password
	if mechanism == "XOAUTH2" || mechanism == "OAUTHBEARER" {
		secret = token
	}
	versions := []uint16{tls.VersionTLS13}
	if strings.HasSuffix(mechanism, "-PLUS") {
		versions = append(versions, tls.VersionTLS12) // another channel binding
	}
	for _, version := range versions {
		for _, c := range []struct {
			name string
			m    auth.Mechanism
			good bool
		}{
			{"right", byName(mechanism, s.user, secret), true},
			{"wrong", byName(mechanism, s.user, "not-the-secret"), false},
			{"unknown user", byName(mechanism, "nosuch@"+s.user[strings.Index(s.user, "@")+1:], secret), false},
		} {
			began := time.Now()
			said, replies, err := s.dial(t, c.m, version)
			took := time.Since(began).Milliseconds()
			var refused *smtp.ReplyError
			switch {
			case c.good && err != nil:
				t.Errorf("%s: %v", c.name, err)
			case !c.good && (!errors.As(err, &refused) || refused.Code != s.refusal(mechanism, c.name)):
				t.Errorf("%s: expected %d, got %v", c.name, s.refusal(mechanism, c.name), err)
			}
			t.Logf("%s, %s, %s: %s after %d challenges, %d ms", mechanism, tls.VersionName(version), c.name, replies[len(replies)-1], len(replies)-1, took)
			if all := fmt.Sprint(said, replies, err); strings.Contains(all, secret) || strings.Contains(all, base64.StdEncoding.EncodeToString([]byte(secret))) {
				t.Errorf("%s: the secret shows: %s", c.name, all)
			}
			var told *auth.OAuthError
			if secret == token && c.name == "wrong" && !errors.As(err, &told) {
				t.Errorf("%s: the server's reason is not told: %v", c.name, err)
			}
		}
	}
	said, replies, err := s.dial(t, cancelled{byName(mechanism, s.user, secret)}, tls.VersionTLS13)
	last, code := replies[len(replies)-1], cmp.Or(cancelCode[s.name+" "+mechanism], cancelCode[s.name], "501")
	if !errors.Is(err, errGivenUp) || said[len(said)-1] != "*" || !strings.HasPrefix(last, code) {
		t.Errorf("given up: said %q, got %q, %v; expected * and %s", said, last, err, code)
	}
	t.Logf("%s, given up: %s", mechanism, last)
}

// refusal is the code that a login is refused with.
func (s *server) refusal(mechanism, why string) int {
	family, _, _ := strings.Cut(mechanism, "-SHA-")
	if code, ok := unknownCode[s.name+" "+family]; ok && why == "unknown user" {
		return code
	}
	return 535
}

// dial connects and logs in. said are the client's lines from AUTH on, replies the
// server's answers to them, until QUIT.
func (s *server) dial(t *testing.T, m auth.Mechanism, version uint16) (said, replies []string, err error) {
	t.Helper()
	octets, err := os.ReadFile(s.certificate)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(octets)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	quit := false
	c, err := smtpclient.Dial(ctx, s.address, smtpclient.Config{
		TLSConfig: &tls.Config{RootCAs: roots, ServerName: "localhost", MaxVersion: version}, ServerName: "localhost", LocalName: "client.example.test", Auth: m,
		Trace: func(ev smtpclient.TraceEvent) {
			quit = quit || ev.Sent && ev.Text == "QUIT"
			switch {
			case quit:
			case ev.Sent && (len(said) > 0 || strings.HasPrefix(ev.Text, "AUTH ")):
				said = append(said, ev.Text)
			case !ev.Sent && len(said) > 0:
				replies = append(replies, ev.Text)
			}
		},
	})
	if len(replies) == 0 {
		t.Fatalf("AUTH was never answered: %v", err)
	}
	if err == nil {
		c.Quit(ctx)
	}
	return said, replies, err
}
