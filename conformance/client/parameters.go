package client

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var cases16 = []Case{
	{ID: "dsn-not-offered", Level: MustNot, RFC: "3461 §5.2.2; 5321 §4.1.1.3",
		Title:  "RET, ENVID, NOTIFY, ORCPT only where DSN is offered.",
		Script: "Not offered; all four asked for",
		Right:  "C: none sent; refuses, or sends without and says so => not-sent or accepted",
		Needs:  "opt:dsn",
		Run: func(t *T) {
			s := t.Play(With(reported))
			s.without("RET", "ENVID", "NOTIFY", "ORCPT")
			s.Outcome("not-sent accepted")
		}},
	{ID: "dsn-places", Level: Must, RFC: "3461 §4",
		Title:  "RET and ENVID on MAIL, NOTIFY and ORCPT on RCPT, as given.",
		Script: "Offered; `--ret HDRS --envid x1 --notify SUCCESS,DELAY --orcpt rfc822;a@mx.test`",
		Right:  "C: exactly these => accepted",
		Needs:  "ext:DSN, opt:dsn",
		Run: func(t *T) {
			s := t.Play(Offer("DSN"), With(reported))
			for _, l := range append(s.Find("MAIL"), s.Find("RCPT")...) {
				want := []string{"RET=HDRS", "ENVID=x1"}
				if l.Verb == "RCPT" {
					want = []string{"NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;a@mx.test"}
				}
				got := l.Params()
				slices.Sort(got)
				slices.Sort(want)
				if !slices.EqualFunc(got, want, strings.EqualFold) {
					t.Complainf("expected %s on %s, got %q", strings.Join(want, " "), l.Verb, l.Raw)
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "dsn-ret-values", Level: Must, RFC: "3461 §4.3",
		Title:  "RET is FULL or HDRS.",
		Script: "Offered; `--ret BODY`",
		Right:  "C: refuses => not-sent",
		Needs:  "ext:DSN, opt:dsn",
		Run: func(t *T) {
			s := t.Play(Offer("DSN"), To("a"), With(func(j *Job) { j.Ret = "BODY" }), On("MAIL", "501 bad RET"))
			s.without("RET")
			s.Outcome("not-sent")
		}},
	{ID: "dsn-xtext", Level: Must, RFC: "3461 §4",
		Title:  "ENVID is xtext: `+`, `=`, space and the like as `+` and two capital hex digits.",
		Script: "Offered; `--envid 'a+b=c d'`",
		Right:  "C: `ENVID=a+2Bb+3Dc+20d` (other octets may be coded too) => accepted",
		Needs:  "ext:DSN, opt:dsn",
		Run: func(t *T) {
			s := t.Play(Offer("DSN"), To("a"), With(func(j *Job) { j.Envid = "a+b=c d" }))
			if v := s.value("MAIL", "ENVID"); xtext(v) != "a+b=c d" || strings.ContainsAny(v, "= ") || regexp.MustCompile(`\+[0-9A-F]?[a-f]`).MatchString(v) {
				t.Complainf("expected ENVID=a+2Bb+3Dc+20d, got %q", v)
			}
			s.Outcome("accepted")
		}},
	{ID: "dsn-envid-printable", Level: Must, RFC: "3461 §4.4",
		Title:  "ENVID is printable ASCII before coding.",
		Script: "Offered; ENVID with CR LF, then with a non-ASCII letter",
		Right:  "C: refuses => not-sent",
		Needs:  "ext:DSN, opt:dsn",
		Run: func(t *T) {
			for _, envid := range []string{"a\r\nb", "grün"} {
				s := t.Play(Offer("DSN"), To("a"), With(func(j *Job) { j.Envid = envid }))
				s.without("ENVID")
				s.Outcome("not-sent")
			}
		}},
	{ID: "dsn-orcpt", Level: Must, RFC: "3461 §4.2",
		Title:  "ORCPT has a type, a semicolon and the address as xtext; on submission the same address.",
		Script: "Offered; recipient `a+x=y@mx.test`, `--orcpt` for it",
		Right:  "C: `ORCPT=rfc822;a+2Bx+3Dy@mx.test` => accepted",
		Needs:  "ext:DSN, opt:dsn",
		Run: func(t *T) {
			s := t.Play(Offer("DSN"), To("a+x=y@mx.test"), With(func(j *Job) { j.Orcpt = "rfc822;a+x=y@mx.test" }))
			kind, address, _ := strings.Cut(s.value("RCPT", "ORCPT"), ";")
			if !strings.EqualFold(kind, "rfc822") || xtext(address) != "a+x=y@mx.test" || strings.Contains(address, "=") {
				t.Complainf("expected ORCPT=rfc822;a+2Bx+3Dy@mx.test, got %q", s.value("RCPT", "ORCPT"))
			}
			s.Outcome("accepted")
		}},
	{ID: "dsn-never-alone", Level: Must, RFC: "3461 §4.1",
		Title:  "NEVER stands alone.",
		Script: "Offered; `--notify NEVER,FAILURE`",
		Right:  "C: refuses => not-sent",
		Needs:  "ext:DSN, opt:dsn",
		Run: func(t *T) {
			s := t.Play(Offer("DSN"), To("a"), With(func(j *Job) { j.Notify = "NEVER,FAILURE" }), On("RCPT", "501 bad NOTIFY"))
			s.without("NOTIFY")
			s.Outcome("not-sent")
		}},
	{ID: "dsn-once", Level: MustNot, RFC: "3461 §4.5",
		Title:  "None of the four appears twice in a command.",
		Script: "Offered; `--ret HDRS --mail-param RET=FULL`",
		Right:  "C: one RET, or refusal => accepted or not-sent",
		Needs:  "ext:DSN, opt:dsn, opt:param",
		Run: func(t *T) {
			s := t.Play(Offer("DSN"), To("a"), With(func(j *Job) { j.Ret, j.MailParams = "HDRS", []string{"RET=FULL"} }))
			for _, l := range s.Find("MAIL") {
				if strings.Count(strings.ToUpper(l.Raw), " RET=") > 1 {
					t.Complainf("expected one RET, got %q", l.Raw)
				}
			}
			s.Outcome("accepted not-sent")
		}},
	{ID: "dsn-lengths", Level: May, RFC: "3461 §4.4, §4.2",
		Title:  "ENVID up to 100, ORCPT up to 500 characters.",
		Script: "Offered; ENVID of 100, then of 101",
		Right:  "C: sends the first; second refused or sent, recorded => accepted; accepted or not-sent",
		Needs:  "ext:DSN, opt:dsn",
		Run: func(t *T) {
			s := t.Play(Offer("DSN"), To("a"), With(func(j *Job) { j.Envid = strings.Repeat("e", 100) }))
			if v := s.value("MAIL", "ENVID"); v != strings.Repeat("e", 100) {
				t.Complainf("expected an ENVID of 100 characters to go out, got %q", v)
			}
			s.Outcome("accepted")
			s = t.Play(Offer("DSN"), To("a"), With(func(j *Job) { j.Envid = strings.Repeat("e", 101) }))
			t.Recordf("an ENVID of 101 characters: %d on the wire", len(s.value("MAIL", "ENVID")))
			s.Outcome("accepted not-sent")
		}},
	{ID: "ext-param-unlisted", Level: MustNot, RFC: "5321 §4.1.1.3",
		Title:  "A caller's parameter whose extension is not offered is not sent.",
		Script: "Nothing offered; `--mail-param XFOO=1`",
		Right:  "C: refuses, or leaves it out and says so => not-sent or accepted",
		Needs:  "opt:param",
		Run: func(t *T) {
			s := t.Play(one("XFOO=1"))
			s.without("XFOO")
			s.Outcome("not-sent accepted")
		}},
	{ID: "ext-mail-auth", Level: MustNot, RFC: "5321 §4.1.1.3; 4954 §5",
		Title:  "AUTH= on MAIL only where AUTH is offered, as xtext.",
		Script: "AUTH not offered; `--mail-param AUTH=<>`; run 2 offered, `AUTH=e+3Dmc2@client.test`",
		Right:  "C: absent; run 2 as given => not-sent or accepted; accepted",
		Needs:  "opt:param",
		Run: func(t *T) {
			s := t.Play(one("AUTH=<>"))
			s.without("AUTH")
			s.Outcome("not-sent accepted")
			if t.Has("auth") {
				s = t.Play(one("AUTH=e+3Dmc2@client.test"), Login("", "PLAIN"))
				if v := s.value("MAIL", "AUTH"); xtext(v) != "e=mc2@client.test" {
					t.Complainf("expected AUTH=e+3Dmc2@client.test, got %q", v)
				}
				s.Outcome("accepted")
			}
		}},
	{ID: "ext-deliverby", Level: Must, RFC: "2852 §4",
		Title:  "With mode R the time is above zero; it needs DELIVERBY.",
		Script: "`250 DELIVERBY 60`; `--mail-param BY=0;R`; run 2 not offered",
		Right:  "C: refuses both => not-sent",
		Needs:  "ext:DELIVERBY, opt:param",
		Run: func(t *T) {
			s := t.Play(one("BY=0;R"), Offer("DELIVERBY 60"), On("MAIL", "501 bad BY"))
			s.without("BY")
			s.Outcome("not-sent")
			s = t.Play(one("BY=600;R"))
			s.without("BY")
			s.Outcome("not-sent")
		}},
	{ID: "ext-deliverby-minimum", Level: Robust, RFC: "2852 §3",
		Title:  "A time below the announced minimum will be refused.",
		Script: "`250 DELIVERBY 60`; BY=30;R; MAIL: 555",
		Right:  "C: refuses itself, or takes the 555 => not-sent or permanent",
		Needs:  "ext:DELIVERBY, opt:param",
		Run: func(t *T) {
			s := t.Play(one("BY=30;R"), Offer("DELIVERBY 60"), On("MAIL", "555 too soon"))
			s.Outcome("not-sent permanent")
		}},
	{ID: "ext-futurerelease", Level: Must, RFC: "4865 §4.1",
		Title:  "Checked for the keyword, one hold parameter, within the announced limits.",
		Script: "`250 FUTURERELEASE 3600 2030-01-01T00:00:00Z`; `HOLDFOR=7200`; run 2 HOLDFOR and HOLDUNTIL; run 3 not offered",
		Right:  "C: refuses each => not-sent",
		Needs:  "ext:FUTURERELEASE, opt:param",
		Run: func(t *T) {
			limits := "FUTURERELEASE 3600 2030-01-01T00:00:00Z"
			for _, params := range [][]string{{"HOLDFOR=7200"}, {"HOLDFOR=60", "HOLDUNTIL=2029-01-01T00:00:00Z"}} {
				s := t.Play(one(params...), Offer(limits))
				s.without("HOLDFOR", "HOLDUNTIL")
				s.Outcome("not-sent")
			}
			s := t.Play(one("HOLDFOR=60"))
			s.without("HOLDFOR")
			s.Outcome("not-sent")
		}},
	{ID: "ext-mt-priority", Level: Must, RFC: "6710 §3, §4.3",
		Title:  "The value is -9 to 9; without the keyword it is left out.",
		Script: "Offered; `MT-PRIORITY=10`; run 2 not offered, value 3",
		Right:  "C: refuses; run 2 left out or refused => not-sent; accepted or not-sent",
		Needs:  "ext:MT-PRIORITY, opt:param",
		Run: func(t *T) {
			s := t.Play(one("MT-PRIORITY=10"), Offer("MT-PRIORITY"))
			s.without("MT-PRIORITY")
			s.Outcome("not-sent")
			s = t.Play(one("MT-PRIORITY=3"))
			s.without("MT-PRIORITY")
			s.Outcome("accepted not-sent")
		}},
}

// reported asks for reports of delivery.
func reported(j *Job) {
	j.Ret, j.Envid, j.Notify, j.Orcpt, j.To = "HDRS", "x1", "SUCCESS,DELAY", "rfc822;a@mx.test", []string{"a@mx.test"}
}

// xtext decodes what RFC 3461 §4 calls xtext.
func xtext(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '+' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// value gives a parameter of the first command with a verb.
func (s *Seen) value(verb, name string) string {
	for _, l := range s.Find(verb) {
		if v, ok := l.Param(name); ok {
			return v
		}
	}
	return ""
}

// one sends one message with parameters.
func one(params ...string) Option {
	return With(func(j *Job) { j.To, j.MailParams = []string{"a@mx.test"}, params })
}
