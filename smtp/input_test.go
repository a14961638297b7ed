package smtp_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// noop is a session that awaits the reply to NOOP.
func noop(t *testing.T, limits smtp.Limits) *peer {
	p := newPeer(t, smtp.Config{Limits: limits})
	p.must(p.s.Noop(""))
	p.flush()
	return p
}

// TestLimits: what is at a limit is taken, what is one over it ends the session,
// cut anywhere.
func TestLimits(t *testing.T) {
	line := func(n int) string { return "250 " + strings.Repeat("x", n-6) + "\r\n" }
	lines := func(n int) string { return strings.Repeat("250-x\r\n", n-1) + "250 x\r\n" }
	for _, c := range []struct {
		what   string
		limits smtp.Limits
		in     string
		within bool
	}{
		{"a line at the limit", smtp.Limits{ReplyLine: 512}, line(512), true},
		{"a line over the limit", smtp.Limits{ReplyLine: 512}, line(513), false},
		{"a line at the default limit", smtp.Limits{}, line(12288), true},
		{"a line over the default limit", smtp.Limits{}, line(12289), false},
		{"lines at the limit", smtp.Limits{ReplyLines: 80}, lines(80), true},
		{"lines over the limit", smtp.Limits{ReplyLines: 80}, lines(81), false},
		{"lines at the default limit", smtp.Limits{}, lines(256), true},
		{"lines over the default limit", smtp.Limits{}, lines(257), false},
		{"octets at the limit", smtp.Limits{ReplyBytes: 1400}, lines(200), true},
		{"octets over the limit", smtp.Limits{ReplyBytes: 1399}, lines(200), false},
	} {
		step := max(1, len(c.in)/50)
		for at := 0; at < len(c.in); at += step {
			// The limits hold for the EHLO reply too, which is short enough.
			p := noop(t, c.limits)
			events := append(p.feed(c.in[:at]), p.feed(c.in[at:])...)
			if got := len(events) == 1 && events[0].Kind == smtp.Replied; got != c.within {
				t.Fatalf("%s, cut at %d: %v, want it taken: %v", c.what, at, describe(events), c.within)
			}
			if !c.within {
				broke(t, p.s, c.what)
			}
		}
	}
}

// TestInputBounded: a server that sends without end does not fill memory,
// whatever it sends, and neither does one that goes on behind the end.
func TestInputBounded(t *testing.T) {
	for what, piece := range map[string][]byte{
		"a line without end":  bytes.Repeat([]byte("250 "), 1<<10),
		"a reply without end": bytes.Repeat([]byte("250-x\r\n"), 1<<10),
	} {
		p := noop(t, smtp.Limits{})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 4096 { // 16 MB and more
			p.s.HandleInput(piece)
			p.s.Next()
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d octets of memory were asked for", what, n)
		}
		broke(t, p.s, what)
	}
}

func TestEnd(t *testing.T) {
	p := noop(t, smtp.Limits{})
	p.s.HandleInput([]byte("250 ok\r\n250 unfini"))
	p.s.HandleEOF()
	events := drain(p.s)
	if len(events) != 2 || events[0].Kind != smtp.Replied || events[1].Err != smtp.ErrClosed {
		t.Errorf("a connection that died gave %v; want what came before, and ErrClosed", describe(events))
	}
	sticky(t, p.s)

	p = newPeer(t, smtp.Config{})
	p.must(p.s.Quit())
	p.flush()
	p.reply("221 bye")
	p.s.HandleEOF()
	if events = drain(p.s); len(events) != 1 || events[0].Kind != smtp.Ended || events[0].Err != nil {
		t.Errorf("behind QUIT: %v, want the end without an error", describe(events))
	}

	p = noop(t, smtp.Limits{})
	p.s.Fail(smtp.ErrPermanent)
	p.s.Fail(smtp.ErrTemporary)
	if events = drain(p.s); len(events) != 1 || events[0].Err != smtp.ErrPermanent {
		t.Errorf("Fail gave %v, want the first error", describe(events))
	}
	sticky(t, p.s)
}

// TestUnasked: a reply that nothing waits for, and one that comes too early,
// break the protocol; a 421 is borne (RFC 5321 §3.8).
func TestUnasked(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	p.feed("250 nobody asked\r\n")
	broke(t, p.s, "no command waits for a reply")

	p = newPeer(t, smtp.Config{})
	p.must(p.s.Noop(""))
	p.feed("250 too early\r\n")
	broke(t, p.s, "NOOP had not been written")

	p = newPeer(t, smtp.Config{})
	ev := p.reply("421 going down")
	if ev.Kind != smtp.Closing || !p.s.Closing() {
		t.Errorf("421 gave %v", describe([]smtp.Event{ev}))
	}
	if _, err := p.s.Mail("a@example.test", nil); err == nil {
		t.Error("a transaction was begun behind 421")
	}
	p.must(p.s.Quit())
	p.wants("QUIT is possible", "QUIT\r\n")
	p.reply("221 bye")
	p.in("QUIT was answered", "finished")
}

// TestRefusedUnderWay: a server that refuses message data before its end was
// written; the end never goes out.
func TestRefusedUnderWay(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	p.transaction()
	if err := p.s.Content([]byte("first line\r\n")); err != nil {
		t.Fatal(err)
	}
	p.flush()
	if err := p.s.Content([]byte("second line\r\n")); err != nil {
		t.Fatal(err)
	}
	ev := p.reply("552 too big")
	if ev.Kind != smtp.Replied || ev.Role != smtp.RoleContent || !p.s.Halted() {
		t.Fatalf("552 gave %v, halted %v", describe([]smtp.Event{ev}), p.s.Halted())
	}
	if err := p.s.Content([]byte("x")); err == nil {
		t.Error("more content was taken")
	}
	if _, err := p.s.EndContent(); err == nil {
		t.Error("the end was taken")
	}
	if _, err := p.s.Rset(); err == nil {
		t.Error("RSET was taken, though it would be read as content")
	}
	p.wants("the octets that end the message never go out", "")
	if events := p.feed("421 bye\r\n"); len(events) != 0 {
		t.Errorf("behind it came %v", describe(events))
	}
	p.s.HandleEOF()
	if events := drain(p.s); len(events) != 1 || events[0].Kind != smtp.Ended {
		t.Errorf("the end gave %v", describe(events))
	}
}
