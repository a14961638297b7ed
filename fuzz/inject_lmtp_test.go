package fuzz

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

func init() {
	injections = append(injections,
		func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
			s := smtp.NewSession(smtp.Config{LMTP: true})
			reply(s, "220 wild.example\r\n")
			return s, func() error { return do(s, &smtp.Lhlo{Name: arg}) }, word("LHLO "+arg, arg)
		},
	)
}
