package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// What can't be read counts as not said, limit by limit (RFC 9422 §3.7, §4); of
// two EHLO replies the last one counts, though it says nothing (§3.6).
func TestAllowance(t *testing.T) {
	for offer, want := range map[string]smtp.Allowance{
		"LIMITS RCPTMAX=20 MAILMAX=5":                     {Recipients: 20, Transactions: 5},
		"LIMITS RCPTDOMAINMAX=1 FLAG OTHER=x,y MAILMAX=5": {Domains: 1, Transactions: 5},
		"LIMITS MAILMAX=05 RCPTMAX=999999":                {Recipients: 999999},
		"LIMITS MAILMAX=0 RCPTMAX=1000000":                {},
		"LIMITS MAILMAX RCPTMAX= RCPTDOMAINMAX=3":         {Domains: 3},
		"limits mailmax=7":                                {Transactions: 7},
		"LIMITS":                                          {},
		"SIZE":                                            {},
	} {
		s := smtp.NewSession(smtp.Config{})
		p := &peer{t, s}
		p.reply("220 mx.example.test")
		for _, line := range []string{"LIMITS MAILMAX=1 RCPTMAX=1 RCPTDOMAINMAX=1", offer} {
			p.must(s.Hello("client.example"))
			p.flush()
			p.feed("250-mx.example.test\r\n250 " + line + "\r\n")
			s.Next()
		}
		if got := s.Allowance(); got != want {
			t.Errorf("%s: %+v, expected %+v", offer, got, want)
		}
	}
}
