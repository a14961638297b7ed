package smtp_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestFutureRelease(t *testing.T) {
	comesBack(t, smtp.HoldFor, func(t *rapid.T) uint64 { return rapid.Uint64Range(1, 999999999).Draw(t, "seconds") }, nil)
	comesBack(t, smtp.HoldUntil, func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 4000000000).Draw(t, "time"), 0).UTC()
	}, nil)
	// RFC 4865 §2, §7.
	onTheWire(t, smtp.HoldFor, "HOLDFOR=86400", 86400, nil)
	onTheWire(t, smtp.HoldUntil, "HOLDUNTIL=2002-07-10T09:00:00Z", time.Date(2002, 7, 10, 9, 0, 0, 0, time.UTC), nil)
	refused(t, smtp.HoldFor, "0", "1000000000", "-1", "x")
	refused(t, smtp.HoldUntil, "tomorrow", "2002-07-10", "2002-13-10T09:00:00Z")
	notOffered(t, "FUTURERELEASE", smtp.HoldFor, 1, smtp.Config{})

	// One of the two stands in a MAIL.
	var params smtp.Params
	smtp.Set(&params, smtp.HoldFor, 5)
	smtp.Set(&params, smtp.HoldUntil, time.Unix(1e9, 0))
	if out, err := smtp.AppendCommand(nil, smtp.Table, &smtp.Mail{From: "a@example.test", Params: &params}); err == nil {
		t.Errorf("both went out: %q", out)
	}
	if err := smtp.ParseCommand(smtp.Table, []byte("MAIL FROM:<> HOLDFOR=5 HOLDUNTIL=2002-07-10T09:00:00Z"), &smtp.Mail{}); err == nil {
		t.Error("both were taken")
	}
}

func TestFutureReleaseSaid(t *testing.T) {
	got, ok := said(t, smtp.FutureReleaseKeyword, "FUTURERELEASE 86400 2002-07-10T09:00:00Z")
	if want := (smtp.FutureReleaseOffer{Interval: 86400, Until: time.Date(2002, 7, 10, 9, 0, 0, 0, time.UTC)}); !ok || got != want {
		t.Errorf("%+v, %t", got, ok)
	}
	for _, line := range []string{"FUTURERELEASE", "FUTURERELEASE 86400", "FUTURERELEASE 0 2002-07-10T09:00:00Z", "FUTURERELEASE 86400 soon"} {
		if got, ok := said(t, smtp.FutureReleaseKeyword, line); ok {
			t.Errorf("%s: %+v", line, got)
		}
	}
}

// TestFutureReleaseWithin holds that no time above the announced one goes out (RFC
// 4865 §4.1). What the server announces in a way that can't be read bounds nothing.
func TestFutureReleaseWithin(t *testing.T) {
	last := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		most := rapid.Uint64Range(1, 999999999).Draw(rt, "announced")
		seconds := rapid.OneOf(rapid.Uint64Range(1, 999999999), rapid.SampledFrom([]uint64{most, max(1, most-1), min(most+1, 999999999)})).Draw(rt, "HOLDFOR")
		until := last.Add(time.Duration(rapid.Int64Range(-2, 2).Draw(rt, "days")) * 24 * time.Hour)
		offer := rapid.SampledFrom([]string{fmt.Sprintf("FUTURERELEASE %d 2030-01-01T00:00:00Z", most), "FUTURERELEASE soon"}).Draw(rt, "offer")
		s := smtp.NewSession(smtp.Config{})
		s.HandleInput([]byte("220 mx.example.test ESMTP\r\n"))
		drain(s)
		s.Hello("client.example.test")
		s.Take(nil)
		s.HandleInput([]byte("250-mx.example.test\r\n250 " + offer + "\r\n"))
		drain(s)
		var hold, wait smtp.Params
		smtp.Set(&hold, smtp.HoldFor, seconds)
		smtp.Set(&wait, smtp.HoldUntil, until)
		bound := offer != "FUTURERELEASE soon"
		if err := s.Check(&smtp.Mail{Params: &hold}); (err != nil) != (bound && seconds > most) {
			rt.Errorf("%s, HOLDFOR=%d: %v", offer, seconds, err)
		}
		if _, err := s.Mail("", &wait); (err != nil) != (bound && until.After(last)) {
			rt.Errorf("%s, HOLDUNTIL %v: %v", offer, until, err)
		}
	})
}
