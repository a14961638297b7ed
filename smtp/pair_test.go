package smtp_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// pair is a client and a server session joined in memory. The server answers
// what it is told to, else with the first positive code of the command; what
// happened is kept as text.
type pair struct {
	t      *testing.T
	client *smtp.Session
	server *smtp.ServerSession
	// codes are replies out of the ordinary: by the command's name, one after
	// the other, 0 for the ordinary one.
	codes map[string][]int
	step  int // octets handed over at a time; 0: all

	log     []string // what the server saw, and what it answered by itself
	content []byte
	events  []smtp.Event
	wire    []byte // of the client
	d       smtp.Delivery
}

func newPair(t *testing.T, lmtp bool, without ...string) *pair {
	p := &pair{
		t:      t,
		client: smtp.NewSession(smtp.Config{LMTP: lmtp}),
		server: smtp.NewServerSession(smtp.ServerConfig{LMTP: lmtp}),
		codes:  map[string][]int{},
	}
	p.server.Offer(offers(without...)...)
	p.say("GREETING")
	p.run()
	p.must(p.client.Hello("client.example.test"))
	p.run()
	p.log, p.events, p.wire = nil, nil, nil
	return p
}

func (p *pair) must(tag smtp.Tag, err error) smtp.Tag {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	return tag
}

// say has the server answer a command.
func (p *pair) say(name string) {
	p.t.Helper()
	code := 0
	if q := p.codes[name]; len(q) > 0 {
		code, p.codes[name] = q[0], q[1:]
	}
	if code == 0 {
		h := host{p.t, p.server}
		code = h.positive(op(name))
	}
	if err := p.server.Reply(code, smtp.EnhancedCode{uint16(code / 100)}, "text"); err != nil {
		p.t.Fatalf("%s: %v", name, err)
	}
}

// run hands octets over in both directions until nothing moves.
func (p *pair) run() {
	p.t.Helper()
	for {
		out := p.client.Take(nil)
		in := p.server.Take(nil)
		if len(out)+len(in) == 0 {
			return
		}
		p.wire = append(p.wire, out...)
		for part := range p.parts(out) {
			p.server.HandleInput(part)
			p.serve()
		}
		for part := range p.parts(in) {
			p.client.HandleInput(part)
			for _, ev := range drain(p.client) {
				p.d.Handle(ev)
				p.events = append(p.events, ev)
			}
		}
	}
}

func (p *pair) parts(b []byte) func(func([]byte) bool) {
	if p.step == 0 {
		return slices.Chunk(b, max(1, len(b)))
	}
	return slices.Chunk(b, p.step)
}

func (p *pair) serve() {
	p.t.Helper()
	for ev := p.server.Next(); ev.Kind != smtp.ServerNone; ev = p.server.Next() {
		c := p.server.Protocol().Commands[ev.Op]
		switch ev.Kind {
		case smtp.ServerCommand:
			p.log = append(p.log, string(ev.Line))
			if c.Payload == smtp.PayloadOctets && (len(p.codes[c.Name]) == 0 || p.codes[c.Name][0] < 400) {
				continue // when its octets are there
			}
			p.say(c.Name)
		case smtp.ServerContent:
			p.content = append(p.content, ev.Data...)
		case smtp.ServerEnd:
			for p.server.Owes() != 0 {
				p.say(c.Name)
			}
		case smtp.ServerRejected:
			p.log = append(p.log, "rejected "+string(ev.Line))
		case smtp.ServerEnded:
			p.log = append(p.log, "ended")
			if ev.Err != nil && !errors.Is(ev.Err, smtp.ErrClosed) {
				p.t.Errorf("the server: %v", ev.Err)
			}
		}
	}
}

// heard checks the commands that the server saw since the last call.
func (p *pair) heard(why string, want ...string) {
	p.t.Helper()
	if !slices.Equal(p.log, want) {
		p.t.Errorf("the server heard %q, want %q: %s", p.log, want, why)
	}
	p.log = nil
}

// got checks the events since the last call.
func (p *pair) got(why string, want ...string) {
	p.t.Helper()
	if got := describe(p.events); !slices.Equal(got, want) {
		p.t.Errorf("events %q, want %q: %s", got, want, why)
	}
	p.events = nil
}

// agree checks that both sides are in one state.
func (p *pair) agree(want string) {
	p.t.Helper()
	if c, s := stateName(p.client.State()), stateName(p.server.State()); c != want || s != want {
		p.t.Errorf("the client is in state %s, the server in %s, want %s", c, s, want)
	}
	if p.client.Facts() != p.server.Facts() {
		p.t.Errorf("the client has facts %b, the server %b", p.client.Facts(), p.server.Facts())
	}
}

// lockStep queues a command and runs until it is answered.
func (p *pair) lockStep(tag smtp.Tag, err error) {
	p.t.Helper()
	p.must(tag, err)
	p.run()
}

// outcomes checks what became of the message.
func (p *pair) outcomes(why, want string) {
	p.t.Helper()
	if got := results(&p.d); got != want {
		p.t.Errorf("outcomes %s, want %s: %s", got, want, why)
	}
}

const dotted = "Subject: dots\r\n\r\n.\r\n..two\r\nend"

// TestPairData: a whole session by DATA, in pieces of every size up to a line.
func TestPairData(t *testing.T) {
	for step := range 30 {
		p := newPair(t, false)
		p.step = step
		p.codes["RCPT"] = []int{0, 550}
		p.d.Reset(2)
		p.lockStep(p.client.Mail("a@example.test", nil))
		p.lockStep(p.client.Rcpt("b@example.test", nil))
		p.lockStep(p.client.Rcpt("c@example.test", nil))
		p.lockStep(p.client.Data())
		p.agree("send_data")
		for i := range dotted {
			if err := p.client.Content([]byte(dotted[i : i+1])); err != nil {
				t.Fatal(err)
			}
			if i%7 == 0 {
				p.run()
			}
		}
		p.lockStep(p.client.EndContent())
		p.agree("ready")
		p.outcomes("one refused", "accepted (250 the message); refused for good (550 RCPT)")
		if want := dotted + "\r\n"; string(p.content) != want {
			t.Errorf("the server got %q, want %q", p.content, want)
		}
		p.lockStep(p.client.Quit())
		p.agree("finished")
		p.heard("all of them", "MAIL FROM:<a@example.test>", "RCPT TO:<b@example.test>", "RCPT TO:<c@example.test>", "DATA", "QUIT")
		p.client.HandleEOF()
		p.server.HandleEOF()
		if ev := p.client.Next(); ev.Kind != smtp.Ended || ev.Err != nil {
			t.Errorf("the client's end: %v, %v", ev.Kind, ev.Err)
		}
		if ev := p.server.Next(); ev.Kind != smtp.ServerEnded || ev.Err != nil {
			t.Errorf("the server's end: %v, %v", ev.Kind, ev.Err)
		}
	}
}

// TestPairAll says each command of the base protocol in the state that it is
// for.
func TestPairAll(t *testing.T) {
	p := newPair(t, false)
	for name, say := range map[string]func() (smtp.Tag, error){
		"NOOP":          func() (smtp.Tag, error) { return p.client.Noop("") },
		"NOOP are you?": func() (smtp.Tag, error) { return p.client.Noop("are you?") },
		"VRFY staff":    func() (smtp.Tag, error) { return p.client.Vrfy("staff") },
		"EXPN staff":    func() (smtp.Tag, error) { return p.client.Expn("staff") },
		"HELP":          func() (smtp.Tag, error) { return p.client.Help("") },
		"HELP MAIL":     func() (smtp.Tag, error) { return p.client.Help("MAIL") },
		"RSET":          func() (smtp.Tag, error) { return p.client.Rset() },
	} {
		p.lockStep(say())
		p.heard("a command and its argument", name)
		p.agree("ready")
	}
	p.lockStep(p.client.Mail("", nil))
	p.heard("the null reverse-path (RFC 5321 §4.5.5)", "MAIL FROM:<>")
	p.lockStep(p.client.Rcpt("postmaster", nil))
	p.heard("postmaster needs no domain (RFC 5321 §4.1.1.3)", "RCPT TO:<postmaster>")
	p.agree("recipient_sent")
	p.lockStep(p.client.Vrfy("staff"))
	p.agree("recipient_sent")
	p.lockStep(p.client.Rset())
	p.agree("ready")
	p.lockStep(p.client.Mail("a@example.test", nil))
	p.lockStep(p.client.Hello("client.example.test"))
	p.agree("ready")
	p.lockStep(p.client.Helo("client.example.test"))
	p.agree("ready")
}

// TestPairRefused: each step of a transaction refused leaves both sides agreed,
// and the next transaction goes well.
func TestPairRefused(t *testing.T) {
	for _, c := range []struct {
		name, state string
		code        int
	}{
		{"MAIL", "ready", 550}, {"RCPT", "mailtx", 450}, {"DATA", "recipient_sent", 554}, {"CONTENT", "ready", 552}, {"RSET", "ready", 0},
	} {
		p := newPair(t, false)
		p.codes[c.name] = []int{c.code}
		steps := []func(){
			func() { p.lockStep(p.client.Mail("a@example.test", nil)) },
			func() { p.lockStep(p.client.Rcpt("b@example.test", nil)) },
			func() { p.lockStep(p.client.Data()) },
			func() { p.lockStep(p.client.EndContent()) },
		}
		for i, name := range []string{"MAIL", "RCPT", "DATA", "CONTENT"} {
			steps[i]()
			if name == c.name {
				break
			}
		}
		p.agree(c.state)
		p.lockStep(p.client.Rset())
		p.agree("ready")
		p.d.Reset(1)
		for _, step := range steps {
			step()
		}
		p.outcomes("the next message", "accepted (250 the message)")
	}
}

// TestPairParameters: parameters come over as they were set, and those of the
// table that carry no value.
func TestPairParameters(t *testing.T) {
	p := newPair(t, false)
	var params smtp.Params
	want := "MAIL FROM:<a@example.test>"
	for _, id := range sampleParams(op("MAIL")) {
		info := &smtp.Table.Params[id]
		params.PutString(id, sampleValue(info))
		want += " " + sampleParam(info)
	}
	p.lockStep(p.client.Mail("a@example.test", &params))
	p.heard("all of them", want)
	p.agree("mailtx")
	p.lockStep(p.client.Rset())
	p.agree("ready")
}

// TestPairSecure: with Secure both sides begin with TLS.
func TestPairSecure(t *testing.T) {
	c := smtp.NewSession(smtp.Config{Secure: true})
	s := smtp.NewServerSession(smtp.ServerConfig{Secure: true})
	if c.Facts() == 0 || c.Facts() != s.Facts() {
		t.Errorf("facts %b and %b, want the fact of TLS", c.Facts(), s.Facts())
	}
	if bytes.Equal(c.AppendKey(nil), smtp.NewSession(smtp.Config{}).AppendKey(nil)) {
		t.Error("a session with TLS has the key of one without")
	}
}
