package smtp

import "bytes"

// TextPolicy says what message data may look like. The zero value turns a lone
// LF into CRLF and refuses a lone CR.
type TextPolicy struct {
	// Strict refuses a lone LF too: every line has to end in CRLF.
	Strict bool
	// MaxLine, if not 0, refuses lines of more octets, line end not counted. RFC
	// 5322 §2.1.1 has 998.
	MaxLine int
}

// Text brings message data into the form of the wire, piece by piece: lines end
// in CRLF, a lone CR or LF never passes (RFC 5321 §2.3.8), and with Dots a line
// that begins with a dot gets another one (§4.5.2). The zero value, with or
// without Dots, is ready for use.
type Text struct {
	Policy TextPolicy
	Dots   bool
	inLine bool // some of the line under way went out
	cr     bool // a CR is held back: its LF is to come
	ragged bool // lines are not of one length
	length int  // octets of the line under way
}

// Append appends p in the form of the wire to dst. On an error dst comes back
// as it was and p was not taken.
func (t *Text) Append(dst, p []byte) ([]byte, error) {
	was, n := *t, len(dst)
	if dst == nil {
		dst = []byte{}
	}
	dst, err := t.append(dst, p)
	if err != nil {
		*t = was
		return dst[:n], err
	}
	return dst, nil
}

// Keep takes p as Append would, if it is in the form of the wire as it stands,
// so that nothing has to be copied, and reports whether it is. Where MaxLine is
// set it keeps nothing.
func (t *Text) Keep(p []byte) bool {
	if t.Policy.MaxLine > 0 || t.cr {
		return false
	}
	_, ok := t.clean(nil, p)
	if ok && len(p) > 0 {
		t.inLine = p[len(p)-1] != '\n'
	}
	return ok
}

var lineEnd = []byte("\r\n")

// clean appends p to dst, dots doubled, if all its lines end in CRLF and it has
// no other CR or LF: the line feeds are walked, with a look at the octet before
// and behind each, and the carriage returns counted against them. A nil dst
// gets nothing, and then no dot may have to be doubled. Where ok is false dst is
// not to be used.
func (t *Text) clean(dst, p []byte) (_ []byte, ok bool) {
	start := len(dst)
	copied := 0 // of p, into dst
	if t.Dots && !t.inLine && len(p) > 0 && p[0] == '.' {
		if dst == nil {
			return nil, false
		}
		dst = append(dst, '.')
	}
	// Where lines have one length, as in base64, the next line feed is looked for
	// where it would stand then. One that was passed over so is found by counting.
	lines, guesses := 0, 0
	for i, length, alike := 0, 0, 0; ; lines++ {
		if next := i + length; alike > 1 && !t.ragged && next <= len(p) && p[next-1] == '\n' {
			i = next
			guesses++
		} else {
			n := bytes.IndexByte(p[i:], '\n') + 1
			if n == 0 {
				break
			}
			i += n
			if n != length {
				length, alike = n, 0
			}
			alike++
		}
		if i == 1 || p[i-2] != '\r' {
			return dst, false
		}
		if t.Dots && i < len(p) && p[i] == '.' {
			if dst == nil {
				return nil, false
			}
			dst = append(append(dst, p[copied:i]...), '.')
			copied = i
		}
	}
	if guesses > 0 && bytes.Count(p, lineEnd[1:]) != lines {
		t.ragged = true
		return t.clean(dst[:start], p)
	}
	if bytes.Count(p, lineEnd[:1]) != lines {
		return dst, false
	}
	if dst != nil {
		dst = append(dst, p[copied:]...)
	}
	return dst, true
}

func (t *Text) append(dst, p []byte) ([]byte, error) {
	if t.Policy.MaxLine == 0 && !t.cr && dst != nil {
		n := len(dst)
		clean, ok := t.clean(dst, p)
		if ok {
			if len(p) > 0 {
				t.inLine = p[len(p)-1] != '\n'
			}
			return clean, nil
		}
		dst = clean[:n]
	}
	return t.appendSlowly(dst, p)
}

// appendSlowly goes line by line.
func (t *Text) appendSlowly(dst, p []byte) ([]byte, error) {
	if t.cr && len(p) > 0 {
		if p[0] != '\n' {
			return dst, loneCR()
		}
		dst = append(dst, "\r\n"...)
		t.cr, t.inLine, t.length = false, false, 0
		p = p[1:]
	}
	for len(p) > 0 {
		if !t.inLine && t.Dots && p[0] == '.' {
			dst = append(dst, '.')
		}
		i := bytes.IndexByte(p, '\n')
		line := p
		if i >= 0 {
			line = p[:i]
		}
		t.inLine = true
		switch end := len(line) - 1; {
		case i >= 0 && end >= 0 && line[end] == '\r':
			line = line[:end]
		case i >= 0 && t.Policy.Strict:
			return dst, &ArgumentError{Argument: "content", Reason: "expected each line to end in CRLF, got a lone LF"}
		case i < 0 && end >= 0 && line[end] == '\r':
			line, t.cr = line[:end], true
		}
		if bytes.IndexByte(line, '\r') >= 0 {
			return dst, loneCR()
		}
		t.length += len(line)
		if t.Policy.MaxLine > 0 && t.length > t.Policy.MaxLine {
			return dst, &ArgumentError{Argument: "content", Reason: "expected no line longer than the limit, got one (RFC 5322 §2.1.1)"}
		}
		dst = append(dst, line...)
		if i < 0 {
			return dst, nil
		}
		dst = append(dst, "\r\n"...)
		t.inLine, t.length = false, 0
		p = p[i+1:]
	}
	return dst, nil
}

// AppendEnd ends the data: the last line gets its line end if it has none, and
// with Dots the final dot follows (RFC 5321 §4.1.1.4). The Text is ready for
// another message then.
func (t *Text) AppendEnd(dst []byte) ([]byte, error) {
	if t.cr {
		return dst, loneCR()
	}
	if t.inLine {
		dst = append(dst, "\r\n"...)
	}
	if t.Dots {
		dst = append(dst, ".\r\n"...)
	}
	*t = Text{Policy: t.Policy, Dots: t.Dots}
	return dst, nil
}

func loneCR() error {
	return &ArgumentError{Argument: "content", Reason: "expected CR only in front of LF (RFC 5321 §2.3.8), got it alone"}
}
