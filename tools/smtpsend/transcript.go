package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// A transcript shows a conversation, a line each: who said it, what, and, where
// states is set, the state that it leads to.
type transcript struct {
	w      io.Writer
	states bool
	colour bool
	tls    bool
}

// The widths of the demo's columns: both fit a line of 80.
const lineWidth = 58

// colours of a terminal (ECMA-48)
const (
	plain = "\x1b[0m"
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	green = "\x1b[32m"
	cyan  = "\x1b[36m"
)

// event is a trace hook of the driver, which masks secrets by itself.
func (t *transcript) event(ev smtpclient.TraceEvent) {
	if ev.TLS != t.tls {
		t.tls = ev.TLS
		t.line(dim, "      --- encrypted from here on ---", "")
	}
	who, colour := "S: ", green
	if ev.Sent {
		who, colour = "C: ", cyan
	}
	text := who + visible(ev.Text)
	switch {
	case !t.states, !ev.Sent && len(ev.Text) > 3 && ev.Text[3] == '-': // more lines follow (RFC 5321 §4.2.1)
		t.line(colour, text, "")
	case ev.Sent:
		t.line(colour, text, "("+ev.State+")")
	default:
		t.line(colour, text, ev.State)
	}
}

func (t *transcript) line(colour, text, state string) {
	var pad string
	if state != "" {
		pad = strings.Repeat(" ", max(2, lineWidth-len([]rune(text))))
	}
	if t.colour {
		text, state = colour+text+plain, bold+state+plain
		if pad == "" {
			state = ""
		}
	}
	fmt.Fprintf(t.w, "%s%s%s\n", text, pad, state)
}
