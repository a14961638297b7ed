package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// Limits that are not known, or can't be read, are passed over (RFC 9422).
func TestLimitsSaid(t *testing.T) {
	for line, want := range map[string]smtp.LimitsOffer{
		"LIMITS MAILMAX=1000":                         {Mailmax: 1000},
		"LIMITS RCPTMAX=20 MAILMAX=5 RCPTDOMAINMAX=1": {Mailmax: 5, Rcptmax: 20, Rcptdomainmax: 1},
		"limits rcptmax=7":                            {Rcptmax: 7},
		"LIMITS NEW=1 RCPTMAX=20 OTHER":               {Rcptmax: 20},
		"LIMITS RCPTMAX=0 MAILMAX=5":                  {Mailmax: 5},
		"LIMITS RCPTMAX=1000000 MAILMAX=5":            {Mailmax: 5},
		"LIMITS RCPTMAX MAILMAX=many":                 {},
	} {
		if got, ok := said(t, smtp.LimitsKeyword, line); !ok || got != want {
			t.Errorf("%s: %+v, %t; want %+v", line, got, ok, want)
		}
	}
	if got, ok := said(t, smtp.LimitsKeyword, "LIMITS RCPTMAX=1 RCPTMAX=2"); ok {
		t.Errorf("a limit that comes twice: %+v", got)
	}
	if got, ok := said(t, smtp.LimitsKeyword, "LIMITS"); ok {
		t.Errorf("none at all: %+v", got)
	}
	if _, ok := said(t, smtp.LimitsKeyword, "NOLIMITS"); ok {
		t.Error("limits of a server that names none")
	}
}
