package smtp_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestDSNComesBack(t *testing.T) {
	comesBack(t, smtp.Ret, func(t *rapid.T) smtp.RetValue {
		return rapid.SampledFrom([]smtp.RetValue{smtp.RetFull, smtp.RetHeaders}).Draw(t, "ret")
	}, nil)
	comesBack(t, smtp.EnvID, func(t *rapid.T) string { return rapid.StringMatching(`[\t -~]{1,33}`).Draw(t, "envid") }, nil)
	comesBack(t, smtp.Notify, func(t *rapid.T) []smtp.NotifyValue {
		if rapid.Bool().Draw(t, "never") {
			return []smtp.NotifyValue{smtp.NotifyNever}
		}
		all := []smtp.NotifyValue{smtp.NotifySuccess, smtp.NotifyFailure, smtp.NotifyDelay}
		return rapid.Permutation(all).Draw(t, "words")[:rapid.IntRange(1, 3).Draw(t, "n")]
	}, nil)
	comesBack(t, smtp.Orcpt, func(t *rapid.T) smtp.OrcptValue {
		return smtp.OrcptValue{Type: word(t, "type") + "x", Address: anyText(t, "address", 100)}
	}, nil)
	comesBack(t, smtp.Orcpt, func(t *rapid.T) smtp.OrcptValue {
		return smtp.OrcptValue{Type: "utf-8", Address: rapid.StringMatching(`[\x{20}-\x{7f}é😀ü]{1,40}`).Draw(t, "address")}
	}, nil)
}

// The examples of RFC 3461 §10 and of RFC 6533 §3.
func TestDSNOnTheWire(t *testing.T) {
	onTheWire(t, smtp.Ret, "RET=HDRS", smtp.RetHeaders, nil)
	onTheWire(t, smtp.EnvID, "ENVID=QQ314159", "QQ314159", nil)
	onTheWire(t, smtp.EnvID, "ENVID=a+2Bb+3Dc+20d+09", "a+b=c d\t", nil)
	onTheWire(t, smtp.Notify, "NOTIFY=SUCCESS", []smtp.NotifyValue{smtp.NotifySuccess}, nil)
	onTheWire(t, smtp.Notify, "NOTIFY=SUCCESS,FAILURE", []smtp.NotifyValue{smtp.NotifySuccess, smtp.NotifyFailure}, nil)
	onTheWire(t, smtp.Notify, "NOTIFY=NEVER", []smtp.NotifyValue{smtp.NotifyNever}, nil)
	onTheWire(t, smtp.Orcpt, "ORCPT=rfc822;Bob@Example.COM", smtp.OrcptValue{Type: "rfc822", Address: "Bob@Example.COM"}, nil)
	onTheWire(t, smtp.Orcpt, "ORCPT=rfc822;George+2BSmith@Tax-ME.GOV", smtp.OrcptValue{Type: "rfc822", Address: "George+Smith@Tax-ME.GOV"}, nil)
	onTheWire(t, smtp.Orcpt, `ORCPT=utf-8;\x{E9}t\x{E9}@example.org`, smtp.OrcptValue{Type: "utf-8", Address: "été@example.org"}, nil)
}

func TestDSNRefused(t *testing.T) {
	refused(t, smtp.Ret, "NONE", "")
	refused(t, smtp.EnvID, "a+zz", "a+2", "a=b", "a+0D+0Ab", "a+FF", "+7F", strings.Repeat("x", 101))
	refused(t, smtp.Notify, "NEVER,SUCCESS", "SUCCESS,SUCCESS", "SUCCESS,", ",", "NEVER,NEVER", "ALWAYS")
	refused(t, smtp.Orcpt, "rfc822", ";a@example.test", "rfc822;a+zz", `utf-8;\x{41}`, "rfc822;"+strings.Repeat("x", 494))
	for _, bad := range []func(*smtp.Params){
		func(p *smtp.Params) { smtp.Set(p, smtp.Notify, nil) },
		func(p *smtp.Params) { smtp.Set(p, smtp.Notify, []smtp.NotifyValue{smtp.NotifyNever, smtp.NotifyDelay}) },
		func(p *smtp.Params) { smtp.Set(p, smtp.Orcpt, smtp.OrcptValue{Type: "a;b", Address: "x"}) },
		func(p *smtp.Params) { smtp.Set(p, smtp.Orcpt, smtp.OrcptValue{Address: "x"}) },
	} {
		var params smtp.Params
		bad(&params)
		if out, err := smtp.AppendCommand(nil, smtp.Table, &smtp.Rcpt{To: "b@example.test", Params: &params}); err == nil {
			t.Errorf("%q went out", out)
		}
	}
}

func TestDSNNotOffered(t *testing.T) {
	notOffered(t, "DSN", smtp.Ret, smtp.RetFull, smtp.Config{})
	notOffered(t, "DSN", smtp.EnvID, "x", smtp.Config{})
	notOffered(t, "DSN", smtp.Notify, []smtp.NotifyValue{smtp.NotifyNever}, smtp.Config{})
	notOffered(t, "DSN", smtp.Orcpt, smtp.OrcptValue{Type: "rfc822", Address: "x"}, smtp.Config{})
}
