package message

import "strings"

// A part is something in a message that may have to be changed for a server: an
// entity whose content or label asks for more than 7-bit lines.
type part struct {
	from      int64  // where the entity begins
	labelAt   span   // its Content-Transfer-Encoding, or where to put one
	label     string // what that says
	composite bool   // has nothing but a label: its content is parts

	body    span
	high    bool   // octets above 127
	binary  bool   // NUL, or a CR or LF that is no line end
	long    bool   // lines of more than 998 octets
	global  bool   // a message with UTF-8 in its header, perhaps
	lines   bool   // line ends are line ends, and CRLF when they are encoded
	quoted  bool   // quoted-printable suits it better than base64
	signed  bool   // nothing in it may change
	prefix  string // fields that its header needs beside the label
	refused string // why it can't be encoded
}

func (w *walker) add(p part) {
	if len(w.m.parts) == maxParts {
		w.refuse("it has too many parts")
		return
	}
	w.m.parts = append(w.m.parts, p)
}

// leaf notes an entity that has content, if that may have to be encoded.
func (w *walker) leaf(e *entity, to int64) error {
	local, encoded := w.m.local, !isIdentity(e.label)
	text := e.kind == "" || strings.HasPrefix(e.kind, "text/") || strings.HasPrefix(e.kind, "multipart/") ||
		strings.HasPrefix(e.kind, "message/") || e.badKind && !strings.Contains(e.kind, "/")
	p := part{
		from: e.from, labelAt: e.labelAt, label: e.label, body: span{e.body, to},
		high: e.high, long: e.long, signed: e.signed,
		global: strings.HasPrefix(e.kind, "message/global"),
		lines:  encoded || text && (local || e.label != "binary") || local && e.label != "binary",
	}
	if e.cr && p.lines && (text || encoded) {
		return loneCR()
	}
	p.binary = e.nul || e.cr || e.lf && !p.lines
	p.quoted = text && p.lines && !e.nul && e.escapes*6 <= to-e.body
	w.m.needs.Binary = w.m.needs.Binary || p.binary
	w.m.needs.UTF8 = w.m.needs.UTF8 || p.global && p.high
	switch {
	case e.signed:
		p.refused = "it is signed or encrypted (RFC 1847 §2)"
	case e.label == "base64" || e.label == "quoted-printable":
		p.refused = "it is labelled " + e.label + " already"
	case encoded:
		p.refused = "it has a Content-Transfer-Encoding that is not known"
	case strings.HasPrefix(e.kind, "multipart/"):
		p.refused = "it is a multipart without a boundary that can be read"
	case strings.HasPrefix(e.kind, "message/") && !p.global:
		p.refused = "it is of a type that takes no encoding (RFC 2045 §6.4)"
	}
	if e.message && !e.version {
		p.prefix = "MIME-Version: 1.0" + w.m.eol()
		if !e.typed {
			p.prefix += "Content-Type: text/plain; charset=" + e.charset() + w.m.eol()
		}
	}
	if p.high || p.binary || p.long || e.label == "8bit" || e.label == "binary" {
		w.add(p)
	}
	return nil
}

// charset is the character set of a text that says nothing of it. What can be
// read as UTF-8 is hardly anything else (RFC 1428 §3 for the rest).
func (e *entity) charset() string {
	switch {
	case !e.high:
		return "us-ascii"
	case e.notUTF8:
		return "unknown-8bit"
	}
	return "utf-8"
}
