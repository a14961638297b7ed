package smtp_test

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/fuzz/typed"
	"github.com/tabellarius/tabellarius/smtp"
)

// player plays a conversation.
type player struct {
	t      *testing.T
	c      *conversation
	client *smtp.Session
	server *smtp.ServerSession
	d      smtp.Delivery

	wire     []byte         // what the client has to have written in this flight
	chunk    int            // octets that the chunk under way still lacks
	queued   []smtp.Command // what the server has to read
	last     smtp.Command   // the command of the line before, for its "="
	rejected int            // lines that the server answered by itself, not yet passed in the file
}

func play(t *testing.T, c *conversation) {
	p := &player{
		t: t, c: c,
		client: smtp.NewSession(smtp.Config{LMTP: c.lmtp, Secure: c.secure}),
		server: smtp.NewServerSession(smtp.ServerConfig{LMTP: c.lmtp, Secure: c.secure}),
	}
	if c.assume != "" {
		p.must(c.steps[0], p.client.Assume([]byte(c.assume)))
	}
	for i := 0; i < len(c.steps); i++ {
		s := c.steps[i]
		switch s.kind {
		case "C":
			p.says(i)
		case "x C":
			p.server.HandleInput([]byte(s.text + "\r\n"))
			if p.pump(); p.rejected != 1 {
				p.fatal(s, "the server takes %q, which was said to be no command", s.text)
			}
			p.rejected = 0
			p.server.Take(nil)
		case "=":
			p.means(s)
		case "octets":
			n, _ := strconv.Atoi(s.text)
			p.content(s, bytes.Repeat([]byte("x"), n))
		case "S", "s":
			from := i
			for len(s.text) > 3 && s.text[3] == '-' && i+1 < len(c.steps) && c.steps[i+1].kind == s.kind {
				i++
				s = c.steps[i]
			}
			p.answers(c.steps[from : i+1])
		case "offers":
			p.offers(s)
		case "tls":
			p.must(s, p.client.HandleTLS())
			p.must(s, p.server.HandleTLS())
		case "lost":
			p.flush(s)
			p.client.HandleEOF()
			for _, ev := range drain(p.client) {
				p.d.Handle(ev)
				if ev.Kind == smtp.Ended {
					p.d.Cut(false, ev.Err)
				}
			}
			return
		case "result":
			if got := results(&p.d); got != s.text {
				p.fatal(s, "the recipients are %s, want %s", got, s.text)
			}
		}
	}
	end := c.steps[len(c.steps)-1]
	p.flush(end)
	p.must(end, p.client.Err())
	p.must(end, p.server.Err())
	if len(p.queued) > 0 {
		p.pump()
	}
	if len(p.queued) > 0 {
		p.fatal(end, "the server did not read %+v", p.queued[0])
	}
}

func (p *player) fatal(s step, format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("%s:%d: "+format, append([]any{p.c.file, s.n}, args...)...)
}

func (p *player) must(s step, err error) {
	p.t.Helper()
	if err != nil {
		p.fatal(s, "%v", err)
	}
}

// says has the client say a line of the file: a command, or content.
func (p *player) says(i int) {
	p.t.Helper()
	s := p.c.steps[i]
	if p.chunk > 0 {
		p.content(s, []byte(s.text+"\r\n"))
		return
	}
	void := len(p.wire) == 0 && string(p.client.Pending()) == ".\r\n"
	if smtp.Table.States[p.client.Assumed()].Awaits == smtp.AwaitContent || void {
		p.wire = append(p.wire, s.text+"\r\n"...)
		switch {
		case void: // an empty end, which the session says by itself
			if s.text != "." {
				p.fatal(s, "expected the empty end of a message, got %q", s.text)
			}
		case s.text == ".":
			_, err := p.client.EndContent()
			p.must(s, err)
		default:
			p.must(s, p.client.Content([]byte(strings.TrimPrefix(s.text, ".")+"\r\n")))
		}
		return
	}
	p.wire = append(p.wire, s.text+"\r\n"...)
	c := p.command(s)
	follows := i+1 < len(p.c.steps) && p.c.steps[i+1].kind == "C" || i+2 < len(p.c.steps) && p.c.steps[i+1].kind == "=" && p.c.steps[i+2].kind == "C"
	info := &smtp.Table.Commands[c.Op()]
	if info.Role == smtp.RoleSender {
		n := 0
		for _, s := range p.c.steps[i+1:] {
			if s.kind == "C" && strings.HasPrefix(s.text, "MAIL") {
				break
			}
			if s.kind == "C" && strings.HasPrefix(s.text, "RCPT") {
				n++
			}
		}
		p.d.Reset(n)
	}
	var err error
	switch info.Role {
	case smtp.RoleChunk, smtp.RoleLastChunk:
		p.chunk = int(reflect.ValueOf(c).Elem().FieldByName("Size").Uint())
		_, err = p.client.Chunk(p.chunk, info.Role == smtp.RoleLastChunk)
	case smtp.RoleAuth:
		v := reflect.ValueOf(c).Elem()
		_, err = p.client.Authenticate(v.FieldByName("Mechanism").String(), v.FieldByName("Initial").Bytes(), follows)
	default:
		_, err = p.client.Do(c)
	}
	p.must(s, err)
	p.queued, p.last = append(p.queued, c), c
	if next := i + 1; (info.Keyword != 0 || hasParams(c)) && (next == len(p.c.steps) || p.c.steps[next].kind != "=") {
		p.fatal(s, "expected a line with what the command means in Go: = %s", typedText(c))
	}
}

// command reads a line into the type of a command that may be said now, with
// parameters that went through their types.
func (p *player) command(s step) (found smtp.Command) {
	p.t.Helper()
	why := error(nil)
	for _, c := range typed.Commands {
		info := &smtp.Table.Commands[c.Op()]
		c = reflect.New(reflect.TypeOf(c).Elem()).Interface().(smtp.Command)
		if err := smtp.ParseCommand(smtp.Table, []byte(s.text), c); err != nil {
			if info.Verb != "" && strings.HasPrefix(s.text, info.Verb) {
				why = err
			}
			continue
		}
		if err := p.client.Allows(c.Op()); err != nil {
			if info.Verb != "" {
				why = err
			}
			continue
		}
		if found == nil || info.Tail != "" {
			found = c
		}
	}
	if found == nil {
		p.fatal(s, "no command that may be said now is %q: %v", s.text, why)
	}
	if f := paramsField(found); f.IsValid() && !f.IsNil() {
		again := new(smtp.Params)
		for id, value := range f.Interface().(*smtp.Params).All() {
			again.Put(id, throughType(p.t, id, value))
		}
		f.Set(reflect.ValueOf(again))
	}
	return found
}

// content has the client give octets of the chunk under way.
func (p *player) content(s step, octets []byte) {
	p.t.Helper()
	if len(octets) > p.chunk {
		p.fatal(s, "%d octets more than the chunk declared", len(octets)-p.chunk)
	}
	p.must(s, p.client.Content(octets))
	p.chunk -= len(octets)
	p.wire = append(p.wire, octets...)
}

// means checks what the command of the line before is in Go.
func (p *player) means(s step) {
	p.t.Helper()
	if got := typedText(p.last); got != s.text {
		p.fatal(s, "the line before means\n  %s, want\n  %s", got, s.text)
	}
}

// flush checks what the client wrote, and hands it to the server.
func (p *player) flush(s step) {
	p.t.Helper()
	out := p.client.Take(nil)
	if diff := cmp.Diff(string(p.wire), string(out)); diff != "" {
		p.fatal(s, "before this line the client has to write (-), and writes (+):\n%s", diff)
	}
	p.server.HandleInput(out)
	p.wire = nil
}

// pump lets the server read up to what needs a reply.
func (p *player) pump() {
	p.t.Helper()
	for ev := p.server.Next(); ev.Kind != smtp.ServerNone; ev = p.server.Next() {
		switch ev.Kind {
		case smtp.ServerRejected:
			p.rejected++
			if len(p.queued) > 0 && string(ev.Line) != "." {
				p.queued = p.queued[1:]
			}
		case smtp.ServerCommand:
			if len(p.queued) == 0 {
				p.t.Fatalf("%s: the server read %q, which nobody said", p.c.file, ev.Line)
			}
			want := p.queued[0]
			p.queued = p.queued[1:]
			got := reflect.New(reflect.TypeOf(want).Elem()).Interface().(smtp.Command)
			if err := ev.Parse(got); err != nil {
				p.t.Fatalf("%s: the server can't read %q: %v", p.c.file, ev.Line, err)
			}
			if diff := cmp.Diff(typedText(want), typedText(got)); diff != "" {
				p.t.Fatalf("%s: of %q the client (-) and the server (+) make different things:\n%s", p.c.file, ev.Line, diff)
			}
		}
	}
}

// answers has the server give a reply, and the client read it.
func (p *player) answers(reply []step) {
	p.t.Helper()
	first, last := reply[0], reply[len(reply)-1]
	p.flush(first)
	p.pump()
	code, err := strconv.Atoi(first.text[:min(3, len(first.text))])
	if err != nil {
		p.fatal(first, "expected a reply, got %q", first.text)
	}
	var texts []string
	input := ""
	for _, s := range reply {
		texts = append(texts, s.text[min(4, len(s.text)):])
		input += s.text
		if len(s.text) == 3 {
			input += " "
		}
		input += "\r\n"
	}
	if first.kind == "s" {
		p.another(first, code)
	} else if p.rejected > 0 {
		p.fatal(first, "the server answered by itself: %q", p.server.Take(nil))
	} else if got, want := p.reply(first, code, texts), p.listed(input); got != want {
		p.fatal(last, "the server says %q, want %q", got, want)
	}
	p.client.HandleInput([]byte(input))
	events := drain(p.client)
	if len(events) != 1 || events[0].Kind != smtp.Replied && events[0].Kind != smtp.Challenge {
		p.fatal(last, "the client makes of it %q, want one reply", describe(events))
	}
	ev := events[0]
	p.d.Handle(ev)
	text := strings.Join(texts, "\n")
	if e := ev.Reply.Enhanced.String(); e != "" {
		text = strings.ReplaceAll(strings.TrimPrefix(text, e+" "), "\n"+e+" ", "\n")
	}
	if ev.Reply.Code != code || ev.Reply.Text() != text {
		p.fatal(last, "the client reads %d %q, want %d %q", ev.Reply.Code, ev.Reply.Text(), code, text)
	}
}

// another is a reply that the server of this library does not give: it refused
// the command by itself, or the table does not list the code for servers.
func (p *player) another(s step, code int) {
	p.t.Helper()
	if p.rejected > 0 {
		p.rejected--
		p.server.Take(nil)
		return
	}
	if err := p.server.Reply(code, smtp.EnhancedCode{}, "text"); err == nil {
		p.fatal(s, "the server of this library says this too: write S:")
	}
	for _, r := range smtp.Table.Commands[p.server.Owes()].Replies {
		if int(r.Min)/100 == code/100 && p.server.Settle(int(r.Min)) == nil {
			return
		}
	}
	p.fatal(s, "the server has no reply of this class")
}

// reply has the server answer, and gives what it writes.
func (p *player) reply(s step, code int, texts []string) string {
	p.t.Helper()
	owed := p.server.Owes()
	var enhanced smtp.EnhancedCode
	if len(texts) > 0 && code/100 != 3 {
		if k := keyword("ENHANCEDSTATUSCODES"); k != 0 && p.client.Offered(k) && smtp.Table.Commands[owed].Role != smtp.RoleHello {
			enhanced = cutEnhanced(texts)
		}
	}
	if smtp.Table.Commands[owed].Role == smtp.RoleHello && code == 250 {
		p.server.Offer(offered(texts[1:])...)
		texts = texts[:1]
	}
	p.must(s, p.server.Reply(code, enhanced, strings.Join(texts, "\n")))
	return string(p.server.Take(nil))
}

// listed is a reply without the lines of EHLO keywords that the table does not
// have: a server of this library can't offer them.
func (p *player) listed(input string) string {
	if smtp.Table.Commands[p.client.Op(smtp.RoleHello)].Name == "" || !strings.HasPrefix(input, "250-") || p.client.Awaiting() == 0 || p.client.Last() != p.client.Op(smtp.RoleHello) {
		return input
	}
	lines := strings.Split(strings.TrimSuffix(input, "\r\n"), "\r\n")
	kept := []string{lines[0][4:]}
	for _, l := range lines[1:] {
		if word, _, _ := strings.Cut(l[4:], " "); keyword(word) != 0 {
			kept = append(kept, l[4:])
		}
	}
	return multiline("250", kept...)
}

// offers checks what a keyword's value is in Go.
func (p *player) offers(s step) {
	p.t.Helper()
	name, want, _ := strings.Cut(s.text, " ")
	args, ok := p.client.Extension(keyword(name))
	if !ok {
		p.fatal(s, "%s is not offered", name)
	}
	for _, key := range typed.Keywords {
		k := reflect.ValueOf(key)
		if smtp.Keyword(k.FieldByName("Keyword").Uint()) != keyword(name) {
			continue
		}
		a := smtp.NewArgs(smtp.Table, 0, args)
		v := k.FieldByName("Parse").Call([]reflect.Value{reflect.ValueOf(a)})[0]
		if got := valueText(v); a.Err() != nil || got != want {
			p.fatal(s, "what stands behind it is %s (%v), want %s", got, a.Err(), want)
		}
		return
	}
}
