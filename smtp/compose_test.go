package smtp_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

// What AppendRange takes lies within its bounds and comes back; what it does
// not take is an error that leaves nothing.
func TestRangeComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low, high := rapid.Int64Range(-1000, 0).Draw(t, "low"), rapid.Int64Range(0, 1000).Draw(t, "high")
		v, digits := rapid.Int64Range(-2000, 2000).Draw(t, "v"), rapid.IntRange(1, 4).Draw(t, "digits")
		out, err := smtp.AppendRange([]byte("x"), v, digits, low, high)
		size := v
		if size < 0 {
			size = -size
		}
		fits := v >= low && v <= high && size < int64(math.Pow10(digits))
		var wrong *smtp.ArgumentError
		switch {
		case fits != (err == nil), err != nil && (string(out) != "x" || !errors.As(err, &wrong)):
			t.Fatalf("%d in %d..%d of %d digits: %q, %v", v, low, high, digits, out, err)
		case err != nil:
			return
		}
		if back, err := smtp.ParseRange(out[1:], digits, low, high, false); err != nil || back != v {
			t.Fatalf("%q gives %d, %v", out[1:], back, err)
		}
	})
}

func TestRangeAtItsEnds(t *testing.T) {
	for _, c := range []struct {
		in   string
		plus bool
		want int64
		ok   bool
	}{
		{"9223372036854775807", false, math.MaxInt64, true}, {"9223372036854775808", false, 0, false}, {"-9223372036854775808", false, 0, false},
		{"+1", true, 1, true}, {"+1", false, 0, false}, {"--1", true, 0, false}, {"-", false, 0, false}, {"", true, 0, false}, {"-0", false, 0, true}, {"1 ", false, 0, false},
	} {
		v, err := smtp.ParseRange[int64]([]byte(c.in), 20, math.MinInt64, math.MaxInt64, c.plus)
		if v != c.want || (err == nil) != c.ok {
			t.Errorf("%q (plus %t): %d, %v", c.in, c.plus, v, err)
		}
	}
	if v, err := smtp.ParseRange[uint64]([]byte("18446744073709551615"), 20, 0, math.MaxUint64, false); v != math.MaxUint64 || err != nil {
		t.Errorf("the largest: %d, %v", v, err)
	}
	if _, err := smtp.ParseRange[uint64]([]byte("-1"), 20, 0, math.MaxUint64, false); err == nil {
		t.Error("a number below zero was taken for one that has no sign")
	}
}

// An address of any characters comes back, in printable ASCII that an
// esmtp-value may hold.
func TestUTF8AddrXtextComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.String().Draw(t, "v")
		out, err := smtp.AppendUTF8AddrXtext(nil, v)
		strange := v == "" || strings.ContainsFunc(v, func(r rune) bool { // which RFC 6533 has no form for
			return r == 0 || r >= 0x0a && r <= 0x0f || r >= 0x1a && r <= 0x1f
		})
		if strange != (err != nil) {
			t.Fatalf("%q: %q, %v", v, out, err)
		}
		if err != nil {
			return
		}
		for _, c := range out {
			if c <= ' ' || c >= 0x7f || c == '+' || c == '=' {
				t.Fatalf("%q became %q", v, out)
			}
		}
		if back, err := smtp.ParseUTF8AddrXtext(out); err != nil || back != v {
			t.Fatalf("%q became %q, and that %q, %v", v, out, back, err)
		}
	})
}

// RFC 6533 §3: which numbers may stand in braces.
func TestUTF8AddrXtextForms(t *testing.T) {
	for in, want := range map[string]string{
		`\x{E9}@example.org`: "é@example.org", "é@example.org": "é@example.org", `a\x{5C}b`: `a\b`, `\x{2B}`: "+", `\x{3D}`: "=", `\x{20}`: " ",
		`\x{7F}`: "\x7f", `\x{10}`: "\x10", `\x{01}`: "\x01", `\x{1F600}`: "😀", `\x{10FFFF}`: "\U0010ffff", `\x{D7FF}`: "\ud7ff",
	} {
		if got, err := smtp.ParseUTF8AddrXtext([]byte(in)); got != want || err != nil {
			t.Errorf("%s gives %q, %v, not %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", `\x{41}`, `\x{0E9}`, `\x{e9}`, `\x{D800}`, `\x{110000}`, `\x{}`, `\x{5C`, `\`, `a+b`, `a=b`, `a b`, "\xe9", `\x{00}`, `\x{0A}`, `\x{0010FFFF}`} {
		if got, err := smtp.ParseUTF8AddrXtext([]byte(in)); err == nil {
			t.Errorf("%q was taken, as %q", in, got)
		}
	}
}

func TestDateTimeComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := time.Unix(rapid.Int64Range(-60000000000, 250000000000).Draw(t, "seconds"), rapid.Int64Range(0, 999999999).Draw(t, "nanoseconds")).
			In(time.FixedZone("", 60*rapid.IntRange(-12*60, 14*60).Draw(t, "zone")))
		out, err := smtp.AppendDateTime(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := smtp.ParseDateTime(out); err != nil || !back.Equal(v.Truncate(time.Second)) {
			t.Fatalf("%v became %s, and that %v, %v", v, out, back, err)
		}
	})
	if _, err := smtp.AppendDateTime(nil, time.Time{}); err == nil {
		t.Error("no time at all was written")
	}
	for in, want := range map[string]string{
		"2014-04-03T23:01:00Z": "2014-04-03T23:01:00Z", "2014-04-03T23:01:00+02:00": "2014-04-03T21:01:00Z", "2014-04-03": "", "": "", "2014-04-03T23:01:00." + strings.Repeat("1", 60) + "Z": "",
	} {
		v, err := smtp.ParseDateTime([]byte(in))
		if want == "" && err == nil || want != "" && (err != nil || v.Format(time.RFC3339) != want) {
			t.Errorf("%q gives %v, %v", in, v, err)
		}
	}
}

func TestListComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.StringMatching(`[a-z,;]{0,3}`), 0, 4).Draw(t, "list")
		separator := rapid.SampledFrom([]string{",", ";", "a,", ",,", "a,a"}).Draw(t, "separator")
		out, err := smtp.AppendList([]byte("x"), list, separator, smtp.AppendWord)
		bad := len(list) == 0
		for _, v := range list {
			bad = bad || v == "" || strings.Index(v+separator, separator) < len(v)
		}
		if bad && err == nil {
			t.Fatalf("%q with %q between: %q", list, separator, out)
		}
		if err != nil {
			if !bad || string(out) != "x" {
				t.Fatalf("%q with %q between: %q, %v", list, separator, out, err)
			}
			return
		}
		if back, err := smtp.ParseList(out[1:], separator, smtp.ParseWord); err != nil || !cmp.Equal(list, back) {
			t.Fatalf("%q became %q, and that %q, %v", list, out, back, err)
		}
	})
}

// No value that an encoder of somebody's own makes brings a control character or
// a space onto the line.
func TestAppendArgKeepsTheLine(t *testing.T) {
	for _, text := range []string{"a\rb", "a\nb", "a\x00b", "a b", "", "\x7f", "\xff", strings.Repeat("x", smtp.MaxCommandLine)} {
		raw := func(dst []byte, v string) ([]byte, error) { return append(dst, v...), nil }
		for name, c := range map[string]smtp.Command{"argument": &raws{text, raw, false}, "pair": &raws{text, raw, true}} {
			if out, err := smtp.AppendCommand([]byte("x"), smtp.Table, c); err == nil || string(out) != "x" {
				t.Errorf("%s %.20q: %.40q, %v", name, text, out, err)
			}
		}
	}
}

type raws struct {
	text  string
	write func([]byte, string) ([]byte, error)
	pair  bool
}

func (*raws) Op() smtp.Op { return smtp.OpVrfy }
func (r *raws) Encode(l *smtp.Line) {
	if r.pair {
		smtp.AppendPair(l, "NAME", r.text, r.write)
	} else {
		smtp.AppendArg(l, "value", r.text, r.write)
	}
}
func (*raws) Parse(*smtp.Args) {}
