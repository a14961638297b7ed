package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"github.com/xdg-go/stringprep"
)

// A ScramSecret is what a server keeps of a password for SCRAM (RFC 5802 §3): it
// is enough to check it, not to log in elsewhere.
type ScramSecret struct {
	Salt                 []byte
	Iterations           int
	StoredKey, ServerKey []byte
}

// Format shows nothing of it, whatever the verb.
func (ScramSecret) Format(f fmt.State, verb rune) { fmt.Fprint(f, "SCRAM secret (hidden)") }

// NewScramSecret makes what a server keeps of a password, which goes through
// SASLprep; a password that SASLprep does not allow is [ErrCredentials]. The salt
// must have 16 octets at least; a nil one is drawn at random. Fewer than 4096
// iterations are no good, 0 means 4096.
func NewScramSecret(h Hash, password string, salt []byte, iterations int) (ScramSecret, error) {
	prepared, err := prepare(stringprep.SASLprep, scramName(h, false), "password", password)
	if err != nil {
		return ScramSecret{}, err
	}
	if iterations == 0 {
		iterations = leastIterations
	}
	if salt == nil {
		salt = make([]byte, 16)
		rand.Read(salt)
	}
	keys, err := deriveKeys(h, prepared, salt, iterations)
	if err != nil {
		return ScramSecret{}, fmt.Errorf("auth: %s: %w", scramName(h, false), err)
	}
	return ScramSecret{Salt: salt, Iterations: iterations, StoredKey: h.sum(keys.client), ServerKey: keys.server}, nil
}

// A ScramLookup finds what is kept of user's password, and decides whether user
// may act as authzid, as a [Verifier] does. Its error is what the exchange ends
// with, at the same point as with a wrong password: the client can't tell.
type ScramLookup func(authzid, user string) (ScramSecret, error)

// ScramServer is the server's side of SCRAM. It refuses a client that saw no
// offer of the -PLUS mechanism where there was one ("y"; RFC 5802 §6); for that
// it has to be started with [StartServer] and a peer that says what is offered.
func ScramServer(h Hash, lookup ScramLookup) ServerMechanism {
	return &scramServer{hash: h, lookup: lookup, nonce: rand.Text}
}

// ScramPlusServer is the server's side of SCRAM with a channel binding. It has to
// be started with [StartServer] and a peer that has the channel bindings.
func ScramPlusServer(h Hash, lookup ScramLookup) ServerMechanism {
	return &scramServer{hash: h, plus: true, lookup: lookup, nonce: rand.Text}
}

type scramServer struct {
	hash   Hash
	plus   bool
	lookup ScramLookup
	nonce  func() string
}

func (m *scramServer) Name() string          { return scramName(m.hash, m.plus) }
func (m *scramServer) Final() bool           { return false }
func (m *scramServer) Start() ServerExchange { return m.StartFor(Peer{}) }
func (m *scramServer) StartFor(peer Peer) ServerExchange {
	return &scramServerExchange{m: m, peer: peer}
}

type scramServerExchange struct {
	m       *scramServer
	peer    Peer
	step    int
	first   clientFirst
	binding []byte
	secret  ScramSecret
	denied  error
	said    string // the server's first message
	nonce   string
	verdict error
}

// decoyKey makes salts for users that there are not: the same at each try.
var decoyKey = rand.Text()

func (x *scramServerExchange) Next(response []byte) ([]byte, bool, error) {
	if response == nil && x.step == 0 {
		x.step = 1
		return []byte{}, false, nil
	}
	if x.step < 1 {
		x.step = 1
	}
	x.step++
	switch x.step {
	case 2:
		return x.start(string(response))
	case 3:
		return x.verify(string(response))
	case 4:
		if x.verdict != nil {
			return nil, false, x.verdict
		}
		if len(response) != 0 {
			return nil, false, exchangeError(x.m.Name(), "an empty answer to the server's signature", "another")
		}
		return nil, true, nil
	}
	return nil, false, exchangeError(x.m.Name(), "nothing more", "a response")
}

func (x *scramServerExchange) start(message string) ([]byte, bool, error) {
	name := x.m.Name()
	first, err := parseClientFirst(name, message)
	if err != nil {
		return nil, false, err
	}
	refuse := func(reason string) ([]byte, bool, error) {
		return nil, false, fmt.Errorf("auth: %s: %s: %w", name, reason, ErrDenied)
	}
	switch {
	case x.m.plus && first.flag != 'p':
		return refuse("a client of -PLUS that does not bind the channel")
	case !x.m.plus && first.flag == 'p':
		return refuse("channel binding without -PLUS")
	case first.flag == 'y' && x.peer.offers(scramName(x.m.hash, true)):
		return refuse("the client did not see the offer of -PLUS: somebody took it away")
	case first.flag == 'p':
		found := false
		for _, b := range x.peer.Bindings {
			if b.Type == first.binding {
				found, x.binding = true, b.Data
			}
		}
		if !found {
			return refuse("a type of channel binding that is not there: unsupported-channel-binding-type")
		}
	}
	user, err := prepare(queries, name, "user name", first.user)
	if err != nil {
		return refuse("a user name that SASLprep does not allow")
	}
	x.first = first
	x.first.user = user
	if x.secret, x.denied = x.m.lookup(first.authzid, user); x.denied != nil {
		x.secret = ScramSecret{Salt: x.m.hash.mac([]byte(decoyKey), user)[:16], Iterations: leastIterations}
	}
	x.nonce = first.nonce + x.m.nonce()
	x.said = fmt.Sprintf("r=%s,s=%s,i=%d", x.nonce, base64.StdEncoding.EncodeToString(x.secret.Salt), x.secret.Iterations)
	return []byte(x.said), false, nil
}

func (x *scramServerExchange) verify(message string) ([]byte, bool, error) {
	final, err := parseClientFinal(x.m.Name(), message)
	if err != nil {
		return nil, false, err
	}
	h := x.m.hash
	auth := x.first.bare + "," + x.said + "," + final.without
	key := h.mac(x.secret.StoredKey, auth)
	proved := len(final.proof) == len(key)
	if proved {
		subtle.XORBytes(key, key, final.proof)
		proved = hmac.Equal(h.sum(key), x.secret.StoredKey)
	}
	refuse := func(why error, value string) ([]byte, bool, error) {
		x.verdict = why
		return []byte("e=" + value), false, nil
	}
	switch {
	case !hmac.Equal(final.binding, append([]byte(x.first.gs2), x.binding...)):
		return refuse(fmt.Errorf("auth: %s: the exchange comes from another connection: %w", x.m.Name(), ErrDenied), "channel-bindings-dont-match")
	case final.nonce != x.nonce:
		return refuse(fmt.Errorf("auth: %s: the nonce is not the one given: %w", x.m.Name(), ErrDenied), "other-error")
	case x.denied != nil:
		return refuse(x.denied, "invalid-proof")
	case !proved:
		return refuse(fmt.Errorf("auth: %s: %w", x.m.Name(), ErrDenied), "invalid-proof")
	}
	return []byte("v=" + base64.StdEncoding.EncodeToString(h.mac(x.secret.ServerKey, auth))), false, nil
}

// User is who was authenticated.
func (x *scramServerExchange) User() string { return x.first.user }
