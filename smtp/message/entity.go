package message

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"
)

// An entity is a message or a part, with header and body (RFC 2045 §2.4), while
// it is read.
type entity struct {
	message bool  // a message of its own: the outermost, or in message/rfc822
	digest  bool  // a part without Content-Type is a message (RFC 2046 §5.1.5)
	signed  bool  // in multipart/signed or multipart/encrypted
	from    int64 // where it begins

	// the header
	version bool   // has MIME-Version
	kind    string // media type in lower case; empty if the header has none
	params  map[string]string
	typed   bool   // has Content-Type
	label   string // Content-Transfer-Encoding in lower case
	labelAt span   // its field; where there is none, where to put one
	inBody  bool
	badKind bool // Content-Type can't be read

	// the body
	body      int64
	composite bool   // consists of other entities
	boundary  string // of a multipart whose end has not come
	closed    bool   // a multipart whose end has come
	lines     int
	high      bool // an octet above 127
	nul, cr   bool
	lf        bool // a line end without CR
	long      bool // a line of more than 998 octets
	notUTF8   bool
	escapes   int64 // octets that quoted-printable would encode
}

// take looks at octets of the body that are no line end.
func (e *entity) take(text []byte) {
	var all byte
	escapes := 0
	for _, b := range text {
		all |= b
		if b > '~' || b == '=' || b < ' ' && b != '\t' {
			escapes++
		}
	}
	e.escapes += int64(escapes)
	if all > 127 {
		e.high = true
		e.notUTF8 = e.notUTF8 || !utf8.Valid(text)
	}
	e.nul = e.nul || bytes.IndexByte(text, 0) >= 0
	e.cr = e.cr || bytes.IndexByte(text, '\r') >= 0
}

// lineEnd looks at a line end that is part of the body.
func (e *entity) lineEnd(octets int) { e.lf = e.lf || octets == 1 }

// headerLine takes a line of an entity's header.
func (w *walker) headerLine(e *entity, l *line) error {
	root := len(w.stack) == 1
	f := &w.field
	if root {
		if err := checkLine(l); err != nil {
			return err
		}
		if w.at+int64(len(l.text)) > maxHeader {
			return badHeader("expected an empty line behind it within 1 MiB")
		}
	} else if bytes.IndexByte(l.text, '\r') >= 0 {
		return loneCR()
	}
	switch {
	case l.start && l.end && len(l.text) == 0:
		if w.at == 0 {
			return w.noField()
		}
		return w.bodyBegins(e, l)
	case !l.start || len(l.text) > 0 && (l.text[0] == ' ' || l.text[0] == '\t'):
		if f.name == "" && root {
			return w.noField()
		}
		if f.name == "" {
			w.refuse("a line in the header of a part is no field")
		}
		f.add(l.text, w)
		return nil
	}
	if err := w.fieldEnd(e); err != nil {
		return err
	}
	name := fieldName(l.text)
	if name == "" && root {
		return w.noField()
	}
	if name == "" {
		w.refuse("a line in the header of a part is no field")
		return nil
	}
	*f = field{name: name, from: w.at, keep: strings.HasPrefix(name, "content-t") || root && addressFields[name]}
	f.add(l.text[bytes.IndexByte(l.text, ':')+1:], w)
	return nil
}

func (w *walker) noField() error {
	return badHeader("expected a header first, lines of NAME: VALUE and then an empty line; line %d is none of it (RFC 5322 §2.2)", w.number)
}

func (f *field) add(text []byte, w *walker) {
	if !f.keep {
		return
	}
	if len(w.stack) > 1 && len(f.value)+len(text) > maxValue {
		w.refuse("a field in the header of a part is longer than 64 KiB")
		return
	}
	f.value = append(f.value, text...)
}

// fieldEnd takes over the field that has ended.
func (w *walker) fieldEnd(e *entity) error {
	f := w.field
	w.field = field{}
	if len(w.stack) == 1 && f.name != "" {
		w.m.head.done(&f, w.at)
	}
	switch f.name {
	case "mime-version":
		e.version = true
	case "content-type":
		if e.typed {
			w.refuse("a header has Content-Type twice")
		}
		e.typed = true
		e.setKind(strings.TrimSpace(string(f.value)))
	case "content-transfer-encoding":
		if e.label != "" {
			w.refuse("a header has Content-Transfer-Encoding twice")
		}
		word, _, _ := strings.Cut(strings.TrimSpace(string(f.value)), "(") // a comment
		e.label = strings.ToLower(strings.TrimRight(word, "; \t"))
		if e.label == "" {
			e.label = "7bit"
		}
		e.labelAt = span{f.from, w.at}
	}
	return nil
}

// setKind reads Content-Type. One that is broken counts for text, as RFC 2045
// §5.2 has it, unless it looks like more.
func (e *entity) setKind(value string) {
	kind, params, err := mime.ParseMediaType(value)
	if err != nil {
		e.badKind = true
		kind, _, _ = strings.Cut(strings.ToLower(value), ";")
		kind = strings.TrimSpace(kind)
	}
	e.kind, e.params = kind, params
}

func isIdentity(label string) bool {
	return label == "" || label == "7bit" || label == "8bit" || label == "binary"
}

// bodyBegins is called at the empty line behind a header.
func (w *walker) bodyBegins(e *entity, l *line) error {
	if err := w.fieldEnd(e); err != nil {
		return err
	}
	e.inBody = true
	e.body = w.at + int64(l.eol)
	if e.labelAt.to == 0 {
		e.labelAt = span{w.at, w.at}
	}
	if e.kind == "" && e.digest && !e.typed {
		e.kind = "message/rfc822"
	}
	if !isIdentity(e.label) {
		return nil // parts have no other label than these (RFC 2045 §6.4)
	}
	outside := e.signed
	switch {
	case e.kind == "message/rfc822":
		e.composite = true
		if len(w.stack) >= maxDepth {
			e.composite = false
			w.refuse("its parts are nested too deeply")
			return nil
		}
	case strings.HasPrefix(e.kind, "multipart/"):
		boundary := e.params["boundary"]
		if boundary == "" || len(boundary) > maxBoundary || strings.ContainsAny(boundary, "\r\n") {
			return nil // leaf says why
		}
		e.composite, e.boundary = true, boundary
		e.signed = e.signed || e.kind == "multipart/signed" || e.kind == "multipart/encrypted"
	default:
		return nil
	}
	if !outside && (e.label == "8bit" || e.label == "binary") {
		w.add(part{from: e.from, labelAt: e.labelAt, label: e.label, composite: true})
	}
	if e.kind == "message/rfc822" {
		inner := &entity{message: true}
		w.push(inner)
		inner.from = e.body
	}
	return nil
}
