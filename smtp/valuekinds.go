package smtp

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendRange appends an integer that lies from low to high, with at most so
// many digits besides a minus sign.
func AppendRange[T int64 | uint64](dst []byte, v T, digits int, low, high T) ([]byte, error) {
	start := len(dst)
	if v >= low && v <= high {
		negative := v < 0
		size := uint64(v)
		if negative {
			dst = append(dst, '-')
			size = -size
		}
		if fitsDigits(size, digits) {
			return strconv.AppendUint(dst, size, 10), nil
		}
	}
	return dst[:start], &ArgumentError{Argument: "integer", Reason: whyRange(digits, low, high)}
}

// ParseRange reads an integer from low to high of at most so many digits, which
// a minus sign may stand before where low is negative, and a plus sign where
// plus says so.
func ParseRange[T int64 | uint64](b []byte, digits int, low, high T, plus bool) (T, error) {
	digitsOnly, negative := b, false
	if len(b) > 0 && (b[0] == '-' && low < 0 || b[0] == '+' && plus) {
		negative, digitsOnly = b[0] == '-', b[1:]
	}
	size, ok := readInteger(digitsOnly, digits)
	v := T(size)
	if negative {
		v = -v
	}
	if !ok || low < 0 && size > 1<<63-1 || v < low || v > high {
		return 0, &ArgumentError{Argument: "integer", Reason: whyRange(digits, low, high)}
	}
	return v, nil
}

// NoZeros gives digits as they are, and nothing where zeros stand before them,
// for an integer that may have none.
func NoZeros(b []byte) []byte {
	if len(b) > 1 && b[0] == '0' {
		return nil
	}
	return b
}

func whyRange[T int64 | uint64](digits int, low, high T) string {
	number := func(v T) string {
		if v < 0 {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatUint(uint64(v), 10)
	}
	return "expected an integer from " + number(low) + " to " + number(high) + ", of at most " + strconv.Itoa(digits) + " digits"
}

// AppendDomainValue appends a domain or an address literal, in ASCII.
func AppendDomainValue(dst []byte, v string) ([]byte, error) {
	if why := checkDomain(v); why != "" {
		return dst, &ArgumentError{Argument: "domain", Reason: why}
	}
	return append(dst, v...), nil
}

// ParseDomainValue reads what [AppendDomainValue] writes.
func ParseDomainValue(b []byte) (string, error) {
	if why := checkDomain(b); why != "" {
		return "", &ArgumentError{Argument: "domain", Reason: why}
	}
	return string(b), nil
}

// AppendURI appends an absolute URI, whose octets above ASCII and spaces come
// encoded (RFC 3986 §4.3).
func AppendURI(dst []byte, v string) ([]byte, error) {
	if !isURI(v) {
		return dst, &ArgumentError{Argument: "uri", Reason: whyURI}
	}
	return append(dst, v...), nil
}

// ParseURI reads what [AppendURI] writes.
func ParseURI(b []byte) (string, error) {
	if !isURI(b) {
		return "", &ArgumentError{Argument: "uri", Reason: whyURI}
	}
	return string(b), nil
}

const whyURI = "expected an absolute URI in printable ASCII: a scheme, a colon and more (RFC 3986 §4.3)"

// isURI checks the scheme, and that all of it can stand on a line.
func isURI[T octets](s T) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c == ':':
			return i > 0 && i+1 < len(s) && isVisible(s)
		case 'a' <= c|0x20 && c|0x20 <= 'z':
		case i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.':
			return false
		}
	}
	return false
}

// AppendDateTime appends a date and time in the form of the Internet, in UTC
// and whole seconds (RFC 3339 §5.6). The year must have four digits.
func AppendDateTime(dst []byte, v time.Time) ([]byte, error) {
	v = v.UTC()
	if y := v.Year(); v.IsZero() || y < 0 || y > 9999 {
		return dst, &ArgumentError{Argument: "date-time", Reason: "expected a time with a year of four digits, got another or none at all"}
	}
	return v.Truncate(time.Second).AppendFormat(dst, time.RFC3339), nil
}

// ParseDateTime reads a date and time in the form of the Internet, in any zone
// (RFC 3339 §5.6); it gives it in UTC, without a fraction of a second.
func ParseDateTime(b []byte) (time.Time, error) {
	if len(b) <= maxDateTime && bytes.IndexByte(b, ',') < 0 { // which package time takes for a point
		if v, err := time.ParseInLocation(time.RFC3339, string(b), time.UTC); err == nil {
			v = v.UTC().Truncate(time.Second)
			if y := v.Year(); !v.IsZero() && y >= 0 && y <= 9999 { // the zone may lead out of it
				return v, nil
			}
		}
	}
	return time.Time{}, &ArgumentError{Argument: "date-time", Reason: `expected a date and time such as "2024-05-21T13:00:00Z" (RFC 3339 §5.6)`}
}

// AppendDateTimeSeconds appends a date and time as [AppendDateTime] does.
func AppendDateTimeSeconds(dst []byte, v time.Time) ([]byte, error) { return AppendDateTime(dst, v) }

// ParseDateTimeSeconds is [ParseDateTime] for a date and time that may have no
// fraction of a second (RFC 7293 §3.1).
func ParseDateTimeSeconds(b []byte) (time.Time, error) {
	if i := len("2014-04-03T23:01:00"); len(b) > i && b[i] == '.' {
		return time.Time{}, &ArgumentError{Argument: "date-time", Reason: `expected a date and time in whole seconds, such as "2024-05-21T13:00:00Z", got a fraction`}
	}
	return ParseDateTime(b)
}

// maxDateTime bounds the fraction of a second.
const maxDateTime = 64

// AppendUTF8AddrXtext appends an address that may have characters above ASCII
// in the form that ASCII can carry (utf-8-addr-xtext, RFC 6533 §3): what an
// esmtp-value can't hold, "+", "\" and characters above ASCII become "\x{", the
// number of the character and "}".
func AppendUTF8AddrXtext(dst []byte, v string) ([]byte, error) {
	start := len(dst)
	for i, r := range v {
		switch {
		case r == utf8.RuneError && v[i] != 0xef, r < 0x80 && !escapable(byte(r)) && !plainXtext(byte(r)):
			return dst[:start], &ArgumentError{Argument: "address", Reason: whyUTF8Addr}
		case r < 0x80 && plainXtext(byte(r)):
			dst = append(dst, byte(r))
		default:
			dst = append(dst, `\x{`...)
			if r < 0x10 {
				dst = append(dst, '0')
			}
			from := len(dst)
			dst = strconv.AppendUint(dst, uint64(r), 16)
			for j := from; j < len(dst); j++ {
				if dst[j] >= 'a' {
					dst[j] -= 'a' - 'A'
				}
			}
			dst = append(dst, '}')
		}
	}
	if len(dst) == start {
		return dst, &ArgumentError{Argument: "address", Reason: whyUTF8Addr}
	}
	return dst, nil
}

// ParseUTF8AddrXtext reads utf-8-addr-xtext, and utf-8-addr-unitext as well,
// which has characters above ASCII as they are (RFC 6533 §3).
func ParseUTF8AddrXtext(b []byte) (string, error) {
	bad := &ArgumentError{Argument: "address", Reason: whyUTF8Addr}
	var out []byte
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n <= 1:
			return "", bad
		case r == '\\':
			if r, n = embedded(b); n == 0 {
				return "", bad
			}
		case r < 0x80 && !plainXtext(byte(r)):
			return "", bad
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	if len(out) == 0 {
		return "", bad
	}
	return string(out), nil
}

const whyUTF8Addr = `expected an address as utf-8-addr-xtext, other characters than printable ASCII, "+", "=" and "\" as \x{HEX} (RFC 6533 §3)`

// plainXtext reports whether a character stands for itself (QCHAR).
func plainXtext(c byte) bool { return c > ' ' && c < 0x7f && c != '+' && c != '=' && c != '\\' }

// escapable reports whether a character of ASCII may be said by its number.
func escapable(c byte) bool {
	switch c {
	case 0x10, ' ', '+', '=', '\\', 0x7f:
		return true
	}
	return c > 0 && c <= 0x09 || c >= 0x11 && c <= 0x19
}

// embedded reads \x{HEX} at the start of b and gives its length, 0 where it is
// none.
func embedded(b []byte) (r rune, n int) {
	const open = `\x{`
	if len(b) < len(open) || string(b[:len(open)]) != open {
		return 0, 0
	}
	for i := len(open); i < len(b) && i <= len(open)+6; i++ {
		c := b[i]
		if c == '}' {
			digits := i - len(open)
			short := r >= 0x80 && b[len(open)] != '0' || r < 0x80 && digits == 2 && escapable(byte(r))
			if !utf8.ValidRune(r) || digits < 2 || !short {
				return 0, 0
			}
			return r, i + 1
		}
		if !isUpperHex(c) {
			return 0, 0
		}
		r = r<<4 | rune(hexDigit(c))
	}
	return 0, 0
}
