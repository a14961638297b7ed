package conformance

import (
	"fmt"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// Embedded starts a well-behaved server in this process, as a mail exchanger for
// example.test with the mailboxes tester and postmaster, and gives what the suite
// has to know of it. The caller has to Close the server. Change changes its
// configuration before it starts; nil changes nothing.
func Embedded(change func(*smtptest.Config)) (*smtptest.Server, Config) {
	const user, password = "tester@example.test", "testpass"
	s := smtptest.NewUnstartedServer()
	passwords := map[string]string{user: password}
	s.Config = smtptest.Config{
		Name: "mx.example.test", STARTTLS: true, MaxSize: 1 << 20, Users: passwords,
		Mechanisms: smtptest.Passwords(passwords), Lines: []string{"HELP"}, Answer: receives,
	}
	if change != nil {
		change(&s.Config)
	}
	s.Start()
	cfg := Config{
		LMTP: s.Config.LMTP, Recipients: []string{user}, User: user, Password: password,
		TLS: s.ClientTLS(), Mailbox: delivered{s}, Quiet: 60 * time.Millisecond,
	}
	if s.Config.ImplicitTLS {
		cfg.ImplicitTLS = s.Addr
	} else {
		cfg.Address = s.Addr
	}
	return s, cfg
}

// receives refuses recipients that example.test does not have, and verifies
// nobody (RFC 5321 §7.3).
func receives(q smtptest.Request) (smtptest.Answer, bool) {
	switch {
	case q.Refused:
		return smtptest.Answer{}, false
	case q.Op == smtp.OpVrfy:
		return smtptest.Answer{Code: 252, Enhanced: smtp.EnhancedCode{2, 1, 5}, Text: "Send some mail, it will be tried"}, true
	case q.Op == smtp.OpExpn:
		return smtptest.Answer{Code: 502, Enhanced: smtp.EnhancedCode{5, 5, 1}, Text: "Not done here"}, true
	case q.Op == smtp.OpQuit:
		return smtptest.Answer{Code: 221, Enhanced: smtp.EnhancedCode{2, 0, 0}, Text: "mx.example.test closes"}, true
	case q.Role != smtp.RoleRecipient:
		return smtptest.Answer{}, false
	}
	address := q.Address
	if at := strings.IndexByte(address, ':'); strings.HasPrefix(address, "@") && at >= 0 {
		address = address[at+1:] // a source route is ignored (RFC 5321 §3.3)
	}
	local, domain := address, "example.test"
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		local, domain = address[:at], address[at+1:]
	}
	local = strings.ToLower(strings.Trim(local, `"`))
	switch {
	case !strings.EqualFold(domain, "example.test") && q.User == "":
		return smtptest.Answer{Code: 550, Enhanced: smtp.EnhancedCode{5, 7, 1}, Text: "No relaying here"}, true
	case strings.EqualFold(domain, "example.test") && local != "tester" && local != "postmaster":
		return smtptest.Answer{Code: 550, Enhanced: smtp.EnhancedCode{5, 1, 1}, Text: "No such user here"}, true
	}
	return smtptest.Answer{}, false
}

// delivered is the mailbox of the embedded server. It puts the trace fields on
// that a delivering server does (RFC 5321 §4.4).
type delivered struct{ s *smtptest.Server }

func (d delivered) Find(token string) ([][]byte, error) {
	var found [][]byte
	for _, m := range d.s.Messages() {
		if !strings.Contains(string(m.Data), token) {
			continue
		}
		with := "ESMTP"
		if d.s.Config.LMTP {
			with = "LMTP"
		}
		if m.Params.Has(smtp.ParamSMTPUTF8) {
			with = "UTF8" + strings.TrimPrefix(with, "E")
		}
		if m.TLS {
			with += "S"
		}
		if m.User != "" {
			with += "A"
		}
		head := fmt.Sprintf("Return-Path: <%s>\r\nReceived: from %s ([127.0.0.1]) by mx.example.test with %s; %s\r\n",
			m.From, m.Hello, with, m.Time.Format("Mon, 2 Jan 2006 15:04:05 -0700"))
		data := string(m.Data)
		if brought, rest, ok := strings.Cut(data, "\r\n"); ok && strings.HasPrefix(strings.ToLower(brought), "return-path:") {
			data = rest
		}
		found = append(found, []byte(head+data))
	}
	return found, nil
}
