package conformance

import (
	"context"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// served answers each connection with octets and closes it.
func served(t *testing.T, octets string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, octets)
			c.Close()
		}
	}()
	return l.Addr().String()
}

// TestNoServer holds that what is no mail server ends in a clear message and a
// report.
func TestNoServer(t *testing.T) {
	for name, x := range map[string]struct{ address, want string }{
		"HTTP":           {served(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), "expected the greeting of a mail server"},
		"closes":         {served(t, ""), "expected a greeting, got none"},
		"closed port":    {"127.0.0.1:1", "no connection to"},
		"a greeting 554": {served(t, "554 go away\r\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := Run(context.Background(), Config{Address: x.address, Timeout: time.Second, Selection: Selection{IDs: []string{"mail-250"}}})
			if report == nil || len(report.Results) == 0 {
				t.Fatalf("expected a report, got none: %v", err)
			}
			if err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("expected %q, got %v", x.want, err)
			}
		})
	}
}

// TestWrongCertificate holds that a certificate for another name, which the user
// asked to be checked, ends the run with both names.
func TestWrongCertificate(t *testing.T) {
	for name, change := range map[string]func(*smtptest.Config){
		"STARTTLS":     nil,
		"implicit TLS": func(c *smtptest.Config) { c.ImplicitTLS = true },
	} {
		t.Run(name, func(t *testing.T) {
			s, cfg := Embedded(change)
			defer s.Close()
			cfg.Selection.IDs = []string{"mail-250"}
			if _, err := Run(context.Background(), cfg); err != nil {
				t.Fatalf("with the right name: %v", err)
			}
			cfg.TLS.ServerName = "other.example.org"
			report, err := Run(context.Background(), cfg)
			if err == nil || !strings.Contains(err.Error(), "is not what was asked for") || !strings.Contains(err.Error(), "other.example.org") {
				t.Errorf("expected an error about the certificate, got %v", err)
			}
			if report == nil || len(report.Results) != 1 || report.Results[0].ID != "sanity-first" || report.Results[0].Verdict != Error {
				t.Errorf("expected a report of the first case alone, got %+v", report)
			}
		})
	}
}

// TestNoTLSThere holds that a port without TLS, given as one with, is told.
func TestNoTLSThere(t *testing.T) {
	report, err := Run(context.Background(), Config{ImplicitTLS: served(t, "220 mx ESMTP\r\n"), Timeout: time.Second})
	if report == nil || err == nil || !strings.Contains(err.Error(), "does the server speak TLS from the start there?") {
		t.Errorf("got %v", err)
	}
}

// TestServerDies holds that a server which is gone in the middle leads to an error
// and to a report of what ran until then.
func TestServerDies(t *testing.T) {
	s, cfg := Embedded(nil)
	defer s.Close()
	var opened atomic.Int32
	cfg.Dial = func(address string) (net.Conn, error) {
		if opened.Add(1) > 12 {
			s.Close()
		}
		return net.DialTimeout("tcp", address, time.Second)
	}
	cfg.Parallel, cfg.Timeout = 2, time.Second
	cfg.Selection.Areas = []string{"MAIL"}
	report, err := Run(context.Background(), cfg)
	if err == nil || !strings.Contains(err.Error(), "the server does not serve any more: no connection to "+cfg.Address) {
		t.Errorf("expected that the server is gone, got %v", err)
	}
	passed, failed := 0, 0
	for _, x := range report.Results {
		switch x.Verdict {
		case Pass, Warn:
			passed++
		case Error:
			failed++
		default:
			t.Errorf("%s: %s", x.ID, x.Verdict)
		}
	}
	if passed < 3 || failed < 3 {
		t.Errorf("expected some cases before the end and some behind it, got %s", report.Summary())
	}
}
