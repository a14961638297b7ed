package smtp_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
)

// TestReplyForms: what a reply may look like, and what it is read as.
func TestReplyForms(t *testing.T) {
	for _, c := range []struct {
		in    string
		lines []string
		text  string
	}{
		{"250 ok\r\n", []string{"ok"}, "ok"},
		{"250\r\n", []string{""}, ""},
		{"250 \r\n", []string{""}, ""},
		{"250-one\r\n250-\r\n250 three\r\n", []string{"one", "", "three"}, "one\n\nthree"},
		{"250-one\r\n250\r\n", []string{"one", ""}, "one\n"},
		{"250  two spaces\r\n", []string{" two spaces"}, " two spaces"},
		{"250 \xc3\xa9t\xc3\xa9 \xff\t\r\n", []string{"\xc3\xa9t\xc3\xa9 \xff\t"}, "\xc3\xa9t\xc3\xa9 \xff\t"},
	} {
		for i, parts := range cuts([]byte(c.in + "250 the next\r\n")) {
			p := newPeer(t, smtp.Config{}, "ENHANCEDSTATUSCODES", "PIPELINING")
			p.must(p.s.Noop(""))
			p.flush()
			var events []smtp.Event
			for _, part := range parts {
				events = append(events, p.feed(string(part))...)
			}
			if len(events) != 2 || events[1].Kind != smtp.Ended {
				t.Fatalf("%q cut at %d gave %v, want a reply, and the end for the second that nothing waits for", c.in, i, describe(events))
			}
			r := events[0].Reply
			var lines []string
			for l := range r.Lines() {
				lines = append(lines, string(l))
			}
			if r.Code != 250 || !slices.Equal(lines, c.lines) || r.Text() != c.text || string(r.Raw()) != c.in {
				t.Errorf("%q cut at %d: code %d, lines %q, text %q", c.in, i, r.Code, lines, r.Text())
			}
		}
	}
}

// TestReplyMalformed: each breaks a rule of RFC 5321 §4.2 and ends the session,
// whatever its pieces are.
func TestReplyMalformed(t *testing.T) {
	for why, in := range map[string]string{
		"no code":                     "ok\r\n",
		"a code of two digits":        "25 ok\r\n",
		"a code of four digits":       "2500 ok\r\n",
		"a first digit of 0":          "050 ok\r\n",
		"a first digit of 6":          "650 ok\r\n",
		"a letter in the code":        "2x0 ok\r\n",
		"a bad separator":             "250_ok\r\n",
		"an empty line":               "\r\n",
		"a bare LF":                   "250 ok\n",
		"a line of LF alone":          "\n",
		"a bare LF inside":            "250-ok\n250 ok\r\n",
		"a bare CR inside":            "250 o\rk\r\n",
		"NUL":                         "250 o\x00k\r\n",
		"two codes":                   "250-ok\r\n251 ok\r\n",
		"a middle line of no code":    "250-ok\r\nok\r\n250 ok\r\n",
		"a code of 1yz":               "150 ok\r\n",
		"an octet in front of a code": " 250 ok\r\n",
	} {
		for i, parts := range cuts([]byte(in)) {
			p := newPeer(t, smtp.Config{})
			p.must(p.s.Noop(""))
			p.flush()
			for _, part := range parts {
				p.feed(string(part))
			}
			e := broke(t, p.s, why)
			if e.RFC == "" || e.Expected == "" || e.Came == "" {
				t.Errorf("%s, cut at %d: the error does not say what was wrong: %+v", why, i, e)
			}
		}
	}
}

// TestReplyView: what an event points to may change with the next call; a clone
// does not.
func TestReplyView(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	p.must(p.s.Noop(""))
	p.flush()
	in := []byte("250 first\r\n")
	p.s.HandleInput(in)
	copy(in, "xxxxxxxxxxx")
	r := p.s.Next().Reply
	if r.Text() != "first" {
		t.Errorf("input is not copied: %q", r.Text())
	}
	kept := r.Clone()
	p.must(p.s.Noop(""))
	p.flush()
	p.feed("250 other\r\n")
	if kept.Text() != "first" {
		t.Errorf("the clone changed to %q", kept.Text())
	}
}

// TestReplyErr: what a refusal is as an error.
func TestReplyErr(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	ev := p.reply("550 no \x1b[31mred")
	err := ev.Reply.Err("MAIL", ev.Temporary)
	var e *smtp.ReplyError
	if !errors.As(err, &e) || e.Code != 550 || e.Command != "MAIL" || e.Temporary() || !errors.Is(err, smtp.ErrPermanent) || errors.Is(err, smtp.ErrTemporary) {
		t.Errorf("got %#v", err)
	}
	if want := `smtp: MAIL was refused: 550 "no \x1b[31mred"`; err.Error() != want {
		t.Errorf("the error says %s, want %s", err, want)
	}
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	ev = p.reply("451 later")
	if err := ev.Reply.Err("MAIL", ev.Temporary); !errors.Is(err, smtp.ErrTemporary) || errors.Is(err, smtp.ErrPermanent) {
		t.Errorf("451 is %v, want it to be temporary", err)
	}
	if err := (smtp.Reply{Code: 250}).Err("MAIL", false); err != nil {
		t.Errorf("250 is the error %v", err)
	}
}

// TestTooManyRecipients: a 552 to RCPT is temporary unless it is about the size
// (RFC 5321 §4.5.3.1.10).
func TestTooManyRecipients(t *testing.T) {
	p := newPeer(t, smtp.Config{}, "ENHANCEDSTATUSCODES")
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	p.reply("250 ok")
	for reply, temporary := range map[string]bool{"552 too many": true, "550 no": false, "452 too many": true, "551 not here": false} {
		p.must(p.s.Rcpt("b@example.test", nil))
		p.flush()
		if ev := p.reply(reply); ev.Temporary != temporary {
			t.Errorf("%s: temporary %v, want %v", reply, ev.Temporary, temporary)
		}
	}
}

func TestEnhancedCodeString(t *testing.T) {
	got := []string{smtp.EnhancedCode{}.String(), smtp.EnhancedCode{5, 1, 1}.String(), smtp.EnhancedCode{4, 999, 10}.String()}
	if diff := cmp.Diff([]string{"", "5.1.1", "4.999.10"}, got); diff != "" {
		t.Error(diff)
	}
}
