package smtp_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

// events reads events written as "MAIL 250", "RCPT 550 late", "END 250 more",
// "closing 421": what a session would give for one message. The Reply of each
// comes out of a session, so that it has a text.
func events(t testing.TB, script string) []smtp.Event {
	t.Helper()
	roles := map[string]smtp.Role{
		"MAIL": smtp.RoleSender, "RCPT": smtp.RoleRecipient, "DATA": smtp.RoleData,
		"BDAT": smtp.RoleChunk, "LAST": smtp.RoleLastChunk, "END": smtp.RoleContent, "RSET": smtp.RoleReset,
	}
	var all []smtp.Event
	for _, text := range strings.Split(script, ", ") {
		if text == "" {
			continue
		}
		words := strings.Fields(text)
		code, err := strconv.Atoi(words[1])
		if err != nil {
			t.Fatal(err)
		}
		ev := smtp.Event{Kind: smtp.Replied, Role: roles[words[0]], Temporary: code < 500, Reply: replyOf(t, words[1]+" "+text)}
		if words[0] == "closing" {
			ev.Kind = smtp.Closing
		}
		ev.Late = slices.Contains(words, "late")
		ev.More = slices.Contains(words, "more")
		all = append(all, ev)
	}
	return all
}

// replyOf makes a Reply of a line.
func replyOf(t testing.TB, line string) smtp.Reply {
	t.Helper()
	s := smtp.NewSession(smtp.Config{})
	s.HandleInput([]byte("220 mx.example.test\r\n"))
	s.Next()
	if _, err := s.Vrfy("x"); err != nil {
		t.Fatal(err)
	}
	s.Take(nil)
	s.HandleInput([]byte(line + "\r\n"))
	ev := s.Next()
	if ev.Kind == smtp.Ended { // a code that VRFY can't have
		s = smtp.NewSession(smtp.Config{})
		s.HandleInput([]byte(line + "\r\n"))
		ev = s.Next()
	}
	if ev.Kind == smtp.Ended {
		return smtp.Reply{Code: 354}
	}
	return ev.Reply.Clone()
}

// TestDelivery: each outcome and its cause. cut is "" where replies may still
// come, else "short" or "ended".
func TestDelivery(t *testing.T) {
	dead := errors.New("the connection is dead")
	for _, c := range []struct {
		why    string
		n      int
		script string
		cut    string
		want   string // of each recipient: outcome (code command)
	}{
		{"nothing came yet", 1, "", "", "pending"},
		{"accepted by DATA", 1, "MAIL 250, RCPT 250, DATA 354, END 250", "", "accepted (250 the message)"},
		{"accepted by BDAT", 1, "MAIL 250, RCPT 251, BDAT 250, LAST 250", "", "accepted (250 the message)"},
		{"the content is awaited", 1, "MAIL 250, RCPT 250, DATA 354", "", "pending"},
		{"MAIL refused, and RCPT that echoes it", 2, "MAIL 550, RCPT 503, RCPT 503, DATA 503", "", "refused for good (550 MAIL); refused for good (550 MAIL)"},
		{"MAIL refused for now", 1, "MAIL 451", "", "refused for now (451 MAIL)"},
		{"one of two recipients", 2, "MAIL 250, RCPT 550, RCPT 250, DATA 354, END 250", "", "refused for good (550 RCPT); accepted (250 the message)"},
		{"one refused, the content not answered", 2, "MAIL 250, RCPT 452, RCPT 250", "", "refused for now (452 RCPT); pending"},
		{"DATA refused", 1, "MAIL 250, RCPT 250, DATA 451", "", "refused for now (451 DATA)"},
		{"the content refused", 1, "MAIL 250, RCPT 250, DATA 354, END 554", "", "refused for good (554 the message)"},
		{"a chunk refused, and the last one late", 1, "MAIL 250, RCPT 250, BDAT 552, LAST 503 late", "", "refused for good (552 the message)"},
		{"a chunk refused, the rest unsent", 1, "MAIL 250, RCPT 250, BDAT 452", "", "refused for now (452 the message)"},
		{"a chunk refused, and yet the last one taken", 1, "MAIL 250, RCPT 250, BDAT 552, LAST 250 late", "", "unknown (250 the message)"},
		{"the last chunk taken with no recipient known", 1, "MAIL 250, RCPT 250 late, LAST 250", "", "unknown (250 the message)"},
		{"MAIL late and taken, the content taken", 1, "MAIL 250 late, RCPT 250, LAST 250", "", "unknown (250 the message)"},
		{"MAIL late and refused decides nothing for a recipient that was taken", 1, "MAIL 550 late, RCPT 250, END 250", "", "unknown (250 the message)"},
		{"RCPT late and refused", 1, "MAIL 250, RCPT 503 late, DATA 503 late", "", "not sent (503 RCPT)"},
		{"all late and refused", 1, "MAIL 503 late, RCPT 503 late, DATA 503 late", "", "not sent (503 MAIL)"},
		{"the content late and refused", 1, "MAIL 250, RCPT 250, LAST 503 late", "", "not sent (503 the message)"},
		{"cut before the end went out", 1, "MAIL 250, RCPT 250, DATA 354", "short", "not sent: " + dead.Error()},
		{"cut behind the end", 1, "MAIL 250, RCPT 250, DATA 354", "ended", "unknown: " + dead.Error()},
		{"cut before any reply", 1, "", "short", "not sent: " + dead.Error()},
		{"cut in one flight, all of it gone", 2, "MAIL 250, RCPT 550", "ended", "refused for good (550 RCPT); unknown: " + dead.Error()},
		{"cut changes nothing that is decided", 2, "MAIL 250, RCPT 250, RCPT 550, DATA 354, END 250", "ended", "accepted (250 the message); refused for good (550 RCPT)"},
		{"cut behind a late 2yz to RCPT", 1, "MAIL 250, RCPT 250 late", "ended", "unknown: " + dead.Error()},
		{"cut behind a refused chunk, the last one gone", 1, "MAIL 250, RCPT 250, BDAT 552", "ended", "unknown: " + dead.Error()},
		{"421 to MAIL", 1, "MAIL 421", "", "refused for now (421 MAIL)"},
		{"421 to the content", 1, "MAIL 250, RCPT 250, DATA 354, END 421", "", "refused for now (421 the message)"},
		{"421 to nobody, before the end", 1, "MAIL 250, RCPT 250, closing 421", "short", "not sent (421 the connection): " + dead.Error()},
		{"421 to nobody, behind the end", 1, "MAIL 250, RCPT 250, DATA 354, closing 421", "ended", "unknown (421 the connection): " + dead.Error()},
		{"421 to nobody, replies still to come", 1, "MAIL 250, closing 421", "", "pending"},
		{"421 to nobody, and yet accepted", 1, "MAIL 250, RCPT 250, closing 421, LAST 250", "", "accepted (250 the message)"},
		{"LMTP: a reply each", 3, "MAIL 250, RCPT 250, RCPT 550, RCPT 250, DATA 354, END 250 more, END 452", "", "accepted (250 the message); refused for good (550 RCPT); refused for now (452 the message)"},
		{"LMTP: one recipient", 1, "MAIL 250, RCPT 250, DATA 354, END 550", "", "refused for good (550 the message)"},
		{"LMTP: cut half way", 2, "MAIL 250, RCPT 250, RCPT 250, DATA 354, END 250 more", "ended", "accepted (250 the message); unknown: " + dead.Error()},
		{"LMTP: half way", 2, "MAIL 250, RCPT 250, RCPT 250, DATA 354, END 250 more", "", "accepted (250 the message); pending"},
		{"LMTP: by BDAT", 2, "MAIL 250, RCPT 250, RCPT 250, LAST 250 more, LAST 550", "", "accepted (250 the message); refused for good (550 the message)"},
		{"replies of other commands", 1, "RSET 250, MAIL 250, RCPT 250, DATA 354, END 250", "", "accepted (250 the message)"},
		{"more replies than recipients", 1, "MAIL 250, RCPT 250, RCPT 550, DATA 354, END 250", "", "accepted (250 the message)"},
		{"no recipients", 0, "MAIL 250", "", ""},
	} {
		var d smtp.Delivery
		for range 2 { // a Delivery may be used again
			d.Reset(c.n)
			for _, ev := range events(t, c.script) {
				d.Handle(ev)
			}
			if c.cut != "" {
				d.Cut(c.cut == "ended", dead)
			}
			got := results(&d)
			if got != c.want {
				t.Errorf("%s:\n%s\ngot  %s\nwant %s", c.why, c.script, got, c.want)
			}
			if done := !strings.Contains(c.want, "pending"); d.Done() != done {
				t.Errorf("%s: done %v, want %v", c.why, d.Done(), done)
			}
			if d.Recipients() != c.n {
				t.Errorf("%s: %d recipients", c.why, d.Recipients())
			}
		}
	}
}

func results(d *smtp.Delivery) string {
	var all []string
	for i := range d.Recipients() {
		r := d.Recipient(i)
		text := r.Outcome.String()
		if r.Reply.Code != 0 {
			text += fmt.Sprintf(" (%d %s)", r.Reply.Code, r.Command)
		}
		if r.Cause != nil && r.Reply.Code == 0 || r.Command == "the connection" {
			text += ": " + r.Cause.Error()
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// TestResultErr: each outcome as an error.
func TestResultErr(t *testing.T) {
	dead := errors.New("dead")
	var d smtp.Delivery
	result := func(script string, cut, ended bool) smtp.Result {
		d.Reset(1)
		for _, ev := range events(t, script) {
			d.Handle(ev)
		}
		if cut {
			d.Cut(ended, dead)
		}
		return d.Recipient(0)
	}
	if r := result("MAIL 250, RCPT 250, END 250", false, false); r.Err() != nil || r.Temporary() {
		t.Errorf("accepted is the error %v", r.Err())
	}
	if r := result("", false, false); r.Err() != nil || r.Temporary() {
		t.Errorf("pending is the error %v", r.Err())
	}
	var reply *smtp.ReplyError
	if r := result("MAIL 250, RCPT 550", false, false); !errors.As(r.Err(), &reply) || !errors.Is(r.Err(), smtp.ErrPermanent) || r.Temporary() {
		t.Errorf("refused for good is %v", r.Err())
	}
	if r := result("MAIL 250, RCPT 450", false, false); !errors.Is(r.Err(), smtp.ErrTemporary) || !r.Temporary() {
		t.Errorf("refused for now is %v", r.Err())
	}
	var outcome *smtp.OutcomeError
	if r := result("MAIL 250, RCPT 250", true, true); !errors.As(r.Err(), &outcome) || outcome.Outcome != smtp.Unknown || !errors.Is(r.Err(), dead) || !r.Temporary() {
		t.Errorf("unknown is %v", r.Err())
	}
	if r := result("MAIL 250, RCPT 250", true, false); !errors.As(r.Err(), &outcome) || outcome.Outcome != smtp.NotSent || !errors.Is(r.Err(), dead) || !r.Temporary() {
		t.Errorf("not sent is %v", r.Err())
	}
	if r := result("MAIL 250, RCPT 503 late", false, false); !errors.As(r.Err(), &outcome) || outcome.Outcome != smtp.NotSent || r.Err().Error() == "" {
		t.Errorf("not sent behind a late reply is %v", r.Err())
	}
}

// TestDeliveryKeepsTexts: the text of the reply that decided stays, though the
// session's buffer is used again; a long one is cut.
func TestDeliveryKeepsTexts(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	var d smtp.Delivery
	d.Reset(1)
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	p.s.HandleInput([]byte("550-" + strings.Repeat("x", 9000) + "\r\n550 last\r\n"))
	d.Handle(p.s.Next())
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	p.feed("250 " + strings.Repeat("y", 9000) + "\r\n")
	text := d.Recipient(0).Reply.Text()
	if strings.Trim(text, "x") != "" || len(text) < 4000 || len(text) > 4096 {
		t.Errorf("%d octets of text were kept, %q at their end", len(text), text[max(0, len(text)-20):])
	}
}

// TestDeliveryNeverAcceptsAlone: whatever comes, accepted needs 2yz to MAIL, to
// the recipient and to the end, none of them late; and a refusal or a "not sent"
// never stands where the end was answered 2yz for a recipient that had 2yz.
func TestDeliveryNeverAcceptsAlone(t *testing.T) {
	accepted := 0
	check := func(t *rapid.T) {
		n := rapid.IntRange(1, 3).Draw(t, "recipients")
		each := rapid.Bool().Draw(t, "a reply each")
		code := rapid.SampledFrom([]int{250, 250, 250, 251, 421, 450, 550})
		var d smtp.Delivery
		d.Reset(n)
		said := 0 // how much of the script came
		all := rapid.IntRange(0, 20).Draw(t, "how much comes")
		say := func(r smtp.Role, code int, late, more bool) bool {
			if said++; said > all {
				return false
			}
			d.Handle(smtp.Event{Kind: smtp.Replied, Role: r, Temporary: code < 500, Late: late, More: more, Reply: smtp.Reply{Code: code}})
			return true
		}
		ok := func(r smtp.Role, more bool) bool {
			c, late := code.Draw(t, "code"), rapid.IntRange(0, 5).Draw(t, "late") == 0
			return say(r, c, late, more) && c < 300 && !late
		}
		mail := ok(smtp.RoleSender, false)
		rcpt := make([]bool, n)
		positive := 0
		for i := range rcpt {
			if rcpt[i] = ok(smtp.RoleRecipient, false); rcpt[i] {
				positive++
			}
		}
		chunks := true
		for range rapid.IntRange(0, 2).Draw(t, "chunks") {
			chunks = ok(smtp.RoleChunk, false) && chunks
		}
		end := make([]bool, n)
		if each && positive > 1 {
			for i := range rcpt {
				if rcpt[i] {
					positive--
					end[i] = ok(smtp.RoleLastChunk, positive > 0)
				}
			}
		} else {
			whole := ok(smtp.RoleLastChunk, false)
			for i := range end {
				end[i] = whole
			}
		}
		if rapid.Bool().Draw(t, "cut") {
			d.Cut(rapid.Bool().Draw(t, "ended"), nil)
		}
		for i := range n {
			r := d.Recipient(i)
			should := mail && rcpt[i] && end[i] && chunks
			if (r.Outcome == smtp.Accepted) != should {
				t.Fatalf("recipient %d: %v; MAIL %v, RCPT %v, chunks %v, end %v", i, r.Outcome, mail, rcpt[i], chunks, end[i])
			}
			if should {
				accepted++
			}
			if rcpt[i] && end[i] && chunks && !mail && r.Outcome == smtp.NotSent {
				t.Fatalf("recipient %d: not sent, though RCPT and the end were answered 2yz", i)
			}
		}
	}
	rapid.Check(t, check)
	for tries := 0; accepted == 0 && tries < 50; tries++ { // -short checks little at a time
		rapid.Check(t, check)
	}
	if accepted == 0 {
		t.Error("nothing was accepted")
	}
}
