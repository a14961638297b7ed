package smtpclient

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"

	"github.com/tabellarius/tabellarius/smtp"
)

// A TraceEvent is one line of the conversation.
type TraceEvent struct {
	// Sent: the client said it; else the server did.
	Sent bool
	// Text is the line without its line end; secrets are masked, and message data
	// and challenges are told by their size only.
	Text string
	// State is where the session stands behind the line: for what is sent, if it
	// succeeds.
	State string
	// TLS: the line is encrypted.
	TLS bool
}

// tracing reports whether anybody looks.
func (c *Client) tracing() bool { return c.cfg.Trace != nil || c.cfg.Logger != nil }

func (c *Client) trace(sent bool, text string) {
	state := c.s.State()
	if sent {
		state = c.s.Assumed()
	}
	name := c.s.Protocol().States[state].Name
	if c.cfg.Trace != nil {
		c.cfg.Trace(TraceEvent{Sent: sent, Text: text, State: name, TLS: c.tlsUp})
	}
	if c.cfg.Logger != nil {
		c.cfg.Logger.LogAttrs(context.Background(), slog.LevelDebug, "smtp",
			slog.String("server", c.addr), slog.Bool("sent", sent), slog.String("text", text), slog.String("state", name), slog.Bool("tls", c.tlsUp))
	}
}

// traceCommand traces the line of a command that was queued last: what stands
// behind from in the session's output. Of a secret only the verb is shown, and
// the mechanism of AUTH.
func (c *Client) traceCommand(op smtp.Op, from int) {
	if !c.tracing() {
		return
	}
	line := bytes.TrimRight(c.s.Pending()[from:], "\r\n")
	if info := &c.s.Protocol().Commands[op]; info.Secret {
		words := bytes.SplitN(line, []byte(" "), 3)
		switch {
		case info.Verb == "" || len(words) < 2:
			line = []byte("(secret)")
		case info.Role != smtp.RoleAuth:
			line = append(words[0][:len(words[0]):len(words[0])], " (secret)"...)
		case len(words) == 3:
			line = bytes.Join([][]byte{words[0], words[1], []byte("(secret)")}, []byte(" "))
		}
	}
	c.trace(true, string(line))
}

func (c *Client) traceContent(n int) {
	if c.tracing() {
		c.trace(true, fmt.Sprintf("(%d octets of message data)", n))
	}
}

// traceAnswer traces a reply, of a challenge only its size: with what SCRAM's server
// says, and no more, guesses at the password can be tried.
func (c *Client) traceAnswer(ev smtp.Event) {
	if ev.Kind != smtp.Challenge {
		c.traceReply(ev.Reply)
		return
	}
	if !c.tracing() {
		return
	}
	text := fmt.Sprint(ev.Reply.Code)
	if n := len(ev.Reply.Text()); n > 0 {
		text += fmt.Sprintf(" (a challenge of %d octets)", n)
	}
	c.trace(false, text)
}

func (c *Client) traceReply(r smtp.Reply) {
	if !c.tracing() {
		return
	}
	for line := range bytes.Lines(r.Raw()) {
		c.trace(false, c.said.redact(string(bytes.TrimRight(line, "\r\n"))))
	}
}
