package smtp

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// A small table and commands of its own, as a user's generated code would have
// them.
const (
	handOpMail Op = iota + 1
	handOpRcpt
	handOpEhlo
	handOpAuth
	handOpAuthLine
	handOpBdat
	handOpBdatLast
	handOpNoop
)

const (
	handSizeOffered Keyword = iota + 1
	handUTF8Offered
	handBodyOffered
	handBinaryOffered
)

const (
	handParamSize Param = iota + 1
	handParamUTF8
	handParamBody
	handParamAuth
	handParamHold
	handParamNotify
)

type handBody string

var (
	handSize = ParamKey[uint64]{Param: handParamSize,
		Append: func(dst []byte, v uint64) ([]byte, error) { return AppendInteger(dst, v, 20) },
		Parse:  func(b []byte) (uint64, error) { return ParseInteger(b, 20) }}
	handUTF8    = ParamKey[bool]{Param: handParamUTF8}
	handBodyKey = ParamKey[handBody]{Param: handParamBody, Append: AppendChoice[handBody], Parse: ParseChoice[handBody]}
	handAuthKey = ParamKey[string]{Param: handParamAuth, Append: AppendAuthMailbox, Parse: ParseAuthMailbox}
	handHold    = ParamKey[string]{Param: handParamHold, Append: AppendWord, Parse: ParseWord}
	handNotify  = ParamKey[string]{Param: handParamNotify, Append: AppendWord, Parse: ParseWord}
	handAlien   = ParamKey[string]{Param: 77, Append: AppendWord, Parse: ParseWord}
)

var handTable = &Protocol{
	Name:  "hand-made",
	Facts: []FactInfo{{Name: "auth", RFC: "RFC 4954 §4"}, {Name: "utf8", Role: RoleUTF8}},
	Commands: []CommandInfo{{},
		{Name: "MAIL", Verb: "MAIL FROM:", Role: RoleSender}, {Name: "RCPT", Verb: "RCPT TO:", Role: RoleRecipient},
		{Name: "EHLO", Verb: "EHLO"}, {Name: "AUTH", Verb: "AUTH"}, {Name: "AUTH-LINE"},
		{Name: "BDAT", Verb: "BDAT"}, {Name: "BDAT-LAST", Verb: "BDAT"}, {Name: "NOOP", Verb: "NOOP"},
	},
	Keywords: []KeywordInfo{{}, {Name: "SIZE"}, {Name: "SMTPUTF8"}, {Name: "8BITMIME"}, {Name: "BINARYMIME"}},
	Params: []ParamInfo{{},
		{Name: "SIZE", Role: RoleSize, Of: []Op{handOpMail}, Keyword: handSizeOffered, Value: true,
			Check: func(b []byte) error { _, err := ParseInteger(b, 20); return err }},
		{Name: "SMTPUTF8", RFC: "RFC 6531 §3.4", Role: RoleUTF8, Of: []Op{handOpMail}, Keyword: handUTF8Offered, Set: 1 << 1},
		{Name: "BODY", Role: RoleBody, Of: []Op{handOpMail}, Keyword: handBodyOffered, Value: true,
			Values: []ValueInfo{{Word: "7BIT", Role: Role7Bit}, {Word: "8BITMIME", Role: Role8Bit}, {Word: "BINARYMIME", Keyword: handBinaryOffered}}},
		{Name: "AUTH", Of: []Op{handOpMail}, Value: true,
			Check: func(b []byte) error { _, err := ParseAuthMailbox(b); return err }},
		{Name: "HOLD", Of: []Op{handOpMail}, Value: true, Needs: 1 << 0},
		{Name: "NOTIFY", Of: []Op{handOpRcpt, handOpMail}, Value: true},
	},
}

type handMail struct {
	From   string
	Params *Params
}

func (*handMail) Op() Op           { return handOpMail }
func (c *handMail) Encode(l *Line) { l.ReversePath(c.From); l.Params(c.Params) }
func (c *handMail) Parse(a *Args)  { c.From = a.ReversePath(); c.Params = a.Params(c.Params) }

type handRcpt struct {
	To     string
	Params *Params
}

func (*handRcpt) Op() Op           { return handOpRcpt }
func (c *handRcpt) Encode(l *Line) { l.ForwardPath(c.To); l.Params(c.Params) }
func (c *handRcpt) Parse(a *Args)  { c.To = a.ForwardPath(); c.Params = a.Params(c.Params) }

type handEhlo struct{ Name string }

func (*handEhlo) Op() Op           { return handOpEhlo }
func (c *handEhlo) Encode(l *Line) { l.Domain(c.Name) }
func (c *handEhlo) Parse(a *Args)  { c.Name = a.Domain() }

type handAuth struct {
	Mechanism string
	Initial   []byte
}

func (*handAuth) Op() Op { return handOpAuth }
func (c *handAuth) Encode(l *Line) {
	l.Word(c.Mechanism)
	if c.Initial != nil {
		l.InitialResponse(c.Initial)
	}
}
func (c *handAuth) Parse(a *Args) {
	c.Mechanism, c.Initial = a.Word(), nil
	if a.More() {
		c.Initial = a.InitialResponse()
	}
}

type handAuthLine struct{ Response []byte }

func (*handAuthLine) Op() Op           { return handOpAuthLine }
func (c *handAuthLine) Encode(l *Line) { l.Base64(c.Response) }
func (c *handAuthLine) Parse(a *Args)  { c.Response = a.Base64() }

type handBdat struct{ Size uint64 }

func (*handBdat) Op() Op           { return handOpBdat }
func (c *handBdat) Encode(l *Line) { l.Integer(c.Size, 19) }
func (c *handBdat) Parse(a *Args)  { c.Size = a.Integer(19) }

type handBdatLast struct{ Size uint64 }

func (*handBdatLast) Op() Op           { return handOpBdatLast }
func (c *handBdatLast) Encode(l *Line) { l.Integer(c.Size, 19); l.Literal("LAST") }
func (c *handBdatLast) Parse(a *Args)  { c.Size = a.Integer(19); a.Literal("LAST") }

type handNoop struct{ Text string }

func (*handNoop) Op() Op { return handOpNoop }
func (c *handNoop) Encode(l *Line) {
	if c.Text != "" {
		l.Text(c.Text)
	}
}
func (c *handNoop) Parse(a *Args) {
	c.Text = ""
	if a.More() {
		c.Text = a.Text()
	}
}

// handKinds makes an empty command of each kind.
var handKinds = []func() Command{
	func() Command { return new(handMail) }, func() Command { return new(handRcpt) },
	func() Command { return new(handEhlo) }, func() Command { return new(handAuth) },
	func() Command { return new(handAuthLine) }, func() Command { return new(handBdat) },
	func() Command { return new(handBdatLast) }, func() Command { return new(handNoop) },
}

func handParams(set func(p *Params)) *Params {
	p := new(Params)
	set(p)
	return p
}

func TestAppendCommandLines(t *testing.T) {
	params := handParams(func(p *Params) {
		Set(p, handSize, 1)
		Set(p, handBodyKey, "8bitmime")
		Set(p, handUTF8, true)
		Set(p, handAuthKey, "")
		Set(p, handSize, 4096)
	})
	for _, tc := range []struct {
		c    Command
		want string
	}{
		{&handMail{}, "MAIL FROM:<>\r\n"},
		{&handMail{From: "ann@example.org"}, "MAIL FROM:<ann@example.org>\r\n"},
		{&handMail{From: "ann@example.org", Params: params}, "MAIL FROM:<ann@example.org> SIZE=4096 BODY=8BITMIME SMTPUTF8 AUTH=<>\r\n"},
		{&handRcpt{To: "postmaster"}, "RCPT TO:<postmaster>\r\n"},
		{&handRcpt{To: "jörg@bücher.example"}, "RCPT TO:<jörg@bücher.example>\r\n"},
		{&handEhlo{Name: "[IPv6:::1]"}, "EHLO [IPv6:::1]\r\n"},
		{&handAuth{Mechanism: "PLAIN"}, "AUTH PLAIN\r\n"},
		{&handAuth{Mechanism: "PLAIN", Initial: []byte{}}, "AUTH PLAIN =\r\n"},
		{&handAuth{Mechanism: "PLAIN", Initial: []byte("\x00a\x00b")}, "AUTH PLAIN AGEAYg==\r\n"},
		{&handAuthLine{}, "\r\n"},
		{&handAuthLine{Response: []byte("x")}, "eA==\r\n"},
		{&handBdat{Size: 7}, "BDAT 7\r\n"},
		{&handBdatLast{}, "BDAT 0 LAST\r\n"},
		{&handNoop{}, "NOOP\r\n"},
		{&handNoop{Text: "is anybody there"}, "NOOP is anybody there\r\n"},
	} {
		got, err := AppendCommand([]byte("QUIT\r\n"), handTable, tc.c)
		if err != nil || string(got) != "QUIT\r\n"+tc.want {
			t.Errorf("AppendCommand(%#v) = %q, %v, want %q", tc.c, got, err, tc.want)
		}
	}
}

func TestLineRefuses(t *testing.T) {
	one := func(key ParamKey[string], v string) *Params {
		return handParams(func(p *Params) { Set(p, key, v) })
	}
	raw := func(id Param, v string) *Params { return handParams(func(p *Params) { p.Put(id, []byte(v)) }) }
	for _, tc := range []struct {
		c       Command
		keyword string // the name in a *MissingError
		says    string
	}{
		{&handMail{From: "ann"}, "", whyNoAt},
		{&handMail{From: "postmaster"}, "", whyNoAt},
		{&handMail{From: "ann@example.org>\r\nDATA"}, "", whyDomainChar},
		{&handRcpt{}, "", whyNoAt},
		{&handRcpt{To: "ann@example.org\r\nDATA"}, "", whyControl},
		{&handEhlo{}, "", whyNoDomain},
		{&handEhlo{Name: "a b"}, "", whyDomainChar},
		{&handEhlo{Name: "bücher.example"}, "", whyASCII},
		{&handEhlo{Name: strings.Repeat("d.", 127) + "dd"}, "", whyDomainLong},
		{&handAuth{}, "", whyWord},
		{&handAuth{Mechanism: "PLAIN x"}, "", whyWord},
		{&handAuth{Mechanism: "PLAIN\r\n"}, "", whyWord},
		{&handAuth{Mechanism: "PLAIN", Initial: make([]byte, 9211)}, "", "12288 octets"},
		{&handAuthLine{Response: make([]byte, 9216)}, "", "12288 octets"},
		{&handBdat{Size: 1e19}, "", "1 to 19 digits"},
		{&handNoop{Text: strings.Repeat("x", 12282)}, "", "12288 octets"},
		{&handNoop{Text: "a\nb"}, "", whyText},
		{&handNoop{Text: "a\x7fb"}, "", whyText},
		{&handNoop{Text: "\xff"}, "", whyText},
		{&handNoop{Text: "a\u009bb"}, "", whyText},
		{&handNoop{Text: " a"}, "", whyEnds},
		{&handMail{Params: one(handAlien, "x")}, "parameter 77", "hand-made"},
		{&handMail{Params: one(handAuthKey, "x y")}, "", "AUTH: " + whyQuoting},
		{&handMail{Params: one(handHold, "a\r\nb")}, "", "HOLD: " + whyWord},
		{&handRcpt{To: "a@b", Params: one(handHold, "a")}, "", "HOLD: it is no parameter of this command"},
		{&handMail{Params: raw(handParamSize, "12a")}, "", "SIZE: expected an integer"},
		{&handMail{Params: raw(handParamSize, "")}, "", "SIZE: " + whyValue},
		{&handMail{Params: raw(handParamUTF8, "1")}, "", "SMTPUTF8: expected no value"},
		{&handMail{Params: raw(handParamBody, "9BIT")}, "", "BODY: expected 7BIT or 8BITMIME or BINARYMIME"},
		{&handMail{Params: raw(handParamNotify, "a\r\nRSET")}, "", "NOTIFY: " + whyValue},
		{&handMail{Params: raw(handParamNotify, "a b")}, "", "NOTIFY: " + whyValue},
		{&handMail{Params: raw(0, "")}, "parameter 0", ""},
	} {
		got, err := AppendCommand([]byte("x"), handTable, tc.c)
		if string(got) != "x" {
			t.Errorf("%.200s: wrote %.200q in spite of its error", fmt.Sprintf("%#v", tc.c), got)
		}
		wantRefusal(t, err, tc.c, tc.keyword, tc.says)
	}
}

func wantRefusal(t *testing.T, err error, c any, missing, says string) {
	t.Helper()
	var argument *ArgumentError
	var absent *MissingError
	name := fmt.Sprintf("%.200s", fmt.Sprintf("%#v", c))
	switch {
	case missing != "" && (!errors.As(err, &absent) || absent.Name != missing):
		t.Errorf("%s: got %v, want a *MissingError for %s", name, err, missing)
	case missing == "" && (!errors.As(err, &argument) || argument.Command == ""):
		t.Errorf("%s: got %v, want an *ArgumentError with the command", name, err)
	case !strings.Contains(err.Error(), says):
		t.Errorf("%s: got %q, want it to say %q", name, err, says)
	}
}

func TestLineLimit(t *testing.T) {
	for _, c := range []Command{
		&handNoop{Text: strings.Repeat("x", MaxCommandLine-len("NOOP \r\n"))},
		&handAuthLine{Response: make([]byte, 9213)},
	} {
		line, err := AppendCommand(nil, handTable, c)
		if err != nil {
			t.Errorf("%T: %v, want a line of %d octets at most taken", c, err, MaxCommandLine)
		}
		wantOneLine(t, line)
	}
}

// What is offered and true decides, in the order in which the parts of the line
// come: SMTPUTF8 stands behind the address that needs it.
func TestLineOffers(t *testing.T) {
	const size, utf8, body, binary = 1 << handSizeOffered, 1 << handUTF8Offered, 1 << handBodyOffered, 1 << handBinaryOffered
	params := func(keys ...string) *Params {
		return handParams(func(p *Params) {
			for _, k := range keys {
				switch k {
				case "SIZE":
					Set(p, handSize, 1)
				case "SMTPUTF8":
					Set(p, handUTF8, true)
				case "HOLD":
					Set(p, handHold, "1")
				default:
					Set(p, handBodyKey, handBody(k))
				}
			}
		})
	}
	for _, tc := range []struct {
		c       Command
		offered uint64
		facts   Facts
		ok      bool
		missing string
		says    string
	}{
		{&handMail{Params: params("SIZE")}, size, 0, true, "", ""},
		{&handMail{Params: params("SIZE")}, utf8 | body, 0, false, "SIZE", "parameter SIZE of MAIL"},
		{&handMail{Params: params("8BITMIME")}, body, 0, true, "", ""},
		{&handMail{Params: params("BINARYMIME")}, body, 0, false, "BINARYMIME", "BODY=BINARYMIME of MAIL"},
		{&handMail{Params: params("BINARYMIME")}, body | binary, 0, true, "", ""},
		{&handMail{Params: params("HOLD")}, 0, 0, false, "", "it needs auth (RFC 4954 §4)"},
		{&handMail{Params: params("HOLD")}, 0, 1, true, "", ""},
		{&handMail{From: "jörg@example.org"}, 0, 0, false, "SMTPUTF8", "the reverse-path of MAIL has characters above ASCII"},
		{&handMail{From: "jörg@example.org"}, utf8, 0, false, "", "need the parameter SMTPUTF8"},
		{&handMail{From: "jörg@example.org", Params: params("SMTPUTF8")}, utf8, 0, true, "", ""},
		{&handMail{From: "jörg@example.org", Params: params("SIZE", "SMTPUTF8")}, utf8 | size, 0, true, "", ""},
		{&handRcpt{To: "jörg@example.org"}, utf8, 0, false, "", "need the parameter SMTPUTF8"},
		{&handRcpt{To: "jörg@example.org"}, utf8, 2, true, "", ""},
		{&handNoop{Text: "grüße"}, 0, 0, false, "SMTPUTF8", "the text of NOOP"},
	} {
		var l Line
		l.begin([]byte("x"), handTable, tc.c.Op(), tc.offered, tc.facts)
		tc.c.Encode(&l)
		got, err := l.end()
		if tc.ok {
			if err != nil || !strings.HasSuffix(string(got), "\r\n") {
				t.Errorf("%#v: got %q, %v, want it taken", tc.c, got, err)
			}
			continue
		}
		if string(got) != "x" {
			t.Errorf("%#v: wrote %q in spite of its error", tc.c, got)
		}
		wantRefusal(t, err, tc.c, tc.missing, tc.says)
	}
}

func TestLineKnowsSize(t *testing.T) {
	for _, sized := range []bool{true, false} {
		var l Line
		l.begin(nil, handTable, handOpMail, ^uint64(0), 0)
		p := handParams(func(p *Params) { Set(p, handUTF8, true) })
		if sized {
			Set(p, handSize, 5)
		}
		(&handMail{Params: p}).Encode(&l)
		if _, err := l.end(); err != nil || l.sized != sized || l.sets != 1<<1 {
			t.Errorf("sized %v: the line has sized %v, sets %b, error %v", sized, l.sized, l.sets, err)
		}
	}
}

func TestUnknownCommand(t *testing.T) {
	short := &Protocol{Name: "short", Commands: handTable.Commands[:2]}
	var missing *MissingError
	if got, err := AppendCommand([]byte("x"), short, &handNoop{}); !errors.As(err, &missing) || string(got) != "x" {
		t.Errorf("AppendCommand = %q, %v, want a *MissingError", got, err)
	}
	if err := ParseCommand(short, []byte("NOOP"), &handNoop{}); !errors.As(err, &missing) {
		t.Errorf("ParseCommand = %v, want a *MissingError", err)
	}
}

// A Line that nothing began refuses instead of panicking.
func TestLineAlone(t *testing.T) {
	var l Line
	l.Word("a b")
	l.Params(handParams(func(p *Params) { Set(p, handSize, 1) }))
	if l.err == nil {
		t.Error("want an error")
	}
}

// drawCommand draws a command with arguments that can be sent.
func drawCommand(t *rapid.T) Command {
	mailbox := rapid.OneOf(handMailbox(false), handMailbox(true))
	word := rapid.StringMatching(`[!-<>-~]{1,20}`)
	size := rapid.Uint64Range(0, 9999999999999999999)
	blob := rapid.SliceOfN(rapid.Byte(), 0, 40)
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		c := &handMail{From: rapid.OneOf(rapid.Just(""), mailbox).Draw(t, "from")}
		if rapid.Bool().Draw(t, "params") {
			c.Params = new(Params)
			for range rapid.IntRange(1, 6).Draw(t, "sets") {
				switch rapid.IntRange(0, 5).Draw(t, "param") {
				case 0:
					Set(c.Params, handSize, rapid.Uint64().Draw(t, "size"))
				case 1:
					Set(c.Params, handUTF8, true)
				case 2:
					Set(c.Params, handBodyKey, rapid.SampledFrom([]handBody{"7BIT", "8BITMIME", "BINARYMIME"}).Draw(t, "body"))
				case 3:
					Set(c.Params, handAuthKey, rapid.OneOf(rapid.Just(""), mailbox).Draw(t, "submitter"))
				case 4:
					Set(c.Params, handHold, word.Draw(t, "hold"))
				case 5:
					c.Params.Put(handParamNotify, []byte(word.Draw(t, "notify")))
				}
			}
		}
		return c
	case 1:
		return &handRcpt{To: rapid.OneOf(rapid.Just("Postmaster"), mailbox).Draw(t, "to")}
	case 2:
		return &handEhlo{Name: rapid.StringMatching(`[a-z0-9]{1,9}(\.[a-z0-9]{1,9}){0,3}|\[192\.0\.2\.[1-9]\]`).Draw(t, "name")}
	case 3:
		c := &handAuth{Mechanism: word.Draw(t, "mechanism")}
		if rapid.Bool().Draw(t, "has initial") {
			c.Initial = blob.Draw(t, "initial")
		}
		return c
	case 4:
		return &handAuthLine{Response: blob.Draw(t, "response")}
	case 5:
		return &handBdat{Size: size.Draw(t, "size")}
	case 6:
		return &handBdatLast{Size: size.Draw(t, "size")}
	}
	return &handNoop{Text: rapid.StringMatching(`([!-~äж水]([ -~äж水]{0,20}[!-~äж水])?)?`).Draw(t, "text")}
}

// handSame compares commands: parameters by their names and values, an empty
// list like none.
var handSame = cmp.Options{
	cmp.Transformer("params", func(p *Params) map[Param]string {
		m := map[Param]string{}
		for id, v := range p.All() {
			m[id] = string(v)
		}
		return m
	}),
}

func TestCommandInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCommand(t)
		line, err := AppendCommand(nil, handTable, c)
		if err != nil {
			t.Fatalf("AppendCommand(%#v): %v", c, err)
		}
		got := handKinds[c.Op()-1]()
		if err := ParseCommand(handTable, line, got); err != nil {
			t.Fatalf("ParseCommand(%q): %v", line, err)
		}
		same := handSame
		if c.Op() == handOpAuthLine {
			same = append(same, cmpopts.EquateEmpty())
		}
		if d := cmp.Diff(c, got, same); d != "" {
			t.Fatalf("%q came back otherwise:\n%s", line, d)
		}
	})
}

func wantOneLine(t *testing.T, line []byte) {
	t.Helper()
	text, ok := strings.CutSuffix(string(line), "\r\n")
	if !ok {
		t.Fatalf("%q has no CRLF at its end", line)
	}
	for _, r := range text {
		if r < ' ' || 0x7f <= r && r < 0xa0 {
			t.Fatalf("%q has the control character %U", line, r)
		}
	}
	if len(line) > MaxCommandLine {
		t.Fatalf("a line of %d octets", len(line))
	}
}

// Whatever a caller passes, a line is one line.
func FuzzArgument(f *testing.F) {
	f.Add(uint8(0), "ann@example.org", []byte("1"), uint8(1))
	f.Add(uint8(1), "ann@example.org>\r\nDATA\r\n", []byte("1\r\nRSET"), uint8(6))
	f.Add(uint8(3), "PLAIN\x00", []byte("\r\n"), uint8(2))
	f.Add(uint8(7), "text\r\u0085\n.", []byte("\n"), uint8(4))
	f.Add(uint8(0), "\"a\\\r\n\"@[IPv6:::1\r]", []byte("8BITMIME"), uint8(3))
	f.Fuzz(func(t *testing.T, kind uint8, text string, value []byte, id uint8) {
		params := func() *Params {
			p := new(Params)
			p.Put(Param(id%8), value)
			Set(p, handHold, text)
			Set(p, handAuthKey, text)
			if kind&0x80 != 0 {
				Set(p, ParamKey[string]{Param: handParamNotify, Append: func(b []byte, v string) ([]byte, error) { return append(b, v...), nil }}, text)
			}
			return p
		}
		n := uint64(len(value)) << (id % 64)
		cs := []Command{
			&handMail{From: text}, &handMail{From: text, Params: params()}, &handMail{Params: params()},
			&handRcpt{To: text}, &handEhlo{Name: text}, &handAuth{Mechanism: text, Initial: value},
			&handAuthLine{Response: value}, &handBdat{Size: n}, &handBdatLast{Size: n}, &handNoop{Text: text},
			&handWild{kind: kind, text: text, value: value, n: n},
		}
		c := cs[int(kind&0x7f)%len(cs)]
		line, err := AppendCommand(nil, handTable, c)
		if err != nil {
			if len(line) != 0 {
				t.Fatalf("wrote %q in spite of %v", line, err)
			}
			return
		}
		wantOneLine(t, line)
		if _, wild := c.(*handWild); wild {
			return
		}
		got := handKinds[c.Op()-1]()
		if err := ParseCommand(handTable, line, got); err != nil {
			t.Fatalf("%q can't be read back: %v", line, err)
		}
		again, err := AppendCommand(nil, handTable, got)
		if err != nil || string(again) != string(line) {
			t.Fatalf("%q was read and written as %q, %v", line, again, err)
		}
	})
}

// handWild is a user's command that calls the methods in any order.
type handWild struct {
	kind  uint8
	text  string
	value []byte
	n     uint64
}

func (*handWild) Op() Op      { return handOpNoop }
func (*handWild) Parse(*Args) {}
func (c *handWild) Encode(l *Line) {
	for i := range 8 {
		switch (int(c.kind) >> 1 * (i + 1)) % 9 {
		case 0:
			l.ReversePath(c.text)
		case 1:
			l.ForwardPath(c.text)
		case 2:
			l.Domain(c.text)
		case 3:
			l.Word(c.text)
		case 4:
			l.Text(c.text)
		case 5:
			l.Literal(c.text)
		case 6:
			l.Base64(c.value)
		case 7:
			l.InitialResponse(c.value)
		case 8:
			l.Integer(c.n, 20)
		}
	}
}

func TestLineAllocatesNothing(t *testing.T) {
	var l Line
	buf := make([]byte, 0, 1024)
	p := new(Params)
	mail, rcpt := Command(&handMail{From: "ann@example.org", Params: p}), Command(&handRcpt{To: "jörg@example.org"})
	n := testing.AllocsPerRun(100, func() {
		p.Reset()
		Set(p, handSize, 4096)
		Set(p, handBodyKey, "8BITMIME")
		Set(p, handAuthKey, "ann@example.org")
		Set(p, handUTF8, true)
		out := buf[:0]
		for _, c := range []Command{mail, rcpt} {
			l.begin(out, handTable, c.Op(), ^uint64(0), 1<<1)
			c.Encode(&l)
			var err error
			if out, err = l.end(); err != nil {
				t.Fatal(err)
			}
		}
	})
	if n != 0 {
		t.Errorf("encoding MAIL and RCPT allocates %v times, want 0", n)
	}
}

func BenchmarkLineMail(b *testing.B) {
	var l Line
	buf := make([]byte, 0, 1024)
	p := handParams(func(p *Params) { Set(p, handSize, 4096); Set(p, handBodyKey, "8BITMIME") })
	for b.Loop() {
		l.begin(buf[:0], handTable, handOpMail, ^uint64(0), 0)
		l.ReversePath("somebody@mail.example.org")
		l.Params(p)
		if _, err := l.end(); err != nil {
			b.Fatal(err)
		}
	}
}
