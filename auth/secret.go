package auth

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strconv"
)

// A hidden string is a secret behind a pointer: fmt prints it as an address even
// where it lies in an unexported field, whose methods fmt can't call.
type hidden struct{ value *string }

func hide(s string) hidden { return hidden{&s} }

// show quotes what the other side said, cut to a bearable length and without the
// secret.
func show(came []byte, secret hidden) string {
	if repeats(came, secret) {
		return "one that repeats the secret"
	}
	const most = 100
	if len(came) > most {
		return strconv.Quote(string(came[:most])) + "..."
	}
	return strconv.Quote(string(came))
}

// repeats reports whether the other side, which may know a secret from an earlier
// exchange, repeats it: as it is, encoded, within something that is encoded, or
// hashed.
func repeats(came []byte, secret hidden) bool {
	raw := []byte(*secret.value)
	if len(raw) == 0 {
		return false
	}
	lower := bytes.ToLower(came)
	has := func(form []byte) bool { return bytes.Contains(lower, bytes.ToLower(form)) }
	if has(raw) || has(hex.AppendEncode(nil, raw)) || has(base64.StdEncoding.AppendEncode(nil, raw)) {
		return true
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for before := range 3 {
			if form := middle(encoding, before, raw); len(form) > 3 && has(form) {
				return true
			}
		}
	}
	one, two, three, five := md5.Sum(raw), sha1.Sum(raw), sha256.Sum256(raw), sha512.Sum512(raw)
	for _, sum := range [][]byte{one[:], two[:], three[:], five[:]} {
		if has(sum) || has(hex.AppendEncode(nil, sum)) || has(base64.RawStdEncoding.AppendEncode(nil, sum)) {
			return true
		}
	}
	return false
}

// middle is what base64 makes of p for sure, with so many octets before it and
// any behind it: each digit that has bits of p alone.
func middle(encoding *base64.Encoding, before int, p []byte) []byte {
	form := encoding.AppendEncode(nil, append(make([]byte, before), p...))
	return form[(before*8+5)/6 : (before+len(p))*8/6]
}
