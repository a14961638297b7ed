package main

import (
	"context"
	"fmt"
	"net"

	"github.com/tabellarius/tabellarius/conformance/client"
	"github.com/wneessen/go-mail"
	gomail "github.com/wneessen/go-mail/smtp"
)

// goMail is wneessen/go-mail. It composes messages by itself; so that the suite's go
// out octet by octet, the connection that its Client opens, with TLS and login, is
// used as its Client.Send does: all recipients are tried, and one that is refused ends
// the message for all.
var goMail = &driver{
	features: client.Features{
		Client: "go-mail", TLS: []string{"opportunistic", "starttls", "implicit"},
		Auth: []string{"PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"},
		Ext:  []string{"8BITMIME", "SMTPUTF8", "AUTH", "STARTTLS"},
		Opt:  []string{"timeout"},
	},
	module: "github.com/wneessen/go-mail",
	dial:   dialGoMail,
}

type mailSession struct {
	*gomail.Client
	of *mail.Client
}

func dialGoMail(j *client.Job) (session, error) {
	var conn net.Conn
	options := []mail.Option{
		mail.WithPort(j.Port), mail.WithTLSConfig(trust(j)),
		mail.WithDialContextFunc(func(context.Context, string, string) (c net.Conn, err error) {
			c, err = connect(j)
			conn = c
			return c, err
		}),
	}
	if j.Helo != "" {
		options = append(options, mail.WithHELO(j.Helo))
	}
	if t := timeout(j); t > 0 {
		options = append(options, mail.WithTimeout(t))
	}
	switch j.TLS {
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case "opportunistic":
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case "starttls":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case "implicit":
		options = append(options, mail.WithSSL())
	}
	if j.User != "" {
		kind := mail.SMTPAuthType(j.Mechanism)
		switch {
		case kind != "":
		case j.Token != "":
			kind = mail.SMTPAuthXOAUTH2
		default:
			kind = mail.SMTPAuthAutoDiscover
		}
		options = append(options, mail.WithSMTPAuth(kind), mail.WithUsername(j.User), mail.WithPassword(j.Password+j.Token))
	}
	c, err := mail.NewClient(j.Name, options...)
	if err != nil {
		return nil, err
	}
	s, err := c.DialToSMTPClientWithContext(context.Background())
	if err != nil {
		if conn != nil { // it is left open
			conn.Close()
		}
		return nil, err
	}
	return mailSession{s, c}, nil
}

func (s mailSession) reset() error { return s.of.ResetWithSMTPClient(s.Client) }
func (s mailSession) quit() error  { return s.Quit() }
func (s mailSession) close() error { return s.Close() }

func (s mailSession) send(j *client.Job) ([]client.Recipient, error) {
	mail := func(from string) error { return s.Mail(angled(from)) }
	rcpt := func(to string) error { return s.Rcpt(angled(to)) }
	if t := timeout(j); t > 0 {
		if err := s.UpdateDeadline(t); err != nil {
			return forAll(j, outcome(err, false)), err
		}
	}
	return transaction(j, mail, rcpt, s.Data, true)
}

// angled is an address as this client's Mail and Rcpt want it.
func angled(address string) string { return fmt.Sprintf("<%s>", address) }
