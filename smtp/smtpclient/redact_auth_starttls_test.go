package smtpclient_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestRepeatedSecret: a server that repeats the password in its refusal, in whatever
// form, finds it neither in an error nor in a trace.
func TestRepeatedSecret(t *testing.T) {
	const password = "correct horse"
	whole := "\x00tim\x00" + password
	for _, repeated := range []string{
		password, base64.StdEncoding.EncodeToString([]byte(password)), fmt.Sprintf("%x", password), fmt.Sprintf("%X", whole),
		base64.StdEncoding.EncodeToString([]byte(whole)),
	} {
		for name, mechanism := range map[string]auth.Mechanism{"PLAIN": auth.Plain("", "tim", password), "LOGIN": auth.Login("tim", password)} {
			s := smtptest.NewUnstartedServer()
			s.Config.STARTTLS = true
			s.Config.Users = map[string]string{"tim": "another"}
			s.Config.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
				last := q.Role == smtp.RoleAuth && name == "PLAIN" || q.Role == smtp.RoleAuthLine && strings.HasPrefix(q.Line, "Y29y")
				return smtptest.Answer{Code: 535, Enhanced: smtp.EnhancedCode{5, 7, 8}, Text: "no " + repeated + " here"}, last
			}
			s.Start()
			var trace strings.Builder
			cfg := smtpclient.Config{Auth: mechanism, TLSConfig: s.ClientTLS(), Trace: func(e smtpclient.TraceEvent) { fmt.Fprintln(&trace, e.Text) }}
			for _, send := range []bool{false, true} {
				var err error
				if send {
					_, err = smtpclient.Send(context.Background(), s.Addr, cfg, smtpclient.Envelope{To: []string{"a@example.test"}}, strings.NewReader("x\n"))
				} else {
					_, err = smtpclient.Dial(context.Background(), s.Addr, cfg)
				}
				if err == nil || !strings.Contains(err.Error(), "here") {
					t.Fatalf("%s: expected the server's refusal, got %v", name, err)
				}
				if said := err.Error() + trace.String(); strings.Contains(said, password) || name == "PLAIN" && strings.Contains(said, repeated) {
					t.Errorf("%s, which repeats %q: it is shown: %s", name, repeated, said)
				}
			}
			s.Close()
		}
	}
}
