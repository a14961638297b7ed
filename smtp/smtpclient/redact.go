package smtpclient

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
)

// shortest is how many octets of a response are taken for a secret at least.
const shortest = 4

// said are the responses of an exchange of AUTH, which a server may repeat in its
// refusal: then neither an error nor a trace shows them.
type said [][]byte

// redact takes out of a text what was said: a response or what ends it, the password
// of PLAIN or a token, as it is, in base64 or in hexadecimal.
func (s said) redact(text string) string {
	for _, response := range s {
		for _, secret := range [][]byte{response, lastPart(response)} {
			if len(secret) < shortest {
				continue
			}
			inHex := hex.EncodeToString(secret)
			for _, form := range []string{base64.StdEncoding.EncodeToString(secret), inHex, strings.ToUpper(inHex), string(secret)} {
				text = strings.ReplaceAll(text, form, "(secret)")
			}
		}
	}
	return text
}

// lastPart is what stands behind the separators of PLAIN and of the mechanisms with
// tokens (RFC 4616 §2, RFC 7628 §3.1).
func lastPart(response []byte) []byte {
	response = bytes.TrimRight(response, "\x01")
	if i := bytes.LastIndexAny(response, "\x00\x01"); i >= 0 {
		return bytes.TrimPrefix(response[i+1:], []byte("auth=Bearer "))
	}
	return response
}

// refusal is the error of a refused AUTH, with nothing in it of what was said.
func (s said) refusal(err error) error {
	var refused *smtp.ReplyError
	if !errors.As(err, &refused) {
		return err
	}
	if text := s.redact(refused.Text); text != refused.Text {
		clean := *refused
		clean.Text = text
		return &clean
	}
	return err
}
