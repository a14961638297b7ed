package smtptest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestOffers(t *testing.T) {
	users := map[string]string{"tim": "tanstaaf"}
	for _, test := range []struct {
		name string
		cfg  smtptest.Config
		want string
	}{
		{"all by default", smtptest.Config{},
			"250-mx.smtptest.example | 250-8BITMIME | 250-CHUNKING | 250-ENHANCEDSTATUSCODES | 250-PIPELINING | 250-SIZE 33554432 | 250 SMTPUTF8"},
		{"by configuration", smtptest.Config{STARTTLS: true, Users: users, AuthWithoutTLS: true, MaxSize: 1000, Without: []smtp.Keyword{smtp.KeywordChunking, smtp.KeywordSMTPUTF8}},
			"250-mx.smtptest.example | 250-8BITMIME | 250-AUTH PLAIN LOGIN | 250-ENHANCEDSTATUSCODES | 250-PIPELINING | 250-SIZE 1000 | 250 STARTTLS"},
		{"by hand", smtptest.Config{Offers: []smtp.Offer{{Keyword: smtp.KeywordSize}, {Keyword: smtp.KeywordStartTLS, Args: "please"}}, Lines: []string{"X-OWN a=b", ""}},
			"250-mx.smtptest.example | 250-8BITMIME | 250-CHUNKING | 250-ENHANCEDSTATUSCODES | 250-PIPELINING | 250-SIZE | 250-SMTPUTF8 | 250-STARTTLS please | 250-X-OWN a=b | 250 "},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, test.cfg, func(t *testing.T, s *smtptest.Server) {
				c := dial(t, s)
				c.say("EHLO client.example")
				c.expect(test.want)
			})
		})
	}
}

// What a script's reply to EHLO names is what is offered.
func TestScriptedOffers(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer smtptest.Answer
		want   string
	}{
		{"text of several lines", smtptest.Answer{Code: 250, Text: "mx\nsize 10\nX-OWN"}, "250-mx | 250-size 10 | 250 X-OWN"},
		{"the first line is no offer", smtptest.Answer{Code: 250, Text: "CHUNKING\nSIZE"}, "250-CHUNKING | 250 SIZE"},
		{"raw octets", smtptest.Answer{Raw: []byte("250-mx\r\n250-Size 10\r\n250 X-OWN\r\n")}, "250-mx | 250-Size 10 | 250 X-OWN"},
		{"raw octets that count as a code", smtptest.Answer{Code: 250, Raw: []byte("299-mx\r\n299 SIZE\r\n")}, "299-mx | 299 SIZE"},
		{"unlisted code", smtptest.Answer{Code: 251, Text: "mx\nSIZE"}, "251-mx | 251 SIZE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
				s.On(smtptest.Match{Role: smtp.RoleHello}, test.answer)
				c := dial(t, s)
				c.say("EHLO client.example", "MAIL FROM:<> SIZE=1", "RSET", "MAIL FROM:<> BODY=8BITMIME", "BDAT 0 LAST")
				c.expect(test.want, "250 Sender taken", "250 RSET done", "555 Parameter not recognized", "502 Command not implemented")
			})
		})
	}
}

func TestRefusedHelloFallsBack(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleHello}, smtptest.Answer{Code: 502, Enhanced: smtp.EnhancedCode{5, 5, 1}, Text: "what?"})
		c := dial(t, s)
		c.say("EHLO client.example", "HELO client.example", "MAIL FROM:<tim@example.org>", "RCPT TO:<bob@example.org>", "DATA")
		c.expect("502 what?", "250 mx.smtptest.example", "250 Sender taken", "250 Recipient taken", dataOK)
		c.say("text", ".")
		c.expect("250 Message taken")
		if m := s.Messages()[0]; m.Hello != "client.example" || m.TLS {
			t.Errorf("kept %+v", m)
		}
	})
}

// A table without any extension, where STARTTLS, AUTH, BDAT and the rest do not
// exist.
func bare() *smtp.Protocol {
	p := *smtp.Table
	p.Name = "bare"
	p.Commands = slices.Clone(p.Commands[:smtp.OpAuth])
	p.Keywords = p.Keywords[:1]
	p.Params = p.Params[:1]
	return smtp.Compile(p)
}

func TestATableWithoutExtensions(t *testing.T) {
	cfg := smtptest.Config{Protocol: bare(), STARTTLS: true, Users: map[string]string{"tim": "x"}, RequireAuth: true, AuthWithoutTLS: true}
	bubble(t, cfg, func(t *testing.T, s *smtptest.Server) {
		c := dial(t, s)
		c.say("EHLO client.example", "STARTTLS", "BDAT 0 LAST", "MAIL FROM:<tim@example.org>", "RCPT TO:<bob@example.org>", "DATA")
		c.expect("250 mx.smtptest.example", "500 Command not recognized", "500 Command not recognized", "250 Sender taken", "250 Recipient taken", dataOK)
		c.say("text", ".", "QUIT")
		c.expect("250 Message taken", "221 QUIT done")
		c.expectEnd("")
		if n := len(s.Messages()); n != 1 {
			t.Errorf("%d messages", n)
		}
	})
}

// A user's own keywords and commands: offered and answered with no help.
func TestATableOfAUsersOwn(t *testing.T) {
	p := *smtp.Table
	p.Name = "own"
	color := smtp.Keyword(len(p.Keywords))
	p.Keywords = append(slices.Clone(p.Keywords),
		smtp.KeywordInfo{Name: "COLOR", Check: func(a *smtp.Args) {}},
		smtp.KeywordInfo{Name: "LIMIT", Check: func(a *smtp.Args) { a.Integer(3) }})
	p.Commands = append(slices.Clone(p.Commands), smtp.CommandInfo{
		Name: "PAINT", Verb: "PAINT", Line: true, In: 1 << smtp.StateReady, Keyword: color,
		Replies: []smtp.Row{{Min: 250, Max: 250, To: smtp.TargetSame}, {Min: 400, Max: 599, To: smtp.TargetSame}},
		Check:   func(a *smtp.Args) { a.Word() },
	})
	own := smtp.Compile(p)
	bubble(t, smtptest.Config{Protocol: own, Without: []smtp.Keyword{smtp.KeywordSize, smtp.KeywordSMTPUTF8, smtp.KeywordEightBitMIME, smtp.KeywordChunking}}, func(t *testing.T, s *smtptest.Server) {
		c := dial(t, s)
		s.On(smtptest.Match{Op: smtp.Op(len(own.Commands) - 1), Nth: 2}, smtptest.Answer{Code: 450, Text: "dry"})
		c.say("EHLO client.example", "PAINT red", "PAINT blue", "PAINT")
		c.expect("250-mx.smtptest.example | 250-ENHANCEDSTATUSCODES | 250-PIPELINING | 250 COLOR", "250 2.0.0 PAINT done", "450 dry", "501 5.5.4 Syntax error in arguments")
	})
	bubble(t, smtptest.Config{Protocol: own, Offers: []smtp.Offer{{Keyword: color + 1, Args: "7"}}, Without: []smtp.Keyword{color}}, func(t *testing.T, s *smtptest.Server) {
		c := dial(t, s)
		c.say("EHLO client.example", "PAINT red")
		c.expect("250-mx.smtptest.example | 250-8BITMIME | 250-CHUNKING | 250-ENHANCEDSTATUSCODES | 250-PIPELINING | 250-SIZE 33554432 | 250-SMTPUTF8 | 250 LIMIT 7", "502 5.5.1 Command not implemented")
	})
}

// A user's own command may end a message with no octets of its own.
func TestACommandOfAUsersOwnEndsAMessage(t *testing.T) {
	p := *smtp.Table
	p.Commands = append(slices.Clone(p.Commands), smtp.CommandInfo{
		Name: "FETCH", Verb: "FETCH", Line: true, Role: smtp.RoleLastChunk, In: 1 << smtp.StateRecipientSent,
		Replies: []smtp.Row{{Min: 250, Max: 250, To: smtp.TargetHome, Do: smtp.EffectCloseTransaction}, {Min: 400, Max: 599, To: smtp.TargetSame}},
		Check:   func(a *smtp.Args) { a.Word() },
	})
	bubble(t, smtptest.Config{Protocol: smtp.Compile(p)}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleLastChunk, Nth: 1}, smtptest.Answer{Code: 450, Text: "later"})
		c := begin(t, s)
		c.say("FETCH imap://x", "FETCH imap://x", "MAIL FROM:<>")
		c.expect("450 later", sentOK, mailOK)
		if m := s.Messages(); len(m) != 1 || m[0].Size != 0 || !slices.Equal(m[0].To, []string{"bob@example.org"}) {
			t.Errorf("kept %+v", m)
		}
	})
}

func TestWhatTheServerRefusesByItself(t *testing.T) {
	bubble(t, smtptest.Config{CommandLine: 100}, func(t *testing.T, s *smtptest.Server) {
		c := begin(t, s)
		c.send("NOOP\nNOOP " + strings.Repeat("x", 100) + "\r\nHELP\r\nBDAT much\r\nNOOP\r\n")
		c.expect("500 5.5.2 A line ends in CRLF", "500 5.5.2 Line too long", "211 2.0.0 HELP done", "501 5.5.4 Syntax error in arguments")
		c.expectEnd("")
		if got := transcript(s, 1); !strings.Contains(got, "expected a chunk with a size that can be read") {
			t.Errorf("transcript:\n%s", got)
		}
	})
	if s := smtptest.NewUnstartedServer(); s.Transcript(1) != nil || s.Transcript(0) != nil {
		t.Error("a transcript of no connection")
	}
}
