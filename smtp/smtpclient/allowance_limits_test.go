package smtpclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// keeper is a server that says how much it takes, and counts what goes beyond.
type keeper struct {
	*smtptest.Server
	mails, rcpts, domains int

	mu     sync.Mutex
	said   map[int]*tally // by connection
	beyond []string
}

type tally struct {
	mails, rcpts int
	domains      map[string]bool
}

func keep(t *testing.T, m mode, mails, rcpts, domains int, offers ...smtp.Offer) *keeper {
	k := &keeper{mails: mails, rcpts: rcpts, domains: domains, said: map[int]*tally{}}
	args := ""
	for name, n := range map[string]int{"MAILMAX": mails, "RCPTMAX": rcpts, "RCPTDOMAINMAX": domains} {
		if n > 0 {
			args += fmt.Sprintf(" %s=%d", name, n)
		}
	}
	k.Server = m.server(t, func(cfg *smtptest.Config) {
		cfg.Offers = append(offers, smtp.Offer{Keyword: smtp.KeywordLimits, Args: strings.TrimSpace(args)})
		cfg.Answer = k.answer
	})
	t.Cleanup(func() {
		if len(k.beyond) > 0 {
			t.Errorf("beyond what the server takes: %v", k.beyond)
		}
	})
	return k
}

func (k *keeper) answer(q smtptest.Request) (smtptest.Answer, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.said[q.Conn]
	if s == nil {
		s = &tally{domains: map[string]bool{}}
		k.said[q.Conn] = s
	}
	switch q.Role {
	case smtp.RoleSender:
		s.mails++
		s.rcpts = 0
	case smtp.RoleRecipient:
		s.rcpts++
		_, domain, _ := strings.Cut(strings.ToLower(q.Address), "@")
		s.domains[domain] = true
		if strings.HasPrefix(q.Address, "refused") {
			return smtptest.Answer{Code: 550}, true
		}
	default:
		return smtptest.Answer{}, false
	}
	if k.mails > 0 && s.mails > k.mails || k.rcpts > 0 && s.rcpts > k.rcpts || k.domains > 0 && len(s.domains) > k.domains {
		k.beyond = append(k.beyond, q.Line)
		return smtptest.Answer{Code: 452}, true
	}
	return smtptest.Answer{}, false
}

// received is how often each recipient got the message.
func (k *keeper) received(t *testing.T, data string) map[string]int {
	t.Helper()
	got := map[string]int{}
	for _, m := range k.Messages() {
		if string(m.Data) != data {
			t.Errorf("another message came: %q", m.Data)
		}
		for _, to := range m.To {
			got[to]++
		}
	}
	return got
}

func recipients(n int, domains ...string) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("r%d@%s", i, domains[i%len(domains)]))
	}
	return list
}

func once(list []string) map[string]int {
	m := map[string]int{}
	for _, to := range list {
		m[to]++
	}
	return m
}

// unseekable is a body that can be read once.
type unseekable struct{ io.Reader }

// Every recipient gets the message, in as many transactions as the server's
// limits ask for, and the report is exact for each.
func TestLimitsSplitAMessage(t *testing.T) {
	long := strings.Repeat(strings.Repeat("x", 70)+"\r\n", 3000)
	for _, m := range modes() {
		for name, body := range map[string]io.Reader{
			"rewound": strings.NewReader(long), "short": unseekable{strings.NewReader(letter)}, "behind its beginning": strings.NewReader("no part of it" + long),
		} {
			t.Run(m.name+"/"+name, func(t *testing.T) {
				want := long
				if name == "short" {
					want = letter
				}
				if name == "behind its beginning" {
					io.CopyN(io.Discard, body, int64(len("no part of it")))
				}
				k := keep(t, m, 0, 20, 0)
				c := dial(t, k.Server, m.config())
				to := recipients(50, "example.test")
				to[30] = "refused@example.test"
				r, err := c.Send(t.Context(), smtpclient.Envelope{From: "a@example.test", To: to}, body)
				var partial *smtpclient.PartialError
				if !errors.As(err, &partial) || partial.Accepted != 49 || len(partial.Failed) != 1 || partial.Failed[0].Address != to[30] {
					t.Fatalf("%v", err)
				}
				for i, one := range r.Recipients {
					if one.Address != to[i] || (one.Outcome == smtp.Accepted) == (i == 30) || i == 30 && one.Reply.Code != 550 {
						t.Errorf("%d: %s %v %v", i, one.Address, one.Outcome, one.Err())
					}
				}
				if diff := cmp.Diff(once(slices.Delete(slices.Clone(to), 30, 31)), k.received(t, want)); diff != "" {
					t.Error(diff)
				}
				if n := len(k.Messages()); n != 3 || k.Conns() != 1 {
					t.Errorf("%d transactions on %d connections", n, k.Conns())
				}
			})
		}
	}
}

// What can't be sent as the limits ask for is an error before anything is sent,
// and the connection goes on.
func TestLimitsNothingSent(t *testing.T) {
	long := strings.Repeat(strings.Repeat("x", 70)+"\r\n", 3000)
	for name, c := range map[string]struct {
		domains int
		to      []string
		body    io.Reader
		what    string
	}{
		"a body that can't be rewound": {0, recipients(3, "example.test"), unseekable{strings.NewReader(long)}, "recipients"},
		"domains":                      {2, recipients(2, "a.test", "b.test", "c.test"), strings.NewReader(letter), ""},
		"too many domains":             {2, recipients(3, "a.test", "b.test", "c.test"), strings.NewReader(letter), "domains"},
		"a bad address":                {0, []string{"a@example.test", "b@example.test", "c d@example.test"}, strings.NewReader(letter), "bad"},
	} {
		t.Run(name, func(t *testing.T) {
			k := keep(t, modes()[0], 0, 2, c.domains)
			conn, err := net.Dial("tcp", k.Addr)
			if err != nil {
				t.Fatal(err)
			}
			client, err := smtpclient.NewClient(t.Context(), conn, modes()[0].config())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			r, err := client.Send(t.Context(), smtpclient.Envelope{From: "a@example.test", To: c.to}, c.body)
			var limit *smtpclient.LimitError
			var bad *smtp.ArgumentError
			switch {
			case c.what == "":
				if err != nil {
					t.Error(err)
				}
				return
			case c.what == "bad" && errors.As(err, &bad):
			case !errors.As(err, &limit) || limit.What != c.what || limit.Most != 2:
				t.Errorf("%v", err)
			}
			for _, one := range r.Recipients {
				if one.Outcome != smtp.NotSent {
					t.Errorf("%s: %v", one.Address, one.Outcome)
				}
			}
			for _, line := range k.Transcript(1) {
				if strings.HasPrefix(line.Text, "MAIL") {
					t.Error("MAIL was sent")
				}
			}
			if _, err := client.Send(t.Context(), smtpclient.Envelope{To: c.to[:1]}, strings.NewReader(letter)); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// A connection has no more transactions than the server takes: a client that was
// dialled goes on over others, another one says what to do.
func TestLimitsOfTransactions(t *testing.T) {
	k := keep(t, modes()[0], 3, 0, 0)
	c := dial(t, k.Server, modes()[0].config())
	send := func(c *smtpclient.Client) error {
		_, err := c.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, unseekable{strings.NewReader(letter)})
		return err
	}
	for range 10 {
		if err := send(c); err != nil {
			t.Fatal(err)
		}
	}
	c.Quit(t.Context())
	if n := len(k.Messages()); n != 10 || k.Conns() != 4 {
		t.Errorf("%d messages on %d connections", n, k.Conns())
	}
	if stats := c.Stats(); stats.Messages != 10 || stats.Recipients[smtp.Accepted] != 10 {
		t.Errorf("counted: %+v", stats)
	}
	for conn := range 4 {
		if lines := k.Transcript(conn + 1); !slices.ContainsFunc(lines, func(l smtptest.Line) bool { return l.Text == "QUIT" }) {
			t.Errorf("no QUIT on connection %d: %v", conn+1, lines)
		}
	}

	conn, err := net.Dial("tcp", k.Addr)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = smtpclient.NewClient(t.Context(), conn, modes()[0].config()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Send(t.Context(), smtpclient.Envelope{From: "no address", To: []string{"b@example.test"}}, strings.NewReader("")); err == nil {
		t.Fatal("a bad reverse-path was taken")
	}
	for range 3 { // a message that was not begun counts for none
		if err := send(c); err != nil {
			t.Fatal(err)
		}
	}
	var limit *smtpclient.LimitError
	if err := send(c); !errors.As(err, &limit) || limit.What != "transactions" || limit.Most != 3 {
		t.Errorf("the fourth: %v", err)
	}
	if err := c.Quit(t.Context()); err != nil {
		t.Error(err)
	}
}

// A batch goes on over one connection after the other, pipelined on each.
func TestLimitsOfABatch(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			k := keep(t, m, 10, 0, 0)
			c := dial(t, k.Server, m.config())
			n := 0
			for r, err := range c.SendAll(t.Context(), numbered(100)) {
				if n++; err != nil || r.Accepted() != 2 {
					t.Fatal(err)
				}
			}
			c.Quit(t.Context())
			if len(k.Messages()) != 100 || n != 100 || k.Conns() != 10 {
				t.Errorf("%d reports, %d messages over %d connections", n, len(k.Messages()), k.Conns())
			}
			for i, got := range k.Messages() {
				if want := fmt.Sprint(i); !strings.Contains(string(got.Data), want) {
					t.Errorf("message %d: %q", i, got.Data)
				}
			}
			for conn := range k.Conns() {
				lines := k.Transcript(conn + 1)
				if !slices.ContainsFunc(lines, func(l smtptest.Line) bool { return l.Text == "QUIT" }) {
					t.Errorf("no QUIT on connection %d", conn+1)
				}
			}
		})
	}
	// Who leaves the loop leaves no connection behind.
	k := keep(t, modes()[0], 3, 0, 0)
	c := dial(t, k.Server, modes()[0].config())
	n := 0
	for range c.SendAll(t.Context(), numbered(100)) {
		if n++; n == 8 {
			break
		}
	}
	if err := c.Quit(t.Context()); err != nil {
		t.Error(err)
	}
}

// Domains beyond what a connection may have go over others; where there are none
// to be had, what became of each is told.
func TestLimitsOfDomains(t *testing.T) {
	k := keep(t, modes()[0], 0, 0, 2)
	c := dial(t, k.Server, modes()[0].config())
	to := recipients(20, "a.test", "b.test", "c.test", "A.test", "d.test", "e.test")
	if _, err := c.Send(t.Context(), smtpclient.Envelope{To: to}, strings.NewReader(letter)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(once(to), k.received(t, letter)); diff != "" {
		t.Error(diff)
	}
	if k.Conns() != 3 {
		t.Errorf("%d connections", k.Conns())
	}

	k = keep(t, modes()[0], 0, 0, 2)
	cfg := modes()[0].config()
	dialled := 0
	cfg.Dialer = dialFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dialled++; dialled > 1 {
			return nil, errors.New("no more")
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	})
	c = dial(t, k.Server, cfg)
	r, err := c.Send(t.Context(), smtpclient.Envelope{To: recipients(3, "a.test", "b.test", "c.test")}, strings.NewReader(letter))
	if r.Accepted() != 2 || r.Recipients[2].Outcome != smtp.NotSent || err == nil || !strings.Contains(err.Error(), "no more") {
		t.Errorf("%v: %v", r.Recipients, err)
	}
}

// Whatever many callers send, no limit is broken and each recipient gets each
// message once.
func TestLimitsHoldForMany(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			k := keep(t, m, 4, 3, 2)
			c := dial(t, k.Server, m.config())
			var all sync.WaitGroup
			domains := []string{"a.test", "b.test", "c.test", "d.test"}
			message := func(from string) smtpclient.Message {
				to := recipients(1+rand.IntN(8), domains[:1+rand.IntN(4)]...)
				return smtpclient.Message{Envelope: smtpclient.Envelope{From: from, To: to}, Body: strings.NewReader(letter)}
			}
			var mu sync.Mutex
			want := map[string]int{}
			expect := func(m smtpclient.Message) {
				mu.Lock()
				defer mu.Unlock()
				for _, to := range m.To {
					want[to]++
				}
			}
			for i := range 4 {
				all.Go(func() {
					for range 6 {
						m := message(fmt.Sprintf("%d@example.test", i))
						expect(m)
						if _, err := c.Send(t.Context(), m.Envelope, m.Body); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Go(func() {
				var list iter.Seq[smtpclient.Message] = func(yield func(smtpclient.Message) bool) {
					for range 8 {
						m := message("batch@example.test")
						expect(m)
						if !yield(m) {
							return
						}
					}
				}
				for _, err := range c.SendAll(t.Context(), list) {
					if err != nil {
						t.Error(err)
					}
				}
			})
			all.Wait()
			if err := c.Quit(t.Context()); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, k.received(t, letter)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
