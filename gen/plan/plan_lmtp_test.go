package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLateRows(t *testing.T) {
	p := mustPlan(t, true)
	want := []string{
		"421-421 same set(closing)",
		"300-399 if(lmtp) violation",
		"300-399 from(ready mailtx) void_data do(send-void)",
		"100-199 violation",
		"200-299 violation",
		"300-399 violation",
		"400-499 same",
		"500-599 same",
	}
	if diff := cmp.Diff(want, p.rowLines(commandOf(t, p, "DATA").Late)); diff != "" {
		t.Errorf("late DATA (-want +got):\n%s", diff)
	}
	noop := commandOf(t, p, "NOOP")
	if diff := cmp.Diff(p.rowLines(noop.Replies), p.rowLines(noop.Late)); diff != "" || !noop.NeverLate {
		t.Errorf("a NOOP changes nothing, so a late reply means the same:\n%s", diff)
	}
	if commandOf(t, p, "MAIL").NeverLate {
		t.Error("MAIL moves the state, so a reply to it can be late")
	}
}
