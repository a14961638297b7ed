package client

import (
	"encoding/base64"
	"regexp"
	"strings"
	"time"
)

var cases18 = []Case{
	{ID: "auth-mechanism-offered", Level: MustNot, RFC: "4954 §3; §4",
		Title:  "Only mechanisms offered are used.",
		Script: "`AUTH XFOO YBAR`, over TLS; user given",
		Right:  "C: no AUTH => not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login("", "XFOO", "YBAR"))
			s.Never("AUTH")
			s.Outcome("lost")
		}},
	{ID: "auth-none-offered", Level: Must, RFC: "4954 §3",
		Title:  "A user given and no AUTH offered: no mail in the user's name without it.",
		Script: "Not offered",
		Right:  "C: no MAIL, or recorded => not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), With(account))
			s.Never("AUTH", "MAIL")
			s.Outcome("lost")
		}},
	{ID: "auth-strongest", Level: Should, RFC: "4954 §9; 4422 §6.1.2",
		Title:  "The strongest offered mechanism is taken.",
		Script: "`AUTH LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256`",
		Right:  "C: SCRAM-SHA-256 if the client has it => accepted",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login("", "LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-256"))
			if tried := s.tried(); t.Has("auth:SCRAM-SHA-256") && (len(tried) == 0 || tried[0] != "SCRAM-SHA-256") {
				t.Complainf("expected SCRAM-SHA-256, got %q", tried)
			}
			s.Outcome("accepted")
		}},
	{ID: "auth-clear", Level: MustNot, RFC: "4954 §9; 4616 §1",
		Title:  "PLAIN, LOGIN, tokens do not go in clear unless asked.",
		Script: "No TLS; `AUTH PLAIN LOGIN XOAUTH2`",
		Right:  "C: no AUTH => not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(With(account), On("EHLO", ehlo("AUTH PLAIN LOGIN XOAUTH2")...))
			s.Never("AUTH")
			s.Outcome("lost accepted")
		}},
	{ID: "auth-initial", Level: Should, RFC: "4954 §4",
		Title:  "PLAIN takes its initial response on the AUTH line.",
		Script: "Offered, over TLS",
		Right:  "C: `AUTH PLAIN <base64>` or waits for 334; both count => accepted",
		Needs:  "auth:PLAIN",
		Run: func(t *T) {
			s := t.Play(Login("PLAIN"))
			for _, l := range s.Find("AUTH") {
				t.Recordf("initial response: %v", strings.Contains(l.Arg, " "))
			}
			s.Outcome("accepted")
		}},
	{ID: "auth-initial-long", Level: MustNot, RFC: "4954 §4; 5321 §4.5.3.1.4",
		Title:  "An initial response that makes the line longer than 512 octets is not put there.",
		Script: "Token of 2,000 octets; XOAUTH2 or PLAIN with a long password",
		Right:  "C: `AUTH X`, 334, then the response => accepted",
		Needs:  "auth",
		Run: func(t *T) {
			mechanism := t.best("PLAIN", "XOAUTH2")
			long := strings.Repeat("long-", 400)
			s := t.Play(Login(mechanism), With(func(j *Job) {
				if mechanism == "PLAIN" {
					j.Password = long
				} else {
					j.Token = long
				}
			}))
			for _, l := range s.Find("AUTH") {
				if len(l.Raw) > 512 {
					t.Complainf("expected an AUTH line of at most 512 octets, got one of %d", len(l.Raw))
				}
			}
			s.Outcome("accepted lost")
		}},
	{ID: "auth-334-empty", Level: Must, RFC: "4954 §4",
		Title:  "`334 ` and `334` alone are an empty challenge.",
		Script: "`--mech LOGIN`: first prompt `334 `, second `334` with no space",
		Right:  "C: goes on => accepted",
		Needs:  "auth:LOGIN",
		Run: func(t *T) {
			s := t.Play(Login("LOGIN"), On("AUTH", "334 "), On("response#1", "334"))
			if s.Outcome("accepted lost permanent"); s.taken()[s.Job.To[0]] == 0 {
				t.Warnf("expected the exchange to go on at an empty challenge, got %s", s.Verbs())
			}
		}},
	{ID: "auth-334-bad-base64", Level: Must, RFC: "4954 §4",
		Title:  "A challenge that is not base64 is cancelled with `*`.",
		Script: "CRAM-MD5 or LOGIN: `334 !!!` ; then 501",
		Right:  "C: `*` (or close), no password => not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login(t.best("CRAM-MD5", "LOGIN")), On("AUTH", "334 !!!"), On("response", "501 cancelled"))
			for _, r := range s.responses() {
				if r != "*" {
					t.Complainf("expected *, got another response")
				}
			}
			s.Never("MAIL")
			s.Outcome("lost permanent")
		}},
	{ID: "auth-cancel-501", Level: Must, RFC: "4954 §4",
		Title:  "After `*` the 501 is awaited, the session in step.",
		Script: "As above; 501 after 300 ms; then NOOP or QUIT",
		Right:  "C: nothing before the 501 => not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login(t.best("CRAM-MD5", "LOGIN")), On("AUTH", "334 !!!"), On("response", 300*time.Millisecond, "501 cancelled"))
			for _, l := range s.Find("tls any") {
				if l.Early && l.Verb != "response" {
					t.Complainf("%s came before the 501", l.Verb)
				}
			}
			s.Never("MAIL")
			s.Outcome("lost permanent")
		}},
	{ID: "auth-535", Level: Must, RFC: "4954 §4; §6",
		Title:  "535 ends the login; no mail.",
		Script: "535 5.7.8",
		Right:  "C: no MAIL, same password not tried again => permanent or not-sent",
		Needs:  "auth:PLAIN",
		Run: func(t *T) {
			t.refusedLogin("535 5.7.8 no", "permanent not-sent")
		}},
	{ID: "auth-535-no-retry", Level: Robust, RFC: "robust",
		Title:  "The same password is not tried with the next mechanism after 535.",
		Script: "`AUTH PLAIN LOGIN CRAM-MD5`; each 535",
		Right:  "C: one attempt (a second is a warn, three fail) => permanent or not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login("", "PLAIN", "LOGIN", "CRAM-MD5"), On("AUTH", "535 5.7.8 no"), On("response", "535 5.7.8 no"))
			switch n := len(s.tried()); {
			case n > 2:
				t.Failf("expected one attempt, got %d: %q", n, s.tried())
			case n > 1:
				t.Warnf("expected one attempt, got %q", s.tried())
			}
			s.Outcome("permanent not-sent")
		}},
	{ID: "auth-504-next", Level: Should, RFC: "4954 §4",
		Title:  "After 504 the next mechanism is tried.",
		Script: "`AUTH CRAM-MD5 PLAIN`; CRAM-MD5: 504",
		Right:  "C: PLAIN => accepted (not-sent: warn)",
		Needs:  "auth:CRAM-MD5, auth:PLAIN",
		Run: func(t *T) {
			s := t.Play(Login("", "CRAM-MD5", "PLAIN"), On("AUTH CRAM-MD5", "504 5.5.4 not today"))
			s.Some("AUTH PLAIN")
			s.Outcome("accepted")
		}},
	{ID: "auth-534", Level: Should, RFC: "4954 §6",
		Title:  "534 (too weak): a stronger one, or the end.",
		Script: "PLAIN: 534",
		Right:  "C: no PLAIN again => accepted, permanent or not-sent",
		Needs:  "auth:PLAIN",
		Run: func(t *T) {
			s := t.Play(Login("", "PLAIN", "LOGIN"), On("AUTH PLAIN", "534 5.7.9 too weak"), On("response", "534 5.7.9 too weak"))
			s.noTwice("AUTH")
			s.Outcome("accepted permanent not-sent")
		}},
	{ID: "auth-454", Level: Must, RFC: "4954 §6",
		Title:  "454 is a temporary refusal.",
		Script: "454 4.7.0",
		Right:  "C: no MAIL => temporary",
		Needs:  "auth:PLAIN",
		Run: func(t *T) {
			t.refusedLogin("454 4.7.0 not now", "temporary")
		}},
	{ID: "auth-432", Level: Must, RFC: "4954 §6",
		Title:  "432 asks for another password: a temporary refusal, said so.",
		Script: "432 4.7.12",
		Right:  "C: no MAIL => temporary",
		Needs:  "auth:PLAIN",
		Run: func(t *T) {
			t.refusedLogin("432 4.7.12 another password", "temporary")
		}},
	{ID: "auth-500", Level: Must, RFC: "4954 §6",
		Title:  "500 5.5.6 (line too long) ends the login.",
		Script: "After a response",
		Right:  "C: no MAIL => permanent or not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login(t.best("LOGIN", "CRAM-MD5")), On("response", "500 5.5.6 line too long"))
			s.Never("MAIL")
			s.Outcome("permanent not-sent")
		}},
	{ID: "auth-235-early", Level: Must, RFC: "5802 §3; §5",
		Title:  "235 before the exchange is done is no success where the server must prove itself.",
		Script: "SCRAM-SHA-256: 235 instead of the first 334; run 2 instead of v=",
		Right:  "C: no MAIL => not-sent",
		Needs:  "auth:SCRAM-SHA-256",
		Run: func(t *T) {
			for _, when := range []string{"AUTH", "response"} {
				s := t.Play(Login("SCRAM-SHA-256"), On(when, "235 2.7.0 welcome"))
				s.Never("MAIL")
				s.Outcome("lost")
			}
		}},
	{ID: "auth-endless", Level: Robust, RFC: "robust",
		Title:  "Challenges without end are given up.",
		Script: "334 again and again",
		Right:  "C: `*` or close within 100 => not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login(t.best("LOGIN", "CRAM-MD5", "PLAIN")), On("AUTH", "334 "), On("response", Challenge("and what else?")))
			if n := len(s.Find("response")); n > 100 {
				t.Failf("expected an end within 100 responses, got %d", n)
			}
			s.Never("MAIL")
			s.Outcome("lost permanent")
		}},
	{ID: "auth-challenge-huge", Level: Robust, RFC: "4954 §4",
		Title:  "A challenge of 12,288 octets is read, one of 100 MB bounded.",
		Script: "Both",
		Right:  "C: first goes on; second error => accepted or not-sent; not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			mechanism := t.best("CRAM-MD5", "LOGIN")
			s := t.Play(Login(mechanism), On("AUTH", Challenge("<"+strings.Repeat("x", 9000)+"@mx.test>")), On("response", "235 2.7.0 ok"))
			s.Outcome("accepted lost permanent")
			s = t.Play(Login(mechanism), On("AUTH", func(c *Conn) {
				c.answer = "334 QUFB\r\n"
				c.write("334 ")
				block := []byte(strings.Repeat("QUFB", 16<<10))
				for range 1600 {
					if _, err := c.Write(block); err != nil {
						return
					}
				}
				c.write("\r\n")
			}))
			s.Never("MAIL")
			s.Outcome("lost permanent")
		}},
	{ID: "auth-multiline-334", Level: Robust, RFC: "robust",
		Title:  "A 334 of several lines is an error or its last line, never a hang.",
		Script: "`334-abc`, `334 def`",
		Right:  "C: error or goes on => not-sent or accepted",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login(t.best("LOGIN", "CRAM-MD5")), On("AUTH", "334-VXNlcm5hbWU6", "334 VXNlcm5hbWU6"))
			s.Outcome("lost permanent accepted")
		}},
	{ID: "auth-once", Level: MustNot, RFC: "4954 §4",
		Title:  "No second AUTH after 235.",
		Script: "235; MAIL: 530",
		Right:  "C: no AUTH again => permanent or not-sent",
		Needs:  "auth:PLAIN",
		Run: func(t *T) {
			s := t.Play(Login("", "PLAIN"), On("MAIL", "530 5.7.0 Authentication required"))
			s.Times(1, "AUTH")
			s.Outcome("permanent not-sent")
		}},
	{ID: "auth-not-in-transaction", Level: MustNot, RFC: "4954 §4",
		Title:  "No AUTH between MAIL and the end of data.",
		Script: "MAIL: 250, RCPT: 530",
		Right:  "C: no AUTH before RSET or the end => permanent",
		Needs:  "auth:PLAIN",
		Run: func(t *T) {
			s := t.Play(Login("", "PLAIN"), On("RCPT", "530 5.7.0 Authentication required"))
			s.Times(1, "AUTH")
			s.NoContent()
			s.Outcome("permanent")
		}},
}

// tried are the mechanisms that AUTH named, in order.
func (s *Seen) tried() (list []string) {
	for _, l := range s.Find("AUTH") {
		name, _, _ := strings.Cut(l.Arg, " ")
		list = append(list, strings.ToUpper(name))
	}
	return list
}

// responses are what the client sent in exchanges, initial responses too, decoded.
func (s *Seen) responses() (list []string) {
	for _, l := range s.Lines() {
		text := ""
		switch l.Verb {
		case "AUTH":
			_, text, _ = strings.Cut(l.Arg, " ")
			if text == "" {
				continue
			}
		case "response":
			text = l.Arg
		default:
			continue
		}
		if b, err := base64.StdEncoding.DecodeString(text); err == nil {
			text = string(b)
		}
		list = append(list, text)
	}
	return list
}

// first is what the client sent first in an exchange.
func (s *Seen) first() string {
	for _, r := range s.responses() {
		return r
	}
	return ""
}

// refusedLogin holds that a refusal of AUTH leads to no mail.
func (t *T) refusedLogin(reply, outcome string) *Seen {
	s := t.Play(Login("", "PLAIN"), On("AUTH", reply), On("response", reply))
	s.Never("MAIL")
	s.noTwice("AUTH")
	s.Outcome(outcome)
	return s
}

// best is the strongest of what the client can do that needs a challenge.
func (t *T) best(names ...string) string {
	for _, n := range names {
		if t.Has("auth:" + n) {
			return n
		}
	}
	t.Skipf("auth:%s", strings.Join(names, " or auth:"))
	return ""
}

// scram is a mechanism of SCRAM that the client has.
func (t *T) scram() string { return t.best("SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-512") }

// iterations and salted are attributes of the server's first message in SCRAM.
var iterations, salted = regexp.MustCompile(`i=[0-9]+`), regexp.MustCompile(`s=[^,]*`)

// tampered changes the challenges of an exchange that is right otherwise.
func tampered(change func(string) string) func(*Conn, *Line) []any {
	return func(c *Conn, cmd *Line) []any {
		if cmd.Verb != "AUTH" && cmd.Verb != "response" {
			return nil
		}
		acts := c.Base(cmd)
		reply, _ := acts[0].(string)
		text, ok := strings.CutPrefix(reply, "334 ")
		b, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil {
			return acts
		}
		return []any{Challenge(change(string(b)))}
	}
}

// flip changes a bit of what is in base64.
func flip(s string) string {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) == 0 {
		return s
	}
	b[0] ^= 1
	return base64.StdEncoding.EncodeToString(b)
}

// noProof complains if the client sent the proof of its password, or mail.
func (s *Seen) noProof() {
	for _, r := range s.responses() {
		if strings.Contains(r, ",p=") {
			s.t.Harmf("expected no proof, got one")
		}
	}
	s.Never("MAIL")
}
