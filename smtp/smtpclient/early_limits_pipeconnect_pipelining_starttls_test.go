package smtpclient_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestEarlyWithLimits: a message for several transactions, whose first connection
// relied on what is no longer so, is delivered whole and once to each recipient.
func TestEarlyWithLimits(t *testing.T) {
	var long strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&long, "line %d\r\n", i)
	}
	fresh := smtptest.Answer{Code: 250, Text: "mx.example.test\nPIPELINING\nPIPECONNECT"}
	busy := smtptest.Answer{Code: 421, Close: true}
	for name, row := range map[string]struct {
		limits string
		text   string
		match  smtptest.Match
		answer smtptest.Answer
	}{
		"no limits any more":       {"RCPTMAX=1", long.String(), smtptest.Match{Role: smtp.RoleHello}, fresh},
		"the first is not greeted": {"RCPTMAX=1 MAILMAX=1", letter, smtptest.Match{Role: smtp.RoleGreeting, Conn: 2}, busy},
		"a further one is not":     {"RCPTMAX=1 MAILMAX=1", letter, smtptest.Match{Role: smtp.RoleGreeting, Conn: 3}, busy},
	} {
		t.Run(name, func(t *testing.T) {
			srv, cfg := pipeConnect(t, modes()[0], func(cfg *smtptest.Config) {
				cfg.Offers = append(cfg.Offers, smtp.Offer{Keyword: smtp.KeywordLimits, Args: row.limits})
			})
			if _, err := smtpclient.Send(t.Context(), srv.Addr, cfg, toB, strings.NewReader(letter)); err != nil {
				t.Fatal(err)
			}
			srv.On(row.match, row.answer)
			env := smtpclient.Envelope{From: "a@example.test", To: []string{"b@example.test", "c@example.test"}}
			if _, err := smtpclient.Send(t.Context(), srv.Addr, cfg, env, unread{strings.NewReader(row.text)}); err != nil {
				t.Error(err)
			}
			got := map[string]int{}
			for _, m := range srv.Messages()[1:] {
				if string(m.Data) != row.text {
					t.Errorf("%d octets came, of %d", len(m.Data), len(row.text))
				}
				for _, to := range m.To {
					got[to]++
				}
			}
			if diff := cmp.Diff(map[string]int{"b@example.test": 1, "c@example.test": 1}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
