package client

import (
	"crypto/tls"
	"time"
)

var cases17 = []Case{
	{ID: "tls-upgrade", Level: Must, RFC: "3207 §4; §4.2",
		Title:  "STARTTLS, handshake, EHLO again, then the rest under TLS.",
		Script: "Offered; `--tls starttls`",
		Right:  "C: STARTTLS, ClientHello, EHLO, MAIL under TLS => accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"))
			s.Order("EHLO STARTTLS EHLO( RSET)? MAIL( RCPT)+ (DATA|BDAT)( RSET)?( QUIT)?")
			s.clean()
			s.Outcome("accepted")
		}},
	{ID: "tls-required-missing", Level: Must, RFC: "3207 §6",
		Title:  "Required and not offered: nothing goes in clear.",
		Script: "Not offered; `--tls starttls`; user given",
		Right:  "C: no MAIL, no AUTH; QUIT or close => not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			for _, who := range []Option{nobody, With(account)} {
				s := t.Play(TLS("starttls"), NoSTARTTLS, who)
				s.clean()
				s.Outcome("lost")
			}
		}},
	{ID: "tls-required-454", Level: Must, RFC: "3207 §4; §6",
		Title:  "Required and refused: nothing goes in clear.",
		Script: "STARTTLS: 454; run 2 502; run 3 500",
		Right:  "C: no MAIL, no AUTH => temporary or not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			for _, reply := range []string{"454 TLS not available", "502 not done here", "500 what"} {
				for _, who := range []Option{nobody, With(account)} {
					s := t.Play(TLS("starttls"), who, On("STARTTLS", reply))
					s.nothing()
					s.Outcome("lost")
				}
			}
		}},
	{ID: "tls-stripped-keyword", Level: Must, RFC: "STARTTLS stripping; 3207 §6",
		Title:  "A keyword blotted out is not offered.",
		Script: "`250-XXXXXXXX` for STARTTLS; `--tls starttls`",
		Right:  "C: no MAIL, no AUTH => not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			for _, who := range []Option{nobody, With(account)} {
				s := t.Play(TLS("starttls"), who, On("clear EHLO", ehlo("XXXXXXXX", "AUTH PLAIN LOGIN")...), On("STARTTLS", "500 unknown"))
				s.clean()
				s.Outcome("lost")
			}
		}},
	{ID: "tls-opportunistic-454", Level: May, RFC: "3207 §4",
		Title:  "Opportunistic and refused: on in clear, without a password, or stop.",
		Script: "454; `--tls opportunistic`; run 2 with user",
		Right:  "C: MAIL in clear or end; never AUTH PLAIN or LOGIN in clear => accepted, temporary or not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("opportunistic"), On("STARTTLS", "454 TLS not available"))
			s.Outcome("accepted lost")
			if t.Has("auth:PLAIN") {
				s = t.Play(TLS("opportunistic"), With(account), On("clear EHLO", ehlo("STARTTLS", "AUTH PLAIN LOGIN")...), On("STARTTLS", "454 TLS not available"))
				s.Never("clear AUTH")
				s.Outcome("accepted lost")
			}
		}},
	{ID: "tls-inject-reply", Level: MustNot, RFC: "NO STARTTLS 2021; 3207 §4.2",
		Title:  "Octets behind the 220 are not taken as replies under TLS.",
		Script: "`220 go` and `250 AUTH PLAIN` CRLF in one segment, handshake; EHLO under TLS: 250 without AUTH",
		Right:  "C: ends with an error, or forgets them: EHLO's own reply counts; no AUTH => not-sent or accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), With(account), On("STARTTLS", Raw("220 go\r\n250 AUTH PLAIN\r\n")))
			s.Never("AUTH")
			s.Outcome("lost accepted")
		}},
	{ID: "tls-inject-greeting", Level: MustNot, RFC: "NO STARTTLS 2021",
		Title:  "The same with several replies up to a whole session.",
		Script: "`220`, then 250 x 3, 354, 250 behind it; then no answer under TLS",
		Right:  "C: waits for answers under TLS or ends with an error => not-sent or temporary; never accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), Timeout(5*time.Second), On("STARTTLS", Raw("220 go\r\n"+session)), On("tls EHLO", Hang))
			s.Never("tls MAIL")
			s.Outcome("lost")
		}},
	{ID: "tls-inject-second-segment", Level: MustNot, RFC: "NO STARTTLS 2021",
		Title:  "The same in a second segment, 50 ms behind.",
		Script: "As above",
		Right:  "C: handshake fails or they are no replies; never accepted => not-sent or temporary",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), Timeout(5*time.Second), On("STARTTLS", Raw("220 go\r\n"), 50*time.Millisecond, Raw(session)), On("tls EHLO", Hang))
			s.Never("tls MAIL")
			s.Outcome("lost")
		}},
	{ID: "tls-forget", Level: Must, RFC: "3207 §4.2",
		Title:  "What EHLO said before TLS is forgotten.",
		Script: "Before: SIZE 10, PIPELINING, AUTH LOGIN, SMTPUTF8; under TLS: none",
		Right:  "C: no SIZE=, no group, no AUTH => accepted; with user: not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(forced("SIZE 10", "PIPELINING", "AUTH LOGIN", "SMTPUTF8")...)
			s.Bare()
			s.LockStep()
			s.Never("AUTH")
			s.Outcome("accepted")
			if t.Has("auth") {
				s = t.Play(append(forced("SIZE 10", "PIPELINING", "AUTH LOGIN PLAIN", "SMTPUTF8"), With(account))...)
				s.Never("AUTH")
				s.Outcome("lost")
			}
		}},
	{ID: "tls-ehlo-again", Level: Should, RFC: "3207 §4.2",
		Title:  "EHLO comes first under TLS.",
		Script: "Offered",
		Right:  "C: EHLO under TLS before any other => accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"))
			if found := s.Find("tls any"); len(found) == 0 || found[0].Verb != "EHLO" {
				t.Complainf("expected EHLO first under TLS, got %s", s.Verbs())
			}
			s.Outcome("accepted")
		}},
	{ID: "tls-forget-ehlo-refused", Level: Must, RFC: "3207 §4.2",
		Title:  "EHLO refused under TLS: no extension may be used.",
		Script: "EHLO under TLS: 502; HELO 250",
		Right:  "C: HELO or end; no parameters => accepted or not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(append(forced("SIZE 100000", "PIPELINING"), On("tls EHLO", "502 no"))...)
			s.Bare()
			s.LockStep()
			s.Outcome("accepted lost permanent")
		}},
	{ID: "tls-again-offered", Level: MustNot, RFC: "3207 §4.2",
		Title:  "STARTTLS offered again under TLS is not used.",
		Script: "Offered again",
		Right:  "C: no second STARTTLS => accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), OfferTLS("STARTTLS"))
			s.Times(1, "STARTTLS")
			s.Outcome("accepted")
		}},
	{ID: "tls-nothing-before", Level: Must, RFC: "3207 §4",
		Title:  "After 220 the handshake comes next, no command.",
		Script: "220, then 500 ms",
		Right:  "C: first octet is a TLS record => accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), On("STARTTLS", "220 go", 500*time.Millisecond))
			for _, c := range s.Conns {
				if len(c.TLSFirst) > 0 && c.TLSFirst[0] != 22 {
					t.Complainf("expected a TLS record behind the 220, got %q", c.TLSFirst)
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "tls-wait-220", Level: Must, RFC: "3207 §4",
		Title:  "No ClientHello before the 220.",
		Script: "220 after 1 s; run 2 `454` after 1 s",
		Right:  "C: nothing until it => accepted; not-sent or temporary",
		Needs:  "tls",
		Run: func(t *T) {
			for reply, outcome := range map[string]string{"220 go": "accepted", "454 TLS not available": "lost"} {
				s := t.Play(TLS("starttls"), On("STARTTLS", time.Second, reply))
				for _, c := range s.Conns {
					if c.TLSEarly || len(c.Lines) > 2 && c.Lines[2].Early {
						t.Complainf("octets came before the reply to STARTTLS")
					}
				}
				s.clean()
				s.Outcome(outcome)
			}
		}},
	{ID: "tls-name-wrong", Level: Must, RFC: "7817 §3; 8314 §5.2",
		Title:  "A certificate of another name ends it.",
		Script: "Certificate for other.test",
		Right:  "C: no MAIL, no AUTH => not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			t.badCertificate(Cert{Names: []string{"other.test"}})
		}},
	{ID: "tls-self-signed", Level: Must, RFC: "7817 §3; 8314 §5.2",
		Title:  "An untrusted certificate ends it.",
		Script: "Self-signed, right name",
		Right:  "C: no MAIL, no AUTH => not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			t.badCertificate(Cert{SelfSigned: true})
		}},
	{ID: "tls-expired", Level: Must, RFC: "7817 §3; 8314 §5.2",
		Title:  "An expired one ends it.",
		Script: "Ended yesterday",
		Right:  "C: no MAIL, no AUTH => not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			t.badCertificate(Cert{Expired: true})
		}},
	{ID: "tls-cn-only", Level: MustNot, RFC: "7817 §3; 6125 §6.4.4",
		Title:  "A name in the common name alone is not enough (MAY in 6125, dropped by today's libraries).",
		Script: "Right CN, no SAN",
		Right:  "C: recorded; not-sent preferred => not-sent or accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), Certified(Cert{CommonName: "mx.test", NoNames: true}))
			t.Recordf("%s", s.Verbs())
			s.Outcome("lost accepted")
		}},
	{ID: "tls-wildcard", Level: Must, RFC: "7817 §3",
		Title:  "A wildcard covers one label, the leftmost.",
		Script: "`*.mx.test` for a.mx.test; run 2 `*.mx.test` for a.b.mx.test",
		Right:  "C: accepts first, refuses second => accepted; not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), Certified(Cert{Names: []string{"*.mx.test"}}), With(func(j *Job) { j.Name = "a.mx.test" }))
			s.Outcome("accepted")
			s = t.Play(TLS("starttls"), Certified(Cert{Names: []string{"*.mx.test"}}), With(func(j *Job) { j.Name = "a.b.mx.test" }))
			s.nothing()
			s.Outcome("lost")
		}},
	{ID: "tls-old-version", Level: MustNot, RFC: "8314 §4.1",
		Title:  "TLS 1.1 and lower are not used.",
		Script: "Server speaks 1.1 only",
		Right:  "C: handshake fails => not-sent",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), TLSConfig(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }))
			s.nothing()
			s.Outcome("lost")
		}},
	{ID: "tls-implicit", Level: Must, RFC: "8314 §3.3",
		Title:  "With implicit TLS the handshake comes first, no STARTTLS.",
		Script: "`--tls implicit`; STARTTLS offered",
		Right:  "C: ClientHello first; no STARTTLS => accepted",
		Needs:  "implicit",
		Run: func(t *T) {
			s := t.Play(TLS("implicit"), Offer("STARTTLS"))
			s.Never("STARTTLS")
			for _, c := range s.Conns {
				if len(c.TLSFirst) > 0 && c.TLSFirst[0] != 22 {
					t.Complainf("expected a TLS record first, got %q", c.TLSFirst)
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "tls-implicit-plain-server", Level: Robust, RFC: "robust",
		Title:  "A plain greeting on that port ends in a clear error, soon.",
		Script: "Plain `220`",
		Right:  "C: error before the deadline => not-sent",
		Needs:  "implicit",
		Run: func(t *T) {
			s := t.Play(TLS("implicit"), PlainPort)
			s.Never("MAIL")
			s.Outcome("lost")
		}},
}

// clean complains about mail or credentials that went out in clear.
func (s *Seen) clean() { s.Never("clear MAIL", "clear AUTH", "clear RCPT", "clear DATA") }

// nothing complains about any mail or credentials.
func (s *Seen) nothing() { s.Never("MAIL", "AUTH") }

// account gives the job credentials.
func account(j *Job) { j.User, j.Password = "user@mx.test", password }

// nobody leaves the job without.
func nobody(*play) {}

// session are the replies to a whole session, for whoever takes them.
const session = "250 mx.test\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n221 bye\r\n"

// badCertificate holds that a certificate ends the session.
func (t *T) badCertificate(c Cert) {
	opts := []Option{TLS("starttls"), Certified(c)}
	if t.Has("auth:PLAIN") {
		opts = append(opts, Login("", "PLAIN"))
	}
	s := t.Play(opts...)
	s.nothing()
	s.Outcome("lost")
}

// forced offers nothing under TLS.
func forced(lines ...string) []Option {
	return []Option{TLS("starttls"), On("clear EHLO", ehlo(append(lines, "STARTTLS")...)...), OfferTLS()}
}
