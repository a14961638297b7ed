package smtpclient_test

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestHostileServerAndSecrets: whatever a server answers to AUTH and to each line,
// the login ends soon, and neither the error nor the trace nor the transcript of
// the client shows the secret, as it is, in base64 or hashed, not even where a
// challenge repeats it.
func TestHostileServerAndSecrets(t *testing.T) {
	const user, secret = "user", "korrekt-Pferd-Batterie"
	tokens := auth.StaticToken(secret)
	mechanisms := []auth.Mechanism{
		auth.Plain("", user, secret), auth.Login(user, secret), auth.CramMD5(user, secret), auth.XOAuth2(user, tokens), auth.OAuthBearer(user, tokens),
		auth.Scram(auth.SHA1, "", user, secret), auth.Scram(auth.SHA256, "", user, secret), auth.ScramPlus(auth.SHA256, "", user, secret),
		auth.Auto(auth.Credentials{User: user, Password: secret, Tokens: tokens}),
	}
	sides := append(smtptest.Passwords(map[string]string{user: secret}), bearer("XOAUTH2", func() string { return secret }), bearer("OAUTHBEARER", func() string { return secret }))
	one, two, three := md5.Sum([]byte(secret)), sha1.Sum([]byte(secret)), sha256.Sum256([]byte(secret))
	forms := []string{
		secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + secret)), hex.EncodeToString([]byte(secret)),
		hex.EncodeToString(one[:]), hex.EncodeToString(two[:]), hex.EncodeToString(three[:]), base64.StdEncoding.EncodeToString(three[:]),
	}
	rapid.Check(t, func(rt *rapid.T) {
		m := rapid.SampledFrom(mechanisms).Draw(rt, "mechanism")
		lines := rapid.SliceOfN(rapid.OneOf(
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return "334 " + base64.StdEncoding.EncodeToString(b) }),
			rapid.Map(rapid.SampledFrom(forms), func(s string) string { return "334 " + base64.StdEncoding.EncodeToString([]byte(s)) }),
			rapid.Map(rapid.SampledFrom(forms), func(s string) string { return "334 " + s }),
			rapid.StringMatching(`334 [ -~]{0,40}`),
			rapid.Map(rapid.SampledFrom([]string{"Username:", "Password:", "r=x,s=YWFh,i=4096", "v=YWFh", "e=other-error", `{"status":"401"}`, "<1@mx>", ""}),
				func(s string) string { return "334 " + base64.StdEncoding.EncodeToString([]byte(s)) }),
			rapid.SampledFrom([]string{"235 welcome", "535 no", "534 weak", "504 what", "454 later", "421 bye", "501 bad", "250 odd", "334", "334-a\r\n334 b", "999 z"}),
			rapid.Just(""), // as the mechanism has it
		), 0, 6).Draw(rt, "answers")
		srv := offering(t, true, sides...)
		next := 0
		srv.Config.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
			if (q.Role != smtp.RoleAuth && q.Role != smtp.RoleAuthLine) || next >= len(lines) {
				return smtptest.Answer{}, false
			}
			next++
			if lines[next-1] == "" {
				return smtptest.Answer{}, false
			}
			return smtptest.Answer{Raw: []byte(lines[next-1] + "\r\n")}, true
		}
		var said strings.Builder
		sent := 0
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		client, err := smtpclient.NewClient(ctx, srv.Pipe(), smtpclient.Config{
			TLSConfig: srv.ClientTLS(), Auth: m, Timeout: 5 * time.Second,
			Trace: func(ev smtpclient.TraceEvent) {
				fmt.Fprintln(&said, ev.Text)
				if ev.Sent {
					sent++
				}
			},
		})
		if client != nil {
			client.Close()
		}
		if ctx.Err() != nil || sent > 60 {
			rt.Fatalf("it does not end: %d commands, %v\n%s", sent, err, &said)
		}
		srv.Close()
		all := said.String() + fmt.Sprint(err)
		for _, l := range srv.Transcript(1) {
			if l.From == 'C' { // what the server repeats is its own affair
				all += l.String() + "\n"
			}
		}
		for _, form := range forms {
			if strings.Contains(all, form) {
				rt.Fatalf("the secret shows as %q:\n%s", form, all)
			}
		}
	})
}
