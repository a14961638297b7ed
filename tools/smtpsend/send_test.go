package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// startServer starts a server with TLS, from the first octet where the table has
// no STARTTLS, and gives the flags that trust it.
func startServer(t *testing.T, set func(*smtptest.Config)) (*smtptest.Server, []string) {
	t.Helper()
	s := smtptest.NewUnstartedServer()
	_, s.Config.STARTTLS = smtp.Table.Keyword(smtp.RoleStartTLS)
	s.Config.ImplicitTLS = !s.Config.STARTTLS
	if set != nil {
		set(&s.Config)
	}
	s.Start()
	t.Cleanup(s.Close)
	flags := []string{s.Addr, "--ca=" + writeFile(t, "ca.pem", string(s.CertPEM()))}
	if s.Config.ImplicitTLS {
		flags = append(flags, "--tls=implicit")
	}
	return s, flags
}

// want runs the tool and checks its exit code.
func want(t *testing.T, code int, c *call) {
	t.Helper()
	if got := c.run(); got != code {
		t.Fatalf("exit code %d, want %d\nstandard output: %s\nstandard error: %s", got, code, c.stdout, c.stderr)
	}
}

// onlyMessage gives the only message that the server accepted.
func onlyMessage(t *testing.T, s *smtptest.Server) smtptest.Message {
	t.Helper()
	messages := s.Messages()
	if len(messages) != 1 {
		t.Fatalf("the server has %d messages, want 1", len(messages))
	}
	return messages[0]
}

func TestSendsAFileToWhomItsHeaderNames(t *testing.T) {
	s, flags := startServer(t, nil)
	file := writeFile(t, "m.eml", "From: Tim <tim@example.org>\nTo: ann@example.net, \"bob b\"@example.net\n"+
		"Bcc: eve@example.com,\n\tmia@example.com\nSubject: hi\n\n.dots\n.\nend\n")
	run := &call{args: append(flags, file)}
	want(t, exitOK, run)
	m := onlyMessage(t, s)
	if diff := cmp.Diff([]string{"ann@example.net", `"bob b"@example.net`, "eve@example.com", "mia@example.com"}, m.To); diff != "" {
		t.Error(diff)
	}
	if m.From != "tim@example.org" || !m.TLS {
		t.Errorf("from %q, TLS %v", m.From, m.TLS)
	}
	content := "From: Tim <tim@example.org>\r\nTo: ann@example.net, \"bob b\"@example.net\r\nSubject: hi\r\n\r\n.dots\r\n.\r\nend\r\n"
	if diff := cmp.Diff(content, string(m.Data)); diff != "" {
		t.Error(diff)
	}
	if strings.Count(run.stdout, "accepted") != 4 || run.stderr != "" {
		t.Errorf("standard output %q, standard error %q", run.stdout, run.stderr)
	}
}

func TestSendsWhatFlagsDescribe(t *testing.T) {
	s, flags := startServer(t, nil)
	attachment := writeFile(t, "note.bin", "\x00\xff")
	want(t, exitOK, &call{stdin: "Grüße\n", args: append(flags,
		"--from=Tim <tim@example.org>", "--to=ann@example.net", "--cc=bob@example.net", "--bcc=eve@example.com",
		"--subject=hi", "--body=-", "--attach", attachment, "--header=X-Note: 1")})
	m := onlyMessage(t, s)
	if diff := cmp.Diff([]string{"ann@example.net", "bob@example.net", "eve@example.com"}, m.To); diff != "" {
		t.Error(diff)
	}
	data := string(m.Data)
	for _, part := range []string{"Cc: <bob@example.net>\r\n", "X-Note: 1\r\n", "Gr=C3=BC=C3=9Fe\r\n", "filename=note.bin", "\r\nAP8=\r\n"} {
		if !strings.Contains(data, part) {
			t.Errorf("the message does not have %q:\n%s", part, data)
		}
	}
	if strings.Contains(data, "eve") {
		t.Errorf("the message names a hidden recipient:\n%s", data)
	}
}

func TestEnvelopeOfFlagsGoesFirst(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags []string
		from  string
		to    []string
	}{
		{"none", nil, "tim@example.org", []string{"ann@example.net"}},
		{"mail-from", []string{"--mail-from=desk@example.org"}, "desk@example.org", []string{"ann@example.net"}},
		{"null sender", []string{"--mail-from=<>"}, "", []string{"ann@example.net"}},
		{"rcpt", []string{"--rcpt=bob@example.net", "--rcpt=<eve@example.com>", "--rcpt=bob@example.net"}, "tim@example.org", []string{"bob@example.net", "eve@example.com"}},
		{"from and to", []string{"--from=Desk <desk@example.org>", "--to=bob@example.net", "--cc=eve@example.com"}, "desk@example.org", []string{"bob@example.net", "eve@example.com"}},
		{"all", []string{"--from=x@example.org", "--to=y@example.org", "--mail-from=desk@example.org", "--rcpt=bob@example.net"}, "desk@example.org", []string{"bob@example.net"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, flags := startServer(t, nil)
			want(t, exitOK, &call{stdin: simple, args: append(append(flags, "-"), c.flags...)})
			m := onlyMessage(t, s)
			if m.From != c.from {
				t.Errorf("from %q, want %q", m.From, c.from)
			}
			if diff := cmp.Diff(c.to, m.To); diff != "" {
				t.Error(diff)
			}
			if string(m.Data) != simple {
				t.Errorf("the message was changed: %q", m.Data)
			}
		})
	}
}

func TestResentFieldsGoFirst(t *testing.T) {
	s, flags := startServer(t, nil)
	want(t, exitOK, &call{stdin: "Resent-From: desk@example.org\r\nResent-To: bob@example.net\r\nResent-Bcc: eve@example.com\r\n" + simple, args: append(flags, "-")})
	m := onlyMessage(t, s)
	if diff := cmp.Diff([]string{"bob@example.net", "eve@example.com"}, m.To); diff != "" || m.From != "desk@example.org" {
		t.Errorf("from %q, to %s", m.From, diff)
	}
	if strings.Contains(string(m.Data), "eve") {
		t.Errorf("the message names a hidden recipient:\n%s", m.Data)
	}
}

func TestExitCodesTellWhatBecameOfIt(t *testing.T) {
	rcpt := func(who string, code int) func(*smtptest.Server) {
		return func(s *smtptest.Server) {
			s.On(smtptest.Match{Role: smtp.RoleRecipient, Address: who}, smtptest.Answer{Code: code, Text: "because"})
		}
	}
	end := smtp.RoleLastChunk
	if _, ok := smtp.Table.Keyword(end); !ok {
		end = smtp.RoleContent
	}
	role := func(r smtp.Role, a smtptest.Answer) func(*smtptest.Server) {
		return func(s *smtptest.Server) { s.On(smtptest.Match{Role: r}, a) }
	}
	both := func(set ...func(*smtptest.Server)) func(*smtptest.Server) {
		return func(s *smtptest.Server) {
			for _, one := range set {
				one(s)
			}
		}
	}
	for _, c := range []struct {
		name string
		set  func(*smtptest.Server)
		code int
		out  []string // outcomes of a and b
	}{
		{"all well", both(), exitOK, []string{"accepted", "accepted"}},
		{"one refused", rcpt("b@example.net", 550), exitPartly, []string{"accepted", "permanent"}},
		{"one refused for now", rcpt("a@example.net", 451), exitPartly, []string{"temporary", "accepted"}},
		{"all refused", both(rcpt("a@example.net", 550), rcpt("b@example.net", 553)), exitPermanent, []string{"permanent", "permanent"}},
		{"all refused for now", both(rcpt("a@example.net", 450), rcpt("b@example.net", 452)), exitTemporary, []string{"temporary", "temporary"}},
		{"mixed refusals", both(rcpt("a@example.net", 550), rcpt("b@example.net", 452)), exitTemporary, []string{"permanent", "temporary"}},
		{"sender refused", role(smtp.RoleSender, smtptest.Answer{Code: 550, Text: "because"}), exitPermanent, []string{"permanent", "permanent"}},
		{"message refused", role(end, smtptest.Answer{Code: 554, Text: "because"}), exitPermanent, []string{"permanent", "permanent"}},
		{"message refused for now", role(end, smtptest.Answer{Code: 452, Text: "because"}), exitTemporary, []string{"temporary", "temporary"}},
		{"no answer", role(end, smtptest.Answer{Silent: true, Close: true}), exitUnknown, []string{"unknown", "unknown"}},
		{"greeting refuses", role(smtp.RoleGreeting, smtptest.Answer{Code: 554, Text: "because"}), exitPermanent, []string{"permanent", "permanent"}},
		{"greeting refuses for now", role(smtp.RoleGreeting, smtptest.Answer{Code: 421, Text: "because"}), exitTemporary, []string{"temporary", "temporary"}},
		{"link lost in the envelope", role(smtp.RoleSender, smtptest.Answer{Silent: true, Close: true}), exitConnect, []string{"not-sent", "not-sent"}},
		{"no protocol", role(smtp.RoleGreeting, smtptest.Answer{Raw: []byte("SSH-2.0-x\r\n")}), exitNotSent, []string{"not-sent", "not-sent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, flags := startServer(t, nil)
			c.set(s)
			run := &call{stdin: simple, args: append(flags, "-", "--json", "--rcpt=a@example.net", "--rcpt=b@example.net")}
			want(t, c.code, run)
			var r result
			if err := json.Unmarshal([]byte(run.stdout), &r); err != nil || strings.Count(run.stdout, "\n") != 1 {
				t.Fatalf("standard output is not one line of JSON: %v\n%s", err, run.stdout)
			}
			var out []string
			for _, one := range r.Recipients {
				out = append(out, one.Outcome)
			}
			if diff := cmp.Diff(c.out, out); diff != "" {
				t.Error(diff)
			}
			if r.ExitCode != c.code {
				t.Errorf("exit_code is %d, want %d", r.ExitCode, c.code)
			}
			if (c.code == exitOK) != (run.stderr == "") || strings.Count(run.stderr, "\n") > 1 {
				t.Errorf("standard error %q", run.stderr)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	run := &call{stdin: simple, args: []string{l.Addr().String(), "-"}}
	want(t, exitConnect, run)
	if !strings.Contains(run.stderr, "refused") || run.stdout != "" {
		t.Errorf("standard output %q, standard error %q", run.stdout, run.stderr)
	}
}

func TestTimeoutEndsIt(t *testing.T) {
	s, flags := startServer(t, nil)
	s.On(smtptest.Match{Role: smtp.RoleHello}, smtptest.Answer{Silent: true})
	begun := time.Now()
	want(t, exitConnect, &call{stdin: simple, args: append(flags, "-", "--timeout=300ms")})
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestInterruptEndsIt(t *testing.T) {
	_, flags := startServer(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	want(t, exitNotSent, &call{ctx: ctx, stdin: simple, args: append(flags, "-")})
}

func TestNoProgressBarWithoutATerminal(t *testing.T) {
	s, flags := startServer(t, nil)
	large := simple + strings.Repeat(strings.Repeat("x", 76)+"\r\n", 2*largeMessage/78)
	run := &call{args: append(flags, writeFile(t, "large.eml", large))}
	want(t, exitOK, run)
	if run.stderr != "" {
		t.Errorf("standard error %q", run.stderr)
	}
	if m := onlyMessage(t, s); string(m.Data) != large {
		t.Errorf("%d octets came, want %d", len(m.Data), len(large))
	}
}

func TestBadContentIsFoundBeforeConnecting(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"lone CR", simple + "a\rb\r\n", "CR"},
		{"lone CR at end", simple + "a\r", "CR"},
		{"mbox line", "From tim Mon Jan  1 00:00:00 2026\n" + simple, "line 1"},
		{"two authors", "From: a@example.org, b@example.org\r\nTo: c@example.org\r\n\r\n", "From: expected one address"},
		{"no author", "To: c@example.org\r\n\r\n", "From: expected one address"},
		{"bad address", "From: a@example.org\r\nTo: c@@example.org\r\n\r\n", "To: expected addresses"},
		{"bad domain", "From: a@example.org\r\nTo: c@-x-.example\r\n\r\n", "To: address 1: "},
		{"resent twice", "Resent-To: a@example.org\r\nResent-To: b@example.org\r\n" + simple, "Resent-To: expected one block"},
		{"endless header", "X: " + strings.Repeat(strings.Repeat("x", 70)+"\r\n ", 1<<20/70) + "x\r\n" + simple, "empty line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := &call{stdin: c.content, args: []string{deafServer(t), "-"}}
			want(t, exitUsage, run)
			if strings.Count(run.stderr, "\n") != 1 || !strings.Contains(run.stderr, c.want) {
				t.Errorf("standard error %q; want one line about %q", run.stderr, c.want)
			}
		})
	}
}

func TestAFileThatCanNotBeReadIsFoundBeforeConnecting(t *testing.T) {
	path := writeFile(t, "m.eml", simple)
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(path); err == nil {
		f.Close()
		path = filepath.Join(path, "below") // whoever may read everything can't read this
	}
	want(t, exitUsage, &call{args: []string{deafServer(t), path}})
}
