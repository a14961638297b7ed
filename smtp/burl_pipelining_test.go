package smtp_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
)

const messageURL = "imap://harry@gryffindor.example.com/outbox;uidvalidity=1078863300/;uid=25;urlauth=submit+harry:internal:91354a473744909de610943775f92038"

// The exchanges of RFC 4468 §3.4: a message that the server fetches by a URL.
func TestBurl(t *testing.T) {
	lineComesBack(t, "BURL "+messageURL+" LAST", &smtp.BurlLast{Url: messageURL}, &smtp.BurlLast{})
	lineComesBack(t, "BURL "+messageURL, &smtp.Burl{Url: messageURL}, &smtp.Burl{})
	linesRefused(t, &smtp.BurlLast{}, "BURL LAST", "BURL nothing LAST", "BURL :x LAST", "BURL imap: LAST", "BURL imap://é LAST")
	linesRefused(t, &smtp.Burl{}, "BURL", "BURL "+messageURL+" MORE")

	p := newPeer(t, smtp.Config{})
	if _, err := p.s.Do(&smtp.BurlLast{Url: messageURL}); err == nil {
		t.Error("it was queued without a recipient")
	}
	for reply, want := range map[string]smtp.Outcome{
		"250 2.5.0 Ok.": smtp.Accepted, "554 5.6.6 IMAP URL resolution failed": smtp.RefusedForGood, "451 4.4.1 IMAP server unavailable": smtp.RefusedForNow,
	} {
		p = newPeer(t, smtp.Config{})
		var d smtp.Delivery
		d.Reset(1)
		p.must(p.s.Mail("harry@gryffindor.example.com", nil))
		p.must(p.s.Rcpt("ron@gryffindor.example.com", nil))
		p.must(p.s.Do(&smtp.BurlLast{Url: messageURL}))
		p.wants("in one flight", "MAIL FROM:<harry@gryffindor.example.com>\r\nRCPT TO:<ron@gryffindor.example.com>\r\nBURL "+messageURL+" LAST\r\n")
		if _, err := p.s.Mail("a@example.test", nil); err == nil {
			t.Error("a transaction was begun before its reply (RFC 4468 §3.2)")
		}
		for _, line := range []string{"250 2.5.0 Address Ok.", "250 2.1.5 ok.", reply} {
			d.Handle(p.reply(line))
		}
		if r := d.Recipient(0); r.Outcome != want || r.Command != "the message" {
			t.Errorf("%s: %v, %s", reply, r.Outcome, r.Command)
		}
	}
}

// A URL that is not the last is a piece of the message: refused, the server's
// state is open.
func TestBurlInPieces(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	p.reply("250 ok")
	p.must(p.s.Rcpt("b@example.test", nil))
	p.flush()
	p.reply("250 ok")
	p.must(p.s.Do(&smtp.Burl{Url: messageURL}))
	p.flush()
	p.reply("250 2.5.0 Waiting for additional BURL or BDAT commands")
	p.in("a piece was taken", "url_under_way")
	if _, err := p.s.Data(); err == nil {
		t.Error("DATA was queued behind a piece")
	}
	p.must(p.s.Do(&smtp.Burl{Url: messageURL}))
	p.flush()
	p.reply("554 5.6.6 IMAP URL resolution failed")
	p.in("a piece was refused", "unsettled")
	if _, err := p.s.Do(&smtp.BurlLast{Url: messageURL}); err == nil {
		t.Error("the last piece was queued behind a refused one")
	}
	p.must(p.s.Rset())
	p.flush()
	p.reply("250 ok")
	p.in("RSET settles it", "ready")
}

func TestBurlSaid(t *testing.T) {
	for line, want := range map[string][]string{"BURL": nil, "BURL imap": {"imap"}, "BURL imap imap://imap.example.com": {"imap", "imap://imap.example.com"}} {
		if got, ok := said(t, smtp.BurlKeyword, line); !ok || !cmp.Equal(got, want) {
			t.Errorf("%s: %v, %t", line, got, ok)
		}
	}
}
