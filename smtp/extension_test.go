package smtp_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

func (p *peer) hello(lines ...string) {
	p.t.Helper()
	p.must(p.s.Hello("client.example.test"))
	p.flush()
	if events := p.feed(multiline("250", append([]string{"mx.example.test"}, lines...)...)); len(events) != 1 || events[0].Kind != smtp.Replied {
		p.t.Fatalf("EHLO gave %v", describe(events))
	}
}

// TestOffered: each keyword of the table, in any case, and none that was not
// named; what is offered is forgotten with the next EHLO (RFC 5321 §4.1.4) and
// with HELO.
func TestOffered(t *testing.T) {
	for k := 1; k < len(smtp.Table.Keywords); k++ {
		name := smtp.Table.Keywords[k].Name
		for _, line := range []string{name, strings.ToLower(name), name + " x y", name + "  \t"} {
			p := newPeer(t, smtp.Config{})
			p.hello(line)
			for other := range smtp.Table.Keywords {
				if got := p.s.Offered(smtp.Keyword(other)); got != (other == k) {
					t.Errorf("%q: %s offered: %v", line, smtp.Table.Keywords[other].Name, got)
				}
			}
			args, ok := p.s.Extension(smtp.Keyword(k))
			if want := strings.TrimSpace(line[len(name):]); !ok || string(args) != want {
				t.Errorf("%q: behind the keyword stands %q, want %q", line, args, want)
			}
			p.hello()
			if p.s.Offered(smtp.Keyword(k)) || len(slices.Collect(p.s.Offers())) > 0 {
				t.Errorf("%s is still offered behind the second EHLO", name)
			}
			p.hello(line)
			p.must(p.s.Helo("client.example.test"))
			p.flush()
			p.reply("250 mx.example.test")
			if p.s.Offered(smtp.Keyword(k)) {
				t.Errorf("%s is still offered behind HELO", name)
			}
		}
		p := newPeer(t, smtp.Config{Ignore: []smtp.Keyword{smtp.Keyword(k)}})
		if p.s.Offered(smtp.Keyword(k)) {
			t.Errorf("%s is offered though the Config ignores it", name)
		}
		if _, ok := p.s.Extension(smtp.Keyword(k)); ok {
			t.Errorf("%s has arguments though the Config ignores it", name)
		}
		for other := 1; other < len(smtp.Table.Keywords); other++ {
			if other != k && !p.s.Offered(smtp.Keyword(other)) {
				t.Errorf("%s went with %s", smtp.Table.Keywords[other].Name, name)
			}
		}
		for _, line := range []string{name + "X", "X" + name, name + "=x"} {
			p.hello(line)
			if p.s.Offered(smtp.Keyword(k)) {
				t.Errorf("%q counts as %s", line, name)
			}
		}
	}
}

// TestOffers: all lines are kept, known or not; the greeting is none of them; of
// two with one keyword the first counts.
func TestOffers(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	lines := []string{"XFROB a b", "", "8BITMIME first", "8BITMIME second", "x-y-z"}
	p.hello(lines...)
	if got := slices.Collect(p.s.Offers()); !slices.Equal(got, lines) {
		t.Errorf("offers %q, want %q", got, lines)
	}
	if args, ok := p.s.Extension(keyword("8BITMIME")); ok && string(args) != "first" {
		t.Errorf("8BITMIME has %q, want the first line's", args)
	}
	if _, ok := p.s.Extension(0); ok {
		t.Error("no keyword is offered")
	}
	if _, ok := p.s.Extension(smtp.Keyword(len(smtp.Table.Keywords))); ok {
		t.Error("a keyword that the table does not have is offered")
	}
	// A refused EHLO changes nothing.
	p.must(p.s.Hello("client.example.test"))
	p.flush()
	p.reply("550 no")
	if got := slices.Collect(p.s.Offers()); !slices.Equal(got, lines) {
		t.Errorf("behind a refused EHLO offers are %q", got)
	}
}

// TestReset: another connection knows nothing of the one before.
func TestReset(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	p.must(p.s.Mail("a@example.test", nil))
	p.s.HandleInput([]byte("250 unfin"))
	p.s.Fail(smtp.ErrPermanent)
	p.s.Reset(smtp.Config{})
	if got, want := key(p.s), key(smtp.NewSession(smtp.Config{})); got != want {
		t.Errorf("behind Reset the session is not as a new one:\n%q\n%q", got, want)
	}
	p.reply("220 mx.example.test")
	p.hello()
	for k := range smtp.Table.Keywords {
		if p.s.Offered(smtp.Keyword(k)) {
			t.Errorf("%s is offered from before", smtp.Table.Keywords[k].Name)
		}
	}
}
