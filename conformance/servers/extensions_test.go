//go:build realservers

package servers_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// TestExtensions sends to each server with the parameters of all extensions
// that it offers, and runs the commands that they bring: what the table says
// goes out is what the server takes. What was exchanged with whom has to be what
// docs/extensions.md says.
func TestExtensions(t *testing.T) {
	names := strings.Fields(*chosen)
	if len(names) == 0 {
		names = strings.Fields(control(t, "list", "auth"))
	}
	for _, name := range names {
		if name == "postfix-dovecot" { // Postfix with another way to log in
			continue
		}
		t.Run(name, func(t *testing.T) {
			e := &exchange{server: start(t, name), t: t, done: map[string]string{}}
			if e.told["smtp"] != "none" {
				e.smtp()
			}
			if e.told["lmtp"] != "" {
				e.lmtp()
			}
			if name == "dovecot" {
				e.burl()
			}
			for _, extension := range slices.Sorted(maps.Keys(e.done)) {
				t.Logf("%s: %s", extension, e.done[extension])
			}
			if diff := cmp.Diff(documented(t, name), slices.Sorted(maps.Keys(e.done))); diff != "" {
				t.Errorf("docs/extensions.md says what was exchanged with %s (-), this run exchanged (+):\n%s", name, diff)
			}
		})
	}
}

// documented are the extensions in whose row of docs/extensions.md a server is
// named.
func documented(t *testing.T, name string) (extensions []string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "extensions.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n## Exchanged with real servers\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, row := range regexp.MustCompile(`(?m)^\| ([A-Z0-9=, -]+) \| ([^|]*) \|`).FindAllStringSubmatch(table, -1) {
		if slices.Contains(strings.Split(row[2], ", "), name) {
			extensions = append(extensions, row[1])
		}
	}
	slices.Sort(extensions)
	return extensions
}

// An exchange is what is tried with one server.
type exchange struct {
	*server
	t     *testing.T
	c     stream
	watch *watch
	done  map[string]string // by extension, what was seen
}

// misread are the extensions that a server offers without their parameters, or
// looks for in the wrong command: BY and MT-PRIORITY belong to MAIL (RFC 2852 §4,
// RFC 6710 §3). aiosmtpd answers AUTH= of MAIL with 555.
var misread = map[string][]string{"go-smtp": {"DELIVERBY", "MT-PRIORITY"}, "aiosmtpd": {"AUTH="}}

// reports are the servers that write the report themselves which NOTIFY=SUCCESS
// asks for, with ENVID and ORCPT in it; OpenSMTPD's names neither. Others hand
// the wish on, or nothing.
var reports = []string{"courier", "exim", "postfix", "sendmail"}

func (e *exchange) smtp() {
	t := e.t
	e.c, e.watch = e.connect(t, smtpclient.Config{})
	e.saw("STARTTLS", e.said("STARTTLS"), "the session went on in TLS")
	e.saw("AUTH", e.said("AUTH PLAIN"), "PLAIN")
	e.message()
	e.tooLarge()
	e.utf8()
	e.binary()
	e.commands()
	if err := e.c.Quit(t.Context()); err != nil {
		t.Error(err)
	}
}

// saw notes an extension as exchanged.
func (e *exchange) saw(extension string, exchanged bool, how string) {
	if exchanged {
		e.done[extension] = how
	}
}

// said reports whether the client has said a line that has the text.
func (e *exchange) said(text string) bool {
	return slices.ContainsFunc(e.watch.lines, func(l smtpclient.TraceEvent) bool { return l.Sent && strings.Contains(l.Text, text) })
}

func (e *exchange) offered(keyword smtp.Keyword) (ok bool) {
	e.c.Ask(func(s *smtp.Session) { ok = s.Offered(keyword) })
	return ok
}

// from and to are whom the server takes mail of, and for.
func (e *exchange) addresses() (from, to string) {
	if e.user != user { // it knows this one alone, and shows no mailbox
		return e.user, e.user
	}
	return "postmaster@example.test", user
}

// message is one with all parameters that the server offers: it arrives octet
// for octet.
func (e *exchange) message() {
	t := e.t
	stamp := fmt.Sprint(time.Now().UnixNano())
	envelopeID := "QQ+" + stamp + "=x"
	mail, rcpt := new(smtp.Params), new(smtp.Params)
	for _, x := range []struct {
		name    string
		keyword smtp.Keyword
		set     func()
	}{
		{"AUTH=", smtp.KeywordAuth, func() { smtp.Set(mail, smtp.Submitter, "") }},
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
		if e.offered(x.keyword) && !slices.Contains(misread[e.name], x.name) {
			x.set()
			e.done[x.name] = "the message with the parameter was taken"
		}
	}
	from, to := e.addresses()
	mark, content := e.newMessage(from, 3000)
	envelope := smtpclient.Envelope{From: from, To: []string{to}, Params: mail, RcptParams: []*smtp.Params{rcpt}, Size: int64(len(content))}
	report, err := e.c.Send(t.Context(), envelope, bytes.NewReader(content))
	if err != nil {
		t.Fatalf("with %v: %v\n%v", slices.Sorted(maps.Keys(e.done)), err, e.watch.lines)
	}
	how := "taken"
	if e.user == user {
		how = e.arrives(mark, content)
	}
	e.saw("8BITMIME", e.said(" BODY=8BITMIME"), "octets above 127 "+how)
	e.saw("CHUNKING", e.said("BDAT "), "by BDAT "+how)
	e.saw("SIZE", e.said(" SIZE="), "declared")
	e.saw("PIPELINING", e.together("RCPT "), "RCPT went out before the reply to MAIL")
	if code := report.Recipients[0].Reply.Enhanced; e.offered(smtp.KeywordEnhancedStatusCodes) && code != (smtp.EnhancedCode{}) {
		e.done["ENHANCEDSTATUSCODES"] = code.String()
	}
	e.c.Ask(func(s *smtp.Session) {
		if limits, ok := smtp.Capability(s, smtp.LimitsKeyword); ok {
			e.done["LIMITS"] = fmt.Sprintf("%+v", limits)
		}
	})
	if slices.Contains(reports, e.name) {
		report := e.report(t, "postmaster", envelopeID)
		if !names(report, "Original-Recipient", "rfc822;tester+tag@example.test") {
			t.Errorf("the report does not name the original recipient:\n%s", report)
		}
		e.done["DSN"] = "ENVID and ORCPT stand in the report that NOTIFY asked for"
	}
}

// newMessage is one of the sender.
func (e *exchange) newMessage(from string, attachment int) (mark string, message []byte) {
	mark, message = newMessage(attachment)
	return mark, bytes.Replace(message, []byte("From: <sender@client.test>"), []byte("From: <"+from+">"), 1)
}

// arrives waits for a message, and says how it arrived: octet for octet, but for
// servers that write its header anew.
func (e *exchange) arrives(mark string, message []byte) (how string) {
	a, how := e.await(e.t, "tester", mark), "arrived octet for octet"
	if manners[e.name].newHeader {
		_, a.message, _ = bytes.Cut(a.message, []byte(strings.Repeat(a.lineEnd(), 2)))
		_, message, _ = bytes.Cut(message, []byte("\r\n\r\n"))
		how = "arrived octet for octet behind the header"
	}
	a.same(e.t, message)
	return how
}

// together reports whether a line that begins so went out right behind MAIL,
// before the reply to that.
func (e *exchange) together(line string) bool {
	for i, l := range e.watch.lines {
		if l.Sent && strings.HasPrefix(l.Text, "MAIL ") && i+1 < len(e.watch.lines) {
			return e.watch.lines[i+1].Sent && strings.HasPrefix(e.watch.lines[i+1].Text, line)
		}
	}
	return false
}

// tooLarge: a message larger than the server says it takes is not begun.
func (e *exchange) tooLarge() {
	var most uint64
	e.c.Ask(func(s *smtp.Session) { most = s.MaxSize() })
	if most == 0 {
		return
	}
	from, to := e.addresses()
	report, err := e.c.Send(e.t.Context(), smtpclient.Envelope{From: from, To: []string{to}, Size: int64(most) + 1}, strings.NewReader("never read"))
	if got := report.Recipients[0]; err == nil || got.Outcome != smtp.RefusedForGood && got.Outcome != smtp.NotSent {
		e.t.Errorf("a message of %d octets, one more than the server takes: %v, %v", most+1, got.Outcome, err)
	}
	e.done["SIZE"] += fmt.Sprintf("; one of %d octets was refused before its text", most+1)
}

// utf8 sends addresses and a header in UTF-8.
func (e *exchange) utf8() {
	if !e.offered(smtp.KeywordSMTPUTF8) {
		return
	}
	t := e.t
	from, to := e.addresses()
	if e.user == user {
		from = "été@client.test"
	}
	mark, content := e.newMessage(from, 0)
	content = bytes.Replace(content, []byte("Subject: byte for byte"), []byte("Subject: été 用户"), 1)
	if _, err := e.c.Send(t.Context(), smtpclient.Envelope{From: from, To: []string{to}, UTF8: true}, bytes.NewReader(content)); err != nil {
		t.Errorf("from %s: %v", from, err)
		return
	}
	how := "were taken"
	if e.user == user {
		how = e.arrives(mark, content)
	}
	e.done["SMTPUTF8"] = "sender " + from + " and a header in UTF-8 " + how
}

// binary sends a message with NULs and lone CRs: it arrives octet for octet.
func (e *exchange) binary() {
	if !e.offered(smtp.KeywordBinaryMIME) {
		return
	}
	t := e.t
	mark := "X-Tabellarius: binary." + fmt.Sprint(time.Now().UnixNano())
	content := []byte(mark + "\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\r\x01\n\xff\r\n.\r\n..\r\n")
	envelope := smtpclient.Envelope{From: "a@client.test", To: []string{user}, Body: smtpclient.BodyBinary}
	if _, err := e.c.Send(t.Context(), envelope, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	a := e.await(t, "tester", mark)
	if a.lineEnd() != "\r\n" || !bytes.Equal(a.message, content) {
		t.Errorf("%q arrived as %q", content, a.message)
	}
	e.done["BINARYMIME"] = "NULs, a lone CR and a lone LF arrived octet for octet"
}

// commands runs the commands that leave a session as it is, or begin it anew: a
// reply of 2yz, or a refusal that the table knows.
func (e *exchange) commands() {
	for _, x := range []struct {
		name    string
		keyword smtp.Keyword // 0: of the base table
		command smtp.Command
		refusal []int // those that leave the session as it is
	}{
		{"VRFY", 0, &smtp.Vrfy{Who: user}, []int{500, 501, 502, 504, 550, 551, 553}},
		{"EXPN", 0, &smtp.Expn{List: "staff"}, []int{500, 501, 502, 504, 550}},
		{"HELP", 0, &smtp.Help{}, []int{500, 502, 504}},
		{"ETRN", smtp.KeywordEtrn, &smtp.Etrn{Node: smtp.EtrnNode{Name: "client.test"}}, []int{458, 459, 554}},
		{"XFORWARD", smtp.KeywordXForward, &smtp.XForward{Attributes: smtp.XForwardAttributes{Name: "spike.example", Addr: "192.0.2.1"}}, nil},
		{"XCLIENT", smtp.KeywordXClient, &smtp.XClient{Attributes: smtp.XClientAttributes{Name: "spike.example", Addr: "192.0.2.1"}}, nil},
	} {
		if x.keyword != 0 && !e.offered(x.keyword) {
			continue
		}
		code, err := e.do(x.command)
		if err != nil || code/100 != 2 && !slices.Contains(x.refusal, code) {
			e.t.Errorf("%s was answered %d, %v", x.name, code, err)
			continue
		}
		if x.keyword != 0 || code < 300 {
			e.done[x.name] = fmt.Sprint(code)
		}
	}
}

func (e *exchange) do(c smtp.Command) (code int, err error) {
	reply, err := e.c.Do(e.t.Context(), c)
	var refused *smtp.ReplyError
	if errors.As(err, &refused) {
		return refused.Code, nil
	}
	return reply.Code, err
}

// lmtp sends a message to a mailbox that is there and to one that is not: each
// has a reply of its own.
func (e *exchange) lmtp() {
	t := e.t
	e.c, e.watch = e.connect(t, smtpclient.Config{LMTP: true})
	mark, content := e.newMessage("a@client.test", 3000)
	report, _ := e.c.Send(t.Context(), smtpclient.Envelope{From: "a@client.test", To: []string{user, unknown}}, bytes.NewReader(content))
	if got := report.Recipients; got[0].Outcome != smtp.Accepted || got[1].Outcome != smtp.RefusedForGood {
		t.Errorf("%s: %v (%v); %s: %v (%v)", got[0].Address, got[0].Outcome, got[0].Err(), got[1].Address, got[1].Outcome, got[1].Err())
	}
	e.await(t, "tester", mark).same(t, content)
	e.saw("LMTP", e.said("LHLO "), "arrived octet for octet; a word for each recipient")
	e.saw("8BITMIME", e.said(" BODY=8BITMIME"), "octets above 127 arrived octet for octet")
	e.saw("CHUNKING", e.said("BDAT "), "by BDAT arrived octet for octet")
	e.saw("PIPELINING", e.together("RCPT "), "RCPT went out before the reply to MAIL")
	if code := report.Recipients[0].Reply.Enhanced; e.offered(smtp.KeywordEnhancedStatusCodes) && code != (smtp.EnhancedCode{}) {
		e.done["ENHANCEDSTATUSCODES"] = code.String()
	}
	if err := e.c.Quit(t.Context()); err != nil {
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
			if names(string(octets), "Original-Envelope-Id", envelopeID) {
				return string(octets)
			}
		}
	}
	t.Fatalf("after 20 s no report on %s is in the mailbox %s of %s", envelopeID, mailbox, s.name)
	return ""
}

// names reports whether a field of a report has a value, which some servers
// leave as xtext.
func names(report, field, value string) bool {
	for line := range strings.Lines(report) {
		name, got, _ := strings.Cut(line, ":")
		got = strings.ReplaceAll(strings.TrimSpace(got), "; ", ";")
		if strings.EqualFold(name, field) {
			decoded, err := smtp.ParseXtext([]byte(got))
			return got == value || err == nil && decoded == value
		}
	}
	return false
}
