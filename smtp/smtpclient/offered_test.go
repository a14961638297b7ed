package smtpclient_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// bare is a server that offers nothing at all.
func bare(t *testing.T) *smtptest.Server {
	return modes()[0].server(t, func(cfg *smtptest.Config) {
		for k := 1; k < len(smtp.Table.Keywords); k++ {
			cfg.Without = append(cfg.Without, smtp.Keyword(k))
		}
	})
}

func mails(srv *smtptest.Server) (lines []string) {
	for conn := range srv.Conns() {
		for _, l := range srv.Transcript(conn + 1) {
			if l.From == 'C' && (strings.HasPrefix(l.Text, "MAIL") || strings.HasPrefix(l.Text, "RCPT")) {
				lines = append(lines, l.Text)
			}
		}
	}
	return lines
}

// TestSendSendsNothingThatIsNotOffered: each parameter of MAIL and RCPT that the
// table has is an error before anything is sent, to a server that offers nothing,
// or left out if the caller said so.
func TestSendSendsNothingThatIsNotOffered(t *testing.T) {
	tried := 0
	for id := 1; id < len(smtp.Table.Params); id++ {
		info := &smtp.Table.Params[id]
		for _, of := range info.Of {
			role := smtp.Table.Commands[of].Role
			if role != smtp.RoleSender && role != smtp.RoleRecipient {
				continue
			}
			tried++
			t.Run(smtp.Table.Commands[of].Name+"/"+info.Name, func(t *testing.T) {
				value := "7"
				if len(info.Values) > 0 {
					value = info.Values[0].Word
				}
				key := smtp.ParamKey[string]{Param: smtp.Param(id), Append: func(dst []byte, v string) ([]byte, error) { return append(dst, v...), nil }}
				for _, optional := range []bool{false, true} {
					srv := bare(t)
					params := new(smtp.Params)
					if optional {
						smtp.SetIfOffered(params, key, value)
					} else {
						smtp.Set(params, key, value)
					}
					env := smtpclient.Envelope{From: "a@example.test", To: []string{"b@example.test", "c@example.test"}, Size: 10}
					if role == smtp.RoleSender {
						env.Params = params
					} else {
						env.RcptParams = []*smtp.Params{nil, params}
					}
					c := dial(t, srv, modes()[0].config())
					r, err := c.Send(t.Context(), env, strings.NewReader("a: b\r\n\r\nc\r\n"))
					if optional {
						want := []string{"MAIL FROM:<a@example.test>", "RCPT TO:<b@example.test>", "RCPT TO:<c@example.test>"}
						if got := mails(srv); err != nil || strings.Join(got, ";") != strings.Join(want, ";") {
							t.Errorf("if offered: %q, %v", got, err)
						}
						continue
					}
					var missing *smtp.MissingError
					if !errors.As(err, &missing) || r.Recipients[0].Outcome != smtp.NotSent || len(mails(srv)) > 0 {
						t.Errorf("%v, %v; went out: %q", r.Recipients[0].Outcome, err, mails(srv))
					}
				}
			})
		}
	}
	t.Logf("%d parameters", tried)
}

// A word of BODY that is left out is no licence for octets above 127.
func TestSendOctetsOfABodyThatIsLeftOut(t *testing.T) {
	id, word, ok := smtp.Table.ParamValue(smtp.Role8Bit)
	if !ok {
		t.Logf("the table has no such word")
		return
	}
	srv := bare(t)
	env := smtpclient.Envelope{To: []string{"b@example.test"}, Params: new(smtp.Params)}
	smtp.SetIfOffered(env.Params, smtp.ParamKey[string]{Param: id, Append: func(dst []byte, v string) ([]byte, error) { return append(dst, v...), nil }}, word)
	c := dial(t, srv, modes()[0].config())
	var bad *smtp.ArgumentError
	if _, err := c.Send(t.Context(), env, strings.NewReader("Grüße\r\n")); !errors.As(err, &bad) || len(mails(srv)) > 0 {
		t.Errorf("%v", err)
	}
	if _, err := c.Send(t.Context(), env, strings.NewReader("Regards\r\n")); err != nil {
		t.Error(err)
	}
}
