package fuzz

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

func init() {
	injections = append(injections,
		func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
			s := offering(t, true, "")
			var p smtp.Params
			smtp.Set(&p, smtp.Submitter, arg)
			call := func() error { _, err := s.Mail("", &p); return err }
			return s, call, func(line string) bool {
				value, found := strings.CutPrefix(line, "MAIL FROM:<> AUTH=")
				return found && (value == "<>") == (arg == "") && !strings.ContainsAny(value, " =")
			}
		},
		// a mechanism that a hostile server offered
		func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
			if strings.ContainsAny(arg, "\r\n\x00") {
				arg = "X"
			}
			s := offering(t, true, arg)
			call := func() error { _, err := s.Authenticate(arg, []byte("secret"), false); return err }
			return s, call, word("AUTH "+arg+" c2VjcmV0", arg)
		},
		func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
			s := offering(t, true, "")
			call := func() error { _, err := s.Authenticate("PLAIN", []byte(arg), false); return err }
			return s, call, func(line string) bool {
				return line == "AUTH PLAIN =" && arg == "" || line == "AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte(arg))
			}
		},
		func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
			s := offering(t, true, "")
			if _, err := s.Authenticate("PLAIN", nil, false); err != nil {
				t.Fatal(err)
			}
			reply(s, "334 \r\n")
			return s, func() error { _, err := s.Line([]byte(arg)); return err }, equals(base64.StdEncoding.EncodeToString([]byte(arg)))
		},
	)
}
