package smtptest_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestRulesAnswerByRoleAddressConnectionAndCount(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "bob@example.org"},
			smtptest.Answer{Code: 550, Enhanced: smtp.EnhancedCode{5, 1, 1}, Text: "No such user\nnor ever was"})
		s.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "bob@example.org"}, smtptest.Answer{Code: 551}) // the first counts
		s.On(smtptest.Match{Role: smtp.RoleRecipient, Nth: 4}, smtptest.Answer{Code: 452, Enhanced: smtp.EnhancedCode{4, 5, 3}})
		s.On(smtptest.Match{Op: smtp.OpNoop, Conn: 2}, smtptest.Answer{Code: 450, Text: "not now"})
		s.On(smtptest.Match{Func: func(q smtptest.Request) bool { return strings.HasPrefix(q.Line, "VRFY") }}, smtptest.Answer{Code: 252})
		c := ready(t, s)
		c.say("MAIL FROM:<tim@example.org>", "RCPT TO:<BOB@example.org>", "RCPT TO:<ann@example.org>", "RCPT TO:<eve@example.org>", "RCPT TO:<joe@example.org>", "DATA")
		c.expect(mailOK, "550-5.1.1 No such user | 550 5.1.1 nor ever was", rcptOK, rcptOK, "452 4.5.3 Refused by the test", dataOK)
		c.say("hello", ".", "NOOP", "VRFY x")
		c.expect(sentOK, noopOK, "252 VRFY done")
		ready(t, s).say("NOOP")
		d := ready(t, s)
		d.say("NOOP")
		d.expect(noopOK)
		if got := s.Messages()[0].To; !cmp.Equal(got, []string{"ann@example.org", "eve@example.org"}) {
			t.Errorf("kept for %q", got)
		}
		if s.Conns() != 3 {
			t.Errorf("%d connections", s.Conns())
		}
	})
}

func TestConnectionRulesKeepToTheirConnection(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleGreeting, Conn: 2}, smtptest.Answer{Code: 554, Text: "full"})
		dial(t, s)
		c := open(t, s)
		c.expect("554 full")
		c.say("EHLO x", "QUIT")
		c.expect("503 5.5.1 Bad sequence of commands", "221 2.0.0 QUIT done")
		c.expectEnd("")
	})
}

func TestTheHookIsAskedFirst(t *testing.T) {
	var seen []string
	cfg := smtptest.Config{Answer: func(q smtptest.Request) (smtptest.Answer, bool) {
		seen = append(seen, q.Name+" "+q.Address)
		if q.Refused && q.Op == 0 {
			return smtptest.Answer{Code: 250, Text: "as you like"}, true
		}
		return smtptest.Answer{Code: 251}, q.Address == "bob@example.org"
	}}
	bubble(t, cfg, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleRecipient}, smtptest.Answer{Code: 550})
		c := ready(t, s)
		c.say("MAIL FROM:<>", "RCPT TO:<bob@example.org>", "RCPT TO:<postmaster>", "FROBNICATE 1")
		c.expect(mailOK, "251 Recipient taken", "550 Refused by the test", "250 as you like")
		want := []string{"GREETING ", "EHLO ", "MAIL ", "RCPT bob@example.org", "RCPT postmaster", " "}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
	})
}

// What the table does not allow is sent all the same, and the session goes on.
func TestAnswersThatTheTableForbids(t *testing.T) {
	for _, test := range []struct {
		name   string
		match  smtptest.Match
		answer smtptest.Answer
		say    []string
		expect []string
	}{
		{"a 2yz to DATA sends no content", smtptest.Match{Role: smtp.RoleData}, smtptest.Answer{Code: 250, Text: "done?"},
			[]string{"DATA", "NOOP"}, []string{"250 done?", noopOK}},
		{"an unlisted 2yz to MAIL begins a transaction", smtptest.Match{Role: smtp.RoleSender}, smtptest.Answer{Code: 299},
			[]string{"RSET", "MAIL FROM:<>", "RCPT TO:<x@example.org>"}, []string{"250 2.0.0 RSET done", "299 Sender taken", rcptOK}},
		{"no code at all", smtptest.Match{Op: smtp.OpNoop}, smtptest.Answer{Code: 999, Text: "\x00"},
			[]string{"NOOP", "VRFY x"}, []string{"999 \x00", "250 2.0.0 VRFY done"}},
		{"raw octets count as their code", smtptest.Match{Role: smtp.RoleData}, smtptest.Answer{Raw: []byte("354\r\n")},
			[]string{"DATA", "text", ".", "NOOP"}, []string{"354", sentOK, noopOK}},
		{"raw octets count as the code given", smtptest.Match{Role: smtp.RoleReset}, smtptest.Answer{Code: 250, Raw: []byte("\xff\r\n")},
			[]string{"RSET", "MAIL FROM:<>"}, []string{"\xff", mailOK}},
		{"raw octets of two replies", smtptest.Match{Op: smtp.OpNoop}, smtptest.Answer{Raw: []byte("250 ok\r\n421 bye\r\n")},
			[]string{"NOOP", "RSET"}, []string{"250 ok", "421 bye", "250 2.0.0 RSET done"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
				c := ready(t, s)
				c.say("MAIL FROM:<tim@example.org>", "RCPT TO:<bob@example.org>")
				c.expect(mailOK, rcptOK)
				s.On(test.match, test.answer)
				c.say(test.say...)
				c.expect(test.expect...)
			})
		})
	}
}

func TestAnswersOctetByOctet(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleGreeting}, smtptest.Answer{Raw: []byte("220 x\r\n"), Split: 1})
		conn := s.Pipe()
		defer conn.Close()
		buf := make([]byte, 100)
		for i := range len("220 x\r\n") {
			if n, err := conn.Read(buf); n != 1 || err != nil {
				t.Fatalf("read %d: %d octets, %v", i, n, err)
			}
		}
	})
}

func TestOctetsWithoutCloseLeaveTheRestOut(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Op: smtp.OpNoop}, smtptest.Answer{Octets: 3})
		c := ready(t, s)
		c.say("NOOP", "VRFY x")
		c.expect("250250 2.0.0 VRFY done")
	})
}

func TestAnsweringWhatIsRefused(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleSender}, smtptest.Answer{Code: 550})
		s.On(smtptest.Match{Role: smtp.RoleRecipient, Refused: true}, smtptest.Answer{Code: 250, Text: "why not"})
		s.On(smtptest.Match{Role: smtp.RoleData}, smtptest.Answer{Code: 554}) // in order alone
		s.On(smtptest.Match{Op: smtp.OpNoop, Refused: true}, smtptest.Answer{Delay: time.Second})
		c := ready(t, s)
		c.say("MAIL FROM:<tim@example.org>", "RCPT TO:<bob@example.org>", "DATA", "NOOP\x00", "NOOP \x01")
		c.expect("550 Refused by the test", "250 why not", "503 5.5.1 Bad sequence of commands", "500 5.5.2 Command not recognized")
		start := time.Now()
		c.expect("501 5.5.4 Syntax error in arguments")
		if d := time.Since(start); d != time.Second {
			t.Errorf("came after %v", d)
		}
	})
}

// A client that writes all and reads then must not block the server, nor be
// blocked by it (RFC 2920 §3.1 leaves it to the sender to read in time).
func TestTheServerReadsWhileNobodyReadsItsReplies(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		const n = 20000
		c := ready(t, s)
		for range 5 { // together more than may wait at one time
			c.send(strings.Repeat("NOOP\r\n", n))
			for range n {
				c.expect(noopOK)
			}
		}
	})
}

func TestAClientThatNeverReadsIsCut(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		c := ready(t, s)
		commands := strings.Repeat("NOOP\r\n", 1000)
		for range 100 {
			if _, err := io.WriteString(c.conn, commands); err != nil {
				synctest.Wait()
				if want := "*: expected the client to read its replies, more than 1048576 octets of them wait\n"; !strings.HasSuffix(transcript(s, 1), want) {
					t.Errorf("the transcript does not end in %q", want)
				}
				return
			}
		}
		t.Error("2 MiB of replies wait, and the connection lives")
	})
}
