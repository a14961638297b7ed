package conformance

import (
	"context"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// A Rehearsal is what a run would send, as [Rehearse] saw it.
type Rehearsal struct {
	Messages    []RehearsedMessage
	Connections int
	Cases       int
}

// A RehearsedMessage is one message that would be sent.
type RehearsedMessage struct {
	Case   string
	From   string
	To     []string
	Octets int
}

// Rehearse runs the suite against a server in this process that takes the place
// of the one named, and gives the messages that it accepted: what the suite would
// send. Nobody else is connected to. Which cases run elsewhere depends on what is
// offered there.
func Rehearse(ctx context.Context, cfg Config) (*Rehearsal, error) {
	mailboxes := map[string]bool{}
	for _, to := range cfg.Recipients {
		mailboxes[to] = true
	}
	user, password := cfg.User, cfg.Password
	s, own := Embedded(func(c *smtptest.Config) {
		c.LMTP = cfg.LMTP
		if user != "" {
			c.Users = map[string]string{user: password}
			c.Mechanisms = smtptest.Passwords(c.Users)
		}
		usual := c.Answer
		c.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
			if q.Role == smtp.RoleRecipient && mailboxes[q.Address] {
				return smtptest.Answer{}, false
			}
			return usual(q)
		}
	})
	defer s.Close()
	cfg.Address, cfg.ImplicitTLS, cfg.TLS, cfg.Dial, cfg.Expected = own.Address, "", own.TLS, nil, nil
	if cfg.Mailbox != nil {
		cfg.Mailbox = own.Mailbox
	}
	if user == "" {
		cfg.User = ""
	}
	report, err := Run(ctx, cfg)
	if report == nil {
		return nil, err
	}
	rehearsal := &Rehearsal{Connections: report.Connections, Cases: len(report.Results)}
	for _, m := range s.Messages() {
		name := field(m.Data, "Subject")
		if rest, ok := strings.CutPrefix(name, "conformance test "); ok {
			name = rest
		} else {
			name = "(" + short(name, 18) + ")"
		}
		rehearsal.Messages = append(rehearsal.Messages, RehearsedMessage{name, m.From, m.To, int(m.Size)})
	}
	return rehearsal, err
}
