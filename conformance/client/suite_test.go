package client_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/conformance/client"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// known is how many requirements on clients were read from the RFCs and from
// published attacks: each has a case, or stands in uncovered.tsv.
const known = 440

// timed are the cases that look at the clock. They run apart, on a machine that has
// little else to do meanwhile.
var timed = []string{
	"time-*", "quit-waits", "quit-no-reply", "reply-bare-lf*", "tls-handshake-silent", "tls-inject-*", "pipe-after-dot-*", "scram-iterations-huge",
	"lmtp-too-few", "res-reply-slow",
}

// heavy are those that keep the machine busy.
var heavy = []string{"res-reply-endless", "res-line-endless", "res-never-reads", "res-both-write", "res-many-sessions", "res-early-bytes"}

// slow are the cases that take minutes, which a client with long timeouts can't tell
// from seconds.
var slow = []string{"time-default-*", "time-tarpit"}

// TestOwnClient holds that this module's client passes every case with its default
// settings, warnings included. CASES chooses some of them.
func TestOwnClient(t *testing.T) {
	runs := []client.Config{
		{Selection: conformance.Selection{Skip: slices.Concat(timed, heavy, slow)}, Pace: 0.1},
		{Selection: conformance.Selection{IDs: timed, Skip: slow}, Pace: 0.3},
		{Selection: conformance.Selection{IDs: heavy}, Pace: 0.3},
		{Selection: conformance.Selection{IDs: slow}, Pace: 0.005, Slow: true},
	}
	if ids := os.Getenv("CASES"); ids != "" {
		runs = []client.Config{{Selection: conformance.Selection{IDs: strings.Split(ids, ","), Skip: slow}, Pace: 0.3}}
	}
	for _, cfg := range runs {
		cfg.Parallel, cfg.Deadline = 64, 20*time.Second
		report, err := client.Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range report.Results {
			if r.Verdict == conformance.Pass {
				continue
			}
			t.Errorf("%s (%s, %s): %s: %s %s", r.ID, r.Level, r.Source(), r.Verdict, strings.Join(r.Findings, "; "), r.Missing)
			for _, l := range r.Log {
				t.Logf("  %5d ms %d %s: %s", l.Ms, l.Conn, l.From, l.Text)
			}
		}
		t.Logf("%s in %.1f s", report.Summary(), report.Seconds)
	}
}

// TestEagerClient holds that what Config.Eager gains is at the cost of one warning:
// content goes out before the replies to MAIL and RCPT (RFC 3030 §2).
func TestEagerClient(t *testing.T) {
	eager := client.OwnWith("eager", func(c *smtpclient.Config) { c.Eager = true })
	report, err := client.Run(t.Context(), client.Config{
		Driver: eager, Selection: conformance.Selection{Skip: slices.Concat(timed, heavy, slow)}, Parallel: 64, Pace: 0.1, Deadline: 20 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		if want := r.ID == "chunk-after-rcpt"; want != (r.Verdict == conformance.Warn) || !want && r.Verdict != conformance.Pass {
			t.Errorf("%s (%s, %s): %s: %s %s", r.ID, r.Level, r.Source(), r.Verdict, strings.Join(r.Findings, "; "), r.Missing)
			for _, l := range r.Log {
				t.Logf("  %5d ms %d %s: %s", l.Ms, l.Conn, l.From, l.Text)
			}
		}
	}
}

// TestEveryRequirementIsAccounted holds that each requirement has a case or a
// reason, and not both.
func TestEveryRequirementIsAccounted(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range client.Cases() {
		if seen[c.ID] {
			t.Errorf("two cases are called %s", c.ID)
		}
		seen[c.ID] = true
		if c.Level == "" || c.RFC == "" || c.Title == "" || c.Right == "" || c.Why == "" || c.Run == nil {
			t.Errorf("%s: expected level, source, title, what a right client does, why, and a function", c.ID)
		}
	}
	for _, u := range client.Uncovered() {
		if seen[u.ID] {
			t.Errorf("%s has a case and stands in uncovered.tsv, or stands there twice", u.ID)
		}
		seen[u.ID] = true
		if !regexp.MustCompile(`^(not visible|not covered)`).MatchString(u.Reason) || u.Title == "" {
			t.Errorf("%s: expected a reason that begins with \"not visible\" or \"not covered\", got %q", u.ID, u.Reason)
		}
	}
	if len(seen) != known {
		t.Errorf("expected %d requirements in all, found %d", known, len(seen))
	}
}
