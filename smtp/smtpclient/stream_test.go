package smtpclient_test

import (
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// numbered yields n messages that can be told apart by sender and text.
func numbered(n int) iter.Seq[smtpclient.Message] {
	return func(yield func(smtpclient.Message) bool) {
		for i := range n {
			m := smtpclient.Message{
				Envelope: smtpclient.Envelope{From: fmt.Sprintf("s%d@example.test", i), To: []string{"b@example.test", fmt.Sprintf("r%d@example.test", i)}},
				Body:     strings.NewReader(fmt.Sprintf("Subject: %d\r\n\r\n%s", i, letter)),
			}
			if !yield(m) {
				return
			}
		}
	}
}

func TestSendAllReportsInOrder(t *testing.T) {
	for _, m := range modes() {
		for _, eager := range []bool{false, true} {
			t.Run(fmt.Sprint(m.name, "/eager ", eager), func(t *testing.T) {
				srv := m.server(t, nil)
				// Messages in the middle are refused, by sender, recipient and content.
				refused := func(address string, of, rest int) bool {
					var i int
					_, err := fmt.Sscanf(address[1:], "%d", &i)
					return err == nil && i%of == rest
				}
				srv.On(smtptest.Match{Role: smtp.RoleSender, Func: func(q smtptest.Request) bool { return refused(q.Address, 7, 3) }}, smtptest.Answer{Code: 550, Text: "not you"})
				srv.On(smtptest.Match{Role: smtp.RoleRecipient, Func: func(q smtptest.Request) bool { return q.Address[0] == 'r' && refused(q.Address, 5, 2) }}, smtptest.Answer{Code: 451, Text: "not now"})
				cfg := m.config()
				cfg.Eager = eager
				c := dial(t, srv, cfg)
				const n = 300
				i := 0
				for report, err := range c.SendAll(t.Context(), numbered(n)) {
					want := [2]smtp.Outcome{smtp.Accepted, smtp.Accepted}
					if i%5 == 2 {
						want[1] = smtp.RefusedForNow
					}
					if i%7 == 3 {
						want = [2]smtp.Outcome{smtp.RefusedForGood, smtp.RefusedForGood}
					}
					for k, r := range report.Recipients {
						if r.Outcome != want[k] || k == 1 && r.Address != fmt.Sprintf("r%d@example.test", i) {
							t.Fatalf("message %d: %s %v (%v), want %v", i, r.Address, r.Outcome, r.Err(), want[k])
						}
					}
					if (err == nil) != (want[0] == smtp.Accepted && want[1] == smtp.Accepted) {
						t.Errorf("message %d: error %v", i, err)
					}
					i++
				}
				if i != n {
					t.Errorf("%d reports for %d messages", i, n)
				}
				if err := c.Quit(t.Context()); err != nil {
					t.Error(err)
				}
				for _, msg := range srv.Messages() {
					var i int
					fmt.Sscanf(msg.From, "s%d@", &i)
					if string(msg.Data) != fmt.Sprintf("Subject: %d\r\n\r\n%s", i, letter) {
						t.Errorf("the message of %s arrived as %q", msg.From, msg.Data)
					}
				}
			})
		}
	}
}

// TestSendAllStopsEarly: who leaves the loop finds the client in order.
func TestSendAllStopsEarly(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			srv := m.server(t, nil)
			c := dial(t, srv, m.config())
			for _, err := range c.SendAll(t.Context(), numbered(50)) {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			if _, err := c.Send(t.Context(), smtpclient.Envelope{From: "last@example.test", To: []string{"b@example.test"}}, strings.NewReader(letter)); err != nil {
				t.Fatal(err)
			}
			msgs := srv.Messages()
			if last := msgs[len(msgs)-1]; last.From != "last@example.test" || string(last.Data) != letter {
				t.Errorf("the last message is %+v", last)
			}
		})
	}
}

// TestManySendersEager: many goroutines on one eager client, every report exact.
func TestManySendersEager(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			srv := m.server(t, nil)
			cfg := m.config()
			cfg.Eager = true
			cfg.WindowMessages = 8
			c := dial(t, srv, cfg)
			var wg sync.WaitGroup
			for i := range 64 {
				wg.Go(func() {
					for k := range 20 {
						from := fmt.Sprintf("s%d-%d@example.test", i, k)
						body := from + "\r\n"
						if k%10 == 0 {
							body = from + "\r\n" + strings.Repeat("a line that makes it long\r\n", 3000)
						}
						if _, err := c.Send(t.Context(), smtpclient.Envelope{From: from, To: []string{"b@example.test"}}, strings.NewReader(body)); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			msgs := srv.Messages()
			for _, msg := range msgs {
				if !strings.HasPrefix(string(msg.Data), msg.From+"\r\n") {
					t.Errorf("the message of %s begins with %.30q", msg.From, msg.Data)
				}
			}
			if len(msgs) != 64*20 {
				t.Errorf("%d messages, want %d", len(msgs), 64*20)
			}
		})
	}
}
