package conformance

import (
	"strings"
	"time"
)

var greetingCases = []Case{
	{
		ID: "conn-greeting-220", Level: Must, RFC: "5321 §3.1; §4.2; 7504 §3",
		Title: "A connection is met with one complete reply, before the client says anything.",
		Test:  "connect, send nothing: a complete `220` comes (a well-formed 554, 521 or 421 ends the run with its reason); fail: malformed, or silence for 5 min (slow)",
		Run: func(t *T) {
			c := t.Connect()
			if r := c.Greeting(); r.Want("220; record 554 521 421") && r.flaw != "" {
				t.Failf("the greeting %q is malformed: %s", short(string(r.Raw), 80), r.flaw)
			}
			if r, quiet := c.Quiet(); !quiet {
				t.Failf("behind the greeting came, unasked: %s", r)
			}
		},
	},
	{
		ID: "conn-greeting-fqdn", Level: Must, RFC: "5321 §4.2; §4.3.1",
		Title: "The first word after the code is the server's own full name or an address literal.",
		Test:  "parse the text after 220; fail: no word, or neither a domain nor a literal by the grammar; a single label (no dot) is warn, the grammar takes it",
		Run: func(t *T) {
			r := t.Connect().Greeting().Need("220")
			t.namesItself(r.Text())
		},
	},
	{
		ID: "conn-greeting-form", Level: Must, RFC: "5321 §4.2",
		Title: "A greeting of several lines carries 220 on each, `220-` but the last.",
		Test:  "check each line; fail on mixed codes or separators",
		Run: func(t *T) {
			if r := t.Connect().Greeting().Need("2yz", "5yz"); r.flaw != "" {
				t.Failf("%q: %s", short(string(r.Raw), 80), r.flaw)
			}
		},
	},
	{
		ID: "conn-554-waits", Level: Must, RFC: "5321 §3.1",
		Title: "A server that opens with 554 waits for QUIT before it closes.",
		Test:  "only if the greeting is 554: wait 5 s, NOOP, QUIT; fail: closed before QUIT. A 521 greeting may close (7504 §3)",
		Needs: "greeting:554",
		Run: func(t *T) {
			c := t.Connect()
			c.Greeting().Need("554")
			if r, quiet := c.QuietFor(5 * time.Second); !quiet {
				t.Failf("before QUIT: %s", r)
				return
			}
			c.Cmd("NOOP").Want("any; fail close")
			c.Cmd("QUIT").Want("2yz 4yz 5yz; fail close")
		},
	},
	{
		ID: "conn-554-503", Level: Should, RFC: "5321 §3.1",
		Title: "After a 554 greeting, commands other than QUIT get 503.",
		Test:  "only if the greeting is 554: EHLO, MAIL; warn: other code",
		Needs: "greeting:554",
		Run: func(t *T) {
			c := t.Connect()
			c.Greeting().Need("554")
			c.Cmd("EHLO " + t.cfg.Hello).Want("503; else warn")
			c.Cmd(t.MailLine()).Want("503; else warn")
		},
	},
	{
		ID: "conn-521-close", Level: May, RFC: "7504 §3",
		Title: "A host that never takes mail greets with 521 and then answers 521 or closes.",
		Test:  "only if the greeting is 521: EHLO, QUIT; recorded: 521 again, or closed",
		Needs: "greeting:521",
		Run: func(t *T) {
			c := t.Connect()
			c.Greeting().Need("521")
			c.Cmd("EHLO " + t.cfg.Hello).Want("record any close")
		},
	},
	{
		ID: "conn-554-text", Level: Should, RFC: "5321 §3.1",
		Title: "A 554 greeting says enough to find the fault.",
		Test:  "only if the greeting is 554: text after the code; warn: none",
		Needs: "greeting:554",
		Run: func(t *T) {
			if r := t.Connect().Greeting().Need("554"); strings.TrimSpace(r.Text()) == "" {
				t.Warnf("the greeting has no text")
			}
		},
	},
	{
		ID: "conn-version-disclosed", Level: May, RFC: "5321 §3.1; §7.5",
		Title: "Software and version may stand in the greeting or HELP.",
		Test:  "recorded: what greeting, EHLO and HELP tell",
		Run: func(t *T) {
			c := t.Connect()
			t.Recordf("greeting: %s", c.Greeting())
			t.Recordf("EHLO: %s", c.Hello())
			t.Recordf("HELP: %s", c.Cmd("HELP"))
		},
	},
	{
		ID: "conn-parallel", Level: Should, RFC: "5321 §4.5.4.2",
		Title: "Several connections at a time are served.",
		Test:  "open 10, EHLO on each; warn: some refused with other than 421/4yz",
		Alone: true,
		Run: func(t *T) {
			var conns []*Conn
			for range 10 {
				conns = append(conns, t.Connect())
			}
			for _, c := range conns {
				if c.Greeting().Want("220; record 421 4yz") {
					c.Hello().Want("250; record 421 4yz")
				}
			}
		},
	},
	{
		ID: "conn-nothing-eof", Level: Should, RFC: "5321 §4.1.1.5; §3.8",
		Title: "A client that connects and closes without QUIT is treated as if it had said QUIT, and harms nobody else.",
		Test:  "connect, close, 50 times, in different states; then a normal session passes; warn: refused or slow for more than 10 s; fail: the server is gone",
		Alone: true,
		Run: func(t *T) {
			for i := range 50 {
				c := t.Connect()
				if i%2 == 0 {
					c.Greeting().Need("220")
				}
				if i%4 == 0 {
					c.Hello().Need("250")
				}
				if i%8 == 0 {
					c.Cmd(t.MailLine())
				}
				c.Close()
			}
			began := time.Now()
			c := t.Session()
			c.InStep()
			if d := time.Since(began); d > 10*time.Second {
				t.Warnf("the next session took %v to begin", d.Round(time.Millisecond))
			}
		},
	},
	{
		ID: "conn-early-talker", Level: May, RFC: "5321 §4.3.1",
		Title: "What a server does with a command sent before the greeting is recorded.",
		Test:  "send EHLO at once; recorded: served in order, 554/421, or dropped",
		Run: func(t *T) {
			c := t.Connect()
			c.Write(t.HelloLine() + "\r\n")
			first := c.Greeting()
			t.Recordf("greeting: %s", first)
			if first.Code == 220 {
				t.Recordf("EHLO, sent before it: %s", c.Read(t.HelloLine()))
			}
		},
	},
}

// namesItself complains if a text does not begin with a domain or an address
// literal (RFC 5321 §4.2, §4.1.2).
func (t *T) namesItself(text string) {
	word, _, _ := strings.Cut(text, " ")
	switch {
	case isLiteral(word):
	case !isDomain(word):
		t.Failf("expected the server's domain as first word, got %q", short(text, 60))
	case !strings.Contains(word, "."):
		t.Warnf("%q is a single label, not a full name", word)
	}
}

// isDomain reports whether s is a Domain of RFC 5321 §4.1.2.
func isDomain(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
			return false
		}
	}
	return true
}

func isLiteral(s string) bool {
	inner, ok := strings.CutPrefix(s, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	return ok && closed && strings.ContainsAny(inner, ".:")
}
