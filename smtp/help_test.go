package smtp_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// The tests of this package hold for any table that has the base protocol: what
// an extension brings is found by its role or its name, and a test that is
// about an extension stands in a file named for it.

// op finds a command by its name in the table, 0 if there is none.
func op(name string) smtp.Op {
	return smtp.Op(max(0, slices.IndexFunc(smtp.Table.Commands, func(c smtp.CommandInfo) bool { return c.Name == name })))
}

// state finds a state by its name.
func state(t testing.TB, name string) smtp.State {
	t.Helper()
	i := slices.IndexFunc(smtp.Table.States, func(s smtp.StateInfo) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("the table has no state %s", name)
	}
	return smtp.State(i)
}

// hasLMTP reports whether the table knows LMTP.
var hasLMTP = slices.ContainsFunc(smtp.Table.Facts, func(f smtp.FactInfo) bool { return f.Role == smtp.RoleLMTP })

func stateName(s smtp.State) string { return smtp.Table.States[s].Name }

// keyword finds an EHLO keyword by its name, 0 if there is none.
func keyword(name string) smtp.Keyword {
	return smtp.Keyword(max(0, slices.IndexFunc(smtp.Table.Keywords, func(k smtp.KeywordInfo) bool { return k.Name == name })))
}

// offers are all keywords of the table, with arguments where they want some,
// but for those given.
func offers(without ...string) []smtp.Offer {
	var all []smtp.Offer
	for k := 1; k < len(smtp.Table.Keywords); k++ {
		name := smtp.Table.Keywords[k].Name
		if slices.Contains(without, name) {
			continue
		}
		all = append(all, smtp.Offer{Keyword: smtp.Keyword(k), Args: map[string]string{"AUTH": "PLAIN LOGIN", "SIZE": "10485760"}[name]})
	}
	return all
}

// ehloReply is the reply to EHLO that names all keywords of the table but some.
func ehloReply(without ...string) string {
	lines := []string{"mx.example.test"}
	for _, o := range offers(without...) {
		lines = append(lines, strings.TrimSpace(smtp.Table.Keywords[o.Keyword].Name+" "+o.Args))
	}
	return multiline("250", lines...)
}

func multiline(code string, lines ...string) string {
	var b strings.Builder
	for i, l := range lines {
		hyphen := "-"
		if i == len(lines)-1 {
			hyphen = " "
		}
		b.WriteString(code + hyphen + l + "\r\n")
	}
	return b.String()
}

// peer drives a client session by hand.
type peer struct {
	t testing.TB
	s *smtp.Session
}

// newPeer is a session in state ready, behind an EHLO reply that named all
// keywords of the table but some.
func newPeer(t testing.TB, cfg smtp.Config, without ...string) *peer {
	t.Helper()
	p := &peer{t, smtp.NewSession(cfg)}
	p.reply("220 mx.example.test ESMTP")
	p.must(p.s.Hello("client.example.test"))
	p.flush()
	p.feed(ehloReply(without...))
	return p
}

func (p *peer) must(tag smtp.Tag, err error) smtp.Tag {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	return tag
}

// flush takes what is to be written.
func (p *peer) flush() string { return string(p.s.Take(nil)) }

// wants checks what is to be written.
func (p *peer) wants(why, want string) {
	p.t.Helper()
	if got := p.flush(); got != want {
		p.t.Fatalf("on the wire: %q, want %q: %s", got, want, why)
	}
}

// reply feeds one reply of one line and returns its event.
func (p *peer) reply(line string) smtp.Event {
	p.t.Helper()
	events := p.feed(line + "\r\n")
	if len(events) != 1 {
		p.t.Fatalf("%q gave %d events, want 1: %v", line, len(events), describe(events))
	}
	return events[0]
}

// feed feeds input and returns its events.
func (p *peer) feed(input string) []smtp.Event {
	p.s.HandleInput([]byte(input))
	return drain(p.s)
}

// drain takes all events; their replies are kept.
func drain(s *smtp.Session) []smtp.Event {
	var all []smtp.Event
	for {
		ev := s.Next()
		if ev.Kind == smtp.None {
			return all
		}
		ev.Reply = ev.Reply.Clone()
		all = append(all, ev)
	}
}

// describe gives events as short texts: "RCPT 250 late".
func describe(events []smtp.Event) []string {
	var all []string
	for _, ev := range events {
		var text string
		switch ev.Kind {
		case smtp.Replied, smtp.Challenge:
			text = fmt.Sprintf("%s %d", smtp.Table.Commands[ev.Op].Name, ev.Reply.Code)
		case smtp.Closing:
			text = fmt.Sprintf("closing %d", ev.Reply.Code)
		case smtp.Ended:
			text = "ended"
			if ev.Err != nil {
				text += ": " + ev.Err.Error()
			}
		}
		if ev.Late {
			text += " late"
		}
		if ev.More {
			text += " more"
		}
		all = append(all, text)
	}
	return all
}

func (p *peer) in(why, want string) {
	p.t.Helper()
	if got := stateName(p.s.State()); got != want {
		p.t.Fatalf("state %s, want %s: %s", got, want, why)
	}
}

// broke checks that the session ended with a ProtocolError.
func broke(t testing.TB, s *smtp.Session, why string) *smtp.ProtocolError {
	t.Helper()
	var e *smtp.ProtocolError
	if !errors.As(s.Err(), &e) {
		t.Fatalf("error %v, want a ProtocolError: %s", s.Err(), why)
	}
	return e
}

func key(s *smtp.Session) string { return string(s.AppendKey(nil)) }

// sample is a command with arguments that suit it.
type sample struct{ op smtp.Op }

func (c sample) Op() smtp.Op { return c.op }

func (c sample) Encode(l *smtp.Line) {
	switch smtp.Table.Commands[c.op].Name {
	case "EHLO", "HELO", "LHLO":
		l.Domain("client.example.test")
	case "MAIL":
		l.ReversePath("a@example.test")
	case "RCPT":
		l.ForwardPath("b@example.test")
	case "VRFY", "EXPN":
		l.Text("staff")
	case "AUTH":
		l.Word("PLAIN")
	case "AUTH-LINE":
		l.Base64([]byte("secret"))
	}
}

func (sample) Parse(*smtp.Args) {}

// queue queues any command of the table with arguments that suit it, and its
// payload.
func queue(s *smtp.Session, o smtp.Op) error {
	var err error
	switch c := &smtp.Table.Commands[o]; c.Role {
	case smtp.RoleChunk, smtp.RoleLastChunk:
		if _, err = s.Chunk(4, c.Role == smtp.RoleLastChunk); err == nil {
			err = s.Content([]byte("ab\r\n"))
		}
	case smtp.RoleContent:
		if err = s.Content([]byte(".ab\r\n")); err == nil {
			_, err = s.EndContent()
		}
	default:
		_, err = s.Do(sample{o})
	}
	return err
}

// cuts gives b cut in two at every place.
func cuts(b []byte) func(func(int, [2][]byte) bool) {
	return func(yield func(int, [2][]byte) bool) {
		for i := range len(b) + 1 {
			if !yield(i, [2][]byte{bytes.Clone(b[:i]), bytes.Clone(b[i:])}) {
				return
			}
		}
	}
}
