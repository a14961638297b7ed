package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// TestMaxSize: SIZE with its argument, without one, and with one that can't be
// read (RFC 1870 §4).
func TestMaxSize(t *testing.T) {
	for line, want := range map[string]uint64{
		"SIZE 10485760": 10485760, "size 5": 5, "SIZE": 0, "SIZE 0": 0, "SIZE many": 0, "SIZE -1": 0,
		"SIZE 99999999999999999999999": 0, "8BITMIME": 0,
	} {
		p := newPeer(t, smtp.Config{})
		p.must(p.s.Hello("client.example.test"))
		p.flush()
		p.feed(multiline("250", "mx.example.test", line))
		if got := p.s.MaxSize(); got != want {
			t.Errorf("%q: MaxSize %d, want %d", line, got, want)
		}
	}
}

// TestSizeDeclared: where MAIL declared a size, a 552 without an enhanced code
// may be about it, and is for good (RFC 1870 §6.4).
func TestSizeDeclared(t *testing.T) {
	p := newPeer(t, smtp.Config{}, "ENHANCEDSTATUSCODES")
	var params smtp.Params
	smtp.Set(&params, smtp.Size, 500)
	p.must(p.s.Mail("a@example.test", &params))
	p.wants("the size goes with MAIL", "MAIL FROM:<a@example.test> SIZE=500\r\n")
	p.reply("250 ok")
	p.must(p.s.Rcpt("b@example.test", nil))
	p.flush()
	if ev := p.reply("552 too big"); ev.Temporary {
		t.Error("552 to a recipient counts as temporary though a size was declared")
	}
}
