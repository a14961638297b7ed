package smtpclient_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// TestCancelBehindMemory: whose context ends is let go too where the kernel took the
// message in memory to its last octet, over TLS, and not the final dot; and Close
// waits for nothing there.
func TestCancelBehindMemory(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	path := filepath.Join(t.TempDir(), "socket") // where each write takes room of its own
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l = tls.NewListener(l, &tls.Config{Certificates: web.TLS.Certificates})
	done := make(chan struct{})
	t.Cleanup(func() { close(done); l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				fmt.Fprint(conn, "220 server.example.test\r\n")
				r := bufio.NewReader(conn)
				for line := ""; !strings.HasPrefix(line, "DATA"); {
					var err error
					if line, err = r.ReadString('\n'); err != nil {
						return
					}
					fmt.Fprint(conn, map[bool]string{false: "250 ok\r\n", true: "354 go on\r\n"}[strings.HasPrefix(line, "DATA")])
				}
				<-done // it takes no more
			}()
		}
	}()
	cfg := smtpclient.Config{
		TLS: smtpclient.TLSImplicit, TLSConfig: web.Client().Transport.(*http.Transport).TLSClientConfig, ServerName: "example.com",
		Timeout: 20 * time.Second,
		Dialer: dialFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err == nil {
				conn.(*net.UnixConn).SetWriteBuffer(64 << 10)
			}
			return conn, err
		}),
	}
	var all sync.WaitGroup
	few := make(chan struct{}, 16)
	for n := 70_000; n < 210_000; n += 2000 {
		few <- struct{}{}
		all.Go(func() {
			defer func() { <-few }()
			c, err := smtpclient.Dial(t.Context(), path, cfg)
			if err != nil {
				t.Error(err)
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			began := time.Now()
			_, err = c.Send(ctx, toOne, bytes.NewReader(bytes.Repeat([]byte("12345678\r\n"), n/10)))
			if spent := time.Since(began); err == nil || spent > 10*time.Second {
				t.Errorf("%d octets: after %v, %v", n, spent, err)
			}
			began = time.Now()
			c.Close()
			if spent := time.Since(began); spent > 4500*time.Millisecond {
				t.Errorf("%d octets: Close took %v", n, spent)
			}
		})
	}
	all.Wait()
}
