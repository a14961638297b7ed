package auth

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"

	"github.com/xdg-go/stringprep"
)

// A Hash is one that SCRAM is registered with.
type Hash uint8

const (
	SHA1   Hash = iota + 1 // SCRAM-SHA-1 (RFC 5802)
	SHA256                 // SCRAM-SHA-256 (RFC 7677)
	SHA512                 // SCRAM-SHA-512: in no RFC, but in the registry and in servers
)

func (h Hash) String() string { return [...]string{"no hash", "SHA-1", "SHA-256", "SHA-512"}[h] }

func (h Hash) new() hash.Hash {
	switch h {
	case SHA1:
		return sha1.New()
	case SHA256:
		return sha256.New()
	}
	return sha512.New()
}

// Bounds of the iteration count that a server may ask for. RFC 5802 §5.1 and RFC
// 7677 §4 have 4096 as the least; a server in the middle that asks for fewer
// would guess passwords the faster. The most takes some seconds: whoever sends
// more wants to keep the client busy.
const (
	leastIterations = 4096
	mostIterations  = 2_000_000
)

// Scram is the SCRAM mechanism (RFC 5802, RFC 7677): the password is proved and
// never sent, and the server has to prove that it knows it too, or Finish fails.
//
// The authorization identity is whom to act as; it is empty for the user's own.
// User, password and authorization identity go through SASLprep (RFC 4013);
// where that is not possible Start fails with [ErrCredentials].
//
// The server is told whether the connection could have been bound to the
// exchange and the server did not offer it ("y"), so that it notices if somebody
// in the middle took the offer of the -PLUS mechanism away (RFC 5802 §6). Where
// the server offers that and this mechanism is used all the same, it says that it
// has no channel binding ("n"); [ScramPlus] is the better choice there.
//
// A server that asks for fewer than 4096 or more than 2,000,000 iterations is
// refused with [ErrExchange].
func Scram(h Hash, authzid, user, password string) Mechanism {
	return newScram(h, false, authzid, user, password)
}

// ScramPlus is SCRAM with a channel binding (RFC 5802 §6), "SCRAM-SHA-256-PLUS"
// and the like: as [Scram], and nobody can hand the exchange on from another
// connection. It takes the first of the [Peer]'s channel bindings, see
// [ClientBindings] and [BindTo]; Start fails with [ErrUnbound] if there is none.
func ScramPlus(h Hash, authzid, user, password string) Mechanism {
	return newScram(h, true, authzid, user, password)
}

func newScram(h Hash, plus bool, authzid, user, password string) *scram {
	if h < SHA1 || h > SHA512 {
		panic("auth: SCRAM: expected SHA1, SHA256 or SHA512")
	}
	return &scram{hash: h, plus: plus, authzid: authzid, user: user, password: hide(password), nonce: rand.Text}
}

type scram struct {
	hash          Hash
	plus          bool
	authzid, user string
	password      hidden
	nonce         func() string
}

func scramName(h Hash, plus bool) string {
	if plus {
		return "SCRAM-" + h.String() + "-PLUS"
	}
	return "SCRAM-" + h.String()
}

func (m *scram) Name() string                  { return scramName(m.hash, m.plus) }
func (m *scram) Final() bool                   { return false }
func (m *scram) Format(f fmt.State, verb rune) { fmt.Fprint(f, m.Name()+" (credentials hidden)") }

func (m *scram) Start(_ context.Context, peer Peer) (Exchange, []byte, error) {
	x := &scramExchange{name: m.Name(), hash: m.hash, nonce: m.nonce()}
	flag := "n"
	switch {
	case m.plus && len(peer.Bindings) == 0:
		return nil, nil, fmt.Errorf("auth: %s: %w: it needs TLS", x.name, ErrUnbound)
	case m.plus:
		flag, x.binding = "p="+peer.Bindings[0].Type, peer.Bindings[0].Data
	case len(peer.Bindings) > 0 && !peer.offers(scramName(m.hash, true)):
		flag = "y"
	}
	user, err := prepare(queries, x.name, "user name", m.user)
	if err != nil {
		return nil, nil, err
	}
	password, err := prepare(stringprep.SASLprep, x.name, "password", *m.password.value)
	if err != nil {
		return nil, nil, err
	}
	authzid := ""
	if m.authzid != "" {
		if authzid, err = prepare(queries, x.name, "authorization identity", m.authzid); err != nil {
			return nil, nil, err
		}
		authzid = "a=" + escapeName(authzid)
	}
	x.password = hide(password)
	x.gs2 = flag + "," + authzid + ","
	x.bare = "n=" + escapeName(user) + ",r=" + x.nonce
	return x, []byte(x.gs2 + x.bare), nil
}

// escapeName encodes a saslname (RFC 5802 §5.1).
func escapeName(s string) string {
	return strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s)
}

type scramExchange struct {
	name     string
	hash     Hash
	password hidden
	binding  []byte
	nonce    string
	gs2      string // the header of the first message
	bare     string // what follows it
	step     int    // how many challenges were answered
	server   []byte // the signature to expect
	proved   bool   // it came
	failure  string // why the server refuses, in its words
}

func (x *scramExchange) Next(challenge []byte) ([]byte, error) {
	x.step++
	switch {
	case x.step == 1:
		return x.proof(challenge)
	case x.step == 2:
		return x.verify(challenge)
	}
	return nil, exchangeError(x.name, "success or failure", "one more challenge")
}

// proof answers the server's first message.
func (x *scramExchange) proof(challenge []byte) ([]byte, error) {
	first, err := parseServerFirst(x.name, string(challenge))
	if err != nil {
		return nil, err
	}
	if len(first.nonce) <= len(x.nonce) || !strings.HasPrefix(first.nonce, x.nonce) {
		return nil, exchangeError(x.name, "the client's nonce with the server's behind it (RFC 5802 §5.1)", "another")
	}
	if first.iterations < leastIterations || first.iterations > mostIterations {
		return nil, exchangeError(x.name, fmt.Sprintf("%d to %d iterations", leastIterations, mostIterations), fmt.Sprint(first.iterations))
	}
	keys, err := deriveKeys(x.hash, *x.password.value, first.salt, first.iterations)
	if err != nil {
		return nil, fmt.Errorf("auth: %s: %w", x.name, err)
	}
	final := "c=" + base64.StdEncoding.EncodeToString(append([]byte(x.gs2), x.binding...)) + ",r=" + first.nonce
	message := x.bare + "," + string(challenge) + "," + final
	proof := x.hash.mac(x.hash.sum(keys.client), message)
	subtle.XORBytes(proof, proof, keys.client)
	x.server = x.hash.mac(keys.server, message)
	return []byte(final + ",p=" + base64.StdEncoding.EncodeToString(proof)), nil
}

// verify takes the server's last message. In a protocol that can't carry it with
// the success it is a challenge, which has an empty answer (RFC 4422 §5).
func (x *scramExchange) verify(challenge []byte) ([]byte, error) {
	final, _, _ := bytes.Cut(challenge, []byte{','}) // extensions
	value, isVerifier := bytes.CutPrefix(final, []byte("v="))
	reason, isError := bytes.CutPrefix(final, []byte("e="))
	switch {
	case isError:
		x.failure = serverError(string(reason))
		return []byte{}, nil
	case !isVerifier:
		return nil, exchangeError(x.name, "the server's signature or an error (RFC 5802 §7)", "neither")
	}
	signature, err := decodeBase64(string(value))
	if err != nil || !hmac.Equal(signature, x.server) {
		return nil, exchangeError(x.name, "a signature of who knows the password", "a wrong one: this is not the server that the password is for")
	}
	x.proved = true
	return []byte{}, nil
}

func (x *scramExchange) Finish() error {
	if !x.proved {
		return exchangeError(x.name, "the server's signature before success (RFC 5802 §5)", "success without it")
	}
	return nil
}

func (x *scramExchange) Refused(refusal error) (bool, error) {
	if x.failure == "" {
		return false, refusal
	}
	return false, fmt.Errorf("%w; SCRAM's reason is %s", refusal, x.failure)
}

// serverError gives a server-error-value of RFC 5802 §7. Others are not shown:
// they may be anything.
func serverError(value string) string {
	switch value {
	case "invalid-encoding", "extensions-not-supported", "invalid-proof", "channel-bindings-dont-match",
		"server-does-support-channel-binding", "channel-binding-not-supported", "unsupported-channel-binding-type",
		"unknown-user", "invalid-username-encoding", "no-resources":
		return value
	}
	return "other-error"
}

// scramKeys are what the password is turned into (RFC 5802 §3).
type scramKeys struct{ client, server []byte }

func deriveKeys(h Hash, password string, salt []byte, iterations int) (scramKeys, error) {
	salted, err := pbkdf2.Key(h.new, password, salt, iterations, h.new().Size())
	if err != nil {
		return scramKeys{}, err
	}
	return scramKeys{h.mac(salted, "Client Key"), h.mac(salted, "Server Key")}, nil
}

func (h Hash) mac(key []byte, text string) []byte {
	m := hmac.New(h.new, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func (h Hash) sum(p []byte) []byte {
	s := h.new()
	s.Write(p)
	return s.Sum(nil)
}
