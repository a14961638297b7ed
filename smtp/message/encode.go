package message

import "encoding/base64"

// Lengths of encoded lines (RFC 2045 §6.7, §6.8).
const (
	quotedLine = 75 // the "=" of a soft line break makes it 76
	base64Line = 57 // octets, which become 76
)

// An encoder makes quoted-printable or base64 of a part's content, piece by
// piece. It has its own quoted-printable, as a line that it makes must never be
// taken for a delimiter.
type encoder struct {
	out    []byte // what the last call made
	eol    string
	quoted bool
	lines  bool // an LF is a line end, and CRLF when it is encoded
	cr     bool // the last octet was a CR

	line []byte // quoted-printable: the line under way; base64: octets left over
	any  bool   // base64: a line was made
	crlf []byte // content with its line ends made CRLF
}

func (e *encoder) begin(p *part, m *Message) {
	e.eol, e.quoted, e.lines = m.eol(), p.quoted, p.lines
	e.cr, e.any, e.line = false, false, e.line[:0]
}

func (e *encoder) write(p []byte) {
	e.out = e.out[:0]
	if e.quoted {
		e.writeQuoted(p)
		return
	}
	if e.lines {
		p = e.canonical(p)
	}
	e.line = append(e.line, p...)
	n := 0
	for ; len(e.line)-n > base64Line; n += base64Line {
		e.base64(e.line[n : n+base64Line])
	}
	e.line = e.line[:copy(e.line, e.line[n:])]
}

// end ends the content. Behind the last of a message a line end belongs.
func (e *encoder) end(last bool) {
	if e.quoted {
		e.hold()
		e.out = append(e.out, e.line...)
		return
	}
	if len(e.line) > 0 {
		e.base64(e.line)
	}
	if last {
		e.out = append(e.out, e.eol...)
	}
}

func (e *encoder) base64(p []byte) {
	if e.any {
		e.out = append(e.out, e.eol...)
	}
	e.any = true
	e.out = base64.StdEncoding.AppendEncode(e.out, p)
}

// canonical makes all line ends CRLF (RFC 2049 §4).
func (e *encoder) canonical(p []byte) []byte {
	e.crlf = e.crlf[:0]
	for _, b := range p {
		if b == '\n' && !e.cr {
			e.crlf = append(e.crlf, '\r')
		}
		e.crlf = append(e.crlf, b)
		e.cr = b == '\r'
	}
	return e.crlf
}

func (e *encoder) writeQuoted(p []byte) {
	for _, b := range p {
		switch {
		case b == '\r': // a line end is to come
		case b == '\n':
			e.hold()
			e.out = append(append(e.out, e.line...), e.eol...)
			e.line = e.line[:0]
		case b == '=' || b > '~' || b < ' ' && b != '\t':
			e.put(b, true)
		default:
			e.put(b, b == '-' && string(e.line) == "-" || b == ' ' && string(e.line) == "From")
		}
	}
}

const hexDigits = "0123456789ABCDEF"

// put appends an octet to the line, and breaks the line softly before that if
// it would be too long.
func (e *encoder) put(b byte, escape bool) {
	n := 1
	if escape {
		n = 3
	}
	if len(e.line)+n > quotedLine {
		e.out = append(append(append(e.out, e.line...), '='), e.eol...)
		e.line = e.line[:0]
	}
	if escape {
		e.line = append(e.line, '=', hexDigits[b>>4], hexDigits[b&15])
	} else {
		e.line = append(e.line, b)
	}
}

// hold encodes white space at the end of the line, where it could get lost.
func (e *encoder) hold() {
	if n := len(e.line) - 1; n >= 0 && (e.line[n] == ' ' || e.line[n] == '\t') {
		b := e.line[n]
		e.line = e.line[:n]
		e.put(b, true)
	}
}
