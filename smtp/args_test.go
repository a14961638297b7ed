package smtp

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseCommandBears(t *testing.T) {
	for _, tc := range []struct {
		line string
		want Command
	}{
		{"mail from:<ann@example.org>", &handMail{From: "ann@example.org"}},
		{"MAIL FROM:<ann@example.org> \t \r\n", &handMail{From: "ann@example.org"}},
		{"MAIL FROM:<@a.example,@[192.0.2.1]:ann@example.org>", &handMail{From: "ann@example.org"}},
		{"RCPT TO:<@a.example:postmaster>", &handRcpt{To: "postmaster"}},
		{"RCPT TO:<POSTMASTER> NOTIFY=x", &handRcpt{To: "POSTMASTER", Params: handParams(func(p *Params) { Set(p, handNotify, "x") })}},
		{`RCPT TO:<"a> b@c"@example.org>`, &handRcpt{To: `"a> b@c"@example.org`}},
		{"MAIL FROM:<> size=007 bOdY=8bitMIME SMTPutf8", &handMail{Params: handParams(func(p *Params) {
			p.Put(handParamSize, []byte("007"))
			Set(p, handBodyKey, "8BITMIME")
			Set(p, handUTF8, true)
		})}},
		{"bdat 12 last", &handBdatLast{Size: 12}},
		{"NOOP ", &handNoop{}},
		{"AUTH PLAIN =", &handAuth{Mechanism: "PLAIN", Initial: []byte{}}},
	} {
		got := handKinds[tc.want.Op()-1]()
		if err := ParseCommand(handTable, []byte(tc.line), got); err != nil {
			t.Errorf("ParseCommand(%q): %v", tc.line, err)
		} else if d := cmp.Diff(tc.want, got, handSame); d != "" {
			t.Errorf("ParseCommand(%q):\n%s", tc.line, d)
		}
	}
}

func TestParseCommandRefuses(t *testing.T) {
	for _, tc := range []struct {
		line string
		c    Command
		says string
	}{
		{"MAIL TO:<a@b>", &handMail{}, "expected MAIL FROM:"},
		{"MAIL FROM:", &handMail{}, "the line ends before"},
		{"MAIL FROM: <a@b>", &handMail{}, `expected "<"`},
		{"MAIL FROM:a@b", &handMail{}, `expected "<"`},
		{"MAIL FROM:<a@b", &handMail{}, `expected ">"`},
		{"MAIL FROM:<postmaster>", &handMail{}, whyQuoting},
		{"MAIL FROM:<a@b>SIZE=1", &handMail{}, "expected a space"},
		{"MAIL FROM:<>SIZE=1", &handMail{}, "expected a space"},
		{"MAIL FROM:<a@b>  SIZE=1", &handMail{}, "expected NAME"},
		{"MAIL FROM:<a@b> =1", &handMail{}, "expected NAME"},
		{"MAIL FROM:<a@b> -X=1", &handMail{}, "expected NAME"},
		{"MAIL FROM:<a@b> SIZE", &handMail{}, whyValue},
		{"MAIL FROM:<a@b> SIZE=", &handMail{}, whyValue},
		{"MAIL FROM:<a@b> SIZE=1=2", &handMail{}, whyValue},
		{"MAIL FROM:<a@b> SIZE=x", &handMail{}, "SIZE: expected an integer"},
		{"MAIL FROM:<a@b> SIZE=1 SIZE=1", &handMail{}, "SIZE: expected it once"},
		{"MAIL FROM:<a@b> SMTPUTF8=", &handMail{}, "expected no value"},
		{"MAIL FROM:<a@b> BODY=9BIT", &handMail{}, "expected 7BIT or"},
		{"MAIL FROM:<a@b> COLOR=red", &handMail{}, `got "COLOR"`},
		{"RCPT TO:<a@b> SIZE=1", &handRcpt{}, `got "SIZE"`},
		{"RCPT TO:<>", &handRcpt{}, whyQuoting},
		{"RCPT TO:<@a.example>", &handRcpt{}, "source route"},
		{"RCPT TO:<@a.example,b.example:a@b>", &handRcpt{}, "source route"},
		{"RCPT TO:<a@b> ", &handRcpt{}, ""},
		{"RCPT TO:<a\x00@b>", &handRcpt{}, whyControl},
		{"EHLO", &handEhlo{}, "the line ends before"},
		{"EHLO a b", &handEhlo{}, "expected its end"},
		{"EHLO under_score", &handEhlo{}, whyDomainChar},
		{"EHLOx", &handEhlo{}, "expected a space"},
		{"AUTH PLAIN AGEAYg=", &handAuth{}, "base64"},
		{"AUTH PLAIN AGE\nAYg=", &handAuth{}, "base64"},
		{"AUTH PLAIN ====", &handAuth{}, "base64"},
		{"*", &handAuthLine{}, "base64"},
		{"BDAT", &handBdat{}, "the line ends before"},
		{"BDAT 12345678901234567890", &handBdat{}, "1 to 19 digits"},
		{"BDAT 1 LAST", &handBdat{}, "expected its end"},
		{"BDAT 1", &handBdatLast{}, "the line ends before"},
		{"BDAT 1 FIRST", &handBdatLast{}, "expected LAST"},
		{"NOOP  x", &handNoop{}, whyEnds},
		{"NOOP a\x01", &handNoop{}, whyText},
	} {
		err := ParseCommand(handTable, []byte(tc.line), tc.c)
		var argument *ArgumentError
		switch {
		case tc.says == "" && err != nil:
			t.Errorf("ParseCommand(%q): %v", tc.line, err)
		case tc.says != "" && (!errors.As(err, &argument) || !strings.Contains(err.Error(), tc.says)):
			t.Errorf("ParseCommand(%q) = %v, want an *ArgumentError that says %q", tc.line, err, tc.says)
		}
	}
}

// The server role tells what it does not offer from what is malformed
// (RFC 5321 §4.1.1.11), and knows what parameters set.
func TestArgsOffers(t *testing.T) {
	for _, tc := range []struct {
		input   string
		offered uint64
		facts   Facts
		unknown bool
		says    string
		sets    Facts
		sized   bool
	}{
		{"<a@b> SIZE=1", 1 << handSizeOffered, 0, false, "", 0, true},
		{"<a@b> SIZE=1", 0, 0, true, "offered", 0, false},
		{"<a@b> COLOR", ^uint64(0), 0, true, "COLOR", 0, false},
		{"<a@b> BODY=BINARYMIME", 1 << handBodyOffered, 0, true, "BINARYMIME", 0, false},
		{"<a@b> SIZE=x", ^uint64(0), 0, false, "integer", 0, false},
		{"<a@b> HOLD=1", 0, 0, false, "it needs auth", 0, false},
		{"<a@b> HOLD=1", 0, 1, false, "", 0, false},
		{"<jörg@b>", ^uint64(0), 0, false, "expected ASCII", 0, false},
		{"<jörg@b>", ^uint64(0), 2, false, "", 0, false},
		{"<jörg@b> SMTPUTF8", ^uint64(0), 0, false, "", 2, false},
	} {
		for _, check := range []bool{false, true} {
			var a Args
			a.begin(handTable, handOpMail, []byte(tc.input), tc.offered, tc.facts, check)
			var c handMail
			c.Parse(&a)
			a.end()
			err := a.Err()
			if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%q: got %v, want it to say %q", tc.input, err, tc.says)
			}
			if a.unknown != tc.unknown || err == nil && (a.sets != tc.sets || a.sized != tc.sized) {
				t.Errorf("%q: unknown %v, sets %b, sized %v, want %v, %b, %v", tc.input, a.unknown, a.sets, a.sized, tc.unknown, tc.sets, tc.sized)
			}
		}
	}
}

func TestArgsOfKeyword(t *testing.T) {
	words := func(a *Args) (v []string) {
		for a.More() {
			v = append(v, a.Word())
		}
		return v
	}
	for input, want := range map[string][]string{
		"":                    nil,
		"PLAIN":               {"PLAIN"},
		"PLAIN  LOGIN ":       {"PLAIN", "LOGIN"},
		" PLAIN":              {"PLAIN"},
		"RCPTMAX=100 MAILMAX": {"RCPTMAX=100", "MAILMAX"},
	} {
		a := NewArgs(handTable, 0, []byte(input))
		if d := cmp.Diff(want, words(a)); d != "" || a.Err() != nil {
			t.Errorf("%q: %v %s", input, a.Err(), d)
		}
	}
	a := NewArgs(handTable, 0, []byte("PLAIN b\x00d LOGIN"))
	if words(a); a.Err() == nil || a.More() {
		t.Error("a control character must be an error, and end the arguments")
	}
}

// Params that are passed in are used again.
func TestArgsReuseParams(t *testing.T) {
	p := handParams(func(p *Params) { Set(p, handHold, "old") })
	a := NewArgs(handTable, handOpMail, []byte("<> SIZE=5"))
	a.ReversePath()
	got := a.Params(p)
	size, ok := Get(got, handSize)
	if got != p || p.Len() != 1 || size != 5 || !ok {
		t.Errorf("got %p with %d parameters, SIZE %d, want %p with SIZE 5 alone", got, got.Len(), size, p)
	}
}

// Whatever comes, checking and reading agree, and what was read can be written
// and read again.
func FuzzArgs(f *testing.F) {
	for _, s := range []string{
		"<ann@example.org> SIZE=1 BODY=8BITMIME", "<@a,@b:\"x y\"@[IPv6:::1]> AUTH=<>", " PLAIN AGEAYg==",
		" 12 LAST", " text text", "<Postmaster>", "AGEAYg==", " [192.0.2.1]", "<\xc3\xb6@x> SMTPUTF8 ", "",
	} {
		for kind := range handKinds {
			f.Add(uint8(kind), []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, input []byte) {
		c := handKinds[int(kind)%len(handKinds)]()
		read := NewArgs(handTable, c.Op(), input)
		c.Parse(read)
		read.end()
		var check Args
		check.begin(handTable, c.Op(), input, ^uint64(0), ^Facts(0), true)
		handKinds[int(kind)%len(handKinds)]().Parse(&check)
		check.end()
		if d := cmp.Diff(read.Err(), check.Err()); d != "" {
			t.Fatalf("%q: reading and checking differ:\n%s", input, d)
		}
		if read.Err() != nil {
			return
		}
		line, err := AppendCommand(nil, handTable, c)
		if err != nil {
			if len(input) > MaxCommandLine/2 {
				return // source routes and the like are dropped, but a line has its limit
			}
			t.Fatalf("%q was read but can't be written: %v", input, err)
		}
		wantOneLine(t, line)
		again := handKinds[int(kind)%len(handKinds)]()
		if err := ParseCommand(handTable, line, again); err != nil {
			t.Fatalf("%q was read from %q but can't be read again: %v", line, input, err)
		}
		if d := cmp.Diff(c, again, handSame); d != "" {
			t.Fatalf("%q from %q came back otherwise:\n%s", line, input, d)
		}
	})
}

func TestArgsCheckAllocatesNothing(t *testing.T) {
	var a Args
	inputs := map[Op][]byte{
		handOpMail: []byte("<@a.example:jörg@example.org> SIZE=4096 BODY=8BITMIME SMTPUTF8"),
		handOpRcpt: []byte("<ann@example.org> NOTIFY=x"),
		handOpAuth: []byte(" PLAIN AGEAYg=="),
		handOpBdat: []byte(" 12"),
		handOpNoop: []byte(" text"),
	}
	var mail handMail
	var rcpt handRcpt
	var auth handAuth
	var bdat handBdat
	var noop handNoop
	for _, c := range []Command{&mail, &rcpt, &auth, &bdat, &noop} {
		n := testing.AllocsPerRun(100, func() {
			a.begin(handTable, c.Op(), inputs[c.Op()], ^uint64(0), 0, true)
			c.Parse(&a)
			a.end()
			if a.bad {
				t.Fatal(a.Err())
			}
		})
		if n != 0 {
			t.Errorf("checking %s allocates %v times, want 0", handTable.Commands[c.Op()].Name, n)
		}
	}
}
