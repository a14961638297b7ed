package conformance

import (
	"context"
	"testing"
)

// TestServer runs the suite as subtests, one a case, named by its id. A failure
// or an error that Config.Expected does not name fails the test, and so does a
// deviation that it names and that is gone. Warnings are logged.
//
// It takes a testing.TB so that benchmarks may call it too; the subtests need a
// *testing.T.
func TestServer(tb testing.TB, cfg Config) *Report {
	tb.Helper()
	report, err := Run(context.Background(), cfg)
	if report != nil {
		for i := range report.Results {
			x := &report.Results[i]
			if t, ok := tb.(*testing.T); ok {
				t.Run(x.ID, func(t *testing.T) { x.tell(t) })
			} else {
				x.tell(tb)
			}
		}
	}
	if err != nil {
		tb.Fatal(err)
	}
	return report
}

func (x *Result) tell(tb testing.TB) {
	tb.Helper()
	switch {
	case x.Unexpected:
		tb.Errorf("%s (%s, %s)\n%s\n%s", x.Title, x.Source(), x.Level, x.message(), x.conversation())
	case x.Verdict == Warn:
		tb.Log(x.message())
	}
}
