package smtp_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

// walk leads a session somewhere at random: commands, pieces of content, replies,
// input in pieces. It is how the properties below get about.
type walk struct {
	s       *smtp.Session
	pending []byte // of a reply that was cut
}

func newWalk(t *rapid.T) *walk {
	w := &walk{s: smtp.NewSession(smtp.Config{LMTP: rapid.IntRange(0, 3).Draw(t, "lmtp") == 0 && hasLMTP, Limits: smtp.Limits{Outstanding: 6}})}
	depth := rapid.IntRange(0, 4).Draw(t, "depth")
	lead := func(reply string, _ smtp.Tag, err error) {
		if err != nil {
			t.Fatal(err)
		}
		w.s.Take(nil)
		w.feed([]byte(reply))
	}
	if depth > 0 {
		w.feed([]byte("220 mx.example.test\r\n"))
		tag, err := w.s.Hello("client.example.test")
		lead(ehloReply(), tag, err)
	}
	if depth > 2 {
		tag, err := w.s.Mail("a@example.test", nil)
		lead("250 ok\r\n", tag, err)
		tag, err = w.s.Rcpt("b@example.test", nil)
		lead("250 ok\r\n", tag, err)
	}
	return w
}

func (w *walk) feed(in []byte) {
	w.s.HandleInput(in)
	drain(w.s)
}

// step does one thing that a caller or a server may do.
func (w *walk) step(t *rapid.T) {
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0, 1, 2, 3:
		w.command(t)
	case 4, 5:
		w.s.Take(nil)
	case 6:
		if smtp.Table.States[w.s.State()].Awaits == smtp.AwaitTLS && len(w.pending) == 0 && w.s.Err() == nil {
			if err := w.s.HandleTLS(); err != nil {
				t.Fatal(err)
			}
			return
		}
		fallthrough
	default:
		if len(w.pending) == 0 {
			w.pending = []byte(rapid.SampledFrom([]string{"250 ok", "250 ok", "250 ok", "550 no", "354 go on", "235 yes", "334 ", "220 ok", "421 bye", "221 bye"}).Draw(t, "reply") + "\r\n")
			if w.s.State() == 1 {
				w.pending = []byte(ehloReply())
			}
		}
		n := len(w.pending)
		if rapid.IntRange(0, 4).Draw(t, "cut") == 0 {
			n = rapid.IntRange(0, n).Draw(t, "at")
		}
		w.feed(w.pending[:n])
		w.pending = w.pending[n:]
	}
}

// command queues something, with bad arguments at times, and gives its tag, or the error; a piece of
// content has no tag.
func (w *walk) command(t *rapid.T) (tag smtp.Tag, err error) {
	arg := rapid.SampledFrom([]string{"a@example.test", "a@example.test", "a@example.test", "a@example.test", "", "bad\r\nRSET", "\xc3\xa9@example.test"}).Draw(t, "argument")
	switch rapid.IntRange(0, 14).Draw(t, "command") {
	case 0:
		tag, err = w.s.Hello(arg)
	case 1, 2:
		tag, err = w.s.Mail(arg, nil)
	case 3, 4:
		tag, err = w.s.Rcpt(arg, nil)
	case 5:
		tag, err = w.s.Data()
	case 6:
		tag, err = w.s.Chunk(rapid.IntRange(-1, 3).Draw(t, "size"), rapid.Bool().Draw(t, "last"))
	case 7:
		err = w.s.Content([]byte(rapid.SampledFrom([]string{"", "a", ".\r", "\n", "a\rb", "ab\r\n.cd"}).Draw(t, "content")))
	case 8:
		tag, err = w.s.EndContent()
	case 9:
		tag, err = w.s.Authenticate(rapid.SampledFrom([]string{"PLAIN", "NONE", "a b"}).Draw(t, "mechanism"), []byte("x"), rapid.Bool().Draw(t, "final"))
	case 10:
		var response []byte
		if rapid.Bool().Draw(t, "response") {
			response = []byte("x")
		}
		tag, err = w.s.Line(response)
	case 11:
		tag, err = w.s.Rset()
	case 12:
		tag, err = w.s.UpgradeTLS()
	case 13:
		tag, err = w.s.Vrfy(arg)
	case 14:
		tag, err = w.s.Do(sample{smtp.Op(rapid.IntRange(0, len(smtp.Table.Commands)).Draw(t, "op"))})
	}
	return tag, err
}

// TestRefusalChangesNothing: a command that returns an error has queued and
// moved nothing.
func TestRefusalChangesNothing(t *testing.T) {
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		w := newWalk(t)
		for range rapid.IntRange(0, 25).Draw(t, "steps") {
			w.step(t)
			before, awaiting, pending := key(w.s), w.s.Awaiting(), string(w.s.Pending())
			if _, err := w.command(t); err != nil {
				refused++
				if key(w.s) != before || w.s.Awaiting() != awaiting || string(w.s.Pending()) != pending {
					t.Fatalf("%v, and yet the session changed", err)
				}
			}
		}
	})
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

// TestUnqueue: taking commands back is the inverse of queueing them, as long as
// none of their octets was handed out; else it is an error and changes nothing.
func TestUnqueue(t *testing.T) {
	back := 0
	check := func(t *rapid.T) {
		w := newWalk(t)
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			w.step(t)
		}
		if content := w.s.Op(smtp.RoleContent); w.s.Err() != nil || smtp.Table.Commands[content].In.Has(w.s.State()) && w.s.Allows(content) != nil {
			return // over, or a message is under way, which is taken back as a whole
		}
		var tags []smtp.Tag
		var keys []string // in front of each
		handedOut := false
		for range rapid.IntRange(1, 5).Draw(t, "commands") {
			here := key(w.s)
			tag, err := w.command(t)
			switch {
			case err != nil:
				continue
			case tag == 0 && len(tags) == 0:
				return // what belongs to a command before
			case tag > 0:
				tags = append(tags, tag)
				keys = append(keys, here)
			}
			if rapid.IntRange(0, 6).Draw(t, "take") == 0 && len(w.s.Take(nil)) > 0 {
				handedOut = true
			}
		}
		if len(tags) == 0 {
			return
		}
		i := rapid.IntRange(0, len(tags)-1).Draw(t, "from")
		queued := key(w.s)
		err := w.s.Unqueue(tags[i])
		switch {
		case err != nil && !handedOut:
			t.Fatalf("%v, though nothing was handed out", err)
		case err != nil && key(w.s) != queued:
			t.Fatalf("%v, and yet the session changed", err)
		case err != nil:
		case !handedOut && key(w.s) != keys[i]:
			t.Fatalf("taken back to %d of %d, and yet the session is not as before:\n%q\n%q", i, len(tags), keys[i], key(w.s))
		default:
			back++
			if tag, err := w.command(t); err == nil && tag > 0 && tag != tags[i] {
				t.Fatalf("the next tag is %d, want %d once more", tag, tags[i])
			}
		}
	}
	rapid.Check(t, check)
	for tries := 0; back == 0 && tries < 50; tries++ { // -short checks little at a time
		rapid.Check(t, check)
	}
	if back == 0 {
		t.Error("nothing was taken back")
	}
}

// TestUnqueueTaken: a command that was handed out can't be taken back.
func TestUnqueueTaken(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	tag := p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	before := key(p.s)
	var wrong *smtp.StateError
	if err := p.s.Unqueue(tag); !errors.As(err, &wrong) || key(p.s) != before {
		t.Errorf("%v, want a StateError and nothing changed", err)
	}
	if err := p.s.Unqueue(tag + 1); err != nil || key(p.s) != before {
		t.Errorf("what was never queued: %v, want nothing to be done", err)
	}
}

// TestUnqueueContent: message data of which a part was handed out can't be taken
// back; nor can the 354 that asked for it.
func TestUnqueueContent(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	p.transaction()
	before := key(p.s)
	if err := p.s.Content([]byte("a\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := p.s.Unqueue(p.must(p.s.EndContent())); err != nil || key(p.s) != before {
		t.Errorf("none of it was handed out: %v, want the session as before", err)
	}
	if err := p.s.Content([]byte("a\r\n")); err != nil {
		t.Fatal(err)
	}
	p.flush()
	tag := p.must(p.s.EndContent())
	queued := key(p.s)
	if err := p.s.Unqueue(tag); err == nil || key(p.s) != queued {
		t.Errorf("the first line was handed out: %v, want an error and nothing changed", err)
	}
	p.wants("the end of the message", ".\r\n")
}

// TestClone: what is done to a clone does not show in the session, nor the other
// way round, and both go the same way if they are told the same.
func TestClone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWalk(t)
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			w.step(t)
		}
		c := &walk{s: w.s.Clone(), pending: append([]byte(nil), w.pending...)}
		before := key(w.s)
		if key(c.s) != before {
			t.Fatal("the clone differs")
		}
		for range rapid.IntRange(1, 10).Draw(t, "steps of the clone") {
			c.step(t)
		}
		if key(w.s) != before {
			t.Fatal("what was done to the clone shows in the session")
		}
		again := w.s.Clone()
		in := []byte(rapid.SampledFrom([]string{"250 ok\r\n", "550 no\r\n", "354 go on\r\n"}).Draw(t, "reply"))
		w.s.HandleInput(in)
		again.HandleInput(in)
		if a, b := fmt.Sprint(describe(drain(w.s))), fmt.Sprint(describe(drain(again))); a != b || key(w.s) != key(again) {
			t.Fatalf("told the same, one gave %s, the other %s", a, b)
		}
	})
}

// TestCloneOffers: what one learns from an EHLO does not show in the other, nor
// what one queues.
func TestCloneOffers(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	p.s.Take(make([]byte, 0, 1024)) // room for more, which a clone may not share
	tag := p.must(p.s.Noop("first"))
	c := &peer{t, p.s.Clone()}
	if err := c.s.Unqueue(tag); err != nil {
		t.Fatal(err)
	}
	c.must(c.s.Noop("other"))
	p.wants("of the session", "NOOP first\r\n")
	c.wants("of the clone", "NOOP other\r\n")
	p.reply("250 ok")
	c.reply("250 ok")
	learnt := func() (all []string) {
		for k := range smtp.Table.Keywords {
			args, ok := p.s.Extension(smtp.Keyword(k))
			all = append(all, fmt.Sprintf("%s %v", args, ok))
		}
		return all
	}
	want, before := learnt(), key(p.s)
	c.hello("X", "8BITMIME and more", "SIZE 7", "AUTH OTHER")
	if got := learnt(); !slices.Equal(got, want) {
		t.Errorf("behind the clone's EHLO the session knows %q, before it %q", got, want)
	}
	c.hello()
	if key(p.s) != before {
		t.Error("the clone's EHLO shows in the session")
	}
}

// TestTaken: a command counts as taken with its last octet.
func TestTaken(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	tag := p.must(p.s.Mail("a@example.test", nil))
	if p.s.Taken(tag) || p.s.Taken(tag+1) {
		t.Error("taken before Take")
	}
	p.flush()
	if !p.s.Taken(tag) || p.s.Taken(tag+1) {
		t.Error("not taken behind Take, or more than was queued")
	}
	p.reply("250 ok")
	if !p.s.Taken(tag) {
		t.Error("not taken when it was answered")
	}
}

// TestOutstanding: no more commands than the limit await their replies.
func TestOutstanding(t *testing.T) {
	p := newPeer(t, smtp.Config{Limits: smtp.Limits{Outstanding: 5}})
	p.must(p.s.Mail("a@example.test", nil))
	want := 1
	if keyword("PIPELINING") != 0 {
		want = 5
	}
	for i := range 10 {
		if _, err := p.s.Rcpt("b"+strconv.Itoa(i)+"@example.test", nil); err != nil {
			break
		}
	}
	if p.s.Awaiting() != want || want == 5 && p.s.Room() != 0 {
		t.Errorf("%d outstanding, room for %d; want %d outstanding", p.s.Awaiting(), p.s.Room(), want)
	}
}

// TestUnqueueKeepsClosing: what is taken back behind a 421 does not take the
// 421 back.
func TestUnqueueKeepsClosing(t *testing.T) {
	s := smtp.NewSession(smtp.Config{})
	feed := func(text string) {
		s.HandleInput([]byte(text))
		for ev := s.Next(); ev.Kind != smtp.None; ev = s.Next() {
		}
	}
	feed("220 mx\r\n")
	s.Hello("client.example.test")
	s.Take(nil)
	feed("250-mx\r\n250 PIPELINING\r\n")
	s.Mail("a@example.test", nil)
	tag, _ := s.Rcpt("b@example.test", nil)
	feed("421 closing\r\n")
	if err := s.Unqueue(tag); err != nil {
		t.Fatal(err)
	}
	if err := s.Allows(smtp.OpRcpt); err == nil {
		t.Error("RCPT is allowed behind a 421")
	}
}
