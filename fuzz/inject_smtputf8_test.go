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
			smtp.Set(&p, smtp.SMTPUTF8, true)
			return s, func() error { return do(s, &smtp.Mail{From: arg, Params: &p}) }, path("MAIL FROM:<"+arg+"> SMTPUTF8", arg)
		},
	)
}
