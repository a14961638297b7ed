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
		{"all by default", smtptest.Config{}, ehlo([]string{"8BITMIME", "CHUNKING", "ENHANCEDSTATUSCODES", "PIPELINING", "SIZE 33554432", "SMTPUTF8"})},
		{"by configuration", smtptest.Config{STARTTLS: true, Users: users, AuthWithoutTLS: true, MaxSize: 1000, Without: keywords("CHUNKING", "SMTPUTF8")},
			ehlo([]string{"8BITMIME", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES", "PIPELINING", "SIZE 1000", "STARTTLS"})},
		{"by hand", smtptest.Config{Offers: offers("SIZE", "STARTTLS please"), Lines: []string{"X-OWN a=b", ""}},
			ehlo([]string{"8BITMIME", "CHUNKING", "ENHANCEDSTATUSCODES", "PIPELINING", "SIZE", "SMTPUTF8", "STARTTLS please"}, "X-OWN a=b", "")},
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

func TestRefusedHelloFallsBack(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleHello}, smtptest.Answer{Code: 502, Enhanced: smtp.EnhancedCode{5, 5, 1}, Text: "what?"})
		c := dial(t, s)
		c.say("EHLO client.example", "HELO client.example", "MAIL FROM:<tim@example.org>", "RCPT TO:<bob@example.org>", "DATA")
		c.expect("502 what?", "250 mx.smtptest.example", mailOK, rcptOK, dataOK)
		c.say("text", ".")
		c.expect(sentOK)
		if m := s.Messages()[0]; m.Hello != "client.example" || m.TLS {
			t.Errorf("kept %+v", m)
		}
	})
}

// keywords gives those keywords by name that the table has.
func keywords(names ...string) (list []smtp.Keyword) {
	for i, k := range smtp.Table.Keywords {
		if i > 0 && slices.Contains(names, k.Name) {
			list = append(list, smtp.Keyword(i))
		}
	}
	return list
}

// offers gives offers of those keywords that the table has.
func offers(lines ...string) (list []smtp.Offer) {
	for _, line := range lines {
		name, args, _ := strings.Cut(line, " ")
		for _, k := range keywords(name) {
			list = append(list, smtp.Offer{Keyword: k, Args: args})
		}
	}
	return list
}

// ehlo is the reply to EHLO with the offers of extensions that the table has,
// and with lines of its own.
func ehlo(extensions []string, own ...string) string {
	lines := []string{"mx.smtptest.example"}
	for _, line := range extensions {
		if name, _, _ := strings.Cut(line, " "); len(keywords(name)) > 0 {
			lines = append(lines, line)
		}
	}
	lines = append(lines, own...)
	for i := range lines {
		lines[i] = "250-" + lines[i]
	}
	lines[len(lines)-1] = "250 " + lines[len(lines)-1][len("250-"):]
	return strings.Join(lines, " | ")
}

// A table without any extension, where STARTTLS, AUTH, BDAT and the rest do not
// exist.
func bare() *smtp.Protocol {
	p := *smtp.Table
	p.Name = "bare"
	p.Commands = slices.Clone(p.Commands[:smtp.OpQuit+1])
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
	bubble(t, smtptest.Config{Protocol: own, Without: keywords("SIZE", "SMTPUTF8", "8BITMIME", "CHUNKING")}, func(t *testing.T, s *smtptest.Server) {
		c := dial(t, s)
		s.On(smtptest.Match{Op: smtp.Op(len(own.Commands) - 1), Nth: 2}, smtptest.Answer{Code: 450, Text: "dry"})
		c.say("EHLO client.example", "PAINT red", "PAINT blue", "PAINT")
		c.expect(ehlo([]string{"ENHANCEDSTATUSCODES", "PIPELINING"}, "COLOR"), "250 2.0.0 PAINT done", "450 dry", "501 5.5.4 Syntax error in arguments")
	})
	bubble(t, smtptest.Config{Protocol: own, Offers: []smtp.Offer{{Keyword: color + 1, Args: "7"}}, Without: []smtp.Keyword{color}}, func(t *testing.T, s *smtptest.Server) {
		c := dial(t, s)
		c.say("EHLO client.example", "PAINT red")
		c.expect(ehlo([]string{"8BITMIME", "CHUNKING", "ENHANCEDSTATUSCODES", "PIPELINING", "SIZE 33554432", "SMTPUTF8"}, "LIMIT 7"), "502 5.5.1 Command not implemented")
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
