package smtp

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A value that can be written can be read, and is the same.
func inverse[T comparable](t *rapid.T, v T, write func([]byte, T) ([]byte, error), read func([]byte) (T, error)) []byte {
	t.Helper()
	b, err := write([]byte("before:"), v)
	if err != nil {
		t.Fatalf("writing %#v: %v", v, err)
	}
	text, ok := strings.CutPrefix(string(b), "before:")
	if !ok {
		t.Fatalf("writing %#v changed what stood before", v)
	}
	got, err := read([]byte(text))
	if err != nil || got != v {
		t.Fatalf("%#v was written as %q and read as %#v, %v", v, text, got, err)
	}
	return []byte(text)
}

func TestValueInverse(t *testing.T) {
	visible := rapid.StringMatching(`[!-<>-~]{1,20}`)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64().Draw(t, "integer")
		inverse(t, n, func(b []byte, v uint64) ([]byte, error) { return AppendInteger(b, v, 20) },
			func(b []byte) (uint64, error) { return ParseInteger(b, 20) })
		inverse(t, visible.Draw(t, "word"), AppendWord, ParseWord)
		inverse(t, handBody(visible.Draw(t, "choice")), AppendChoice[handBody], ParseChoice[handBody])
		x := inverse(t, rapid.String().Draw(t, "xtext"), AppendXtext, ParseXtext)
		for _, c := range x {
			if c <= ' ' || c > '~' || c == '=' {
				t.Fatalf("xtext %q has %q", x, c)
			}
		}
		inverse(t, rapid.OneOf(rapid.Just(""), handMailbox(false), handMailbox(true)).Draw(t, "mailbox"), AppendAuthMailbox, ParseAuthMailbox)
	})
}

func TestIntegerDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, digits := rapid.Uint64().Draw(t, "n"), rapid.IntRange(0, 21).Draw(t, "digits")
		text := strconv.FormatUint(n, 10)
		b, err := AppendInteger(nil, n, digits)
		if fits := len(text) <= digits; fits != (err == nil) || fits && string(b) != text {
			t.Fatalf("AppendInteger(%d, %d digits) = %q, %v", n, digits, b, err)
		}
	})
	for _, tc := range []struct {
		in     string
		digits int
		want   uint64
		ok     bool
	}{
		{"18446744073709551615", 20, math.MaxUint64, true},
		{"18446744073709551616", 20, math.MaxUint64, true},
		{"99999999999999999999", 20, math.MaxUint64, true},
		{"100000000000000000000", 20, 0, false},
		{"0007", 4, 7, true},
		{"00007", 4, 0, false},
		{"", 4, 0, false},
		{"-1", 4, 0, false},
		{"+1", 4, 0, false},
		{"1 ", 4, 0, false},
	} {
		got, err := ParseInteger([]byte(tc.in), tc.digits)
		if got != tc.want || (err == nil) != tc.ok {
			t.Errorf("ParseInteger(%q, %d) = %d, %v", tc.in, tc.digits, got, err)
		}
	}
}

func TestXtextSamples(t *testing.T) {
	// RFC 4954 §5 has this very example.
	b, err := AppendAuthMailbox(nil, "e=mc2@example.com")
	if string(b) != "e+3Dmc2@example.com" || err != nil {
		t.Errorf("AppendAuthMailbox = %q, %v", b, err)
	}
	for _, bad := range []string{"+3d", "+", "+4", "+G0", "a=b", "a b", "a\r", "ü"} {
		if v, err := ParseXtext([]byte(bad)); err == nil {
			t.Errorf("ParseXtext(%q) = %q, want an error", bad, v)
		}
	}
	for _, bad := range []string{"<", "<ann@example.org>", "ann", "ann+40example.org+0D+0A", ""} {
		if v, err := ParseAuthMailbox([]byte(bad)); err == nil {
			t.Errorf("ParseAuthMailbox(%q) = %q, want an error", bad, v)
		}
	}
	if v, err := ParseAuthMailbox([]byte("ann+40example.org")); v != "ann@example.org" || err != nil {
		t.Errorf("ParseAuthMailbox = %q, %v, want ann@example.org", v, err)
	}
}

func TestValueErrorsKeepSecrets(t *testing.T) {
	const secret = "hunter2 \r\n"
	_, word := AppendWord(nil, secret)
	_, mailbox := AppendAuthMailbox(nil, secret)
	_, parsed := ParseXtext([]byte(secret))
	_, choice := ParseChoice[handBody]([]byte(secret))
	for _, err := range []error{word, mailbox, parsed, choice} {
		var argument *ArgumentError
		if !errors.As(err, &argument) {
			t.Fatalf("got %v, want an *ArgumentError", err)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error quotes the value: %v", err)
		}
	}
}
