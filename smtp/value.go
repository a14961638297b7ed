package smtp

import (
	"bytes"
	"math"
	"strconv"
)

// The functions below write and read values of parameters. Those that write
// return dst as it was with an [*ArgumentError], in which the value is not
// quoted; those that read give the zero value with one.

// AppendInteger appends v in decimal, which must have at most so many digits
// (as RFC 1870 §5 asks of SIZE: 20).
func AppendInteger(dst []byte, v uint64, digits int) ([]byte, error) {
	if !fitsDigits(v, digits) {
		return dst, &ArgumentError{Argument: "integer", Reason: whyDigits(digits)}
	}
	return strconv.AppendUint(dst, v, 10), nil
}

// ParseInteger reads a decimal of one to so many digits, leading zeros
// included. What is above 2^64-1, and has no more digits, reads as 2^64-1.
func ParseInteger(b []byte, digits int) (uint64, error) {
	v, ok := readInteger(b, digits)
	if !ok && len(b) > 0 && len(b) <= digits && len(bytes.Trim(b, "0123456789")) == 0 {
		return math.MaxUint64, nil // of 20 digits (RFC 1870 §5): more than there can be octets
	}
	if !ok {
		return 0, &ArgumentError{Argument: "integer", Reason: whyDigits(digits)}
	}
	return v, nil
}

// AppendWord appends v, which must be an esmtp-value in ASCII: printable,
// without space and "=", and not empty (RFC 5321 §4.1.2).
func AppendWord(dst []byte, v string) ([]byte, error) {
	if !isWord(v) {
		return dst, &ArgumentError{Argument: "word", Reason: whyWord}
	}
	return append(dst, v...), nil
}

// ParseWord reads what [AppendWord] writes.
func ParseWord(b []byte) (string, error) {
	if !isWord(b) {
		return "", &ArgumentError{Argument: "word", Reason: whyWord}
	}
	return string(b), nil
}

// AppendXtext appends v, which may hold any octets, as xtext (RFC 3461 §4):
// what an esmtp-value can't hold, and "+", becomes "+" and two hexadecimal
// digits.
func AppendXtext(dst []byte, v string) ([]byte, error) {
	const digits = "0123456789ABCDEF"
	for i := range len(v) {
		if c := v[i]; class[c]&cValue != 0 && c != '+' {
			dst = append(dst, c)
		} else {
			dst = append(dst, '+', digits[c>>4], digits[c&15])
		}
	}
	return dst, nil
}

// ParseXtext reads xtext (RFC 3461 §4). Hexadecimal digits are upper case
// there, and so they must be here.
func ParseXtext(b []byte) (string, error) {
	text, ok := decodeXtext(nil, b)
	if !ok {
		return "", &ArgumentError{Argument: "xtext", Reason: whyXtext}
	}
	return string(text), nil
}

// AppendPrintableXtext appends v, which has to be printable ASCII, spaces and tabs
// included, as xtext (RFC 3461 §4.4).
func AppendPrintableXtext(dst []byte, v string) ([]byte, error) {
	if !printable(v) {
		return dst, &ArgumentError{Argument: "value", Reason: whyPrintable}
	}
	return AppendXtext(dst, v)
}

// ParsePrintableXtext reads xtext whose octets are printable ASCII, spaces or tabs.
func ParsePrintableXtext(b []byte) (string, error) {
	v, err := ParseXtext(b)
	if err == nil && !printable(v) {
		return "", &ArgumentError{Argument: "value", Reason: whyPrintable}
	}
	return v, err
}

func printable(v string) bool {
	for i := range len(v) {
		if c := v[i]; (c < ' ' || c > '~') && c != '\t' {
			return false
		}
	}
	return true
}

// AppendAuthMailbox appends the value of MAIL's AUTH parameter (RFC 4954 §5):
// "<>" for the empty string, else v, a mailbox, as xtext.
func AppendAuthMailbox(dst []byte, v string) ([]byte, error) {
	if v == "" {
		return append(dst, "<>"...), nil
	}
	if _, why := checkMailbox(v); why != "" {
		return dst, &ArgumentError{Argument: "mailbox", Reason: why}
	}
	return AppendXtext(dst, v)
}

// ParseAuthMailbox reads what [AppendAuthMailbox] writes.
func ParseAuthMailbox(b []byte) (string, error) {
	if string(b) == "<>" {
		return "", nil
	}
	var space [maxPath]byte
	mailbox, ok := decodeXtext(space[:0], b)
	if !ok {
		return "", &ArgumentError{Argument: "mailbox", Reason: whyXtext}
	}
	if _, why := checkMailbox(mailbox); why != "" {
		return "", &ArgumentError{Argument: "mailbox", Reason: why}
	}
	return string(mailbox), nil
}

// AppendChoice appends one word of a choice. Whether the table has the word,
// and whether it is offered, is seen when the command is encoded.
func AppendChoice[T ~string](dst []byte, v T) ([]byte, error) {
	return AppendWord(dst, string(v))
}

// ParseChoice reads one word of a choice.
func ParseChoice[T ~string](b []byte) (T, error) {
	v, err := ParseWord(b)
	return T(v), err
}

const (
	whyWord      = `expected a word of printable ASCII without space and "="`
	whyPrintable = "expected printable ASCII (RFC 3461 §4.4), got an octet that is none"
	whyXtext     = `expected xtext: printable ASCII without space and "=", other octets as "+" and two upper-case hexadecimal digits (RFC 3461 §4)`
)

func whyDigits(digits int) string {
	return "expected an integer of 1 to " + strconv.Itoa(digits) + " digits, below 2^64"
}

func isWord[T octets](s T) bool {
	for i := range len(s) {
		if class[s[i]]&cValue == 0 {
			return false
		}
	}
	return len(s) > 0
}

func fitsDigits(v uint64, digits int) bool {
	for ; v >= 10 && digits > 0; digits-- {
		v /= 10
	}
	return digits > 0
}

func readInteger(b []byte, digits int) (v uint64, ok bool) {
	if len(b) == 0 || len(b) > digits {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		d := uint64(c - '0')
		if v > (math.MaxUint64-d)/10 {
			return 0, false
		}
		v = v*10 + d
	}
	return v, true
}

func decodeXtext(dst, b []byte) ([]byte, bool) {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if class[c]&cValue == 0 {
			return dst, false
		}
		if c == '+' {
			if i+2 >= len(b) || !isUpperHex(b[i+1]) || !isUpperHex(b[i+2]) {
				return dst, false
			}
			c = hexDigit(b[i+1])<<4 | hexDigit(b[i+2])
			i += 2
		}
		dst = append(dst, c)
	}
	return dst, true
}

func isUpperHex(c byte) bool { return '0' <= c && c <= '9' || 'A' <= c && c <= 'F' }

func hexDigit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c - 'A' + 10
}
