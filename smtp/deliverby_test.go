package smtp_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestDeliverByComesBack(t *testing.T) {
	comesBack(t, smtp.By, func(t *rapid.T) smtp.ByValue {
		mode, least := smtp.ByModeNotify, int64(-999999999)
		if rapid.Bool().Draw(t, "return") {
			mode, least = smtp.ByModeReturn, 1
		}
		return smtp.ByValue{
			Time:  rapid.Int64Range(least, 999999999).Draw(t, "time"),
			Mode:  mode,
			Trace: rapid.SampledFrom([]smtp.ByTrace{"", smtp.ByTraceT}).Draw(t, "trace"),
		}
	}, nil)
}

// The examples of RFC 2852 §4.
func TestDeliverByOnTheWire(t *testing.T) {
	onTheWire(t, smtp.By, "BY=120;R", smtp.ByValue{Time: 120, Mode: smtp.ByModeReturn}, nil)
	onTheWire(t, smtp.By, "BY=-20;NT", smtp.ByValue{Time: -20, Mode: smtp.ByModeNotify, Trace: smtp.ByTraceT}, nil)
	if v, err := smtp.By.Parse([]byte("+5;nt")); err != nil || v != (smtp.ByValue{Time: 5, Mode: smtp.ByModeNotify, Trace: smtp.ByTraceT}) {
		t.Errorf("a plus sign and small letters: %+v, %v", v, err)
	}
	refused(t, smtp.By, "120", "120;", "120;X", "120;RX", "120;TN", "1000000000;R", ";R", "--1;R", "120;R;T", "0;R", "-1;RT")
	var params smtp.Params
	smtp.Set(&params, smtp.By, smtp.ByValue{Time: -1, Mode: smtp.ByModeReturn})
	if out, err := smtp.AppendCommand(nil, smtp.Table, &smtp.Mail{Params: &params}); err == nil {
		t.Errorf("a return at a time that is over went out: %q", out)
	}
	notOffered(t, "DELIVERBY", smtp.By, smtp.ByValue{Mode: smtp.ByModeNotify}, smtp.Config{})
}

func TestDeliverBySaid(t *testing.T) {
	for line, want := range map[string][]string{"DELIVERBY": nil, "DELIVERBY 240": {"240"}, "DELIVERBY 240,X": {"240", "X"}} {
		if got, ok := said(t, smtp.DeliverByKeyword, line); !ok || !cmp.Equal(got, want) {
			t.Errorf("%s: %v, %t", line, got, ok)
		}
	}
}
