package client

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"slices"
	"strings"
	"unicode/utf8"
)

var cases14 = []Case{
	{ID: "body-8bit-declared", Level: Must, RFC: "6152 §3",
		Title:  "An 8-bit MIME body is declared.",
		Script: "Offered; MIME message in UTF-8, CTE 8bit, `--body 8bit`",
		Right:  "C: one `BODY=8BITMIME` on MAIL; octets unchanged => accepted",
		Needs:  "ext:8BITMIME",
		Run: func(t *T) {
			s := t.Play(Offer("8BITMIME"), eight(mime))
			s.param("BODY", "8BITMIME")
			s.Content([]byte(mime))
			s.Outcome("accepted")
		}},
	{ID: "body-8bit-not-offered", Level: MustNot, RFC: "6152 §3; 5321 §2.4",
		Title:  "Without the extension no octet above 127 is sent.",
		Script: "Not offered; the same message",
		Right:  "C: converts to 7 bit, or refuses; no high octet on the wire => accepted, permanent or not-sent",
		Run: func(t *T) {
			s := t.Play(eight(mime))
			s.seven()
			s.Outcome("accepted permanent not-sent")
		}},
	{ID: "body-8bit-after-helo", Level: MustNot, RFC: "6152 §3",
		Title:  "The same after HELO.",
		Script: "EHLO: 500",
		Right:  "C: as above => accepted, permanent or not-sent",
		Run: func(t *T) {
			s := t.Play(eight(mime), On("EHLO", "500 what"))
			s.seven()
			s.Outcome("accepted permanent not-sent")
		}},
	{ID: "body-8bit-downgrade", Level: Must, RFC: "6152 §3",
		Title:  "A conversion loses nothing and yields valid 7-bit MIME.",
		Script: "Not offered; multipart message, one part 8bit",
		Right:  "C: if converted, each part decodes to the same octets and bears its new encoding => accepted or not-sent",
		Run: func(t *T) {
			s := t.Play(eight(multipart))
			for _, m := range s.Arrived() {
				if string(m) == multipart {
					t.Skipf("a client that converts; body-8bit-not-offered says what it does instead")
				}
				if !strings.Contains(decoded(m), "Grüße") {
					t.Complainf("expected each part to decode to what it was, and to bear its new encoding: %.500q", m)
				}
			}
			s.Outcome("accepted not-sent")
		}},
	{ID: "body-8bit-lines", Level: Must, RFC: "6152 §3",
		Title:  "Stuffing and the line limit hold for 8-bit content.",
		Script: "Offered; 8-bit lines that begin with dots",
		Right:  "C: stuffed; lines intact => accepted",
		Needs:  "ext:8BITMIME",
		Run: func(t *T) {
			text := mime + ".grün\r\n..\r\n" + strings.Repeat("ü", 499) + "\r\n"
			s := t.Play(Offer("8BITMIME"), eight(text))
			s.Content([]byte(text))
			s.Outcome("accepted")
		}},
	{ID: "body-once", Level: Must, RFC: "6152 §3",
		Title:  "One BODY parameter in a MAIL.",
		Script: "Offered, `--body 8bit --mail-param BODY=7BIT`",
		Right:  "C: one BODY, or refusal => accepted or not-sent",
		Needs:  "ext:8BITMIME, opt:param",
		Run: func(t *T) {
			s := t.Play(Offer("8BITMIME"), eight(mime), With(func(j *Job) { j.MailParams = []string{"BODY=7BIT"} }))
			for _, l := range s.Find("MAIL") {
				if strings.Count(strings.ToUpper(l.Raw), " BODY=") > 1 {
					t.Complainf("expected one BODY, got %q", l.Raw)
				}
			}
			s.Outcome("accepted not-sent")
		}},
	{ID: "body-not-offered", Level: MustNot, RFC: "5321 §4.1.1.3",
		Title:  "BODY is not sent where nobody offers it.",
		Script: "Not offered; ASCII message, `--body 7bit`",
		Right:  "C: no BODY= => accepted",
		Run: func(t *T) {
			s := t.Play(With(func(j *Job) {
				if slices.Contains(t.run.features.Opt, "body") {
					j.Body = "7bit"
				}
			}))
			s.without("BODY")
			s.Outcome("accepted")
		}},
	{ID: "utf8-address-not-offered", Level: MustNot, RFC: "6531 §3.2, §3.5",
		Title:  "No internationalised address without the extension.",
		Script: "Not offered; recipient `грета@mx.test`",
		Right:  "C: no such RCPT; refuses => not-sent or permanent",
		Run: func(t *T) {
			s := t.Play(To("грета"))
			s.asciiCommands()
			s.Outcome("not-sent permanent")
		}},
	{ID: "utf8-sender-not-offered", Level: MustNot, RFC: "6531 §3.2",
		Title:  "The same for the sender.",
		Script: "Not offered; sender `грета@client.test`",
		Right:  "C: no such MAIL; refuses => not-sent or permanent",
		Run: func(t *T) {
			s := t.Play(From("грета@client.test"))
			s.asciiCommands()
			s.Outcome("not-sent permanent")
		}},
	{ID: "utf8-header-not-offered", Level: MustNot, RFC: "6531 §3.2",
		Title:  "No internationalised header either.",
		Script: "8BITMIME offered, SMTPUTF8 not; Subject in raw UTF-8, `--smtputf8`",
		Right:  "C: refuses, or re-encodes the header; no raw UTF-8 in it => not-sent, permanent or accepted",
		Needs:  "opt:smtputf8",
		Run: func(t *T) {
			text := strings.Replace(mime, "eight bits", "Grüße", 1)
			s := t.Play(Offer("8BITMIME"), eight(text), With(func(j *Job) { j.SMTPUTF8 = true }))
			for _, m := range s.Arrived() {
				head, _, _ := strings.Cut(string(m), "\r\n\r\n")
				if strings.ContainsFunc(head, func(r rune) bool { return r > 127 }) {
					t.Complainf("expected no UTF-8 in the header, got %.300q", head)
				}
			}
			s.Outcome("not-sent permanent accepted")
		}},
	{ID: "utf8-declared", Level: Must, RFC: "6531 §3.4",
		Title:  "What needs it is declared, without a value.",
		Script: "Offered with 8BITMIME; recipient `грета@mx.test`",
		Right:  "C: ` SMTPUTF8` on MAIL, RCPT in UTF-8 => accepted",
		Needs:  "ext:SMTPUTF8",
		Run: func(t *T) {
			s := t.Play(Offer("8BITMIME", "SMTPUTF8"), To("грета"))
			s.param("SMTPUTF8", "")
			s.addressed("RCPT", "грета@mx.test")
			s.Outcome("accepted")
		}},
	{ID: "utf8-not-needed", Level: ShouldNot, RFC: "6531 §3.4",
		Title:  "What is known not to need it is not declared.",
		Script: "Offered; all ASCII",
		Right:  "C: no SMTPUTF8 on MAIL => accepted",
		Needs:  "ext:SMTPUTF8",
		Run: func(t *T) {
			s := t.Play(Offer("8BITMIME", "SMTPUTF8"))
			s.without("SMTPUTF8")
			s.Outcome("accepted")
		}},
	{ID: "utf8-ehlo-ascii", Level: Must, RFC: "6531 §3.7.1",
		Title:  "The EHLO name is ASCII.",
		Script: "`--helo почта.test`",
		Right:  "C: an A-label, or refusal => accepted or not-sent",
		Needs:  "opt:helo",
		Run: func(t *T) {
			s := t.Play(With(func(j *Job) { j.Helo = "почта.test" }))
			s.asciiCommands()
			s.Outcome("accepted not-sent")
		}},
	{ID: "utf8-domain-a-label", Level: Should, RFC: "6531 §3.7",
		Title:  "Without the extension a domain goes as A-label.",
		Script: "Not offered; recipient `a@почта.test`",
		Right:  "C: `a@xn--...test`, or refusal; no raw UTF-8 => accepted or not-sent",
		Run: func(t *T) {
			s := t.Play(To("a@почта.test"))
			s.asciiCommands()
			s.Outcome("accepted not-sent")
		}},
	{ID: "utf8-without-8bitmime", Level: Robust, RFC: "6531 §3.1",
		Title:  "A server that offers SMTPUTF8 alone breaks the rule; no BODY is sent to it.",
		Script: "`250 SMTPUTF8` only; 501 to BODY=",
		Right:  "C: without BODY=, or refuses => accepted or not-sent",
		Needs:  "ext:SMTPUTF8",
		Run: func(t *T) {
			s := t.Play(Offer("SMTPUTF8"), To("грета"), Func(func(_ *Conn, cmd *Line) []any {
				if _, ok := cmd.Param("BODY"); ok && cmd.Verb == "MAIL" {
					return []any{"501 BODY not known"}
				}
				return nil
			}))
			s.without("BODY")
			s.Outcome("accepted not-sent")
		}},
	{ID: "utf8-refused", Level: Must, RFC: "6531 §3.5; 5321 §4.2.1",
		Title:  "550 and 553 with x.6.7 are refusals.",
		Script: "Offered; RCPT: `553 5.6.7 no`",
		Right:  "C: => permanent",
		Needs:  "ext:SMTPUTF8",
		Run: func(t *T) {
			s := t.Play(Offer("8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"), To("грета"), On("RCPT", "553 5.6.7 no"))
			s.Outcome("permanent")
		}},
	{ID: "utf8-251-text", Level: Must, RFC: "6531 §3.7.4.1",
		Title:  "With SMTPUTF8 a 251 or 551 may hold UTF-8.",
		Script: "Offered and used; RCPT a: `251 forward to <грета@other.test>`; b: `551 try <грета@other.test>`",
		Right:  "C: in step; text kept as UTF-8 => a accepted, b permanent",
		Needs:  "ext:SMTPUTF8",
		Run: func(t *T) {
			s := t.Play(Offer("8BITMIME", "SMTPUTF8"), To("а", "б"), On("RCPT#1", "251 forward to <грета@other.test>"), On("RCPT#2", "551 try <грета@other.test>"))
			s.Outcome("accepted not-sent", "permanent")
			for _, r := range s.recipients() {
				if r.Text != "" && !utf8.ValidString(r.Text) {
					t.Complainf("expected the text kept as UTF-8, got %q", r.Text)
				}
			}
		}},
	{ID: "utf8-invalid", Level: Must, RFC: "6531 §3.3",
		Title:  "Octets that are no UTF-8 are no address.",
		Script: "Offered; recipient with a lone `FF`, an overlong form, a surrogate",
		Right:  "C: refuses before the command => not-sent",
		Needs:  "ext:SMTPUTF8, opt:octets",
		Run: func(t *T) {
			for _, local := range []string{"a\xff", "a\xc0\xaf", "a\xed\xa0\x80"} {
				s := t.Play(Offer("8BITMIME", "SMTPUTF8"), To(local))
				s.Never("RCPT")
				s.Outcome("not-sent")
			}
		}},
	{ID: "utf8-quiet-downgrade", Level: Robust, RFC: "robust",
		Title:  "An address is never changed by dropping letters.",
		Script: "Not offered; recipient `jürgen@mx.test`",
		Right:  "C: no RCPT for `jrgen`, `j?rgen` or `jurgen` => not-sent or permanent",
		Run: func(t *T) {
			s := t.Play(To("jürgen"))
			for _, l := range s.Find("RCPT") {
				t.Failf("the address was changed: %q", l.Raw)
			}
			s.Outcome("not-sent permanent")
		}},
}

// mime is a message in UTF-8, with the encoding 8bit.
const mime = "From: <from@client.test>\r\nTo: <a@mx.test>\r\nSubject: eight bits\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße aus Köln\r\n"

// multipart has a part with the encoding 8bit.
const multipart = "From: <from@client.test>\r\nTo: <a@mx.test>\r\nSubject: parts\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=part\r\nContent-Transfer-Encoding: 8bit\r\n\r\n--part\r\nContent-Type: text/plain\r\n\r\nseven\r\n" +
	"--part\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n--part--\r\n"

// decoded is a message with what is in quoted-printable or base64 decoded as well.
func decoded(m []byte) string {
	text := string(m)
	if q, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(m))); err == nil {
		text += string(q)
	}
	for word := range strings.FieldsSeq(string(m)) {
		if b, err := base64.StdEncoding.DecodeString(word); err == nil {
			text += string(b)
		}
	}
	return text
}

// eight asks for a message with octets above 127.
func eight(text string) Option {
	return func(p *play) {
		p.job.Content = []byte(text)
		if slices.Contains(p.t.run.features.Opt, "body") {
			p.job.Body = "8bit"
		}
	}
}

// seven complains about octets above 127 in content or commands.
func (s *Seen) seven() {
	for _, m := range s.Messages {
		if i := bytes.IndexFunc(m.Wire, func(r rune) bool { return r > 127 }); i >= 0 {
			s.t.Complainf("expected no octet above 127, got one in the content at offset %d", i)
		}
	}
	s.asciiCommands()
}

// asciiCommands complains about octets above 127 in commands.
func (s *Seen) asciiCommands() {
	for _, l := range s.Lines() {
		if strings.ContainsFunc(l.Raw, func(r rune) bool { return r > 127 }) {
			s.t.Complainf("expected ASCII where SMTPUTF8 is not offered, got %.200q", l.Raw)
		}
	}
}

// param complains unless each MAIL has a parameter with a value, once.
func (s *Seen) param(name, want string) {
	for _, l := range s.Find("MAIL") {
		n := 0
		for _, p := range l.Params() {
			if key, value, _ := strings.Cut(p, "="); strings.EqualFold(key, name) {
				n++
				if !strings.EqualFold(value, want) {
					s.t.Complainf("expected %s=%s, got %q", name, want, l.Raw)
				}
			}
		}
		if n != 1 {
			s.t.Complainf("expected %s once, got %q", name, l.Raw)
		}
	}
}

// without complains about a parameter of MAIL or RCPT.
func (s *Seen) without(names ...string) {
	for _, l := range append(s.Find("MAIL"), s.Find("RCPT")...) {
		for _, name := range names {
			if _, ok := l.Param(name); ok {
				s.t.Complainf("expected no %s, got %.200q", name, l.Raw)
			}
		}
	}
}
