package conformance_test

import (
	"bytes"
	"net"
	"strings"
	"sync"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// late is raw, but not on the first connections: those are the sanity case's.
func late(line, octets string) func(*smtptest.Config) {
	return func(c *smtptest.Config) {
		usual := c.Answer
		raw(line, octets)(c)
		faulty := c.Answer
		c.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
			if q.Conn <= 2 {
				return usual(q)
			}
			return faulty(q)
		}
	}
}

// down changes what comes from the server.
func down(old, new string) func(net.Conn) net.Conn {
	return func(c net.Conn) net.Conn {
		return &changed{Conn: c, down: func(p []byte) []byte { return bytes.ReplaceAll(p, []byte(old), []byte(new)) }}
	}
}

// once answers lines with a code after another line was said on the same
// connection.
func once(said, line string, a smtptest.Answer) func(*smtptest.Config) {
	var mu sync.Mutex
	conns := map[int]bool{}
	return says(func(q smtptest.Request) (smtptest.Answer, bool) {
		mu.Lock()
		defer mu.Unlock()
		conns[q.Conn] = conns[q.Conn] || strings.Contains(q.Line, said)
		return a, conns[q.Conn] && strings.HasPrefix(q.Line, line)
	})
}

// many answers the line so and so often as usual, on each connection.
func many(n int, line string, a smtptest.Answer) func(*smtptest.Config) {
	var mu sync.Mutex
	conns := map[int]int{}
	return says(func(q smtptest.Request) (smtptest.Answer, bool) {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasPrefix(q.Line, line) {
			conns[q.Conn]++
		}
		return a, strings.HasPrefix(q.Line, line) && conns[q.Conn] > n
	})
}

// content answers the end of each message.
func content(a smtptest.Answer) func(*smtptest.Config) {
	return says(func(q smtptest.Request) (smtptest.Answer, bool) { return a, q.Role == smtp.RoleContent })
}

func lmtpServer(c *smtptest.Config) { c.LMTP = true }

func submission(c *conformance.Config) { c.Submission = true }

// port25 makes the suite think that the server is on port 25.
func port25(c *conformance.Config) {
	address := c.Address
	c.Address = "mx.example.test:25"
	c.Dial = func(string) (net.Conn, error) { return net.Dial("tcp", address) }
}

// full refuses connections from the one with this number on.
func full(from int) func(*smtptest.Config) {
	return says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Code: 554, Text: "full"}, q.Role == smtp.RoleGreeting && q.Conn >= from
	})
}

// Faults of sessions.
var sessionMutants = []mutant{
	{name: "greeting of two codes", change: late("^$", "220-mx.example.test\r\n250 ready\r\n"), finds: "conn-greeting-form"},
	{name: "greeting 250", change: late("^$", "250 mx.example.test\r\n"), finds: "conn-greeting-220"},
	{name: "EHLO without a domain", change: late("^EHLO", "250 -\r\n"), finds: "ehlo-250"},
	{name: "EHLO in UTF-8", change: late("^EHLO", "250-mx.ex\xc3\xa4mple.test\r\n250 SMTPUTF8\r\n"), finds: "utf8-ehlo-ascii"},
	{name: "QUIT gets 250", change: late("^QUIT", "250 bye\r\n"), finds: "quit-221 quit-reply-before-close"},
	{name: "goes on after 421", link: down("250 2.0.0 RSET", "421 4.3.0 RSET"), finds: "reply-421-closes", also: "rset-250 rset-clears rset-keeps-session"},
	{name: "a refused EHLO ends the transaction", change: both(raw("^EHLO a!b", "501 no\r\n"), once("a!b", "RCPT", smtptest.Answer{Code: 503})), finds: "ehlo-refused-state"},
	{name: "300 to MAIL", change: late("^MAIL FROM:<>", "300 what\r\n"), finds: "mail-failure-class", also: "mail-null"},
	{name: "octets one by one are others", link: func(c net.Conn) net.Conn {
		return &changed{Conn: c, up: func(p []byte) []byte {
			if string(p) == "N" {
				return []byte("M")
			}
			return p
		}}
	}, finds: "cmd-split"},
	{name: "parameters survive RSET", change: once("SMTPUTF8", "DATA", smtptest.Answer{Code: 503}), finds: "rset-drops-params"},
	{name: "closes at the 50th recipient", change: many(50, "RCPT", smtptest.Answer{Code: 421, Close: true}), finds: "size-rcpt-limit-orderly"},
	{name: "closes at the 20th NOOP", change: many(20, "NOOP", smtptest.Answer{Silent: true, Code: 250, Close: true}), finds: "abuse-rset-flood"},
	{name: "QUIT is NOOP", link: up("QUIT\r\nNOOP\r\n", "NOOP\r\nNOOP\r\n"), finds: "pipe-quit-last"},
	{name: "an endless line is a NOOP", link: func(c net.Conn) net.Conn {
		return &changed{Conn: c, up: func(p []byte) []byte {
			switch {
			case len(p) >= 1<<20:
				return nil
			case string(p) == "\r\n":
				return []byte("NOOP\r\n")
			}
			return p
		}}
	}, finds: "abuse-long-line"},
	{name: "LF by itself is CRLF", link: func(c net.Conn) net.Conn {
		return &changed{Conn: c, up: func(p []byte) []byte {
			if string(p) == "\n" {
				return []byte("\r\n")
			}
			return p
		}}
	}, finds: "eod-lf-dot-cr-lf-split"},
	{name: "DATA for nobody is delivered", change: raw("^DATA", "354 go on\r\n"), mailbox: func(m conformance.Mailbox) mailFunc {
		return func(token string) ([][]byte, error) {
			return [][]byte{[]byte("X-Token: " + token + "\r\n\r\ntext\r\n")}, nil
		}
	}, finds: "data-354-empty-nothing"},
	{name: "554 without a text", change: raw("^$", "554 \r\n"), finds: "conn-554-text"},
	{name: "full at the tenth", change: full(10), finds: "conn-parallel"},
}

// Faults of TLS, AUTH and submission.
var gateMutants = []mutant{
	{name: "STARTTLS refused", change: late("^STARTTLS", "501 no\r\n"), finds: "tls-220 tls-advertised-works"},
	{name: "STARTTLS with a parameter", link: down("250-STARTTLS\r\n", "250-STARTTLS REQUIRED\r\n"), finds: "tls-keyword"},
	{name: "STARTTLS under implicit TLS", change: both(func(c *smtptest.Config) { c.ImplicitTLS = true }, offers("STARTTLS")), finds: "tls-implicit-no-starttls"},
	{name: "530 with another code", change: late("^(MAIL|NOOP)", "530 5.5.1 TLS first\r\n"), config: func(c *conformance.Config) { c.Public = true }, finds: "tls-530-esc tls-530-exempt tls-public-25"},
	{name: "certificate of nobody", config: func(c *conformance.Config) {
		c.Submission, c.TLS = true, nil
	}, finds: "tls-cert"},
	{name: "PLAIN in clear", change: late("^AUTH PLAIN", "334 \r\n"), finds: "auth-clear-refused"},
	{name: "every response is right", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Code: 235, Text: "fine"}, q.Role == smtp.RoleAuthLine
	}), finds: "scram-bad-proof scram-nonce-changed scram-c-field cram-digest scram-server-signature"},
	{name: "SCRAM with x= refused", change: raw("^AUTH SCRAM", "535 no\r\n"), finds: "scram-ext-ignored"},
	{name: "channel binding not looked at", change: raw("^AUTH SCRAM-.*-PLUS", "235 fine\r\n"), finds: "scram-cb-type scram-cb-wrong"},
	{name: "ETRN and 521 in submission", change: both(offers("ETRN"), raw("^VRFY", "521 no\r\n")), config: submission, finds: "submit-no-etrn submit-no-521", also: "vrfy-noarg"},
	{name: "submission relays for strangers", change: raw("^RCPT", "250 fine\r\n"), config: submission, finds: "submit-no-relay"},
	{name: "submission refuses <>", change: late("^MAIL FROM:<>", "550 no\r\n"), config: submission, finds: "submit-null-path"},
	{name: "submission takes all addresses", change: yes, config: submission, finds: "submit-syntax"},
	{name: "submission without a tls clause", config: submission, finds: "submit-tls-clause"},
	{name: "submission without AUTH", change: func(c *smtptest.Config) { c.Users, c.Mechanisms = nil, nil }, config: submission, finds: "submit-extensions"},
}

// Faults of LMTP and of smaller extensions.
var lmtpMutants = []mutant{
	{name: "LMTP says yes", change: both(lmtpServer, yes), finds: "lmtp-sequence"},
	{name: "LMTP on port 25", change: lmtpServer, config: port25, finds: "lmtp-port-25"},
	{name: "BURL and FUTURERELEASE on port 25", change: offers("BURL imap", "FUTURERELEASE 86400 2030-01-01T00:00:00Z"), config: port25, finds: "burl-port-25 future-submission-only"},
	{name: "REQUIRETLS refused", change: both(offers("REQUIRETLS"), raw("REQUIRETLS", "555 no\r\n")), finds: "requiretls-accept"},
	{name: "TLS-Required refused", change: both(offers("REQUIRETLS"), raw("REQUIRETLS", "250 fine\r\n"), content(smtptest.Answer{Code: 554, Text: "no"})), finds: "requiretls-header"},
	{name: "limits not kept", change: both(offers("LIMITS RCPTMAX=5 MAILMAX=5"), many(3, "RCPT", smtptest.Answer{Code: 452}), many(3, "MAIL", smtptest.Answer{Code: 452})), finds: "limits-rcptmax limits-mailmax"},
	{name: "XCLIENT gets 250", change: both(offers("XCLIENT NAME ADDR"), raw("^XCLIENT", "250 fine\r\n")), finds: "xclient-reset"},
	{name: "MT-PRIORITY leaves no trace", change: both(offers("MT-PRIORITY"), raw(" MT-PRIORITY=", "250 fine\r\n")), finds: "priority-received"},
	{name: "ENVID in the header", change: func(c *smtptest.Config) { c.Offers = append(c.Offers, smtp.Offer{Keyword: smtp.KeywordDsn}) }, mailbox: received(func(s string) string { return "X-Injected: yes\r\n" + s }), finds: "abuse-param-injection"},
	{name: "utf-8 address type refused", change: both(offers("DSN"), raw("utf-8;", "501 no\r\n")), finds: "utf8-orcpt"},
	{name: "251 in UTF-8", change: raw("^RCPT", "251 will go to <t\xc3\xa9ster@example.test>\r\n"), finds: "utf8-reply-251", also: "rcpt-250"},
}

// role answers each command with a role so.
func role(r smtp.Role, a smtptest.Answer) func(*smtptest.Config) {
	return says(func(q smtptest.Request) (smtptest.Answer, bool) { return a, q.Role == r })
}

func inClear(c *smtptest.Config) { c.AuthWithoutTLS = true }

// More of them, by what they need.
var lastMutants = []mutant{
	{name: "no codes after HELO", change: once("HELO", "RSET", smtptest.Answer{Raw: []byte("250 fine\r\n")}), finds: "esc-helo-too"},
	{name: "AUTH ends the transaction", change: once("AUTH PLAIN", "RCPT", smtptest.Answer{Code: 503}), finds: "auth-txn-kept"},
	{name: "last chunks refused", change: role(smtp.RoleLastChunk, smtptest.Answer{Code: 554, Text: "no"}), finds: "bdat-zero-last bdat-pipelined"},
	{name: "no reply to the dot", change: role(smtp.RoleContent, smtptest.Answer{Silent: true, Code: 250}), finds: "data-empty eod-first-line"},
	{name: "two replies to the dot in LMTP", change: both(lmtpServer, role(smtp.RoleContent, smtptest.Answer{Raw: []byte("250 a\r\n250 b\r\n")})), finds: "lmtp-none-after-rset"},
	{name: "mechanisms in small letters", change: inClear, link: down("AUTH PLAIN", "AUTH plain"), finds: "auth-keyword"},
	{name: "OAUTHBEARER takes all", change: both(inClear, raw("^AUTH OAUTHBEARER", "235 fine\r\n")), link: down("AUTH PLAIN", "AUTH OAUTHBEARER PLAIN"),
		config: func(c *conformance.Config) { c.NoTLS, c.AuthInClear = true, true }, finds: "oauth-error-json oauth-lone-sep oauth-tls"},
	{name: "the right password in clear is told", change: raw("^AUTH PLAIN AHRlc3RlckBleGFtcGxlLnRlc3QAdGVzdHBhc3M=", "534 right\r\n"), config: func(c *conformance.Config) { c.AuthInClear = true }, finds: "auth-clear-same"},
	{name: "554 and closed", change: says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Code: 554, Text: "go away", Close: true}, q.Role == smtp.RoleGreeting
	}), finds: "conn-554-waits"},
	{name: "binary refused", change: both(func(c *smtptest.Config) { c.Offers = append(c.Offers, smtp.Offer{Keyword: smtp.KeywordBinaryMIME}) },
		role(smtp.RoleContent, smtptest.Answer{Code: 554, Text: "no"}), role(smtp.RoleLastChunk, smtptest.Answer{Code: 554, Text: "no"})), finds: "binary-cte-accepted"},
}
