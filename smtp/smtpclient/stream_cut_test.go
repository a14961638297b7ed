package smtpclient_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestStreamCutAtEveryOctet closes the connection after every single octet of a
// session of several messages, in both directions, by default and with Eager.
func TestStreamCutAtEveryOctet(t *testing.T) {
	for _, m := range modes() {
		if strings.Contains(m.name, "lock-step") {
			continue // one after the other: TestCutAtEveryOctet
		}
		for _, eager := range []bool{false, true} {
			for _, direction := range []string{"from the server", "from the client"} {
				t.Run(fmt.Sprint(m.name, "/eager ", eager, "/", direction), func(t *testing.T) {
					counts := map[smtp.Outcome]int{}
					for at, whole := int64(1), false; !whole; at++ {
						synctest.Test(t, func(t *testing.T) {
							whole = streamCutAt(t, m, eager, direction == "from the client", at, counts)
						})
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
}

func streamCutAt(t *testing.T, m mode, eager, read bool, at int64, counts map[smtp.Outcome]int) (whole bool) {
	srv := smtptest.NewUnstartedServer()
	srv.Config.LMTP, srv.Config.Without = m.lmtp, m.without
	srv.Config.Fault = func(int) smtptest.Fault {
		if read {
			return smtptest.Fault{Read: at}
		}
		return smtptest.Fault{Write: at}
	}
	// The second message has no recipient, of the third one is refused.
	srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "r1@example.test"}, smtptest.Answer{Code: 550, Text: "no such user"})
	srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "b1@example.test"}, smtptest.Answer{Code: 550, Text: "no such user"})
	srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "r2@example.test"}, smtptest.Answer{Code: 452, Text: "full"})
	defer srv.Close()
	cfg := m.config()
	cfg.LocalName, cfg.Eager = "client.example.test", eager
	c, err := smtpclient.NewClient(t.Context(), srv.Pipe(), cfg)
	if err != nil {
		return false
	}
	const n = 4
	text := func(i int) string { return fmt.Sprintf("Subject: %d\r\n\r\n.\r\n", i) }
	reported := map[string]smtp.Outcome{}
	i := 0
	messages := func(yield func(smtpclient.Message) bool) {
		for i := range n {
			env := smtpclient.Envelope{From: fmt.Sprintf("s%d@example.test", i), To: []string{fmt.Sprintf("b%d@example.test", i), fmt.Sprintf("r%d@example.test", i)}}
			if !yield(smtpclient.Message{Envelope: env, Body: strings.NewReader(text(i))}) {
				return
			}
		}
	}
	for report := range c.SendAll(t.Context(), messages) {
		for _, r := range report.Recipients {
			reported[r.Address] = r.Outcome
		}
		i++
	}
	quit := c.Quit(t.Context())
	srv.Close()
	if i != n {
		t.Errorf("cut at %d: %d reports, want %d", at, i, n)
	}
	has := map[string]int{}
	for _, msg := range srv.Messages() {
		var i int
		fmt.Sscanf(msg.From, "s%d@", &i)
		if string(msg.Data) != text(i) {
			t.Errorf("cut at %d: the server has %q from %s", at, msg.Data, msg.From)
		}
		for _, to := range msg.To {
			has[to]++
			if !strings.HasSuffix(to, fmt.Sprintf("%d@example.test", i)) {
				t.Errorf("cut at %d: the message of %s is for %s", at, msg.From, to)
			}
		}
	}
	for address, outcome := range reported {
		counts[outcome]++
		refused := outcome == smtp.RefusedForGood || outcome == smtp.RefusedForNow
		switch {
		case outcome == smtp.Pending, has[address] > 1,
			outcome == smtp.Accepted && has[address] != 1,
			(outcome == smtp.NotSent || refused) && has[address] != 0,
			refused && address != "b1@example.test" && address != "r1@example.test" && address != "r2@example.test":
			t.Errorf("cut at %d: %s reported as %v, the server has it %d times", at, address, outcome, has[address])
		}
	}
	return quit == nil
}
