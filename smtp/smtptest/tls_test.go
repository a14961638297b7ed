package smtptest_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// secure makes the handshake.
func (c *client) secure(s *smtptest.Server) {
	c.t.Helper()
	conn := tls.Client(c.conn, s.ClientTLS())
	if err := conn.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.conn, c.in = conn, bufio.NewReader(conn)
}

func TestTheCertificateIsTheServersAlone(t *testing.T) {
	s, other := newServer(t, smtptest.Config{ImplicitTLS: true}), newServer(t, smtptest.Config{})
	s.Start()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CertPEM()) {
		t.Fatal("CertPEM is no certificate")
	}
	for _, test := range []struct {
		cfg  *tls.Config
		good bool
	}{
		{&tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}, true},
		{&tls.Config{RootCAs: pool, ServerName: "localhost"}, true},
		{&tls.Config{RootCAs: pool, ServerName: "example.com"}, false},
		{s.ClientTLS(), true},
		{other.ClientTLS(), false},
	} {
		conn, err := tls.Dial("tcp", s.Addr, test.cfg)
		if (err == nil) != test.good {
			t.Errorf("%q, expected success %v, got %v", test.cfg.ServerName, test.good, err)
		}
		if err == nil {
			conn.Close()
		}
	}
}

func TestACertificateOfTheUsersOwn(t *testing.T) {
	given := &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none today") }}
	bubble(t, smtptest.Config{ImplicitTLS: true, TLS: given}, func(t *testing.T, s *smtptest.Server) {
		c := open(t, s)
		if err := tls.Client(c.conn, s.ClientTLS()).Handshake(); err == nil {
			t.Error("the handshake succeeded")
		}
		synctest.Wait()
		if got := transcript(s, 1); !strings.Contains(got, "TLS handshake: none today") {
			t.Error(got)
		}
	})
}
