package client_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/conformance/client"
)

// A mutant is a client with one fault, or a bad one altogether, and the cases that
// have to find it: ids, or patterns with * at the end; empty: it is tried with all.
type mutant struct {
	name   string
	driver client.Driver
	finds  string
}

var mutants = slices.Concat([]mutant{
	{"takes every answer for a yes", optimist{}, ""},
	{"says all at once, and reads nothing", optimist{all: true}, ""},
	{"does nothing, and says that it was refused", lazy{}, ""},
	{"never knows what became of a message", changed{answer: outcome("unknown")}, "ehlo-helo-503-rset caps-duplicate env-mail-555 chunk-refused-* chunk-no-mixing chunk-lost-middle end-4yz end-250"},
	{"takes a lost link for a success", changed{answer: outcome("accepted")}, "end-lost end-reset end-half-* end-garbage end-3yz tls-close-in-middle tls-truncated-reply"},
	{"takes a lost link for a refusal", changed{answer: outcome("permanent")}, "greet-close greet-reset greet-421 shut-* end-lost chunk-lost-*"},
	{"takes every refusal for a passing one", changed{answer: outcome("temporary")}, "greet-554 greet-521 env-rcpt-all-5yz env-mail-5yz end-5yz size-552-mail reply-unknown-5yz"},
	{"takes a temporary refusal for a permanent one", changed{answer: outcome("permanent")}, "env-rcpt-all-4yz env-mail-4yz end-4yz size-452-mail reply-unknown-4yz"},
	{"one outcome for all", changed{answer: func(a *client.Answer) { spread(a) }}, "env-rcpt-mix env-rcpt-first-refused env-rcpt-all-mixed end-accepted-keep-own pipe-count-not-text"},
}, []mutant{
	{"no full name", changed{job: func(j *client.Job) { j.Helo = "localhost" }}, "ehlo-argument ehlo-default-literal"},
	{"says more behind its name", changed{up: swaps("EHLO client.test\r\n", "EHLO client.test here I am\r\n")}, "ehlo-argument ehlo-first"},
	{"explains a literal", changed{up: swaps("]\r\n", "] that is me\r\n")}, "ehlo-literal-bare"},
	{"HELO where EHLO is known", changed{up: swaps("EHLO", "HELO")}, "greet-no-esmtp ehlo-first greet-name-ignored"},
	{"recipients in small letters", changed{job: func(j *client.Job) { j.To = each(j.To, strings.ToLower) }}, "env-case-kept"},
	{"needless quotes", changed{up: swaps("<a.b+c@", `<"a.b+c"@`)}, "env-minimal-quoting"},
	{"source routes", changed{up: swaps("TO:<", "TO:<@relay.test:")}, "env-no-source-route"},
	{"a space behind the colon", changed{up: swaps("TO:<", "TO: <")}, "env-syntax"},
	{"an argument to DATA", changed{up: swaps("DATA\r\n", "DATA now\r\n")}, "env-no-arguments"},
	{"parameters that nobody offered", changed{up: swaps("FROM:<from@client.test>", "FROM:<from@client.test> SIZE=1 BODY=7BIT")},
		"caps-unasked-parameters caps-prefix ehlo-helo-no-extensions ehlo-helo-listing ehlo-single-line body-not-offered size-not-offered"},
	{"no QUIT", changed{up: swaps("QUIT\r\n", "")}, "quit-sent quit-after-error greet-554"},
	{"another command behind QUIT", changed{up: swaps("QUIT\r\n", "QUIT\r\nNOOP\r\n")}, "quit-nothing-after pipe-quit-last"},
	{"a command with LF alone", changed{up: swaps("QUIT\r\n", "QUIT\n")}, "quit-sent greet-wait"},
	{"MAIL again after its refusal", changed{up: swaps("QUIT\r\n", "MAIL FROM:<from@client.test>\r\nQUIT\r\n")}, "env-mail-530 env-retry-delay greet-554"},
	{"the refused RCPT again", changed{up: swaps("QUIT\r\n", "RCPT TO:<a@mx.test>\r\nQUIT\r\n")}, "env-rcpt-no-repeat"},
}, []mutant{
	{"an empty line at the end", changed{job: content(func(s string) string { return s + "\r\n" })}, "data-no-extra-crlf data-exact"},
	{"spaces at the end of lines taken off", changed{job: content(func(s string) string { return strings.ReplaceAll(s, " \r\n", "\r\n") })}, "data-exact"},
	{"no dot-stuffing", changed{up: swaps("\n..", "\n.")}, "data-dot-stuffing data-dot-last-line data-dot-at-boundary data-998"},
	{"no dot-stuffing of the first line", changed{up: swaps("..\r\nFrom", ".\r\nFrom")}, "data-dot-first-line"},
	{"two dots too many", changed{up: swaps("\n..", "\n....")}, "data-dot-stuffing data-dot-last-line data-dot-at-boundary"},
	{"long lines cut", changed{job: content(func(s string) string { return strings.ReplaceAll(s, "llllllllll", "llllllllll\r\n") })}, "data-998 data-over-998"},
	{"NUL dropped", changed{job: content(func(s string) string { return strings.ReplaceAll(s, "\x00", "") })}, "data-nul smug-nul"},
	{"LF where it was LF", changed{up: swaps("two\r\n", "two\n")}, "data-mixed-ends"},
	{"LF before a dot", changed{up: swaps("\r\n..\r\n", "\n.\r\n")}, "smug-lf-dot-crlf smug-lf-dot-lf smug-crlf-dot-lf smug-in-header smug-at-boundary"},
	{"goes on after its source failed", changed{job: func(j *client.Job) { j.FailAfter = 0 }}, "data-no-dot-on-failure"},
	{"other newlines made CRLF", changed{job: content(func(s string) string { return strings.NewReplacer("\v", "\r\n", "\f", "\r\n").Replace(s) })}, "smug-other-newlines"},
}, []mutant{
	{"a timeout of its own that is too short", changed{job: func(j *client.Job) { j.Timeout = 0.2 }}, "time-default-* time-tarpit"},
	{"a timeout that is too short", changed{job: func(j *client.Job) { j.Timeout /= 10 }}, "time-per-command time-configurable time-exists"},
	{"no timeout", changed{job: func(j *client.Job) { j.Timeout = 0 }}, "time-exists time-greeting-none time-after-dot time-tls-handshake tls-handshake-silent quit-no-reply"},
	{"TLS is left out", changed{job: func(j *client.Job) { j.TLS, j.ClearAuth = "none", true }}, "tls-upgrade tls-required-* tls-stripped-keyword tls-forget caps-last-line shut-starttls"},
	{"TLS if it can be had", changed{job: func(j *client.Job) { j.TLS = "opportunistic" }}, "tls-required-missing tls-required-454 tls-stripped-keyword"},
	{"no server name", changed{job: func(j *client.Job) { j.Name = "" }}, "tls-sni"},
	{"another name", changed{job: func(j *client.Job) { j.Name = "other.test" }}, "tls-upgrade tls-name-wrong tls-wildcard"},
	{"something before the ClientHello", changed{up: swaps("STARTTLS\r\n", "STARTTLS\r\nEHLO x\r\n")}, "tls-nothing-before tls-wait-220 pipe-starttls-last tls-upgrade"},
	{"BODY is not declared", changed{up: swaps(" BODY=8BITMIME", "")}, "body-8bit-declared"},
	{"SMTPUTF8 is not declared", changed{up: swaps(" SMTPUTF8", "")}, "utf8-declared caps-utf8-param"},
	{"SMTPUTF8 without need", changed{up: swaps("FROM:<from@client.test>", "FROM:<from@client.test> SMTPUTF8")}, "utf8-not-needed"},
	{"letters dropped from addresses", changed{job: func(j *client.Job) { j.To = each(j.To, ascii) }}, "utf8-quiet-downgrade"},
	{"SIZE twice", changed{up: swaps(" SIZE=", " SIZE=1 SIZE=")}, "size-once"},
	{"SIZE too small", changed{job: func(j *client.Job) { j.Size = j.Size / 2 }}, "size-value"},
	{"LAST on no chunk", changed{up: swaps(" LAST\r\n", "\r\n")}, "chunk-last chunk-exact"},
	{"a chunk that is longer than it says", changed{up: swaps("end\r\n", "end\r\nand more\r\n")}, "smug-bdat"},
	{"no reports asked for", changed{job: func(j *client.Job) { j.Ret, j.Envid, j.Notify, j.Orcpt = "", "", "", "" }}, "dsn-places dsn-xtext dsn-orcpt dsn-ret-values dsn-never-alone"},
	{"parameters left out", changed{job: func(j *client.Job) { j.MailParams = nil }}, "ext-mail-auth ext-deliverby ext-mt-priority ext-futurerelease"},
})

// outcome reports the same for all.
func outcome(word string) func(*client.Answer) {
	return func(a *client.Answer) {
		for _, list := range append(a.Messages, a.Recipients) {
			for i := range list {
				list[i].Outcome = word
			}
		}
	}
}

// spread reports for all what was so for the last one.
func spread(a *client.Answer) {
	for _, list := range append(a.Messages, a.Recipients) {
		for i := range list {
			list[i].Outcome = list[len(list)-1].Outcome
		}
	}
}

func each(list []string, f func(string) string) (out []string) {
	for _, s := range list {
		out = append(out, f(s))
	}
	return out
}

func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 127 {
			return -1
		}
		return r
	}, s)
}

func content(f func(string) string) func(*client.Job) {
	return func(j *client.Job) { j.Content = []byte(f(string(j.Content))) }
}

// find runs a mutant and gives the cases that complain.
func find(t *testing.T, m mutant) map[string]bool {
	t.Helper()
	var s conformance.Selection
	deadline := 5 * time.Second
	if m.finds != "" {
		s.IDs = strings.Fields(m.finds)
		deadline = 2 * time.Second
	}
	cfg := client.Config{Driver: m.driver, Selection: s, Parallel: 64, Pace: 0.1, Deadline: deadline}
	if strings.HasPrefix(m.finds, slow[0]) {
		cfg.Slow, cfg.Pace = true, 0.005
	}
	report, err := client.Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, r := range report.Results {
		if r.Deviates() {
			found[r.ID] = true
		} else if m.finds != "" {
			t.Errorf("%s does not complain: %s %s %s", r.ID, r.Verdict, r.Findings, r.Missing)
			for _, l := range r.Log {
				t.Logf("   %d %s: %s", l.Conn, l.From, l.Text)
			}
		}
	}
	return found
}

// TestSuiteFindsFaults holds that each case complains about a client that has the
// fault.
func TestSuiteFindsFaults(t *testing.T) {
	found := map[string]bool{}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			began := time.Now()
			list := find(t, m)
			for id := range list {
				found[id] = true
			}
			if os.Getenv("SHOW") != "" {
				t.Logf("%d cases complain, %.1f s", len(list), time.Since(began).Seconds())
			}
		})
	}
	for _, c := range client.Cases() {
		if !found[c.ID] {
			t.Errorf("%s was not seen to complain", c.ID)
		}
	}
	t.Logf("%d of %d cases were seen to complain", len(found), len(client.Cases()))
}
