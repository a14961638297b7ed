package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// Own is the Driver of this module's own client, in this process, with default
// settings.
var Own = OwnWith("tabellarius smtpclient", nil)

// OwnWith is Own under another name and with other settings, which change makes.
func OwnWith(name string, change func(*smtpclient.Config)) Driver { return own{name, change} }

type own struct {
	name   string
	change func(*smtpclient.Config)
}

func (d own) Features(context.Context) (Features, error) {
	f := Features{
		Client: d.name, LMTP: true,
		TLS: []string{"opportunistic", "starttls", "implicit"},
		Auth: []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512",
			"SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS", "XOAUTH2", "OAUTHBEARER"},
		Opt: []string{"count", "timeout", "smtputf8", "requiretls", "size", "dsn", "param", "chunk", "fail-after", "helo", "octets", "literal", "body"},
	}
	for _, k := range smtp.Table.Keywords[1:] {
		f.Ext = append(f.Ext, k.Name)
	}
	return f, nil
}

func (d own) Send(ctx context.Context, job *Job) (*Answer, error) {
	cfg, err := ownConfig(job)
	if err != nil {
		return job.unsent(err), nil
	}
	if d.change != nil {
		d.change(&cfg)
	}
	env, err := ownEnvelope(job)
	if err != nil {
		return job.unsent(err), nil
	}
	addr := net.JoinHostPort(job.Host, strconv.Itoa(job.Port))
	if job.Count <= 1 {
		r, err := smtpclient.Send(ctx, addr, cfg, env, job.body())
		a := &Answer{Recipients: outcomes(&r, job.To, err)}
		if err != nil {
			a.Error = err.Error()
		}
		return a, nil
	}
	a := &Answer{}
	var c *smtpclient.Client
	var r smtpclient.Report
	for i := range job.Count {
		if c == nil {
			if c, err = smtpclient.Dial(ctx, addr, cfg); err != nil {
				c = nil
				a.Messages = append(a.Messages, outcomes(&smtpclient.Report{}, job.To, err))
				a.Error = err.Error()
				continue
			}
		}
		err := c.SendTo(ctx, &env, job.body(), &r)
		if i > 0 && untouched(&r) { // the connection had ended before the message: over another one
			c.Close()
			if c, err = smtpclient.Dial(ctx, addr, cfg); err == nil {
				err = c.SendTo(ctx, &env, job.body(), &r)
			} else {
				c, r = nil, smtpclient.Report{}
			}
		}
		if err != nil {
			a.Error = err.Error()
		}
		a.Messages = append(a.Messages, outcomes(&r, job.To, err))
	}
	if c != nil {
		c.Quit(ctx)
	}
	return a, nil
}

// untouched reports whether the server has nothing of a message: no reply but a 421,
// and not sent.
func untouched(r *smtpclient.Report) bool {
	for _, one := range r.Recipients {
		if code := one.Reply.Code; code != 421 && (code != 0 || one.Outcome != smtp.NotSent) {
			return false
		}
	}
	return true
}

func (j *Job) body() io.Reader {
	if j.FailAfter > 0 {
		n := min(j.FailAfter, int64(len(j.Content)))
		return io.MultiReader(bytes.NewReader(j.Content[:n]), failing{})
	}
	return bytes.NewReader(j.Content)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the message's source failed") }

// unsent is the answer where the job could not even be begun.
func (j *Job) unsent(err error) *Answer {
	a := &Answer{Error: err.Error()}
	for _, to := range j.To {
		a.Recipients = append(a.Recipients, Recipient{To: to, Outcome: "not-sent", Text: err.Error()})
	}
	return a
}

// outcomes are those of a report; where there was no connection, err says why.
func outcomes(r *smtpclient.Report, to []string, err error) (list []Recipient) {
	for i, address := range to {
		one := Recipient{To: address, Outcome: "not-sent"}
		var refused *smtp.ReplyError
		if i < len(r.Recipients) {
			x := &r.Recipients[i]
			one.Code, one.Text = x.Reply.Code, x.Reply.Text()
			if x.Reply.Enhanced != (smtp.EnhancedCode{}) {
				one.Enhanced = x.Reply.Enhanced.String()
			}
			switch x.Outcome {
			case smtp.Accepted:
				one.Outcome = "accepted"
			case smtp.RefusedForNow:
				one.Outcome = "temporary"
			case smtp.RefusedForGood:
				one.Outcome = "permanent"
			case smtp.Unknown:
				one.Outcome = "unknown"
			}
		}
		if i < len(r.Recipients) {
			err = r.Recipients[i].Err()
		}
		if one.Outcome == "not-sent" && errors.As(err, &refused) && refused.Command != "STARTTLS" {
			one.Code, one.Text = refused.Code, refused.Text
			if one.Outcome = "permanent"; refused.Temporary() {
				one.Outcome = "temporary"
			}
		}
		list = append(list, one)
	}
	return list
}

func ownConfig(j *Job) (smtpclient.Config, error) {
	cfg := smtpclient.Config{
		LocalName: j.Helo, LMTP: j.Protocol == "lmtp", ServerName: j.Name, ChunkSize: j.Chunk,
		Timeout: time.Duration(j.Timeout * float64(time.Second)),
	}
	switch j.TLS {
	case "none":
		cfg.TLS = smtpclient.TLSOff
	case "opportunistic":
		cfg.TLS = smtpclient.TLSOpportunistic
	case "implicit":
		cfg.TLS = smtpclient.TLSImplicit
	}
	if j.CA != "" {
		cfg.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		cfg.TLSConfig.RootCAs.AppendCertsFromPEM(j.pem)
	}
	if j.User == "" {
		return cfg, nil
	}
	tokens := auth.StaticToken(j.Token)
	credentials := auth.Credentials{User: j.User, Password: j.Password}
	if j.Token != "" {
		credentials.Tokens = tokens
	}
	switch hash := map[string]auth.Hash{"SCRAM-SHA-1": auth.SHA1, "SCRAM-SHA-256": auth.SHA256, "SCRAM-SHA-512": auth.SHA512}; j.Mechanism {
	case "":
		cfg.Auth = auth.Auto(credentials)
	case "PLAIN":
		cfg.Auth = auth.Plain("", j.User, j.Password)
	case "LOGIN":
		cfg.Auth = auth.Login(j.User, j.Password)
	case "CRAM-MD5":
		cfg.Auth = auth.CramMD5(j.User, j.Password)
	case "XOAUTH2":
		cfg.Auth = auth.XOAuth2(j.User, tokens)
	case "OAUTHBEARER":
		cfg.Auth = auth.OAuthBearer(j.User, tokens)
	default:
		name, plus := strings.CutSuffix(j.Mechanism, "-PLUS")
		h, ok := hash[name]
		switch {
		case !ok:
			return cfg, fmt.Errorf("no mechanism %s", j.Mechanism)
		case plus:
			cfg.Auth = auth.ScramPlus(h, "", j.User, j.Password)
		default:
			cfg.Auth = auth.Scram(h, "", j.User, j.Password)
		}
	}
	if j.ClearAuth {
		cfg.Auth = auth.AllowInsecure(cfg.Auth)
	}
	return cfg, nil
}

func ownEnvelope(j *Job) (smtpclient.Envelope, error) {
	env := smtpclient.Envelope{From: j.From, To: j.To, Size: j.Size, UTF8: j.SMTPUTF8, Params: &smtp.Params{}}
	switch j.Body {
	case "7bit":
		env.Body = smtpclient.Body7Bit
	case "8bit":
		env.Body = smtpclient.Body8Bit
	case "binary":
		env.Body = smtpclient.BodyBinary
	}
	if j.Ret != "" {
		smtp.Set(env.Params, smtp.Ret, smtp.RetValue(j.Ret))
	}
	if j.Envid != "" {
		smtp.Set(env.Params, smtp.EnvID, j.Envid)
	}
	if j.RequireTLS {
		smtp.Set(env.Params, smtp.RequireTLS, true)
	}
	if err := putAll(env.Params, j.MailParams); err != nil {
		return env, err
	}
	if j.Notify+j.Orcpt == "" && j.RcptParams == nil {
		return env, nil
	}
	for range j.To {
		p := &smtp.Params{}
		if j.Notify != "" {
			var list []smtp.NotifyValue
			for word := range strings.SplitSeq(j.Notify, ",") {
				list = append(list, smtp.NotifyValue(word))
			}
			smtp.Set(p, smtp.Notify, list)
		}
		if kind, address, ok := strings.Cut(j.Orcpt, ";"); ok {
			smtp.Set(p, smtp.Orcpt, smtp.OrcptValue{Type: kind, Address: address})
		}
		if err := putAll(p, j.RcptParams); err != nil {
			return env, err
		}
		env.RcptParams = append(env.RcptParams, p)
	}
	return env, nil
}

// putAll sets parameters that are given as NAME or NAME=VALUE.
func putAll(p *smtp.Params, list []string) error {
	for _, text := range list {
		name, value, _ := strings.Cut(text, "=")
		id := smtp.Param(0)
		for i := 1; i < len(smtp.Table.Params); i++ {
			if strings.EqualFold(smtp.Table.Params[i].Name, name) {
				id = smtp.Param(i)
			}
		}
		if id == 0 {
			return fmt.Errorf("no extension has a parameter %q", name)
		}
		p.PutString(id, value)
	}
	return nil
}
