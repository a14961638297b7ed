package conformance_test

import (
	"bytes"
	"net"
	"regexp"
	"strings"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// leastSeen is how many requirements the mutants have to have complaints about.
const leastSeen = 415

// Faults of the form of replies.
var replyMutants = []mutant{
	{name: "greeting without a name", change: raw("^$", "220 \r\n"), finds: "conn-greeting-fqdn"},
	{name: "greeting of one label", change: raw("^$", "220 localhost ready\r\n"), finds: "conn-greeting-fqdn"},
	{name: "bare LF", change: raw("^NOOP", "250 fine\n"), finds: "reply-crlf"},
	{name: "bare CR", change: raw("^NOOP", "250 fi\rne\r\n"), finds: "reply-crlf"},
	{name: "code out of range", change: raw("^VRFY", "299 fine\r\n"), finds: "reply-code-range reply-listed-codes", also: "vrfy-noarg vrfy-before-ehlo"},
	{name: "long line", change: raw("^VRFY", "252 "+strings.Repeat("x", 600)+"\r\n"), finds: "reply-length", also: "vrfy-noarg vrfy-before-ehlo"},
	{name: "code changes", change: raw("^VRFY", "252-fine\r\n250 fine\r\n"), finds: "reply-multiline-code", also: "vrfy-noarg vrfy-before-ehlo"},
	{name: "no space", change: raw("^VRFY", "252\r\n"), finds: "reply-space reply-text", also: "vrfy-noarg vrfy-before-ehlo"},
	{name: "octets above 127", change: raw("^VRFY", "252 d\xc3\xa9j\xc3\xa0 vu\r\n"), finds: "reply-ascii utf8-vrfy", also: "vrfy-noarg vrfy-before-ehlo"},
	{name: "two replies", change: raw("^VRFY", "252 fine\r\n250 fine\r\n"), finds: "reply-one-each"},
	{name: "251 without a path", change: raw("^RCPT TO:<tester@", "251 will forward\r\n"), finds: "rcpt-251", also: "rcpt-250"},
	{name: "no enhanced code", change: raw("^RSET", "250 fine\r\n"), finds: "esc-present"},
	{name: "enhanced code of another class", change: raw("^RSET", "250 5.0.0 fine\r\n"), finds: "esc-class"},
	{name: "enhanced code on one line", change: raw("^HELP", "214-2.0.0 help\r\n214 more\r\n"), finds: "esc-every-line", also: "help-211 help-arg"},
	{name: "enhanced code without a space", change: raw("^RSET", "250 2.0.0\tfine\r\n"), finds: "esc-space"},
	{name: "enhanced code with zeros", change: raw("^RSET", "250 2.00.0 fine\r\n"), finds: "esc-form"},
	{name: "unknown enhanced code", change: raw("^RSET", "250 2.9.77 fine\r\n"), finds: "esc-known"},
	{name: "enhanced code in EHLO", change: raw("^EHLO", "250 2.0.0 mx.example.test\r\n"), finds: " "},
	{name: "enhanced code in HELO", change: raw("^HELO", "250 2.0.0 mx.example.test\r\n"), finds: "esc-not-ehlo", also: "helo-250"},
	{name: "221 without a name", change: raw("^QUIT", "221 2.0.0 bye\r\n"), finds: "quit-221-domain"},
	{name: "keyword with an underscore", change: offers("MY_OWN"), finds: "ehlo-form"},
	{name: "keyword twice", change: offers("SIZE"), finds: "ehlo-unique"},
	{name: "unregistered keyword", change: offers("FROBNICATE"), finds: "ehlo-registered"},
	{name: "HELO with keywords", change: raw("^HELO", "250-mx.example.test\r\n250 PIPELINING\r\n"), finds: "helo-single-line"},
	{name: "EHLO refused with 553", change: raw("^EHLO a[_!]b", "553 no\r\n"), finds: "ehlo-bad-chars ehlo-refused-codes"},
	{name: "MAIL, RCPT, RSET alike", change: raw("^(MAIL|RCPT|RSET)", "250 2.0.0 ok\r\n"), finds: "pipe-text-matches"},
}

// Faults of what commands are answered.
var commandMutants = []mutant{
	{name: "says yes to all", change: yes, finds: `ehlo-noarg ehlo-bad-chars helo-noarg cmd-unknown-500 cmd-x-500 cmd-no-turn cmd-noarg-501
		mail-before-ehlo mail-nested mail-no-brackets mail-garbage mail-unknown-param mail-dot-string mail-domain-grammar mail-trailing-text
		mail-param-syntax rcpt-before-mail rcpt-unknown-param rcpt-syntax data-no-rcpt data-no-mail data-all-refused
		rset-clears helo-clears vrfy-noarg ehlo-twice pipe-mail-refused size-invalid 8bit-bad-value 8bit-once mail-param-repeated
		utf8-without-param utf8-invalid utf8-mail-param seq-ready-RCPT seq-greeted-DATA binary-unoffered bdat-bad-size
		tls-arg seq-random-walk lmtp-smtp-no-lhlo abuse-many-params abuse-utf8-bom cmd-8bit cmd-nul reply-no-unoffered-codes
		data-iff-recipient auth-param-xtext`},
	{name: "no HELO", change: raw("^HELO", "502 no\r\n"), finds: "helo-250 "},
	{name: "no literals", change: raw(`^EHLO \[`, "501 no\r\n"), finds: "ehlo-literal-v4 ehlo-literal-v6"},
	{name: "verbs by case", change: raw("^(eHlO|mAiL)", "500 no\r\n"), finds: "ehlo-case"},
	{name: "names have to match", change: raw("^EHLO example.com", "550 5.1.8 who\r\n"), finds: "ehlo-no-verify-refusal"},
	{name: "no MAIL", change: raw("^MAIL", "501 5.5.4 no\r\n"), finds: "mail-250 mail-null mail-quoted mail-quoted-special mail-source-route mail-literal mail-atom-chars mail-long-local mail-long-domain mail-label-63 mail-param-case size-param-ok 8bit-accept utf8-address utf8-quoted utf8-with-body seq-ready-MAIL auth-param rset-keeps-session helo-transaction"},
	{name: "no RCPT", change: raw("^RCPT", "501 5.5.4 no\r\n"), finds: "rcpt-250 rcpt-postmaster rcpt-postmaster-domain rcpt-domain-case rcpt-source-route rcpt-quoted-same rcpt-literal rcpt-long-path rcpt-postmaster-unauth utf8-rcpt seq-mailtx-RCPT cmd-unknown-state seq-503-state"},
	{name: "RCPT with 200 for all", change: raw("^RCPT", "250 2.1.5 fine\r\n"), finds: "rcpt-unknown rcpt-no-relay abuse-percent-hack abuse-local-part-path"},
	{name: "70 recipients", change: seventy(), finds: "rcpt-100 rcpt-too-many-452"},
	{name: "DATA is 250", change: raw("^DATA", "250 2.0.0 fine\r\n"), finds: "data-354 seq-recipient-DATA"},
	{name: "RCPT without MAIL", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Code: 250, Text: "fine"}, q.Refused && q.Role == smtp.RoleRecipient
	}), finds: "mail-bad-state rcpt-before-mail helo-clears pipe-mail-refused data-refused-clears seq-tls-NOOP seq-ready-RSET"},
	{name: "354 for nobody", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Code: 354, Text: "go on"}, q.Refused && q.Role == smtp.RoleData
	}), finds: "data-iff-recipient pipe-354-then-text"},
	{name: "empty message to nobody taken", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		switch {
		case q.Refused && q.Role == smtp.RoleData:
			return smtptest.Answer{Code: 354, Text: "go on"}, true
		case q.Role == smtp.RoleVoid:
			return smtptest.Answer{Code: 250, Text: "fine"}, true
		}
		return smtptest.Answer{}, false
	}), finds: "data-no-rcpt data-no-mail data-all-refused pipe-data-refused rset-clears ehlo-twice"},
	{name: "content is 554", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Code: 554, Text: "no"}, q.Role == smtp.RoleContent && !q.Early
	}), finds: "data-accept data-then-next data-header-less data-resent data-trace-odd data-header-recipients data-64k data-loop-100 rcpt-refused-keeps size-count-dots"},
	{name: "content is 552 late", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Code: 552, Text: "no"}, q.Role == smtp.RoleContent && !q.Early && q.Octets > 50000
	}), finds: "size-no-late-552"},
	{name: "no RSET", change: raw("^RSET", "500 no\r\n"), finds: "rset-250 seq-ready-RSET pipe-no-loss pipe-flush-last cmd-trailing-space"},
	{name: "RSET wants EHLO", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Raw: []byte("503 5.5.1 EHLO first\r\n"), Code: 503}, q.Role == smtp.RoleSender && !q.Refused
	}), finds: "rset-keeps-session "},
	{name: "no NOOP with text", change: raw("^NOOP .", "501 no\r\n"), finds: "noop-arg cmd-line-512"},
	{name: "no HELP", change: raw("^HELP", "502 no\r\n"), finds: "help-211 cmd-not-advertised"},
	{name: "VRFY says 550", change: raw("^VRFY", "550 no\r\n"), finds: "vrfy-known vrfy-disabled"},
	{name: "VRFY says 250 to all", change: raw("^VRFY", "250 fine\r\n"), finds: "vrfy-250-form vrfy-fqdn vrfy-brackets vrfy-250-honest utf8-vrfy-param"},
	{name: "VRFY with a route", change: raw("^VRFY", "250 <@a.example:tester@example.test>\r\n"), finds: "vrfy-no-route"},
	{name: "VRFY knows whole addresses only", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		switch {
		case q.Op != smtp.OpVrfy:
			return smtptest.Answer{}, false
		case strings.Contains(q.Line, "@"):
			return smtptest.Answer{Code: 250, Text: "<tester@example.test>"}, true
		}
		return smtptest.Answer{Code: 550, Text: "no"}, true
	}), finds: "vrfy-local-name"},
	{name: "VRFY knows names only", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		switch {
		case q.Op != smtp.OpVrfy:
			return smtptest.Answer{}, false
		case strings.Contains(q.Line, "@"):
			return smtptest.Answer{Code: 501, Text: "no"}, true
		}
		return smtptest.Answer{Code: 250, Text: "<tester@example.test>"}, true
	}), finds: "vrfy-at-form"},
	{name: "503 before EHLO", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Code: 503, Text: "EHLO first"}, q.Op == smtp.OpVrfy
	}), finds: "vrfy-before-ehlo"},
	{name: "EXPN works", change: raw("^EXPN", "250 <a@example.test>\r\n"), finds: "expn-listed ehlo-offers-own"},
	{name: "EXPN offered and gone", change: both(offers("EXPN"), raw("^EXPN", "502 no\r\n")), finds: "expn-disabled cmd-not-advertised"},
	{name: "QUIT keeps open", change: raw("^QUIT", "502 no\r\n"), finds: "quit-221 quit-reply-before-close pipe-quit-last seq-ready-QUIT eod-pipelined-tail"},
	{name: "closes at an unknown command", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Code: 500, Text: "no", Close: true}, q.Refused && q.Line == "FROB"
	}), finds: "quit-unknown-lives quit-not-before"},
	{name: "closes in silence", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Silent: true, Close: true}, q.Line == "FROB"
	}), finds: "quit-unknown-lives abuse-unknown-flood"},
	{name: "MAIL after MAIL", change: raw("^MAIL FROM:<second", "250 fine\r\n"), finds: "mail-nested"},
	{name: "unknown verb ends the transaction", link: up("FROB\r\n", "RSET\r\n"), finds: "cmd-unknown-500 "},
	{name: "NOOP ends the transaction", link: afterMail("NOOP\r\n", "RSET\r\n"), finds: "noop-250"},
	{name: "HELP ends the transaction", link: afterMail("HELP\r\n", "RSET\r\n"), finds: "help-state"},
	{name: "VRFY ends the transaction", link: afterMail("VRFY postmaster\r\n", "RSET\r\n"), finds: "vrfy-state"},
	{name: "EHLO keeps the transaction", link: secondHello(), finds: "ehlo-as-rset ehlo-twice"},
	{name: "RSET keeps the transaction", link: up("RSET\r\n", "NOOP\r\n"), finds: "rset-clears "},
}

// seventy refuses the 71st recipient of a transaction with 452.
func seventy() func(*smtptest.Config) {
	n := map[int]int{}
	return func(c *smtptest.Config) {
		usual := c.Answer
		var guard = make(chan bool, 1)
		guard <- true
		c.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
			<-guard
			defer func() { guard <- true }()
			switch {
			case q.Role == smtp.RoleSender:
				n[q.Conn] = 0
			case q.Role == smtp.RoleRecipient && !q.Refused:
				if n[q.Conn]++; n[q.Conn] > 70 {
					return smtptest.Answer{Code: 452, Enhanced: smtp.EnhancedCode{4, 5, 3}, Text: "too many"}, true
				}
			}
			return usual(q)
		}
	}
}

// afterMail changes a command that comes behind a MAIL.
func afterMail(old, new string) func(net.Conn) net.Conn {
	return func(c net.Conn) net.Conn {
		mail := false
		return &changed{Conn: c, up: func(p []byte) []byte {
			mail = mail || bytes.HasPrefix(p, []byte("MAIL"))
			if mail && string(p) == old {
				return []byte(new)
			}
			return p
		}}
	}
}

// secondHello sends the second EHLO of a connection as a NOOP, whose reply looks
// like that to EHLO.
func secondHello() func(net.Conn) net.Conn {
	return func(c net.Conn) net.Conn {
		n := 0
		return &changed{Conn: c, up: func(p []byte) []byte {
			if bytes.HasPrefix(p, []byte("EHLO")) {
				if n++; n > 1 {
					return []byte("NOOP\r\n")
				}
			}
			return p
		}}
	}
}

// Faults of what is done with content.
var contentMutants = []mutant{
	{name: "takes no dots off", mailbox: received(func(s string) string { return strings.ReplaceAll(s, "\r\n.", "\r\n..") }), finds: "data-dot-unstuffed data-64k-line-mix bdat-dots bdat-no-eod 8bit-dots data-line-1000"},
	{name: "takes dots off anywhere", mailbox: received(func(s string) string { return regexp.MustCompile(`[\r\n]\.`).ReplaceAllString(s, "\n") }), finds: "data-dot-after-lf eol-bare-lf-body eol-bare-cr-body "},
	{name: "loses controls", mailbox: received(func(s string) string {
		return regexp.MustCompile(`[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]`).ReplaceAllString(s, "")
	}), finds: "data-transparent-octets"},
	{name: "clears high bits", mailbox: received(func(s string) string {
		b := []byte(s)
		for i := range b {
			b[i] &= 127
		}
		return string(b)
	}), finds: "8bit-octets 8bit-dots 8bit-line-1000 utf8-header"},
	{name: "trims lines", mailbox: received(func(s string) string { return regexp.MustCompile(`[ \t]+\r\n`).ReplaceAllString(s, "\r\n") }), finds: "data-trailing-space"},
	{name: "folds lines", mailbox: received(func(s string) string {
		return regexp.MustCompile(`[^\r\n]{900}`).ReplaceAllString(s, "$0\r\n")
	}), finds: "data-line-1000 data-line-longer 8bit-line-1000 data-64k-line-mix"},
	{name: "cuts the end of large messages", mailbox: received(func(s string) string { return s[:min(len(s), 60000)] }), finds: "bdat-many data-64k-line-mix"},
	{name: "stops at NUL", mailbox: received(func(s string) string { before, _, _ := strings.Cut(s, "\x00"); return before }), finds: "abuse-nul-data"},
	{name: "QUIT in content lost", mailbox: received(func(s string) string { return strings.ReplaceAll(s, "QUIT\r\n", "") }), finds: "quit-in-data"},
	{name: "one chunk lost", mailbox: received(func(s string) string { return strings.ReplaceAll(s, "one chunk", "") }), finds: "bdat-one"},
	{name: "no Received", mailbox: received(func(s string) string {
		return regexp.MustCompile(`(?m)^Received: [^\n]*\n`).ReplaceAllString(s, "")
	}), finds: "data-received data-header-kept data-received-from data-received-date data-received-offset data-received-with"},
	{name: "odd Received", mailbox: received(func(s string) string {
		return regexp.MustCompile(`Received: from \S+ \(\S+\) by[^\n]*\n`).ReplaceAllString(s, "Received: by x with SMTP for <a@b>, <c@d>; Mon, 3 Jan 22 10:00:00 GMT\r\n")
	}), finds: "data-received data-received-from data-received-date data-received-offset data-received-with data-received-for-one auth-received utf8-with"},
	{name: "Received at the end", mailbox: received(func(s string) string {
		m := regexp.MustCompile(`Received: from \S+ \(\[[^\n]*\n`).FindString(s)
		return strings.Replace(strings.Replace(s, m, "", 1), "\r\n\r\n", "\r\n"+m+"\r\n", 1)
	}), finds: "data-received-top"},
	{name: "no Return-Path", mailbox: received(func(s string) string {
		return regexp.MustCompile(`Return-Path: [^\n]*\n`).ReplaceAllString(s, "")
	}), finds: "data-return-path data-return-path-one"},
	{name: "Return-Path of another", mailbox: received(func(s string) string {
		return regexp.MustCompile(`Return-Path: [^\n]*\n`).ReplaceAllString(s, "Return-Path: <other@client.example>\r\n")
	}), finds: "data-return-path mail-case-kept rcpt-keeps-sender"},
	{name: "changes Subject", mailbox: received(func(s string) string { return strings.ReplaceAll(s, "odd   spacing", "odd spacing") }), finds: "data-bcc-untouched"},
	{name: "EHLO name from before TLS", mailbox: received(func(s string) string { return strings.ReplaceAll(s, "under-tls.example", "before-tls.example") }), finds: "tls-ehlo-again"},
	{name: "every message twice", mailbox: func(m conformance.Mailbox) mailFunc {
		return func(token string) ([][]byte, error) {
			found, err := m.Find(token)
			return append(found, found...), err
		}
	}, finds: "rset-after-data eod-dot-space"},
	{name: "delivers what was never ended", mailbox: func(m conformance.Mailbox) mailFunc {
		return func(token string) ([][]byte, error) {
			return [][]byte{[]byte("X-Token: " + token + "\r\n\r\ntext\r\n")}, nil
		}
	}, finds: "quit-discards close-mid-data close-keeps-done bdat-rset-between bdat-close-inside data-no-late-delivery"},
	{name: "keeps LF in a header", finds: "eol-bare-lf-header"},
	{name: "no Message-ID", config: func(c *conformance.Config) { c.Submission = true }, finds: "submit-message-id submit-530 submit-local-auth submit-recommended auth-530"},
}

// Faults on the way between the suite and the server.
var linkMutants = []mutant{
	{name: "LF . LF", link: up("\n.\n", "\r\n.\r\n"), finds: "eod-lf-dot-lf eod-after-8bitmime eod-in-header"},
	{name: "LF . CRLF", link: up("t\n.\r\n", "t\r\n.\r\n"), finds: "eod-lf-dot-crlf"},
	{name: "CRLF . LF", link: up("\r\n.\nM", "\r\n.\r\nM"), finds: "eod-crlf-dot-lf"},
	{name: "CR . CR", link: up("\r.\r", "\r\n.\r\n"), finds: "eod-cr-dot-cr eod-in-header"},
	{name: "CR . CRLF", link: up("t\r.\r\n", "t\r\n.\r\n"), finds: "eod-cr-dot-crlf"},
	{name: "LF . CR", link: up("t\n.\r", "t\r\n.\r\n"), finds: "eod-lf-dot-cr"},
	{name: "CR . LF", link: up("t\r.\n", "t\r\n.\r\n"), finds: "eod-cr-dot-lf"},
	{name: "LFCR . LFCR", link: up("\n\r.\n\r", "\r\n.\r\n"), finds: "eod-lfcr-dot-lfcr"},
	{name: "CRLF . CR", link: up("\r\n.\rM", "\r\n.\r\nM"), finds: "eod-crlf-dot-cr"},
	{name: "NUL is nothing", link: up("\x00", ""), finds: "eod-nul eod-nul-inside"},
	{name: "space behind the dot", link: up("\r\n. \r\n", "\r\n.\r\n"), finds: "eod-dot-space"},
	{name: "tab behind the dot", link: up("\r\n.\t\r\n", "\r\n.\r\n"), finds: "eod-dot-tab"},
	{name: "CR CRLF", link: up("\r\r\n", "\r\n"), finds: "eod-crcrlf"},
	{name: "high bit cleared", link: up("\x8d\x8a\xae\x8d\x8a", "\r\n.\r\n"), finds: "eod-high-bit"},
	{name: "VT is a line end", link: up("\x0b.\x0b", "\r\n.\r\n"), finds: "eod-other-breaks"},
	{name: "dots at 1000", link: up("y.\r\n", "y\r\n.\r\n"), finds: "eod-long-then-dot"},
	{name: "doubled dot", link: up("\r\n..\r\nM", "\r\n.\r\nM"), finds: "eod-double-dot"},
	{name: "LF ends commands", link: up("NOOP\n", "NOOP\r\n"), finds: "eol-bare-lf-command eol-bare-lf-pair"},
	{name: "DATA with LF", link: up("DATA\n", "DATA\r\n"), finds: "eol-bare-lf-data"},
	{name: "CR ends commands", link: up("NOOP a\rQUIT\r\n", "NOOP a\r\nQUIT\r\n"), finds: "eol-bare-cr-command"},
	{name: "LF in arguments", link: up("\nRCPT", "\r\nRCPT"), finds: "cmd-lf-in-args"},
	{name: "SIZE ends the data", link: up("\r\nNOOP\r\nNOOP", "\r\n.\r\nNOOP\r\nNOOP"), finds: "size-not-end"},
	{name: "dot with text ends", link: up("\r\n. x\r\n", "\r\n.\r\n"), finds: "data-dot-line-only"},
	{name: "an empty line is ignored", link: up("\r\n", "\r\n"), change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Silent: true}, q.Refused && q.Line == "" && q.Role == smtp.RoleNone
	}), finds: "cmd-empty-line"},
	{name: "input behind a command is lost", link: func(c net.Conn) net.Conn {
		return &changed{Conn: c, up: func(p []byte) []byte {
			if bytes.HasPrefix(p, []byte("RSET\r\n")) || bytes.HasPrefix(p, []byte("MAIL")) || bytes.HasPrefix(p, []byte("QUIT")) {
				at := bytes.Index(p, []byte("\r\n"))
				return p[:at+2]
			}
			return p
		}}
	}, finds: "pipe-all-in-one pipe-no-loss pipe-flush-last pipe-no-hold pipe-no-hold-unknown "},
	{name: "chunks are commands", link: up("BDAT 6\r\nQUIT\r\n", "FROB\r\nQUIT\r\n"), finds: "bdat-refused-eaten bdat-pipeline-failed bdat-after-last"},
	{name: "chunk of a NOOP is a command", link: up("BDAT 6\r\nNOOP\r\n", "FROB\r\nNOOP\r\n"), finds: "bdat-no-mail"},
	{name: "sizes wrap", link: func(c net.Conn) net.Conn {
		return &changed{Conn: c, up: func(p []byte) []byte {
			return regexp.MustCompile(`BDAT (4294967300|18446744073709551620|2147483652|9223372036854775812)`).ReplaceAll(p, []byte("BDAT 4"))
		}}
	}, finds: "bdat-overflow"},
	{name: "BDAT without octets eaten", link: up("BDAT 10\r\nQUIT\r\nxx\r\n", "FROB\r\nQUIT\r\nxx\r\n"), finds: "bdat-no-rcpt"},
}

// Faults of extensions.
var extensionMutants = []mutant{
	{name: "keywords with parameters", change: both(func(c *smtptest.Config) {
		c.Without = append(c.Without, smtp.KeywordPipelining, smtp.KeywordEightBitMIME, smtp.KeywordEnhancedStatusCodes, smtp.KeywordSMTPUTF8)
		c.STARTTLS = true
	}, offers("PIPELINING x", "8BITMIME x", "ENHANCEDSTATUSCODES x", "SMTPUTF8 x", "DSN x", "RRVS x", "MTRK x", "CHECKPOINT x", "BINARYMIME x")),
		finds: "pipe-keyword 8bit-keyword esc-keyword utf8-keyword dsn-keyword rrvs-keyword mtrk-keyword checkpoint-keyword binary-keyword"},
	{name: "odd parameters of keywords", change: offers("DELIVERBY soon", "FUTURERELEASE 1", "MT-PRIORITY a b", "BURL pop", "LIMITS RCPTMAX=many", "XCLIENT NAME"),
		finds: "deliverby-keyword future-keyword priority-keyword burl-keyword limits-keyword xclient-allowed"},
	{name: "no 8BITMIME", change: func(c *smtptest.Config) { c.Without = append(c.Without, smtp.KeywordEightBitMIME) }, finds: "8bit-offered utf8-keyword"},
	{name: "BINARYMIME without CHUNKING", change: both(offers("BINARYMIME"), func(c *smtptest.Config) { c.Without = append(c.Without, smtp.KeywordChunking) }), finds: "binary-needs-chunking"},
	{name: "SIZE of words", change: func(c *smtptest.Config) {
		c.Without = append(c.Without, smtp.KeywordSize)
		c.Lines = append(c.Lines, "SIZE big")
	}, finds: "size-keyword"},
	{name: "SIZE of 1000", change: func(c *smtptest.Config) {
		c.Without = append(c.Without, smtp.KeywordSize)
		c.Lines = append(c.Lines, "SIZE 1000")
	}, finds: "size-limit-64k"},
	{name: "the limit is not kept", change: func(c *smtptest.Config) {
		c.MaxSize = 8 << 20
		c.Without = append(c.Without, smtp.KeywordSize)
		c.Lines = append(c.Lines, "SIZE 100000")
	}, finds: "size-content-over bdat-huge"},
	{name: "over the limit is 550", change: raw(`^MAIL .*SIZE=1048577`, "550 no\r\n"), finds: "size-552"},
	{name: "20 digits taken", change: raw(`^MAIL .*SIZE=9{20}$`, "250 fine\r\n"), finds: "size-20-digits"},
	{name: "DSN offered and unknown", change: both(offers("DSN"), raw(`(?i)(RET|ENVID|NOTIFY|ORCPT)=`, "500 5.5.4 no\r\n")), finds: "dsn-accept dsn-same-reply dsn-case dsn-lengths dsn-never dsn-bad-values dsn-bad-rcpt-values dsn-repeated dsn-repeated-rcpt dsn-bad-xtext dsn-line-1036"},
	{name: "DSN takes anything", change: both(offers("DSN"), raw(`(RET|ENVID|NOTIFY|ORCPT)=`, "250 fine\r\n")), finds: "dsn-never dsn-bad-values dsn-bad-rcpt-values dsn-bad-xtext dsn-repeated dsn-repeated-rcpt"},
	{name: "DELIVERBY offered and unknown", change: both(offers("DELIVERBY 100"), raw(` BY=`, "501 5.5.4 no\r\n")), finds: "deliverby-accept deliverby-refusal"},
	{name: "DELIVERBY takes anything", change: both(offers("DELIVERBY 100"), raw(` BY`, "250 fine\r\n")), finds: "deliverby-zero-return deliverby-minimum deliverby-value"},
	{name: "MT-PRIORITY offered and unknown", change: both(offers("MT-PRIORITY"), raw(` MT-PRIORITY=`, "555 5.5.4 no\r\n")), finds: "priority-accept priority-bad"},
	{name: "RRVS offered and unknown", change: both(offers("RRVS"), raw(` RRVS=`, "555 5.5.4 no\r\n")), finds: "rrvs-accept rrvs-role rrvs-bad"},
	{name: "RRVS takes anything", change: both(offers("RRVS"), raw(` RRVS=`, "250 fine\r\n")), finds: "rrvs-bad rrvs-secfrac"},
	{name: "ETRN for all", change: both(offers("ETRN"), raw(`^ETRN`, "250 fine\r\n")), finds: "etrn-noarg etrn-state etrn-open"},
	{name: "ETRN with 220", change: both(offers("ETRN"), raw(`^ETRN`, "220 fine\r\n")), finds: "etrn-codes"},
	{name: "MTRK, CHECKPOINT, NO-SOLICITING unknown", change: both(offers("MTRK", "CHECKPOINT", "NO-SOLICITING"), raw(` (MTRK|TRANSID|SOLICIT)=`, "555 5.5.4 no\r\n")), finds: "mtrk-accept checkpoint-keyword nosolicit-solicit"},
	{name: "BINARYMIME by DATA", change: both(offers("BINARYMIME"), raw("^DATA", "354 go on\r\n")), finds: "binary-data-503"},
	{name: "REQUIRETLS in clear", change: both(offers("REQUIRETLS"), raw("REQUIRETLS", "250 2.1.0 fine\r\n")), finds: "requiretls-only-tls requiretls-no-value"},
	{name: "BURL without 8BITMIME", change: both(offers("BURL imap"), func(c *smtptest.Config) { c.Without = append(c.Without, smtp.KeywordEightBitMIME) }), finds: "burl-8bitmime"},
	{name: "no BDAT", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Code: 554, Text: "no"}, !q.Early && (q.Role == smtp.RoleChunk || q.Role == smtp.RoleLastChunk)
	}), finds: "bdat-data-still bdat-last-case bdat-leading-zeros bdat-zero "},
	{name: "STARTTLS offered under TLS", change: offers("STARTTLS"), finds: "tls-not-again"},
	{name: "LMTP without extensions", change: func(c *smtptest.Config) {
		c.LMTP = true
		c.Without = append(c.Without, smtp.KeywordPipelining, smtp.KeywordEightBitMIME)
	}, finds: "lmtp-required-ext lmtp-8bitmime"},
	{name: "LMTP takes EHLO", change: both(func(c *smtptest.Config) { c.LMTP = true }, raw("^(EHLO|HELO)", "250 fine\r\n")), finds: "lmtp-no-ehlo"},
	{name: "LMTP with one reply", change: both(func(c *smtptest.Config) { c.LMTP = true }, oneReply()), finds: "lmtp-one-each lmtp-same-twice lmtp-pipelined"},
	{name: "LMTP with 354 for nobody", change: both(func(c *smtptest.Config) { c.LMTP = true }, raw("^DATA", "354 go on\r\n")), finds: "lmtp-data-no-rcpt"},
}

// oneReply leaves out each second reply to the end of data.
func oneReply() func(*smtptest.Config) {
	n := make(chan int, 1)
	n <- 0
	return says(func(q smtptest.Request) (smtptest.Answer, bool) {
		if q.Role != smtp.RoleContent || q.Early {
			return smtptest.Answer{}, false
		}
		i := <-n
		n <- i + 1
		return smtptest.Answer{Silent: true}, i%2 == 1
	})
}

// Faults of AUTH.
var authMutants = []mutant{
	{name: "anybody may log in", change: func(c *smtptest.Config) {
		c.Users, c.Mechanisms = nil, []func(auth.Verifier) auth.ServerMechanism{auth.PlainServer, auth.LoginServer}
		c.Authenticate = func(authzid, user, password string) error { return nil }
	}, finds: "auth-535 plain-authzid plain-255"},
	{name: "nobody may log in", change: func(c *smtptest.Config) {
		c.Users, c.Mechanisms = map[string]string{"other": "x"}, []func(auth.Verifier) auth.ServerMechanism{auth.PlainServer, auth.LoginServer}
	}, finds: "auth-235 auth-fail-keeps auth-pipelined-ir"},
	{name: "PLAIN in clear", change: func(c *smtptest.Config) { c.AuthWithoutTLS = true }, finds: "auth-plain-clear"},
	{name: "no PLAIN", change: func(c *smtptest.Config) { c.Mechanisms = c.Mechanisms[3:] }, finds: "auth-plain-tls"},
	{name: "AUTH says yes", change: both(raw("^AUTH FROB", "334 \r\n"), raw("^AUTH$", "250 fine\r\n")), finds: "auth-unknown-mech auth-no-arg"},
	{name: "334 with text", change: raw("^AUTH PLAIN$", "334 Go ahead\r\n"), finds: "auth-no-initial auth-challenge-base64"},
	{name: "334 without a space", change: raw("^AUTH PLAIN$", "334\r\n"), finds: "auth-no-initial"},
	{name: "enhanced code in 334", change: raw("^AUTH PLAIN$", "334 3.0.0 go\r\n"), finds: "esc-no-3yz", also: "auth-no-initial auth-bad-base64 auth-fail-keeps"},
	{name: "* is 535", change: raw(`^\*$`, "535 no\r\n"), finds: "auth-cancel"},
	{name: "AUTH twice", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Raw: []byte("334 \r\n")}, q.Refused && q.Role == smtp.RoleAuth
	}), finds: "auth-twice auth-in-transaction auth-before-ehlo rset-keeps-auth seq-mailtx-AUTH seq-authenticated-AUTH"},
	{name: "base64 is not looked at", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Raw: []byte("235 fine\r\n")}, strings.HasPrefix(q.Line, "AUTH PLAIN ") && q.Refused
	}), finds: "auth-bad-base64"},
	{name: "any PLAIN is fine", change: raw("^AUTH PLAIN .", "235 2.7.0 fine\r\n"), finds: "auth-base64-nul auth-empty-initial plain-utf8 auth-not-in-pipeline auth-three-tries"},
	{name: "CRAM-MD5 takes an initial response", change: raw("^AUTH CRAM-MD5 .", "334 \r\n"), finds: "auth-initial-server-first"},
	{name: "the same challenge", change: raw("^AUTH CRAM-MD5$", "334 PDFAYS5leGFtcGxlPg==\r\n"), finds: "cram-challenge"},
	{name: "a challenge that is no msg-id", change: raw("^AUTH CRAM-MD5$", "334 aGVsbG8=\r\n"), finds: "cram-challenge"},
	{name: "SCRAM with a nonce of ours", change: raw("^AUTH SCRAM", "334 cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wscz1RU1hDUitRNnNlazhiZjkyLGk9MTAwMA==\r\n"), finds: "scram-nonce-fresh scram-vectors scram-first-char scram-m-attribute scram-username-escape"},
	{name: "530 for NOOP", change: both(func(c *smtptest.Config) { c.RequireAuth, c.AuthWithoutTLS = true, true }, raw("^RSET", "530 no\r\n")), finds: "auth-530-exempt"},
	{name: "odd enhanced code", change: raw("^AUTH PLAIN .", "535 5.1.1 no\r\n"), finds: "auth-esc", also: "auth-no-initial auth-bad-base64 auth-fail-keeps"},
}
