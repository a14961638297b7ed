package smtpclient_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// mode is one way in which a message may go out.
type mode struct {
	name    string
	lmtp    bool
	without []smtp.Keyword
}

// modes are those that the table has, each with and without PIPELINING.
func modes() []mode {
	table := smtp.Table
	var ms []mode
	add := func(m mode) {
		ms = append(ms, m)
		if k, ok := table.Keyword(smtp.RolePipelining); ok {
			m.name += " in lock-step"
			m.without = append(m.without[:len(m.without):len(m.without)], k)
			ms = append(ms, m)
		}
	}
	var plain []smtp.Keyword
	chunking, chunks := table.Keyword(smtp.RoleLastChunk)
	if chunks {
		add(mode{name: "BDAT"})
		plain = append(plain, chunking)
	}
	add(mode{name: "DATA", without: plain})
	for _, f := range table.Facts {
		if f.Role == smtp.RoleLMTP {
			add(mode{name: "LMTP by DATA", lmtp: true, without: plain})
			if chunks {
				add(mode{name: "LMTP by BDAT", lmtp: true})
			}
		}
	}
	return ms
}

func (m mode) server(t testing.TB, change func(*smtptest.Config)) *smtptest.Server {
	t.Helper()
	srv := smtptest.NewUnstartedServer()
	srv.Config.LMTP = m.lmtp
	srv.Config.Without = m.without
	if change != nil {
		change(&srv.Config)
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

func (m mode) config() smtpclient.Config {
	return smtpclient.Config{LMTP: m.lmtp, TLS: smtpclient.TLSOff}
}

func dial(t testing.TB, srv *smtptest.Server, cfg smtpclient.Config) *smtpclient.Client {
	t.Helper()
	c, err := smtpclient.Dial(t.Context(), srv.Addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// letter is a message with all that is awkward: lines that begin with dots, an
// empty line at its end, and UTF-8 where the table has a word for such bodies.
var letter = "From: <a@example.test>\r\nSubject: dots\r\n\r\n.\r\n..two\r\n.three\r\n" + greeting() + "\r\n\r\n"

func greeting() string {
	if _, _, ok := smtp.Table.ParamValue(smtp.Role8Bit); ok {
		return "Grüße"
	}
	return "Regards"
}

func TestSendDeliversTheOctetsAsTheyAre(t *testing.T) {
	attachment := make([]byte, 300_000)
	rand.Read(attachment)
	long := letter + base64.StdEncoding.EncodeToString(attachment) + "\r\n"
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			srv := m.server(t, nil)
			cfg := m.config()
			cfg.ChunkSize = 50_000
			c := dial(t, srv, cfg)
			for i, body := range []string{letter, long, "", "no line end", strings.ReplaceAll(letter, "\r\n", "\n")} {
				env := smtpclient.Envelope{From: "a@example.test", To: []string{"b@example.test", "c@example.test"}}
				if i == 1 {
					env.Size = int64(len(body))
				}
				if _, err := c.Send(t.Context(), env, strings.NewReader(body)); err != nil {
					t.Fatal(err)
				}
				want := strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\n", "\r\n")
				if want != "" && !strings.HasSuffix(want, "\r\n") {
					want += "\r\n"
				}
				var got []byte
				var to []string
				for _, msg := range srv.Messages() {
					got, to = msg.Data, append(to, msg.To...)
					if msg.From != env.From {
						t.Errorf("the message came from %q", msg.From)
					}
				}
				if string(got) != want {
					t.Errorf("message %d: %d octets arrived, want %d; they differ", i, len(got), len(want))
				}
				if to = to[len(to)-2:]; !cmp.Equal(to, env.To) {
					t.Errorf("it went to %q", to)
				}
			}
			if err := c.Quit(t.Context()); err != nil {
				t.Error("Quit:", err)
			}
		})
	}
}

func TestSendReportsEachRecipient(t *testing.T) {
	unknown := smtp.EnhancedCode{5, 1, 1}
	told := unknown
	if _, ok := smtp.Table.Keyword(smtp.RoleEnhanced); !ok {
		told = smtp.EnhancedCode{}
	}
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			srv := m.server(t, nil)
			srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "nobody@example.test"}, smtptest.Answer{Code: 550, Enhanced: unknown, Text: "no such user"})
			srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "full@example.test"}, smtptest.Answer{Code: 452, Text: "mailbox full"})
			c := dial(t, srv, m.config())
			env := smtpclient.Envelope{From: "a@example.test", To: []string{"good@example.test", "nobody@example.test", "full@example.test", "fine@example.test"}}
			for range 2 {
				report, err := c.Send(t.Context(), env, strings.NewReader(letter))
				var partial *smtpclient.PartialError
				if !errors.As(err, &partial) || partial.Accepted != 2 || len(partial.Failed) != 2 {
					t.Fatalf("error %v, want a PartialError: two accepted, two not", err)
				}
				if !errors.Is(err, smtp.ErrTemporary) || !errors.Is(err, smtp.ErrPermanent) || !strings.Contains(err.Error(), "no such user") {
					t.Errorf("the error does not carry both refusals: %v", err)
				}
				var outcomes []string
				for _, r := range report.Recipients {
					outcomes = append(outcomes, fmt.Sprint(r.Address, " ", r.Outcome))
				}
				want := []string{"good@example.test accepted", "nobody@example.test refused for good", "full@example.test refused for now", "fine@example.test accepted"}
				if diff := cmp.Diff(want, outcomes); diff != "" {
					t.Error(diff)
				}
				if r := report.Recipients[1]; r.Command != "RCPT" || r.Reply.Code != 550 || r.Reply.Enhanced != told {
					t.Errorf("the refusal is told as %s %v", r.Command, r.Reply)
				}
			}
			if _, err := c.Send(t.Context(), smtpclient.Envelope{To: env.To[1:3]}, strings.NewReader(letter)); err == nil || errors.As(err, new(*smtpclient.PartialError)) {
				t.Errorf("all recipients refused: %v", err)
			}
			if report, err := c.Send(t.Context(), smtpclient.Envelope{To: env.To[:1]}, strings.NewReader(letter)); err != nil {
				t.Errorf("the message behind one that was refused: %v, %v", report, err)
			}
			stats := c.Stats()
			if got := stats.Recipients; stats.Messages != 4 || got[smtp.Accepted] != 5 || got[smtp.RefusedForGood] != 3 || got[smtp.RefusedForNow] != 3 {
				t.Errorf("the counters say %+v", stats)
			}
			n := 0
			for _, msg := range srv.Messages() {
				n += len(msg.To)
			}
			if n != 5 {
				t.Errorf("the server took it for %d recipients, want 5", n)
			}
		})
	}
}

func TestSendRefusedAtEachStep(t *testing.T) {
	for _, m := range modes() {
		for _, step := range []struct {
			role smtp.Role
			code int
			want smtp.Outcome
		}{
			{smtp.RoleSender, 550, smtp.RefusedForGood}, {smtp.RoleSender, 451, smtp.RefusedForNow},
			{smtp.RoleRecipient, 554, smtp.RefusedForGood}, {smtp.RoleRecipient, 452, smtp.RefusedForNow},
			{smtp.RoleData, 554, smtp.RefusedForGood}, {smtp.RoleContent, 552, smtp.RefusedForGood}, {smtp.RoleContent, 450, smtp.RefusedForNow},
			{smtp.RoleLastChunk, 554, smtp.RefusedForGood}, {smtp.RoleChunk, 452, smtp.RefusedForNow},
		} {
			t.Run(fmt.Sprint(m.name, "/", step.role, "/", step.code), func(t *testing.T) {
				srv := m.server(t, nil)
				srv.On(smtptest.Match{Role: step.role, Nth: 1}, smtptest.Answer{Code: step.code, Text: "not this one"})
				cfg := m.config()
				cfg.ChunkSize = len(letter) / 3
				c := dial(t, srv, cfg)
				env := smtpclient.Envelope{From: "a@example.test", To: []string{"b@example.test"}}
				asked := false
				for _, l := range []smtp.Role{smtp.RoleSender, smtp.RoleRecipient, smtp.RoleData, smtp.RoleContent} {
					asked = asked || l == step.role && !(strings.Contains(m.name, "BDAT") && l >= smtp.RoleData)
				}
				asked = asked || strings.Contains(m.name, "BDAT") && (step.role == smtp.RoleChunk || step.role == smtp.RoleLastChunk)
				report, err := c.Send(t.Context(), env, strings.NewReader(letter))
				if !asked {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if got := report.Recipients[0]; got.Outcome != step.want || got.Reply.Code != step.code {
					t.Errorf("got %v by %v, want %v", got.Outcome, got.Reply, step.want)
				}
				var refusal *smtp.ReplyError
				if !errors.As(err, &refusal) || refusal.Code != step.code {
					t.Errorf("error %v", err)
				}
				env.From = "second@example.test"
				if _, err := c.Send(t.Context(), env, strings.NewReader(letter)); err != nil {
					t.Errorf("the next message: %v", err)
				}
				if msgs := srv.Messages(); len(msgs) != 1 || msgs[0].From != "second@example.test" || string(msgs[0].Data) != letter {
					t.Errorf("the server has %d messages: %+v", len(msgs), msgs)
				}
			})
		}
	}
}

func TestSendRefusesBadInputBeforeAnythingIsSent(t *testing.T) {
	srv := mode{}.server(t, nil)
	c := dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSOff})
	before := len(srv.Transcript(1))
	good := []string{"b@example.test"}
	for name, env := range map[string]smtpclient.Envelope{
		"no recipient":            {From: "a@example.test"},
		"line break in sender":    {From: "a@example.test>\r\nRCPT TO:<c@example.test", To: good},
		"line break in recipient": {To: []string{"b@example.test", "x@example.test>\r\nDATA"}},
		"no domain":               {To: []string{"b"}},
		"params for one of two":   {To: []string{"b@example.test", "c@example.test"}, RcptParams: make([]*smtp.Params, 1)},
		"negative size":           {To: good, Size: -1},
	} {
		report, err := c.Send(t.Context(), env, strings.NewReader(letter))
		var bad *smtp.ArgumentError
		if !errors.As(err, &bad) && len(env.To) > 0 {
			t.Errorf("%s: error %v, want an ArgumentError", name, err)
		}
		for _, r := range report.Recipients {
			if r.Outcome != smtp.NotSent {
				t.Errorf("%s: %v", name, r.Outcome)
			}
		}
	}
	if after := srv.Transcript(1); len(after) != before {
		t.Errorf("the server saw %v", after[before:])
	}
	if _, err := c.Send(t.Context(), smtpclient.Envelope{To: good}, strings.NewReader(letter)); err != nil {
		t.Errorf("a good message behind the bad ones: %v", err)
	}
}

// failing is a body that ends with an error.
type failing struct{ text string }

func (f *failing) Read(p []byte) (int, error) {
	n := copy(p, f.text)
	f.text = f.text[n:]
	if n == 0 {
		return 0, errors.New("the disk is gone")
	}
	return n, nil
}

func TestSendDoesNotSendWhatTheBodySpoils(t *testing.T) {
	for _, m := range modes() {
		for name, body := range map[string]string{"lone CR": "a\rb\r\n", "reading fails": letter} {
			t.Run(m.name+"/"+name, func(t *testing.T) {
				srv := m.server(t, nil)
				c := dial(t, srv, m.config())
				env := smtpclient.Envelope{To: []string{"b@example.test"}}
				var err error
				var report smtpclient.Report
				if name == "lone CR" {
					report, err = c.Send(t.Context(), env, strings.NewReader(body))
				} else {
					report, err = c.Send(t.Context(), env, &failing{body})
				}
				if err == nil || report.Recipients[0].Outcome != smtp.NotSent {
					t.Errorf("got %v, %v; want not sent", report.Recipients[0].Outcome, err)
				}
				c.Close()
				srv.Close()
				if msgs := srv.Messages(); len(msgs) > 0 {
					t.Errorf("the server has %q", msgs[0].Data)
				}
			})
		}
	}
}

func TestEightBitNeedsTheServersWord(t *testing.T) {
	var without []smtp.Keyword
	if id, _, ok := smtp.Table.ParamValue(smtp.Role8Bit); ok {
		without = append(without, smtp.Table.Params[id].Keyword)
	}
	srv := mode{without: without}.server(t, nil)
	c := dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSOff})
	env := smtpclient.Envelope{To: []string{"b@example.test"}, Body: smtpclient.Body8Bit}
	text := "\r\nGrüße\r\n"
	report, err := c.Send(t.Context(), env, strings.NewReader(text))
	var missing *smtp.MissingError
	if !errors.As(err, &missing) || report.Recipients[0].Outcome != smtp.NotSent {
		t.Errorf("Body8Bit without 8BITMIME: %v, want a MissingError", err)
	}
	env.Body = smtpclient.BodyAny
	if report, err = c.Send(t.Context(), env, strings.NewReader(text)); err == nil || report.Recipients[0].Outcome != smtp.NotSent {
		t.Errorf("octets above 127 without 8BITMIME: %v, want not sent", err)
	}
	if len(srv.Messages()) > 0 {
		t.Error("the server has a message")
	}
}

func TestClientSaysWhatWentWrongAtItsStart(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*smtptest.Server)
		config smtpclient.Config
		want   string
	}{
		"greeting refuses": {func(s *smtptest.Server) {
			s.On(smtptest.Match{Role: smtp.RoleGreeting}, smtptest.Answer{Code: 554, Text: "go away"})
		}, smtpclient.Config{}, "554"},
		"hello refused": {func(s *smtptest.Server) {
			s.On(smtptest.Match{Role: smtp.RoleHello}, smtptest.Answer{Code: 550, Text: "bad name"})
		}, smtpclient.Config{}, "bad name"},
		"TLS not offered":      {func(*smtptest.Server) {}, smtpclient.Config{}, "TLS is required"},
		"no mechanism":         {func(*smtptest.Server) {}, smtpclient.Config{TLS: smtpclient.TLSOff, Auth: auth.AllowInsecure(auth.Plain("", "u", "pass-word"))}, "not offered"},
		"password without TLS": {func(*smtptest.Server) {}, smtpclient.Config{TLS: smtpclient.TLSOff, Auth: auth.Plain("", "u", "pass-word")}, "not protected by TLS"},
		"bad local name":       {func(*smtptest.Server) {}, smtpclient.Config{TLS: smtpclient.TLSOff, LocalName: "a b\r\nMAIL"}, "domain"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := smtptest.NewServer()
			defer srv.Close()
			test.change(srv)
			c, err := smtpclient.Dial(t.Context(), srv.Addr, test.config)
			if err == nil {
				c.Close()
				t.Fatal("Dial succeeded")
			}
			var op *smtpclient.OpError
			if !errors.As(err, &op) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "pass-word") {
				t.Errorf("error %q, want an OpError that says %q", err, test.want)
			}
			srv.Close()
			for _, l := range srv.Transcript(1) {
				if strings.Contains(l.Text, "MAIL") {
					t.Errorf("the server saw %v", l)
				}
			}
		})
	}
}

func TestOldServerGetsHelo(t *testing.T) {
	srv := smtptest.NewServer()
	defer srv.Close()
	srv.On(smtptest.Match{Role: smtp.RoleHello}, smtptest.Answer{Code: 502, Text: "EHLO?"})
	c := dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSOff})
	if _, err := c.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader("Subject: old\r\n\r\nhello\r\n")); err != nil {
		t.Fatal(err)
	}
	if msgs := srv.Messages(); len(msgs) != 1 || msgs[0].Chunks != 0 {
		t.Errorf("the server has %+v", msgs)
	}
}

func TestTimeouts(t *testing.T) {
	for _, m := range modes() {
		for _, role := range []smtp.Role{smtp.RoleGreeting, smtp.RoleHello, smtp.RoleSender, smtp.RoleRecipient, smtp.RoleData, smtp.RoleContent, smtp.RoleLastChunk} {
			t.Run(fmt.Sprint(m.name, "/", role), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { timeout(t, m, role) })
			})
		}
	}
}

// timeout has a server fall silent when it should answer a command of a role.
func timeout(t *testing.T, m mode, role smtp.Role) {
	srv := smtptest.NewUnstartedServer()
	srv.Config.LMTP, srv.Config.Without = m.lmtp, m.without
	defer srv.Close()
	var mute atomic.Bool
	srv.Config.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
		if q.Role == role {
			mute.Store(true)
		}
		return smtptest.Answer{Silent: true}, mute.Load()
	}
	cfg := m.config()
	cfg.Timeout = time.Minute
	start := time.Now()
	c, err := smtpclient.NewClient(t.Context(), srv.Pipe(), cfg)
	if role <= smtp.RoleHello {
		if err == nil || !strings.Contains(err.Error(), "within 1m0s") {
			t.Errorf("NewClient: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	report, err := c.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter))
	want := smtp.NotSent
	switch {
	case strings.Contains(m.name, "BDAT") && role == smtp.RoleLastChunk, !strings.Contains(m.name, "BDAT") && role == smtp.RoleContent:
		want = smtp.Unknown
	case strings.Contains(m.name, "BDAT") && role >= smtp.RoleData, role == smtp.RoleLastChunk:
		want = smtp.Accepted
	}
	if got := report.Recipients[0].Outcome; got != want || want != smtp.Accepted && !strings.Contains(err.Error(), "within 1m0s") {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if spent := time.Since(start); want != smtp.Accepted && spent != time.Minute {
		t.Errorf("it took %v, want 1m0s", spent)
	}
}

// TestClosingAmongRecipients: a server that closes with 421 to one recipient is the
// reason why the others have nothing.
func TestClosingAmongRecipients(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			srv := m.server(t, nil)
			srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "b@example.test"}, smtptest.Answer{Code: 421, Text: "going down", Close: true})
			c := dial(t, srv, m.config())
			r, _ := c.Send(t.Context(), smtpclient.Envelope{From: "a@example.test", To: []string{"x@example.test", "b@example.test", "y@example.test"}}, strings.NewReader(letter))
			for _, one := range r.Recipients {
				if one.Outcome == smtp.Accepted || !strings.Contains(fmt.Sprint(one.Err()), "421") {
					t.Errorf("%s: %v, %v; want the 421", one.Address, one.Outcome, one.Err())
				}
			}
		})
	}
}
