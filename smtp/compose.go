package smtp

import (
	"bytes"
	"strconv"
	"strings"
)

// A Composer writes a value that is made of parts, such as "120;R": generated
// code writes the part of a sequence with it. The first error stays.
type Composer struct {
	dst   []byte
	start int // of the value
	err   error
}

// Compose begins a value at the end of dst.
func Compose(dst []byte) Composer {
	return Composer{dst: dst, start: len(dst)}
}

// Fixed writes text that the table gives.
func (c *Composer) Fixed(text string) {
	if c.err == nil {
		c.dst = append(c.dst, text...)
	}
}

// AppendPart writes one part by the function for its kind. It may not hold what
// ends it, the texts that parts behind it begin with.
func AppendPart[T any](c *Composer, name string, v T, write func([]byte, T) ([]byte, error), ends ...string) {
	if c.err != nil {
		return
	}
	dst, err := write(c.dst, v)
	if err != nil {
		c.err = &ArgumentError{Argument: name, Reason: reasonOf(err)}
		return
	}
	for _, end := range ends {
		if holds(dst[len(c.dst):], end) {
			c.err = &ArgumentError{Argument: name, Reason: whyHolds(end, "ends it")}
			return
		}
	}
	c.dst = dst
}

// holds reports whether a reader would find text before the end of part, or
// begun in it: "a;" holds ";;".
func holds(part []byte, text string) bool {
	for i := range part {
		if n := min(len(text), len(part)-i); string(part[i:i+n]) == text[:n] && (n == len(text) || strings.HasPrefix(text, text[n:])) {
			return true
		}
	}
	return false
}

// End gives dst with the value behind it, or as it was with what was wrong.
func (c *Composer) End() ([]byte, error) {
	if c.err != nil {
		return c.dst[:c.start], c.err
	}
	return c.dst, nil
}

// Parts reads what a [Composer] writes.
type Parts struct {
	in  []byte
	err error
}

// NewParts begins to read a value.
func NewParts(in []byte) Parts { return Parts{in: in} }

// Follows takes text where it comes next, and reports whether it did.
func (p *Parts) Follows(text string) bool {
	if !p.Begins(text) {
		return false
	}
	p.in = p.in[len(text):]
	return true
}

// At reports whether nothing is left, or one of the texts comes next.
func (p *Parts) At(texts ...string) bool { return p.err != nil || len(p.in) == 0 || p.Begins(texts...) }

// Begins reports whether one of the texts comes next.
func (p *Parts) Begins(texts ...string) bool {
	for _, text := range texts {
		if p.err == nil && len(p.in) >= len(text) && sameFold(p.in[:len(text)], text) {
			return true
		}
	}
	return false
}

// Fixed takes text, which has to come next.
func (p *Parts) Fixed(text string) {
	if p.err == nil && !p.Follows(text) {
		p.fail("value", "expected "+strconv.Quote(text)+" behind its first part")
	}
}

// End gives the error, which is one too where something is left.
func (p *Parts) End() error {
	if p.err == nil && len(p.in) > 0 {
		p.fail("value", "expected its end, more came")
	}
	return p.err
}

func (p *Parts) fail(name, reason string) {
	if p.err == nil {
		p.err = &ArgumentError{Argument: name, Reason: reason}
	}
}

// ParsePart reads the part that ends where the first of some texts begins, or
// with the value where none comes.
func ParsePart[T any](p *Parts, name string, read func([]byte) (T, error), ends ...string) (v T) {
	n := len(p.in)
	for _, end := range ends {
		if i := bytes.Index(p.in[:n], []byte(end)); i >= 0 {
			n = i
		}
	}
	for _, end := range ends {
		if holds(p.in[:n], end) { // its beginning, at the part's end
			p.fail(name, whyHolds(end, "ends it"))
		}
	}
	return parseUpTo(p, name, n, read)
}

// ParseDigitsPart reads a part that is a number and ends behind its digits.
func ParseDigitsPart[T any](p *Parts, name string, read func([]byte) (T, error)) (v T) {
	n := 0
	for n < len(p.in) && ('0' <= p.in[n] && p.in[n] <= '9' || n == 0 && (p.in[n] == '-' || p.in[n] == '+')) {
		n++
	}
	return parseUpTo(p, name, n, read)
}

// ParseWordPart reads a part that is one of some words, the longest that fits.
func ParseWordPart[T ~string](p *Parts, name string, words ...string) (v T) {
	longest := ""
	for _, w := range words {
		if len(w) > len(longest) && len(p.in) >= len(w) && sameFold(p.in[:len(w)], w) {
			longest = w
		}
	}
	if longest == "" {
		p.fail(name, whyOneOf(words))
	}
	if p.err != nil {
		return v
	}
	p.in = p.in[len(longest):]
	return T(longest)
}

func parseUpTo[T any](p *Parts, name string, n int, read func([]byte) (T, error)) (v T) {
	if p.err != nil {
		return v
	}
	v, err := read(p.in[:n])
	if err != nil {
		p.fail(name, reasonOf(err))
		return v
	}
	p.in = p.in[n:]
	return v
}

// AppendList appends values with a separator between them, at least one.
func AppendList[T any](dst []byte, list []T, separator string, write func([]byte, T) ([]byte, error)) ([]byte, error) {
	start := len(dst)
	if len(list) == 0 {
		return dst, &ArgumentError{Argument: "list", Reason: whyList}
	}
	for i, v := range list {
		if i > 0 {
			dst = append(dst, separator...)
		}
		from := len(dst)
		next, err := write(dst, v)
		switch {
		case err != nil:
			return dst[:start], err
		case holds(next[from:], separator):
			return dst[:start], &ArgumentError{Argument: "list", Reason: whyHolds(separator, "stands between them")}
		case len(next) == from:
			return dst[:start], &ArgumentError{Argument: "list", Reason: whyList}
		}
		dst = next
	}
	return dst, nil
}

// ParseList reads what [AppendList] writes.
func ParseList[T any](b []byte, separator string, read func([]byte) (T, error)) ([]T, error) {
	if len(b) == 0 {
		return nil, &ArgumentError{Argument: "list", Reason: whyList}
	}
	var list []T
	for more := true; more; {
		var item []byte
		item, b, more = bytes.Cut(b, []byte(separator))
		switch {
		case len(item) == 0:
			return nil, &ArgumentError{Argument: "list", Reason: whyList}
		case holds(item, separator): // its beginning, at the item's end
			return nil, &ArgumentError{Argument: "list", Reason: whyHolds(separator, "stands between them")}
		}
		v, err := read(item)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func whyHolds(text, does string) string {
	return "expected a value without " + strconv.Quote(text) + ", which " + does
}

const whyList = "expected at least one value, and none that is empty"

// CheckAlone holds that a word which has to stand alone does so, and that no
// word stands in a list twice (RFC 3461 §4.1 of NEVER).
func CheckAlone[T ~string](list []T, alone ...string) error {
	for i, v := range list {
		for _, w := range list[:i] {
			if strings.EqualFold(string(v), string(w)) {
				return &ArgumentError{Argument: "list", Reason: "expected each word once, " + string(w) + " stands there twice"}
			}
		}
		for _, w := range alone {
			if len(list) > 1 && strings.EqualFold(string(v), w) {
				return &ArgumentError{Argument: "list", Reason: "expected " + w + " to stand alone"}
			}
		}
	}
	return nil
}

// AppendOneOf appends one of some words, in the table's spelling.
func AppendOneOf[T ~string](dst []byte, v T, words ...string) ([]byte, error) {
	for _, w := range words {
		if strings.EqualFold(string(v), w) {
			return append(dst, w...), nil
		}
	}
	return dst, &ArgumentError{Argument: "word", Reason: whyOneOf(words)}
}

// ParseOneOf reads one of some words, in any case.
func ParseOneOf[T ~string](b []byte, words ...string) (T, error) {
	for _, w := range words {
		if sameFold(b, w) {
			return T(w), nil
		}
	}
	return "", &ArgumentError{Argument: "word", Reason: whyOneOf(words)}
}

func whyOneOf(words []string) string { return "expected " + strings.Join(words, " or ") }
