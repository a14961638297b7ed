//go:build realservers

package servers_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// TestExtensions sends to each server with the parameters of all extensions
// that it offers, and runs the commands that they bring: what the table says
// goes out is what the server takes.
func TestExtensions(t *testing.T) {
	names := strings.Fields(*chosen)
	if len(names) == 0 {
		names = strings.Fields(control(t, "list"))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) { tryExtensions(t, start(t, name)) })
	}
}

// misread are the extensions whose parameter a server offers and looks for in
// the wrong command: BY and MT-PRIORITY belong to MAIL (RFC 2852 §4, RFC 6710 §3).
var misread = map[string][]string{"go-smtp": {"DELIVERBY", "MT-PRIORITY"}}

// strangersRefused are the servers that take mail from nobody who has not
// logged in.
var strangersRefused = []string{"mailpit", "mox"}

// reports are the servers that write the report themselves which NOTIFY=SUCCESS
// asks for; others hand the wish on, or nothing.
var reports = []string{"postfix", "sendmail"}

func tryExtensions(t *testing.T, s *server) {
	pem, err := os.ReadFile(s.certificate)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	var lines []string
	var mechanism auth.Mechanism
	if slices.Contains(strangersRefused, s.name) {
		mechanism = auth.Plain("", s.user, s.password)
	}
	c, err := smtpclient.Dial(t.Context(), s.address, smtpclient.Config{
		Auth:      mechanism,
		TLSConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}, LocalName: "client.example.test", Timeout: time.Minute,
		Trace: func(ev smtpclient.TraceEvent) { lines = append(lines, ev.Text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()

	stamp := fmt.Sprint(time.Now().UnixNano())
	envelopeID := "QQ+" + stamp + "=x"
	mail, rcpt, used := new(smtp.Params), new(smtp.Params), []string{}
	c.Ask(func(session *smtp.Session) {
		for _, x := range []struct {
			name    string
			keyword smtp.Keyword
			set     func()
		}{
			{"DSN", smtp.KeywordDsn, func() {
				smtp.Set(mail, smtp.Ret, smtp.RetHeaders)
				smtp.Set(mail, smtp.EnvID, envelopeID)
				smtp.Set(rcpt, smtp.Notify, []smtp.NotifyValue{smtp.NotifySuccess, smtp.NotifyFailure})
				smtp.Set(rcpt, smtp.Orcpt, smtp.OrcptValue{Type: "rfc822", Address: "tester+tag@example.test"})
			}},
			{"DELIVERBY", smtp.KeywordDeliverBy, func() {
				smtp.Set(mail, smtp.By, smtp.ByValue{Time: 86400, Mode: smtp.ByModeNotify, Trace: smtp.ByTraceT})
			}},
			{"MT-PRIORITY", smtp.KeywordMTPriority, func() { smtp.Set(mail, smtp.MTPriority, -3) }},
			{"REQUIRETLS", smtp.KeywordRequireTLS, func() { smtp.Set(mail, smtp.RequireTLS, true) }},
			{"FUTURERELEASE", smtp.KeywordFutureRelease, func() { smtp.Set(mail, smtp.HoldFor, 1) }},
			{"RRVS", smtp.KeywordRRVS, func() {
				smtp.Set(rcpt, smtp.RRVS, smtp.RRVSValue{Since: time.Date(2014, 4, 3, 23, 1, 0, 0, time.UTC)})
			}},
		} {
			if session.Offered(x.keyword) && !slices.Contains(misread[s.name], x.name) {
				x.set()
				used = append(used, x.name)
			}
		}
		if limits, ok := smtp.Capability(session, smtp.LimitsKeyword); ok {
			used = append(used, fmt.Sprintf("LIMITS %+v", limits))
		}
	})
	from, to := "postmaster@example.test", user
	if s.user != user { // it knows this one alone, and shows no mailbox
		from, to = s.user, s.user
	}
	mark := "X-Tabellarius: extensions." + stamp
	content := mark + "\r\nFrom: <" + from + ">\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <x." + stamp + "@client.test>\r\nSubject: extensions\r\n\r\ntext\r\n"
	envelope := smtpclient.Envelope{From: from, To: []string{to}, Params: mail, RcptParams: []*smtp.Params{rcpt}}
	if _, err := c.Send(t.Context(), envelope, strings.NewReader(content)); err != nil {
		t.Fatalf("with %v: %v\n%s", used, err, strings.Join(lines, "\n"))
	}
	if s.user == user {
		s.await(t, "tester", mark)
	}

	if slices.Contains(reports, s.name) {
		report := strings.ToLower(s.report(t, "postmaster", envelopeID))
		if !strings.Contains(report, "\noriginal-recipient: rfc822;tester+2btag@example.test") && !strings.Contains(report, "\noriginal-recipient: rfc822;tester+tag@example.test") {
			t.Errorf("the report does not name the original recipient:\n%s", report)
		}
		used = append(used, "a report with ENVID and ORCPT")
	}
	tryBinary(t, s, c, &used)
	tryCommands(t, c, &used)
	t.Logf("%s took %v", s.name, used)
	if err := c.Quit(t.Context()); err != nil {
		t.Error(err)
	}
}

// report waits until a report on the transaction is in a mailbox (RFC 3464
// §2.2.1).
func (s *server) report(t *testing.T, mailbox, envelopeID string) string {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		s.fetch(t)
		for _, file := range s.files(t, mailbox) {
			octets, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(octets, []byte("\nOriginal-Envelope-Id: "+envelopeID)) {
				return string(octets)
			}
		}
	}
	t.Fatalf("after 20 s no report on %s is in the mailbox %s of %s", envelopeID, mailbox, s.name)
	return ""
}

// tryBinary sends a message with NULs and lone CRs: it arrives octet for octet.
func tryBinary(t *testing.T, s *server, c *smtpclient.Client, used *[]string) {
	offered := false
	c.Ask(func(session *smtp.Session) { offered = session.Offered(smtp.KeywordBinaryMIME) })
	if !offered {
		return
	}
	*used = append(*used, "BINARYMIME")
	mark := "X-Tabellarius: binary." + fmt.Sprint(time.Now().UnixNano())
	content := []byte(mark + "\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\r\x01\n\xff\r\n.\r\n..\r\n")
	envelope := smtpclient.Envelope{From: "a@client.test", To: []string{user}, Body: smtpclient.BodyBinary}
	if _, err := c.Send(t.Context(), envelope, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if a := s.await(t, "tester", mark); a.lineEnd() == "\r\n" && !bytes.Equal(a.message, content) {
		t.Errorf("%q arrived as %q", content, a.message)
	}
}

// tryCommands runs the commands that extensions bring, those that leave a
// session as it is: a reply of 2yz, or a refusal that the table knows.
func tryCommands(t *testing.T, c *smtpclient.Client, used *[]string) {
	for _, x := range []struct {
		keyword smtp.Keyword
		command smtp.Command
		codes   []int
	}{
		{smtp.KeywordEtrn, &smtp.Etrn{Node: smtp.EtrnNode{Name: "client.test"}}, []int{250, 251, 252, 253, 458, 459, 554}},
		{smtp.KeywordXForward, &smtp.XForward{Attributes: smtp.XForwardAttributes{Name: "spike.example", Addr: "192.0.2.1"}}, []int{250}},
		{smtp.KeywordXClient, &smtp.XClient{Attributes: smtp.XClientAttributes{Name: "spike.example", Addr: "192.0.2.1"}}, []int{220}},
	} {
		offered := false
		c.Ask(func(session *smtp.Session) { offered = session.Offered(x.keyword) })
		if !offered {
			continue
		}
		reply, err := c.Do(t.Context(), x.command)
		var refused *smtp.ReplyError
		code := reply.Code
		if errors.As(err, &refused) {
			code = refused.Code
		} else if err != nil {
			t.Errorf("%T: %v", x.command, err)
			continue
		}
		*used = append(*used, fmt.Sprintf("%T (%d)", x.command, code))
		if !slices.Contains(x.codes, code) {
			t.Errorf("%T was answered %d", x.command, code)
		}
	}
}
