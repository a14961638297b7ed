package conformance

import (
	"net/mail"
	"regexp"
	"strings"
)

// fields are the header fields of a message with a name, unfolded, from the top.
func fields(message []byte, name string) (list []string) {
	head, _, _ := strings.Cut(lf(string(message)), "\n\n")
	head = regexp.MustCompile(`\n[ \t]+`).ReplaceAllString(head, " ")
	for _, line := range strings.Split(head, "\n") {
		if n, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			list = append(list, strings.TrimSpace(value))
		}
	}
	return list
}

// field is the first of them, empty if there is none.
func field(message []byte, name string) string {
	if list := fields(message, name); len(list) > 0 {
		return list[0]
	}
	return ""
}

// traced sends a plain message and gives what arrived, with its topmost Received
// field; without one the case is judged.
func traced(t *T) (message []byte, received string) {
	token := t.Token()
	t.Session().Message(t.Text(token, "its trace fields are read\r\n")).Need("250")
	message = t.Arrived(token)
	if received = field(message, "Received"); received == "" {
		t.Complainf("the message that arrived has no Received field")
		t.Must(false)
	}
	return message, received
}

var traceCases = []Case{
	{
		ID: "data-received", Level: Must, RFC: "5321 §4.4; §4.1.1.4",
		Title: "A Received field with FROM, BY and a date is put on top.",
		Test:  "read the delivered message; fail: none above the fields that were sent, or FROM, BY or date lacking; what delivery puts on (Return-Path, Delivered-To) may stand above it",
		Needs: "mailbox",
		Run: func(t *T) {
			_, r := traced(t)
			low := " " + strings.ToLower(r)
			for _, clause := range []string{" from ", " by "} {
				if !strings.Contains(low, clause) {
					t.Failf("the Received field %q lacks %s", short(r, 120), strings.TrimSpace(strings.ToUpper(clause)))
				}
			}
			if _, _, ok := receivedDate(r); !ok {
				t.Failf("the Received field %q has no date behind a semicolon", short(r, 120))
			}
		},
	},
	{
		ID: "data-received-from", Level: Should, RFC: "5321 §4.4; 2505 §2.2.1",
		Title: "Its FROM clause has the EHLO name and the peer's address.",
		Test:  "EHLO with a telling name; warn: name or address lacking (2505 has the address as a MUST)",
		Needs: "mailbox",
		Run: func(t *T) {
			_, r := traced(t)
			if !strings.Contains(r, t.cfg.Hello) {
				t.Warnf("the Received field %q does not name %s, which EHLO said", short(r, 120), t.cfg.Hello)
			}
			if !regexp.MustCompile(`\[[0-9A-Fa-f:.IPv]+\]`).MatchString(r) {
				t.Warnf("the Received field %q has no address of the client", short(r, 120))
			}
		},
	},
	{
		ID: "data-received-with", Level: Should, RFC: "4954 §7; 3848 §1; 5321 §4.4",
		Title: "Its WITH clause tells the protocol: SMTP, ESMTP, and with A and S for AUTH and STARTTLS.",
		Test:  "HELO, EHLO, under TLS, after AUTH; warn: another word",
		Needs: "mailbox",
		Vary:  "link login",
		Run: func(t *T) {
			_, r := traced(t)
			want := "ESMTP"
			if t.cfg.LMTP {
				want = "LMTP"
			}
			if t.circ.Link != LinkPlain {
				want += "S"
			}
			if t.circ.Login == LoginFirst {
				want += "A"
			}
			if m := regexp.MustCompile(`(?i)\swith\s+(?:\(.*?\)\s*)?([A-Z0-9]+)`).FindStringSubmatch(r); m == nil || !strings.EqualFold(m[1], want) {
				t.Warnf("expected the clause WITH %s, got %q", want, short(r, 160))
			}
		},
	},
	{
		ID: "data-received-for-one", Level: Must, RFC: "5321 §4.4",
		Title: "A FOR clause has one path.",
		Test:  "message to two recipients of one mailbox; fail: two paths in FOR",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.Session()
			c.Mail()
			c.Rcpt()
			c.Cmd("RCPT TO:<postmaster@" + t.Domain() + ">")
			c.Cmd("RSET")
			c.Mail()
			c.Rcpt()
			c.Rcpt()
			c.Data()
			c.End(t.Text(token, "two recipients in the envelope\r\n")).Need("250")
			if m := regexp.MustCompile(`(?i)\sfor\s+<[^>]*>\s*,`).FindString(field(t.Arrived(token), "Received")); m != "" {
				t.Failf("the FOR clause has more than one path: %q", m)
			}
		},
	},
	{
		ID: "data-received-date", Level: MustNot, RFC: "5321 §4.4",
		Title: "The date of the Received field has no obsolete form, such as a year of two digits.",
		Test:  "parse; fail",
		Needs: "mailbox",
		Run: func(t *T) {
			_, r := traced(t)
			_, text, ok := receivedDate(r)
			if m := regexp.MustCompile(`\s\d{1,2}\s+[A-Z][a-z]{2}\s+(\d+)\s`).FindStringSubmatch(" " + text + " "); !ok || m == nil || len(m[1]) != 4 {
				t.Failf("the date %q has no year of four digits", text)
			}
		},
	},
	{
		ID: "data-received-offset", Level: Should, RFC: "5321 §4.4",
		Title: "Its date has a numeric offset; a zone name is only a comment.",
		Test:  "parse; warn",
		Needs: "mailbox",
		Run: func(t *T) {
			_, r := traced(t)
			if _, text, _ := receivedDate(r); !regexp.MustCompile(`[+-]\d{4}\b`).MatchString(text) {
				t.Warnf("the date %q has no numeric offset", text)
			}
		},
	},
	{
		ID: "data-received-top", Level: MustNot, RFC: "5321 §4.4",
		Title: "Received goes nowhere but on top.",
		Test:  "message with three numbered fields; fail: the new one is among or below them",
		Needs: "mailbox",
		Run: func(t *T) {
			head := "Received: from one.example by x.example; Mon, 3 Jan 2022 10:00:00 +0000\r\n" +
				"Received: from two.example by x.example; Mon, 3 Jan 2022 10:00:00 +0000\r\n" +
				"Received: from three.example by x.example; Mon, 3 Jan 2022 10:00:00 +0000\r\n"
			token := t.Token()
			t.Session().Message(head + t.Text(token, "three trace fields\r\n")).Need("250")
			list := fields(t.Arrived(token), "Received")
			if len(list) < 4 {
				t.Skipf("a Received field of the server")
			}
			for i, name := range []string{"one", "two", "three"} {
				if !strings.Contains(list[len(list)-3+i], name+".example") {
					t.Failf("the Received fields came in the order %q", short(strings.Join(list, " | "), 300))
					return
				}
			}
		},
	},
	{
		ID: "data-header-kept", Level: MustNot, RFC: "5321 §4.4; §3.7.2",
		Title: "Received fields already there are neither changed nor reordered.",
		Test:  "message with two; compare",
		Needs: "mailbox",
		Run: func(t *T) {
			one := "from one.example by x.example (odd  spacing); Mon, 3 Jan 2022 10:00:00 +0000"
			two := "from two.example by x.example; Mon, 3 Jan 2022 10:00:01 +0000"
			token := t.Token()
			t.Session().Message("Received: " + one + "\r\nReceived: " + two + "\r\n" + t.Text(token, "two trace fields\r\n")).Need("250")
			list := fields(t.Arrived(token), "Received")
			if n := len(list); n < 2 || list[n-2] != one || list[n-1] != two {
				t.Failf("the Received fields came as %q", short(strings.Join(list, " | "), 300))
			}
		},
	},
	{
		ID: "data-return-path", Level: Must, RFC: "5321 §4.4; §4.1.1.4",
		Title: "At final delivery one Return-Path holds the reverse-path.",
		Test:  "compare, with `<>` too",
		Needs: "mailbox",
		Run: func(t *T) {
			for _, from := range []string{t.cfg.Sender, ""} {
				token := t.Token()
				c := t.Session()
				c.Cmd("MAIL FROM:<" + from + ">").Need("250")
				c.Rcpt()
				c.Data()
				c.End(t.Text(token, "its Return-Path is read\r\n")).Need("250")
				list := fields(t.Arrived(token), "Return-Path")
				if len(list) == 0 || !strings.Contains(list[0], "<"+from+">") {
					t.Failf("expected Return-Path: <%s>, got %q", from, list)
				}
			}
		},
	},
	{
		ID: "data-return-path-one", Level: Should, RFC: "5321 §4.4",
		Title: "Exactly one Return-Path is in a delivered message.",
		Test:  "message that brings its own Return-Path; warn: two",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			t.Session().Message("Return-Path: <forged@client.example>\r\n" + t.Text(token, "brings a Return-Path\r\n")).Need("250")
			if list := fields(t.Arrived(token), "Return-Path"); len(list) != 1 {
				t.Warnf("%d Return-Path fields: %q", len(list), list)
			}
		},
	},
	{
		ID: "data-bcc-untouched", Level: MustNot, RFC: "5321 §3.6.3; §6.4; §7.9",
		Title: "A relay changes no header field and no text; it adds its Received field only.",
		Test:  "Subject, odd spacing, folded lines, Bcc, compared at the next hop (relay) or in the mailbox (there warn only: delivery may do more)",
		Needs: "mailbox",
		Run: func(t *T) {
			token := t.Token()
			text := "Subject:  odd   spacing of conformance test\r\nX-Folded: a\r\n\t b\r\nBcc: <somebody@list.invalid>\r\n" + t.Text(token, "text\r\n")
			t.Session().Message(text).Need("250")
			if got := lf(string(t.Arrived(token))); !strings.HasSuffix(strings.TrimRight(got, "\n"), strings.TrimRight(lf(text), "\n")) {
				t.Warnf("header or text came changed")
			}
		},
	},
}

// receivedDate is the text behind the last semicolon of a Received field.
func receivedDate(received string) (date int64, text string, ok bool) {
	at := strings.LastIndexByte(received, ';')
	if at < 0 {
		return 0, "", false
	}
	text = strings.TrimSpace(received[at+1:])
	when, err := mail.ParseDate(text)
	return when.Unix(), text, err == nil
}
