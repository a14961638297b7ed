package smtp_test

import (
	"errors"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// TestPairLMTP: LHLO, and one reply behind the content for each recipient that
// was taken (RFC 2033 §4.2).
func TestPairLMTP(t *testing.T) {
	p := newPair(t, true)
	p.agree("ready")
	for _, hello := range []func(string) (smtp.Tag, error){p.client.Ehlo, p.client.Helo} {
		if _, err := hello("client.example.test"); err == nil {
			t.Error("EHLO or HELO was queued in LMTP (RFC 2033 §4.1)")
		}
	}
	h := host{t, p.server}
	h.refuses("EHLO client.example.test", "500", "LMTP has no EHLO")
	p.codes["RCPT"] = []int{0, 550, 0}
	p.codes["CONTENT"] = []int{0, 452}
	p.d.Reset(3)
	p.lockStep(p.client.Mail("a@example.test", nil))
	for _, to := range []string{"b", "c", "d"} {
		p.lockStep(p.client.Rcpt(to+"@example.test", nil))
	}
	p.lockStep(p.client.Data())
	p.events = nil
	p.lockStep(p.client.EndContent())
	p.got("two were taken", "CONTENT 250 more", "CONTENT 452")
	p.outcomes("each its own", "accepted (250 the message); refused for good (550 RCPT); refused for now (452 the message)")
	p.agree("ready")
	p.lockStep(p.client.Quit())
	p.agree("finished")
}

// TestPairLMTPChunks: the last chunk likewise (RFC 2033 §4.3).
func TestPairLMTPChunks(t *testing.T) {
	p := newPair(t, true)
	if p.client.Op(smtp.RoleLastChunk) == 0 {
		return // the table has no chunks
	}
	p.codes["BDAT-LAST"] = []int{0, 550}
	p.d.Reset(2)
	p.lockStep(p.client.Mail("a@example.test", nil))
	p.lockStep(p.client.Rcpt("b@example.test", nil))
	p.must(p.client.Rcpt("c@example.test", nil))
	if _, err := p.client.Chunk(3, true); err == nil {
		t.Error("the last chunk was queued with a reply outstanding: how many replies it has was not known")
	}
	p.run()
	p.must(p.client.Chunk(3, true))
	if err := p.client.Content([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	p.run()
	p.outcomes("each its own", "accepted (250 the message); refused for good (550 the message)")
	p.agree("unsettled")
	p.lockStep(p.client.Rset())
	p.agree("ready")
}

// TestLMTPOnly: LHLO is unknown where the session is not LMTP.
func TestLMTPOnly(t *testing.T) {
	h := newHost(t, smtp.ServerConfig{}, nil)
	h.refuses("LHLO client.example.test", "500", "not LMTP")
	s := smtp.NewSession(smtp.Config{})
	s.HandleInput([]byte("220 mx.example.test\r\n"))
	s.Next()
	if _, err := s.Do(&smtp.Lhlo{Name: "client.example.test"}); err == nil {
		t.Error("LHLO was queued")
	}
}

// TestLMTPRepliesAreEachJudged: behind the refusal for one recipient a reply
// that says neither yes nor no does not pass as the acceptance for the next.
func TestLMTPRepliesAreEachJudged(t *testing.T) {
	for _, second := range []string{"354 go on", "150 wait"} {
		s := smtp.NewSession(smtp.Config{LMTP: true})
		var d smtp.Delivery
		d.Reset(2)
		feed := func(text string) {
			s.Take(nil)
			s.HandleInput([]byte(text))
			for ev := s.Next(); ev.Kind != smtp.None; ev = s.Next() {
				d.Handle(ev)
			}
		}
		feed("220 mx\r\n")
		s.Hello("client.example.test")
		feed("250-mx\r\n250 PIPELINING\r\n")
		s.Mail("a@example.test", nil)
		s.Rcpt("b@example.test", nil)
		s.Rcpt("c@example.test", nil)
		s.Data()
		feed("250 ok\r\n250 ok\r\n250 ok\r\n354 go on\r\n")
		s.Content([]byte("x\r\n"))
		s.EndContent()
		feed("550 no\r\n" + second + "\r\n")
		var broke *smtp.ProtocolError
		if got := d.Recipient(1).Outcome; got == smtp.Accepted || !errors.As(s.Err(), &broke) {
			t.Errorf("%s for the second recipient: %v, error %v; want a ProtocolError", second, got, s.Err())
		}
	}
}
