package smtpclient_test

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestStreamsFillEveryBuffer: messages go out without a wait while the replies to
// them, long ones, fill what little buffers there are: none over a pipe, small
// ones over TCP. Neither side may wait for the other for good.
func TestStreamsFillEveryBuffer(t *testing.T) {
	long := strings.Repeat("a reply that says more than it has to. ", 11)
	for _, m := range modes() {
		for _, over := range []string{"pipe", "TCP"} {
			t.Run(m.name+"/"+over, func(t *testing.T) {
				srv := m.server(t, nil)
				for _, role := range []smtp.Role{smtp.RoleSender, smtp.RoleRecipient, smtp.RoleContent, smtp.RoleLastChunk, smtp.RoleReset} {
					srv.On(smtptest.Match{Role: role}, smtptest.Answer{Text: long})
				}
				cfg := m.config()
				cfg.Eager = true
				cfg.WindowMessages, cfg.WindowOctets = 1<<10, 1<<24
				cfg.Dialer = dialFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
					if over == "pipe" {
						return srv.Pipe(), nil
					}
					var d net.Dialer
					conn, err := d.DialContext(ctx, network, addr)
					if err == nil {
						err = conn.(*net.TCPConn).SetReadBuffer(8192)
					}
					return conn, err
				})
				c := dial(t, srv, cfg)
				n := 0
				for _, err := range c.SendAll(t.Context(), numbered(800)) {
					if err != nil {
						t.Fatal(err)
					}
					n++
				}
				if n != 800 || len(srv.Messages()) != n {
					t.Errorf("%d reports, %d messages", n, len(srv.Messages()))
				}
			})
		}
	}
}

// TestConnectionsOfOneConfigResumeTLS: with a cache of sessions the second
// handshake is a resumption.
func TestConnectionsOfOneConfigResumeTLS(t *testing.T) {
	srv := smtptest.NewUnstartedServer()
	srv.Config.ImplicitTLS = true
	srv.Start()
	defer srv.Close()
	cfg := smtpclient.Config{TLS: smtpclient.TLSImplicit, TLSConfig: srv.ClientTLS(), ServerName: "localhost"}
	cfg.TLSConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	for i := range 2 {
		c := dial(t, srv, cfg)
		if _, err := c.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter)); err != nil {
			t.Fatal(err)
		}
		if state, _ := c.TLS(); state.DidResume != (i > 0) {
			t.Errorf("connection %d: resumed %v", i, state.DidResume)
		}
		c.Quit(t.Context())
	}
}
