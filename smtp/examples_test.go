package smtp_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
)

// exchange writes what is queued, shows it, and feeds the server's answer.
func exchange(s *smtp.Session, answer string) []smtp.Event {
	for line := range strings.Lines(string(s.Take(nil))) {
		fmt.Println(strings.TrimSpace("C: " + line))
	}
	s.HandleInput([]byte(answer))
	var events []smtp.Event
	for ev := s.Next(); ev.Kind != smtp.None; ev = s.Next() {
		ev.Reply = ev.Reply.Clone() // it is kept
		events = append(events, ev)
	}
	return events
}

// ready is a session behind EHLO.
func ready(offers ...string) *smtp.Session {
	s := smtp.NewSession(smtp.Config{})
	s.HandleInput([]byte("220 mx.example.com ESMTP\r\n"))
	s.Next()
	s.Hello("client.example.org")
	s.Take(nil)
	s.HandleInput([]byte(multiline("250", append([]string{"mx.example.com"}, offers...)...)))
	s.Next()
	return s
}

func ExampleSession() {
	s := smtp.NewSession(smtp.Config{})
	exchange(s, "220 mx.example.com ESMTP\r\n")
	s.Hello("client.example.org")
	exchange(s, "250-mx.example.com\r\n250-8BITMIME\r\n250 HELP\r\n")
	for line := range s.Offers() {
		fmt.Println("offered:", line)
	}
	tag, _ := s.Mail("alice@example.org", nil)
	for _, ev := range exchange(s, "250 ok\r\n") {
		fmt.Println(ev.Tag == tag, ev.Reply)
	}
	fmt.Println(s.State() == smtp.StateMailtx, s.Timeout())
	s.Quit()
	fmt.Println(s.Timeout())
	exchange(s, "221 bye\r\n")
	// Output:
	// C: EHLO client.example.org
	// offered: 8BITMIME
	// offered: HELP
	// C: MAIL FROM:<alice@example.org>
	// true 250 ok
	// true 0s
	// 5m0s
	// C: QUIT
}

func ExampleNewSession() {
	s := smtp.NewSession(smtp.Config{Secure: true, Limits: smtp.Limits{ReplyLine: 512}})
	fmt.Println(s.State() == smtp.StateGreetingExpected, s.Awaiting())
	// Output: true 1
}

func ExampleConfig() {
	s := smtp.NewSession(smtp.Config{
		Text: smtp.TextPolicy{Strict: true, MaxLine: 998}, // each line has to end in CRLF
		Limits: smtp.Limits{
			ReplyLine:   2048,
			Outstanding: 100,
		},
	})
	fmt.Println(s.Room())
	// Output: 99
}

func ExampleLimits() {
	s := smtp.NewSession(smtp.Config{Limits: smtp.Limits{ReplyLines: 2}})
	for _, ev := range exchange(s, "220-one\r\n220-two\r\n220 three\r\n") {
		fmt.Println(ev.Err)
	}
	// Output: smtp: the peer broke RFC 5321 §4.5.3.1.5: expected a reply of at most 2 lines and 65536 octets, got a longer one
}

func ExampleSession_Allows() {
	s := ready()
	fmt.Println(s.Allows(smtp.OpMail))
	fmt.Println(s.Allows(smtp.OpData))
	// Output:
	// <nil>
	// smtp: DATA is not possible in state ready: legal in recipient_sent
}

func ExampleSession_Do() {
	s := ready()
	mail := smtp.Mail{From: "alice@example.org"}
	if _, err := s.Do(&mail); err != nil {
		fmt.Println(err)
	}
	exchange(s, "250 ok\r\n")
	var rcpt smtp.Rcpt // may be used again
	for _, rcpt.To = range []string{"bob@example.com", "carol@example.com"} {
		if _, err := s.Do(&rcpt); err != nil {
			fmt.Println(err)
		}
		exchange(s, "250 ok\r\n")
	}
	// Output:
	// C: MAIL FROM:<alice@example.org>
	// C: RCPT TO:<bob@example.com>
	// C: RCPT TO:<carol@example.com>
}

func ExampleSession_Content() {
	s := ready()
	s.Mail("alice@example.org", nil)
	exchange(s, "250 ok\r\n")
	s.Rcpt("bob@example.com", nil)
	exchange(s, "250 ok\r\n")
	s.Data()
	exchange(s, "354 go on\r\n")
	// In pieces of any size; a lone LF becomes CRLF.
	for _, piece := range []string{"Subject: he", "llo\n\n", ".", "\n"} {
		if err := s.Content([]byte(piece)); err != nil {
			fmt.Println(err)
		}
	}
	s.EndContent()
	exchange(s, "250 queued\r\n")
	// Output:
	// C: MAIL FROM:<alice@example.org>
	// C: RCPT TO:<bob@example.com>
	// C: DATA
	// C: Subject: hello
	// C:
	// C: ..
	// C: .
}

func ExampleSession_Unqueue() {
	s := ready()
	tag, _ := s.Mail("alice@example.org", nil)
	fmt.Println(s.Unqueue(tag), len(s.Pending()))
	s.Mail("alice@example.org", nil)
	exchange(s, "")
	fmt.Println(s.Unqueue(tag))
	// Output:
	// <nil> 0
	// C: MAIL FROM:<alice@example.org>
	// smtp: MAIL is not possible in state mailtx: its octets were handed out, they can't be taken back
}

func ExampleSession_Clone() {
	s := ready()
	c := s.Clone()
	c.Mail("alice@example.org", nil)
	fmt.Println(s.Awaiting(), c.Awaiting())
	// Output: 0 1
}

func ExampleSession_Fail() {
	s := ready()
	s.Fail(errors.New("the caller has seen enough"))
	_, err := s.Noop("")
	fmt.Println(err)
	fmt.Println(s.Next().Err)
	// Output:
	// the caller has seen enough
	// the caller has seen enough
}

// One of two recipients is refused; the message goes to the other.
func ExampleDelivery() {
	s := ready()
	var d smtp.Delivery
	d.Reset(2)
	step := func(answer string) {
		for _, ev := range exchange(s, answer) {
			d.Handle(ev)
		}
	}
	s.Mail("alice@example.org", nil)
	step("250 ok\r\n")
	s.Rcpt("bob@example.com", nil)
	step("250 ok\r\n")
	s.Rcpt("nobody@example.com", nil)
	step("550 no such user here\r\n")
	s.Data()
	step("354 go on\r\n")
	s.Content([]byte("Subject: hello\n\nHello.\n"))
	s.EndContent()
	step("250 queued as 4F2A\r\n")
	for i := range d.Recipients() {
		r := d.Recipient(i)
		fmt.Printf("%d: %v (%v)\n", i, r.Outcome, r.Reply)
	}
	// Output:
	// C: MAIL FROM:<alice@example.org>
	// C: RCPT TO:<bob@example.com>
	// C: RCPT TO:<nobody@example.com>
	// C: DATA
	// C: Subject: hello
	// C:
	// C: Hello.
	// C: .
	// 0: accepted (250 queued as 4F2A)
	// 1: refused for good (550 no such user here)
}

func ExampleDelivery_Cut() {
	var d smtp.Delivery
	d.Reset(1)
	d.Cut(false, errors.New("the network is down"))
	r := d.Recipient(0)
	fmt.Println(r.Err(), r.Temporary())
	d.Reset(1)
	d.Cut(true, errors.New("the network is down"))
	fmt.Println(d.Recipient(0).Err())
	// Output:
	// smtp: the message was not sent: the network is down true
	// smtp: it is unknown whether the message was accepted: the network is down
}

func ExampleResult_Err() {
	s := ready()
	var d smtp.Delivery
	d.Reset(1)
	s.Mail("alice@example.org", nil)
	for _, ev := range exchange(s, "451 come back later\r\n") {
		d.Handle(ev)
	}
	err := d.Recipient(0).Err()
	fmt.Println(err, errors.Is(err, smtp.ErrTemporary))
	// Output:
	// C: MAIL FROM:<alice@example.org>
	// smtp: MAIL was refused: 451 "come back later" true
}

func ExampleServerSession() {
	s := smtp.NewServerSession(smtp.ServerConfig{})
	s.Reply(220, smtp.EnhancedCode{}, "mx.example.com")
	s.HandleInput([]byte("EHLO client.example.org\r\nFROB\r\nDATA\r\nMAIL FROM:<alice@example.org>\r\n"))
	for ev := s.Next(); ev.Kind != smtp.ServerNone; ev = s.Next() {
		switch ev.Kind {
		case smtp.ServerRejected:
			fmt.Printf("refused by itself: %s\n", ev.Line)
		case smtp.ServerCommand:
			var m smtp.Mail
			if ev.Op == smtp.OpMail && ev.Parse(&m) == nil {
				fmt.Println("from:", m.From)
			}
			s.Reply(250, smtp.EnhancedCode{}, "ok")
		}
	}
	// A reply that the table does not allow is refused.
	s.HandleInput([]byte("RCPT TO:<bob@example.com>\r\n"))
	s.Next()
	fmt.Println(s.Reply(354, smtp.EnhancedCode{}, "go on"))
	fmt.Print(strings.ReplaceAll(string(s.Take(nil)), "\r\n", "\n"))
	// Output:
	// refused by itself: FROB
	// refused by itself: DATA
	// from: alice@example.org
	// smtp: RCPT: reply: expected a code that the table lists, got 354
	// 220 mx.example.com
	// 250 ok
	// 500 Command not recognized
	// 503 Bad sequence of commands
	// 250 ok
}

func ExampleServerSession_Write() {
	s := smtp.NewServerSession(smtp.ServerConfig{})
	s.Write([]byte("220 a greeting with a bare LF\n"))
	s.Settle(220)
	fmt.Printf("%q %v\n", s.Take(nil), s.State() == smtp.StateGreetingReceived)
	// Output: "220 a greeting with a bare LF\n" true
}

func ExampleReply() {
	s := ready()
	s.Vrfy("smith")
	for _, ev := range exchange(s, "553-Ambiguous; possibilities are\r\n553-Joe Smith <jsmith@example.com>\r\n553 Harry Smith <hsmith@example.com>\r\n") {
		r := ev.Reply
		fmt.Println(r.Code, r.Class(), r.Positive())
		for line := range r.Lines() {
			fmt.Printf("%s\n", line)
		}
	}
	// Output:
	// C: VRFY smith
	// 553 5 false
	// Ambiguous; possibilities are
	// Joe Smith <jsmith@example.com>
	// Harry Smith <hsmith@example.com>
}

func ExampleReply_Clone() {
	s := ready()
	s.Noop("")
	s.Take(nil)
	s.HandleInput([]byte("250 first\r\n"))
	kept := s.Next().Reply.Clone() // else it is valid until the next Next
	s.HandleInput([]byte("421 second\r\n"))
	s.Next()
	fmt.Println(kept)
	// Output: 250 first
}

// What can go wrong, and whose fault it is.
func Example_errors() {
	s := ready()
	var wrong *smtp.StateError
	_, err := s.Data()
	fmt.Println(errors.As(err, &wrong), err)

	var bad *smtp.ArgumentError
	_, err = s.Mail("alice@example.org\r\nRSET", nil)
	fmt.Println(errors.As(err, &bad), bad.Argument)

	var missing *smtp.MissingError
	_, err = s.Mail("jos\u00e9@example.org", nil)
	fmt.Println(errors.As(err, &missing))

	s.Mail("alice@example.org", nil)
	for _, ev := range exchange(s, "550 not you\r\n") {
		var refused *smtp.ReplyError
		err = ev.Reply.Err("MAIL", ev.Temporary)
		fmt.Println(errors.As(err, &refused), errors.Is(err, smtp.ErrPermanent), refused.Code)
	}

	var broke *smtp.ProtocolError
	s.Noop("")
	for _, ev := range exchange(s, "What do you want?\r\n") {
		fmt.Println(errors.As(ev.Err, &broke), ev.Err)
	}
	// Output:
	// true smtp: DATA is not possible in state ready: legal in recipient_sent
	// true reverse-path
	// true
	// C: MAIL FROM:<alice@example.org>
	// true true 550
	// C: NOOP
	// true smtp: the peer broke RFC 5321 §4.2: expected a reply line: three digits, a space or a hyphen, text, got "What do you want?\r\n"
}

func ExampleText() {
	text := smtp.Text{Dots: true}
	var out []byte
	for _, piece := range []string{"one\n.", "two\r", "\nend"} {
		var err error
		if out, err = text.Append(out, []byte(piece)); err != nil {
			fmt.Println(err)
		}
	}
	out, _ = text.AppendEnd(out)
	fmt.Printf("%q\n", out)
	_, err := text.Append(nil, []byte("a lone \r passes never"))
	fmt.Println(err)
	// Output:
	// "one\r\n..two\r\nend\r\n.\r\n"
	// smtp: content: expected CR only in front of LF (RFC 5321 §2.3.8), got it alone
}

func ExampleTextPolicy() {
	text := smtp.Text{Policy: smtp.TextPolicy{Strict: true}}
	_, err := text.Append(nil, []byte("one\ntwo\n"))
	fmt.Println(err)
	// Output: smtp: content: expected each line to end in CRLF, got a lone LF
}

func ExampleAppendCommand() {
	line, err := smtp.AppendCommand(nil, smtp.Table, &smtp.Mail{From: "alice@example.org"})
	fmt.Printf("%q %v\n", line, err)
	// Output: "MAIL FROM:<alice@example.org>\r\n" <nil>
}

func ExampleParseCommand() {
	var rcpt smtp.Rcpt
	err := smtp.ParseCommand(smtp.Table, []byte("rcpt to:<@relay.example:bob@example.com>\r\n"), &rcpt)
	fmt.Println(rcpt.To, err) // the source route is dropped (RFC 5321 appendix C)
	// Output: bob@example.com <nil>
}

// The table can be asked about itself.
func ExampleProtocol() {
	data := smtp.Table.Commands[smtp.OpData]
	fmt.Println(data.Name, data.RFC, data.Timeout)
	for s, info := range smtp.Table.States {
		if data.In.Has(smtp.State(s)) {
			fmt.Println("legal in", info.Name)
		}
	}
	// Output:
	// DATA RFC 5321 §4.1.1.4 2m0s
	// legal in recipient_sent
}

func ExampleEnhancedCode() {
	fmt.Println(smtp.EnhancedCode{5, 1, 1})
	// Output: 5.1.1
}

// verify is a command type as smtpgen writes one, or a user by hand: it says
// which command of the table it is, and how its arguments are written and read.
type verify struct{ who string }

func (*verify) Op() smtp.Op           { return smtp.OpVrfy }
func (c *verify) Encode(l *smtp.Line) { l.Text(c.who) }
func (c *verify) Parse(a *smtp.Args)  { c.who = a.Text() }

func ExampleCommand() {
	s := ready()
	if _, err := s.Do(&verify{"smith"}); err != nil {
		fmt.Println(err)
	}
	exchange(s, "252 try it\r\n")
	var c verify
	err := smtp.ParseCommand(smtp.Table, []byte("VRFY jones\r\n"), &c)
	fmt.Println(c.who, err)
	// Output:
	// C: VRFY smith
	// jones <nil>
}

func ExampleNewArgs() {
	a := smtp.NewArgs(smtp.Table, smtp.OpRcpt, []byte("<bob@example.com>"))
	fmt.Println(a.ForwardPath(), a.More(), a.Err())
	a = smtp.NewArgs(smtp.Table, smtp.OpRcpt, []byte("bob@example.com"))
	a.ForwardPath()
	fmt.Println(a.Err() != nil)
	// Output:
	// bob@example.com false <nil>
	// true
}

func ExampleAppendXtext() {
	b, err := smtp.AppendXtext(nil, "a=b+c")
	fmt.Printf("%s %v\n", b, err)
	text, err := smtp.ParseXtext(b)
	fmt.Println(text, err)
	// Output:
	// a+3Db+2Bc <nil>
	// a=b+c <nil>
}

func ExampleAppendInteger() {
	b, err := smtp.AppendInteger(nil, 1000, 20)
	fmt.Printf("%s %v\n", b, err)
	_, err = smtp.ParseInteger([]byte("1000000"), 5)
	fmt.Println(err != nil)
	// Output:
	// 1000 <nil>
	// true
}
