package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// Ports by what is spoken on them (RFC 6409 §3.1, RFC 8314 §7.3). LMTP has none
// of its own: 24 is for private mail systems, and taken by many for it.
const (
	portSubmission  = "587"
	portSubmissions = "465"
	portLMTP        = "24"
)

var tlsPolicies = map[string]smtpclient.TLSPolicy{
	"required": smtpclient.TLSRequired, "implicit": smtpclient.TLSImplicit,
	"opportunistic": smtpclient.TLSOpportunistic, "off": smtpclient.TLSOff,
}

// plan turns the flags into what the driver wants: where to connect, and how.
// Everything is checked that can be without connecting.
func (a *app) plan(ctx context.Context, c *cli) (address string, cfg smtpclient.Config, err error) {
	address, err = serverAddress(c)
	if err != nil {
		return "", cfg, err
	}
	cfg = smtpclient.Config{
		TLS: tlsPolicies[c.TLS], ServerName: c.ServerName,
		LocalName: c.Helo, LMTP: c.LMTP, TLSConfig: new(tls.Config),
	}
	if chunking, ok := smtp.Table.Keyword(smtp.RoleLastChunk); ok && c.Data {
		cfg.Ignore = []smtp.Keyword{chunking}
	}
	if c.Helo != "" {
		if err := checkCommand("--helo", c.Helo, &smtp.Ehlo{Name: c.Helo}); err != nil {
			return "", cfg, err
		}
	}
	if c.CA != "" {
		if cfg.TLSConfig.RootCAs, err = authority(c.CA); err != nil {
			return "", cfg, err
		}
	}
	if c.Cert != "" {
		if cfg.TLSConfig.Certificates, err = certificate(c); err != nil {
			return "", cfg, err
		}
	}
	if c.logsIn() {
		if cfg.Auth, err = a.mechanism(ctx, c); err != nil {
			return "", cfg, err
		}
	}
	return address, cfg, nil
}

// serverAddress is what the user wrote, with a port, or the path of a Unix
// socket.
func serverAddress(c *cli) (string, error) {
	if strings.HasPrefix(c.Server, "/") {
		return c.Server, nil
	}
	host, port := strings.Trim(c.Server, "[]"), portSubmission
	switch {
	case c.LMTP:
		port = portLMTP
	case c.TLS == "implicit":
		port = portSubmissions
	}
	if net.ParseIP(host) == nil && strings.Contains(c.Server, ":") {
		h, p, err := net.SplitHostPort(c.Server)
		if err != nil {
			return "", usageError("the server: expected HOST or HOST:PORT, got %q", c.Server)
		}
		host, port = h, p
	}
	if n, err := strconv.ParseUint(port, 10, 16); host == "" || err != nil || n == 0 {
		return "", usageError("the server: expected HOST or HOST:PORT with a port of 1 to 65535, got %q", c.Server)
	}
	return net.JoinHostPort(host, port), nil
}

// authority reads the certificates to trust.
func authority(name string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(name)
	if err != nil {
		return nil, usageError("--ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, usageError("--ca: expected a certificate in PEM form in %s", name)
	}
	return pool, nil
}
