package main

import (
	"bytes"
	"encoding/base64"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// limits of a line without its CRLF (RFC 5322 §2.1.1)
const (
	goodLine = 78
	maxLine  = 998
)

// A header is being written; err is about the first field that can't be.
type header struct {
	text []byte
	err  error
}

// add appends a field, folded at spaces where it is long (RFC 5322 §2.2.3).
func (h *header) add(name, value string) {
	line, from := name+": "+value, len(name)+2
	for len(line) > goodLine {
		at := foldAt(line, from)
		if at < 0 {
			break
		}
		h.line(name, line[:at])
		line, from = line[at:], 1
	}
	h.line(name, line)
}

func (h *header) line(name, line string) {
	if len(line) > maxLine && h.err == nil {
		h.err = usageError("%s: a line of the header would have %d octets without a space; %d are allowed (RFC 5322 §2.1.1)", name, len(line), maxLine)
	}
	h.text = append(append(h.text, line...), "\r\n"...)
}

// foldAt is the last good place to fold line at, or the first bad one, or -1.
// It is a space with something else behind it, so that no line is white space.
func foldAt(line string, from int) int {
	at := -1
	for i := from; i+1 < len(line); i++ {
		if line[i] != ' ' || line[i+1] == ' ' || line[i+1] == '\t' {
			continue
		}
		if i > goodLine {
			if at < 0 {
				at = i
			}
			break
		}
		at = i
	}
	return at
}

// encodeText gives a text part with CRLF at its end, its content type and its
// transfer encoding. Plain ASCII in short lines goes as it is.
func encodeText(text string) (kind, encoding string, body []byte) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	plain := true
	for line := range strings.Lines(text) {
		plain = plain && len(line) <= goodLine+1
	}
	for i := range len(text) {
		plain = plain && text[i] < utf8.RuneSelf
	}
	if plain {
		return "text/plain; charset=us-ascii", "7bit", []byte(strings.ReplaceAll(text, "\n", "\r\n"))
	}
	var out bytes.Buffer
	w := quotedprintable.NewWriter(&out)
	w.Write([]byte(text)) // a bytes.Buffer takes all
	w.Close()
	return "text/plain; charset=utf-8", "quoted-printable", out.Bytes()
}

// encodeBase64 gives base64 in lines of 76 (RFC 2045 §6.8).
func encodeBase64(content []byte) []byte {
	const most = 76
	text := base64.StdEncoding.EncodeToString(content)
	out := make([]byte, 0, len(text)+len(text)/most*2+2)
	for len(text) > most {
		out = append(append(out, text[:most]...), "\r\n"...)
		text = text[most:]
	}
	return append(append(out, text...), "\r\n"...)
}

// kind is the content type: from the name, if the content does not contradict.
func (f file) kind() string {
	kind := mime.TypeByExtension(filepath.Ext(f.name))
	text := strings.HasPrefix(kind, "text/") || strings.Contains(kind, "charset=")
	if kind == "" || text && !utf8.Valid(f.content) {
		return "application/octet-stream"
	}
	return kind
}

// addPart adds a part with a header of name, value pairs. Nothing can fail: parts
// writes into memory.
func addPart(parts *multipart.Writer, body []byte, pairs ...string) {
	h := textproto.MIMEHeader{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	if w, err := parts.CreatePart(h); err == nil {
		w.Write(body)
	}
}
