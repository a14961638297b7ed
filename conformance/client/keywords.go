package client

import (
	"strings"
)

var cases04 = []Case{
	{ID: "caps-case", Level: Must, RFC: "5321 §4.1.1.1",
		Title:  "Keywords are the same in any case.",
		Script: "`250-pipelining`, `250-Size 4000`, `250 sTaRtTlS`",
		Right:  "C: uses what it would use in capitals; `--tls starttls` upgrades => accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), On("clear EHLO", ehlo("pipelining", "Size 4000", "sTaRtTlS")...))
			s.Some("STARTTLS")
			s.Outcome("accepted")
		}},
	{ID: "caps-last-line", Level: Must, RFC: "5321 §4.1.1.1",
		Title:  "The last line is a keyword like the others.",
		Script: "The only STARTTLS stands on the last line",
		Right:  "C: STARTTLS => accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), On("clear EHLO", ehlo("HELP", "STARTTLS")...))
			s.Some("STARTTLS")
			s.Outcome("accepted")
		}},
	{ID: "caps-first-line", Level: Must, RFC: "5321 §4.1.1.1",
		Title:  "The first line is the server's name and greeting, no keyword.",
		Script: "`250-STARTTLS PIPELINING`, `250 HELP`",
		Right:  "C: no STARTTLS, lock-step => accepted in mode none; not-sent in mode starttls",
		Run: func(t *T) {
			first := On("clear EHLO", "250-STARTTLS PIPELINING", "250 HELP")
			s := t.Play(first)
			s.Never("STARTTLS")
			s.LockStep()
			s.Outcome("accepted")
			if t.Has("tls") {
				s = t.Play(TLS("starttls"), first, On("STARTTLS", "500 unknown"))
				s.clean()
				s.Outcome("lost")
			}
		}},
	{ID: "caps-prefix", Level: Must, RFC: "5321 §4.1.1.1",
		Title:  "A keyword is the whole word.",
		Script: "`250-PIPELININGX`, `250-XSTARTTLS`, `250-8BITMIME-2`, `250 SIZEABLE 1`",
		Right:  "C: uses none of them => accepted",
		Run: func(t *T) {
			s := t.Play(On("EHLO", ehlo("PIPELININGX", "XSTARTTLS", "8BITMIME-2", "SIZEABLE 1")...))
			s.Never("STARTTLS")
			s.LockStep()
			s.Bare()
			s.Outcome("accepted")
		}},
	{ID: "caps-word-in-params", Level: Must, RFC: "5321 §4.1.1.1",
		Title:  "Parameters of another keyword offer nothing.",
		Script: "`250-X-INFO PIPELINING STARTTLS`, `250 HELP SIZE 10`",
		Right:  "C: uses none of them => accepted",
		Run: func(t *T) {
			s := t.Play(On("EHLO", ehlo("X-INFO PIPELINING STARTTLS", "HELP SIZE 10")...))
			s.Never("STARTTLS")
			s.LockStep()
			s.Bare()
			s.Outcome("accepted")
		}},
	{ID: "caps-unknown", Level: Robust, RFC: "5321 §2.2.2",
		Title:  "Unknown keywords are passed over.",
		Script: "`250-XFOO BAR=BAZ`, `250-FUTURE-THING 1 2 3`, `250-9TIMES`, `250 SIZE 100000`",
		Right:  "C: goes on => accepted",
		Run: func(t *T) {
			s := t.Play(On("EHLO", ehlo("XFOO BAR=BAZ", "FUTURE-THING 1 2 3", "9TIMES", "SIZE 100000")...))
			s.Outcome("accepted")
		}},
	{ID: "caps-utf8-param", Level: Must, RFC: "6531 §3.1",
		Title:  "A parameter of SMTPUTF8 is as if absent.",
		Script: "`250-8BITMIME`, `250 SMTPUTF8 later`; internationalised recipient",
		Right:  "C: SMTPUTF8 on MAIL => accepted",
		Needs:  "ext:SMTPUTF8",
		Run: func(t *T) {
			s := t.Play(To("грета"), On("EHLO", ehlo("8BITMIME", "SMTPUTF8 later")...))
			for _, l := range s.Find("MAIL") {
				if _, ok := l.Param("SMTPUTF8"); !ok {
					t.Complainf("expected SMTPUTF8, got %q", l.Raw)
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "caps-param-where-none", Level: Robust, RFC: "2920 §2; 3207 §3",
		Title:  "A keyword that takes no parameter is offered all the same, or passed over.",
		Script: "`250-PIPELINING 5`, `250-8BITMIME x`, `250 STARTTLS now`",
		Right:  "C: either; in mode starttls never in clear => accepted or not-sent",
		Run: func(t *T) {
			offer := On("clear EHLO", ehlo("PIPELINING 5", "8BITMIME x", "STARTTLS now")...)
			s := t.Play(offer)
			s.Outcome("accepted")
			if t.Has("tls") {
				s = t.Play(TLS("starttls"), offer)
				s.Never("clear MAIL")
				s.Outcome("accepted lost")
			}
		}},
	{ID: "caps-duplicate", Level: Robust, RFC: "robust",
		Title:  "A keyword listed twice does no harm.",
		Script: "`250-SIZE 100`, `250-SIZE 100000`, `250-PIPELINING`, `250 PIPELINING`",
		Right:  "C: goes on, or refuses by the smaller size => accepted, permanent or not-sent",
		Run: func(t *T) {
			s := t.Play(Size(2000), On("EHLO", ehlo("SIZE 1000", "SIZE 100000", "PIPELINING", "PIPELINING")...))
			s.Outcome("accepted permanent lost")
		}},
	{ID: "caps-auth-twice", Level: Robust, RFC: "robust",
		Title:  "Two AUTH lines do not lose the usable mechanism.",
		Script: "`250-AUTH XFOO`, `250 AUTH PLAIN` over TLS",
		Right:  "C: AUTH PLAIN => accepted",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login(""), On("tls EHLO", ehlo("AUTH XFOO", "AUTH PLAIN")...))
			s.Some("AUTH PLAIN")
			s.Outcome("accepted")
		}},
	{ID: "caps-auth-equals", Level: Robust, RFC: "robust",
		Title:  "The old form with `=` is understood or passed over.",
		Script: "`250-AUTH=LOGIN PLAIN`, over TLS; second run beside `250 AUTH PLAIN`",
		Right:  "C: authenticates, or (first run) no AUTH at all => accepted or not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login(""), On("tls EHLO", ehlo("AUTH=LOGIN PLAIN")...))
			s.Outcome("accepted lost")
			s = t.Play(Login(""), On("tls EHLO", ehlo("AUTH=LOGIN PLAIN", "AUTH PLAIN")...))
			s.Some("AUTH")
			s.Outcome("accepted")
		}},
	{ID: "caps-auth-empty", Level: Must, RFC: "4954 §3",
		Title:  "AUTH without a mechanism offers none.",
		Script: "`250 AUTH`, over TLS, user given",
		Right:  "C: no AUTH command => not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login(""), On("tls EHLO", ehlo("AUTH")...))
			s.Never("AUTH")
			s.Outcome("lost")
		}},
	{ID: "caps-auth-case", Level: Must, RFC: "4954 §8",
		Title:  "Mechanism names are the same in any case.",
		Script: "`250 auth plain`, over TLS",
		Right:  "C: AUTH PLAIN => accepted",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login(""), On("tls EHLO", ehlo("auth plain")...))
			s.Some("AUTH PLAIN")
			s.Outcome("accepted")
		}},
	{ID: "caps-spaces", Level: Robust, RFC: "robust",
		Title:  "Doubled, trailing spaces and tabs do no harm.",
		Script: "`250-SIZE  100000 `, `250-AUTH  PLAIN `, `250 PIPELINING` TAB",
		Right:  "C: goes on => accepted",
		Run: func(t *T) {
			s := t.Play(On("EHLO", ehlo("SIZE  100000 ", "AUTH  PLAIN ", "PIPELINING\t")...))
			s.Outcome("accepted")
		}},
	{ID: "caps-garbage", Level: Robust, RFC: "robust",
		Title:  "Lines that are no keyword are passed over.",
		Script: "`250-`, `250--X`, `250-=`, `250-` with `FF FE 00`, a keyword of 400 letters, `250 PIPELINING`",
		Right:  "C: goes on, or error; no crash => accepted or not-sent",
		Run: func(t *T) {
			s := t.Play(On("EHLO", "250-mx.test", "250-", "250--X", "250-=", Raw("250-\xff\xfe\x00\r\n"), "250-"+strings.Repeat("K", 400), "250 PIPELINING"))
			s.Outcome("accepted lost")
		}},
	{ID: "caps-unasked-parameters", Level: MustNot, RFC: "5321 §4.1.1.3",
		Title:  "No parameter on MAIL or RCPT but those of offered extensions.",
		Script: "EHLO offers nothing",
		Right:  "C: `MAIL FROM:<...>` and `RCPT TO:<...>` bare => accepted",
		Run: func(t *T) {
			s := t.Play()
			s.Bare()
			s.Outcome("accepted")
		}},
	{ID: "caps-unasked-verbs", Level: MustNot, RFC: "5321 §2.2.2",
		Title:  "No verb of an extension that is not offered.",
		Script: "EHLO offers nothing; 500 to unknown verbs",
		Right:  "C: none of STARTTLS, AUTH, BDAT, ETRN, XCLIENT => accepted",
		Run: func(t *T) {
			s := t.Play()
			s.Never("STARTTLS", "AUTH", "BDAT", "ETRN", "XCLIENT")
			s.Outcome("accepted")
		}},
}

// ehlo answers EHLO with the name and these lines, the last one the last.
func ehlo(lines ...string) []any {
	acts := []any{"250-mx.test"}
	for i, l := range lines {
		if i == len(lines)-1 {
			return append(acts, "250 "+l)
		}
		acts = append(acts, "250-"+l)
	}
	return []any{"250 mx.test"}
}
