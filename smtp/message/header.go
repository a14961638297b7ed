package message

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// maxHeader bounds the header of a message in octets.
const maxHeader = 1 << 20

// A header is what is kept of that of the message.
type header struct {
	hidden []span              // Bcc and Resent-Bcc
	fields map[string][]string // those with addresses, by name in lower case
	resent string              // a Resent- field that stands there twice
	signed bool                // has a DKIM-Signature
}

// A span is octets of the message, from one place up to another.
type span struct{ from, to int64 }

// addressFields are those that an envelope is made of.
var addressFields = map[string]bool{
	"sender": true, "from": true, "to": true, "cc": true, "bcc": true,
	"resent-sender": true, "resent-from": true, "resent-to": true, "resent-cc": true, "resent-bcc": true,
}

// isResent names the fields of a resent block (RFC 5322 §3.6.6).
func isResent(name string) bool { return strings.HasPrefix(name, "resent-") }

// A field is one of a header that is being read.
type field struct {
	name  string // in lower case
	from  int64
	value []byte // if it is kept
	keep  bool
}

// fieldName gives the name of the field that a line begins, in lower case, or
// an empty text. White space in front of the colon is obsolete, and allowed (RFC
// 5322 §4.5.3).
func fieldName(line []byte) string {
	name, _, found := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	if !found || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return strings.ToLower(string(name))
}

// checkLine refuses what can't stand in the header of a message.
func checkLine(l *line) error {
	switch {
	case bytes.IndexByte(l.text, 0) >= 0:
		return badHeader("a NUL can't be in it (RFC 5322 §2.2)")
	case bytes.IndexByte(l.text, '\r') >= 0:
		return badHeader("expected CR only in front of LF (RFC 5321 §2.3.8), got it alone")
	case l.start && l.end && !utf8.Valid(l.text):
		return badHeader("expected UTF-8 (RFC 6532 §3.1), got other octets above 127")
	}
	return nil
}

// done takes over a field of the message's header, which ends at to.
func (h *header) done(f *field, to int64) {
	if f.isHidden() {
		h.hidden = append(h.hidden, span{f.from, to})
	}
	if h.fields == nil {
		h.fields = map[string][]string{}
	}
	h.signed = h.signed || f.name == "dkim-signature" || f.name == "arc-message-signature"
	switch {
	case addressFields[f.name]:
		h.fields[f.name] = append(h.fields[f.name], string(f.value))
	case isResent(f.name):
		h.fields[f.name] = append(h.fields[f.name], "")
	}
	if isResent(f.name) && len(h.fields[f.name]) > 1 {
		h.resent = f.name
	}
}

// isHidden reports a field that does not go out (RFC 5322 §3.6.3).
func (f *field) isHidden() bool { return f.name == "bcc" || f.name == "resent-bcc" }
