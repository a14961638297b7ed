package conformance

import (
	"fmt"
	"strconv"
	"strings"
)

// mailParams tries parameters of MAIL, each in a transaction of its own that
// ends in RSET.
func mailParams(t *T, spec string, params ...string) { dsnMail(t, spec, params...) }

// keywordIs complains if the parameters of a keyword do not fit.
func keywordIs(t *T, keyword string, fits func(args string) bool) {
	c := t.Greeted()
	c.Hello().Need("250")
	args, ok := c.Offers(keyword)
	if !ok {
		t.Skipf("%s", keyword)
	}
	if !fits(args) {
		t.Failf("%s is offered with the parameters %q", keyword, args)
	}
}

var extensionCases = []Case{
	{
		ID: "requiretls-only-tls", Level: Must, RFC: "8689 §2; §4.2.1",
		Title: "REQUIRETLS is for a TLS session only: the keyword is offered after STARTTLS.",
		Test:  "without TLS: parameter refused pass, 250 warn (the duty is the client's); EHLO under TLS offers it, else fail",
		Needs: "tls",
		Run: func(t *T) {
			c := t.upgraded()
			c.Hello().Need("250")
			_, under := c.Offers("REQUIRETLS")
			c = t.clear()
			_, clear := c.Offers("REQUIRETLS")
			if !under && !clear {
				t.Skipf("REQUIRETLS")
			}
			if !under {
				t.Failf("REQUIRETLS is offered without TLS alone")
			}
			c.Cmd(t.MailLine("REQUIRETLS")).Want("5yz; warn 250")
		},
	},
	{
		ID: "requiretls-no-value", Level: Must, RFC: "8689 §2",
		Title: "It has no value.",
		Test:  "`REQUIRETLS=1`: 501/555",
		Needs: "tls",
		Run:   func(t *T) { underTLS(t, "REQUIRETLS=1", "501 555; skip 530; warn 5yz; else fail") }},
	{
		ID: "requiretls-header", Level: Must, RFC: "8689 §4.1",
		Title: "With the parameter, a TLS-Required field in the header is ignored.",
		Test:  "MAIL with REQUIRETLS under TLS, a message with `TLS-Required: No`; fail: refused for it",
		Needs: "tls, recipient",
		Run: func(t *T) {
			t.circ.Link = LinkStartTLS
			if t.run.facts.gated[LinkStartTLS] {
				t.circ.Login = LoginFirst
			}
			c := t.Session()
			if _, ok := c.Offers("REQUIRETLS"); !ok {
				t.Skipf("REQUIRETLS")
			}
			c.Cmd(t.MailLine("REQUIRETLS")).Need("250")
			c.Rcpt()
			c.Data()
			c.End("TLS-Required: No\r\n" + t.Text(t.Token(), "with both\r\n")).Want("250; fail 5yz")
		},
	},
	{
		ID: "requiretls-accept", Level: Must, RFC: "8689 §2; §4.1",
		Title: "Accepted under TLS.",
		Test:  "250",
		Needs: "tls",
		Run:   func(t *T) { underTLS(t, "REQUIRETLS", "250") }},
	{
		ID: "deliverby-keyword", Level: Must, RFC: "2852 §3; §2",
		Title: "The parameter is absent, or a comma list that begins with the least by-time (a number of up to 9 digits, or nothing).",
		Test:  "parse",
		Needs: "ext:DELIVERBY",
		Run: func(t *T) {
			keywordIs(t, "DELIVERBY", func(args string) bool {
				least, _, _ := strings.Cut(args, ",")
				return len(least) <= 9 && strings.Trim(least, "0123456789") == ""
			})
		},
	},
	{
		ID: "deliverby-accept", Level: Must, RFC: "2852 §4",
		Title: "BY with modes N, R and T is accepted on MAIL.",
		Test:  "`BY=999999;R` (over the least that is announced), `BY=-1;N`, `BY=0;NT`; 501 fail; 455, 555 warn (a server may say that it can not honour them)",
		Needs: "ext:DELIVERBY",
		Run: func(t *T) {
			mailParams(t, "250; warn 455 555; fail 501", "BY=999999;R", "BY=-1;N", "BY=0;NT")
		},
	},
	{
		ID: "deliverby-zero-return", Level: Should, RFC: "2852 §4",
		Title: "Zero or less with R gets 501.",
		Test:  "`BY=0;R`, `BY=-5;R`: 501; other 5yz warn; 250 warn (it is called a syntax error, to refuse it is a SHOULD)",
		Needs: "ext:DELIVERBY",
		Run:   func(t *T) { mailParams(t, "501; warn 5yz 250", "BY=0;R", "BY=-5;R") }},
	{
		ID: "deliverby-minimum", Level: Must, RFC: "2852 §3",
		Title: "R below the announced least time gets 55z.",
		Test:  "where a least is announced: least - 1; 55z pass; other 5yz warn; 250 fail",
		Needs: "ext:DELIVERBY",
		Run: func(t *T) {
			c := t.Session()
			least, err := strconv.Atoi(strings.Split(c.offers["DELIVERBY"], ",")[0])
			if err != nil || least < 2 {
				t.Skipf("a least by-time that is announced")
			}
			c.Cmd(t.MailLine(fmt.Sprintf("BY=%d;R", least-1))).Want("550 551 552 553 554 555; warn 5yz; else fail")
		},
	},
	{
		ID: "deliverby-value", Level: Must, RFC: "2852 §4",
		Title: "BY needs its value, and only a good one.",
		Test:  "`BY`, `BY=x`, `BY=1;Q`, ten digits: 501/555",
		Needs: "ext:DELIVERBY",
		Run: func(t *T) {
			mailParams(t, "501 555; warn 5yz; else fail", "BY", "BY=x", "BY=1;Q", "BY=1234567890;N")
		},
	},
	{
		ID: "deliverby-refusal", Level: Should, RFC: "2852 §4",
		Title: "A valid by-time that can not be honoured gets 455 or 555.",
		Test:  "9 digits, both signs; where refused: code; else warn",
		Needs: "ext:DELIVERBY",
		Run:   func(t *T) { mailParams(t, "250 455 555; warn 5yz", "BY=999999999;R", "BY=-999999999;N") }},
	{
		ID: "future-keyword", Level: Must, RFC: "4865 §3",
		Title: "Two parameters: seconds and a UTC date.",
		Test:  "parse",
		Needs: "ext:FUTURERELEASE",
		Run: func(t *T) {
			keywordIs(t, "FUTURERELEASE", func(args string) bool {
				f := strings.Fields(args)
				return len(f) == 2 && strings.Trim(f[0], "0123456789") == ""
			})
		},
	},
	{
		ID: "future-submission-only", Level: MustNot, RFC: "4865 §4.2",
		Title: "Offered on the submission port only.",
		Test:  "offered on 25: fail",
		Needs: "port25",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			if _, ok := c.Offers("FUTURERELEASE"); ok {
				t.Failf("FUTURERELEASE is offered on port 25")
			}
		},
	},
	{
		ID: "priority-accept", Level: Must, RFC: "6710 §3; §4.1",
		Title: "-9 to 9 are accepted in syntax.",
		Test:  "`MT-PRIORITY=-9`, `0`; 555 or 501 fail",
		Needs: "ext:MT-PRIORITY",
		Run:   func(t *T) { mailParams(t, "250; fail 501 555", "MT-PRIORITY=-9", "MT-PRIORITY=0") }},
	{
		ID: "priority-keyword", Level: Must, RFC: "6710 §3; §7",
		Title: "The parameter is absent or one policy name of up to 20 characters.",
		Test:  "parse",
		Needs: "ext:MT-PRIORITY",
		Run: func(t *T) {
			keywordIs(t, "MT-PRIORITY", func(args string) bool { return len(args) <= 20 && !strings.Contains(args, " ") })
		},
	},
	{
		ID: "priority-bad", Level: Must, RFC: "6710 §4.1; §7",
		Title: "Others and repeated ones get an error.",
		Test:  "`10`, `+1`, `00`, `x`, twice: 501 (555 warn); 250 fail",
		Needs: "ext:MT-PRIORITY",
		Run: func(t *T) {
			mailParams(t, "501; warn 555 5yz; else fail", "MT-PRIORITY=10", "MT-PRIORITY=+1", "MT-PRIORITY=00", "MT-PRIORITY=x", "MT-PRIORITY=1 MT-PRIORITY=2")
		},
	},
	{
		ID: "priority-received", Level: Should, RFC: "6710 §4.1; §7",
		Title: "Received has a PRIORITY clause.",
		Test:  "a message with MT-PRIORITY=3; warn: no `PRIORITY 3` in Received",
		Needs: "ext:MT-PRIORITY, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Cmd(t.MailLine("MT-PRIORITY=3")).Need("250")
			c.Rcpt()
			c.Data()
			c.End(t.Text(token, "with a priority\r\n")).Need("250")
			if r := field(t.Arrived(token), "Received"); !strings.Contains(strings.ToUpper(r), "PRIORITY 3") {
				t.Warnf("the Received field has no PRIORITY clause: %q", short(r, 160))
			}
		},
	},
	{
		ID: "priority-untrusted", Level: MustNot, RFC: "6710 §4.1",
		Title: "Positive priority from a stranger is not honoured.",
		Test:  "`MT-PRIORITY=9` unauthenticated: recorded: X.3.6, X.7.15, silent",
		Needs: "ext:MT-PRIORITY",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			c.Cmd(t.MailLine("MT-PRIORITY=9")).Record()
		},
	},
	{
		ID: "rrvs-accept", Level: Must, RFC: "7293 §3.1; §5.1",
		Title: "RRVS with a date-time on RCPT is accepted.",
		Test:  "`RRVS=2014-04-03T23:01:00Z` with nothing, `;C`, `;R`; pass 250, or 550 if the mailbox is younger; 555/501 fail",
		Needs: "ext:RRVS, recipient",
		Run: func(t *T) {
			dsnRcpt(t, "250 251 550; fail 501 555", "RRVS=2014-04-03T23:01:00Z", "RRVS=2014-04-03T23:01:00Z;C", "RRVS=2014-04-03T23:01:00Z;R")
		},
	},
	{
		ID: "rrvs-keyword", Level: Must, RFC: "7293 §3.1",
		Title: "The keyword has no parameters.",
		Test:  "check",
		Needs: "ext:RRVS",
		Run:   func(t *T) { t.plainKeyword("RRVS") }},
	{
		ID: "rrvs-role", Level: Must, RFC: "7293 §5.1",
		Title: "For a role account the parameter is ignored.",
		Test:  "postmaster with RRVS of 1990: 250, then RSET",
		Needs: "ext:RRVS, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Cmd("RCPT TO:<postmaster@" + t.Domain() + "> RRVS=1990-01-01T00:00:00Z").Want("250 251; else fail")
			c.Cmd("RSET")
		},
	},
	{
		ID: "rrvs-bad", Level: Must, RFC: "7293 §3.1; 5321 §4.1.1.11",
		Title: "A bad date-time gets 501.",
		Test:  "`RRVS=`, `RRVS=yesterday`, `RRVS=2014-13-03T23:01:00Z`, a good one with `;X`; pass 501; 555 warn; 250 fail",
		Needs: "ext:RRVS, recipient",
		Run: func(t *T) {
			dsnRcpt(t, "501; warn 555 5yz; else fail", "RRVS=", "RRVS=yesterday", "RRVS=2014-13-03T23:01:00Z", "RRVS=2014-04-03T23:01:00Z;X")
		},
	},
	{
		ID: "rrvs-secfrac", Level: MustNot, RFC: "7293 §3.1",
		Title: "Fractions of seconds are not allowed.",
		Test:  "`RRVS=2014-04-03T23:01:00.5Z`: 501; 250 warn",
		Needs: "ext:RRVS, recipient",
		Run:   func(t *T) { dsnRcpt(t, "501; warn 250 5yz", "RRVS=2014-04-03T23:01:00.5Z") }},
	{
		ID: "etrn-codes", Level: Must, RFC: "1985 §5.1",
		Title: "ETRN gets 250 to 253, 458, 459, 500 or 501.",
		Test:  "`ETRN client.example`, a name that the user gave; others fail (a 5yz that asks for AUTH or TLS is recorded)",
		Needs: "ext:ETRN",
		Run: func(t *T) {
			t.Session().Cmd("ETRN client.example").Want("250 251 252 253 458 459 500 501; record 530 550 554; else fail")
		},
	},
	{
		ID: "etrn-noarg", Level: Must, RFC: "1985 §5; §5.1",
		Title: "Without argument 501 (or 500).",
		Test:  "check",
		Needs: "ext:ETRN",
		Run:   func(t *T) { t.Session().Cmd("ETRN").Want("501 500; warn 5yz; else fail") }},
	{
		ID: "etrn-state", Level: Must, RFC: "1985 §5",
		Title: "ETRN is illegal between MAIL and the end of data.",
		Test:  "MAIL, ETRN: 503 or other refusal pass, 25z warn; RCPT then 250",
		Needs: "ext:ETRN, recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			c.Cmd("ETRN client.example").Want("503 5yz 4yz; warn 2yz")
			c.Cmd(t.RcptLine()).Want("250 251; else fail")
		},
	},
	{
		ID: "etrn-open", Level: Should, RFC: "2505 §2.12",
		Title: "ETRN is not for strangers.",
		Test:  "unauthenticated: 250 to 253 warn; 459 or 5yz pass",
		Needs: "ext:ETRN",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			c.Cmd("ETRN client.example").Want("459 5yz; warn 2yz")
		},
	},
	{
		ID: "burl-8bitmime", Level: Must, RFC: "4468 §4",
		Title: "BURL comes with 8BITMIME.",
		Test:  "check EHLO",
		Needs: "ext:BURL",
		Run: func(t *T) {
			c := t.Session()
			if _, ok := c.Offers("8BITMIME"); !ok {
				t.Failf("BURL is offered without 8BITMIME")
			}
		},
	},
	{
		ID: "burl-keyword", Level: Must, RFC: "4468 §3.1",
		Title: "Arguments are imap or imap:// with a host; URLs need imap among them.",
		Test:  "parse EHLO before and after AUTH",
		Needs: "ext:BURL",
		Run: func(t *T) {
			keywordIs(t, "BURL", func(args string) bool {
				for _, f := range strings.Fields(args) {
					if f != "imap" && !strings.HasPrefix(f, "imap://") {
						return false
					}
				}
				return true
			})
		},
	},
	{
		ID: "burl-port-25", Level: MustNot, RFC: "4468 §3.1",
		Title: "BURL is not offered by an MX on port 25.",
		Test:  "check where the port is 25",
		Needs: "port25",
		Run: func(t *T) {
			c := t.Greeted()
			c.Hello().Need("250")
			if _, ok := c.Offers("BURL"); ok {
				t.Failf("BURL is offered on port 25")
			}
		},
	},
	{
		ID: "mtrk-keyword", Level: Must, RFC: "3885 §2",
		Title: "The keyword has no parameters; ENVID and ORCPT are supported.",
		Test:  "check; ENVID and ORCPT accepted",
		Needs: "ext:MTRK, recipient",
		Run:   func(t *T) { t.plainKeyword("MTRK") }},
	{
		ID: "mtrk-accept", Level: Must, RFC: "3885 §3.1; §3.2",
		Title: "MTRK with base64 and a timeout, beside a unique ENVID, is taken.",
		Test:  "`MTRK=` base64 of 20 octets `:86400 ENVID=x@client.example`; 555, 501 fail",
		Needs: "ext:MTRK",
		Run: func(t *T) {
			mailParams(t, "250; fail 501 555", "MTRK="+b64("01234567890123456789")+":86400 ENVID=x@client.example")
		},
	},
	{
		ID: "checkpoint-keyword", Level: Must, RFC: "1845 §2",
		Title: "The keyword has no parameters; TRANSID is taken.",
		Test:  "`TRANSID=<a.b@client.example>`: 250",
		Needs: "ext:CHECKPOINT",
		Run: func(t *T) {
			t.plainKeyword("CHECKPOINT")
			mailParams(t, "250", "TRANSID=<a.b@client.example>")
		},
	},
	{
		ID: "nosolicit-solicit", Level: Must, RFC: "3865 §2.3",
		Title: "SOLICIT= on MAIL is taken.",
		Test:  "`SOLICIT=org.example:ADV` on MAIL: 250 (a match may be refused at RCPT with 550)",
		Needs: "ext:NO-SOLICITING, recipient",
		Run:   func(t *T) { mailParams(t, "250; else fail", "SOLICIT=org.example:ADV") }},
	{ID: "limits-keyword", Level: Must, RFC: "9422 §3",
		Title: "Names, with =value or without, a space between; unknown ones let be; MAILMAX, RCPTMAX, RCPTDOMAINMAX are numbers from 1 to 999999.",
		Test:  "parse the parameters of the keyword", Needs: "ext:LIMITS",
		Run: func(t *T) {
			keywordIs(t, "LIMITS", func(args string) bool {
				for _, f := range strings.Fields(args) {
					name, value, _ := strings.Cut(f, "=")
					if n, err := strconv.Atoi(value); strings.HasSuffix(name, "MAX") && (err != nil || n < 1 || n > 999999) {
						return false
					}
				}
				return true
			})
		}},
	{
		ID: "limits-rcptmax", Level: Must, RFC: "9422 §4.2",
		Title: "As many recipients as RCPTMAX says are taken.",
		Test:  "RCPT so often, if that is at most 1,000; fail: one refused; what the next one gets is recorded",
		Needs: "ext:LIMITS, recipient",
		Run:   func(t *T) { upTo(t, "RCPTMAX", 1000, func(c *Conn) Reply { return c.Cmd(t.RcptLine()) }) }},
	{
		ID: "limits-mailmax", Level: Must, RFC: "9422 §4.1",
		Title: "As many transactions as MAILMAX says are taken on a connection.",
		Test:  "MAIL and RSET so often, if that is at most 200; fail: one refused; what the next one gets is recorded",
		Needs: "ext:LIMITS, recipient",
		Run: func(t *T) {
			upTo(t, "MAILMAX", 200, func(c *Conn) Reply {
				c.Cmd("RSET")
				return c.Cmd(t.MailLine())
			})
		},
	},
	{
		ID: "xclient-reset", Level: Must, RFC: "XCLIENT (Postfix document)",
		Title: "After XCLIENT the session begins anew: the greeting comes, and EHLO is next.",
		Test:  "`XCLIENT NAME=spike.client.example ADDR=192.0.2.7`: 220; EHLO: 250, and a message may be sent",
		Needs: "ext:XCLIENT",
		Run: func(t *T) {
			c := t.Session()
			if r := c.Cmd("XCLIENT NAME=spike.client.example ADDR=192.0.2.7"); r.Code/100 == 5 {
				t.Skipf("leave to use XCLIENT: %s", r)
			} else if !r.Want("220; else fail") {
				return
			}
			if c.Hello().Want("250; else fail") && !t.run.facts.gated[t.circ.Link] {
				c.Cmd(t.MailLine()).Want("250; fail 503")
			}
		},
	},
	{ID: "xclient-allowed", Level: MustNot, RFC: "XCLIENT (Postfix document)",
		Title: "XCLIENT is offered to those allowed only.", Test: "offered to a stranger: warn", Needs: "ext:XCLIENT",
		Run: func(t *T) { t.Warnf("XCLIENT is offered to this client") }},
}

// underTLS tries a parameter of MAIL on a connection with TLS where REQUIRETLS
// is offered.
func underTLS(t *T, param, spec string) {
	c := t.upgraded()
	c.Hello().Need("250")
	if _, ok := c.Offers("REQUIRETLS"); !ok {
		t.Skipf("REQUIRETLS")
	}
	c.Cmd(t.MailLine(param)).Want(spec)
}

// upTo does something as often as a limit says (RFC 9422 §4), and once more.
func upTo(t *T, name string, most int, do func(*Conn) Reply) {
	c := t.Session()
	for _, word := range strings.Fields(c.offers["LIMITS"]) {
		key, value, _ := strings.Cut(word, "=")
		n, err := strconv.Atoi(value)
		if key != name || err != nil {
			continue
		}
		if n > most {
			t.Skipf("a %s of %d or less, it is %d", name, most, n)
		}
		if name == "RCPTMAX" {
			c.Mail()
		}
		for i := range n {
			if r := do(c); r.Code/100 != 2 {
				r.Command = name + "=" + value + ", the " + strconv.Itoa(i+1) + "."
				r.Want("2yz; error 421; fail 4yz 5yz close")
				return
			}
		}
		t.Recordf("%s=%d, the next one: %s", name, n, do(c))
		return
	}
	t.Skipf("LIMITS with %s", name)
}
