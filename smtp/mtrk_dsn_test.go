package smtp_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestMtrk(t *testing.T) {
	envid := func(p *smtp.Params) { smtp.Set(p, smtp.EnvID, "MTRK-9876@example.test") }
	comesBack(t, smtp.Mtrk, func(t *rapid.T) smtp.MtrkValue {
		return smtp.MtrkValue{Certifier: rapid.StringMatching(`[A-Za-z0-9+/]{27}`).Draw(t, "certifier"), Timeout: rapid.Uint64Range(0, 999999999).Draw(t, "timeout")}
	}, envid)
	const certifier = "xtwyH0QAtrnnQpnYE5EVCTVH9/4"
	onTheWire(t, smtp.Mtrk, "MTRK="+certifier+":86400", smtp.MtrkValue{Certifier: certifier, Timeout: 86400}, envid)
	onTheWire(t, smtp.Mtrk, "MTRK="+certifier, smtp.MtrkValue{Certifier: certifier}, envid)
	for _, v := range []string{"a:", "a:x", ":5", "a:1000000000"} {
		if got, err := smtp.Mtrk.Parse([]byte(v)); err == nil {
			t.Errorf("%s: %+v", v, got)
		}
	}
	notOffered(t, "MTRK", smtp.Mtrk, smtp.MtrkValue{Certifier: certifier}, smtp.Config{})

	// ENVID stands beside it (RFC 3885 §3.2).
	var params smtp.Params
	smtp.Set(&params, smtp.Mtrk, smtp.MtrkValue{Certifier: certifier})
	p := newPeer(t, smtp.Config{})
	if _, err := p.s.Mail("a@example.test", &params); err == nil {
		t.Error("it went out without ENVID")
	}
	p.wants("nothing was written", "")
	if err := smtp.ParseCommand(smtp.Table, []byte("MAIL FROM:<> MTRK="+certifier), &smtp.Mail{}); err == nil {
		t.Error("it was taken without ENVID")
	}
}
