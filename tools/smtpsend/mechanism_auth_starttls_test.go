package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// everything is a server of tim's that offers all mechanisms there are.
func everything(c *smtptest.Config) {
	verify := func(q auth.BearerRequest) (string, error) {
		if q.User != "tim" || q.Token != "ya29."+secret {
			return "", &auth.OAuthError{Status: "invalid_token"}
		}
		return q.User, nil
	}
	c.RequireAuth = true
	c.Mechanisms = append(smtptest.Passwords(map[string]string{"tim": secret}),
		smtptest.Mechanism(auth.XOAuth2Server(verify)), smtptest.Mechanism(auth.OAuthBearerServer(verify)),
		smtptest.Mechanism(auth.AnonymousServer(nil)))
}

func TestMechanisms(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags []string
		typed string
		said  string // the mechanism; empty: none
		code  int
	}{
		{"strongest", nil, secret, "SCRAM-SHA-512-PLUS", exitOK},
		{"wrong", nil, "guess", "SCRAM-SHA-512-PLUS", exitAuth},
		{"list", []string{"--auth=external-not"}, secret, "", exitUsage},
		{"first that is there", []string{"--auth=XOAUTH2,plain", "--token-command=echo another-token"}, secret, "XOAUTH2", exitAuth},
		{"plain", []string{"--auth=plain"}, secret, "PLAIN", exitOK},
		{"login", []string{"--auth=login"}, secret, "LOGIN", exitOK},
		{"cram-md5", []string{"--auth=cram-md5"}, secret, "CRAM-MD5", exitOK},
		{"scram-sha-1", []string{"--auth=scram-sha-1"}, secret, "SCRAM-SHA-1", exitOK},
		{"scram-sha-256-plus", []string{"--auth=scram-sha-256-plus"}, secret, "SCRAM-SHA-256-PLUS", exitOK},
		{"anonymous", []string{"--auth=anonymous"}, "", "ANONYMOUS", exitOK},
		{"no token", []string{"--auth=xoauth2"}, "", "", exitUsage},
		{"no certificate", []string{"--auth=external"}, "", "", exitUsage},
		{"a key alone", []string{"--key=x"}, secret, "", exitUsage},
		{"as another, not possible", []string{"--auth=scram-sha-1,login", "--authzid=ann"}, secret, "", exitUsage},
		{"command fails", []string{"--token-command=exit 3"}, "", "", exitAuth},
		{"command prints nothing", []string{"--token-command=true"}, "", "", exitAuth},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, flags := startServer(t, everything)
			run := &call{stdin: simple, typed: c.typed, args: append(append(flags, "-", "--user=tim", "-v"), c.flags...)}
			want(t, c.code, run)
			said := ""
			for _, l := range s.Transcript(1) {
				if words := strings.Fields(l.Text); l.From == 'C' && words[0] == "AUTH" {
					said = words[1]
					break
				}
			}
			if said != c.said {
				t.Errorf("said %q, want %q\n%s", said, c.said, run.stderr)
			}
			if c.code == exitOK {
				if m := onlyMessage(t, s); m.User != "tim" && c.name != "anonymous" {
					t.Errorf("sent by %q", m.User)
				}
			}
		})
	}
}

// The command is run again for a token that was refused, and none of its tokens
// shows, even where the server repeats it.
func TestTokenCommand(t *testing.T) {
	s, flags := startServer(t, func(c *smtptest.Config) {
		verify := func(q auth.BearerRequest) (string, error) {
			if q.Token != "new-token-of-tim" {
				return "", &auth.OAuthError{Status: "invalid_token"}
			}
			return q.User, nil
		}
		c.Mechanisms = []func(auth.Verifier) auth.ServerMechanism{smtptest.Mechanism(auth.XOAuth2Server(verify))}
	})
	s.On(smtptest.Match{Role: smtp.RoleQuit}, smtptest.Answer{Code: 221, Text: "bye new-token-of-tim, old-token-of-tim"})
	used := writeFile(t, "used", "")
	command := "if [ -s " + used + " ]; then echo new-token-of-tim; else echo x >" + used + "; echo old-token-of-tim; fi"
	run := &call{stdin: simple, args: append(flags, "-", "--user=tim", "-v", "--token-command="+command)}
	want(t, exitOK, run)
	if strings.Contains(run.stdout+run.stderr, "-token-of-tim") || !strings.Contains(run.stderr, "bye (secret), [secret]") {
		t.Errorf("standard error:\n%s", run.stderr)
	}
	if n := strings.Count(run.stderr, "C: AUTH XOAUTH2"); n != 2 {
		t.Errorf("%d logins, want two:\n%s", n, run.stderr)
	}
}

func TestExternalByCertificate(t *testing.T) {
	certPEM, keyPEM := selfSigned(t)
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	cert, key := writeFile(t, "cert.pem", string(certPEM)), writeFile(t, "key.pem", string(keyPEM))
	s, flags := startServer(t, func(c *smtptest.Config) {
		c.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert}
		c.Mechanisms = []func(auth.Verifier) auth.ServerMechanism{smtptest.Mechanism(auth.ExternalServer(func(p auth.Peer, authzid string) (string, error) {
			if len(p.Certificates) == 0 {
				return "", auth.ErrDenied
			}
			return p.Certificates[0].Subject.CommonName + "/" + authzid, nil
		}))}
	})
	flags = []string{flags[0], "--ca=" + cert}
	for authzid, want := range map[string]string{"": "tim/", "ann": "tim/ann"} {
		args := append(flags, "-", "--cert="+cert, "--key="+key)
		if authzid != "" {
			args = append(args, "--authzid="+authzid)
		}
		run := &call{stdin: simple, args: args}
		if code := run.run(); code != exitOK {
			t.Fatalf("exit code %d: %s", code, run.stderr)
		}
		if m := s.Messages(); m[len(m)-1].User != want {
			t.Errorf("sent by %q, want %q", m[len(m)-1].User, want)
		}
		if len(run.asked) > 0 {
			t.Errorf("asked %q", run.asked)
		}
	}
	run := &call{stdin: simple, args: append(flags, "-", "--cert="+cert, "--key="+writeFile(t, "none.pem", "no key"))}
	want(t, exitUsage, run)
}

// selfSigned is a certificate of tim's for 127.0.0.1, and its key.
func selfSigned(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tim"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	octets, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: octets})
}
