package smtpclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestCutAtEveryOctet closes the connection after every single octet of a whole
// session, in both directions. What is reported has to be what the server did:
// never accepted without its word, never "not sent" for what it took.
func TestCutAtEveryOctet(t *testing.T) {
	for _, m := range modes() {
		for _, direction := range []string{"from the server", "from the client"} {
			t.Run(m.name+"/"+direction, func(t *testing.T) {
				counts := map[smtp.Outcome]int{}
				for at, whole := int64(1), false; !whole; at++ {
					synctest.Test(t, func(t *testing.T) { whole = cutAt(t, m, direction == "from the client", at, counts) })
				}
				t.Logf("outcomes: %v", counts)
				// What the client could not write it knows; what is lost of the server's words
				// leaves it in doubt.
				want := smtp.NotSent
				if direction == "from the server" {
					want = smtp.Unknown
				}
				if counts[smtp.Accepted] == 0 || counts[want] == 0 {
					t.Errorf("expected accepted and %v among them, got %v", want, counts)
				}
			})
		}
	}
}

// cutAt runs one session that is cut at an octet, and reports whether it was
// over before that.
func cutAt(t *testing.T, m mode, read bool, at int64, counts map[smtp.Outcome]int) (whole bool) {
	srv := smtptest.NewUnstartedServer()
	srv.Config.LMTP, srv.Config.Without = m.lmtp, m.without
	srv.Config.Fault = func(int) smtptest.Fault {
		if read {
			return smtptest.Fault{Read: at}
		}
		return smtptest.Fault{Write: at}
	}
	srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "nobody@example.test"}, smtptest.Answer{Code: 550, Text: "no such user"})
	defer srv.Close()
	cfg := m.config()
	cfg.LocalName = "client.example.test"
	cfg.ChunkSize = len(letter) / 2
	c, err := smtpclient.NewClient(t.Context(), srv.Pipe(), cfg)
	if err != nil {
		return false
	}
	report, err := c.Send(t.Context(), smtpclient.Envelope{From: "a@example.test", To: []string{"b@example.test", "nobody@example.test", "c@example.test"}}, strings.NewReader(letter))
	quit := c.Quit(t.Context())
	srv.Close()
	has := map[string]bool{}
	for _, msg := range srv.Messages() {
		if string(msg.Data) != letter || msg.From != "a@example.test" {
			t.Errorf("cut at %d: the server has %q from %s", at, msg.Data, msg.From)
		}
		for _, to := range msg.To {
			has[to] = true
		}
	}
	for _, r := range report.Recipients {
		counts[r.Outcome]++
		switch {
		case r.Outcome == smtp.Accepted && !has[r.Address], r.Outcome == smtp.Pending,
			r.Outcome == smtp.NotSent && has[r.Address],
			r.Outcome == smtp.RefusedForGood && r.Address != "nobody@example.test",
			r.Outcome == smtp.RefusedForNow:
			t.Errorf("cut at %d: %s reported as %v (%v), the server has it: %v", at, r.Address, r.Outcome, err, has[r.Address])
		}
	}
	return quit == nil
}

// TestBothSidesWrite sends an envelope whose replies fill a pipe without
// buffers while it is still being written.
func TestBothSidesWrite(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := smtptest.NewUnstartedServer()
				srv.Config.LMTP, srv.Config.Without = m.lmtp, m.without
				defer srv.Close()
				c, err := smtpclient.NewClient(t.Context(), srv.Pipe(), m.config())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				env := smtpclient.Envelope{From: "a@example.test"}
				for i := range 3000 {
					env.To = append(env.To, fmt.Sprintf("user%d@example.test", i))
				}
				report, err := c.Send(t.Context(), env, strings.NewReader(strings.Repeat(letter, 5000)))
				if err != nil || report.Accepted() != len(env.To) {
					t.Errorf("accepted %d, error %v", report.Accepted(), err)
				}
			})
		})
	}
}

// slow is a body that takes its time.
type slow struct {
	r     io.Reader
	pause time.Duration
}

func (s slow) Read(p []byte) (int, error) {
	time.Sleep(s.pause)
	return s.r.Read(p[:min(len(p), 100)])
}

// TestManySendersSomeCancelled: 32 goroutines send on one client, and some of
// them give up at any moment. Every report has to be what the server did.
func TestManySendersSomeCancelled(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			srv := m.server(t, nil)
			var outcomes sync.Map
			count := map[smtp.Outcome]int{}
			for round := range 12 {
				c := dial(t, srv, m.config())
				var wg sync.WaitGroup
				for i := range 32 {
					wg.Go(func() {
						id := fmt.Sprintf("%s-%d-%d", strings.ReplaceAll(m.name, " ", "_"), round, i)
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						if i%3 == 0 {
							time.AfterFunc(time.Duration(rand.IntN(2000))*time.Microsecond, cancel)
						}
						var body io.Reader = strings.NewReader("Subject: " + id + "\r\n\r\n" + letter)
						if i%4 == 0 {
							body = slow{body, 50 * time.Microsecond}
						}
						report, _ := c.Send(ctx, smtpclient.Envelope{From: id + "@example.test", To: []string{"b@example.test", "c@example.test"}}, body)
						outcomes.Store(id+"@example.test", report)
					})
				}
				wg.Wait()
				c.Close()
			}
			srv.Close()
			has := map[string]int{}
			for _, msg := range srv.Messages() {
				has[msg.From] += len(msg.To)
				if id := strings.TrimSuffix(msg.From, "@example.test"); string(msg.Data) != "Subject: "+id+"\r\n\r\n"+letter {
					t.Errorf("the message of %s arrived as %q", id, msg.Data)
				}
			}
			outcomes.Range(func(from, value any) bool {
				for _, r := range value.(smtpclient.Report).Recipients {
					count[r.Outcome]++
					n := has[from.(string)]
					if r.Outcome == smtp.Accepted && n == 0 || r.Outcome == smtp.NotSent && n != 0 || n > 2 ||
						r.Outcome != smtp.Accepted && r.Outcome != smtp.NotSent && r.Outcome != smtp.Unknown {
						t.Errorf("%s: reported as %v (%v), the server took it %d times", from, r.Outcome, r.Err(), n)
					}
				}
				return true
			})
			t.Logf("outcomes: %v", count)
			if count[smtp.Accepted] == 0 || count[smtp.NotSent] == 0 {
				t.Errorf("expected accepted and not sent among %v", count)
			}
		})
	}
}

// TestCancelLeavesTheConnectionToOthers: a Send that is given up while it waits
// for the reply to the whole message returns at once, and the next one goes out
// on the same connection.
func TestCancelLeavesTheConnectionToOthers(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := smtptest.NewUnstartedServer()
				srv.Config.LMTP, srv.Config.Without = m.lmtp, m.without
				defer srv.Close()
				for _, role := range []smtp.Role{smtp.RoleContent, smtp.RoleLastChunk} {
					srv.On(smtptest.Match{Role: role, Nth: 1}, smtptest.Answer{Delay: time.Minute})
				}
				c, err := smtpclient.NewClient(t.Context(), srv.Pipe(), m.config())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				report, err := c.Send(ctx, smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter))
				if report.Recipients[0].Outcome != smtp.Unknown || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
					t.Errorf("after %v: %v, %v; want unknown, for the deadline, after 1s", time.Since(start), report.Recipients[0].Outcome, err)
				}
				if _, err := c.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter)); err != nil {
					t.Error("the next Send:", err)
				}
				if n := len(srv.Messages()); n != 2 || srv.Conns() != 1 {
					t.Errorf("%d messages on %d connections, want 2 on 1", n, srv.Conns())
				}
			})
		})
	}
}

// TestCancelHoldsInEveryPhase: a server that stops talking at some point does
// not hold a caller whose context ends.
func TestCancelHoldsInEveryPhase(t *testing.T) {
	for _, m := range modes() {
		for _, role := range []smtp.Role{smtp.RoleGreeting, smtp.RoleHello, smtp.RoleSender, smtp.RoleRecipient, smtp.RoleData, smtp.RoleContent, smtp.RoleChunk, smtp.RoleLastChunk} {
			t.Run(fmt.Sprint(m.name, "/", role), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					srv := smtptest.NewUnstartedServer()
					srv.Config.LMTP, srv.Config.Without = m.lmtp, m.without
					defer srv.Close()
					var mute atomic.Bool
					srv.Config.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
						if q.Role == role {
							mute.Store(true)
						}
						return smtptest.Answer{Silent: true}, mute.Load()
					}
					cfg := m.config()
					cfg.ChunkSize = len(letter) / 3
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					start := time.Now()
					c, err := smtpclient.NewClient(ctx, srv.Pipe(), cfg)
					if err == nil {
						defer c.Close()
						_, err = c.Send(ctx, smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter))
						if err == nil {
							err = c.Quit(ctx)
						}
					}
					if spent := time.Since(start); mute.Load() && (!errors.Is(err, context.DeadlineExceeded) || spent != time.Second) {
						t.Errorf("after %v: %v; want the deadline after 1s", spent, err)
					}
				})
			})
		}
	}
}

func secureServer(t *testing.T) *smtptest.Server {
	srv := smtptest.NewUnstartedServer()
	srv.Config.STARTTLS = true
	srv.Config.Users = map[string]string{"user": "secret"}
	srv.Config.RequireAuth = true
	t.Cleanup(srv.Close)
	return srv
}

func TestOpportunisticGoesOnWithoutTLS(t *testing.T) {
	srv := smtptest.NewServer()
	defer srv.Close()
	c := dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSOpportunistic})
	if _, err := c.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter)); err != nil {
		t.Error(err)
	}
}

// TestDeadConnection: the server goes away between two messages; the second is
// reported as not sent, and Close and Quit end.
func TestDeadConnection(t *testing.T) {
	for _, how := range []string{"closed", "421"} {
		t.Run(how, func(t *testing.T) {
			srv := smtptest.NewServer()
			defer srv.Close()
			c := dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSOff})
			env := smtpclient.Envelope{To: []string{"b@example.test"}}
			if _, err := c.Send(t.Context(), env, strings.NewReader(letter)); err != nil {
				t.Fatal(err)
			}
			if how == "closed" {
				srv.Close()
			} else {
				srv.Say(0, smtptest.Answer{Code: 421, Text: "shutting down"})
			}
			deadline := time.Now().Add(5 * time.Second)
			for {
				report, err := c.Send(t.Context(), env, strings.NewReader(letter))
				if err != nil {
					// A 421 that crosses MAIL is its answer.
					if o := report.Recipients[0].Outcome; o != smtp.NotSent && (how == "closed" || o != smtp.RefusedForNow) {
						t.Errorf("%v, %v; want not sent", o, err)
					}
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("the client does not notice")
				}
			}
			if err := c.Quit(t.Context()); err == nil {
				t.Error("Quit succeeded on a dead connection")
			}
			if err := c.Close(); !errors.Is(err, smtpclient.ErrClientClosed) {
				t.Errorf("a second Close: %v", err)
			}
		})
	}
}

// TestDialer: a dialer of the caller's is used, and told where to.
func TestDialer(t *testing.T) {
	srv := smtptest.NewServer()
	defer srv.Close()
	var asked string
	cfg := smtpclient.Config{TLS: smtpclient.TLSOff, Dialer: dialFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
		asked = network + " " + addr
		return srv.Pipe(), nil
	})}
	c, err := smtpclient.Dial(t.Context(), "mx.example.test:25", cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if asked != "tcp mx.example.test:25" {
		t.Errorf("asked for %q", asked)
	}
	for _, addr := range []string{"", "nohost", "a:b:c"} {
		if _, err := smtpclient.Dial(t.Context(), addr, cfg); err == nil {
			t.Errorf("Dial(%q) succeeded", addr)
		}
	}
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

func (f dialFunc) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return f(ctx, network, addr)
}
