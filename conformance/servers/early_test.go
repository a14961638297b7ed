//go:build realservers

package servers_test

import (
	"bytes"
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// A waiting connection counts how often its client waits: reads that bring
// something it may have waited for since it wrote last, or came.
type waiting struct {
	net.Conn
	n     *int
	waits bool
}

func (w *waiting) Write(p []byte) (int, error) {
	w.waits = true
	return w.Conn.Write(p)
}

func (w *waiting) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 && w.waits {
		w.waits = false
		*w.n++
	}
	return n, err
}

// A waitDialer connects such.
type waitDialer struct{ n int }

func (d *waitDialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &waiting{conn, &d.n, true}, nil
}

// TestEarly sends to each server that offers PIPECONNECT: the first connection
// learns it, the next ones say EHLO and the envelope before the greeting. A server
// that is known for it and does not take it any more costs one connection, and the
// message arrives once.
func TestEarly(t *testing.T) {
	names := strings.Fields(*chosen)
	if len(names) == 0 {
		names = []string{"exim"}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s := start(t, name)
			c, err := smtpclient.Dial(t.Context(), s.address, smtpclient.Config{TLS: smtpclient.TLSOff, LocalName: "client.test"})
			if err != nil {
				t.Fatal(err)
			}
			_, offered := smtpclient.Extension(c, smtp.PipeConnectKeyword)
			c.Quit(t.Context())
			if !offered {
				t.Logf("%s offers no PIPECONNECT", name)
				return
			}
			host, port, _ := net.SplitHostPort(s.address)
			n, _ := strconv.Atoi(port)
			implicit := net.JoinHostPort(host, strconv.Itoa(n+1))
			for _, way := range []struct {
				name, address string
				tls           smtpclient.TLSPolicy
				before        []string // what is said before the greeting, up to the argument
			}{
				{"plain", s.address, smtpclient.TLSOff, []string{"EHLO", "MAIL", "RCPT"}},
				{"STARTTLS", s.address, smtpclient.TLSRequired, []string{"EHLO", "STARTTLS"}},
				{"implicit", implicit, smtpclient.TLSImplicit, []string{"EHLO", "MAIL", "RCPT"}},
			} {
				for _, by := range []string{"BDAT", "DATA"} {
					t.Run(way.name+" "+by, func(t *testing.T) {
						cfg := smtpclient.Config{TLS: way.tls, TLSConfig: s.tls(t), LocalName: "client.test", Early: new(smtpclient.EarlyHosts)}
						if by == "DATA" {
							cfg.Ignore = []smtp.Keyword{smtp.KeywordChunking}
						}
						var waits [3]int
						for i := range waits {
							d := new(waitDialer)
							cfg.Dialer = d
							var early []string
							greeted := false
							cfg.Trace = func(ev smtpclient.TraceEvent) {
								if greeted = greeted || !ev.Sent; !greeted {
									verb, _, _ := strings.Cut(ev.Text, " ")
									early = append(early, verb)
								}
							}
							mark, message := newMessage(100_000)
							r, err := smtpclient.Send(t.Context(), way.address, cfg, smtpclient.Envelope{From: "sender@client.test", To: []string{user}}, bytes.NewReader(message))
							if err != nil || r.Accepted() != 1 {
								t.Fatal(err)
							}
							s.await(t, "tester", mark).same(t, message)
							waits[i] = d.n
							if by == "DATA" && way.tls != smtpclient.TLSRequired {
								early = slices.DeleteFunc(early, func(verb string) bool { return verb == "DATA" })
							}
							if i == 0 && early != nil || i > 0 && !slices.Equal(early, way.before) {
								t.Errorf("connection %d, before the greeting: %q", i+1, early)
							}
						}
						// On a busy machine a read and a write may fall apart.
						t.Logf("waits for the server, a message from the connection to QUIT: %v", waits)
						if waits[1] >= waits[0] || waits[2] >= waits[0] {
							t.Errorf("waits: %v, the later connections saved nothing", waits)
						}
					})
				}
			}
		})
	}
}
