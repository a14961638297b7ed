package smtptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// certificate is a self-signed certificate that is made when it is first asked
// for.
type certificate struct {
	once   sync.Once
	pair   tls.Certificate
	config *tls.Config
	pem    []byte
	parsed *x509.Certificate
}

func (c *certificate) make(name string) {
	c.once.Do(func() {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(fmt.Sprintf("smtptest: expected to make a key: %v", err))
		}
		template := &x509.Certificate{
			SerialNumber:          big.NewInt(1),
			Subject:               pkix.Name{CommonName: "smtptest"},
			NotBefore:             time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), // the clock of a test may be anywhere
			NotAfter:              time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC),
			KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
			ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
			BasicConstraintsValid: true,
			IsCA:                  true,
			DNSNames:              []string{"localhost"},
			IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		}
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err == nil {
			c.parsed, err = x509.ParseCertificate(der)
		}
		if err != nil {
			panic(fmt.Sprintf("smtptest: expected to make a certificate for %q: %v", name, err))
		}
		c.pair = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: c.parsed}
		c.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		c.config = &tls.Config{Certificates: []tls.Certificate{c.pair}, MinVersion: tls.VersionTLS12}
	})
}

// serverTLS is what handshakes are made with.
func (s *Server) serverTLS() *tls.Config {
	if s.cfg.TLS != nil {
		return s.cfg.TLS
	}
	// One for all connections, so that a client can resume its session.
	s.cert.make(s.cfg.Name)
	return s.cert.config
}

// leaf is the certificate that clients see; nil if Config.TLS has none for all of
// them.
func (s *Server) leaf() *x509.Certificate {
	cfg := s.serverTLS()
	if len(cfg.Certificates) == 0 {
		return nil
	}
	pair := cfg.Certificates[0]
	if pair.Leaf == nil && len(pair.Certificate) > 0 {
		pair.Leaf, _ = x509.ParseCertificate(pair.Certificate[0]) // or a handshake would have failed
	}
	return pair.Leaf
}

// ClientTLS is a configuration for clients that trusts the server's throw-away
// certificate and nothing else. The certificate is for localhost, 127.0.0.1, ::1
// and the server's Name, which is the ServerName set. With Config.TLS it trusts
// nothing.
func (s *Server) ClientTLS() *tls.Config {
	s.prepare()
	pool := x509.NewCertPool()
	if s.cfg.TLS == nil {
		s.cert.make(s.cfg.Name)
		pool.AddCert(s.cert.parsed)
	}
	return &tls.Config{RootCAs: pool, ServerName: s.cfg.Name, MinVersion: tls.VersionTLS12}
}

// CertPEM is the throw-away certificate in PEM, for a file of trusted
// certificates.
func (s *Server) CertPEM() []byte {
	s.prepare()
	s.cert.make(s.cfg.Name)
	return append([]byte(nil), s.cert.pem...)
}
