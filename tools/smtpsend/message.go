package main

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
	"unicode/utf8"
)

// A draft is a message to be built from flags (RFC 5322, RFC 2045).
type draft struct {
	from, subject, body string
	to, cc              []string // each may hold several addresses
	headers             []string // "Name: value"
	files               []file
	date                time.Time
	id                  string // the left part of the Message-ID; empty for a random one
}

// A file is one attachment.
type file struct {
	name    string
	content []byte
}

// boundary can't occur in a part: all of them are quoted-printable, base64 or
// checked text, and in neither of the encodings does "=_" occur (RFC 2045 §6.7).
const boundary = "=_smtpsend_part"

// build gives the message with CRLF as line end, in 7-bit ASCII unless an
// address is not.
func (d draft) build() ([]byte, error) {
	h, err := d.header()
	if err != nil {
		return nil, err
	}
	if err := checkText("--subject", d.subject, false); err != nil {
		return nil, err
	}
	if err := checkText("--body", d.body, true); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	kind, encoding, text := encodeText(d.body)
	if len(d.files) == 0 {
		h.add("Content-Type", kind)
		h.add("Content-Transfer-Encoding", encoding)
		out.Write(h.text)
		out.WriteString("\r\n")
		out.Write(text)
		return out.Bytes(), h.err
	}
	h.add("Content-Type", mime.FormatMediaType("multipart/mixed", map[string]string{"boundary": boundary}))
	out.Write(h.text)
	out.WriteString("\r\n")
	parts := multipart.NewWriter(&out)
	parts.SetBoundary(boundary)
	addPart(parts, text, "Content-Type", kind, "Content-Transfer-Encoding", encoding)
	for _, f := range d.files {
		addPart(parts, encodeBase64(f.content),
			"Content-Type", f.kind(),
			"Content-Transfer-Encoding", "base64",
			"Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
	}
	parts.Close()
	return out.Bytes(), h.err
}

// header is all of the header that has nothing to do with the body.
func (d draft) header() (*header, error) {
	h := new(header)
	from, err := addressList("--from", d.from)
	if err != nil {
		return nil, err
	}
	to, err := addressList("--to", d.to...)
	if err != nil {
		return nil, err
	}
	cc, err := addressList("--cc", d.cc...)
	if err != nil {
		return nil, err
	}
	if len(from) != 1 {
		return nil, usageError("--from: expected one address, got %d", len(from))
	}
	var extra []string // as pairs
	set := map[string]string{}
	for _, line := range d.headers {
		name, value, err := splitHeader(line)
		if err != nil {
			return nil, err
		}
		if canonical := textproto.CanonicalMIMEHeaderKey(name); canonical == "Date" || canonical == "Message-Id" {
			set[canonical] = value
			continue
		}
		extra = append(extra, name, value)
	}
	h.add("Date", cmp.Or(set["Date"], d.date.Format(time.RFC1123Z)))
	h.add("From", from[0].String())
	if len(to) > 0 {
		h.add("To", joinAddresses(to))
	} else if len(cc) == 0 {
		h.add("To", "undisclosed-recipients:;")
	}
	if len(cc) > 0 {
		h.add("Cc", joinAddresses(cc))
	}
	domain := from[0].Address[strings.LastIndexByte(from[0].Address, '@')+1:]
	h.add("Message-ID", cmp.Or(set["Message-Id"], "<"+cmp.Or(d.id, strings.ToLower(rand.Text()))+"@"+domain+">"))
	if d.subject != "" {
		h.add("Subject", mime.QEncoding.Encode("utf-8", d.subject))
	}
	for i := 0; i < len(extra); i += 2 {
		h.add(extra[i], mime.QEncoding.Encode("utf-8", extra[i+1]))
	}
	h.add("MIME-Version", "1.0")
	return h, h.err
}

// flagOf are the fields that have a flag, or follow from the message.
var flagOf = map[string]string{
	"From": "--from", "To": "--to", "Cc": "--cc", "Bcc": "--bcc", "Subject": "--subject",
	"Mime-Version": "", "Content-Type": "", "Content-Transfer-Encoding": "",
}

// splitHeader checks one --header (RFC 5322 §2.2).
func splitHeader(line string) (name, value string, err error) {
	name, value, found := strings.Cut(line, ":")
	switch {
	case !found || name == "":
		return "", "", usageError("--header: expected NAME: VALUE, got %q", line)
	case strings.IndexFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0:
		return "", "", usageError("--header: expected a name of printable ASCII without spaces, got %q", name)
	}
	if flag, taken := flagOf[textproto.CanonicalMIMEHeaderKey(name)]; taken {
		if flag != "" {
			return "", "", usageError("--header: use %s for %s", flag, name)
		}
		return "", "", usageError("--header: %s follows from the message and can't be set", name)
	}
	value = strings.TrimSpace(value)
	return name, value, checkText("--header "+name, value, false)
}

// checkText refuses what would break out of its place in the message. Lines
// says that line ends and tabs may be in it.
func checkText(what, text string, lines bool) error {
	if !utf8.ValidString(text) {
		return usageError("%s: expected UTF-8", what)
	}
	for _, r := range text {
		if r < ' ' && r != '\t' && (!lines || r != '\n' && r != '\r') || r == 0x7f {
			return usageError("%s: a control character (%U) can't be in it", what, r)
		}
	}
	return nil
}

// addressList reads addresses as they stand in a header (RFC 5322 §3.4), groups
// included.
func addressList(flag string, values ...string) ([]*mail.Address, error) {
	var all []*mail.Address
	for _, value := range values {
		if err := checkText(flag, value, false); err != nil {
			return nil, err
		}
		list, err := mail.ParseAddressList(value)
		if err != nil {
			return nil, usageError("%s: expected an address such as tim@example.org or \"Tim <tim@example.org>\", got %q", flag, value)
		}
		for _, a := range list {
			if err := checkMailbox(flag, mailbox(a)); err != nil {
				return nil, err
			}
		}
		all = append(all, list...)
	}
	return all, nil
}

func joinAddresses(list []*mail.Address) string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}
