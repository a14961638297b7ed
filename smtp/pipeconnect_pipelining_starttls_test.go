package smtp_test

import (
	"errors"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// The keyword is known; nothing is sent before the greeting has come unless the
// server is known to allow it.
func TestPipeConnect(t *testing.T) {
	if _, ok := said(t, smtp.PipeConnectKeyword, "PIPECONNECT"); !ok {
		t.Error("the keyword is not known")
	}
	s := smtp.NewSession(smtp.Config{})
	if _, err := s.Hello("client.example.test"); err == nil {
		t.Error("EHLO was queued before the greeting")
	}
	var missing *smtp.MissingError
	if err := s.Assume([]byte("PIPELINING\nSIZE 1000\n")); !errors.As(err, &missing) || s.Offered(smtp.KeywordPipeConnect) || s.Early() {
		t.Errorf("of a server that does not allow it: %v", err)
	}
	if _, err := s.Hello("client.example.test"); err == nil {
		t.Error("EHLO was queued before the greeting of a server that does not allow it")
	}
}

const early = "PIPELINING\nPIPECONNECT\nX-OTHER thing\n"

// early starts an envelope before the greeting.
func earlyPeer(t *testing.T) (*peer, *smtp.Delivery) {
	t.Helper()
	p := &peer{t, smtp.NewSession(smtp.Config{})}
	if err := p.s.Assume([]byte(early)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.s.Mail("a@example.test", nil); err == nil {
		t.Error("MAIL was queued before EHLO")
	}
	p.must(p.s.Hello("client.example.test"))
	p.must(p.s.Mail("a@example.test", nil))
	p.must(p.s.Rcpt("b@example.test", nil))
	p.must(p.s.Data())
	if _, err := p.s.Quit(); err == nil {
		t.Error("QUIT was queued behind DATA")
	}
	p.wants("all before the greeting", "EHLO client.example.test\r\nMAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n")
	d := new(smtp.Delivery)
	d.Reset(1)
	return p, d
}

func TestPipeConnectEarly(t *testing.T) {
	p, d := earlyPeer(t)
	p.feed("220 mx.example.test\r\n250-mx.example.test hello\r\n250-PIPELINING\r\n")
	if !p.s.Early() {
		t.Error("EHLO counts as answered")
	}
	for _, ev := range p.feed("250-PIPECONNECT\r\n250 X-OTHER thing\r\n250 ok\r\n250 ok\r\n354 go\r\n") {
		d.Handle(ev)
	}
	if p.s.Early() {
		t.Error("EHLO counts as unanswered")
	}
	p.in("as without it", "send_data")
	if err := p.s.Content([]byte("text\r\n")); err != nil {
		t.Fatal(err)
	}
	p.must(p.s.EndContent())
	p.flush()
	d.Handle(p.reply("250 ok"))
	if r := d.Recipient(0); r.Outcome != smtp.Accepted {
		t.Error(r.Outcome)
	}
	if err := p.s.Assume([]byte(early)); err == nil {
		t.Error("offers were assumed behind EHLO")
	}
}

// What was assumed and is wrong ends the session, before any message data.
func TestPipeConnectStale(t *testing.T) {
	for _, offers := range []string{"250-PIPELINING\r\n250 PIPECONNECT\r\n", "250-PIPECONNECT\r\n250-PIPELINING\r\n250 X-OTHER thing\r\n", "250 X-OTHER\r\n"} {
		p, d := earlyPeer(t)
		for _, ev := range p.feed("220 mx.example.test\r\n250-mx.example.test\r\n" + offers + "250 ok\r\n250 ok\r\n354 go\r\n") {
			d.Handle(ev)
		}
		var stale *smtp.StaleError
		if !errors.As(p.s.Err(), &stale) || stale.Known != early {
			t.Fatalf("%q: %v", offers, p.s.Err())
		}
		if err := p.s.Content([]byte("text\r\n")); err == nil {
			t.Error("message data was taken")
		}
		d.Cut(false, p.s.Err())
		if r := d.Recipient(0); r.Outcome != smtp.NotSent {
			t.Error(r.Outcome)
		}
	}
	// A server that does not know EHLO any more offers nothing.
	p, _ := earlyPeer(t)
	p.feed("220 mx.example.test\r\n502 what\r\n")
	if p.s.Err() != nil || p.s.Early() || p.s.Offered(smtp.KeywordPipelining) {
		t.Errorf("EHLO refused: %v", p.s.Err())
	}
}

// Over TLS what is assumed is that of a connection with TLS.
func TestPipeConnectBehindTLS(t *testing.T) {
	p := &peer{t, smtp.NewSession(smtp.Config{})}
	if err := p.s.Assume([]byte("PIPELINING\nPIPECONNECT\nSTARTTLS\n")); err != nil {
		t.Fatal(err)
	}
	p.must(p.s.Hello("client.example.test"))
	p.must(p.s.UpgradeTLS())
	p.wants("one flight", "EHLO client.example.test\r\nSTARTTLS\r\n")
	p.feed("220 mx.example.test\r\n250-mx.example.test\r\n250-PIPELINING\r\n250-PIPECONNECT\r\n250 STARTTLS\r\n220 go\r\n")
	if err := p.s.HandleTLS(); err != nil {
		t.Fatal(err)
	}
	if err := p.s.Assume([]byte("PIPELINING\nPIPECONNECT\n")); err != nil {
		t.Fatal(err)
	}
	p.must(p.s.Hello("client.example.test"))
	p.must(p.s.Mail("a@example.test", nil))
	p.wants("one flight", "EHLO client.example.test\r\nMAIL FROM:<a@example.test>\r\n")
	p.feed("250-mx.example.test\r\n250-PIPELINING\r\n250 PIPECONNECT\r\n250 ok\r\n")
	p.in("MAIL was taken", "mailtx")
}
