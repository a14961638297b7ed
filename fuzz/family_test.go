package fuzz

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
)

// family fuzzes one kind of value: what parse reads of any octets write can
// write, and parse reads that as the same.
func family[T any](f *testing.F, write func([]byte, T) ([]byte, error), parse func([]byte) (T, error), seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, octets []byte) { comesBack(t, octets, write, parse) })
}

func comesBack[T any](t *testing.T, octets []byte, write func([]byte, T) ([]byte, error), parse func([]byte) (T, error)) {
	t.Helper()
	v, err := parse(octets)
	if err != nil {
		if !cmp.Equal(v, *new(T)) {
			t.Fatalf("%q was refused, and gives %v", octets, v)
		}
		return
	}
	wire, err := write([]byte("before"), v)
	if err != nil || string(wire[:len("before")]) != "before" {
		t.Fatalf("%q was read as %v, which is written as %q, %v", octets, v, wire, err)
	}
	if back, err := parse(wire[len("before"):]); err != nil || !cmp.Equal(v, back) {
		t.Fatalf("%q was read as %v and written as %q, which is read as %v, %v", octets, v, wire, back, err)
	}
}

func FuzzInteger(f *testing.F) {
	for _, s := range []string{"0", "007", "18446744073709551615", "18446744073709551616", "-9", "+5", "--1", "", "1e3"} {
		f.Add([]byte(s), uint8(20), int64(-9), uint64(9), true)
		f.Add([]byte(s), uint8(3), int64(1), uint64(1<<63), false)
	}
	f.Fuzz(func(t *testing.T, octets []byte, digits uint8, low int64, high uint64, plus bool) {
		n := int(digits%20) + 1
		comesBack(t, octets, func(dst []byte, v uint64) ([]byte, error) { return smtp.AppendInteger(dst, v, n) }, func(b []byte) (uint64, error) { return smtp.ParseInteger(b, n) })
		top := int64(min(high, 1<<63-1))
		comesBack(t, octets, func(dst []byte, v int64) ([]byte, error) { return smtp.AppendRange(dst, v, n, low, top) }, func(b []byte) (int64, error) { return smtp.ParseRange(b, n, low, top, plus) })
		comesBack(t, octets, func(dst []byte, v uint64) ([]byte, error) { return smtp.AppendRange(dst, v, n, 1, high) }, func(b []byte) (uint64, error) { return smtp.ParseRange(b, n, 1, high, plus) })
	})
}

func FuzzWord(f *testing.F) { family(f, smtp.AppendWord, smtp.ParseWord, "a", "a=b", "~!", "", "é") }

func FuzzDomain(f *testing.F) {
	family(f, smtp.AppendDomainValue, smtp.ParseDomainValue, "a.example", "[192.0.2.1]", "[IPv6:::1]", "-a", "a..b", "é.example")
}

func FuzzXtext(f *testing.F) {
	family(f, smtp.AppendXtext, smtp.ParseXtext, "a+2Bb", "+3D+20", "+zz", "+2", "a=b", "+ff")
}

func FuzzPrintableXtext(f *testing.F) {
	family(f, smtp.AppendPrintableXtext, smtp.ParsePrintableXtext, "a+2Bb", "+3D+20", "a+09", "a+0D+0A", "+FF", "+7F")
}

func FuzzUTF8AddrXtext(f *testing.F) {
	family(f, smtp.AppendUTF8AddrXtext, smtp.ParseUTF8AddrXtext, "a@b.example", `\x{E9}t\x{E9}@b.example`, `\x{1F600}`, "été", `\x{41}`, `\x{+}`, `\x`, `\x{20}`, "a\xff", "a+b", `\x{110000}`, `\x{0E9}`)
}

func FuzzAuthMailbox(f *testing.F) {
	family(f, smtp.AppendAuthMailbox, smtp.ParseAuthMailbox, "<>", "a@b.example", "e+3Dmc2@b.example", "+22a+20b+22@b.example", "a", "<a@b>")
}

func FuzzDateTime(f *testing.F) {
	family(f, smtp.AppendDateTime, smtp.ParseDateTime, "2014-04-03T23:01:00Z", "2014-04-03T23:01:00.5+02:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2002-13-10T09:00:00Z", "0001-01-01T00:00:00.5Z")
}

func FuzzDateTimeSeconds(f *testing.F) {
	family(f, smtp.AppendDateTimeSeconds, smtp.ParseDateTimeSeconds, "2014-04-03T23:01:00Z", "2014-04-03T23:01:00+02:00", "2014-04-03T23:01:00.5Z")
}

func FuzzURI(f *testing.F) {
	family(f, smtp.AppendURI, smtp.ParseURI, "imap://a.example/b", "x:y", ":", "1a:b", "a b:c")
}

// words of a choice, one the beginning of another.
var words = []string{"FULL", "HDRS", "N", "NT", "8BITMIME"}

func FuzzChoice(f *testing.F) {
	family(f, func(dst []byte, v string) ([]byte, error) { return smtp.AppendOneOf(dst, v, words...) },
		func(b []byte) (string, error) { return smtp.ParseOneOf[string](b, words...) }, "FULL", "hdrs", "nt", "x", "")
}

func FuzzList(f *testing.F) {
	for _, s := range []string{"a", "a,b", "a,,b", ",", "a;b;c", "a--b", "-", ""} {
		f.Add([]byte(s), ",")
		f.Add([]byte(s), "--")
	}
	f.Fuzz(func(t *testing.T, octets []byte, separator string) {
		if separator == "" {
			return
		}
		comesBack(t, octets, func(dst []byte, v []string) ([]byte, error) {
			return smtp.AppendList(dst, v, separator, smtp.AppendWord)
		},
			func(b []byte) ([]string, error) { return smtp.ParseList(b, separator, smtp.ParseWord) })
	})
}

// FuzzParts is a sequence of two words, the second optional, with any text
// between them.
func FuzzParts(f *testing.F) {
	for _, s := range []string{"a", "a;b", "a;;b", "a;", ";", "a;;;b", ""} {
		f.Add([]byte(s), ";")
		f.Add([]byte(s), ";;")
	}
	f.Fuzz(func(t *testing.T, octets []byte, between string) {
		if between == "" || strings.ToLower(between) != strings.ToUpper(between) { // letters are read in any case
			return
		}
		type two struct{ First, Second string }
		comesBack(t, octets, func(dst []byte, v two) ([]byte, error) {
			c := smtp.Compose(dst)
			smtp.AppendPart(&c, "first", v.First, smtp.AppendWord, between)
			if v.Second != "" {
				c.Fixed(between)
				smtp.AppendPart(&c, "second", v.Second, smtp.AppendWord)
			}
			return c.End()
		}, func(b []byte) (v two, err error) {
			p := smtp.NewParts(b)
			v.First = smtp.ParsePart(&p, "first", smtp.ParseWord, between)
			if p.Follows(between) {
				v.Second = smtp.ParsePart(&p, "second", smtp.ParseWord)
			}
			if err := p.End(); err != nil {
				return two{}, err
			}
			return v, nil
		})
	})
}
