package peers_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/xdg-go/scram"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/auth"
)

var hashes = map[auth.Hash]scram.HashGeneratorFcn{auth.SHA1: scram.SHA1, auth.SHA256: scram.SHA256, auth.SHA512: scram.SHA512}

// A draw is what both sides of an exchange are given.
type draw struct {
	hash                    auth.Hash
	user, authzid, password string
	tried                   string // by the client
	salt                    []byte
	iterations              int
	binding                 auth.ChannelBinding // Type is empty: none
	same                    bool                // both ends have the same
}

func drawn(t *rapid.T, h auth.Hash, plus bool) draw {
	// Letters that SASLprep changes, characters that have to be escaped; no text that
	// the peer can't prepare.
	text := rapid.StringOfN(rapid.RuneFrom([]rune("ab=,\u00aa\u00ad\u2168é ü漢Z9")), 1, 12, -1).Filter(func(s string) bool {
		_, err := scram.SHA256.NewClient(s, s, s)
		return err == nil && s != "\u00ad" && s[0] != 0xc2
	})
	d := draw{
		hash: h,
		user: text.Draw(t, "user"), password: text.Draw(t, "password"),
		authzid:    rapid.OneOf(rapid.Just(""), text).Draw(t, "authzid"),
		salt:       rapid.SliceOfN(rapid.Byte(), 8, 24).Draw(t, "salt"),
		iterations: rapid.IntRange(4096, 4200).Draw(t, "iterations"),
		same:       rapid.Bool().Draw(t, "same channel"),
	}
	d.tried = rapid.OneOf(rapid.Just(d.password), text).Draw(t, "tried")
	if !plus {
		return d
	}
	d.binding.Type = rapid.SampledFrom([]string{auth.TLSExporter, auth.TLSUnique, auth.TLSServerEndPoint}).Draw(t, "binding")
	d.binding.Data = rapid.SliceOfN(rapid.Byte(), 12, 32).Draw(t, "binding data")
	return d
}

// other is the binding of the server's end.
func (d draw) other() auth.ChannelBinding {
	if d.same {
		return d.binding
	}
	return auth.ChannelBinding{Type: d.binding.Type, Data: append([]byte("another"), d.binding.Data...)}
}

// good reports whether the exchange has to end well.
func (d draw) good(t *rapid.T) bool {
	a, err := hashes[d.hash].NewClient("u", d.password, "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := hashes[d.hash].NewClient("u", d.tried, "")
	if err != nil {
		t.Fatal(err)
	}
	kf := scram.KeyFactors{Salt: string(d.salt), Iters: d.iterations}
	one, err1 := a.GetStoredCredentialsWithError(kf)
	two, err2 := b.GetStoredCredentialsWithError(kf)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return string(one.StoredKey) == string(two.StoredKey) && (d.binding.Type == "" || d.same)
}

func binding(b auth.ChannelBinding) scram.ChannelBinding {
	return scram.ChannelBinding{Type: scram.ChannelBindingType(b.Type), Data: b.Data}
}

// TestOurClient logs in to a server of xdg-go/scram.
func TestOurClient(t *testing.T) {
	each(t, func(t *rapid.T, d draw) {
		good := d.good(t)
		keeper, err := hashes[d.hash].NewClient(d.user, d.password, "")
		if err != nil {
			t.Fatal(err)
		}
		stored, err := keeper.GetStoredCredentialsWithError(scram.KeyFactors{Salt: string(d.salt), Iters: d.iterations})
		if err != nil {
			t.Fatal(err)
		}
		server, err := hashes[d.hash].NewServer(func(string) (scram.StoredCredentials, error) { return stored, nil })
		if err != nil {
			t.Fatal(err)
		}
		m, conversation, peer := auth.Scram(d.hash, d.authzid, d.user, d.tried), server.NewConversation(), auth.Peer{}
		if d.binding.Type != "" {
			m = auth.ScramPlus(d.hash, d.authzid, d.user, d.tried)
			conversation = server.NewConversationWithChannelBindingRequired(binding(d.other()))
			peer.Bindings = []auth.ChannelBinding{d.binding}
		}
		x, response, err := m.Start(t.Context(), peer)
		if err != nil {
			t.Fatal(err)
		}
		for !conversation.Done() {
			challenge, _ := conversation.Step(string(response)) // its error is in Valid
			if challenge == "" {
				break
			}
			if response, err = x.Next([]byte(challenge)); err != nil {
				t.Fatalf("%q: %v", challenge, err)
			}
		}
		if ended := conversation.Valid() && x.Finish() == nil; ended != good {
			t.Fatalf("ended well: %v (%v, %v), want %v", ended, conversation.Valid(), x.Finish(), good)
		}
	})
}

// TestOurServer is logged in to by a client of xdg-go/scram.
func TestOurServer(t *testing.T) {
	each(t, func(t *rapid.T, d draw) {
		good := d.good(t)
		secret, err := auth.NewScramSecret(d.hash, d.password, d.salt, d.iterations)
		if err != nil {
			t.Fatal(err)
		}
		client, err := hashes[d.hash].NewClient(d.user, d.tried, d.authzid)
		if err != nil {
			t.Fatal(err)
		}
		lookup := func(authzid, user string) (auth.ScramSecret, error) { return secret, nil }
		m, conversation, peer := auth.ScramServer(d.hash, lookup), client.NewConversation(), auth.Peer{}
		if d.binding.Type != "" {
			m = auth.ScramPlusServer(d.hash, lookup)
			conversation = client.NewConversationWithChannelBinding(binding(d.binding))
			peer.Bindings = []auth.ChannelBinding{d.other()}
		}
		x := auth.StartServer(m, peer)
		challenge, done := []byte(""), false
		for !done {
			response, err := conversation.Step(string(challenge))
			if err != nil {
				break
			}
			if challenge, done, err = x.Next([]byte(response)); err != nil {
				break
			}
		}
		if ended := done && conversation.Valid(); ended != good {
			t.Fatalf("ended well: %v (%v, %v), want %v", ended, done, conversation.Valid(), good)
		}
	})
}

// each checks a property for each mechanism.
func each(t *testing.T, property func(*rapid.T, draw)) {
	for _, h := range []auth.Hash{auth.SHA1, auth.SHA256, auth.SHA512} {
		for _, plus := range []bool{false, true} {
			t.Run(fmt.Sprintf("SCRAM-%v plus %v", h, plus), rapid.MakeCheck(func(t *rapid.T) { property(t, drawn(t, h, plus)) }))
		}
	}
}

// A client that could have bound the channel and saw no offer says so, and both
// servers notice that there was one.
func TestDowngrade(t *testing.T) {
	ekm := auth.ChannelBinding{Type: auth.TLSExporter, Data: []byte("0123456789abcdef0123456789abcdef")}
	secret, err := auth.NewScramSecret(auth.SHA256, "pencil", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	client, err := scram.SHA256.NewClient("user", "pencil", "")
	if err != nil {
		t.Fatal(err)
	}
	first, err := client.NewConversationAdvertisingChannelBinding().Step("")
	if err != nil {
		t.Fatal(err)
	}
	ours := auth.ScramServer(auth.SHA256, func(_, _ string) (auth.ScramSecret, error) { return secret, nil })
	if _, _, err := auth.StartServer(ours, auth.Peer{Mechanisms: []string{"SCRAM-SHA-256-PLUS"}}).Next([]byte(first)); !errors.Is(err, auth.ErrDenied) {
		t.Errorf("%q, and -PLUS was offered: %v", first, err)
	}
	if _, _, err := auth.StartServer(ours, auth.Peer{}).Next([]byte(first)); err != nil {
		t.Errorf("%q, and -PLUS was not offered: %v", first, err)
	}

	server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) { return scram.StoredCredentials{}, nil })
	if err != nil {
		t.Fatal(err)
	}
	_, initial, err := auth.Scram(auth.SHA256, "", "user", "pencil").Start(t.Context(), auth.Peer{Bindings: []auth.ChannelBinding{ekm}, Mechanisms: []string{"SCRAM-SHA-256"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.NewConversationWithChannelBinding(binding(ekm)).Step(string(initial)); err == nil {
		t.Errorf("%q, and the server can bind the channel: no error", initial)
	}
	if _, err := server.NewConversation().Step(string(initial)); err != nil {
		t.Errorf("%q, and the server can't bind the channel: %v", initial, err)
	}
}
