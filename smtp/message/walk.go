package message

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/tabellarius/tabellarius/smtp"
)

// Bounds of what is kept of a message. Beyond them nothing in it can be
// re-encoded.
const (
	maxDepth = 50       // of parts in parts
	maxParts = 10_000   // that may have to be changed
	maxValue = 64 << 10 // of a part's field that counts
	maxLine  = 998      // RFC 5322 §2.1.1, without line end
	readSize = 64 << 10

	maxBoundary = 200 // RFC 2046 §5.1.1 has 70
)

// A walker goes once through a message, line by line, and finds its parts, where
// they are, and what each has in it.
type walker struct {
	m      *Message
	at     int64     // of the line under way
	stack  []*entity // the parts that are open, the innermost last
	field  field     // of the header that is being read
	eol    int       // octets of the last line end
	length int       // of the line under way
	number int       // of the line under way, in the header of the message
}

// A line is a line without its end, or a piece of one that is long.
type line struct {
	text       []byte
	start, end bool // whether its beginning and its end are here
	eol        int  // octets of the line end: 1 or 2, or 0 where there is none
}

func (w *walker) scan(r io.Reader) error {
	in := bufio.NewReaderSize(r, readSize)
	root := &entity{message: true}
	w.push(root)
	l := line{start: true}
	for {
		p, err := in.ReadSlice('\n')
		l.text, l.eol, l.end = p, 0, true
		switch {
		case err == nil:
			l.eol = 1
			if len(p) > 1 && p[len(p)-2] == '\r' {
				l.eol = 2
			}
			l.text = p[:len(p)-l.eol]
			if w.eol == 0 {
				w.m.local = l.eol == 1 // the first line end
			}
		case errors.Is(err, bufio.ErrBufferFull):
			l.end = false
			if p[len(p)-1] == '\r' { // whether it is part of a line end is seen later
				if err := in.UnreadByte(); err != nil {
					return err
				}
				l.text = p[:len(p)-1]
			}
		case err != io.EOF:
			return err
		}
		if len(p) > 0 {
			if err := w.line(&l); err != nil {
				return err
			}
			if root.inBody || !w.field.isHidden() {
				w.m.needs.Size += int64(len(l.text))
				if l.end {
					w.m.needs.Size += 2
				}
			}
			w.at += int64(len(l.text) + l.eol)
			l.start = l.end
			if l.eol > 0 {
				w.eol = l.eol
			}
		}
		if err == io.EOF {
			if !l.start && len(p) == 0 {
				w.m.needs.Size += 2 // the last line has no end
			}
			return w.finish(l.eol)
		}
	}
}

// finish ends all parts that are open.
func (w *walker) finish(eol int) error {
	if w.at == 0 {
		return badHeader("expected one, got an empty message (RFC 5322 §2.2)")
	}
	for len(w.stack) > 0 {
		if e := w.top(); e.inBody && e.lines > 0 && eol > 0 {
			e.lineEnd(eol)
		}
		if err := w.pop(w.at); err != nil {
			return err
		}
	}
	if w.m.head.signed {
		w.refuse("it has a DKIM-Signature, which would not hold any more (RFC 6376 §5.3): sign it re-encoded")
	}
	return nil
}

func (w *walker) top() *entity { return w.stack[len(w.stack)-1] }

func (w *walker) push(e *entity) {
	if n := len(w.stack); n > 0 {
		e.signed = w.stack[n-1].signed
	}
	e.from = w.at
	w.stack = append(w.stack, e)
	w.field = field{}
}

// line takes a line, or a piece of one.
func (w *walker) line(l *line) error {
	if l.start {
		w.length = 0
		w.number++
		if l.end && bytes.HasPrefix(l.text, []byte("--")) {
			if i, last := w.delimiter(l.text); i >= 0 {
				return w.cut(i, last, l)
			}
		}
	}
	w.length += len(l.text)
	e := w.top()
	if !e.inBody {
		err := w.headerLine(e, l)
		if root := len(w.stack) == 1; hasHigh(l.text) && !(root && w.field.isHidden()) {
			w.m.wide, w.m.needs.UTF8 = true, true
			w.m.needs.EightBit = w.m.needs.EightBit || !root
		}
		return err
	}
	if l.start && e.lines > 0 {
		e.lineEnd(w.eol)
	}
	e.lines++
	e.take(l.text)
	if w.length > maxLine {
		e.long, w.m.needs.LongLines = true, true
	}
	if e.boundary != "" || e.closed { // between the parts
		if e.cr {
			return loneCR()
		}
		w.m.stray = w.m.stray || e.high
	}
	w.m.needs.EightBit = w.m.needs.EightBit || e.high
	return nil
}

// delimiter finds the multipart that a line delimits (RFC 2046 §5.1.1), and
// whether the line closes it.
func (w *walker) delimiter(text []byte) (index int, last bool) {
	index = -1
	for i := len(w.stack) - 1; i >= 0; i-- {
		e := w.stack[i]
		if e.boundary == "" || !bytes.HasPrefix(text[2:], []byte(e.boundary)) {
			continue
		}
		rest := string(bytes.TrimRight(text[2+len(e.boundary):], " \t"))
		if rest != "" && rest != "--" {
			continue
		}
		if index >= 0 {
			w.refuse("a line delimits two multiparts at once")
			continue
		}
		index, last = i, rest != ""
	}
	return index, last
}

// cut ends all parts inside a multipart, and begins the next one or its
// epilogue. The line end in front of a delimiter is part of it.
func (w *walker) cut(i int, last bool, l *line) error {
	for len(w.stack) > i+1 {
		if err := w.pop(w.at - int64(w.eol)); err != nil {
			return err
		}
	}
	e := w.stack[i]
	if last {
		e.boundary, e.closed = "", true
		return nil
	}
	if len(w.stack) >= maxDepth {
		w.refuse("its parts are nested too deeply")
		e.boundary, e.closed = "", true
		return nil
	}
	next := &entity{digest: e.kind == "multipart/digest"}
	w.push(next)
	next.from += int64(len(l.text) + l.eol)
	return nil
}

// pop ends the innermost part, whose content ends at to.
func (w *walker) pop(to int64) error {
	e := w.top()
	if !e.inBody {
		if err := w.fieldEnd(e); err != nil {
			return err
		}
	} else if !e.composite {
		if err := w.leaf(e, max(to, e.body)); err != nil {
			return err
		}
	}
	w.stack = w.stack[:len(w.stack)-1]
	return nil
}

func hasHigh(text []byte) bool {
	for _, b := range text {
		if b > 127 {
			return true
		}
	}
	return false
}

// refuse notes why nothing can be re-encoded, if it is the first reason.
func (w *walker) refuse(reason string) {
	if w.m.odd == "" {
		w.m.odd = reason
	}
}

func loneCR() error {
	return &smtp.ArgumentError{Argument: "content", Reason: "expected CR only in front of LF (RFC 5321 §2.3.8), got it alone in text"}
}
