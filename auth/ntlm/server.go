package ntlm

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //lint:ignore SA1019 NTLM is made of it

	"github.com/tabellarius/tabellarius/auth"
)

// Of the flags of MS-NLMP §2.2.2.5 those that a challenge needs.
const (
	unicode    = 1 << 0
	ntlm       = 1 << 9
	targetInfo = 1 << 23
	signature  = "NTLMSSP\x00"
)

// Server is the server's side of NTLM, for tests: version 2 of the response, no
// security layer, and no check of the MIC. The user that the Lookup is asked about
// is as the client gave it, with its domain and a backslash before it if there is
// one; the authorization identity is always empty.
func Server(lookup auth.Lookup) auth.ServerMechanism { return &server{lookup} }

type server struct{ lookup auth.Lookup }

func (m *server) Name() string               { return "NTLM" }
func (m *server) Final() bool                { return false }
func (m *server) Start() auth.ServerExchange { return &serverExchange{m: m} }

type serverExchange struct {
	m         *server
	asked     bool
	challenge []byte
	user      string
}

func (x *serverExchange) Next(response []byte) ([]byte, bool, error) {
	switch {
	case response == nil && !x.asked:
		x.asked = true
		return []byte{}, false, nil
	case x.challenge == nil:
		x.asked = true
		if len(response) < 16 || string(response[:8]) != signature || response[8] != 1 {
			return nil, false, fmt.Errorf("ntlm: expected a NEGOTIATE_MESSAGE: %w", auth.ErrExchange)
		}
		x.challenge = make([]byte, 8)
		rand.Read(x.challenge)
		return x.message(), false, nil
	}
	if err := x.judge(response); err != nil {
		return nil, false, err
	}
	return nil, true, nil
}

// message is the CHALLENGE_MESSAGE (MS-NLMP §2.2.1.2).
func (x *serverExchange) message() []byte {
	const header = 48
	name := encode("EXAMPLE")
	info := append(binary.LittleEndian.AppendUint16([]byte{2, 0}, uint16(len(name))), name...) // MsvAvNbDomainName
	info = append(info, 0, 0, 0, 0)                                                            // MsvAvEOL
	b := []byte(signature + "\x02\x00\x00\x00")
	b = field(b, len(name), header)
	b = binary.LittleEndian.AppendUint32(b, unicode|ntlm|targetInfo)
	b = append(append(b, x.challenge...), make([]byte, 8)...)
	b = field(b, len(info), header+len(name))
	return append(append(b, name...), info...)
}

func field(b []byte, length, offset int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(length))
	b = binary.LittleEndian.AppendUint16(b, uint16(length))
	return binary.LittleEndian.AppendUint32(b, uint32(offset))
}

func encode(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// An answer is the AUTHENTICATE_MESSAGE (MS-NLMP §2.2.1.3), as far as it counts.
type answer struct {
	response     []byte // NTLMv2_RESPONSE: proof, then what it is of
	domain, user string
}

func parse(b []byte) (a answer, ok bool) {
	if len(b) < 64 || string(b[:8]) != signature || binary.LittleEndian.Uint32(b[8:]) != 3 {
		return answer{}, false
	}
	part := func(at int) []byte {
		length, offset := uint64(binary.LittleEndian.Uint16(b[at:])), uint64(binary.LittleEndian.Uint32(b[at+4:]))
		if offset+length > uint64(len(b)) {
			ok = false
			return nil
		}
		return b[offset : offset+length]
	}
	text := func(at int) string {
		p := part(at)
		units := make([]uint16, len(p)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(p[2*i:])
		}
		return string(utf16.Decode(units))
	}
	ok = true
	a = answer{response: part(20), domain: text(28), user: text(36)}
	return a, ok && len(a.response) > md5.Size && a.user != ""
}

// judge checks the client's proof.
func (x *serverExchange) judge(message []byte) error {
	a, ok := parse(message)
	if !ok {
		return fmt.Errorf("ntlm: expected an AUTHENTICATE_MESSAGE with a response of version 2: %w", auth.ErrExchange)
	}
	x.user = a.user
	if a.domain != "" {
		x.user = a.domain + `\` + a.user
	}
	password, err := x.m.lookup("", x.user)
	sum := md4.New()
	sum.Write(encode(password))
	key := mac(sum.Sum(nil), encode(strings.ToUpper(a.user)+a.domain))
	proof := mac(key, x.challenge, a.response[md5.Size:])
	switch {
	case err != nil:
		return err
	case !hmac.Equal(proof, a.response[:md5.Size]):
		return fmt.Errorf("ntlm: %w", auth.ErrDenied)
	}
	return nil
}

func mac(key []byte, parts ...[]byte) []byte {
	m := hmac.New(md5.New, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// User is who was authenticated.
func (x *serverExchange) User() string { return x.user }
