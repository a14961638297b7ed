package conformance

import (
	"bytes"
	"context"
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestPairwise holds that each pair of values of two columns meets, and that no
// more rows are made than there are combinations.
func TestPairwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var columns [][]string
		all := 1
		for i := range rapid.IntRange(1, 4).Draw(t, "columns") {
			n := rapid.IntRange(1, 4).Draw(t, "values")
			var values []string
			for j := range n {
				values = append(values, string(rune('a'+i))+string(rune('0'+j)))
			}
			columns = append(columns, values)
			all *= n
		}
		rows := pairwise(columns)
		if len(columns) > 1 && len(rows) > all {
			t.Fatalf("%d rows, there are only %d combinations", len(rows), all)
		}
		for i := range columns {
			for j := i + 1; j < len(columns); j++ {
				for _, a := range columns[i] {
					for _, b := range columns[j] {
						if !slices.ContainsFunc(rows, func(r []string) bool { return r[i] == a && r[j] == b }) {
							t.Fatalf("%s and %s never meet in %v", a, b, rows)
						}
					}
				}
			}
		}
	})
}

// TestCutAtEachOctet holds that a reply is taken whole or not at all, wherever
// the octets are cut.
func TestCutAtEachOctet(t *testing.T) {
	whole := "250-mx.example.test\r\n250-SIZE\r\n250 HELP\r\n"
	for n := range len(whole) {
		if _, took := cut([]byte(whole[:n])); took != 0 {
			t.Errorf("%d octets of a reply were taken for a whole one", n)
		}
	}
	r, took := cut([]byte(whole + "221 bye\r\n"))
	if took != len(whole) || r.Code != 250 || r.flaw != "" {
		t.Errorf("expected the first reply, got %+v (%d octets)", r, took)
	}
	if diff := cmp.Diff([]string{"mx.example.test", "SIZE", "HELP"}, r.Lines); diff != "" {
		t.Error(diff)
	}
	for raw, flaw := range map[string]string{
		"250 a\n": "bare LF", "250 a\rb\r\n": "bare CR", "250-a\r\n251 b\r\n": "code changes", "hello\r\n": "no code", "250_a\r\n": "no code",
	} {
		if r, _ := cut([]byte(raw)); !strings.Contains(r.flaw, flaw) {
			t.Errorf("%q: expected the flaw %q, got %q", raw, flaw, r.flaw)
		}
	}
}

// TestJudgement holds that codes go before classes, and what is said of replies
// that nothing names.
func TestJudgement(t *testing.T) {
	j := parseJudgement("250 5yz; warn 502; fail close")
	for code, want := range map[int]string{250: "pass", 502: "warn", 550: "pass", 354: ""} {
		if got := j.of(Reply{Code: code}); got != want {
			t.Errorf("%d: expected %q, got %q", code, want, got)
		}
	}
	if got := j.of(Reply{Err: errClosed}); got != "fail" {
		t.Errorf("a closed connection: expected fail, got %q", got)
	}
	for _, c := range Cases() {
		if p, ok := Find(c.ID); !ok || p.Title != c.Title {
			t.Errorf("%s is not found", c.ID)
		}
	}
}

// TestCaps holds that the caps on messages and connections are kept.
func TestCaps(t *testing.T) {
	s, cfg := Embedded(nil)
	defer s.Close()
	cfg.MaxMessages = 3
	cfg.Selection.Areas = []string{"DATA"}
	report, err := Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.Messages()); n > 3 {
		t.Errorf("%d messages arrived, 3 were allowed", n)
	}
	if report.Count(Skipped) == 0 {
		t.Error("nothing was skipped for want of leave")
	}
	before := s.Conns()
	cfg.MaxConnections = 20
	if _, err := Run(context.Background(), cfg); err != nil && s.Conns()-before > 20 {
		t.Errorf("%d connections were made, 20 were allowed", s.Conns()-before)
	}
}

// TestNobodyElseGetsMail holds that no message goes to an address that was not
// named, and that no password is sent without TLS.
func TestNobodyElseGetsMail(t *testing.T) {
	s, cfg := Embedded(nil)
	defer s.Close()
	cfg.Parallel = 8
	cfg.Selection.Skip = []string{"abuse-*", "eod-*"}
	report, err := Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range s.Messages() {
		for _, to := range m.To {
			if !strings.EqualFold(to, cfg.Recipients[0]) {
				t.Errorf("a message went to %s: %q", to, short(string(m.Data), 200))
			}
		}
	}
	var b bytes.Buffer
	if err := report.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{cfg.Password, plainIR("", cfg.User, cfg.Password)} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("the report holds the secret %q", secret)
		}
	}
}

// faulty refuses a SIZE= of 20 digits as no number.
func faulty(c *smtptest.Config) {
	usual := c.Answer
	c.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
		if strings.HasSuffix(q.Line, " SIZE=99999999999999999999") {
			return smtptest.Answer{Code: 501, Enhanced: smtp.EnhancedCode{5, 5, 4}, Text: "No number"}, true
		}
		return usual(q)
	}
}

// TestReports holds that each form of a report has what is in it.
func TestReports(t *testing.T) {
	s, cfg := Embedded(faulty)
	defer s.Close()
	cfg.Selection.IDs = []string{"size-20-digits", "mail-*", "seq-ready-*", "conn-554-text"}
	report, err := Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var text, page, junit, stored bytes.Buffer
	for _, err := range []error{report.WriteText(&text), report.WriteHTML(&page), report.WriteJUnit(&junit), report.WriteJSON(&stored)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for form, got := range map[string]string{"text": text.String(), "HTML": page.String(), "JUnit": junit.String()} {
		if !strings.Contains(got, "size-20-digits") || !strings.Contains(got, "SIZE=99999999999999999999") {
			t.Errorf("the %s form lacks the failure", form)
		}
	}
	if strings.Contains(page.String(), "http://") || strings.Contains(page.String(), "https://") || strings.Contains(page.String(), "ZgotmplZ") {
		t.Error("the page needs something from elsewhere, or a value did not fit where it stands")
	}
	if err := xml.Unmarshal(junit.Bytes(), new(junitSuite)); err != nil {
		t.Errorf("JUnit: %v", err)
	}
	again, err := ReadJSON(&stored)
	if err != nil {
		t.Fatal(err)
	}
	if changes := Diff(report, again); len(changes) != 0 {
		t.Errorf("a stored report differs from itself: %v", changes)
	}
	for i := range again.Results {
		if again.Results[i].ID == "mail-250" {
			again.Results[i].Verdict = Fail
		}
	}
	if changes := Diff(report, again); len(changes) != 1 || changes[0].ID != "mail-250" || changes[0].Now != Fail {
		t.Errorf("expected one change, got %v", changes)
	}
	cfg.Expected = map[string]string{"size-20-digits": "known", "mail-250": "not so"}
	report, err = Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var unexpected []string
	for _, x := range report.Unexpected() {
		unexpected = append(unexpected, x.ID)
	}
	if diff := cmp.Diff([]string{"mail-250"}, unexpected); diff != "" {
		t.Errorf("a deviation that is gone should be all that is unexpected:\n%s", diff)
	}
}
