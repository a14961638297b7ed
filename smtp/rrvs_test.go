package smtp_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestRRVS(t *testing.T) {
	comesBack(t, smtp.RRVS, func(t *rapid.T) smtp.RRVSValue {
		return smtp.RRVSValue{
			Since:  time.Unix(rapid.Int64Range(0, 4000000000).Draw(t, "since"), 0).UTC(),
			Action: rapid.SampledFrom([]smtp.RRVSAction{"", smtp.RRVSActionContinue, smtp.RRVSActionReject}).Draw(t, "action"),
		}
	}, nil)
	// RFC 7293 §3.1, §14.1.
	since := time.Date(2014, 4, 3, 23, 1, 0, 0, time.UTC)
	onTheWire(t, smtp.RRVS, "RRVS=2014-04-03T23:01:00Z", smtp.RRVSValue{Since: since}, nil)
	onTheWire(t, smtp.RRVS, "RRVS=2014-04-03T23:01:00Z;C", smtp.RRVSValue{Since: since, Action: smtp.RRVSActionContinue}, nil)
	refused(t, smtp.RRVS, "2014-04-03T23:01:00Z;", "2014-04-03T23:01:00Z;X", "2014-04-03T23:01:00Z;CR", ";C", "yesterday",
		"2014-04-03T23:01:00.5Z", "2014-04-03T23:01:00.000+02:00;C", "2014-04-03T23:01:00,5Z")
	notOffered(t, "RRVS", smtp.RRVS, smtp.RRVSValue{Since: since}, smtp.Config{})
}
