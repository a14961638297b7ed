package conformance_test

import (
	"net"
	"os"
	"testing"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// quick makes a Config for a server in the same process.
func quick(cfg conformance.Config) conformance.Config {
	cfg.Parallel = 8
	return cfg
}

func show(t *testing.T, r *conformance.Report) {
	t.Log(r.Summary())
	if s := os.Getenv("SHOW"); s != "" {
		r.WriteTextStyle(os.Stdout, conformance.TextStyle{Log: s == "log", All: s == "all"})
	}
}

// TestEmbeddedSMTP runs the suite against the embedded server as a mail exchanger.
func TestEmbeddedSMTP(t *testing.T) {
	t.Parallel()
	s, cfg := conformance.Embedded(nil)
	defer s.Close()
	show(t, conformance.TestServer(t, quick(cfg)))
}

// TestEmbeddedSubmission runs it against one that asks for AUTH, with a second
// port of implicit TLS.
func TestEmbeddedSubmission(t *testing.T) {
	t.Parallel()
	s, cfg := conformance.Embedded(func(c *smtptest.Config) { c.RequireAuth = true })
	defer s.Close()
	cfg = quick(cfg)
	cfg.Submission = true
	show(t, conformance.TestServer(t, cfg))
}

// TestEmbeddedImplicitTLS runs it where there is nothing but implicit TLS.
func TestEmbeddedImplicitTLS(t *testing.T) {
	t.Parallel()
	s, cfg := conformance.Embedded(func(c *smtptest.Config) { c.ImplicitTLS = true })
	defer s.Close()
	cfg = quick(cfg)
	show(t, conformance.TestServer(t, cfg))
}

// TestEmbeddedLMTP runs it over connections in memory against a server of LMTP.
func TestEmbeddedLMTP(t *testing.T) {
	t.Parallel()
	s, cfg := conformance.Embedded(func(c *smtptest.Config) { c.LMTP = true })
	defer s.Close()
	cfg = quick(cfg)
	cfg.Dial = func(string) (net.Conn, error) { return s.Pipe(), nil }
	show(t, conformance.TestServer(t, cfg))
}
