package docs_test

import (
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// differences are the tests of what from-smtpproto.md says in its table of
// differences, by the number there.
var differences = map[int]func(*testing.T){
	1:  contentRefused,
	2:  contentWithoutLineEnd,
	3:  loginWorks,
	4:  tokenIsFetchedWhenItExpires,
	5:  nothingBeforeTheHandshake,
	6:  capabilitiesDieWithTLS,
	7:  noLineBreaks,
	8:  codesByTheirFirstDigit,
	9:  repliesInUTF8,
	10: surplusReplies,
	11: noCommandInContent,
	12: responseIsNoCommand,
	13: refusalByChallenge,
	14: quotedLocalPart,
	15: whenRsetNoopQuit,
	16: quitAfterRefusal,
	17: boundedInput,
	18: onceOnly,
	19: utf8WhereNeeded,
	20: emptyInitialResponse,
	21: oneRecipientRefused,
	22: bareCode,
	23: errorsAndSecrets,
	24: tlsIsRequired,
}

// TestDifferencesFromSMTPProto shows each row of the table of differences on the
// code.
func TestDifferencesFromSMTPProto(t *testing.T) {
	var rows []int
	_, table, _ := strings.Cut(read(t, "from-smtpproto.md"), "\n## Where we follow the RFC")
	for line := range strings.Lines(table) {
		if row := columns(strings.TrimSpace(line)); row != nil {
			if n, err := strconv.Atoi(row[0]); err == nil {
				rows = append(rows, n)
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(differences)), rows); diff != "" {
		t.Errorf("tests (-) and rows of the table (+) differ:\n%s", diff)
	}
	for _, n := range rows {
		if test := differences[n]; test != nil {
			t.Run(strconv.Itoa(n), test)
		}
	}
}

// A talk is a session with the test for its server.
type talk struct {
	*testing.T
	s *smtp.Session
}

// hear gives the session a server's lines and the events that come of it.
func (k talk) hear(lines ...string) (events []smtp.Event) {
	k.Helper()
	k.s.Take(nil)
	for _, line := range lines {
		k.s.HandleInput([]byte(line + "\r\n"))
		for ev := k.s.Next(); ev.Kind != smtp.None; ev = k.s.Next() {
			ev.Reply = ev.Reply.Clone()
			events = append(events, ev)
		}
	}
	return events
}

// say takes what a call gave, which must be no error.
func (k talk) say(_ smtp.Tag, err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// state holds that the session goes on and stands in a state.
func (k talk) state(want smtp.State) {
	k.Helper()
	if k.s.Err() != nil || k.s.State() != want {
		k.Fatalf("expected the session to go on in %s, it is in %s: %v", name(want), name(k.s.State()), k.s.Err())
	}
}

func name(s smtp.State) string { return smtp.Table.States[s].Name }

// broken holds that the session has ended since the server broke a rule.
func (k talk) broken(rule string) {
	k.Helper()
	var broken *smtp.ProtocolError
	if !errors.As(k.s.Err(), &broken) || !strings.HasPrefix(broken.RFC, rule) {
		k.Fatalf("expected a violation of %s, got %v", rule, k.s.Err())
	}
}

// refused holds that a call fails with an error of type E and queues nothing.
func refused[E error](k talk, call func() (smtp.Tag, error)) {
	k.Helper()
	_, err := call()
	var want E
	if !errors.As(err, &want) {
		k.Fatalf("expected %T, got %v", want, err)
	}
	if out := k.s.Take(nil); len(out) > 0 {
		k.Fatalf("expected nothing on the wire, got %q", out)
	}
}

// greeted is a session behind a greeting and an EHLO that offers keywords.
func greeted(t *testing.T, offers ...string) talk {
	t.Helper()
	k := talk{t, smtp.NewSession(smtp.Config{})}
	k.hear("220 mx.example.org")
	k.say(k.s.Hello("client.example.org"))
	k.hear(ehlo(offers...)...)
	k.state(smtp.StateReady)
	return k
}

func ehlo(offers ...string) []string {
	lines := []string{"250-mx.example.org"}
	for _, o := range offers {
		lines = append(lines, "250-"+o)
	}
	return append(lines, "250 HELP")
}

// withRecipient is a session in a transaction with one recipient.
func withRecipient(t *testing.T, offers ...string) talk {
	t.Helper()
	k := greeted(t, offers...)
	k.say(k.s.Mail("a@example.org", nil))
	k.hear("250 ok")
	k.say(k.s.Rcpt("b@example.org", nil))
	k.hear("250 ok")
	k.state(smtp.StateRecipientSent)
	return k
}

func inContent(t *testing.T, offers ...string) talk {
	t.Helper()
	k := withRecipient(t, offers...)
	k.say(k.s.Data())
	k.hear("354 go on")
	k.state(smtp.StateSendData)
	return k
}

func contentRefused(t *testing.T) {
	for _, code := range []string{"450", "451", "452", "550", "552", "554", "571"} {
		k := inContent(t)
		if err := k.s.Content([]byte("x\r\n")); err != nil {
			t.Fatal(err)
		}
		k.say(k.s.EndContent())
		if events := k.hear(code + " no"); len(events) != 1 || events[0].Reply.Positive() {
			t.Fatalf("expected the refusal %s, got %v", code, events)
		}
		k.state(smtp.StateReady)
		k.say(k.s.Mail("a@example.org", nil))
	}
}

func contentWithoutLineEnd(t *testing.T) {
	k := inContent(t)
	if err := k.s.Content([]byte("no line end")); err != nil {
		t.Fatal(err)
	}
	k.say(k.s.EndContent())
	if out := string(k.s.Take(nil)); out != "no line end\r\n.\r\n" {
		t.Fatalf("got %q", out)
	}
}

func responseIsNoCommand(t *testing.T) {
	k := greeted(t, "AUTH LOGIN")
	k.say(k.s.Authenticate("LOGIN", nil, false))
	k.hear("334 ")
	response, err := base64.StdEncoding.DecodeString("DATA")
	if err != nil {
		t.Fatal(err)
	}
	k.say(k.s.Line(response))
	if out := string(k.s.Pending()); out != "DATA\r\n" {
		t.Fatalf("got %q", out)
	}
	k.hear("235 welcome")
	k.state(smtp.StateReady)
	if !k.s.Facts().Has(smtp.FactAuth) {
		t.Fatal("expected to be authenticated")
	}
}

func nothingBeforeTheHandshake(t *testing.T) {
	k := greeted(t, "STARTTLS")
	k.say(k.s.UpgradeTLS())
	k.hear("220 go on\r\n250-mx.example.org\r\n250 AUTH PLAIN")
	k.broken("RFC 3207")

	k = greeted(t, "STARTTLS")
	k.say(k.s.UpgradeTLS())
	k.s.Take(nil)
	k.s.HandleInput([]byte("220 go on\r\n250 AUTH PLAIN\r\n"))
	if ev := k.s.Next(); ev.Kind != smtp.Replied {
		t.Fatalf("expected the reply, got %v", ev)
	}
	if err := k.s.HandleTLS(); err == nil {
		t.Fatal("expected no TLS over octets that came before it")
	}
	k.broken("RFC 3207")
}

func capabilitiesDieWithTLS(t *testing.T) {
	k := greeted(t, "STARTTLS", "SIZE 1000", "AUTH PLAIN", "XOTHER")
	k.say(k.s.UpgradeTLS())
	k.hear("220 go on")
	if err := k.s.HandleTLS(); err != nil {
		t.Fatal(err)
	}
	k.state(smtp.StateGreetingReceived)
	if n := len(slices.Collect(k.s.Offers())); n != 0 || k.s.MaxSize() != 0 || k.s.Offered(smtp.KeywordAuth) {
		t.Fatalf("expected nothing to be left, got %d offers", n)
	}
	refused[*smtp.StateError](k, func() (smtp.Tag, error) { return k.s.Mail("a@example.org", nil) })
}

func noLineBreaks(t *testing.T) {
	for _, bad := range []string{"\r\nQUIT", "\nQUIT", "\rQUIT", "\x00"} {
		k := talk{t, smtp.NewSession(smtp.Config{})}
		k.hear("220 mx.example.org")
		refused[*smtp.ArgumentError](k, func() (smtp.Tag, error) { return k.s.Hello("client.example.org" + bad) })
		k = greeted(t, "AUTH PLAIN")
		refused[*smtp.ArgumentError](k, func() (smtp.Tag, error) { return k.s.Mail("a@example.org"+bad, nil) })
		refused[*smtp.MissingError](k, func() (smtp.Tag, error) { return k.s.Authenticate("PLAIN"+bad, nil, false) })
		k.say(k.s.Authenticate("PLAIN", []byte(bad), false))
		if out := k.s.Pending(); strings.Count(string(out), "\n") != 1 {
			t.Fatalf("expected one line, got %q", out)
		}
		k = greeted(t)
		k.say(k.s.Mail("a@example.org", nil))
		k.hear("250 ok")
		refused[*smtp.ArgumentError](k, func() (smtp.Tag, error) { return k.s.Rcpt("b@example.org"+bad, nil) })
	}
}

func codesByTheirFirstDigit(t *testing.T) {
	for _, code := range []string{"421", "500", "501", "502", "454", "554", "599", "400"} {
		k := talk{t, smtp.NewSession(smtp.Config{})}
		k.hear("220 mx.example.org")
		k.say(k.s.Hello("client.example.org"))
		k.hear(code + " no")
		k.state(smtp.StateGreetingReceived)

		k = greeted(t, "STARTTLS", "AUTH PLAIN")
		k.say(k.s.UpgradeTLS())
		k.hear(code + " no")
		k.state(smtp.StateReady)
		if code == "421" {
			continue // QUIT only from here on
		}
		k.say(k.s.Authenticate("PLAIN", []byte("x"), true))
		k.hear(code + " no")
		k.state(smtp.StateReady)
		k.say(k.s.Mail("a@example.org", nil))
		k.hear(code + " no")
		k.state(smtp.StateReady)
		k.say(k.s.Mail("a@example.org", nil))
		k.hear("299 ok")
		k.say(k.s.Rcpt("b@example.org", nil))
		k.hear(code + " no")
		k.state(smtp.StateMailtx)
	}
}

func repliesInUTF8(t *testing.T) {
	k := greeted(t)
	k.say(k.s.Mail("a@example.org", nil))
	k.hear("250 ok")
	k.say(k.s.Rcpt("b@example.org", nil))
	events := k.hear("251 will go to <ü@example.org> \xff")
	if len(events) != 1 || events[0].Reply.Text() != "will go to <ü@example.org> \xff" {
		t.Fatalf("expected the text as it came, got %v", events)
	}
	k.state(smtp.StateRecipientSent)
}

func surplusReplies(t *testing.T) {
	k := greeted(t)
	k.hear("250 nobody asked")
	k.broken("RFC 5321")

	k = greeted(t, "PIPELINING")
	k.say(k.s.Mail("a@example.org", nil))
	k.say(k.s.Rcpt("b@example.org", nil))
	events := k.hear("250 one\r\n250 two")
	if len(events) != 2 || events[0].Op != smtp.OpMail || events[1].Op != smtp.OpRcpt {
		t.Fatalf("expected one reply for each command, got %v", events)
	}
}

func noCommandInContent(t *testing.T) {
	k := inContent(t)
	refused[*smtp.StateError](k, k.s.Rset)
	refused[*smtp.StateError](k, k.s.Quit)
	refused[*smtp.StateError](k, func() (smtp.Tag, error) { return k.s.Noop("") })
	k.say(k.s.EndContent())
	k.s.Take(nil)
	refused[*smtp.StateError](k, func() (smtp.Tag, error) { return k.s.Noop("") })

	k = inContent(t, "PIPELINING")
	k.say(k.s.EndContent())
	k.say(k.s.Noop(""))
	events := k.hear("250 the message", "250 the NOOP")
	if len(events) != 2 || events[0].Op != smtp.OpContent || events[1].Op != smtp.OpNoop {
		t.Fatalf("expected one reply for each, got %v", events)
	}
}

func quotedLocalPart(t *testing.T) {
	k := greeted(t)
	refused[*smtp.ArgumentError](k, func() (smtp.Tag, error) { return k.s.Mail("a b@example.org", nil) })
	k.say(k.s.Mail(`"a b"@example.org`, nil))
	if out := string(k.s.Take(nil)); out != "MAIL FROM:<\"a b\"@example.org>\r\n" {
		t.Fatalf("got %q", out)
	}
}

func whenRsetNoopQuit(t *testing.T) {
	k := talk{t, smtp.NewSession(smtp.Config{})}
	refused[*smtp.StateError](k, func() (smtp.Tag, error) { return k.s.Noop("") })
	refused[*smtp.StateError](k, k.s.Quit)
	k.hear("220 mx.example.org")
	k.say(k.s.Rset())
	k.hear("250 ok")
	k.state(smtp.StateGreetingReceived)

	k = greeted(t)
	k.say(k.s.Rset())
	k.hear("250 ok")
	k.say(k.s.Quit())
	k.hear("221 bye")
	k.state(smtp.StateFinished)
	refused[*smtp.StateError](k, func() (smtp.Tag, error) { return k.s.Noop("") })
	refused[*smtp.StateError](k, k.s.Quit)
}

func boundedInput(t *testing.T) {
	k := greeted(t)
	k.say(k.s.Noop(""))
	k.hear("250 " + strings.Repeat("x", 12288))
	k.broken("RFC 5321 §4.5.3.1.5")
	k = greeted(t)
	k.say(k.s.Noop(""))
	k.hear(strings.Repeat("250-x\r\n", 257) + "250 x")
	k.broken("RFC 5321 §4.5.3.1.5")
	k = greeted(t)
	k.say(k.s.Noop(""))
	k.hear(strings.Repeat("250-"+strings.Repeat("x", 1000)+"\r\n", 66) + "250 x")
	k.broken("RFC 5321 §4.5.3.1.5")
}

func onceOnly(t *testing.T) {
	k := greeted(t, "AUTH PLAIN")
	k.say(k.s.Authenticate("PLAIN", []byte("x"), true))
	k.hear("235 welcome")
	k.say(k.s.Rset())
	k.hear("250 ok")
	refused[*smtp.StateError](k, func() (smtp.Tag, error) { return k.s.Authenticate("PLAIN", []byte("x"), true) })

	k = greeted(t, "STARTTLS")
	k.say(k.s.UpgradeTLS())
	k.hear("220 go on")
	if err := k.s.HandleTLS(); err != nil {
		t.Fatal(err)
	}
	k.say(k.s.Hello("client.example.org"))
	k.hear(ehlo("STARTTLS")...)
	refused[*smtp.StateError](k, k.s.UpgradeTLS)
}

func emptyInitialResponse(t *testing.T) {
	k := greeted(t, "AUTH EXTERNAL")
	k.say(k.s.Authenticate("EXTERNAL", []byte{}, true))
	if out := string(k.s.Take(nil)); out != "AUTH EXTERNAL =\r\n" {
		t.Fatalf("got %q", out)
	}
	k = greeted(t, "AUTH LOGIN")
	k.say(k.s.Authenticate("LOGIN", nil, false))
	if out := string(k.s.Take(nil)); out != "AUTH LOGIN\r\n" {
		t.Fatalf("got %q", out)
	}
}

func bareCode(t *testing.T) {
	k := greeted(t)
	k.say(k.s.Noop(""))
	if events := k.hear("250"); len(events) != 1 || events[0].Reply.Text() != "" {
		t.Fatalf("got %v", events)
	}
	k.state(smtp.StateReady)
}

// serve starts a server, and gives what a client needs for it.
func serve(t *testing.T, cfg smtptest.Config) (*smtptest.Server, smtpclient.Config) {
	t.Helper()
	server := smtptest.NewUnstartedServer()
	server.Config = cfg
	server.Start()
	t.Cleanup(server.Close)
	return server, smtpclient.Config{LocalName: "client.example.org", TLSConfig: server.ClientTLS()}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// commands are the commands of a connection by their first words, once the
// client has left.
func commands(server *smtptest.Server, conn int) (words []string) {
	server.Close()
	for _, line := range server.Transcript(conn) {
		if text, ok := strings.CutPrefix(line.String(), "C: "); ok {
			word, _, _ := strings.Cut(text, " ")
			words = append(words, strings.TrimSpace(word))
		}
	}
	return words
}

func loginWorks(t *testing.T) {
	server, cfg := serve(t, smtptest.Config{
		STARTTLS: true, Users: map[string]string{"tim": "tanstaaftanstaaf"},
		Mechanisms: []func(auth.Verifier) auth.ServerMechanism{auth.LoginServer},
	})
	cfg.Auth = auth.Login("tim", "tanstaaftanstaaf")
	c, err := smtpclient.Dial(within(t), server.Addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Ask(func(s *smtp.Session) {
		if !s.Facts().Has(smtp.FactAuth) {
			t.Error("expected to be authenticated")
		}
	})
}

func tokenServer(t *testing.T, valid string) (*smtptest.Server, smtpclient.Config) {
	return serve(t, smtptest.Config{
		STARTTLS: true, Users: map[string]string{"tim": ""},
		Mechanisms: []func(auth.Verifier) auth.ServerMechanism{smtptest.Mechanism(auth.XOAuth2Server(func(q auth.BearerRequest) (string, error) {
			if q.User != "tim" || q.Token != valid {
				return "", &auth.OAuthError{Status: "400"}
			}
			return q.User, nil
		}))},
	})
}

func tokenIsFetchedWhenItExpires(t *testing.T) {
	server, cfg := tokenServer(t, "good")
	fetched := 0
	lives := []time.Duration{0, time.Hour} // the first token has expired when it comes
	cfg.Auth = auth.XOAuth2("tim", auth.NewTokens(func(context.Context) (auth.Token, error) {
		fetched++
		return auth.NewToken("good", time.Now().Add(lives[fetched-1])), nil
	}))
	for i, want := range []int{1, 2, 2} {
		c, err := smtpclient.Dial(within(t), server.Addr, cfg)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if fetched != want {
			t.Fatalf("connection %d: expected %d tokens to have been asked for, there were %d", i+1, want, fetched)
		}
	}
}

func refusalByChallenge(t *testing.T) {
	server, cfg := tokenServer(t, "good")
	cfg.Auth = auth.XOAuth2("tim", auth.StaticToken("stale"))
	_, err := smtpclient.Dial(within(t), server.Addr, cfg)
	var no *smtp.ReplyError
	if !errors.As(err, &no) || no.Code != 535 {
		t.Fatalf("expected the 535 to AUTH, got %v", err)
	}
	if words := commands(server, 1); words[len(words)-1] != "QUIT" {
		t.Fatalf("expected QUIT in the end, got %q", words)
	}
}

func quitAfterRefusal(t *testing.T) {
	for role, code := range map[smtp.Role]int{smtp.RoleGreeting: 554, smtp.RoleHello: 550, smtp.RoleAuth: 535} {
		server, cfg := serve(t, smtptest.Config{STARTTLS: true, Users: map[string]string{"tim": "x"}})
		server.On(smtptest.Match{Role: role}, smtptest.Answer{Code: code, Text: "no"})
		cfg.Auth = auth.Plain("", "tim", "x")
		_, err := smtpclient.Dial(within(t), server.Addr, cfg)
		var no *smtp.ReplyError
		if !errors.As(err, &no) || no.Code != code {
			t.Fatalf("expected the %d, got %v", code, err)
		}
		if words := commands(server, 1); len(words) == 0 || words[len(words)-1] != "QUIT" {
			t.Fatalf("expected QUIT after the %d, got %q", code, words)
		}
	}
}

func utf8WhereNeeded(t *testing.T) {
	server, cfg := serve(t, smtptest.Config{STARTTLS: true})
	c, err := smtpclient.Dial(within(t), server.Addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, from := range []string{"a@example.org", "ä@example.org"} {
		if _, err := c.Send(within(t), smtpclient.Envelope{From: from, To: []string{"b@example.org"}}, strings.NewReader("x\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	var asked []bool
	for _, line := range server.Transcript(1) {
		if strings.HasPrefix(line.String(), "C: MAIL") {
			asked = append(asked, strings.Contains(line.String(), "SMTPUTF8"))
		}
	}
	if diff := cmp.Diff([]bool{false, true}, asked); diff != "" {
		t.Fatal(diff)
	}
}

func oneRecipientRefused(t *testing.T) {
	server, cfg := serve(t, smtptest.Config{STARTTLS: true})
	server.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "nobody@example.org"}, smtptest.Answer{Code: 550, Text: "no such user"})
	c, err := smtpclient.Dial(within(t), server.Addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send := func(to ...string) (outcomes []smtp.Outcome, err error) {
		report, err := c.Send(within(t), smtpclient.Envelope{From: "a@example.org", To: to}, strings.NewReader("x\r\n"))
		for _, r := range report.Recipients {
			outcomes = append(outcomes, r.Outcome)
		}
		return outcomes, err
	}
	outcomes, err := send("nobody@example.org", "b@example.org")
	var partial *smtpclient.PartialError
	if !errors.As(err, &partial) {
		t.Fatalf("expected %T, got %v", partial, err)
	}
	if diff := cmp.Diff([]smtp.Outcome{smtp.RefusedForGood, smtp.Accepted}, outcomes); diff != "" {
		t.Fatal(diff)
	}
	if _, err := send("nobody@example.org"); !errors.Is(err, smtp.ErrPermanent) {
		t.Fatalf("expected a refusal, got %v", err)
	}
	if _, err := send("b@example.org"); err != nil {
		t.Fatalf("expected the connection to be of use for the next message, got %v", err)
	}
}

func errorsAndSecrets(t *testing.T) {
	server, cfg := serve(t, smtptest.Config{STARTTLS: true, Users: map[string]string{"tim": "another"}})
	var trace strings.Builder
	cfg.Trace = func(ev smtpclient.TraceEvent) { trace.WriteString(ev.Text + "\n") }
	cfg.Auth = auth.Plain("", "tim", "tanstaaftanstaaf")
	_, err := smtpclient.Dial(within(t), server.Addr, cfg)
	var no *smtp.ReplyError
	if !errors.As(err, &no) || no.Code != 535 || no.Enhanced != (smtp.EnhancedCode{5, 7, 8}) {
		t.Fatalf("expected 535 5.7.8, got %v", err)
	}
	secret := base64.StdEncoding.EncodeToString([]byte("\x00tim\x00tanstaaftanstaaf"))
	if text := trace.String() + err.Error(); !strings.Contains(text, "AUTH PLAIN") || strings.Contains(text, secret) || strings.Contains(text, "tanstaaf") {
		t.Fatalf("expected AUTH without its secret, got:\n%s", text)
	}
}

func tlsIsRequired(t *testing.T) {
	server, cfg := serve(t, smtptest.Config{})
	_, err := smtpclient.Dial(within(t), server.Addr, cfg)
	var missing *smtp.MissingError
	if !errors.As(err, &missing) {
		t.Fatalf("expected no connection without TLS, got %v", err)
	}
	if diff := cmp.Diff([]string{"EHLO", "QUIT"}, commands(server, 1)); diff != "" {
		t.Fatal(diff)
	}
}
