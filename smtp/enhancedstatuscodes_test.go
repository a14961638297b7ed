package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// TestEnhancedCodes: read where they were offered and fit the reply (RFC 2034
// §4), and then no part of the text.
func TestEnhancedCodes(t *testing.T) {
	for _, c := range []struct {
		in   string
		code smtp.EnhancedCode
		text string
		str  string
	}{
		{"250 2.1.5 ok\r\n", smtp.EnhancedCode{2, 1, 5}, "ok", "250 2.1.5 ok"},
		{"250-2.1.5 one\r\n250 2.1.5 two\r\n", smtp.EnhancedCode{2, 1, 5}, "one\ntwo", "250 2.1.5 one two"},
		{"250-2.1.5 one\r\n250 two\r\n", smtp.EnhancedCode{2, 1, 5}, "one\ntwo", "250 2.1.5 one two"},
		{"250-2.1.5 one\r\n250 2.1.6 two\r\n", smtp.EnhancedCode{2, 1, 5}, "one\n2.1.6 two", "250 2.1.5 one 2.1.6 two"},
		{"250 2.1.5\r\n", smtp.EnhancedCode{2, 1, 5}, "", "250 2.1.5"},
		{"250 5.1.5 of another class\r\n", smtp.EnhancedCode{}, "5.1.5 of another class", "250 5.1.5 of another class"},
		{"250 2.1 ok\r\n", smtp.EnhancedCode{}, "2.1 ok", "250 2.1 ok"},
		{"250 2.1.5ok\r\n", smtp.EnhancedCode{}, "2.1.5ok", "250 2.1.5ok"},
		{"250 2.1234.5 ok\r\n", smtp.EnhancedCode{}, "2.1234.5 ok", "250 2.1234.5 ok"},
		{"250 2.01.5 ok\r\n", smtp.EnhancedCode{}, "2.01.5 ok", "250 2.01.5 ok"},
		{"250 2.1.00 ok\r\n", smtp.EnhancedCode{}, "2.1.00 ok", "250 2.1.00 ok"},
		{"250 2..5 ok\r\n", smtp.EnhancedCode{}, "2..5 ok", "250 2..5 ok"},
		{"250 2.999.0 ok\r\n", smtp.EnhancedCode{2, 999, 0}, "ok", "250 2.999.0 ok"},
	} {
		p := newPeer(t, smtp.Config{})
		p.must(p.s.Noop(""))
		p.flush()
		r := p.feed(c.in)[0].Reply
		if r.Enhanced != c.code || r.Text() != c.text || r.String() != c.str {
			t.Errorf("%q: %s, text %q, string %q; want %s, %q, %q", c.in, r.Enhanced, r.Text(), r.String(), c.code, c.text, c.str)
		}
	}
	p := newPeer(t, smtp.Config{}, "ENHANCEDSTATUSCODES")
	p.must(p.s.Noop(""))
	p.flush()
	if r := p.reply("250 2.1.5 ok").Reply; r.Enhanced != (smtp.EnhancedCode{}) || r.Text() != "2.1.5 ok" {
		t.Errorf("not offered, and yet read: %s, %q", r.Enhanced, r.Text())
	}
}

// TestTooManyRecipientsByEnhancedCode: X.5.3 says that it is about the
// recipients (RFC 3463 §3.6), anything else that it is not.
func TestTooManyRecipientsByEnhancedCode(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	p.reply("250 2.1.0 ok")
	for reply, temporary := range map[string]bool{"552 5.5.3 too many": true, "552 5.3.4 too big": false, "552 too many": true} {
		p.must(p.s.Rcpt("b@example.test", nil))
		p.flush()
		if ev := p.reply(reply); ev.Temporary != temporary {
			t.Errorf("%s: temporary %v, want %v", reply, ev.Temporary, temporary)
		}
	}
}
