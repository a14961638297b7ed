package fuzz

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

func init() {
	injections = append(injections,
		func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
			s := offering(t, true, "")
			var p smtp.Params
			smtp.Set(&p, smtp.Body, smtp.BodyValue(arg))
			call := func() error { _, err := s.Mail("", &p); return err }
			return s, call, func(line string) bool {
				return line == "MAIL FROM:<> BODY=7BIT" || line == "MAIL FROM:<> BODY=8BITMIME"
			}
		},
	)
}
