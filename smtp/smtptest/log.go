package smtptest

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/tabellarius/tabellarius/smtp"
)

// A Line is one line of a transcript.
type Line struct {
	// From is 'C' for the client, 'S' for the server, '*' for what happened
	// otherwise.
	From byte
	Text string // without its line end
}

// String gives the form "S: 220 mx.smtptest.example ESMTP".
func (l Line) String() string { return string(rune(l.From)) + ": " + l.Text }

// maxLines bounds a transcript, but for the few lines of neither side.
const maxLines = 10000

type transcript struct {
	mu    sync.Mutex
	lines []Line
}

func (t *transcript) all() []Line {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.lines)
}

func (t *transcript) add(from byte, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) < maxLines || from == '*' {
		t.lines = append(t.lines, Line{from, text})
	}
}

func (t *transcript) server(raw []byte) {
	for line := range bytes.Lines(raw) {
		t.add('S', strings.TrimRight(string(line), "\r\n"))
	}
}

// masked is a client's line without its secrets. Of a line that is no command
// it can't be known whether it has any once AUTH was tried.
func masked(p *smtp.Protocol, op smtp.Op, line []byte, tried bool) string {
	c := &p.Commands[op]
	switch {
	case op == 0 && tried:
		return "***"
	case op == 0 || !c.Secret:
		return string(line)
	}
	text := string(line[:min(len(line), len(c.Verb))])
	rest := strings.Fields(string(line[len(text):]))
	if c.Role == smtp.RoleAuth && len(rest) > 0 {
		text += " " + rest[0]
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return text
	}
	if text == "" {
		return "***"
	}
	return text + " ***"
}
