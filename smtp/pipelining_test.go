package smtp_test

import (
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// TestPairPipelined: MAIL, RCPT and DATA in one flight, whatever the pieces.
func TestPairPipelined(t *testing.T) {
	for step := range 20 {
		p := newPair(t, false)
		p.step = step
		p.codes["RCPT"] = []int{0, 550}
		p.d.Reset(2)
		p.must(p.client.Mail("a@example.test", nil))
		p.must(p.client.Rcpt("b@example.test", nil))
		p.must(p.client.Rcpt("c@example.test", nil))
		p.must(p.client.Data())
		if _, err := p.client.Noop(""); err == nil {
			t.Error("NOOP was queued behind DATA (RFC 2920 §3.1)")
		}
		p.run()
		p.agree("send_data")
		// The next envelope stands right behind the final dot.
		p.must(p.client.EndContent())
		p.must(p.client.Mail("a2@example.test", nil))
		p.must(p.client.Rcpt("b2@example.test", nil))
		p.run()
		p.agree("recipient_sent")
		p.got("in order", "MAIL 250", "RCPT 250", "RCPT 550", "DATA 354", "CONTENT 250", "MAIL 250", "RCPT 250")
	}
}

// TestNoPipelining: where it is not offered a reply is awaited.
func TestNoPipelining(t *testing.T) {
	p := newPeer(t, smtp.Config{}, "PIPELINING")
	p.must(p.s.Mail("a@example.test", nil))
	before := key(p.s)
	if _, err := p.s.Rcpt("b@example.test", nil); err == nil || key(p.s) != before {
		t.Errorf("RCPT behind MAIL: %v, want an error", err)
	}
	p.flush()
	p.reply("250 ok")
	p.must(p.s.Rcpt("b@example.test", nil))
}

// TestEnvelopeRefused: MAIL refused in a pipeline; what is behind is late, and
// decides nothing.
func TestEnvelopeRefused(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	var d smtp.Delivery
	d.Reset(1)
	p.must(p.s.Mail("a@example.test", nil))
	p.must(p.s.Rcpt("b@example.test", nil))
	p.must(p.s.Data())
	p.wants("one flight", "MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n")
	events := p.feed("550 no\r\n503 what?\r\n503 what?\r\n")
	for _, ev := range events {
		d.Handle(ev)
	}
	if len(events) != 3 || events[0].Late || !events[1].Late || !events[2].Late {
		t.Errorf("got %v", describe(events))
	}
	if got := results(&d); got != "refused for good (550 MAIL)" {
		t.Errorf("the recipient is %s, want MAIL's refusal", got)
	}
	p.in("nothing was begun", "ready")
	p.must(p.s.Mail("a@example.test", nil))
}

// TestAssumedMoves: a refusal in the pipeline moves what is assumed behind all that
// is queued.
func TestAssumedMoves(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	p.must(p.s.Mail("a@example.test", nil))
	p.must(p.s.Rcpt("b@example.test", nil))
	p.flush()
	if err := p.s.Allows(smtp.OpData); err != nil {
		t.Errorf("DATA behind both: %v", err)
	}
	p.reply("550 no")
	if p.s.Assumed() != smtp.StateReady || p.s.Allows(smtp.OpData) == nil || p.s.Allows(smtp.OpMail) != nil {
		t.Errorf("MAIL was refused, and yet %s is assumed", stateName(p.s.Assumed()))
	}
	p.must(p.s.Mail("a@example.test", nil))
	p.reply("503 what?")
	if p.s.Assumed() != smtp.StateMailtx {
		t.Errorf("%s is assumed behind the second MAIL", stateName(p.s.Assumed()))
	}
}

// TestVoid: a 354 though no recipient was taken is answered with an empty end
// (RFC 2920 §3.1), and nothing is accepted.
func TestVoid(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	var d smtp.Delivery
	d.Reset(1)
	p.must(p.s.Mail("a@example.test", nil))
	p.must(p.s.Rcpt("b@example.test", nil))
	p.must(p.s.Data())
	p.flush()
	for _, ev := range p.feed("250 ok\r\n550 no\r\n354 go on\r\n") {
		d.Handle(ev)
	}
	p.in("nothing is to be sent", "void_data")
	if err := p.s.Content([]byte("x")); err == nil {
		t.Error("content was taken for no recipient")
	}
	p.wants("the empty end", ".\r\n")
	p.reply("554 no recipients")
	p.in("it is over", "ready")
	if got := results(&d); got != "refused for good (550 RCPT)" {
		t.Errorf("the recipient is %s", got)
	}
}

// TestPipelinedChallenge: a reply that wants an answer can't come where commands
// were sent behind.
func TestPipelinedChallenge(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	auth := p.s.Op(smtp.RoleAuth)
	if auth == 0 {
		return // the table has no AUTH
	}
	if _, err := p.s.Authenticate("PLAIN", []byte("x"), false); err != nil {
		t.Fatal(err)
	}
	if _, err := p.s.Mail("a@example.test", nil); err == nil {
		t.Error("MAIL was queued behind an AUTH that may need more (RFC 4954 §4)")
	}
	p.flush()
	p.reply("535 no")
	if _, err := p.s.Authenticate("PLAIN", []byte("x"), true); err != nil {
		t.Fatal(err)
	}
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	p.feed("334 \r\n")
	broke(t, p.s, "MAIL was sent, so there can be no answer to a challenge")
}

// chunk queues one and its octets.
func (p *peer) chunk(content string, last bool) smtp.Tag {
	p.t.Helper()
	tag := p.must(p.s.Chunk(len(content), last))
	if err := p.s.Content([]byte(content)); err != nil {
		p.t.Fatal(err)
	}
	return tag
}

// TestFence: behind a last chunk that is unanswered only RSET and QUIT are
// possible, since nobody knows whether the server's transaction is over
// (RFC 3030 §2).
func TestFence(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	if p.s.Op(smtp.RoleLastChunk) == 0 {
		return // the table has no chunks
	}
	p.must(p.s.Mail("a@example.test", nil))
	p.must(p.s.Rcpt("b@example.test", nil))
	p.chunk("one\r\n", true)
	if _, err := p.s.Mail("a2@example.test", nil); err == nil {
		t.Error("MAIL was queued behind an unanswered last chunk")
	}
	if _, err := p.s.Rcpt("c@example.test", nil); err == nil {
		t.Error("RCPT was queued behind an unanswered last chunk")
	}
	c := p.s.Clone()
	if _, err := c.Quit(); err != nil {
		t.Errorf("QUIT: %v", err)
	}
	p.must(p.s.Rset())
	p.must(p.s.Mail("a2@example.test", nil))
	p.must(p.s.Rcpt("b2@example.test", nil))
	p.chunk("two\r\n", true)
	p.wants("both messages in one flight", "MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nBDAT 5 LAST\r\none\r\n"+
		"RSET\r\nMAIL FROM:<a2@example.test>\r\nRCPT TO:<b2@example.test>\r\nBDAT 5 LAST\r\ntwo\r\n")
}

// TestFenceStands: the fence stands too where a reply has shown that the last
// chunk can't succeed, until its own reply is there; and where what stood behind
// it is taken back.
func TestFenceStands(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	if p.s.Op(smtp.RoleLastChunk) == 0 {
		return // the table has no chunks
	}
	p.must(p.s.Mail("a@example.test", nil))
	p.must(p.s.Rcpt("b@example.test", nil))
	p.chunk("one\r\n", true)
	reset := p.must(p.s.Rset())
	if err := p.s.Unqueue(reset); err != nil {
		t.Fatal(err)
	}
	if _, err := p.s.Mail("a2@example.test", nil); err == nil {
		t.Error("MAIL was queued when RSET had been taken back")
	}
	p.flush()
	for _, reply := range []string{"250 ok", "550 no"} {
		p.reply(reply)
		if _, err := p.s.Mail("a2@example.test", nil); err == nil {
			t.Errorf("MAIL was queued behind %s, with the last chunk unanswered", reply)
		}
		if _, err := p.s.Rcpt("c@example.test", nil); err == nil {
			t.Errorf("RCPT was queued behind %s, with the last chunk unanswered", reply)
		}
	}
	p.reply("503 no recipient")
	p.in("the chunk was refused", "mailtx")
}

// TestFenceOutcomes: message one's only recipient is refused, message two is
// right behind; whatever the server does with the content of one, two goes its
// own way.
func TestFenceOutcomes(t *testing.T) {
	for replies, want := range map[string]string{
		"250 ok|550 no|503 none|250 reset|250 ok|250 ok|250 queued":   "refused for good (550 RCPT) / accepted (250 the message)",
		"250 ok|550 no|554 none|250 reset|250 ok|550 no|503 none":     "refused for good (550 RCPT) / refused for good (550 RCPT)",
		"550 no|503 none|503 none|250 reset|250 ok|250 ok|250 queued": "refused for good (550 MAIL) / accepted (250 the message)",
		"250 ok|250 ok|250 queued|250 reset|250 ok|250 ok|250 queued": "accepted (250 the message) / accepted (250 the message)",
		"250 ok|250 ok|452 full|250 reset|250 ok|250 ok|250 queued":   "refused for now (452 the message) / accepted (250 the message)",
		// The server refuses RSET: nobody knows in which transaction it is.
		"250 ok|550 no|503 none|451 no reset|250 ok|250 ok|250 queued": "refused for good (550 RCPT) / unknown (250 the message)",
		"250 ok|550 no|503 none|451 no reset|503 in it|250 ok|503 no":  "refused for good (550 RCPT) / not sent (503 the message)",
		// It says to have accepted what had no recipient.
		"250 ok|550 no|250 queued|250 reset|250 ok|250 ok|250 queued": "refused for good (550 RCPT) / accepted (250 the message)",
	} {
		p := newPeer(t, smtp.Config{})
		if p.s.Op(smtp.RoleLastChunk) == 0 {
			return // the table has no chunks
		}
		var one, two smtp.Delivery
		one.Reset(1)
		two.Reset(1)
		p.must(p.s.Mail("a@example.test", nil))
		p.must(p.s.Rcpt("b@example.test", nil))
		p.chunk("one\r\n", true)
		fence := p.must(p.s.Rset())
		p.must(p.s.Mail("a2@example.test", nil))
		p.must(p.s.Rcpt("b2@example.test", nil))
		p.chunk("two\r\n", true)
		p.flush()
		for line := range strings.SplitSeq(replies, "|") {
			ev := p.reply(line)
			if ev.Tag < fence {
				one.Handle(ev)
			} else {
				two.Handle(ev)
			}
		}
		if got := results(&one) + " / " + results(&two); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", replies, got, want)
		}
		if p.s.Awaiting() != 0 {
			t.Errorf("%d unanswered", p.s.Awaiting())
		}
	}
}
