package auth

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The messages of SCRAM, read as RFC 5802 §7 has them. Optional extensions are
// passed over; a mandatory one ("m=") ends the exchange.

type serverFirst struct {
	nonce      string
	salt       []byte
	iterations int
}

func parseServerFirst(mechanism, message string) (m serverFirst, err error) {
	wrong := func(expected, came string) (serverFirst, error) {
		return serverFirst{}, exchangeError(mechanism, expected+" in the server's first message (RFC 5802 §7)", came)
	}
	if strings.HasPrefix(message, "m=") {
		return wrong("no mandatory extension", "one")
	}
	parts := strings.Split(message, ",")
	if len(parts) < 3 {
		return wrong("nonce, salt and iteration count", "fewer parts")
	}
	nonce, ok := strings.CutPrefix(parts[0], "r=")
	if !ok || !isPrintable(nonce) {
		return wrong("a nonce", "something else")
	}
	encoded, ok := strings.CutPrefix(parts[1], "s=")
	salt, err := decodeBase64(encoded)
	if !ok || err != nil || len(salt) == 0 {
		return wrong("a salt in base64", "something else")
	}
	digits, ok := strings.CutPrefix(parts[2], "i=")
	iterations, err := strconv.Atoi(digits)
	if !ok || strings.Trim(digits, "0123456789") != "" || strings.HasPrefix(digits, "0") || err != nil {
		return wrong("an iteration count", "something else")
	}
	if !areExtensions(parts[3:]) {
		return wrong("nothing but extensions behind the iteration count", "something else")
	}
	return serverFirst{nonce, salt, iterations}, nil
}

type clientFirst struct {
	gs2     string // the header, commas included
	flag    byte   // n, y or p
	binding string // the type, with p
	authzid string
	bare    string // what follows the header
	user    string
	nonce   string
}

func parseClientFirst(mechanism, message string) (m clientFirst, err error) {
	wrong := func(expected string) (clientFirst, error) {
		return clientFirst{}, exchangeError(mechanism, expected+" in the client's first message (RFC 5802 §7)", "something else")
	}
	if !utf8.ValidString(message) || strings.IndexByte(message, 0) >= 0 {
		return wrong("UTF-8 without NUL")
	}
	parts := strings.Split(message, ",")
	if len(parts) < 4 {
		return wrong("a GS2 header, user name and nonce")
	}
	switch binding, ok := strings.CutPrefix(parts[0], "p="); {
	case ok && isBindingType(binding):
		m.flag, m.binding = 'p', binding
	case parts[0] == "n" || parts[0] == "y":
		m.flag = parts[0][0]
	default:
		return wrong("n, y or p= and a type of channel binding")
	}
	if parts[1] != "" {
		name, ok := strings.CutPrefix(parts[1], "a=")
		if m.authzid, err = unescapeName(name); !ok || err != nil {
			return wrong("an authorization identity or none")
		}
	}
	m.gs2 = parts[0] + "," + parts[1] + ","
	m.bare = message[len(m.gs2):]
	name, ok := strings.CutPrefix(parts[2], "n=")
	if m.user, err = unescapeName(name); !ok || err != nil {
		return wrong("a user name, and no mandatory extension,")
	}
	if m.nonce, ok = strings.CutPrefix(parts[3], "r="); !ok || !isPrintable(m.nonce) {
		return wrong("a nonce")
	}
	if !areExtensions(parts[4:]) {
		return wrong("nothing but extensions behind the nonce")
	}
	return m, nil
}

type clientFinal struct {
	without string // the message without the proof
	binding []byte
	nonce   string
	proof   []byte
}

func parseClientFinal(mechanism, message string) (m clientFinal, err error) {
	wrong := func(expected string) (clientFinal, error) {
		return clientFinal{}, exchangeError(mechanism, expected+" in the client's last message (RFC 5802 §7)", "something else")
	}
	at := strings.LastIndex(message, ",p=")
	if at < 0 {
		return wrong("a proof at the end")
	}
	m.without = message[:at]
	if m.proof, err = decodeBase64(message[at+3:]); err != nil {
		return wrong("a proof in base64")
	}
	parts := strings.Split(m.without, ",")
	encoded, ok := strings.CutPrefix(parts[0], "c=")
	if m.binding, err = decodeBase64(encoded); !ok || err != nil || len(parts) < 2 {
		return wrong("the channel binding in base64")
	}
	if m.nonce, ok = strings.CutPrefix(parts[1], "r="); !ok || !areExtensions(parts[2:]) {
		return wrong("the nonce")
	}
	return m, nil
}

// unescapeName decodes a saslname: "=" stands only before 2C and 3D.
func unescapeName(s string) (string, error) {
	plain := strings.NewReplacer("=2C", ",", "=3D", "=").Replace(s)
	if s == "" || escapeName(plain) != s {
		return "", ErrExchange
	}
	return plain, nil
}

// isPrintable reports whether s is a nonce: visible ASCII, no comma.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e || s[i] == ',' {
			return false
		}
	}
	return s != ""
}

func isBindingType(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}

func areExtensions(parts []string) bool {
	for _, p := range parts {
		if len(p) < 3 || p[1] != '=' || p[0]|0x20 < 'a' || p[0]|0x20 > 'z' || p[0] == 'm' || !utf8.ValidString(p) {
			return false
		}
	}
	return true
}

// decodeBase64 is stricter than the decoder of the standard library, which passes
// over line ends.
func decodeBase64(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, ErrExchange
	}
	return base64.StdEncoding.Strict().DecodeString(s)
}
