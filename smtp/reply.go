package smtp

import (
	"bytes"
	"iter"
	"strconv"
)

// An EnhancedCode is an enhanced status code (RFC 3463 §2): class, subject,
// detail. The zero value means that the reply had none.
type EnhancedCode [3]uint16

// String gives the form "5.1.1", or nothing for the zero value.
func (c EnhancedCode) String() string {
	if c == (EnhancedCode{}) {
		return ""
	}
	b := make([]byte, 0, 11)
	b = strconv.AppendUint(b, uint64(c[0]), 10)
	b = append(b, '.')
	b = strconv.AppendUint(b, uint64(c[1]), 10)
	b = append(b, '.')
	return string(strconv.AppendUint(b, uint64(c[2]), 10))
}

// A Reply is one reply of a server (RFC 5321 §4.2). Its text is a view into
// the session's buffer, valid until the next call of Next or HandleInput;
// [Reply.Clone] keeps it.
type Reply struct {
	Code     int          // 200 to 599
	Enhanced EnhancedCode // if the server offered ENHANCEDSTATUSCODES and the reply has one
	raw      []byte       // all lines as they came, line ends included
}

// Class is the first digit of the code, 2 to 5.
func (r Reply) Class() int { return r.Code / 100 }

// Positive reports a code of 2yz or 3yz.
func (r Reply) Positive() bool { return r.Code < 400 }

// Raw is the reply as it came, with codes and line ends.
func (r Reply) Raw() []byte { return r.raw }

// Lines yields the text of each line, without code and line end; the enhanced
// status code, where there is one, is left in it.
func (r Reply) Lines() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for rest := r.raw; len(rest) > 0; {
			var line []byte
			line, rest = cutLine(rest)
			if !yield(replyText(line)) {
				return
			}
		}
	}
}

// Text gives the texts of all lines, joined by line feeds, without codes.
func (r Reply) Text() string {
	var b []byte
	for line := range r.Lines() {
		if r.Enhanced != (EnhancedCode{}) {
			if code, n := parseEnhanced(line); n > 0 && code == r.Enhanced {
				line = bytes.TrimLeft(line[n:], " ")
			}
		}
		if b != nil {
			b = append(b, '\n')
		}
		b = append(b, line...)
	}
	return string(b)
}

// String gives code, enhanced code and text on one line.
func (r Reply) String() string {
	s := strconv.Itoa(r.Code)
	if e := r.Enhanced.String(); e != "" {
		s += " " + e
	}
	for line := range bytes.Lines([]byte(r.Text())) {
		s += " " + string(bytes.TrimRight(line, "\n"))
	}
	return s
}

// Clone gives a copy that stays valid.
func (r Reply) Clone() Reply {
	r.raw = bytes.Clone(r.raw)
	return r
}

// Err gives nil for a positive reply, else the [*ReplyError] of command.
func (r Reply) Err(command string, temporary bool) error {
	if r.Positive() {
		return nil
	}
	return &ReplyError{Command: command, Code: r.Code, Enhanced: r.Enhanced, Text: r.Text(), temporary: temporary}
}

// cutLine cuts the first line off b, without its line end.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	line, rest = b[:i], b[i+1:]
	if i > 0 && line[i-1] == '\r' {
		line = line[:i-1]
	}
	return line, rest
}

// replyText cuts code and separator off a reply line.
func replyText(line []byte) []byte {
	if len(line) <= 4 {
		return nil
	}
	return line[4:]
}

// parseEnhanced reads an enhanced status code at the start of text (RFC 2034
// §4), which a space or a line end follows, and gives its length, 0 if there is
// none.
func parseEnhanced(text []byte) (EnhancedCode, int) {
	if len(text) > 5 && text[1] == '.' && text[3] == '.' && text[5] == ' ' && digit(text[2]) && digit(text[4]) && (text[0] == '2' || text[0] == '4' || text[0] == '5') {
		return EnhancedCode{uint16(text[0] - '0'), uint16(text[2] - '0'), uint16(text[4] - '0')}, 5
	}
	var c EnhancedCode
	i := 0
	for part := range c {
		start, n := i, uint16(0)
		for i < len(text) && i-start < 3 && digit(text[i]) {
			n = n*10 + uint16(text[i]-'0')
			i++
		}
		if i == start || text[start] == '0' && i-start > 1 { // no leading zeros (RFC 3463 §2)
			return EnhancedCode{}, 0
		}
		c[part] = n
		if part < 2 {
			if i == len(text) || text[i] != '.' {
				return EnhancedCode{}, 0
			}
			i++
		}
	}
	if c[0] != 2 && c[0] != 4 && c[0] != 5 || i < len(text) && text[i] != ' ' && text[i] != '\r' {
		return EnhancedCode{}, 0
	}
	return c, i
}

func digit(c byte) bool { return c-'0' <= 9 }
