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

// host drives a server session by hand.
type host struct {
	t testing.TB
	s *smtp.ServerSession
}

// newHost is a server that has greeted and offers all keywords of the table but
// some; said are lines of the client, each of which is answered as it wants.
func newHost(t testing.TB, cfg smtp.ServerConfig, without []string, said ...string) *host {
	t.Helper()
	h := &host{t, smtp.NewServerSession(cfg)}
	h.s.Offer(offers(without...)...)
	h.answer(220)
	for _, line := range said {
		ev := h.line(line)
		if ev.Kind != smtp.ServerCommand {
			t.Fatalf("%q gave %v, want a command; answered %q", line, ev.Kind, h.out())
		}
		h.answer(h.positive(ev.Op))
	}
	h.out()
	return h
}

// positive is the first positive code of a command's rows.
func (h *host) positive(o smtp.Op) int {
	for _, r := range h.s.Protocol().Commands[o].Replies {
		if r.Min < 400 && !r.Violation && !r.Unlisted {
			return int(r.Min)
		}
	}
	h.t.Fatalf("no positive reply to %s", h.s.Protocol().Commands[o].Name)
	return 0
}

func (h *host) line(line string) smtp.ServerEvent {
	h.s.HandleInput([]byte(line + "\r\n"))
	return h.s.Next()
}

func (h *host) answer(code int) {
	h.t.Helper()
	if err := h.s.Reply(code, smtp.EnhancedCode{}, "text"); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) out() string { return string(h.s.Take(nil)) }

// refuses checks that the session answers a line by itself.
func (h *host) refuses(line, code, why string) {
	h.t.Helper()
	before := h.s.State()
	ev := h.line(line)
	got := h.out()
	if ev.Kind != smtp.ServerRejected || string(ev.Line) != line || !strings.HasPrefix(got, code+" ") || h.s.State() != before {
		h.t.Errorf("%q: event %v, answered %q, state %s; want %s: %s", line, ev.Kind, got, stateName(h.s.State()), code, why)
	}
}

var transaction = []string{"EHLO client.example.test", "MAIL FROM:<a@example.test>", "RCPT TO:<b@example.test>"}

func TestServerOrderOfChecks(t *testing.T) {
	h := newHost(t, smtp.ServerConfig{}, nil)
	h.refuses("", "500", "an empty line is no command")
	h.refuses("FROB", "500", "unknown comes first (RFC 5321 §4.2.4)")
	h.refuses("MAILFROM:<a@example.test>", "500", "a verb is a whole word")
	h.refuses("MAIL FROM:<a@", "501", "arguments come before sequence (RFC 5321 §4.3.2)")
	h.refuses("RCPT TO:<>", "501", "a forward-path is not empty")
	h.refuses("QUIT now", "501", "QUIT has no arguments (RFC 5321 §4.1.1.10)")
	h.refuses("MAIL FROM:<a@example.test> COLOR=7", "503", "sequence comes before parameters")
	h.refuses("RCPT TO:<b@example.test>", "503", "no transaction (RFC 5321 §4.1.4)")
	h.refuses("DATA", "503", "no recipient")
	h = newHost(t, smtp.ServerConfig{}, nil, transaction[:1]...)
	h.refuses("MAIL FROM:<a@example.test> COLOR=7", "555", "an unknown parameter (RFC 5321 §4.1.1.11)")
	if ev := h.line("mail from:<a@example.test>"); ev.Kind != smtp.ServerCommand || ev.Role != smtp.RoleSender {
		t.Errorf("verbs are taken in any case (RFC 5321 §2.4): %v", ev.Kind)
	}
}

// TestServerNotOffered: commands and parameters of an extension that the server
// does not offer are refused, whatever the state.
func TestServerNotOffered(t *testing.T) {
	p := smtp.Table
	h := newHost(t, smtp.ServerConfig{}, nil)
	bare := &host{t, h.s}
	bare.s.Offer()
	bare.line("EHLO client.example.test")
	bare.answer(250)
	if out := bare.out(); out != "250 text\r\n" {
		t.Errorf("with no offers EHLO was answered %q", out)
	}
	for o := 1; o < len(p.Commands); o++ {
		c := &p.Commands[o]
		if c.Keyword == 0 || c.Verb == "" || !c.In.Has(state(t, "ready")) || alsoPlain(p, c.Verb) {
			continue
		}
		bare.refuses(c.Verb+arguments(c), "502", "not offered (RFC 5321 §4.2.4)")
		bare.refuses(c.Verb+" \x01", "502", "not offered comes before the arguments")
	}
	for id := 1; id < len(p.Params); id++ {
		info := &p.Params[id]
		if info.Keyword != 0 {
			bare.refuses("MAIL FROM:<a@example.test> "+sampleParam(info), "555", "a parameter that is not offered")
		}
	}
}

// places are the lines that lead a server to each state that takes commands.
func places() map[string][]string {
	m := map[string][]string{
		"greeting_received": nil,
		"ready":             transaction[:1],
		"mailtx":            transaction[:2],
		"recipient_sent":    transaction,
	}
	return m
}

// alsoPlain reports whether a command of no extension has the verb too.
func alsoPlain(p *smtp.Protocol, verb string) bool {
	return slices.ContainsFunc(p.Commands, func(c smtp.CommandInfo) bool { return c.Verb == verb && c.Keyword == 0 })
}

// fixedFacts are those that are chosen when a session starts.
func fixedFacts(p *smtp.Protocol) (fixed smtp.Facts) {
	for i, f := range p.Facts {
		if f.Fixed {
			fixed |= 1 << i
		}
	}
	return fixed
}

// TestServerTable visits each command in each state: it is given to the caller
// where the table has it, and refused with 503 where it has not; then each code:
// Reply takes what the table lists and nothing else, and moves as its row says.
func TestServerTable(t *testing.T) {
	p := smtp.Table
	for at, said := range places() {
		for o := 1; o < len(p.Commands); o++ {
			c := &p.Commands[o]
			if !c.Line || c.Verb == "" || c.Verb == "*" || c.Payload != smtp.PayloadNone {
				continue
			}
			t.Run(at+"/"+c.Name, func(t *testing.T) {
				h := newHost(t, smtp.ServerConfig{}, nil, said...)
				s := state(t, at)
				offered := c.Keyword == 0 || at != "greeting_received"
				line := c.Verb + arguments(c)
				switch {
				case c.Needs&^h.s.Facts()&fixedFacts(p) != 0:
					h.refuses(line, "500", "of another kind of session")
					return
				case !offered && alsoPlain(p, c.Verb): // which takes the line then
					return
				case !offered:
					h.refuses(line, "502", "nothing is offered before EHLO")
					return
				case !c.In.Has(s):
					h.refuses(line, "503", "not in this state")
					return
				}
				if c.Needs&^h.s.Facts() != 0 {
					h.refuses(line, "530", "it needs what does not hold (RFC 4954 §4)")
					return
				}
				if ev := h.line(line); ev.Kind != smtp.ServerCommand || ev.Op != smtp.Op(o) || ev.Role != c.Role || h.s.Owes() != ev.Op {
					t.Fatalf("%q gave %v %v, answered %q", line, ev.Kind, ev.Op, h.out())
				}
				if ev := h.s.Next(); ev.Kind != smtp.ServerNone {
					t.Errorf("an event came though a reply is owed: %v", ev.Kind)
				}
				for code := 100; code < 600; code++ {
					h.code(c, code)
				}
			})
		}
	}
}

// code answers on a clone, and compares with the row of the table.
func (h *host) code(c *smtp.CommandInfo, code int) {
	h.t.Helper()
	from := h.s.State()
	i := slices.IndexFunc(c.Replies, func(r smtp.Row) bool {
		return int(r.Min) <= code && code <= int(r.Max) && (r.From == 0 || r.From.Has(from)) && h.s.Facts()&r.If == r.If
	})
	legal := i >= 0 && !c.Replies[i].Violation && !c.Replies[i].Unlisted &&
		c.Replies[i].Do&smtp.EffectTakeUp == 0 // no command here names a transaction
	s := h.s.Clone()
	before := string(s.AppendKey(nil))
	err := s.Reply(code, smtp.EnhancedCode{}, "text")
	var bad *smtp.ArgumentError
	switch {
	case !legal && !errors.As(err, &bad):
		h.t.Errorf("Reply(%d) to %s: %v, want an ArgumentError", code, c.Name, err)
	case !legal && string(s.AppendKey(nil)) != before:
		h.t.Errorf("the refused Reply(%d) to %s changed the session", code, c.Name)
	case !legal:
	case err != nil:
		h.t.Errorf("Reply(%d) to %s: %v", code, c.Name, err)
	case c.Replies[i].To < smtp.TargetSame && s.State() != smtp.State(c.Replies[i].To),
		c.Replies[i].To == smtp.TargetSame && s.State() != from:
		h.t.Errorf("Reply(%d) to %s leads from %s to %s, not as its row says (%s)", code, c.Name, stateName(from), stateName(s.State()), c.Replies[i].RFC)
	case !strings.HasPrefix(string(s.Take(nil)), fmt.Sprint(code)) || s.Owes() != 0:
		h.t.Errorf("Reply(%d) to %s was not written", code, c.Name)
	}
}

func TestServerReplyText(t *testing.T) {
	h := newHost(t, smtp.ServerConfig{}, nil, transaction[:1]...)
	if err := h.s.Reply(250, smtp.EnhancedCode{}, "nobody asked"); err == nil {
		t.Error("a reply that no command waits for was taken")
	}
	h.line("NOOP")
	for _, text := range []string{"a\rb", "a\x00b", "a\x7fb", "a\r\n250 b"} {
		if err := h.s.Reply(250, smtp.EnhancedCode{}, text); err == nil {
			t.Errorf("a reply with the text %q was taken", text)
		}
	}
	if err := h.s.Reply(250, smtp.EnhancedCode{2, 0, 0}, "one\ntwo\n"); err != nil {
		t.Fatal(err)
	}
	want := "250-2.0.0 one\r\n250-2.0.0 two\r\n250 2.0.0 \r\n"
	if keyword("ENHANCEDSTATUSCODES") == 0 {
		want = "250-one\r\n250-two\r\n250 \r\n"
	}
	if got := h.out(); got != want {
		t.Errorf("on the wire: %q, want %q", got, want)
	}
}

func TestServerLines(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"a line may end in white space (RFC 5321 §4.1.1)", "NOOP \t\r\n", "250"},
		{"a bare LF ends no command (RFC 5321 §2.3.8)", "NOOP\nNOOP\r\nRSET\r\n", "500 250"},
		{"nor does a bare CR", "NOOP\rNOOP\r\n", "500"},
		{"a line of the limit", "NOOP " + strings.Repeat("x", 64-7) + "\r\n", "250"},
		{"a line over the limit, and the next", "NOOP " + strings.Repeat("x", 64-6) + "\r\nNOOP\r\n", "500 250"},
		{"a line far over the limit", "NOOP " + strings.Repeat("x", 500) + "NOOP\r\nNOOP\r\n", "500 250"},
		{"NUL is no text", "NOOP \x00\r\n", "501"},
	} {
		for i, parts := range cuts([]byte(c.in)) {
			h := newHost(t, smtp.ServerConfig{CommandLine: 64}, nil, transaction[:1]...)
			for _, part := range parts {
				h.s.HandleInput(part)
				for ev := h.s.Next(); ev.Kind != smtp.ServerNone; ev = h.s.Next() {
					if ev.Kind == smtp.ServerCommand {
						h.answer(250)
					}
				}
			}
			if got := codes(h.out()); got != c.want {
				t.Errorf("%s, cut at %d: answered %s, want %s", c.why, i, got, c.want)
			}
		}
	}
}

// codes are the codes of replies of one line each.
func codes(replies string) string {
	var all []string
	for line := range strings.Lines(replies) {
		all = append(all, line[:min(3, len(line))])
	}
	return strings.Join(all, " ")
}

// TestServerBounded: a client that sends no line end does not fill memory.
func TestServerBounded(t *testing.T) {
	h := newHost(t, smtp.ServerConfig{}, nil, transaction[:1]...)
	piece := bytes.Repeat([]byte{'x'}, 1<<10)
	if n := testing.AllocsPerRun(1000, func() {
		h.s.HandleInput(piece)
		h.s.Next()
	}); n > 0.1 {
		t.Errorf("each further KB of a line without end had memory allocated: %v times", n)
	}
}

// TestServerDots: message data behind a 354, whatever its pieces are.
func TestServerDots(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"an empty message", ".\r\n", ""},
		{"a line", "a\r\n.\r\n", "a\r\n"},
		{"a dot is taken off (RFC 5321 §4.5.2)", "..\r\n.a\r\n...b\r\n.\r\n", ".\r\na\r\n..b\r\n"},
		{"a dot that is not first stays", "a.b\r\nc.\r\n.\r\n", "a.b\r\nc.\r\n"},
		{"LF dot LF ends nothing", "a\n.\nb\r\n.\r\n", "a\n.\nb\r\n"},
		{"LF dot CRLF ends nothing", "a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n"},
		{"CR dot CR ends nothing", "a\r.\rb\r\n.\r\n", "a\r.\rb\r\n"},
		{"CRLF dot LF ends nothing", "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n"},
		{"CRLF dot CR ends nothing", "a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n"},
		{"CR CRLF", "a\r\r\n.\r\n", "a\r\r\n"},
	} {
		in := c.in + "NOOP\r\n"
		for i, parts := range cuts([]byte(in)) {
			h := newHost(t, smtp.ServerConfig{}, nil, transaction...)
			h.line("DATA")
			h.answer(354)
			h.out()
			var got []byte
			ends := 0
			for _, part := range parts {
				h.s.HandleInput(part)
				for ev := h.s.Next(); ev.Kind != smtp.ServerNone; ev = h.s.Next() {
					switch ev.Kind {
					case smtp.ServerContent:
						got = append(got, ev.Data...)
					case smtp.ServerEnd:
						ends++
						h.answer(250)
					case smtp.ServerCommand:
						h.answer(250)
					}
				}
			}
			if string(got) != c.want || ends != 1 || codes(h.out()) != "250 250" {
				t.Errorf("%s, cut at %d: got %q, ended %d times; want %q and NOOP behind it", c.why, i, got, ends, c.want)
			}
		}
	}
}

func TestServerOffers(t *testing.T) {
	h := newHost(t, smtp.ServerConfig{}, nil)
	h.line("EHLO client.example.test")
	h.answer(250)
	want := "250 text\r\n"
	if len(smtp.Table.Keywords) > 1 {
		want = strings.Replace(ehloReply(), "mx.example.test", "text", 1)
	}
	if got := h.out(); got != want {
		t.Errorf("EHLO was answered %q, want %q", got, want)
	}
	h.s.Offer()
	h.line("EHLO client.example.test")
	h.answer(250)
	if got := h.out(); got != "250 text\r\n" {
		t.Errorf("the second EHLO was answered %q, want no offers", got)
	}
}

func TestServerParse(t *testing.T) {
	h := newHost(t, smtp.ServerConfig{}, nil, transaction[:1]...)
	ev := h.line("MAIL FROM:<a@example.test>")
	var m smtp.Mail
	if err := ev.Parse(&m); err != nil || m.From != "a@example.test" {
		t.Errorf("parsed %+v, %v", m, err)
	}
	if err := ev.Parse(&smtp.Rcpt{}); err == nil {
		t.Error("MAIL was parsed as RCPT")
	}
	if err := (smtp.ServerEvent{}).Parse(&m); err == nil {
		t.Error("an event without a command was parsed")
	}
}

func TestServerEnd(t *testing.T) {
	h := newHost(t, smtp.ServerConfig{}, nil, transaction[:1]...)
	h.line("NOOP")
	h.s.HandleEOF()
	if ev := h.s.Next(); ev.Kind != smtp.ServerNone {
		t.Errorf("%v came before the reply that is owed", ev.Kind)
	}
	h.answer(250)
	if ev := h.s.Next(); ev.Kind != smtp.ServerEnded || ev.Err != smtp.ErrClosed {
		t.Errorf("the client went without QUIT: %v, %v", ev.Kind, ev.Err)
	}
	if ev := h.s.Next(); ev.Kind != smtp.ServerNone {
		t.Errorf("the end came twice: %v", ev.Kind)
	}
	h = newHost(t, smtp.ServerConfig{}, nil, "QUIT")
	h.s.HandleEOF()
	if ev := h.s.Next(); ev.Kind != smtp.ServerEnded || ev.Err != nil {
		t.Errorf("behind QUIT: %v, %v; want the end without an error", ev.Kind, ev.Err)
	}
}

// TestServerWrite: a script that misbehaves writes past the checks, and moves
// the session with Settle.
func TestServerWrite(t *testing.T) {
	h := newHost(t, smtp.ServerConfig{}, nil, transaction[:1]...)
	h.line("MAIL FROM:<a@example.test>")
	h.s.Write([]byte("250 ok\n"))
	if err := h.s.Settle(250); err != nil {
		t.Fatal(err)
	}
	if got := h.out(); got != "250 ok\n" || stateName(h.s.State()) != "mailtx" {
		t.Errorf("on the wire %q, state %s", got, stateName(h.s.State()))
	}
	if err := h.s.Settle(250); err == nil {
		t.Error("Settle moved a session that owes nothing")
	}
}
