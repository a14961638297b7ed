package smtp

import (
	"bytes"
	"strings"
)

// AppendArg writes one argument by the function for its kind.
func AppendArg[T any](l *Line, name string, v T, write func([]byte, T) ([]byte, error)) {
	if l.open(0) {
		l.value(name, func(dst []byte) ([]byte, error) { return write(dst, v) })
	}
}

// AppendPair writes one argument of the form NAME=value.
func AppendPair[T any](l *Line, name string, v T, write func([]byte, T) ([]byte, error)) {
	l.pairs++
	if l.named && l.err == nil && !hasWord(l.names, name) {
		l.err = &MissingError{Name: "the attribute " + name + " of " + l.name(), Reason: "the server names " + excerpt(l.names)}
	}
	if l.open(len(name) + 1) {
		l.buf = append(append(l.buf, name...), '=')
		l.value(name, func(dst []byte) ([]byte, error) { return write(dst, v) })
	}
}

// OfferedPairs says that of the arguments of the form NAME=value only those may
// be written that the server named behind the command's keyword.
func (l *Line) OfferedPairs() {
	if l.said != nil && l.cmd.Keyword != 0 {
		at := l.said.args[l.cmd.Keyword]
		l.names, l.named = l.said.text[at.from:at.to], true
	}
}

// hasWord reports whether a word is among others that spaces part.
func hasWord(words []byte, word string) bool {
	for w := range bytes.FieldsSeq(words) {
		if sameFold(w, word) {
			return true
		}
	}
	return false
}

// NeedPair holds that at least one argument of the form NAME=value was written.
func (l *Line) NeedPair(argument string) {
	if l.pairs == 0 {
		l.fail(argument, "expected at least one NAME=value")
	}
}

// NeedPair holds that at least one argument of the form NAME=value came.
func (a *Args) NeedPair(argument string) {
	if a.pairs == 0 {
		a.fail(argument, "expected at least one NAME=value")
	}
}

// value writes a value and holds that it can stand on a line.
func (l *Line) value(name string, write func([]byte) ([]byte, error)) {
	from := len(l.buf)
	buf, err := write(l.buf)
	switch {
	case err != nil:
		l.fail(name, reasonOf(err))
	case len(buf) <= from:
		l.fail(name, "expected a value, got nothing")
	case len(buf)-l.start+len("\r\n") > MaxCommandLine:
		l.buf = buf[:from]
		l.open(MaxCommandLine) // says what is wrong
	default:
		wide := false
		for _, c := range buf[from:] {
			if class[c]&(cPrint|cWide) == 0 || c == ' ' {
				l.fail(name, whyVisible)
				return
			}
			wide = wide || class[c]&cWide != 0
		}
		if wide && !validWide(buf[from:]) {
			l.fail(name, whyText)
			return
		}
		l.note(name, wide)
		l.buf = buf
	}
}

// ParseArg reads one argument by the function for its kind.
func ParseArg[T any](a *Args, name string, read func([]byte) (T, error)) (v T) {
	token, ok := a.token(name)
	if !ok {
		return v
	}
	return parseValue(a, name, token, read)
}

// Pair reads the name of an argument of the form NAME=value, of those that the
// table has; [ParsePair] reads its value. It gives the place of the name among
// names. Behind an EHLO keyword a name that is not there is passed over, and
// gives -1; in a command it is an error, as a name that comes twice is in both.
func (a *Args) Pair(names ...string) int {
	const what = "attribute"
	token, ok := a.token(what)
	if !ok {
		return -1
	}
	name, value, has := bytes.Cut(token, []byte("="))
	for i, n := range names {
		if !sameFold(name, n) {
			continue
		}
		switch {
		case !has && !a.keyword:
			a.fail(n, `expected "=" and a value behind it`)
		case a.pairs&(1<<i) != 0:
			a.fail(n, "expected it once, it came twice")
		}
		a.pairs |= 1 << i
		a.pair = value
		if a.bad {
			return -1
		}
		return i
	}
	if !a.keyword {
		a.fail(what, "expected NAME=value with one of the names "+strings.Join(names, ", ")+", got "+excerpt(name))
	}
	return -1
}

// ParsePair reads the value behind the name that [Args.Pair] gave. Behind an
// EHLO keyword a value that can't be read is passed over.
func ParsePair[T any](a *Args, name string, read func([]byte) (T, error)) (v T) {
	if a.bad {
		return v
	}
	if a.keyword {
		if v, err := read(a.pair); err == nil {
			return v
		}
		return v
	}
	return parseValue(a, name, a.pair, read)
}

func parseValue[T any](a *Args, name string, token []byte, read func([]byte) (T, error)) T {
	wide := false
	if len(token) == 0 {
		a.fail(name, "expected a value, got nothing")
	}
	for _, c := range token {
		wide = wide || class[c]&cWide != 0
		if class[c]&(cPrint|cWide) == 0 {
			a.fail(name, whyVisible)
		}
	}
	v, err := read(token)
	if err != nil {
		a.fail(name, reasonOf(err))
	} else if wide && !validWide(token) {
		a.fail(name, whyText)
	}
	a.note(name, wide)
	if a.bad {
		var none T
		return none
	}
	return v
}
