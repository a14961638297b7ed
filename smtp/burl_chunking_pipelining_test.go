package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// Chunks and URLs make one message together (RFC 4468 §3.2), whichever comes
// last.
func TestBurlAmongChunks(t *testing.T) {
	for _, urlLast := range []bool{false, true} {
		p := newPeer(t, smtp.Config{})
		var d smtp.Delivery
		d.Reset(1)
		p.must(p.s.Mail("a@example.test", nil))
		p.flush()
		d.Handle(p.reply("250 ok"))
		p.must(p.s.Rcpt("b@example.test", nil))
		p.flush()
		d.Handle(p.reply("250 ok"))
		p.must(p.s.Do(&smtp.Burl{Url: messageURL}))
		p.flush()
		d.Handle(p.reply("250 2.5.0 Waiting for additional BURL or BDAT commands"))
		p.chunk("text\r\n", false)
		p.flush()
		d.Handle(p.reply("250 ok"))
		if urlLast {
			p.must(p.s.Do(&smtp.BurlLast{Url: messageURL}))
			p.wants("the last piece", "BURL "+messageURL+" LAST\r\n")
		} else {
			p.chunk("end\r\n", true)
			p.wants("the last piece", "BDAT 5 LAST\r\nend\r\n")
		}
		d.Handle(p.reply("250 2.0.0 taken"))
		p.in("the message is over", "ready")
		if r := d.Recipient(0); r.Outcome != smtp.Accepted {
			t.Errorf("URL last %t: %v, %v", urlLast, r.Outcome, r.Err())
		}
	}
}
