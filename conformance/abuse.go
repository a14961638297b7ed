package conformance

import (
	"fmt"
	"strings"
	"time"
)

var abuseCases = []Case{
	{
		ID: "abuse-unknown-flood", Level: Should, RFC: "5321 §3.8; §7.8",
		Title: "Thousands of bad commands do not kill the server (robustness); closing is allowed as defence, with 421.",
		Test:  "5,000 unknown verbs; each gets 5yz, or 421 and close; close without a word warn; then a new session passes",
		Run: func(t *T) {
			c := t.Session()
			for i := range 5000 {
				r := c.Cmd("FROB")
				if r.Err == errClosed {
					t.Warnf("closed without a word after %d unknown commands", i)
					break
				}
				if r.Code == 421 {
					t.Recordf("after %d unknown commands: %s", i, r)
					break
				}
				if !r.Want("5yz; fail 2yz 3yz") || i == 200 && r.After > 100_000_000 {
					t.Recordf("ended after %d: the server answers slowly", i+1)
					break
				}
			}
			t.Session().InStep()
		},
	},
	{
		ID: "abuse-rcpt-flood", Level: May, RFC: "5321 §7.8",
		Title: "A server may close after many unknown recipients, once it has said 5yz.",
		Test:  "200 random local-parts at the local domain (cap), recorded: number, delay, 421, close",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			for i := range 200 {
				r := c.Cmd("RCPT TO:<" + t.Unknown() + ">")
				if r.Err != nil || r.Code == 421 {
					t.Recordf("recipient %d: %s", i+1, r)
					return
				}
			}
			t.Recordf("200 unknown recipients, the connection lives")
			c.Cmd("RSET")
		},
	},
	{
		ID: "abuse-nul-data", Level: May, RFC: "5321 §4.1.1.4; §4.5.2",
		Title: "A NUL in the data: kept, refused or lost is recorded; what follows it is not cut off.",
		Test:  "`a` NUL `b`; warn: the rest of line or message is gone",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			r := t.Session().Message(t.Text(token, "before a\x00b after\r\nnext line\r\n"))
			if r.Code/100 != 2 {
				r.Record()
				return
			}
			switch got := bodyOf(t, token); {
			case !strings.Contains(got, "next line"), !strings.Contains(got, "b after"):
				t.Warnf("what followed a NUL is gone: %q", short(got, 60))
			default:
				t.Recordf("came as %q", short(got, 60))
			}
		},
	},
	{
		ID: "abuse-rset-flood", Level: Must, RFC: "5321 §4.1.1.5; §3.8",
		Title: "RSET and NOOP in number close nothing, save by an announced limit.",
		Test:  "500 each; 421 recorded; close without a word fail",
		Run: func(t *T) {
			c := t.Session()
			for i := range 1000 {
				r := c.Cmd([]string{"RSET", "NOOP"}[i%2])
				if r.Code == 421 {
					t.Recordf("after %d: %s", i, r)
					return
				}
				if !r.Want("250; fail close; error 4yz 5yz") {
					return
				}
			}
		},
	},
	{
		ID: "abuse-param-injection", Level: MustNot, RFC: "3461 §4; §6.3; 5321 §4.1.2",
		Title: "Line ends that xtext hides become no lines of a header.",
		Test:  "ENVID and ORCPT with `+0D+0AX-Injected:+20yes`; refused, or the message has no field X-Injected",
		Needs: "ext:DSN, mailbox",
		Run: func(t *T) {
			const hidden = "a+0D+0AX-Injected:+20yes"
			token := t.Token()
			c := t.Session()
			if r := c.Cmd(t.MailLine("ENVID=" + hidden)); r.Code/100 == 5 {
				r.Record()
				c.Mail()
			}
			if r := c.Cmd(t.RcptLine("ORCPT=rfc822;" + hidden + "@client.example")); r.Code/100 == 5 {
				r.Record()
				c.Rcpt()
			}
			c.Data()
			if r := c.End(t.Text(token, "with line ends in its parameters\r\n")); r.Code/100 != 2 {
				r.Record()
				return
			}
			if list := fields(t.Arrived(token), "X-Injected"); len(list) > 0 {
				t.Failf("a parameter made the header field X-Injected: %q", list)
			}
		},
	},
	{
		ID: "abuse-ehlo-injection", Level: MustNot, RFC: "5321 §4.4; §4.1.2",
		Title: "What EHLO said can not break the Received field.",
		Test:  "EHLO names with brackets, comments, quotes; 501 pass; a Received that does not parse, or a field of its own, fails",
		Needs: "mailbox",
		Run: func(t *T) {
			for _, name := range []string{`a.example(b`, `a.example;b`, `"a"`, `a.example<b@c>`} {
				token := t.Token()
				c := t.Greeted()
				if r := c.Cmd(verb(t) + " " + name); r.Code != 250 {
					continue
				}
				if t.circ.Login == LoginFirst {
					c.Login()
				}
				c.Message(t.Text(token, "sent under an odd name in EHLO\r\n")).Need("250")
				if r := field(t.Arrived(token), "Received"); r != "" && (!strings.Contains(r, ";") || strings.Count(stripQuoted(r), "(") != strings.Count(stripQuoted(r), ")")) {
					t.Failf("EHLO %s broke the Received field: %q", name, short(r, 160))
				}
			}
		},
	},
	{
		ID: "abuse-local-part-path", Level: MustNot, RFC: "5321 §2.3.11; §4.1.2",
		Title: "A local-part is a name, not a path or a command.",
		Test:  "RCPT `\"../../x\"@DOMAIN`, `\"|true\"@DOMAIN`, `/etc/x@DOMAIN`, then RSET; 550 pass; 250 warn",
		Needs: "recipient",
		Run: func(t *T) {
			eachRcpt(t, "5yz 4yz; warn 250", `<"../../x"@`+t.Domain()+">", `<"|true"@`+t.Domain()+">", "</etc/x@"+t.Domain()+">")
		},
	},
	{
		ID: "abuse-long-line", Level: Should, RFC: "5321 §4.5.3.1.9; §7.8",
		Title: "A command line without end is bounded (robustness).",
		Test:  "10 MB without CRLF: 500 or close; a new session passes",
		Alone: true,
		Run: func(t *T) {
			c := t.Session()
			block := strings.Repeat("x", 1<<20)
			for i := range 10 {
				c.t.log(c.number, 'C', fmt.Sprintf("(MiB %d of a line without an end)", i+1))
				c.write(block)
				if r, quiet := c.QuietFor(5 * time.Millisecond); !quiet { // it has heard enough, and may read no more
					r.Command = "a line without an end"
					r.Want("500 5yz close 421; warn 2yz")
					sanity(t)
					return
				}
			}
			c.write("\r\n")
			c.Read("a line of 10 MB").Want("500 5yz close 421; warn 2yz")
			sanity(t)
		},
	},
	{
		ID: "abuse-long-header", Level: Should, RFC: "5321 §4.5.3.1.9",
		Title: "A header line of 10 MB is bounded (robustness).",
		Test:  "552, 500, 554 or accepted; alive",
		Alone: true,
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Data()
			c.End("X-Long: " + strings.Repeat("x", 10<<20) + "\r\n" + t.Text(t.Token(), "a header line of 10 MB\r\n")).Want("250 552 500 554; warn 5yz close 421")
			sanity(t)
		},
	},
	{
		ID: "abuse-many-params", Level: Should, RFC: "5321 §4.1.1.11; §4.5.3.1.4",
		Title: "A MAIL with 1,000 parameters gets one error reply.",
		Test:  "500/501/555",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd(t.MailLine(strings.Repeat("X=1 ", 999) + "X=1")).Want("500 501 555 552 504; warn 5yz 421 close")
		},
	},
	{
		ID: "abuse-half-open", Level: Should, RFC: "5321 §4.5.4.2; §7.8",
		Title: "200 idle connections leave room for one more, or it is told 421 (robustness).",
		Test:  "check",
		Alone: true,
		Run: func(t *T) {
			for i := range 200 {
				c := t.Connect()
				if i%50 == 0 {
					c.Greeting().Want("220; record 421 close silence")
				}
			}
			c := t.Connect()
			c.Greeting().Want("220; record 421; warn close silence")
		},
	},
	{
		ID: "abuse-http", Level: Should, RFC: "5321 §7.8",
		Title: "An HTTP request is not taken for mail commands (robustness; no RFC sentence).",
		Test:  "`POST / HTTP/1.1` with MAIL lines in its body; pass: closed or 5yz and no message",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Greeted()
			c.Write("POST / HTTP/1.1\r\nHost: mail\r\nContent-Length: 100\r\n\r\n" + t.HelloLine() + "\r\n" + t.MailLine() + "\r\n" + t.RcptLine() + "\r\nDATA\r\nSubject: posted\r\n\r\ntext\r\n.\r\n")
			for range 12 {
				r, quiet := c.Quiet()
				if quiet || r.Err != nil {
					break
				}
				if r.Code == 354 {
					t.run.message(t)
					t.Warnf("an HTTP request was served as mail: %s", r)
				}
			}
		},
	},
	{
		ID: "abuse-utf8-bom", Level: Should, RFC: "5321 §4.1.1; §4.2.4",
		Title: "A byte order mark or control before EHLO is an unknown command.",
		Test:  "500; 250 warn",
		Run: func(t *T) {
			for _, odd := range []string{"\xef\xbb\xbf", "\x01"} {
				t.Greeted().Cmd(odd + t.HelloLine()).Want("500; warn 250 5yz close 421")
			}
		},
	},
	{
		ID: "abuse-percent-hack", Level: MustNot, RFC: "2505 §2.1; 5321 §7.9",
		Title: "Percent, bang and route forms do not lead around the relay check.",
		Test:  "`user%relay-test.invalid@DOMAIN`, `relay-test.invalid!user@DOMAIN`, `@DOMAIN:x@relay-test.invalid`, `\"x@relay-test.invalid\"@DOMAIN`, each then RSET; 5yz pass; 250 warn (it may be a local name), fail where the next hop shows it",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			c.Mail()
			for _, a := range []string{"user%relay-test.invalid@" + t.Domain(), "relay-test.invalid!user@" + t.Domain(), "@" + t.Domain() + ":x@relay-test.invalid", `"x@relay-test.invalid"@` + t.Domain()} {
				c.Cmd("RCPT TO:<" + a + ">").Want("5yz 4yz; warn 250")
			}
			c.Cmd("RSET")
		},
	},
}

// stripQuoted takes quoted pairs out of a header field.
func stripQuoted(s string) string {
	return strings.NewReplacer(`\(`, "", `\)`, "", `\\`, "").Replace(s)
}
