package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/auth"
)

// certificate is one that signs itself.
func certificate(t *testing.T, key crypto.Signer, algorithm x509.SignatureAlgorithm) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"mx.example"},
		SignatureAlgorithm: algorithm, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// handshake gives both ends of a TLS connection.
func handshake(t *testing.T, version uint16, cert tls.Certificate, change func(client *tls.Config)) (client, server tls.ConnectionState) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	config := &tls.Config{RootCAs: roots, ServerName: "mx.example", MaxVersion: version}
	if change != nil {
		change(config)
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	c, s := tls.Client(a, config), tls.Server(b, &tls.Config{Certificates: []tls.Certificate{cert}})
	failed := make(chan error, 1)
	go func() { failed <- s.Handshake() }()
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	return c.ConnectionState(), s.ConnectionState()
}

func types(list []auth.ChannelBinding) (names []string) {
	for _, b := range list {
		names = append(names, b.Type)
	}
	return names
}

func TestChannelBindingsAreTheSameAtBothEnds(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := certificate(t, p256, x509.ECDSAWithSHA256)
	for version, want := range map[uint16][]string{
		tls.VersionTLS13: {"tls-exporter", "tls-server-end-point"},
		tls.VersionTLS12: {"tls-unique", "tls-exporter", "tls-server-end-point"},
	} {
		c, s := handshake(t, version, cert, nil)
		here, there := auth.ClientBindings(c), auth.ServerBindings(s, cert.Leaf)
		if diff := cmp.Diff(want, types(here)); diff != "" {
			t.Errorf("%s: %s", tls.VersionName(version), diff)
		}
		if diff := cmp.Diff(here, there); diff != "" {
			t.Errorf("%s: client and server differ: %s", tls.VersionName(version), diff)
		}
		c2, _ := handshake(t, version, cert, nil)
		for i, b := range auth.ClientBindings(c2) {
			if same := string(b.Data) == string(here[i].Data); same != (b.Type == auth.TLSServerEndPoint) {
				t.Errorf("%s: %s of two connections: the same is %v", tls.VersionName(version), b.Type, same)
			}
		}
		if len(here[0].Data) < 12 {
			t.Errorf("%s: %s has %d octets", tls.VersionName(version), here[0].Type, len(here[0].Data))
		}
	}
	// What may be renegotiated has no secret of its own (RFC 9266 §4.2).
	c, _ := handshake(t, tls.VersionTLS12, cert, func(c *tls.Config) { c.Renegotiation = tls.RenegotiateOnceAsClient })
	if diff := cmp.Diff([]string{"tls-server-end-point"}, types(auth.ClientBindings(c))); diff != "" {
		t.Errorf("with renegotiation: %s", diff)
	}
	if list := auth.ClientBindings(tls.ConnectionState{}); list != nil {
		t.Errorf("before the handshake: %v", list)
	}
}

// RFC 5929 §4.1.
func TestServerEndPointHashesTheCertificate(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sum256 := func(p []byte) []byte { s := sha256.Sum256(p); return s[:] }
	for _, c := range []struct {
		key       crypto.Signer
		algorithm x509.SignatureAlgorithm
		sum       func([]byte) []byte
	}{
		{p384, x509.ECDSAWithSHA256, sum256},
		{p384, x509.ECDSAWithSHA384, func(p []byte) []byte { s := sha512.Sum384(p); return s[:] }},
		{p384, x509.ECDSAWithSHA512, func(p []byte) []byte { s := sha512.Sum512(p); return s[:] }},
		{edwards, x509.PureEd25519, nil},
	} {
		cert := certificate(t, c.key, c.algorithm)
		client, _ := handshake(t, tls.VersionTLS13, cert, nil)
		var got []byte
		for _, b := range auth.ClientBindings(client) {
			if b.Type == auth.TLSServerEndPoint {
				got = b.Data
			}
		}
		var want []byte
		if c.sum != nil {
			want = c.sum(cert.Leaf.Raw)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: %s", c.algorithm, diff)
		}
	}
	// SHA-1 and MD5 are replaced by SHA-256.
	old := &x509.Certificate{Raw: []byte("octets"), SignatureAlgorithm: x509.SHA1WithRSA}
	_, state := handshake(t, tls.VersionTLS13, certificate(t, p384, x509.ECDSAWithSHA384), nil)
	if list := auth.ServerBindings(state, old); len(list) == 0 || string(list[len(list)-1].Data) != string(sum256(old.Raw)) {
		t.Errorf("a certificate signed with SHA-1: %v", list)
	}
}
