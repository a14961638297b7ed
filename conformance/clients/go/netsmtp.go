package main

import (
	"errors"
	"io"
	"net/smtp"

	"github.com/tabellarius/tabellarius/conformance/client"
)

// netSMTP is Go's own client, used as its SendMail uses it: the first recipient that
// is refused ends the message for all.
var netSMTP = &driver{
	features: client.Features{
		Client: "net/smtp", TLS: []string{"opportunistic", "starttls", "implicit"}, Auth: []string{"PLAIN", "CRAM-MD5"},
		Ext: []string{"8BITMIME", "SMTPUTF8", "AUTH", "STARTTLS"},
	},
	dial: dialNetSMTP,
}

type netSession struct{ *smtp.Client }

func dialNetSMTP(j *client.Job) (session, error) {
	conn, err := connect(j)
	if err != nil {
		return nil, err
	}
	c, err := smtp.NewClient(conn, j.Name)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if err := netLogin(c, j); err != nil {
		c.Quit()
		c.Close()
		return nil, err
	}
	return netSession{c}, nil
}

func netLogin(c *smtp.Client, j *client.Job) error {
	if j.Helo != "" {
		if err := c.Hello(j.Helo); err != nil {
			return err
		}
	}
	offered, _ := c.Extension("STARTTLS")
	if j.TLS == "starttls" || j.TLS == "opportunistic" && offered {
		if err := c.StartTLS(trust(j)); err != nil {
			return errTLS{err}
		}
	}
	if j.User == "" {
		return nil
	}
	if ok, _ := c.Extension("AUTH"); !ok {
		return errors.New("the server offers no AUTH")
	}
	if j.Mechanism == "CRAM-MD5" {
		return c.Auth(smtp.CRAMMD5Auth(j.User, j.Password))
	}
	return c.Auth(smtp.PlainAuth("", j.User, j.Password, j.Name))
}

func (s netSession) reset() error { return s.Reset() }
func (s netSession) quit() error  { return s.Quit() }
func (s netSession) close() error { return s.Close() }

func (s netSession) send(j *client.Job) ([]client.Recipient, error) {
	return transaction(j, s.Mail, s.Rcpt, s.Data, false)
}

// transaction sends a message by an interface like that of net/smtp. With every all
// recipients are tried before one that was refused ends it.
func transaction(j *client.Job, mail, rcpt func(string) error, data func() (io.WriteCloser, error), every bool) ([]client.Recipient, error) {
	if err := mail(j.From); err != nil {
		return forAll(j, outcome(err, false)), err
	}
	list := forAll(j, client.Recipient{Outcome: "not-sent"})
	var refused error
	for i, to := range j.To {
		if err := rcpt(to); err != nil {
			refused = err
			list[i] = outcome(err, false)
			list[i].To = to
			if !every {
				break
			}
		}
	}
	if refused != nil {
		return list, refused
	}
	w, err := data()
	if err != nil {
		return forAll(j, outcome(err, false)), err
	}
	if _, err := io.Copy(w, body(j)); err != nil {
		return forAll(j, outcome(err, false)), err
	}
	err = w.Close()
	return forAll(j, outcome(err, true)), err
}
