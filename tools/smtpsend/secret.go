package main

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
	"sync"
)

// veil keeps secrets out of all that is printed from here on, as soon as they are
// added. The driver masks what it sends; but a server may repeat what it got, in
// its replies.
func (a *app) veil(c *cli) {
	a.secrets = &secrets{before: c.Authzid + "\x00" + c.User + "\x00", mask: strings.NewReplacer()}
	a.stdout, a.stderr = &masked{a.stdout, a.secrets}, &masked{a.stderr, a.secrets}
}

// secrets are what must not be printed. A token may come at any time.
type secrets struct {
	before string // what PLAIN puts before a password
	mu     sync.Mutex
	pairs  []string
	mask   *strings.Replacer
}

func (s *secrets) add(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range []string{s.before + secret, secret} {
		for _, form := range []string{
			base64.StdEncoding.EncodeToString([]byte(text)),
			hex.EncodeToString([]byte(text)),
			text,
		} {
			s.pairs = append(s.pairs, form, "[secret]")
		}
	}
	s.mask = strings.NewReplacer(s.pairs...)
}

func (s *secrets) replacer() *strings.Replacer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mask
}

// A masked writer gets whole lines, so no secret is split between two writes.
type masked struct {
	io.Writer
	secrets *secrets
}

func (m *masked) Write(p []byte) (int, error) {
	if _, err := m.secrets.replacer().WriteString(m.Writer, string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
