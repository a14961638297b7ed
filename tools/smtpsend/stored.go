package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/mail"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
)

// maxHeader bounds the header of a message that is read, in octets.
const maxHeader = 1 << 20

// A stored message is one that was there before: its header, kept in memory
// without what must not go out, and the rest where it is.
type stored struct {
	head   []byte
	rest   *io.SectionReader
	at     int64 // octets of head that were read
	header mail.Header
	size   int64 // as it goes out, with CRLF as line end
	utf8   bool  // the header has UTF-8
}

// newStored reads the header of a message of n octets and checks the rest, so
// that nothing about it is found wrong when half of it is sent.
func newStored(r io.ReaderAt, n int64) (*stored, error) {
	s := new(stored)
	head, size, err := readHeader(io.NewSectionReader(r, 0, n))
	if err != nil {
		return nil, err
	}
	if err := checkFields(head); err != nil {
		return nil, err
	}
	m, err := mail.ReadMessage(bytes.NewReader(append(bytes.Clone(head), "\r\n"...)))
	if err != nil {
		return nil, fmt.Errorf("expected a header (RFC 5322 §2.2): %w", err)
	}
	s.header, s.head, s.rest = m.Header, withoutBcc(head), io.NewSectionReader(r, size, n-size)
	s.utf8 = bytes.ContainsFunc(s.head, func(r rune) bool { return r > 127 })
	if s.size, err = sizeOnWire(s); err != nil {
		return nil, err
	}
	s.Seek(0, io.SeekStart)
	return s, nil
}

// readHeader gives the header with its empty line, and how many octets that was.
func readHeader(r io.Reader) (head []byte, size int64, err error) {
	in := bufio.NewReader(io.LimitReader(r, maxHeader+1))
	for {
		line, err := in.ReadBytes('\n')
		head = append(head, line...)
		switch {
		case len(head) > maxHeader:
			return nil, 0, fmt.Errorf("expected an empty line behind the header within %d octets", maxHeader)
		case err != nil && err != io.EOF:
			return nil, 0, err
		case err == io.EOF, string(line) == "\n", string(line) == "\r\n":
			return head, int64(len(head)), nil
		}
	}
}

// checkFields refuses what is no header (RFC 5322 §2.2): net/mail bears more than
// servers do, the first line of an mbox for one.
func checkFields(head []byte) error {
	number := 0
	for line := range bytes.Lines(head) {
		number++
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 && number > 1 {
			return nil
		}
		if number > 1 && (line[0] == ' ' || line[0] == '\t') {
			continue
		}
		name, _, found := bytes.Cut(line, []byte(":"))
		name = bytes.TrimRight(name, " \t") // RFC 5322 §4.5.3
		if !found || len(name) == 0 || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("expected a header first, lines of NAME: VALUE and then an empty line; line %d is none of it", number)
		}
	}
	return nil
}

// withoutBcc takes the fields out that name hidden recipients (RFC 5322 §3.6.3).
func withoutBcc(head []byte) []byte {
	out := make([]byte, 0, len(head))
	hidden := false
	for line := range bytes.Lines(head) {
		if line[0] != ' ' && line[0] != '\t' { // else it goes on with the field above
			name, _, _ := bytes.Cut(line, []byte(":"))
			name = bytes.TrimRight(name, " \t")
			hidden = bytes.EqualFold(name, []byte("Bcc")) || bytes.EqualFold(name, []byte("Resent-Bcc"))
		}
		if !hidden {
			out = append(out, line...)
		}
	}
	return out
}

// sizeOnWire is what r has in the form of the wire, in octets. It refuses what
// the driver would refuse half way: a CR without LF (RFC 5321 §2.3.8).
func sizeOnWire(r io.Reader) (size int64, err error) {
	var text smtp.Text
	piece := make([]byte, 64<<10)
	var out []byte
	for {
		n, end := r.Read(piece)
		if out, err = text.Append(out[:0], piece[:n]); err != nil {
			return 0, err
		}
		size += int64(len(out))
		if end == io.EOF {
			out, err = text.AppendEnd(out[:0])
			return size + int64(len(out)), err
		}
		if end != nil {
			return 0, end
		}
	}
}

func (s *stored) Read(p []byte) (int, error) {
	if s.at < int64(len(s.head)) {
		n := copy(p, s.head[s.at:])
		s.at += int64(n)
		return n, nil
	}
	return s.rest.Read(p)
}

// Seek can go back to the beginning only.
func (s *stored) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekStart {
		return 0, fmt.Errorf("expected to go back to the beginning of the message")
	}
	s.at = 0
	return s.rest.Seek(0, io.SeekStart)
}

// envelope is what the header says of it: the Resent- fields where there are any
// (RFC 5322 §3.6.6), else Sender or From, and To, Cc, Bcc. The author is looked
// for only if that is wanted.
func (s *stored) envelope(author bool) (from string, to []string, err error) {
	prefix := ""
	for name, values := range s.header {
		if !strings.HasPrefix(name, "Resent-") {
			continue
		}
		prefix = "Resent-"
		if len(values) > 1 {
			return "", nil, fmt.Errorf("it was resent more than once: say the envelope by --mail-from and --rcpt")
		}
	}
	if author {
		name := prefix + "Sender"
		if s.header.Get(name) == "" {
			name = prefix + "From"
		}
		authors, err := s.addresses(name)
		if err != nil {
			return "", nil, err
		}
		if len(authors) != 1 {
			return "", nil, fmt.Errorf("expected one address in %s of the header, got %d: say it by --mail-from", name, len(authors))
		}
		from = authors[0]
	}
	for _, name := range []string{"To", "Cc", "Bcc"} {
		more, err := s.addresses(prefix + name)
		if err != nil {
			return "", nil, err
		}
		to = append(to, more...)
	}
	return from, to, nil
}

func (s *stored) addresses(name string) (all []string, err error) {
	for _, value := range s.header[name] {
		if strings.TrimSpace(value) == "" {
			continue // an empty Bcc is allowed
		}
		list, err := mail.ParseAddressList(value)
		if err != nil {
			return nil, fmt.Errorf("expected addresses in %s of the header, got %q", name, value)
		}
		for _, a := range list {
			if err := checkMailbox(name+" of the header", mailbox(a)); err != nil {
				return nil, err
			}
			all = append(all, mailbox(a))
		}
	}
	return all, nil
}
