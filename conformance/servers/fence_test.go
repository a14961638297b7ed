//go:build realservers

package servers_test

import (
	"bufio"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// deliversUnderForeignSender are the servers that, without RSET behind a
// refused message, deliver the next one under the sender of the refused: the
// transaction of the refused message stays open (RFC 3030 §2 lets it), so its
// MAIL is refused and its RCPT and BDAT are not.
var deliversUnderForeignSender = map[string]bool{"exim": true}

// pair are two messages, of which the first goes to nobody there is.
type pair struct{ one, two flightMessage }

type flightMessage struct {
	sender, recipient, mark, content string
}

func newPair(t *testing.T) pair {
	stamp := fmt.Sprint(time.Now().UnixNano())
	message := func(name, recipient string) flightMessage {
		mark := "X-Tabellarius: " + name + "." + stamp
		return flightMessage{
			sender: name + "@client.test", recipient: recipient, mark: mark,
			content: mark + "\r\nFrom: <" + name + "@client.test>\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n" +
				"Message-ID: <" + name + "." + stamp + "@client.test>\r\nSubject: " + name + "\r\n\r\nthis is message " + name + "\r\n",
		}
	}
	return pair{one: message("one", unknown), two: message("two", user)}
}

// tryFence sends both messages in one flight through a session, which demands
// RSET between them: two arrives under its own sender, and one is refused.
func tryFence(t *testing.T, s *server) {
	if !s.offers("CHUNKING") || !s.offers("PIPELINING") {
		t.Logf("%s offers no BDAT behind which a command could follow", s.name)
		return
	}
	p := newPair(t)
	w := dial(t, s)
	w.tag(w.session.Hello("client.test"))
	w.settle()

	var deliveries [2]smtp.Delivery
	of := map[smtp.Tag]*smtp.Delivery{}
	for i, m := range []flightMessage{p.one, p.two} {
		d := &deliveries[i]
		d.Reset(1)
		if i > 0 {
			if _, err := w.session.Mail(m.sender, nil); err == nil {
				t.Error("MAIL was legal behind an unanswered BDAT LAST")
			}
			w.tag(w.session.Rset())
		}
		of[w.tag(w.session.Mail(m.sender, nil))] = d
		of[w.tag(w.session.Rcpt(m.recipient, nil))] = d
		of[w.tag(w.session.Chunk(len(m.content), true))] = d
		if err := w.session.Content([]byte(m.content)); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.session.Awaiting(); n != 7 {
		t.Fatalf("%d commands are queued, expected all 7 in one flight", n)
	}
	writes := w.writes
	for _, ev := range w.settle() {
		if d := of[ev.Tag]; d != nil {
			d.Handle(ev)
		}
	}
	if w.writes != writes+1 {
		t.Errorf("the flight took %d writes, expected 1", w.writes-writes)
	}
	w.tag(w.session.Quit())
	w.settle()

	one, two := deliveries[0].Recipient(0), deliveries[1].Recipient(0)
	t.Logf("with RSET: one is %v (%v), two is %v (%v)", one.Outcome, one.Reply, two.Outcome, two.Reply)
	if one.Outcome != smtp.RefusedForGood || one.Command != "RCPT" || one.Reply.Code != 550 {
		t.Errorf("message one is %v by %d to %s: expected a refusal for good by 550 to RCPT", one.Outcome, one.Reply.Code, one.Command)
	}
	if two.Outcome != smtp.Accepted {
		t.Fatalf("message two is %v, expected accepted: %v", two.Outcome, two.Err())
	}
	got := s.await(t, "tester", p.two.mark)
	got.same(t, []byte(p.two.content))
	if sender := got.field("Return-Path"); sender != "<"+p.two.sender+">" {
		t.Errorf("message two arrived under the sender %s, expected its own, <%s>", sender, p.two.sender)
	}
	if _, ok := s.find(t, "tester", p.one.mark); ok {
		t.Error("message one arrived, though it was refused")
	}
}

// tryNoFence sends both messages in one flight as raw octets, without RSET
// between them: on the servers named above it has to go wrong, or the fence
// that the session keeps there is needed by none that is tested.
func tryNoFence(t *testing.T, s *server) {
	if !s.offers("CHUNKING") || !s.offers("PIPELINING") {
		t.Logf("%s offers no BDAT behind which a command could follow", s.name)
		return
	}
	p := newPair(t)
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	r := textproto.NewReader(bufio.NewReader(conn))
	reply := func() string {
		code, text, err := r.ReadResponse(0)
		if code == 0 {
			t.Fatal(err)
		}
		return fmt.Sprint(code, " ", text)
	}
	reply()
	fmt.Fprint(conn, "EHLO client.test\r\n")
	reply()
	var flight strings.Builder
	for _, m := range []flightMessage{p.one, p.two} {
		fmt.Fprintf(&flight, "MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nBDAT %d LAST\r\n%s", m.sender, m.recipient, len(m.content), m.content)
	}
	fmt.Fprint(conn, flight.String())
	var replies []string
	for range 6 {
		replies = append(replies, reply())
	}
	t.Logf("without RSET: %q", replies)
	fmt.Fprint(conn, "QUIT\r\n")
	reply()
	last := replies[5]
	if !deliversUnderForeignSender[s.name] {
		if last[0] == '2' {
			if got := s.await(t, "tester", p.two.mark).field("Return-Path"); got != "<"+p.two.sender+">" {
				t.Errorf("%s delivered message two under the sender %s: it belongs into deliversUnderForeignSender", s.name, got)
			}
		}
		return
	}
	if last[0] != '2' {
		t.Fatalf("%s answered the second BDAT with %q: expected it to take message two under the sender of one", s.name, last)
	}
	if got := s.await(t, "tester", p.two.mark).field("Return-Path"); got != "<"+p.one.sender+">" {
		t.Errorf("%s delivered message two under %s: expected the sender of message one, without the fence", s.name, got)
	}
}

// A wire is a session on a connection, with nothing between.
type wire struct {
	t       *testing.T
	conn    net.Conn
	session *smtp.Session
	writes  int
	buf     [4096]byte
}

// dial connects and takes the greeting.
func dial(t *testing.T, s *server) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, conn: conn, session: smtp.NewSession(smtp.Config{})}
	w.settle()
	return w
}

// tag passes a command's tag on, and ends the test where there was an error.
func (w *wire) tag(tag smtp.Tag, err error) smtp.Tag {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return tag
}

// settle writes what is queued and reads until all of it is answered.
func (w *wire) settle() (events []smtp.Event) {
	w.t.Helper()
	for {
		if out := w.session.Take(nil); len(out) > 0 {
			w.writes++
			if _, err := w.conn.Write(out); err != nil {
				w.t.Fatal(err)
			}
		}
		if w.session.Awaiting() == 0 {
			return events
		}
		n, err := w.conn.Read(w.buf[:])
		if err != nil {
			w.t.Fatal(err)
		}
		w.session.HandleInput(w.buf[:n])
		for ev := w.session.Next(); ev.Kind != smtp.None; ev = w.session.Next() {
			if ev.Err != nil {
				w.t.Fatal(ev.Err)
			}
			ev.Reply = ev.Reply.Clone()
			events = append(events, ev)
			if ev.Kind == smtp.Ended {
				return events
			}
		}
	}
}
