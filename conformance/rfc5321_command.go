package conformance

import "strings"

var commandCases = []Case{
	{
		ID: "cmd-unknown-500", Level: Should, RFC: "5321 §4.2.4; §3.8",
		Title: "An unrecognised verb is answered by 500.",
		Test:  "`FROB`: pass 500; 502 warn; other 5yz warn; 2yz, 3yz or close fail; session goes on",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			c.Cmd("FROB").Want("500; warn 502 5yz 4yz; fail 2yz 3yz close")
			c.InStep()
		},
	},
	{
		ID: "cmd-unknown-state", Level: Must, RFC: "5321 §4.2.1; §3.8",
		Title: "An unrecognised verb changes no state: a 5yz means that nothing was done.",
		Test:  "MAIL, `FROB`, RCPT: 250 to RCPT",
		Needs: "recipient",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Cmd("FROB").Need("5yz", "4yz")
			c.Cmd(t.RcptLine()).Want("250 251")
		},
	},
	{
		ID: "cmd-unimplemented-502", Level: Should, RFC: "5321 §4.2.4",
		Title: "A verb that the server knows but lacks gets 502, one that it does not know 500.",
		Test:  "`TURN`, `SEND FROM:<>`: 502 or 500 pass (what it knows is not seen); other 5yz warn",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("TURN").Want("502 500; warn 5yz")
			c.Cmd("SEND FROM:<>").Want("502 500; warn 5yz 2yz")
		},
	},
	{
		ID: "cmd-x-500", Level: Should, RFC: "5321 §4.1.5",
		Title: "A private command that is not known gets 500.",
		Test:  "`XFROB`; pass 500; 502 warn",
		Run: func(t *T) {
			t.Session().Cmd("XFROB").Want("500; warn 502 5yz; fail 2yz 3yz close")
		},
	},
	{
		ID: "cmd-no-turn", Level: ShouldNot, RFC: "5321 App. F",
		Title: "TURN is not served to a client that has not authenticated; SEND, SOML, SAML are obsolete and free.",
		Test:  "`TURN`, `SOML FROM:<a@b.example>`: recorded; TURN 250 without AUTH warn",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			c.Cmd("TURN").Want("4yz 5yz; warn 2yz")
			c.Cmd("SOML FROM:<a@b.example>").Want("record any")
		},
	},
	{
		ID: "cmd-not-advertised", Level: MustNot, RFC: "5321 §4.2.4",
		Title: "EHLO lists no verb that always gets 502.",
		Test:  "each command keyword offered (VRFY, EXPN, HELP, ETRN): a use; fail 500/502",
		Run: func(t *T) {
			c := t.Session()
			for _, use := range [][2]string{{"VRFY", "VRFY postmaster"}, {"EXPN", "EXPN staff"}, {"HELP", "HELP"}, {"ETRN", "ETRN client.example"}} {
				if _, ok := c.Offers(use[0]); ok {
					c.Cmd(use[1]).Want("any; fail 500 502; error 421")
				}
			}
		},
	},
	{
		ID: "cmd-trailing-space", Level: Should, RFC: "5321 §4.1.1",
		Title: "White space before CRLF is tolerated.",
		Test:  "`NOOP `, `RSET `, `MAIL FROM:<a@b.example> `; warn: 5yz",
		Vary:  "link",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("NOOP ").Want("250")
			c.Cmd("RSET ").Want("250")
			c.Cmd(t.MailLine() + " ").Want("250")
		},
	},
	{
		ID: "cmd-empty-line", Level: Should, RFC: "5321 §4.2; §4.2.4",
		Title: "An empty command line gets one reply (the RFC names no case for it: it is an unrecognised command).",
		Test:  "CRLF alone, then NOOP; pass 500 or 501, once; no reply at all warn; two replies or close fail",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			r := c.Cmd("")
			if r.Err == errSilence {
				t.Warnf("an empty line got no reply")
			} else {
				r.Want("500 501; warn 5yz 4yz; fail 2yz 3yz close")
			}
			c.InStep()
		},
	},
	{
		ID: "cmd-line-512", Level: Must, RFC: "5321 §4.5.3.1; §4.5.3.1.4; §4.3.2",
		Title: "A command line of 512 octets with CRLF is taken.",
		Test:  "`NOOP ` + x up to 512; fail: 500",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("NOOP " + strings.Repeat("x", 505)).Want("250; warn 501 555 504; else fail")
		},
	},
	{
		ID: "cmd-line-extended", Level: Must, RFC: "3461 §5.4; 1870 §3; 3030 §3; 4954 §3; 6531 §3.1",
		Title: "The limit of 512 grows by what each offered extension adds.",
		Test:  "MAIL with a path of 256 and each parameter offered at its full length (AUTH 500, ENVID 100, SIZE 26, BODY=BINARYMIME 16, SMTPUTF8 10): over 512 only with AUTH; fail: 500; other 5yz (the path, the identity) pass",
		Needs: "param",
		Run: func(t *T) {
			c := t.Session()
			line := "MAIL FROM:<" + path256() + ">"
			for _, p := range [][2]string{
				{"SIZE", " SIZE=00000000000000001000"}, {"8BITMIME", " BODY=8BITMIME"}, {"DSN", " ENVID=" + strings.Repeat("e", 94)},
				{"SMTPUTF8", " SMTPUTF8"}, {"AUTH", " AUTH=" + strings.Repeat("a", 450) + "@client.example"},
			} {
				if _, ok := c.Offers(p[0]); ok {
					line += p[1]
				}
			}
			r := c.Cmd(line)
			t.Recordf("a line of %d octets", len(line)+2)
			r.Want("250 501 5yz; fail 500")
			c.inStepOrClosed("a line of %d octets", len(line)+2)
		},
	},
	{
		ID: "cmd-line-too-long", Level: Should, RFC: "5321 §4.5.3.1.9; §4.5.3.1.4; §4.3.2",
		Title: "A longer one that is refused gets 500, once, and the session is in step.",
		Test:  "NOOP of 600, 2,000, 70,000 octets, then NOOP; fail: more than one reply, out of step; close recorded as warn",
		Run: func(t *T) {
			for _, n := range []int{600, 2000, 70000} {
				c := t.Session()
				r := c.Cmd("NOOP " + strings.Repeat("x", n-7))
				switch {
				case r.Err == errClosed:
					t.Warnf("a line of %d octets: the server closed", n)
					continue
				case r.Code == 421:
					t.Warnf("a line of %d octets: %s", n, r)
					continue
				}
				r.Want("500 250; warn 5yz 4yz")
				c.inStepOrClosed("a line of %d octets", n)
			}
		},
	},
	{
		ID: "cmd-noarg-501", Level: Should, RFC: "5321 §4.1.1; §4.3.2",
		Title: "DATA, RSET, QUIT with an argument get 501.",
		Test:  "`RSET x` (DATA, QUIT likewise in sessions of their own); warn: accepted",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("RSET x").Want("501; warn any")
			c.Cmd("QUIT x").Want("501; warn any")
			if len(t.cfg.Recipients) > 0 {
				c = t.Session()
				c.Transaction()
				c.Cmd("DATA x").Want("501; warn any")
			}
		},
	},
	{
		ID: "cmd-lf-in-args", Level: Must, RFC: "5321 §4.1.2; §2.3.8",
		Title: "A bare LF or CR in an argument is an invalid character: one reply, 501.",
		Test:  "`MAIL FROM:<a@b.example>` LF `RCPT TO:<RECIPIENT>` CRLF; pass: one 5yz, or close; fail: two replies, or 250",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			first := "MAIL FROM:<" + t.cfg.Sender + ">\nRCPT TO:<" + t.To() + ">"
			r := c.Cmd(first)
			if !r.Want("5yz close; fail 2yz") {
				return
			}
			if r.Err == nil {
				if more, quiet := c.Quiet(); !quiet && more.Err == nil {
					t.Failf("a second reply came: %s", more)
				}
			}
		},
	},
	{
		ID: "cmd-nul", Level: Must, RFC: "5321 §4.1.2",
		Title: "A NUL or other control in a command is refused.",
		Test:  "`NOOP a\\0b`, `MAIL FROM:<a\\0b@c.example>`; pass 501 (500, 553 too) or close; NOOP 250 warn (its argument is to be ignored); fail: MAIL 250",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.Session()
			c.Cmd("NOOP a\x00b").Want("501 500 553 5yz close; warn 250")
			c = t.Session()
			c.Cmd("MAIL FROM:<a\x00b@client.example>").Want("501 500 553 close; warn 5yz; fail 2yz")
		},
	},
	{
		ID: "cmd-8bit", Level: Should, RFC: "5321 §2.4",
		Title: "Octets with the high bit in a command, without an extension, get 5yz.",
		Test:  "`MAIL FROM:<bj\\xc3\\xb8rn@c.example>` without SMTPUTF8 parameter; warn: 250",
		Run: func(t *T) {
			t.Session().Cmd("MAIL FROM:<bj\xc3\xb8rn@client.example>").Want("5yz; warn 250")
		},
	},
	{
		ID: "cmd-split", Level: Must, RFC: "5321 §2.3.8; §2.4",
		Title: "A command counts when its CRLF has come, however TCP cuts it.",
		Test:  "a whole session one octet a segment; fail: other replies than at once",
		Needs: "recipient",
		Run: func(t *T) {
			replies := map[string][]int{}
			for _, cut := range []string{CutWhole, CutOctets} {
				t.circ.Cut = cut
				c := t.Session()
				for _, line := range []string{t.MailLine(), t.RcptLine(), "RSET", "NOOP", "FROB", "DATA", "QUIT"} {
					replies[line] = append(replies[line], c.Cmd(line).Need("any").Code)
				}
			}
			for line, codes := range replies {
				if codes[0] != codes[1] {
					t.Failf("%s: %d in one write, %d octet by octet", line, codes[0], codes[1])
				}
			}
		},
	},
}

// path256 is a mailbox of 254 octets, 256 with its brackets: a local-part of 64
// and labels of 60 at most (RFC 5321 §4.5.3.1.3).
func path256() string {
	label := strings.Repeat("d", 60)
	return strings.Repeat("a", 64) + "@" + label + "." + label + "." + label[:59] + ".example"
}
