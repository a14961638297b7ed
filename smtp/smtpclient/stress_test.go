package smtpclient_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// dawdling is a connection whose calls return some time after they are done, so
// that replies come before the write returns that they answer.
type dawdling struct {
	net.Conn
	mu  sync.Mutex
	rnd *rand.Rand
}

func (d *dawdling) dawdle() {
	d.mu.Lock()
	n := d.rnd.IntN(4)
	d.mu.Unlock()
	if n > 0 {
		time.Sleep(time.Duration(n) * time.Millisecond)
	}
}

func (d *dawdling) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	d.dawdle()
	return n, err
}

func (d *dawdling) Write(p []byte) (int, error) {
	n, err := d.Conn.Write(p)
	d.dawdle()
	return n, err
}

// TestEverythingAtOnce: senders, batches that are left, commands and Close on
// one client over a pipe without buffers, with delays, refusals and
// cancellations by chance. Everybody comes back, and every report is what the
// server did.
func TestEverythingAtOnce(t *testing.T) {
	rounds := 15
	if testing.Short() {
		rounds = 5
	}
	for _, m := range modes() {
		for _, eager := range []bool{false, true} {
			t.Run(fmt.Sprint(m.name, "/eager ", eager), func(t *testing.T) {
				count := map[smtp.Outcome]int{}
				for seed := range uint64(rounds) {
					synctest.Test(t, func(t *testing.T) { everythingAtOnce(t, m, eager, seed, count) })
					if t.Failed() {
						t.Fatalf("with seed %d", seed)
					}
				}
				t.Logf("outcomes: %v", count)
			})
		}
	}
}

func everythingAtOnce(t *testing.T, m mode, eager bool, seed uint64, count map[smtp.Outcome]int) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	srv := smtptest.NewUnstartedServer()
	srv.Config.LMTP, srv.Config.Without = m.lmtp, m.without
	defer srv.Close()
	slowly := rand.New(rand.NewPCG(seed, 2))
	srv.Config.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
		if q.Refused || q.Early || q.Role == smtp.RoleGreeting || q.Role == smtp.RoleHello {
			return smtptest.Answer{}, false
		}
		a := smtptest.Answer{Delay: time.Duration(slowly.IntN(6)) * time.Millisecond}
		if slowly.IntN(40) == 0 && q.Role != smtp.RoleQuit {
			a.Code, a.Text = 451, "by chance"
		}
		return a, true
	}
	cfg := m.config()
	cfg.Eager, cfg.ChunkSize, cfg.LocalName = eager, 40_000, "client.example.test"
	c, err := smtpclient.NewClient(t.Context(), &dawdling{Conn: srv.Pipe(), rnd: rand.New(rand.NewPCG(seed, 3))}, cfg)
	if err != nil {
		t.Fatal(err)
	}

	var mu sync.Mutex
	reports := map[string][]smtp.Outcome{}
	note := func(from string, r *smtpclient.Report) {
		mu.Lock()
		defer mu.Unlock()
		for _, one := range r.Recipients {
			reports[from] = append(reports[from], one.Outcome)
			count[one.Outcome]++
		}
	}
	newMessage := func(from string, rnd *rand.Rand) smtpclient.Message {
		text := from + "\r\n" + letter
		if rnd.IntN(4) == 0 {
			text += strings.Repeat("a line that makes it long\r\n", 1000+rnd.IntN(4000))
		}
		var body io.Reader = strings.NewReader(text)
		if rnd.IntN(3) == 0 {
			body = bodyFunc(func(b io.Reader) func(p []byte) (int, error) {
				return func(p []byte) (int, error) {
					time.Sleep(time.Millisecond)
					return b.Read(p[:min(len(p), 8000)])
				}
			}(body))
		}
		return smtpclient.Message{Envelope: smtpclient.Envelope{From: from, To: []string{"b@example.test", "c@example.test"}}, Body: body}
	}
	perhaps := func(rnd *rand.Rand) (context.Context, context.CancelFunc) {
		switch rnd.IntN(3) {
		case 0:
			return context.Background(), func() {} // another way of writing than with one that may end
		case 1:
			return context.WithCancel(t.Context())
		}
		return context.WithTimeout(t.Context(), time.Duration(rnd.IntN(150))*time.Millisecond)
	}

	var wg sync.WaitGroup
	for i := range 2 + rnd.IntN(6) {
		mine := rand.New(rand.NewPCG(seed, uint64(10+i)))
		wg.Go(func() {
			for k := range 6 {
				func() {
					ctx, cancel := perhaps(mine)
					defer cancel()
					time.Sleep(time.Duration(mine.IntN(20)) * time.Millisecond)
					from := fmt.Sprintf("s%d-%d@example.test", i, k)
					switch mine.IntN(5) {
					case 0:
						c.Do(ctx, new(smtp.Noop))
					case 1:
						k, stop := 0, mine.IntN(8)
						var all iter.Seq[smtpclient.Message] = func(yield func(smtpclient.Message) bool) {
							for n := range 6 {
								if !yield(newMessage(fmt.Sprintf("b%d-%s", n, from), mine)) {
									return
								}
							}
						}
						for r := range c.SendAll(ctx, all) {
							note(fmt.Sprintf("b%d-%s", k, from), r)
							if k++; k == stop {
								break
							}
						}
					default:
						msg := newMessage(from, mine)
						r, _ := c.Send(ctx, msg.Envelope, msg.Body)
						note(from, &r)
					}
				}()
			}
		})
	}
	if rnd.IntN(2) == 0 {
		wg.Go(func() {
			time.Sleep(time.Duration(rnd.IntN(400)) * time.Millisecond)
			c.Close()
		})
	}
	all := make(chan struct{})
	go func() { wg.Wait(); close(all) }()
	start := time.Now()
	select {
	case <-all:
	case <-time.After(4 * time.Minute): // less than any time-out
		t.Error("somebody hangs")
	}
	if spent := time.Since(start); spent > time.Minute {
		t.Errorf("it took %v", spent)
	}
	c.Close()
	srv.Close()
	has := map[string]int{}
	for _, msg := range srv.Messages() {
		has[msg.From] += len(msg.To)
		if !strings.HasPrefix(string(msg.Data), msg.From+"\r\n"+letter) {
			t.Errorf("the message of %s begins with %.40q", msg.From, msg.Data)
		}
	}
	for from, outcomes := range reports {
		accepted, maybe := 0, 0
		for _, o := range outcomes {
			switch o {
			case smtp.Accepted:
				accepted++
			case smtp.Unknown:
				maybe++
			case smtp.Pending, smtp.RefusedForGood:
				t.Errorf("%s: reported as %v", from, o)
			}
		}
		if n := has[from]; n < accepted || n > accepted+maybe {
			t.Errorf("%s: reported as %v, the server took it for %d", from, outcomes, n)
		}
	}
}

// late is a connection whose writes return long after they are done.
type late struct{ net.Conn }

func (l late) Write(p []byte) (int, error) {
	n, err := l.Conn.Write(p)
	time.Sleep(50 * time.Millisecond)
	return n, err
}

// TestWriteThatReturnsBehindItsReply: a message's envelope is written by another
// caller, and answered before that write returns; then its content goes out.
func TestWriteThatReturnsBehindItsReply(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := smtptest.NewUnstartedServer()
				srv.Config.LMTP, srv.Config.Without = m.lmtp, m.without
				defer srv.Close()
				c, err := smtpclient.NewClient(t.Context(), late{srv.Pipe()}, m.config())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				results := make(chan error, 3)
				send := func(ctx context.Context, text string) {
					go func() {
						_, err := c.Send(ctx, toOne, strings.NewReader(text))
						results <- err
					}()
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				send(ctx, letter)
				time.Sleep(60 * time.Millisecond) // its content is being written
				send(context.Background(), strings.Repeat(letter, 5000))
				time.Sleep(5 * time.Millisecond)
				send(context.Background(), letter)
				for range 3 {
					select {
					case err := <-results:
						if err != nil {
							t.Error(err)
						}
					case <-time.After(time.Hour):
						t.Fatal("a Send hangs")
					}
				}
			})
		})
	}
}
