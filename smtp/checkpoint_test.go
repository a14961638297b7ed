package smtp_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestCheckpoint(t *testing.T) {
	comesBack(t, smtp.TransID, func(t *rapid.T) smtp.TransIDValue {
		return smtp.TransIDValue{Local: word(t, "local"), Domain: word(t, "domain")}
	}, nil)
	// RFC 1845 §5.
	onTheWire(t, smtp.TransID, "TRANSID=<12345@claremont.edu>", smtp.TransIDValue{Local: "12345", Domain: "claremont.edu"}, nil)
	refused(t, smtp.TransID, "12345@claremont.edu", "<12345>", "<@claremont.edu>", "<a@b>c", "<"+strings.Repeat("x", 80)+"@b>")
	notOffered(t, "CHECKPOINT", smtp.TransID, smtp.TransIDValue{Local: "a", Domain: "b"}, smtp.Config{})
}

func named() *smtp.Params {
	var params smtp.Params
	smtp.Set(&params, smtp.TransID, smtp.TransIDValue{Local: "12345", Domain: "claremont.edu"})
	return &params
}

// The second session of RFC 1845 §5: DATA follows the 355 at once, and the
// recipients of the first session get the message.
func TestCheckpointTakenUp(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	var d smtp.Delivery
	d.Reset(2)
	p.must(p.s.Mail("ned@ymir.claremont.edu", named()))
	p.wants("the transaction has a name", "MAIL FROM:<ned@ymir.claremont.edu> TRANSID=<12345@claremont.edu>\r\n")
	ev := p.reply("355 6135 is the transaction offset")
	if !ev.TakenUp || ev.Offset != 6135 {
		t.Errorf("taken up %t at %d", ev.TakenUp, ev.Offset)
	}
	d.Handle(ev)
	p.in("recipients are there", "recipient_sent")
	p.must(p.s.Data())
	p.flush()
	d.Handle(p.reply("354 Send previously checkpointed message starting at octet 6135"))
	if err := p.s.Content([]byte("the rest\r\n")); err != nil {
		t.Fatal(err)
	}
	p.must(p.s.EndContent())
	p.wants("the rest", "the rest\r\n.\r\n")
	d.Handle(p.reply("250 OK"))
	for i := range 2 {
		if r := d.Recipient(i); r.Outcome != smtp.Accepted {
			t.Errorf("recipient %d: %v", i, r.Outcome)
		}
	}
	p.in("as behind any message", "ready")
}

// A server can't take up what has no name, nor say so without the offset.
func TestCheckpointBroken(t *testing.T) {
	for reply, params := range map[string]*smtp.Params{
		"355 6135 is the transaction offset": nil, "355 is the offset": named(), "355": named(), "355 -1 x": named(), "355 12x": named(),
	} {
		p := newPeer(t, smtp.Config{})
		p.must(p.s.Mail("ned@ymir.claremont.edu", params))
		p.flush()
		p.feed(reply + "\r\n")
		broke(t, p.s, reply)
		var wrong *smtp.ProtocolError
		if !errors.As(p.s.Err(), &wrong) || !strings.HasPrefix(wrong.RFC, "RFC 1845") {
			t.Errorf("%s: %v", reply, p.s.Err())
		}
	}
	p := newPeer(t, smtp.Config{})
	p.must(p.s.Mail("ned@ymir.claremont.edu", named()))
	p.flush()
	if ev := p.reply("355 0\tbegin anew"); !ev.TakenUp || ev.Offset != 0 {
		t.Errorf("an offset of 0: %+v", ev)
	}
}

// The server's session says 355 only to a command that names a transaction.
func TestCheckpointServer(t *testing.T) {
	for line, ok := range map[string]bool{"MAIL FROM:<a@example.test> TRANSID=<1@b>": true, "MAIL FROM:<a@example.test>": false} {
		s := smtp.NewServerSession(smtp.ServerConfig{})
		s.Offer(smtp.Offer{Keyword: smtp.KeywordCheckpoint})
		for _, step := range []struct {
			line string
			code int
		}{{"", 220}, {"EHLO client.example", 250}, {line, 355}} {
			if step.line != "" {
				s.HandleInput([]byte(step.line + "\r\n"))
				if ev := s.Next(); ev.Kind != smtp.ServerCommand {
					t.Fatalf("%s: %v", step.line, ev.Kind)
				}
			}
			err := s.Reply(step.code, smtp.EnhancedCode{}, "6135 is the transaction offset")
			if (err == nil) != (ok || step.code != 355) {
				t.Errorf("%d to %q: %v", step.code, step.line, err)
			}
		}
	}
}
