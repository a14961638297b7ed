package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// Requirements on every reply: they look at all that the other cases saw.
var replyCases = []Case{
	{
		ID: "reply-one-each", Level: Must, RFC: "5321 §4.2",
		Title: "Each command gets exactly one reply.",
		Test:  "NOOP, RSET, VRFY, unknown verb, NOOP one at a time; nothing more arrives within 1 s",
		Vary:  "link cut",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			for _, command := range []string{"NOOP", "RSET", "VRFY postmaster", "FROB", "NOOP"} {
				if r := c.Cmd(command); !r.Want("2yz 4yz 5yz; fail 3yz") {
					return
				}
			}
			if r, quiet := c.Quiet(); !quiet {
				t.Failf("five commands got more than five replies: %s", r)
			}
		},
	},
	{
		ID: "reply-crlf", Level: Must, RFC: "5321 §2.3.8; §4.2",
		Title: "Every reply line ends in CRLF and holds no bare CR or LF.",
		Test:  "over the whole run; fail on the first bare one",
		Over: func(x *Exchange) (Verdict, string) {
			return formOver(x, "bare")
		},
	},
	{
		ID: "reply-code-range", Level: MustNot, RFC: "5321 §4.2",
		Title: "First digits other than 2 to 5 never appear, second digits 0 to 5.",
		Test:  "over the whole run",
		Over: func(x *Exchange) (Verdict, string) {
			if c := x.Reply.Code; x.Reply.flaw == "" && (c < 200 || c > 559) || c/10%10 > 5 {
				return Fail, fmt.Sprintf("the code %d", c)
			}
			return Pass, ""
		},
	},
	{
		ID: "reply-length", Level: Must, RFC: "5321 §4.5.3.1.5",
		Title: "A reply line is at most 512 octets with code and CRLF.",
		Test:  "over the whole run; fail: longer",
		Over: func(x *Exchange) (Verdict, string) {
			for _, line := range strings.SplitAfter(string(x.Reply.Raw), "\n") {
				if len(line) > 512 {
					return Fail, fmt.Sprintf("a reply line of %d octets to %s", len(line), x.Command)
				}
			}
			return Pass, ""
		},
	},
	{
		ID: "reply-multiline-code", Level: Must, RFC: "5321 §4.2.1",
		Title: "All lines of a reply carry the same code, hyphen on all but the last.",
		Test:  "over the whole run",
		Over: func(x *Exchange) (Verdict, string) {
			return formOver(x, "code")
		},
	},
	{
		ID: "reply-space", Level: Should, RFC: "5321 §4.2.1",
		Title: "The last line has a space after the code even with no text.",
		Test:  "over the whole run; warn",
		Over: func(x *Exchange) (Verdict, string) {
			lines := strings.Split(strings.TrimRight(string(x.Reply.Raw), "\r\n"), "\n")
			if last := strings.TrimRight(lines[len(lines)-1], "\r"); len(last) == 3 {
				return Warn, fmt.Sprintf("the last line is %q, without a space", last)
			}
			return Pass, ""
		},
	},
	{
		ID: "reply-text", Level: ShouldNot, RFC: "5321 §4.2",
		Title: "A bare code without text is not sent (the greeting, 220, 221, 251, 421, 551 have text that is parsed).",
		Test:  "over the whole run; warn; 334 is exempt",
		Over: func(x *Exchange) (Verdict, string) {
			if x.Reply.Code != 334 && strings.TrimSpace(x.Reply.Lines[len(x.Reply.Lines)-1]) == "" {
				return Warn, fmt.Sprintf("%d without a text", x.Reply.Code)
			}
			return Pass, ""
		},
	},
	{
		ID: "reply-421-closes", Level: Must, RFC: "5321 §3.8; §4.2.2",
		Title: "A 421 is followed by the close of the connection.",
		Test:  "whenever 421 comes in the run; fail: the session goes on after it",
		Over: func(x *Exchange) (Verdict, string) {
			switch {
			case x.Refused:
				return Fail, fmt.Sprintf("after a 421 the server answered %s with %s", x.Command, x.Reply)
			case x.Reply.Code == 421:
				return Pass, ""
			}
			return Skipped, ""
		},
	},
	{
		ID: "reply-ascii", Level: Must, RFC: "5321 §4.2; §4.1.1.1",
		Title: "Reply text is printable US-ASCII and tab; only the greeting part of the EHLO reply may hold other controls; UTF-8 needs SMTPUTF8 (see utf8-vrfy).",
		Test:  "over the whole run; fail: octets over 127 or controls but tab",
		Over: func(x *Exchange) (Verdict, string) {
			for i, line := range x.Reply.Lines {
				for _, o := range []byte(line) {
					hello := i == 0 && isHello(x.Command)
					if o == 127 || o < 32 && o != '\t' && !hello || o > 127 && !strings.Contains(x.Command, "SMTPUTF8") {
						return Fail, fmt.Sprintf("octet %s in the reply to %s", hex(o), verbOf(x.Command))
					}
				}
			}
			return Pass, ""
		},
	},
	{
		ID: "reply-listed-codes", Level: Should, RFC: "5321 §4.2; §4.3.2",
		Title: "Only codes that the RFC or an offered extension lists for the command are used.",
		Test:  "over the whole run; warn with the command and code",
		Over: func(x *Exchange) (Verdict, string) {
			listed, known := listedCodes[verbOf(x.Command)]
			c := x.Reply.Code
			if !known || slices.Contains(listed, c) || slices.Contains([]int{421, 454, 500, 501, 502, 503, 530}, c) {
				return map[bool]Verdict{true: Pass, false: Skipped}[known], ""
			}
			return Warn, fmt.Sprintf("%d to %s, which no RFC lists for it", c, verbOf(x.Command))
		},
	},
	{
		ID: "reply-policy-550", Level: Should, RFC: "5321 §7.9; §3.6.2",
		Title: "A policy refusal of EHLO, MAIL or RCPT has the code 550.",
		Test:  "over the run, where the text or X.7.n says policy; warn: 554, 553 and so on",
		Over: func(x *Exchange) (Verdict, string) {
			verb := verbOf(x.Command)
			if x.Reply.Code/100 != 5 || verb != "EHLO" && verb != "MAIL" && verb != "RCPT" {
				return Skipped, ""
			}
			if !strings.HasPrefix(x.Reply.Enhanced(), "5.7.") || x.Reply.Code == 530 {
				return Skipped, ""
			}
			if x.Reply.Code != 550 {
				return Warn, fmt.Sprintf("a policy refusal of %s with %s", verb, x.Reply)
			}
			return Pass, ""
		},
	},
	{
		ID: "reply-no-unoffered-codes", Level: Should, RFC: "5321 §4.2; §4.3.2",
		Title: "A client that said HELO gets only codes that RFC 5321 (and 7504) lists.",
		Test:  "HELO session with errors; warn: a code only an extension defines; 530 where policy demands it is recorded",
		Needs: "smtp",
		Run: func(t *T) {
			c := t.Greeted()
			c.Cmd("HELO " + t.cfg.Hello).Need("250")
			for _, command := range []string{"FROB", "RSET x", "VRFY", "RCPT TO:<a b@c>", "DATA"} {
				switch r := c.Cmd(command); {
				case r.Err != nil || r.Code == 421:
					t.Errorf("%s: %s", command, r)
				case r.Code == 530:
					r.Record()
				case !slices.Contains(baseCodes, r.Code):
					t.Warnf("%s: %s, a code that RFC 5321 does not have", command, r)
				}
			}
		},
	},
	{
		ID: "ehlo-refused-codes", Level: Must, RFC: "5321 §4.1.4",
		Title: "A refused EHLO gets 501, 500, 502 or 550.",
		Test:  "over all refused EHLOs of the run; other 5yz warn (504 is listed in §4.3.2), 4yz but 421 warn",
		Over: func(x *Exchange) (Verdict, string) {
			c := x.Reply.Code
			switch {
			case !isHello(x.Command) || c < 400 || c == 421:
				return Skipped, ""
			case slices.Contains([]int{500, 501, 502, 550}, c):
				return Pass, ""
			}
			return Warn, fmt.Sprintf("%s refused with %d", verbOf(x.Command), c)
		},
	},
	{
		ID: "mail-failure-class", Level: Must, RFC: "5321 §3.3",
		Title: "A refused sender is told whether permanently (5yz) or temporarily (4yz).",
		Test:  "over all refused MAILs; fail: neither",
		Over: func(x *Exchange) (Verdict, string) {
			switch c := x.Reply.Code; {
			case verbOf(x.Command) != "MAIL" || c == 250:
				return Skipped, ""
			case c/100 != 4 && c/100 != 5:
				return Fail, fmt.Sprintf("MAIL got %d", c)
			}
			return Pass, ""
		},
	},
	{
		ID: "rcpt-251", Level: May, RFC: "5321 §3.4; §4.2.2",
		Title: "A forwarded user is accepted with 251 or silently with 250, or refused with 551 or 550.",
		Test:  "recorded over the run; warn: 251 or 551 without a path in its text",
		Needs: "recipient",
		Over: func(x *Exchange) (Verdict, string) {
			c := x.Reply.Code
			if verbOf(x.Command) != "RCPT" || c != 251 && c != 551 {
				return Skipped, ""
			}
			if !strings.Contains(x.Reply.Text(), "<") {
				return Warn, fmt.Sprintf("%d without a path: %s", c, x.Reply)
			}
			return Pass, ""
		},
	},
}

var baseCodes = []int{211, 214, 220, 221, 250, 251, 252, 354, 421, 450, 451, 452, 455, 500, 501, 502, 503, 504, 521, 550, 551, 552, 553, 554, 555, 556}

// listedCodes are the codes that RFC 5321 §4.3.2 and the extensions list for a
// command, beside those that any command may get (§4.2.4, §4.3.2).
var listedCodes = map[string][]int{
	"EHLO": {250, 502, 504, 550}, "HELO": {250, 502, 504, 550}, "LHLO": {250, 502, 504, 550},
	"MAIL": {250, 451, 452, 455, 503, 550, 552, 553, 555, 556, 554},
	"RCPT": {250, 251, 450, 451, 452, 455, 503, 550, 551, 552, 553, 555, 556, 554},
	"DATA": {354, 450, 451, 452, 503, 550, 552, 554},
	"RSET": {250}, "NOOP": {250}, "QUIT": {221},
	"VRFY": {250, 251, 252, 502, 504, 550, 551, 553}, "EXPN": {250, 252, 502, 504, 550},
	"HELP": {211, 214, 502, 504},
	"AUTH": {235, 334, 432, 503, 504, 534, 535, 538}, "STARTTLS": {220, 503, 502, 554},
	"BDAT": {250, 450, 451, 452, 503, 550, 552, 554},
}

// verbOf is the verb of a command, in capitals.
func verbOf(command string) string {
	verb, _, _ := strings.Cut(strings.ToUpper(command), " ")
	return verb
}

func isHello(command string) bool {
	return slices.Contains([]string{"EHLO", "LHLO", "HELO"}, verbOf(command))
}

// formOver complains about a flaw of form whose description has a word.
func formOver(x *Exchange, word string) (Verdict, string) {
	if strings.Contains(x.Reply.flaw, word) {
		return Fail, x.Reply.flaw + ", in the reply to " + x.Command
	}
	return Pass, ""
}
