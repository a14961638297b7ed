package peers_test

import (
	"errors"
	"testing"

	"github.com/emersion/go-sasl"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/auth"
)

var errDenied = errors.New("errDenied")

// A seen is what a server was asked about.
type seen struct{ authzid, user, secret string }

// A pair is a mechanism that both have.
type pair struct {
	client     sasl.Client
	server     sasl.Server // nil: go-sasl has none
	ours       auth.Mechanism
	oursServer auth.ServerMechanism
	want       seen // what a server has to ask about
}

// pairs are the mechanisms that both have, as client and as server. Each server
// notes what it was asked.
func pairs(d seen, ask func(seen) error) map[string]pair {
	external := seen{authzid: d.authzid}
	trace := seen{user: d.user}
	bearer := seen{user: d.user, secret: d.secret}
	return map[string]pair{
		"PLAIN": {
			sasl.NewPlainClient(d.authzid, d.user, d.secret),
			sasl.NewPlainServer(func(a, u, p string) error { return ask(seen{a, u, p}) }),
			auth.Plain(d.authzid, d.user, d.secret),
			auth.PlainServer(func(a, u, p string) error { return ask(seen{a, u, p}) }), d,
		},
		"LOGIN": {
			sasl.NewLoginClient(d.user, d.secret), nil, nil,
			auth.LoginServer(func(a, u, p string) error { return ask(seen{a, u, p}) }), bearer,
		},
		"EXTERNAL": {
			sasl.NewExternalClient(d.authzid),
			sasl.NewExternalServer(func(a string) error { return ask(seen{authzid: a}) }),
			auth.External(d.authzid),
			auth.ExternalServer(func(_ auth.Peer, a string) (string, error) { return a, ask(seen{authzid: a}) }), external,
		},
		"ANONYMOUS": {
			sasl.NewAnonymousClient(d.user),
			sasl.NewAnonymousServer(func(trace string) error { return ask(seen{user: trace}) }),
			auth.Anonymous(d.user),
			auth.AnonymousServer(func(trace string) error { return ask(seen{user: trace}) }), trace,
		},
		"OAUTHBEARER": {
			sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: d.user, Token: d.secret, Host: "mx.example", Port: 587}),
			sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
				if o.Host != "mx.example" || o.Port != 587 || ask(seen{user: o.Username, secret: o.Token}) != nil {
					return &sasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer"}
				}
				return nil
			}),
			auth.OAuthBearer(d.user, auth.StaticToken(d.secret)),
			auth.OAuthBearerServer(func(q auth.BearerRequest) (string, error) {
				if q.Host != "mx.example" || q.Port != 587 {
					return "", errDenied
				}
				return q.User, ask(seen{user: q.User, secret: q.Token})
			}), bearer,
		},
	}
}

// TestSASL plays each mechanism both ways: their client to our server, and our
// client to their server.
func TestSASL(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z0-9.ü-]{1,20}`)
		d := seen{rapid.OneOf(rapid.Just(""), text).Draw(t, "authzid"), text.Draw(t, "user"), rapid.StringMatching(`[!-~]{12,40}`).Draw(t, "secret")}
		good := rapid.Bool().Draw(t, "good")
		var asked []seen
		for name, p := range pairs(d, func(s seen) error {
			asked = append(asked, s)
			if good {
				return nil
			}
			return errDenied
		}) {
			asked = nil
			if err := theirClient(p.client, p.oursServer); (err == nil) != good || len(asked) != 1 || asked[0] != p.want {
				t.Fatalf("%s, their client: %v; asked %q, want %q", name, err, asked, p.want)
			}
			if p.server == nil {
				continue
			}
			asked = nil
			told, err := ourClient(t, p.ours, p.server)
			if (err == nil) != good || len(asked) != 1 || asked[0] != p.want {
				t.Fatalf("%s, our client: %v; asked %q, want %q", name, err, asked, p.want)
			}
			var oauth *auth.OAuthError
			if name == "OAUTHBEARER" && !good && (!errors.As(told, &oauth) || oauth.Status != "invalid_token" || oauth.Schemes != "bearer") {
				t.Fatalf("told %v", told)
			}
		}
	})
}

func theirClient(c sasl.Client, m auth.ServerMechanism) error {
	_, response, err := c.Start()
	if err != nil {
		return err
	}
	x := auth.StartServer(m, auth.Peer{})
	for range 5 {
		challenge, done, err := x.Next(response)
		if done || err != nil {
			return err
		}
		if response, err = c.Next(challenge); err != nil {
			if m.Name() != "OAUTHBEARER" {
				return err
			}
			response = []byte{1} // their client gives up at the error: a driver acknowledges it
		}
	}
	return errors.New("no end")
}

func ourClient(t *rapid.T, m auth.Mechanism, s sasl.Server) (told, err error) {
	x, response, err := m.Start(t.Context(), auth.Peer{TLS: true, Host: "mx.example", Port: 587})
	if err != nil {
		return nil, err
	}
	for range 5 {
		challenge, done, err := s.Next(response)
		if err != nil {
			_, told = auth.Refused(x, err)
			return told, err
		}
		if done {
			return nil, x.Finish()
		}
		if response, err = x.Next(challenge); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("no end")
}
