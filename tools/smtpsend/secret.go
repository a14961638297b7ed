package main

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
)

// hide keeps the password out of all that is printed from here on. The driver
// masks what it sends; but a server may repeat what it got, in its replies.
func (a *app) hide(c *cli, password string) {
	plain := c.Authzid + "\x00" + c.User + "\x00" + password
	var pairs []string
	for _, secret := range []string{plain, password} {
		for _, form := range []string{
			base64.StdEncoding.EncodeToString([]byte(secret)),
			hex.EncodeToString([]byte(secret)),
			secret,
		} {
			pairs = append(pairs, form, "[secret]")
		}
	}
	mask := strings.NewReplacer(pairs...)
	a.stdout, a.stderr = &masked{a.stdout, mask}, &masked{a.stderr, mask}
}

// A masked writer gets whole lines, so no secret is split between two writes.
type masked struct {
	io.Writer
	mask *strings.Replacer
}

func (m *masked) Write(p []byte) (int, error) {
	if _, err := m.mask.WriteString(m.Writer, string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
