package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
)

// A result is what smtpsend says in the end. Its JSON form is part of the
// interface: fields are added, not changed.
type result struct {
	Server     string      `json:"server"`
	TLS        bool        `json:"tls"`
	Recipients []recipient `json:"recipients"`
	Error      string      `json:"error"` // why nothing was sent at all; else empty
	ExitCode   int         `json:"exit_code"`
}

// A recipient is the word on one of them.
type recipient struct {
	outcome  smtp.Outcome
	To       string `json:"to"`
	Outcome  string `json:"outcome"`            // accepted, temporary, permanent, not-sent, unknown
	Command  string `json:"command,omitempty"`  // what the reply answered
	Code     int    `json:"code,omitempty"`     // of the reply that decided
	Enhanced string `json:"enhanced,omitempty"` // RFC 3463
	Text     string `json:"text,omitempty"`
	Error    string `json:"error,omitempty"` // where no reply decided
}

// outcomeWords are those of the JSON form.
var outcomeWords = map[smtp.Outcome]string{
	smtp.Accepted: "accepted", smtp.RefusedForNow: "temporary", smtp.RefusedForGood: "permanent",
	smtp.NotSent: "not-sent", smtp.Unknown: "unknown",
}

func newRecipient(to string, r smtp.Result) recipient {
	out := recipient{outcome: r.Outcome, To: to, Outcome: outcomeWords[r.Outcome]}
	if r.Reply.Code != 0 {
		out.Command, out.Code, out.Enhanced, out.Text = r.Command, r.Reply.Code, r.Reply.Enhanced.String(), r.Reply.Text()
	} else if err := r.Err(); err != nil {
		out.Error = err.Error()
	}
	return out
}

// sentCode is the exit code of what became of a message. Unknown goes before
// all else: whoever sends again has to know.
func sentCode(recipients []recipient) int {
	count := map[string]int{}
	for _, r := range recipients {
		count[r.Outcome]++
	}
	switch {
	case count["unknown"] > 0:
		return exitUnknown
	case count["accepted"] == len(recipients):
		return exitOK
	case count["accepted"] > 0:
		return exitPartly
	case count["permanent"] == len(recipients):
		return exitPermanent
	case count["temporary"] > 0:
		return exitTemporary
	}
	return exitNotSent
}

// print writes a line for each recipient, if there is anything to be said of
// them one by one.
func (r *result) print(w io.Writer) {
	width := 0
	if !slices.ContainsFunc(r.Recipients, func(one recipient) bool { return one.why() != "" }) {
		return
	}
	for _, rcpt := range r.Recipients {
		width = max(width, len(rcpt.To))
	}
	for _, rcpt := range r.Recipients {
		fmt.Fprintf(w, "%-16s  %-*s  %s\n", rcpt.outcome, width, rcpt.To, rcpt.why())
	}
}

// why is the reply on one line, or the error.
func (r recipient) why() string {
	if r.Code == 0 {
		return r.Error
	}
	parts := []string{fmt.Sprint(r.Code)}
	if r.Enhanced != "" {
		parts = append(parts, r.Enhanced)
	}
	for line := range strings.Lines(r.Text) {
		parts = append(parts, visible(strings.TrimRight(line, "\n")))
	}
	text := strings.Join(parts, " ")
	if r.Outcome != "accepted" && r.Command != "" {
		text += " (to " + r.Command + ")"
	}
	return text
}

func (r *result) printJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

// visible makes control characters of a server visible, so that they can't play
// with the terminal.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || 0x7f <= r && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, s)
}
