package smtpclient_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func pipeConnect(t *testing.T, m mode, change func(*smtptest.Config)) (*smtptest.Server, smtpclient.Config) {
	srv := m.server(t, func(cfg *smtptest.Config) {
		cfg.Offers = append(cfg.Offers, smtp.Offer{Keyword: smtp.KeywordPipeConnect})
		if change != nil {
			change(cfg)
		}
	})
	cfg := m.config()
	cfg.Early = new(smtpclient.EarlyHosts)
	return srv, cfg
}

var toB = smtpclient.Envelope{From: "a@example.test", To: []string{"b@example.test"}}

// TestEarlySavesRoundTrips counts them: for a message from the connection to the
// reply to QUIT, and for Dial alone.
func TestEarlySavesRoundTrips(t *testing.T) {
	for _, m := range modes() {
		for tls, policy := range map[string]smtpclient.TLSPolicy{"off": smtpclient.TLSOff, "STARTTLS": smtpclient.TLSRequired, "implicit": smtpclient.TLSImplicit} {
			t.Run(m.name+"/"+tls, func(t *testing.T) {
				cfg := m.config()
				cfg.TLS, cfg.Early = policy, new(smtpclient.EarlyHosts)
				server := smtptest.Config{
					LMTP: m.lmtp, Without: m.without, STARTTLS: tls == "STARTTLS", ImplicitTLS: tls == "implicit",
					Offers: []smtp.Offer{{Keyword: smtp.KeywordPipeConnect}},
				}
				farAway(t, server, cfg, func(t *testing.T, srv *smtptest.Server, cfg smtpclient.Config, passed func() int) {
					var trips [3]int
					for i := range trips {
						r, err := smtpclient.Send(t.Context(), "mx.example.test:25", cfg, toB, strings.NewReader(letter))
						if err != nil || r.Accepted() != 1 {
							t.Fatal(err)
						}
						trips[i] = passed()
					}
					saved := map[string]int{"off": 2, "STARTTLS": 3, "implicit": 2}[tls]
					if strings.HasSuffix(m.name, "lock-step") { // without PIPELINING nothing stands behind EHLO
						saved = 1
					}
					t.Logf("round trips: %v", trips)
					if trips[0]-trips[1] != saved || trips[1] != trips[2] {
						t.Errorf("round trips: %v, expected to save %d", trips, saved)
					}
					if n := len(srv.Messages()); n != 3 || srv.Conns() != 3 {
						t.Errorf("%d messages over %d connections", n, srv.Conns())
					}
				})
			})
		}
	}
	cfg := modes()[0].config()
	cfg.Early = new(smtpclient.EarlyHosts)
	farAway(t, smtptest.Config{Offers: []smtp.Offer{{Keyword: smtp.KeywordPipeConnect}}}, cfg, func(t *testing.T, srv *smtptest.Server, cfg smtpclient.Config, passed func() int) {
		first := 0
		for i := range 2 {
			c, err := smtpclient.Dial(t.Context(), "mx.example.test:25", cfg)
			if err != nil {
				t.Fatal(err)
			}
			if n := passed(); i == 0 {
				first = n
			} else if first-n != 1 {
				t.Errorf("Dial took %d round trips, then %d", first, n)
			}
			if _, err := c.Send(t.Context(), toB, strings.NewReader(letter)); err != nil {
				t.Error(err)
			}
			c.Quit(t.Context())
			passed()
		}
	})
}

// What was assumed and is wrong costs a new connection: the message is delivered
// once, and by what the server offers now.
func TestEarlyWrong(t *testing.T) {
	for name, rule := range map[string]struct {
		match  smtptest.Match
		answer smtptest.Answer
	}{
		"offers less":        {smtptest.Match{Role: smtp.RoleHello}, smtptest.Answer{Code: 250, Text: "mx.example.test\nPIPELINING"}},
		"offers more":        {smtptest.Match{Role: smtp.RoleHello}, smtptest.Answer{Code: 250, Text: "mx.example.test\nPIPELINING\nPIPECONNECT\nX-MORE\nDSN"}},
		"takes nothing":      {smtptest.Match{Role: smtp.RoleHello, Nth: 1}, smtptest.Answer{Code: 502}},
		"wants to speak":     {smtptest.Match{Role: smtp.RoleGreeting, Conn: 2}, smtptest.Answer{Code: 554, Text: "SMTP synchronization error"}},
		"is busy":            {smtptest.Match{Role: smtp.RoleGreeting, Conn: 2}, smtptest.Answer{Code: 421, Close: true}},
		"closes":             {smtptest.Match{Role: smtp.RoleGreeting, Conn: 2}, smtptest.Answer{Silent: true, Close: true}},
		"says no such thing": {smtptest.Match{Role: smtp.RoleHello, Conn: 2}, smtptest.Answer{Raw: []byte("no reply\r\n"), Code: 250}},
	} {
		for how, send := range map[string]func(ctx context.Context, addr string, cfg smtpclient.Config, body io.Reader) (smtpclient.Report, error){
			"Send": func(ctx context.Context, addr string, cfg smtpclient.Config, body io.Reader) (smtpclient.Report, error) {
				return smtpclient.Send(ctx, addr, cfg, toB, body)
			},
			"Dial": func(ctx context.Context, addr string, cfg smtpclient.Config, body io.Reader) (smtpclient.Report, error) {
				c, err := smtpclient.Dial(ctx, addr, cfg)
				if err != nil {
					return smtpclient.Report{}, err
				}
				defer c.Quit(ctx)
				return c.Send(ctx, toB, body)
			},
		} {
			t.Run(name+"/"+how, func(t *testing.T) {
				srv, cfg := pipeConnect(t, modes()[0], nil)
				if _, err := send(t.Context(), srv.Addr, cfg, strings.NewReader("the first\r\n")); err != nil {
					t.Fatal(err)
				}
				srv.On(rule.match, rule.answer)
				long := strings.Repeat(strings.Repeat("x", 70)+"\r\n", 3000)
				r, err := send(t.Context(), srv.Addr, cfg, unread{strings.NewReader(long)})
				if err != nil || r.Accepted() != 1 {
					t.Fatal(err)
				}
				if got := srv.Messages(); len(got) != 2 || string(got[1].Data) != long || srv.Conns() != 3 {
					t.Errorf("%d messages over %d connections", len(got), srv.Conns())
				}
				var early bool
				for _, line := range srv.Transcript(2) {
					early = early || line.From == 'C' && strings.HasPrefix(line.Text, "MAIL")
				}
				if how == "Dial" && early {
					t.Error("MAIL went out before EHLO was answered")
				}
			})
		}
	}
}

type unread struct{ io.Reader }

// A refusal that has nothing to do with what was assumed is the caller's.
func TestEarlyRefused(t *testing.T) {
	srv, cfg := pipeConnect(t, modes()[0], nil)
	for i := range 2 {
		if i == 1 {
			srv.On(smtptest.Match{Role: smtp.RoleRecipient}, smtptest.Answer{Code: 550})
		}
		_, err := smtpclient.Send(t.Context(), srv.Addr, cfg, toB, strings.NewReader(letter))
		if refused := errors.Is(err, smtp.ErrPermanent); refused != (i == 1) {
			t.Error(err)
		}
	}
	if srv.Conns() != 2 {
		t.Errorf("%d connections", srv.Conns())
	}
	if _, err := smtpclient.Send(t.Context(), srv.Addr, cfg, smtpclient.Envelope{To: []string{"no address"}}, strings.NewReader(letter)); err == nil {
		t.Error("a bad address was taken")
	}
	srv.Close()
	if r, err := smtpclient.Send(t.Context(), srv.Addr, cfg, toB, strings.NewReader(letter)); err == nil || r.Recipients[0].Outcome != smtp.NotSent {
		t.Errorf("of a server that is gone: %v", err)
	}
}
