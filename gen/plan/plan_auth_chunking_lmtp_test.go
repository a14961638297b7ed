package plan

import (
	"strings"
	"testing"
	"time"
)

func TestWhereCommandsAreLegal(t *testing.T) {
	p := mustPlan(t, true)
	for _, c := range []struct{ command, in, forbids string }{
		{"NOOP", "greeting_received ready mailtx recipient_sent bdat_under_way", "closing"},
		{"QUIT", "greeting_received ready mailtx recipient_sent unsettled bdat_under_way", ""},
		{"AUTH", "ready", "closing auth"},
		{"AUTH-LINE", "authenticating", ""}, // it answers a 334 and begins nothing new
		{"CONTENT", "send_data", ""},
		{"GREETING", "greeting_expected", ""},
		{"EHLO", "greeting_received ready mailtx recipient_sent bdat_under_way", "closing lmtp"},
	} {
		got := commandOf(t, p, c.command)
		in := strings.ReplaceAll(p.stateNames(got.In), " url_under_way", "") // which is another extension's
		if in != c.in {
			t.Errorf("%s is legal in %s, want %s", c.command, in, c.in)
		}
		if forbids := p.factNames(got.Forbids); forbids != c.forbids {
			t.Errorf("%s is forbidden by %q, want %q", c.command, forbids, c.forbids)
		}
	}
}

func TestCommandDetails(t *testing.T) {
	p := mustPlan(t, true)
	last := commandOf(t, p, "BDAT-LAST")
	if last.Tail != "LAST" || last.Verb != "BDAT" || !last.Line || last.Assume.State == nil || last.Assume.State.Name != "unsettled" || last.Keyword.Name != "CHUNKING" {
		t.Errorf("BDAT-LAST: %+v", last)
	}
	if !last.Counted || p.factNames(last.Count) != "lmtp" || !last.Alone {
		t.Errorf("BDAT-LAST has a reply for each recipient in LMTP, alone: %+v", last)
	}
	if c := commandOf(t, p, "CONTENT"); c.Line || c.Timeout != 10*time.Minute || c.Block != 3*time.Minute {
		t.Errorf("CONTENT: %+v", c)
	}
	if !commandOf(t, p, "AUTH-LINE").Secret || commandOf(t, p, "MAIL").Secret {
		t.Error("AUTH-LINE is secret, MAIL is not")
	}
}
