package smtpclient_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// thin dials a connection that holds little, so that writes are held up.
func thin(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err == nil {
		conn.(*net.TCPConn).SetWriteBuffer(64 << 10)
	}
	return conn, err
}

// slowly serves one connection, and takes a message bit by bit.
func slowly(t *testing.T, offers string, secure *tls.Config) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		if secure != nil {
			conn = tls.Server(conn, secure)
		}
		r := bufio.NewReader(conn)
		say := func(s string) { io.WriteString(conn, s+"\r\n") }
		say("220 server.example.test")
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); verb {
			case "EHLO":
				say(offers)
				continue
			case "DATA":
				say("354 go on")
				for n := 0; line != ".\r\n" && err == nil; n += len(line) {
					if line, err = r.ReadString('\n'); n > 32<<10 {
						n = 0
						time.Sleep(40 * time.Millisecond)
					}
				}
			case "BDAT":
				var left int64
				for fmt.Sscanf(line, "BDAT %d", &left); left > 0 && err == nil; time.Sleep(40 * time.Millisecond) {
					var n int64
					n, err = io.CopyN(io.Discard, r, min(left, 32<<10))
					left -= n
				}
			}
			say("250 ok")
		}
	}()
	return l.Addr().String()
}

// TestSlowLine: Timeout is for a server that takes nothing, or does not answer what
// it has; a message may take as long as it takes.
func TestSlowLine(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	text := []byte(strings.Repeat(strings.Repeat("x", 76)+"\r\n", 36_000))
	for _, offers := range []string{offers[0], offers[2]} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/TLS %v", offers[len(offers)-9:], secure), func(t *testing.T) {
				t.Parallel()
				cfg := smtpclient.Config{TLS: smtpclient.TLSOff, Timeout: 2 * time.Second, Dialer: dialFunc(thin)}
				var server *tls.Config
				if secure {
					server = &tls.Config{Certificates: web.TLS.Certificates}
					cfg.TLS, cfg.TLSConfig = smtpclient.TLSImplicit, web.Client().Transport.(*http.Transport).TLSClientConfig
					cfg.ServerName = "example.com"
				}
				c, err := smtpclient.Dial(t.Context(), slowly(t, offers, server), cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				began := time.Now()
				if r, err := c.Send(t.Context(), toOne, bytes.NewReader(text)); err != nil {
					t.Errorf("after %v: %v, %v", time.Since(began), r.Recipients[0].Outcome, err)
				}
				if spent := time.Since(began); spent < cfg.Timeout {
					t.Errorf("it took %v, which tells nothing", spent)
				}
			})
		}
	}
}
