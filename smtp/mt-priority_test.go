package smtp_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestMTPriority(t *testing.T) {
	comesBack(t, smtp.MTPriority, func(t *rapid.T) int64 { return rapid.Int64Range(-9, 9).Draw(t, "priority") }, nil)
	// RFC 6710 §7, §8.
	onTheWire(t, smtp.MTPriority, "MT-PRIORITY=3", 3, nil)
	onTheWire(t, smtp.MTPriority, "MT-PRIORITY=-3", -3, nil)
	onTheWire(t, smtp.MTPriority, "MT-PRIORITY=0", 0, nil)
	refused(t, smtp.MTPriority, "10", "-10", "+3", "03", "", "high")
	notOffered(t, "MT-PRIORITY", smtp.MTPriority, 1, smtp.Config{})
	for line, want := range map[string]string{"MT-PRIORITY": "", "MT-PRIORITY MIXER": "MIXER"} {
		if got, ok := said(t, smtp.MTPriorityKeyword, line); !ok || got != want {
			t.Errorf("%s: %q, %t", line, got, ok)
		}
	}
	var params smtp.Params
	smtp.Set(&params, smtp.MTPriority, 10)
	if out, err := smtp.AppendCommand(nil, smtp.Table, &smtp.Mail{Params: &params}); err == nil {
		t.Errorf("a priority of 10 went out: %q", out)
	}
}
