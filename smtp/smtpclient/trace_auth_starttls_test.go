package smtpclient_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestTraceShowsTheConversationWithoutSecrets(t *testing.T) {
	const password = "hunter2-hunter2"
	srv := smtptest.NewUnstartedServer()
	srv.Config.STARTTLS = true
	srv.Config.Users = map[string]string{"user": password}
	srv.Start()
	defer srv.Close()
	for _, mechanism := range []auth.Mechanism{auth.Plain("", "user", password), auth.Login("user", password)} {
		var trace bytes.Buffer
		cfg := smtpclient.Config{TLSConfig: srv.ClientTLS(), Auth: mechanism, Trace: func(ev smtpclient.TraceEvent) {
			fmt.Fprintf(&trace, "%v %v %s [%s]\n", ev.Sent, ev.TLS, ev.Text, ev.State)
		}}
		c := dial(t, srv, cfg)
		if _, err := c.Send(context.Background(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter)); err != nil {
			t.Fatal(err)
		}
		c.Quit(t.Context())
		text := trace.String()
		for _, secret := range []string{password, base64.StdEncoding.EncodeToString([]byte(password)), base64.StdEncoding.EncodeToString([]byte("\x00user\x00" + password))} {
			if strings.Contains(text, secret) {
				t.Errorf("the trace has the secret %q", secret)
			}
		}
		for _, line := range []string{"AUTH " + mechanism.Name(), "false false 220 ", "true false STARTTLS [tls_handshake]", "QUIT [finished]", "octets of message data"} {
			if !strings.Contains(text, line) {
				t.Errorf("no %q in the trace:\n%s", line, text)
			}
		}
	}
}
