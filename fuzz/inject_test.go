package fuzz

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// offering gives a session that was greeted, and with hello one that was
// offered all that the table knows, mechanism included.
func offering(t testing.TB, hello bool, mechanism string) *smtp.Session {
	s := smtp.NewSession(smtp.Config{})
	reply(s, "220 wild.example\r\n")
	if hello {
		if _, err := s.Hello("client.example"); err != nil {
			t.Fatal(err)
		}
		lines := "250-wild.example\r\n"
		for _, k := range s.Protocol().Keywords[1:] {
			lines += "250-" + k.Name
			if k.Name == "AUTH" {
				lines += " PLAIN " + mechanism
			}
			lines += "\r\n"
		}
		reply(s, lines+"250 X-LAST\r\n")
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return s
}

func reply(s *smtp.Session, text string) {
	s.Take(nil)
	s.HandleInput([]byte(text))
	for s.Next().Kind != smtp.None {
	}
}

// FuzzInject holds that nothing which a caller passes gets a line end, a NUL or
// another control character onto the wire, or makes two arguments or two
// commands of one: a call fails and has queued nothing, or has queued one line
// which says what was asked.
func FuzzInject(f *testing.F) {
	for what := range uint8(injections) {
		for _, bad := range []string{
			"a@b.example", "a@b.example>\r\nRCPT TO:<c@d.example", "a@b.example> SIZE=1", "a@b.example>", "\"a>\"@b.example", "\"a\r\nQUIT\r\n\"@b.example", "\"a\\\r\n\"@b.example",
			"a\x00b@c.example", "name.example\r\nQUIT", "[192.0.2.1]\r\n", "[IPv6:::1 ]", "PLAIN\r\nQUIT", "PLAIN x", "1\r\nQUIT", "7BIT X=1", "\n", "\r", "\x00", "", " ", "a\u0085b@c.example", "<>", "é@b.example",
		} {
			f.Add(what, bad)
		}
	}
	f.Fuzz(func(t *testing.T, what uint8, arg string) {
		s, call, want := injection(t, what%injections, arg)
		pending, awaiting, assumed := bytes.Clone(s.Pending()), s.Awaiting(), s.Assumed()
		err := call()
		got := s.Pending()
		if err != nil {
			if !bytes.Equal(got, pending) || s.Awaiting() != awaiting || s.Assumed() != assumed {
				t.Fatalf("a call that failed (%v) changed the session: it queued %q", err, got[len(pending):])
			}
			if strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Fatalf("the error carries control characters: %q", err)
			}
			return
		}
		if !bytes.HasPrefix(got, pending) {
			t.Fatalf("the call changed what was queued before: %q", got)
		}
		line, found := strings.CutSuffix(string(got[len(pending):]), "\r\n")
		if !found {
			t.Fatalf("no line end: %q", got)
		}
		for i := range len(line) {
			if line[i] < ' ' || line[i] == 0x7f {
				t.Fatalf("a control character went out: %q", line)
			}
		}
		if s.Awaiting() != awaiting+1 {
			t.Fatalf("%d commands were queued", s.Awaiting()-awaiting)
		}
		if !want(line) {
			t.Fatalf("%q was made of %q", line, arg)
		}
	})
}

const injections = 18

// injection gives a session, a call that passes arg, and what the line may be.
func injection(t testing.TB, what uint8, arg string) (s *smtp.Session, call func() error, want func(line string) bool) {
	equals := func(wanted string) func(string) bool { return func(line string) bool { return line == wanted } }
	word := func(wanted string) func(string) bool { // and arg has no space
		return func(line string) bool { return line == wanted && !strings.Contains(arg, " ") }
	}
	path := func(wanted string) func(string) bool {
		return func(line string) bool { return line == wanted && closesAtEnd(arg) }
	}
	s = offering(t, true, "X-OTHER")
	var p smtp.Params
	switch what {
	case 0:
		s = offering(t, false, "")
		call = func() error { _, err := s.Hello(arg); return err }
		want = word("EHLO " + arg)
	case 1:
		call = func() error { return do(s, &smtp.Helo{Name: arg}) }
		want = word("HELO " + arg)
	case 2:
		call = func() error { _, err := s.Mail(arg, nil); return err }
		want = path("MAIL FROM:<" + arg + ">")
	case 3:
		smtp.Set(&p, smtp.SMTPUTF8, true)
		call = func() error { return do(s, &smtp.Mail{From: arg, Params: &p}) }
		want = path("MAIL FROM:<" + arg + "> SMTPUTF8")
	case 4:
		s = smtp.NewSession(smtp.Config{LMTP: true})
		reply(s, "220 wild.example\r\n")
		call = func() error { return do(s, &smtp.Lhlo{Name: arg}) }
		want = word("LHLO " + arg)
	case 5, 6:
		s.Mail("", nil)
		if what == 6 {
			s.Rcpt("postmaster", nil)
		}
		call = func() error { _, err := s.Rcpt(arg, nil); return err }
		want = path("RCPT TO:<" + arg + ">")
	case 7:
		smtp.Set(&p, smtp.Body, smtp.BodyValue(arg))
		call = func() error { _, err := s.Mail("", &p); return err }
		want = func(line string) bool {
			return line == "MAIL FROM:<> BODY=7BIT" || line == "MAIL FROM:<> BODY=8BITMIME"
		}
	case 8:
		smtp.Set(&p, smtp.Submitter, arg)
		call = func() error { _, err := s.Mail("", &p); return err }
		want = func(line string) bool {
			value, found := strings.CutPrefix(line, "MAIL FROM:<> AUTH=")
			return found && (value == "<>") == (arg == "") && !strings.ContainsAny(value, " =")
		}
	case 9: // any parameter of the table, its value as it stands
		id := smtp.Param(1 + len(arg)%(len(s.Protocol().Params)-1))
		p.Put(id, []byte(arg))
		call = func() error { _, err := s.Mail("", &p); return err }
		want = func(line string) bool {
			name := "MAIL FROM:<> " + s.Protocol().Params[id].Name
			return (line == name && arg == "" || strings.EqualFold(line, name+"="+arg)) && !strings.ContainsAny(arg, " =")
		}
	case 10: // a key of the caller's own that checks nothing
		key := smtp.ParamKey[string]{Param: smtp.ParamSize, Append: func(dst []byte, v string) ([]byte, error) { return append(dst, v...), nil }}
		smtp.Set(&p, key, arg)
		call = func() error { _, err := s.Mail("", &p); return err }
		want = word("MAIL FROM:<> SIZE=" + arg)
	case 11:
		call = func() error { _, err := s.Noop(arg); return err }
		want = func(line string) bool { return line == "NOOP" && arg == "" || line == "NOOP "+arg }
	case 12:
		call = func() error { _, err := s.Vrfy(arg); return err }
		want = equals("VRFY " + arg)
	case 13:
		call = func() error { return do(s, &smtp.Expn{List: arg}) }
		want = equals("EXPN " + arg)
	case 14:
		call = func() error { return do(s, &smtp.Help{Topic: arg}) }
		want = func(line string) bool { return line == "HELP" && arg == "" || line == "HELP "+arg }
	case 15: // a mechanism that a hostile server offered
		if strings.ContainsAny(arg, "\r\n\x00") {
			arg = "X"
		}
		s = offering(t, true, arg)
		call = func() error { _, err := s.Authenticate(arg, []byte("secret"), false); return err }
		want = word("AUTH " + arg + " c2VjcmV0")
	case 16:
		call = func() error { _, err := s.Authenticate("PLAIN", []byte(arg), false); return err }
		want = func(line string) bool {
			return line == "AUTH PLAIN =" && arg == "" || line == "AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte(arg))
		}
	default:
		if _, err := s.Authenticate("PLAIN", nil, false); err != nil {
			t.Fatal(err)
		}
		reply(s, "334 \r\n")
		call = func() error { _, err := s.Line([]byte(arg)); return err }
		want = equals(base64.StdEncoding.EncodeToString([]byte(arg)))
	}
	return s, call, want
}

func do(s *smtp.Session, c smtp.Command) error {
	_, err := s.Do(c)
	return err
}

// closesAtEnd reports that a path between angle brackets is closed by no octet
// of its own: "<", ">" and spaces stand only within quotes.
func closesAtEnd(path string) bool {
	quoted := false
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '<' || c == '>' || c == ' '):
			return false
		}
	}
	return !quoted
}

// What a caller declares for a chunk is what goes out, and a message's text
// brings no command with it: not even where it looks like the end of data.
func FuzzInjectContent(f *testing.F) {
	for _, text := range []string{"", ".", "..", ".\r\n", "a\r\n.\r\nQUIT\r\n", "a\n.\nQUIT\n", "a\r.\r", "\r", "a\r\n.\r", "\n.\r\n.\n", ".\r.\r\n", "\x00"} {
		f.Add(text, uint8(1))
		f.Add(text, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		s := offering(t, true, "")
		s.Mail("", nil)
		s.Rcpt("r@wild.example", nil)
		s.Data()
		reply(s, "250 a\r\n250 b\r\n354 c\r\n")
		for rest := text; rest != ""; {
			piece := rest[:min(len(rest), 1+int(n))]
			rest = rest[len(piece):]
			if s.Content([]byte(piece)) != nil {
				return // a lone CR: the message can't be ended any more
			}
		}
		before := len(s.Pending())
		if _, err := s.EndContent(); err != nil {
			if len(s.Pending()) != before {
				t.Fatalf("a call that failed queued %q", s.Pending()[before:])
			}
			return
		}
		out := string(s.Pending())
		end := strings.Index("\r\n"+out, "\r\n.\r\n")
		if end+len(".\r\n") != len(out) {
			t.Fatalf("%q ends the message early, or never: %q", text, out)
		}
		for i := range len(out) {
			if out[i] == '\n' && (i == 0 || out[i-1] != '\r') || out[i] == '\r' && (i+1 == len(out) || out[i+1] != '\n') {
				t.Fatalf("a lone CR or LF went out: %q", out)
			}
		}
	})
}
