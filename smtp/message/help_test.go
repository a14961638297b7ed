package message_test

import (
	"bufio"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing/iotest"

	"github.com/tabellarius/tabellarius/smtp/message"
)

func newBufio(s string) *bufio.Reader { return bufio.NewReader(strings.NewReader(s)) }

func sortLines(s string) string {
	lines := slices.Collect(strings.Lines(s))
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// fataler is a test or a property.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// readAll reads content twice, once octet by octet: it is the same.
func readAll(t fataler, c *message.Content) string {
	t.Helper()
	whole, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	if _, err := c.Seek(-int64(len(whole)), io.SeekCurrent); err != nil {
		t.Fatalf("rewinding: %v", err)
	}
	slowly, err := io.ReadAll(iotest.OneByteReader(c))
	if err != nil || string(slowly) != string(whole) {
		t.Fatalf("read octet by octet: %q, %v; in one: %q", slowly, err, whole)
	}
	if c.Len() != int64(len(whole)) {
		t.Fatalf("there are %d octets, said %d", len(whole), c.Len())
	}
	return string(whole)
}

func read(t fataler, text string) *message.Message {
	t.Helper()
	m, err := message.Read(strings.NewReader(text))
	if err != nil {
		t.Fatalf("reading %q: %v", text, err)
	}
	return m
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func itoa(n int) string { return strconv.Itoa(n) }
