package client

import (
	"strings"
)

var cases19 = []Case{
	{ID: "arg-crlf-from", Level: MustNot, RFC: "5321 §4.1.2; command injection",
		Title:  "CR, LF in a sender never reach the wire.",
		Script: "`--from json:\"a@c.test>\\r\\nRSET\\r\\nMAIL FROM:<b@c.test\"`",
		Right:  "C: nothing sent of it => not-sent",
		Run: func(t *T) {
			for _, nl := range []string{"\r\n", "\r", "\n"} {
				s := t.Play(From("a@c.test>" + nl + "RSET" + nl + "MAIL FROM:<evil@c.test"))
				s.foreign("evil")
				s.Outcome("not-sent")
			}
		}},
	{ID: "arg-crlf-to", Level: MustNot, RFC: "5321 §4.1.2; command injection",
		Title:  "CR, LF in a recipient likewise; bare CR and bare LF too.",
		Script: "Each of CR LF, CR, LF in turn",
		Right:  "C: nothing sent of it => not-sent for it; others as asked or not-sent",
		Run: func(t *T) {
			for _, nl := range []string{"\r\n", "\r", "\n"} {
				s := t.Play(To("a@mx.test>"+nl+"RCPT TO:<evil@mx.test", "b"))
				s.foreign("evil")
				s.Outcome("not-sent", "accepted not-sent")
			}
		}},
	{ID: "arg-crlf-helo", Level: MustNot, RFC: "5321 §4.1.1.1; command injection",
		Title:  "CR, LF in the EHLO name.",
		Script: "`--helo json:\"x\\r\\nMAIL FROM:<a@b>\"`",
		Right:  "C: error, nothing sent => not-sent",
		Needs:  "opt:helo",
		Run: func(t *T) {
			for _, nl := range []string{"\r\n", "\r", "\n"} {
				s := t.Play(With(func(j *Job) { j.Helo = "x" + nl + "MAIL FROM:<evil@b.test>" }))
				s.foreign("evil")
				s.Outcome("not-sent")
			}
		}},
	{ID: "arg-crlf-param", Level: MustNot, RFC: "5321 §4.1.2; command injection",
		Title:  "CR, LF, space, `=` in a parameter's value.",
		Script: "`--envid`, `--mail-param`, `--orcpt` with each",
		Right:  "C: coded as xtext where that is its syntax, else error => accepted or not-sent",
		Needs:  "opt:param",
		Run: func(t *T) {
			for _, bad := range []string{"x\r\nNOOP evil", "x\nNOOP evil", "x evil=1", "x=evil"} {
				if t.Has("ext:DSN, opt:dsn") {
					s := t.Play(To("a"), Offer("DSN"), With(func(j *Job) { j.Envid = bad }))
					for _, l := range s.Find("MAIL") {
						if v, _ := l.Param("ENVID"); len(l.Params()) != 1 || xtext(v) != bad {
							t.Complainf("expected the value as xtext, got %q", l.Raw)
						}
					}
					s.Outcome("accepted not-sent")
					s = t.Play(To("a"), Offer("DSN"), With(func(j *Job) { j.Orcpt = "rfc822;" + bad }))
					for _, l := range s.Find("RCPT") {
						if v, _ := l.Param("ORCPT"); len(l.Params()) != 1 || xtext(v) != "rfc822;"+bad {
							t.Complainf("expected the value as xtext, got %q", l.Raw)
						}
					}
					s.Outcome("accepted not-sent")
				}
				s := t.Play(To("a"), Offer("SIZE 100000"), With(func(j *Job) { j.MailParams = []string{"SIZE=" + bad} }))
				s.foreign("NOOP evil", " evil")
				s.Outcome("accepted not-sent")
			}
		}},
	{ID: "arg-nul", Level: MustNot, RFC: "5321 §4.1.2",
		Title:  "NUL and controls in an address.",
		Script: "0, 1, 127",
		Right:  "C: error => not-sent",
		Run: func(t *T) {
			for _, c := range []string{"\x00", "\x01", "\x7f"} {
				s := t.Play(To("a" + c + "b@mx.test"))
				s.foreign(c)
				s.Never("RCPT")
				s.Outcome("not-sent")
			}
		}},
	{ID: "arg-angle", Level: MustNot, RFC: "5321 §4.1.2; command injection",
		Title:  "`>` in a local-part is quoted or refused.",
		Script: "`a> SIZE=1@mx.test`, `\"a>b\"@mx.test`",
		Right:  "C: first refused (or quoted), second as given => not-sent; accepted",
		Run: func(t *T) {
			s := t.Play(To("a> SIZE=1@mx.test"))
			for _, l := range s.Find("RCPT") {
				if l.Address() != `"a> SIZE=1"@mx.test` {
					t.Complainf("expected the address to be refused or quoted, got %q", l.Raw)
				}
			}
			if len(s.Find("RCPT")) == 0 {
				s.Outcome("not-sent")
			}
			s = t.Play(To(`"a>b"@mx.test`))
			s.addressed("RCPT", `"a>b"@mx.test`)
			s.Outcome("accepted")
		}},
	{ID: "arg-space", Level: MustNot, RFC: "5321 §4.1.2",
		Title:  "A space outside quotes is refused.",
		Script: "`a b@mx.test`",
		Right:  "C: error (or quoted) => not-sent or accepted",
		Run: func(t *T) {
			s := t.Play(To("a b@mx.test"))
			for _, l := range s.Find("RCPT") {
				if l.Address() != `"a b"@mx.test` {
					t.Complainf("expected the address to be refused or quoted, got %q", l.Raw)
				}
			}
			s.Outcome("not-sent accepted")
		}},
	{ID: "arg-empty-to", Level: MustNot, RFC: "5321 §4.1.1.3",
		Title:  "An empty recipient is refused.",
		Script: "`--to \"\"`",
		Right:  "C: no `RCPT TO:<>` => not-sent",
		Run: func(t *T) {
			s := t.Play(With(func(j *Job) { j.To = []string{""} }))
			s.Never("RCPT")
			s.Outcome("not-sent")
		}},
	{ID: "arg-null-from", Level: Must, RFC: "5321 §4.5.5",
		Title:  "The null reverse-path can be sent.",
		Script: "`--from \"\"`",
		Right:  "C: `MAIL FROM:<>` => accepted",
		Run: func(t *T) {
			s := t.Play(From(""))
			for _, l := range s.Find("MAIL") {
				if !strings.EqualFold(strings.Fields(l.Raw)[1], "FROM:<>") {
					t.Complainf("expected MAIL FROM:<>, got %q", l.Raw)
				}
			}
			s.Some("MAIL")
			s.Outcome("accepted")
		}},
	{ID: "arg-quoted", Level: Must, RFC: "5321 §4.1.2",
		Title:  "A quoted local-part goes out as given.",
		Script: "`\"a b\"@mx.test`, `\"a\\\"b\"@mx.test`",
		Right:  "C: the same octets => accepted",
		Run: func(t *T) {
			for _, address := range []string{`"a b"@mx.test`, `"a\"b"@mx.test`} {
				s := t.Play(To(address))
				s.Some("RCPT")
				s.addressed("RCPT", address)
				s.Outcome("accepted")
			}
		}},
	{ID: "arg-case-kept", Level: Must, RFC: "5321 §2.4",
		Title:  "The local-part keeps its case.",
		Script: "`MiXeD@mx.test`",
		Right:  "C: as given => accepted",
		Run: func(t *T) {
			s := t.Play(To("MiXeD@mx.test"))
			s.addressed("RCPT", "MiXeD@mx.test")
			s.Outcome("accepted")
		}},
	{ID: "arg-literal", Level: Must, RFC: "5321 §4.1.3",
		Title:  "Address literals go out as given.",
		Script: "`a@[192.0.2.1]`, `a@[IPv6:2001:db8::1]`",
		Right:  "C: as given => accepted",
		Run: func(t *T) {
			for _, address := range []string{"a@[192.0.2.1]", "a@[IPv6:2001:db8::1]"} {
				s := t.Play(To(address))
				s.addressed("RCPT", address)
				s.Outcome("accepted")
			}
		}},
	{ID: "arg-long", Level: MustNot, RFC: "5321 §4.5.3.1",
		Title:  "Beyond the limits: refused here, or sent as one whole line.",
		Script: "Local-part of 65, path of 300, of 5,000 octets",
		Right:  "C: error or one line with CRLF at its end => not-sent or permanent",
		Run: func(t *T) {
			for _, address := range []string{strings.Repeat("l", 65) + "@mx.test", "a@" + strings.Repeat("label.", 49) + "mx.test", "a@" + strings.Repeat("label.", 830) + "mx.test"} {
				s := t.Play(To(address), On("RCPT", "501 path too long"))
				s.addressed("RCPT", address)
				s.Outcome("not-sent permanent")
			}
		}},
	{ID: "arg-helo-default", Level: Should, RFC: "5321 §4.1.1.1; §4.1.4",
		Title:  "Without a name given, EHLO has a full name or an address literal.",
		Script: "None given",
		Right:  "C: has a dot or brackets (`localhost`: warn) => accepted",
		Run: func(t *T) {
			s := t.Play(noHelo)
			if arg := s.hello(); !helloName.MatchString(arg) {
				t.Complainf("expected a full name or an address literal, got EHLO %q", arg)
			}
			s.Outcome("accepted")
		}},
	{ID: "arg-duplicate-rcpt", Level: Robust, RFC: "robust",
		Title:  "The same recipient twice: sent once or twice, one outcome each.",
		Script: "`--to a --to a`",
		Right:  "C: outcomes for both => accepted",
		Run: func(t *T) {
			s := t.Play(To("a", "a"))
			if s.Answer != nil && len(s.recipients()) == 0 {
				t.Complainf("expected outcomes, got none")
			}
			s.Outcome("accepted")
		}},
	{ID: "arg-many-rcpt", Level: Should, RFC: "5321 §4.5.3.1.8; §4.5.3.1.10",
		Title:  "More than 100 recipients are sent, in pieces where the server says 452.",
		Script: "250 recipients; 452 from the 101st",
		Right:  "C: the rest in another transaction, or temporary for them => accepted; accepted or temporary",
		Run: func(t *T) {
			s := t.Play(many(250), fullAfter100("452 too many recipients"))
			s.restOutcome("accepted", "accepted temporary")
		}},
}

// foreign complains about lines that have a word in them which only an injected
// command can have brought.
func (s *Seen) foreign(words ...string) {
	for _, l := range s.Lines() {
		for _, w := range words {
			if strings.Contains(l.Raw, w) {
				s.t.Complainf("expected nothing of %q on the wire, got %.200q", w, l.Raw)
			}
		}
	}
}
