package conformance_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/conformance"
)

// leaky is a server that takes what was sent in clear behind STARTTLS for
// commands under TLS, forgets nothing at the handshake, and offers STARTTLS there
// too (RFC 3207 §4.2 and §6 forbid all of it).
func leaky(c net.Conn, cfg *tls.Config) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	r, w := bufio.NewReader(c), io.Writer(c)
	mail := false
	fmt.Fprint(w, "220 mx.example.test\r\n")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(strings.TrimSpace(line)); {
		case strings.HasPrefix(verb, "EHLO"):
			fmt.Fprint(w, "250-mx.example.test\r\n250-PIPELINING\r\n250 STARTTLS\r\n")
		case strings.HasPrefix(verb, "STARTTLS"):
			fmt.Fprint(w, "220 go\r\n")
			c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			for {
				next, err := r.Peek(r.Buffered() + 1)
				if err != nil || next[0] == 0x16 { // a handshake record
					break
				}
			}
			c.SetDeadline(time.Now().Add(20 * time.Second))
			all, _ := r.Peek(r.Buffered())
			clear := bytes.Clone(all)
			var handshake []byte
			if at := bytes.IndexByte(clear, 0x16); at >= 0 {
				clear, handshake = clear[:at], clear[at:]
			}
			secure := tls.Server(&begun{Conn: c, before: handshake}, cfg)
			if secure.Handshake() != nil {
				return
			}
			r, w = bufio.NewReader(io.MultiReader(bytes.NewReader(clear), secure)), secure
		case strings.HasPrefix(verb, "MAIL"):
			mail = true
			fmt.Fprint(w, "250 fine\r\n")
		case strings.HasPrefix(verb, "RCPT") && !mail:
			fmt.Fprint(w, "503 MAIL first\r\n")
		case strings.HasPrefix(verb, "QUIT"):
			fmt.Fprint(w, "221 mx.example.test\r\n")
			return
		default:
			fmt.Fprint(w, "250 fine\r\n")
		}
	}
}

// begun gives octets that were read already to the handshake.
type begun struct {
	net.Conn
	before []byte
}

func (b *begun) Read(p []byte) (int, error) {
	if len(b.before) > 0 {
		n := copy(p, b.before)
		b.before = b.before[n:]
		return n, nil
	}
	return b.Conn.Read(p)
}

// TestLeakySTARTTLS holds that what a server keeps over the handshake is found.
func TestLeakySTARTTLS(t *testing.T) {
	t.Parallel()
	lender := httptest.NewTLSServer(nil) // of a certificate
	defer lender.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go leaky(c, &tls.Config{Certificates: lender.TLS.Certificates})
		}
	}()
	ids := []string{"tls-injection", "tls-injection-split", "pipe-after-starttls", "tls-reset", "tls-in-transaction", "tls-not-again", "tls-twice", "tls-arg", "tls-mail-needs-ehlo"}
	report, err := conformance.Run(context.Background(), conformance.Config{
		Address: l.Addr().String(), Recipients: []string{"tester@example.test"}, Timeout: 3 * time.Second,
		Selection: conformance.Selection{IDs: ids},
	})
	if report == nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		if !strings.HasPrefix(r.ID, "sanity") && !r.Deviates() {
			t.Errorf("%s does not complain: %s %s %s", r.ID, r.Verdict, r.Findings, r.Missing)
			for _, l := range r.Log {
				t.Logf("   %d %s: %s", l.Conn, l.From, l.Text)
			}
		}
	}
}
