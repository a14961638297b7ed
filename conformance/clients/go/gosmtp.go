package main

import (
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
	"github.com/tabellarius/tabellarius/conformance/client"
)

// goSMTP is emersion/go-smtp by its methods Mail, Rcpt and Data: recipients that are
// refused do not keep the message from the others.
var goSMTP = &driver{
	features: client.Features{
		Client: "go-smtp", TLS: []string{"starttls", "implicit"}, Auth: []string{"PLAIN", "LOGIN", "OAUTHBEARER"},
		Ext:  []string{"8BITMIME", "SMTPUTF8", "SIZE", "DSN", "REQUIRETLS", "AUTH", "STARTTLS"},
		Opt:  []string{"timeout", "body", "smtputf8", "requiretls", "size", "dsn"},
		LMTP: true,
	},
	module: "github.com/emersion/go-smtp",
	dial:   dialGoSMTP,
}

type goSession struct{ *gosmtp.Client }

func dialGoSMTP(j *client.Job) (session, error) {
	if mayBeClear(j) {
		return nil, clear
	}
	conn, err := connect(j)
	if err != nil {
		return nil, err
	}
	if t := timeout(j); t > 0 { // the client's own can be set only behind the greeting
		conn = timed{conn, t}
	}
	var c *gosmtp.Client
	switch {
	case j.Protocol == "lmtp":
		c = gosmtp.NewClientLMTP(conn)
	case j.TLS == "starttls":
		if c, err = gosmtp.NewClientStartTLS(conn, trust(j)); err != nil {
			conn.Close()
			return nil, errTLS{err}
		}
	default:
		c = gosmtp.NewClient(conn)
	}
	if t := timeout(j); t > 0 {
		c.CommandTimeout, c.SubmissionTimeout = t, t
	}
	if err := goLogin(c, j); err != nil {
		c.Quit()
		c.Close()
		return nil, err
	}
	return goSession{c}, nil
}

func goLogin(c *gosmtp.Client, j *client.Job) error {
	if j.Helo != "" && j.TLS != "starttls" { // by then it has said EHLO
		if err := c.Hello(j.Helo); err != nil {
			return err
		}
	}
	if j.User == "" {
		return nil
	}
	if ok, _ := c.Extension("AUTH"); !ok {
		return errors.New("the server offers no AUTH")
	}
	switch {
	case j.Mechanism == "LOGIN":
		return c.Auth(sasl.NewLoginClient(j.User, j.Password))
	case j.Token != "":
		return c.Auth(sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: j.User, Token: j.Token, Host: j.Name, Port: j.Port}))
	}
	return c.Auth(sasl.NewPlainClient("", j.User, j.Password))
}

func (s goSession) reset() error { return s.Reset() }
func (s goSession) quit() error  { return s.Quit() }
func (s goSession) close() error { return s.Close() }

func (s goSession) send(j *client.Job) ([]client.Recipient, error) {
	mail := &gosmtp.MailOptions{
		Size: j.Size, RequireTLS: j.RequireTLS, UTF8: j.SMTPUTF8, Return: gosmtp.DSNReturn(j.Ret), EnvelopeID: j.Envid,
		Body: map[string]gosmtp.BodyType{"7bit": gosmtp.Body7Bit, "8bit": gosmtp.Body8BitMIME, "binary": gosmtp.BodyBinaryMIME}[j.Body],
	}
	rcpt := &gosmtp.RcptOptions{}
	if j.Notify != "" {
		for word := range strings.SplitSeq(j.Notify, ",") {
			rcpt.Notify = append(rcpt.Notify, gosmtp.DSNNotify(word))
		}
	}
	if kind, address, ok := strings.Cut(j.Orcpt, ";"); ok {
		rcpt.OriginalRecipientType, rcpt.OriginalRecipient = gosmtp.DSNAddressType(strings.ToUpper(kind)), address
	}
	if err := s.Mail(j.From, mail); err != nil {
		return forAll(j, outcome(err, false)), err
	}
	list := forAll(j, client.Recipient{})
	var refused error
	taken := 0
	for i, to := range j.To {
		if err := s.Rcpt(to, rcpt); err != nil {
			refused = err
			list[i] = outcome(err, false)
			list[i].To = to
			continue
		}
		taken++
	}
	if taken == 0 {
		return list, refused
	}
	w, err := s.Data()
	if err != nil {
		return settled(list, outcome(err, false)), err
	}
	if _, err := io.Copy(w, body(j)); err != nil {
		return settled(list, outcome(err, false)), err
	}
	if j.Protocol == "lmtp" {
		return lmtp(list, w)
	}
	err = w.Close()
	return settled(list, outcome(err, true)), err
}

// settled gives an outcome to those who have none yet.
func settled(list []client.Recipient, r client.Recipient) []client.Recipient {
	for i := range list {
		if list[i].Outcome == "" {
			r.To = list[i].To
			list[i] = r
		}
	}
	return list
}

// lmtp takes a reply for each recipient; whoever has none is neither taken nor
// refused.
func lmtp(list []client.Recipient, w *gosmtp.DataCommand) ([]client.Recipient, error) {
	taken, err := w.CloseWithLMTPResponse()
	var each gosmtp.LMTPDataError
	errors.As(err, &each)
	for i := range list {
		to := list[i].To
		switch {
		case list[i].Outcome != "":
		case each[to] != nil:
			list[i] = outcome(each[to], true)
		case taken[to] != nil:
			list[i] = outcome(nil, true)
		default:
			list[i] = client.Recipient{Outcome: "unknown"}
		}
		list[i].To = to
	}
	return list, err
}
