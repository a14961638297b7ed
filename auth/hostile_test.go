package auth_test

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/auth"
)

// every is each mechanism of the package, with password or token the same secret.
func every(user, secret string) []auth.Mechanism {
	list := []auth.Mechanism{
		auth.Plain("", user, secret), auth.Login(user, secret), auth.CramMD5(user, secret),
		auth.XOAuth2(user, auth.StaticToken(secret)), auth.OAuthBearer(user, auth.StaticToken(secret)),
		auth.External(user), auth.Anonymous(user),
	}
	for _, h := range []auth.Hash{auth.SHA1, auth.SHA256, auth.SHA512} {
		list = append(list, auth.Scram(h, "", user, secret), auth.ScramPlus(h, "", user, secret))
	}
	return list
}

var bound = auth.Peer{
	TLS: true, Host: "mx.example", Port: 587, Mechanisms: []string{"PLAIN"},
	Bindings: []auth.ChannelBinding{{Type: auth.TLSExporter, Data: []byte("0123456789abcdef0123456789abcdef")}},
}

// forms are how a secret could show: itself, encoded, hashed.
func forms(secret, user string) (list []string) {
	for _, raw := range []string{secret, "\x00" + user + "\x00" + secret} {
		list = append(list, raw, base64.StdEncoding.EncodeToString([]byte(raw)), hex.EncodeToString([]byte(raw)))
	}
	one, two, three, five := md5.Sum([]byte(secret)), sha1.Sum([]byte(secret)), sha256.Sum256([]byte(secret)), sha512.Sum512([]byte(secret))
	for _, sum := range [][]byte{one[:], two[:], three[:], five[:]} {
		list = append(list, string(sum), hex.EncodeToString(sum), base64.StdEncoding.EncodeToString(sum))
	}
	return list
}

// TestAnyChallengeIsAnsweredOrRefused: whatever a server sends, an exchange ends,
// and no error shows the secret, not even where the server repeats it.
func TestAnyChallengeIsAnsweredOrRefused(t *testing.T) {
	const user, secret = "tim", "korrekt-Pferd-Batterie"
	hidden := forms(secret, user)
	rapid.Check(t, func(t *rapid.T) {
		for _, m := range every(user, secret) {
			x, initial, err := m.Start(context.Background(), bound)
			if err != nil {
				t.Fatal(err)
			}
			nonce := ""
			if at := strings.LastIndex(string(initial), "r="); at >= 0 {
				nonce = string(initial[at+2:])
			}
			challenge := rapid.OneOf(
				rapid.SliceOf(rapid.Byte()),
				rapid.Map(rapid.SampledFrom(hidden), func(s string) []byte { return []byte(s) }),
				rapid.Map(rapid.StringMatching(`(r=N[a-z]{0,3},s=[A-Za-z0-9+/]{4},i=(4096|4097|1|0|9{9})(,x=y)?|v=[A-Za-z0-9+/]{28}|e=[a-z-]*|(User|Pass|)[a-z:]*|\{"status":"[a-z0-9]*"\})`),
					func(s string) []byte { return []byte(strings.Replace(s, "N", nonce, 1)) }),
			)
			said := []string{fmt.Sprintf("%v %+v %#v", m, x, x)}
			for round := 0; ; round++ {
				if round > 3 {
					t.Fatalf("%s answers for ever", m.Name())
				}
				response, err := x.Next(challenge.Draw(t, m.Name()))
				if err != nil {
					if !errors.Is(err, auth.ErrExchange) || response != nil {
						t.Fatalf("%s: %q, %v", m.Name(), response, err)
					}
					said = append(said, err.Error())
					break
				}
			}
			if err := x.Finish(); err != nil {
				said = append(said, err.Error())
			}
			_, refused := auth.Refused(x, errors.New("535"))
			said = append(said, refused.Error())
			for _, text := range said {
				for _, form := range hidden {
					if strings.Contains(text, form) {
						t.Fatalf("%s shows the secret as %q: %s", m.Name(), form, text)
					}
				}
			}
		}
	})
}

// TestPasswordServersAndAutoAgree: each mechanism that a choice comes to, against
// the server's side of it: right password, wrong password, user unknown, and
// without an initial response.
func TestPasswordServersAndAutoAgree(t *testing.T) {
	lookup := func(authzid, user string) (string, error) {
		if user != "tim" || authzid != "" {
			return "", auth.ErrDenied
		}
		return password, nil
	}
	for _, server := range auth.PasswordServers("mx.example", lookup) {
		for _, c := range []struct {
			user, password string
			want           error
		}{{"tim", password, nil}, {"tim", "guess", auth.ErrDenied}, {"eve", password, auth.ErrDenied}} {
			peer := bound
			peer.Mechanisms = []string{server.Name()}
			list := auth.Candidates(auth.Auto(auth.Credentials{User: c.user, Password: c.password}), peer)
			if len(list) != 1 {
				t.Fatalf("%s: candidates %q", server.Name(), names(list))
			}
			for _, withhold := range []bool{false, true} {
				err, _ := runAt(list[0], peer, server, peer)
				if withhold {
					err = run(list[0], boundServer{server, peer}, true)
				}
				if !errors.Is(err, c.want) {
					t.Errorf("%s as %q with %q: %v, want %v", server.Name(), c.user, c.password, err, c.want)
				}
			}
		}
	}
}

// A boundServer knows its end of the channel from the start.
type boundServer struct {
	auth.ServerMechanism
	peer auth.Peer
}

func (m boundServer) Start() auth.ServerExchange { return auth.StartServer(m.ServerMechanism, m.peer) }
