package smtpclient_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// inMemory are the bodies that are written from where they stand.
var inMemory = map[string]func([]byte) io.Reader{
	"bytes.Reader": func(p []byte) io.Reader { return bytes.NewReader(p) },
	"bytes.Buffer": func(p []byte) io.Reader { return bytes.NewBuffer(p) },
}

// longText draws a text of some pieces, most of whose lines are in the form of the
// wire.
func longText(t *rapid.T) string {
	var b strings.Builder
	line := strings.Repeat("x", rapid.IntRange(1, 100).Draw(t, "length")) + "\r\n"
	for range rapid.IntRange(1, 4).Draw(t, "runs") {
		b.WriteString(rapid.SampledFrom([]string{"", "", "", "lone\n", ".\r\n", ".dot\r\n", "..\r\n", "half"}).Draw(t, "odd"))
		b.WriteString(strings.Repeat(line, rapid.SampledFrom([]int{0, 1, 30_000, 70_000, 150_000}).Draw(t, "octets")/len(line)))
	}
	b.WriteString(rapid.SampledFrom([]string{"", "", "end", ".", "\n"}).Draw(t, "end"))
	return b.String()
}

// TestBodiesInMemory: what is written from where it stands arrives as what is read
// in pieces, another message behind it.
func TestBodiesInMemory(t *testing.T) {
	for _, m := range modes() {
		for name, body := range inMemory {
			t.Run(m.name+"/"+name, func(t *testing.T) {
				rapid.Check(t, func(rt *rapid.T) {
					text := longText(rt)
					kept := bytes.Clone([]byte(text))
					c, srv := piped(t, m, nil)
					defer srv.Close()
					for _, b := range []io.Reader{body(kept), unadorned{strings.NewReader(text)}, strings.NewReader(letter)} {
						if _, err := c.Send(t.Context(), toOne, b); err != nil {
							rt.Fatal(err)
						}
						if n, _ := io.Copy(io.Discard, b); n != 0 {
							rt.Errorf("%d octets of the body were left", n)
						}
					}
					if string(kept) != text {
						rt.Error("the caller's memory was written to")
					}
					got := srv.Messages()
					if len(got) != 3 || !bytes.Equal(got[0].Data, got[1].Data) || string(got[2].Data) != letter {
						rt.Errorf("%d messages; the one in memory is the one that was read: %v", len(got), len(got) > 1 && bytes.Equal(got[0].Data, got[1].Data))
					}
				})
			})
		}
	}
}

// unadorned hides what else a reader can do.
type unadorned struct{ io.Reader }

// TestBodyInMemoryThatIsBad: by BDAT all of it is looked at before anything goes
// out; by DATA the connection is closed and nothing was sent.
func TestBodyInMemoryThatIsBad(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			c, srv := piped(t, m, nil)
			text := strings.Repeat(letter, 20_000) + "a\rb\r\n"
			body := bytes.NewReader([]byte(text))
			r, err := c.Send(t.Context(), toOne, body)
			var argument *smtp.ArgumentError
			if !errors.As(err, &argument) || r.Recipients[0].Outcome != smtp.NotSent {
				t.Errorf("%v, %v; want not sent, for an ArgumentError", r.Recipients[0].Outcome, err)
			}
			if n := len(srv.Messages()); n != 0 {
				t.Errorf("the server has %d messages", n)
			}
		})
	}
}

// TestCancelWhileMemoryIsWritten: a Send that ends by its context has let go of the
// body, and nothing of it is delivered, unless it went out whole.
func TestCancelWhileMemoryIsWritten(t *testing.T) {
	text := []byte(strings.Repeat(strings.Repeat("x", 76)+"\r\n", 50_000))
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			srv := m.server(t, nil)
			outcomes, counts := map[string]smtp.Outcome{}, map[smtp.Outcome]int{}
			rnd := rand.New(rand.NewPCG(1, 1))
			for i := range 30 {
				c := dial(t, srv, m.config())
				ctx, cancel := context.WithCancel(t.Context())
				stop := time.AfterFunc(time.Duration(rnd.IntN(4000))*time.Microsecond, cancel)
				kept := bytes.Clone(text)
				env := smtpclient.Envelope{From: fmt.Sprintf("s%d@example.test", i), To: toOne.To}
				r, err := c.Send(ctx, env, bytes.NewReader(kept))
				for i := range kept { // the race detector sees who reads it
					kept[i] = 'y'
				}
				stop.Stop()
				cancel()
				c.Close()
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				outcomes[env.From] = r.Recipients[0].Outcome
				counts[r.Recipients[0].Outcome]++
			}
			srv.Close()
			for _, msg := range srv.Messages() {
				if o := outcomes[msg.From]; o != smtp.Accepted && o != smtp.Unknown {
					t.Errorf("%s is reported as %v, the server has it", msg.From, o)
				}
				if !bytes.Equal(msg.Data, text) {
					t.Error("what was delivered is another text")
				}
				delete(outcomes, msg.From)
			}
			for from, o := range outcomes {
				if o != smtp.NotSent && o != smtp.Unknown {
					t.Errorf("%s is reported as %v, the server does not have it", from, o)
				}
			}
			t.Logf("outcomes: %v", counts)
			if counts[smtp.NotSent] == 0 {
				t.Error("expected some that were broken off")
			}
		})
	}
}

// offers are answers to EHLO.
var offers = []string{"250 server.example.test", "250-server.example.test\r\n250 PIPELINING", "250-server.example.test\r\n250-PIPELINING\r\n250 CHUNKING"}

// TestRefusedWhileItIsWritten: a server that refuses a message under way, and then
// takes no more, or closes, has its word in the report.
func TestRefusedWhileItIsWritten(t *testing.T) {
	text := []byte(strings.Repeat(strings.Repeat("x", 76)+"\r\n", 100_000))
	for _, offers := range offers {
		for _, closes := range []bool{false, true} {
			for i, body := range []io.Reader{bytes.NewReader(text), unadorned{bytes.NewReader(text)}} {
				if i == 1 && !closes && strings.HasSuffix(offers, "CHUNKING") {
					continue // a chunk that was answered went out whole
				}
				t.Run(fmt.Sprintf("%s/closes %v/%T", offers[len(offers)-9:], closes, body), func(t *testing.T) {
					addr := underWay(t, offers, "552 too much", closes, nil)
					c, err := smtpclient.Dial(t.Context(), addr, smtpclient.Config{TLS: smtpclient.TLSOff})
					if err != nil {
						t.Fatal(err)
					}
					defer c.Close()
					start := time.Now()
					r, err := c.Send(t.Context(), toOne, body)
					if o := r.Recipients[0].Outcome; o != smtp.RefusedForGood || !strings.Contains(fmt.Sprint(err), "552") {
						t.Errorf("%v, %v; want refused for good, with the server's 552", o, err)
					}
					if spent := time.Since(start); spent > 20*time.Second {
						t.Errorf("it took %v", spent)
					}
				})
			}
		}
	}
}

// underWay serves one connection: in the middle of the message it says something,
// or nothing, and reads no more then, or closes.
func underWay(t *testing.T, offers, says string, closes bool, secure *tls.Config) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	done := make(chan struct{})
	t.Cleanup(func() { close(done); l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
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
			case "BDAT":
			default:
				say("250 ok")
				continue
			}
			io.CopyN(io.Discard, r, 100_000)
			if says != "" {
				say(says)
			}
			if !closes {
				<-done
			}
			return
		}
	}()
	return l.Addr().String()
}

// TestCancelWhileAWriteIsHeldUp: a server that reads no more keeps nobody whose
// context ends, over TCP and over TLS, and who waits beside him neither.
func TestCancelWhileAWriteIsHeldUp(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	text := []byte(strings.Repeat(strings.Repeat("x", 76)+"\r\n", 400_000))
	for _, offers := range offers {
		for _, secure := range []bool{false, true} {
			for _, body := range []io.Reader{bytes.NewReader(text), unadorned{bytes.NewReader(text)}} {
				t.Run(fmt.Sprintf("%s/TLS %v/%T", offers[len(offers)-9:], secure, body), func(t *testing.T) {
					cfg := smtpclient.Config{TLS: smtpclient.TLSOff}
					var server *tls.Config
					if secure {
						server = &tls.Config{Certificates: web.TLS.Certificates}
						cfg.TLS, cfg.TLSConfig = smtpclient.TLSImplicit, web.Client().Transport.(*http.Transport).TLSClientConfig
						cfg.ServerName = "example.com"
					}
					c, err := smtpclient.Dial(t.Context(), underWay(t, offers, "", false, server), cfg)
					if err != nil {
						t.Fatal(err)
					}
					defer c.Close()
					ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
					defer cancel()
					beside := make(chan error, 1)
					time.AfterFunc(20*time.Millisecond, func() {
						_, err := c.Send(ctx, toOne, strings.NewReader(letter))
						beside <- err
					})
					start := time.Now()
					r, err := c.Send(ctx, toOne, body)
					if other := <-beside; other == nil {
						t.Error("who waited beside was told that his message was sent")
					}
					if spent := time.Since(start); spent > 20*time.Second {
						t.Errorf("it took %v", spent)
					}
					if !errors.Is(err, context.DeadlineExceeded) || r.Recipients[0].Outcome != smtp.NotSent {
						t.Errorf("%v, %v; want not sent, for the context's end", r.Recipients[0].Outcome, err)
					}
				})
			}
		}
	}
}
