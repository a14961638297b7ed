package conformance

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

var (
	errClosed  = errors.New("the server closed the connection")
	errSilence = errors.New("no reply came")
)

// A Reply is what the server said to one command.
type Reply struct {
	// Command is what it answers, without secrets.
	Command string
	// Code is its first code; 0 if no whole reply came.
	Code int
	// Lines are the texts behind the codes.
	Lines []string
	// Raw are all octets.
	Raw []byte
	// Err says why no whole reply came.
	Err error
	// After is how long it took.
	After time.Duration

	t    *T
	c    *Conn
	flaw string // what is wrong with its form
}

// Text is the first line's.
func (r Reply) Text() string {
	if len(r.Lines) == 0 {
		return ""
	}
	return r.Lines[0]
}

// String gives the reply as a person reads it, in one line.
func (r Reply) String() string {
	if r.Err != nil {
		return r.Err.Error()
	}
	text := r.Text()
	if len(r.Lines) > 1 {
		text += fmt.Sprintf(" (and %d lines more)", len(r.Lines)-1)
	}
	return short(strings.TrimSpace(fmt.Sprintf("%d %s", r.Code, text)), 120)
}

var enhanced = regexp.MustCompile(`^([245])\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})(?: |$)`)

// Enhanced is the enhanced status code of the first line, empty if it has none
// (RFC 2034 §3).
func (r Reply) Enhanced() string { return enhancedOf(r.Text()) }

func enhancedOf(line string) string {
	return strings.TrimSuffix(enhanced.FindString(line), " ")
}

// is reports whether the reply is what a word says: a code, a class such as 5yz,
// close, silence, any.
func (r Reply) is(word string) bool {
	switch word {
	case "any":
		return r.Err == nil
	case "close":
		return r.Err == errClosed
	case "silence":
		return r.Err == errSilence
	}
	if r.Err != nil {
		return false
	}
	if class, ok := strings.CutSuffix(word, "yz"); ok {
		return class == fmt.Sprint(r.Code/100)
	}
	return word == fmt.Sprint(r.Code)
}

// policy reports whether a reply is a refusal for policy, which is legal
// anywhere (RFC 3463 §3.8).
func (r Reply) policy() bool {
	code := r.Enhanced()
	switch r.Code {
	case 450, 451, 550, 553, 554, 530:
		return strings.HasPrefix(code, "5.7.") || strings.HasPrefix(code, "4.7.")
	}
	return false
}

// cut takes one reply off the front of buf; n is 0 if it is not whole. What is
// wrong with its form is said in flaw.
func cut(buf []byte) (r Reply, n int) {
	for at := 0; ; {
		end := -1
		for i := at; i < len(buf); i++ {
			if buf[i] == '\n' {
				end = i
				break
			}
		}
		if end < 0 {
			return Reply{}, 0
		}
		line := string(buf[at : end+1])
		at = end + 1
		text, crlf := strings.CutSuffix(line, "\r\n")
		if !crlf {
			text = strings.TrimSuffix(line, "\n")
			r.flawed("a line ends in a bare LF")
		}
		if strings.ContainsAny(text, "\r") {
			r.flawed("a bare CR stands in a line")
		}
		code, last, rest := split(text)
		if code < 0 {
			r.flawed(fmt.Sprintf("no code of three digits begins the line %q", short(text, 40)))
			code, last, rest = 0, true, text
		}
		switch {
		case r.Code == 0 && len(r.Lines) == 0:
			r.Code = code
		case code != r.Code:
			r.flawed(fmt.Sprintf("the code changes from %d to %d within the reply", r.Code, code))
		}
		r.Lines = append(r.Lines, rest)
		if last {
			r.Raw = append([]byte(nil), buf[:at]...)
			return r, at
		}
	}
}

func (r *Reply) flawed(what string) {
	if r.flaw == "" {
		r.flaw = what
	}
}

func split(line string) (code int, last bool, text string) {
	if len(line) < 3 {
		return -1, true, ""
	}
	for i := range 3 {
		if line[i] < '0' || line[i] > '9' {
			return -1, true, ""
		}
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	switch {
	case len(line) == 3:
		return code, true, ""
	case line[3] == '-':
		return code, false, line[4:]
	case line[3] == ' ':
		return code, true, line[4:]
	}
	return -1, true, ""
}

// short cuts a text for a message.
func short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most] + fmt.Sprintf("... (%d octets)", len(s))
}
