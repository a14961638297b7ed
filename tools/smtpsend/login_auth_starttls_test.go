package main

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

const secret = "korrekt Pferd"

func TestLogin(t *testing.T) {
	users := func(c *smtptest.Config) { c.Users, c.RequireAuth = map[string]string{"tim": secret}, true }
	inClear := func(c *smtptest.Config) { users(c); c.STARTTLS, c.AuthWithoutTLS = false, true }
	none := func(c *smtptest.Config) {}
	passwordFile := "--password-file=" + writeFile(t, "p", secret+"\r\nsecond line\n")
	for _, c := range []struct {
		name   string
		server func(*smtptest.Config)
		call   call
		code   int
	}{
		{"from a file", users, call{args: []string{passwordFile}}, exitOK},
		{"from the environment", users, call{args: []string{"--password-env=P"}, env: map[string]string{"P": secret}}, exitOK},
		{"typed", users, call{typed: secret}, exitOK},
		{"LOGIN", users, call{args: []string{"--auth=login"}, typed: secret}, exitOK},
		{"wrong", users, call{typed: "guess"}, exitAuth},
		{"wrong, LOGIN", users, call{args: []string{"--auth=login"}, typed: "guess"}, exitAuth},
		{"not offered", none, call{typed: secret}, exitAuth},
		{"in clear", inClear, call{args: []string{"--tls=off"}, typed: secret}, exitAuth},
		{"in clear, allowed", inClear, call{args: []string{"--tls=off", "--auth-in-clear"}, typed: secret}, exitOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, flags := startServer(t, c.server)
			if len(c.call.args) > 0 && c.call.args[0] == "--tls=off" {
				flags = flags[:1]
			}
			c.call.stdin = simple
			c.call.args = append(append(flags, "-", "--user=tim"), c.call.args...)
			want(t, c.code, &c.call)
			if c.code == exitOK {
				if m := onlyMessage(t, s); m.User != "tim" {
					t.Errorf("sent by %q", m.User)
				}
			} else if n := len(s.Messages()); n != 0 {
				t.Errorf("the server has %d messages", n)
			}
			if c.call.typed != "" && (len(c.call.asked) != 1 || !strings.Contains(c.call.asked[0], "tim")) {
				t.Errorf("asked %q", c.call.asked)
			}
			if c.name == "in clear" {
				for _, line := range s.Transcript(1) {
					if strings.HasPrefix(line.Text, "AUTH") {
						t.Errorf("AUTH was sent in clear: %v", line)
					}
				}
			}
		})
	}
}

func TestLoginRefusedForNow(t *testing.T) {
	s, flags := startServer(t, func(c *smtptest.Config) { c.Users = map[string]string{"tim": secret} })
	s.On(smtptest.Match{Role: smtp.RoleAuth}, smtptest.Answer{Code: 454, Text: "later"})
	want(t, exitTemporary, &call{stdin: simple, typed: secret, args: append(flags, "-", "--user=tim")})
}

// A server may repeat what it was sent: not even then does it show.
func TestSecretsShowNowhere(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	forms := []string{secret, b64(secret), b64("\x00tim\x00" + secret)}
	for _, mechanism := range []string{"plain", "login"} {
		for _, echo := range append(forms, "") {
			s, flags := startServer(t, func(c *smtptest.Config) { c.Users = map[string]string{"tim": secret} })
			if echo != "" {
				a := smtptest.Answer{Code: 535, Text: "what is " + echo + "?"}
				s.On(smtptest.Match{Role: smtp.RoleAuth, Func: func(q smtptest.Request) bool { return mechanism == "plain" }}, a)
				s.On(smtptest.Match{Role: smtp.RoleAuthLine, Nth: 2}, a)
			}
			for _, output := range []string{"--transcript", "--json"} {
				run := &call{stdin: simple, typed: secret, args: append(flags, "-", "--user=tim", "--auth="+mechanism, output)}
				code := run.run()
				if (code == exitOK) != (echo == "" || output == "--json" && mechanism == "login") {
					t.Errorf("%s, echo %q: exit code %d, %s", mechanism, echo, code, run.stderr)
				}
				all := run.stdout + run.stderr
				for _, form := range forms {
					if strings.Contains(all, form) {
						t.Errorf("%s: %q shows in\n%s", mechanism, form, all)
					}
				}
				if output == "--transcript" && echo == "" && (!strings.Contains(run.stderr, "C: AUTH "+strings.ToUpper(mechanism)) ||
					!strings.Contains(run.stderr, "(secret)") || !strings.Contains(run.stderr, "encrypted from here on") ||
					!strings.Contains(run.stderr, "S: 221")) {
					t.Errorf("the transcript lacks something:\n%s", run.stderr)
				}
			}
		}
	}
}
