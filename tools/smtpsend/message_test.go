package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var someDay = time.Date(2026, 3, 14, 15, 9, 26, 0, time.FixedZone("", 3600))

func TestBuildGivesTheSameOctetsEachTime(t *testing.T) {
	d := draft{
		from: "Tim <tim@example.org>", to: []string{"ann@example.net"}, subject: "Report",
		body: "Here it is.", headers: []string{"Reply-To: desk@example.org"}, date: someDay, id: "1",
	}
	got, err := d.build()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(`Date: Sat, 14 Mar 2026 15:09:26 +0100
From: "Tim" <tim@example.org>
To: <ann@example.net>
Message-ID: <1@example.org>
Subject: Report
Reply-To: desk@example.org
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit

Here it is.
`, "\n", "\r\n")
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// What goes in comes out of an independent reader, and every line is fit for
// any server: CRLF, ASCII, and 998 octets at most.
func TestBuildIsReadBack(t *testing.T) {
	line := rapid.StringOf(rapid.Rune().Filter(func(r rune) bool { return r >= ' ' && (r < 0x7f || r >= 0xa0) }))
	rapid.Check(t, func(t *rapid.T) {
		d := draft{
			from: "tim@example.org", to: []string{"ann@example.net", "Bob Böhm <bob@example.net>"},
			subject: strings.Join(strings.Fields(line.Draw(t, "subject")), " "),
			body:    strings.Join(rapid.SliceOf(line).Draw(t, "body"), "\n"),
			date:    someDay,
		}
		for i, content := range rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, 3).Draw(t, "files") {
			d.files = append(d.files, file{fmt.Sprintf("fähre %d.%s", i, rapid.SampledFrom([]string{"txt", "pdf", "x"}).Draw(t, "type")), content})
		}
		got, err := d.build()
		if err != nil {
			t.Fatal(err)
		}
		for l := range bytes.Lines(got) {
			if !bytes.HasSuffix(l, []byte("\r\n")) || len(l) > maxLine+2 {
				t.Fatalf("a line of %d octets: %q", len(l), l)
			}
			if bytes.ContainsFunc(l[:len(l)-2], func(r rune) bool { return r >= 0x80 || r == '\r' || r == 0 }) {
				t.Fatalf("not plain ASCII: %q", l)
			}
		}
		m, err := mail.ReadMessage(bytes.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		decoder := new(mime.WordDecoder)
		if subject, err := decoder.DecodeHeader(m.Header.Get("Subject")); err != nil || subject != d.subject {
			t.Fatalf("subject %q became %q, %v", d.subject, subject, err)
		}
		if to, err := m.Header.AddressList("To"); err != nil || len(to) != 2 || to[1].Name != "Bob Böhm" {
			t.Fatalf("To became %v, %v", to, err)
		}
		body, parts := readParts(t, m)
		if want := asText(d.body); body != want {
			t.Fatalf("body %q became %q", want, body)
		}
		if diff := cmp.Diff(d.files, parts, cmp.AllowUnexported(file{}), cmp.Transformer("text", func(b []byte) string { return string(b) })); diff != "" {
			t.Fatal(diff)
		}
	})
}

// asText is body with a line end at its end, and CRLF throughout.
func asText(body string) string {
	if body != "" && !strings.HasSuffix(body, "\n") {
		body += "\n"
	}
	return strings.ReplaceAll(body, "\n", "\r\n")
}

func readParts(t *rapid.T, m *mail.Message) (body string, files []file) {
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind == "text/plain" {
		return decode(t, m.Header.Get("Content-Transfer-Encoding"), m.Body), nil
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	for i := 0; ; i++ {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return body, files
		}
		if err != nil {
			t.Fatal(err)
		}
		content := decode(t, p.Header.Get("Content-Transfer-Encoding"), p)
		if i == 0 {
			body = content
			continue
		}
		_, disposition, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file{disposition["filename"], []byte(content)})
	}
}

func decode(t *rapid.T, encoding string, r io.Reader) string {
	switch encoding {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestBuildRefusesWhatWouldBreakOut(t *testing.T) {
	good := draft{from: "tim@example.org", to: []string{"ann@example.net"}, date: someDay}
	for _, c := range []struct {
		name string
		bad  func(*draft)
		want string
	}{
		{"header line break", func(d *draft) { d.headers = []string{"X-Note: a\r\nBcc: eve@example.com"} }, "--header X-Note"},
		{"header lone LF", func(d *draft) { d.headers = []string{"X-Note: a\nBcc: eve@example.com"} }, "--header X-Note"},
		{"header name", func(d *draft) { d.headers = []string{"X Note: a"} }, "printable ASCII without spaces"},
		{"header name line break", func(d *draft) { d.headers = []string{"X-Note\r\nBcc: a"} }, "printable ASCII without spaces"},
		{"header without colon", func(d *draft) { d.headers = []string{"X-Note"} }, "NAME: VALUE"},
		{"header without name", func(d *draft) { d.headers = []string{": x"} }, "NAME: VALUE"},
		{"header with a flag", func(d *draft) { d.headers = []string{"subject: a"} }, "use --subject"},
		{"header of the body", func(d *draft) { d.headers = []string{"content-TYPE: text/html"} }, "can't be set"},
		{"header too long", func(d *draft) { d.headers = []string{"X-Note: " + strings.Repeat("x", 1000)} }, "998"},
		{"subject line break", func(d *draft) { d.subject = "a\r\nBcc: eve@example.com" }, "--subject"},
		{"subject NUL", func(d *draft) { d.subject = "a\x00b" }, "--subject"},
		{"subject not UTF-8", func(d *draft) { d.subject = "\xff" }, "--subject"},
		{"body NUL", func(d *draft) { d.body = "a\x00b" }, "--body"},
		{"from line break", func(d *draft) { d.from = "tim@example.org\r\nBcc: eve@example.com" }, "--from"},
		{"from empty", func(d *draft) { d.from = "" }, "--from"},
		{"from twice", func(d *draft) { d.from = "tim@example.org, ann@example.net" }, "one address"},
		{"to no domain", func(d *draft) { d.to = []string{"ann"} }, "--to"},
		{"to bad domain", func(d *draft) { d.to = []string{"ann@-x-.example"} }, "--to"},
		{"cc line break", func(d *draft) { d.cc = []string{"\"a\r\nb\" <ann@example.net>"} }, "--cc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := good
			c.bad(&d)
			content, err := d.build()
			if err == nil {
				t.Fatalf("was built:\n%s", content)
			}
			if codeOf(err) != exitUsage || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want an error about %q", err, c.want)
			}
		})
	}
}

func TestBuildFoldsLongFields(t *testing.T) {
	subject := strings.TrimSpace(strings.Repeat("words that go on ", 20))
	d := draft{from: "tim@example.org", to: []string{"ann@example.net"}, subject: subject, date: someDay}
	for i := range 30 {
		d.cc = append(d.cc, fmt.Sprintf("Colleague %d <colleague%d@example.net>", i, i))
	}
	got, err := d.build()
	if err != nil {
		t.Fatal(err)
	}
	for l := range bytes.Lines(got) {
		if len(l) > goodLine+2 {
			t.Errorf("a line of %d octets: %q", len(l), l)
		}
	}
	m, err := mail.ReadMessage(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if s := m.Header.Get("Subject"); s != subject {
		t.Errorf("subject became %q", s)
	}
	if cc, err := m.Header.AddressList("Cc"); err != nil || len(cc) != 30 || cc[29].Address != "colleague29@example.net" {
		t.Errorf("Cc became %v, %v", cc, err)
	}
}

func TestBuildBreaksLongLinesOfText(t *testing.T) {
	long := strings.Repeat("x", 2000)
	_, encoding, text := encodeText(long)
	if encoding != "quoted-printable" {
		t.Errorf("a line of 2000 octets went as %s", encoding)
	}
	got, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(text)))
	if err != nil || string(got) != long+"\r\n" {
		t.Errorf("it became %d octets, %v", len(got), err)
	}
}

func TestBuildNamesNoHiddenRecipient(t *testing.T) {
	got, err := draft{from: "tim@example.org", date: someDay}.build()
	if err != nil || !bytes.Contains(got, []byte("To: undisclosed-recipients:;\r\n")) {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestBuildCallsBrokenTextBinary(t *testing.T) {
	for name, want := range map[string]string{"a.html": "text/html; charset=utf-8", "a.unheard-of": "application/octet-stream"} {
		if got := (file{name, []byte("hällo")}).kind(); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if got := (file{"a.html", []byte("h\xe4llo")}).kind(); got != "application/octet-stream" {
		t.Errorf("Latin-1 in a.html is %s", got)
	}
}
