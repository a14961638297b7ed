//go:build realservers

package ntlm_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/auth/ntlm"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// control runs the script that starts and stops real servers.
func control(t *testing.T, arguments ...string) map[string]string {
	t.Helper()
	cmd := exec.Command("../../conformance/servers/ctl.sh", arguments...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ctl.sh %s: %v", strings.Join(arguments, " "), err)
	}
	values := map[string]string{}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[key] = value
	}
	return values
}

type cancelled struct{ auth.Mechanism }

var errGivenUp = errors.New("given up")

func (c cancelled) Start(ctx context.Context, peer auth.Peer) (auth.Exchange, []byte, error) {
	x, initial, err := c.Mechanism.Start(ctx, peer)
	return cancelledExchange{x}, initial, err
}

type cancelledExchange struct{ auth.Exchange }

func (cancelledExchange) Next([]byte) ([]byte, error) { return nil, errGivenUp }

// TestPostfix logs in to Postfix, whose NTLM is that of Cyrus SASL.
func TestPostfix(t *testing.T) {
	port := free(t)
	values := control(t, "start", "postfix", port, strconv.Itoa(os.Getpid()))
	t.Cleanup(func() { control(t, "stop", "postfix", port) })
	octets, err := os.ReadFile(values["certificate"])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(octets)
	user, password := values["user"], values["password"]
	for _, c := range []struct {
		name string
		m    auth.Mechanism
		want func(error) bool
	}{
		{"right", ntlm.New(user, password), func(err error) bool { return err == nil }},
		{"wrong", ntlm.New(user, "guess"), refused},
		{"unknown user", ntlm.New("nosuch@example.test", password), refused},
		{"given up", cancelled{ntlm.New(user, password)}, func(err error) bool { return errors.Is(err, errGivenUp) }},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		last := ""
		client, err := smtpclient.Dial(ctx, "127.0.0.1:"+port, smtpclient.Config{
			TLSConfig: &tls.Config{RootCAs: roots}, ServerName: "localhost", Auth: c.m,
			Trace: func(ev smtpclient.TraceEvent) {
				if !ev.Sent && !strings.HasPrefix(ev.Text, "221") {
					last = ev.Text
				}
			},
		})
		if !c.want(err) {
			t.Errorf("%s: %v", c.name, err)
		}
		if client != nil {
			client.Quit(ctx)
		}
		t.Logf("postfix %s, NTLM, %s: %s", values["version"], c.name, last)
	}
}

func refused(err error) bool {
	var reply *smtp.ReplyError
	return errors.As(err, &reply) && reply.Code == 535
}

// free finds a port that is free with the four behind it.
func free(t *testing.T) string {
	t.Helper()
search:
	for port := 18000; port < 20000; port += 10 {
		for i := range 5 {
			l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port+i))
			if err != nil {
				continue search
			}
			l.Close()
		}
		return strconv.Itoa(port)
	}
	t.Fatal("no free ports between 18000 and 20000")
	return ""
}
