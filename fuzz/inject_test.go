package fuzz

import (
	"bytes"
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
	for what := range uint8(len(injections)) {
		for _, bad := range []string{
			"a@b.example", "a@b.example>\r\nRCPT TO:<c@d.example", "a@b.example> SIZE=1", "a@b.example>", "\"a>\"@b.example", "\"a\r\nQUIT\r\n\"@b.example", "\"a\\\r\n\"@b.example",
			"a\x00b@c.example", "name.example\r\nQUIT", "[192.0.2.1]\r\n", "[IPv6:::1 ]", "PLAIN\r\nQUIT", "PLAIN x", "1\r\nQUIT", "7BIT X=1", "\n", "\r", "\x00", "", " ", "a\u0085b@c.example", "<>", "é@b.example",
		} {
			f.Add(what, bad)
		}
	}
	f.Fuzz(func(t *testing.T, what uint8, arg string) {
		s, call, want := injections[int(what)%len(injections)](t, arg)
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

// An injection gives a session, a call that passes arg, and what the line may
// be.
type injection func(t testing.TB, arg string) (s *smtp.Session, call func() error, want func(line string) bool)

// injections are tried; files named for an extension add those of the extension.
var injections = []injection{
	func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
		s := offering(t, false, "")
		return s, func() error { _, err := s.Hello(arg); return err }, word("EHLO "+arg, arg)
	},
	func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
		s := offering(t, true, "")
		return s, func() error { return do(s, &smtp.Helo{Name: arg}) }, word("HELO "+arg, arg)
	},
	func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
		s := offering(t, true, "")
		return s, func() error { _, err := s.Mail(arg, nil); return err }, path("MAIL FROM:<"+arg+">", arg)
	},
	func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
		s := offering(t, true, "")
		s.Mail("", nil)
		return s, func() error { _, err := s.Rcpt(arg, nil); return err }, path("RCPT TO:<"+arg+">", arg)
	},
	func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
		s := offering(t, true, "")
		s.Mail("", nil)
		s.Rcpt("postmaster", nil)
		return s, func() error { _, err := s.Rcpt(arg, nil); return err }, path("RCPT TO:<"+arg+">", arg)
	},
	// any parameter of the table, its value as it stands
	func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
		s := offering(t, true, "")
		id := smtp.Param(1 + len(arg)%(len(s.Protocol().Params)-1))
		var p smtp.Params
		p.Put(id, []byte(arg))
		call := func() error { _, err := s.Mail("", &p); return err }
		return s, call, func(line string) bool {
			name := "MAIL FROM:<> " + s.Protocol().Params[id].Name
			return (line == name && arg == "" || strings.EqualFold(line, name+"="+arg)) && !strings.ContainsAny(arg, " =")
		}
	},
	// a key of the caller's own that checks nothing
	func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
		s := offering(t, true, "")
		id := smtp.Param(1 + len(arg)%(len(s.Protocol().Params)-1))
		key := smtp.ParamKey[string]{Param: id, Append: func(dst []byte, v string) ([]byte, error) { return append(dst, v...), nil }}
		var p smtp.Params
		smtp.Set(&p, key, arg)
		call := func() error { _, err := s.Mail("", &p); return err }
		return s, call, word("MAIL FROM:<> "+s.Protocol().Params[id].Name+"="+arg, arg)
	},
	func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
		s := offering(t, true, "")
		call := func() error { _, err := s.Noop(arg); return err }
		return s, call, func(line string) bool { return line == "NOOP" && arg == "" || line == "NOOP "+arg }
	},
	func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
		s := offering(t, true, "")
		return s, func() error { _, err := s.Vrfy(arg); return err }, equals("VRFY " + arg)
	},
	func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
		s := offering(t, true, "")
		return s, func() error { return do(s, &smtp.Expn{List: arg}) }, equals("EXPN " + arg)
	},
	func(t testing.TB, arg string) (*smtp.Session, func() error, func(string) bool) {
		s := offering(t, true, "")
		call := func() error { return do(s, &smtp.Help{Topic: arg}) }
		return s, call, func(line string) bool { return line == "HELP" && arg == "" || line == "HELP "+arg }
	},
}

func equals(wanted string) func(string) bool {
	return func(line string) bool { return line == wanted }
}

// word wants a line, and no space in what it was made of.
func word(wanted, arg string) func(string) bool {
	return func(line string) bool { return line == wanted && !strings.Contains(arg, " ") }
}

// path wants a line with a path that ends where it should.
func path(wanted, arg string) func(string) bool {
	return func(line string) bool { return line == wanted && closesAtEnd(arg) }
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
