package smtp

import (
	"bytes"
	"encoding/base64"
	"strconv"
)

// MaxCommandLine is the most octets that a command line has, CRLF included:
// RFC 5321 §4.5.3.1.4 allows 512 and lets extensions ask for more, RFC 4954 §4
// asks for 12288. What the server takes of a particular command may be less.
const MaxCommandLine = 12288

// A Command is one command with its arguments: a generated type, of this
// package or of a user's own.
type Command interface {
	Op() Op         // the command's number in the table
	Encode(l *Line) // writes the arguments
	Parse(a *Args)  // reads them
}

// A Line takes the arguments of one command while it is encoded. Each method
// writes one argument with the space before it. The first error stays and
// comes out of the call that sends the command; nothing is sent then. No
// method lets a CR, an LF, a NUL or another control character in.
type Line struct {
	buf      []byte
	start    int // where the line begins in buf
	err      error
	cmd      *CommandInfo
	op       Op
	proto    *Protocol
	offered  uint64 // keywords, one bit each
	facts    Facts  // assumed before the command
	sets     Facts  // set by the parameters seen
	sized    bool   // a parameter of RoleSize was seen
	entitled bool   // one of RoleTransaction was
	pairs    int    // how many NAME=value were written
	named    bool   // only names may be written that stand in names
	names    []byte
	said     *capabilities // what the server said behind its keywords; nil outside of a session
	bare     bool          // no space before the next argument
	wide     string        // the argument that had characters above ASCII
}

// AppendCommand appends the line of c, with its CRLF, as p's table has it, for
// tests and tools: whatever may have to be offered counts as offered, every
// fact as true. It returns dst as it was with an [*ArgumentError] or a
// [*MissingError].
func AppendCommand(dst []byte, p *Protocol, c Command) ([]byte, error) {
	op := c.Op()
	if op == 0 || int(op) >= len(p.Commands) {
		return dst, &MissingError{Name: "command " + strconv.Itoa(int(op)), Reason: "the table " + p.Name + " does not know it"}
	}
	var l Line
	l.begin(dst, p, op, ^uint64(0), ^Facts(0))
	c.Encode(&l)
	return l.end()
}

// ReversePath writes the reverse-path of MAIL: a mailbox without angle
// brackets, or nothing for the null reverse-path (RFC 5321 §4.1.1.2, §4.1.2).
// A local part that needs quoting must come quoted. Characters above ASCII
// need SMTPUTF8 (RFC 6531 §3.4).
func (l *Line) ReversePath(mailbox string) {
	if mailbox == "" {
		if l.open(len("<>")) {
			l.buf = append(l.buf, "<>"...)
		}
		return
	}
	l.path("reverse-path", mailbox)
}

// ForwardPath writes the forward-path of RCPT: a mailbox as [Line.ReversePath]
// takes it, or "Postmaster" alone (RFC 5321 §4.1.1.3).
func (l *Line) ForwardPath(mailbox string) {
	if isPostmaster(mailbox) && l.open(len(mailbox)+2) {
		l.buf = append(l.buf, '<')
		l.buf = append(l.buf, mailbox...)
		l.buf = append(l.buf, '>')
		return
	}
	l.path("forward-path", mailbox)
}

// Domain writes a domain or an address literal, in ASCII (RFC 5321 §4.1.1.1,
// RFC 6531 §3.7.1).
func (l *Line) Domain(domain string) {
	if why := checkDomain(domain); why != "" {
		l.fail("domain", why)
	} else if l.open(len(domain)) {
		l.buf = append(l.buf, domain...)
	}
}

// Word writes a word of printable ASCII without space and "=", such as the
// name of a mechanism.
func (l *Line) Word(word string) {
	if !isWord(word) {
		l.fail("word", whyWord)
	} else if l.open(len(word)) {
		l.buf = append(l.buf, word...)
	}
}

// Text writes printable text, spaces within it included; it is the last
// argument. Characters above ASCII need SMTPUTF8 (RFC 6531 §3.7.4.2).
func (l *Line) Text(text string) {
	wide, why := checkText(text)
	if why != "" {
		l.fail("text", why)
	} else if l.open(len(text)) {
		l.buf = append(l.buf, text...)
		l.note("text", wide)
	}
}

// Integer writes v, which must have at most so many digits.
func (l *Line) Integer(v uint64, digits int) {
	if !fitsDigits(v, digits) {
		l.fail("integer", whyDigits(digits))
	} else if l.open(20) {
		l.buf = strconv.AppendUint(l.buf, v, 10)
	}
}

// Base64 writes p in base64; of an empty p nothing is written, not even a
// space.
func (l *Line) Base64(p []byte) {
	if len(p) > 0 && l.open(base64.StdEncoding.EncodedLen(len(p))) {
		l.buf = base64.StdEncoding.AppendEncode(l.buf, p)
	}
}

// InitialResponse writes p in base64, and an empty p as "=" (RFC 4954 §4).
func (l *Line) InitialResponse(p []byte) {
	if len(p) > 0 {
		l.Base64(p)
	} else if l.open(1) {
		l.buf = append(l.buf, '=')
	}
}

// Literal writes a word that the table gives, such as "LAST". The name of the
// parameter that allows characters above ASCII allows them here too
// (RFC 6531 §3.7.4.2).
func (l *Line) Literal(word string) {
	if l.wide != "" && l.proto.allowsUTF8(word) {
		l.wide = ""
	}
	if !isVisible(word) {
		l.fail("literal", whyVisible)
	} else if l.open(len(word)) {
		l.buf = append(l.buf, word...)
	}
}

// Params writes the parameters of a command, in the order in which they were
// first set. Each must be in the table for this command, and offered.
func (l *Line) Params(p *Params) {
	if p == nil || l.err != nil {
		return
	}
	if l.proto == nil {
		l.fail("parameters", "the command is encoded outside of a session or AppendCommand")
		return
	}
	for i := range p.items {
		if !l.leavesOut(p, &p.items[i]) {
			l.param(&p.items[i], p.buf)
		}
	}
	for i := range p.items {
		if l.err != nil {
			return
		}
		if l.leavesOut(p, &p.items[i]) {
			continue
		}
		info := &l.proto.Params[p.items[i].id]
		l.needs(info)
		l.within(info, p.buf[p.items[i].start:p.items[i].end])
		if len(info.Beside)+len(info.Apart) > 0 {
			if why := l.proto.beside(info, func(id Param) bool { return p.has(id) && !l.leavesOut(p, p.item(id)) }); why != "" {
				l.fail(info.Name, why)
			}
		}
	}
}

// within holds a value to what the server said behind the parameter's keyword.
func (l *Line) within(info *ParamInfo, value []byte) {
	if info.Within == nil || l.said == nil || l.err != nil || l.offered&(1<<info.Keyword) == 0 {
		return
	}
	at := l.said.args[info.Keyword]
	offer := NewArgs(l.proto, 0, bytes.TrimLeft(l.said.text[at.from:at.to], " "))
	if !info.Within(offer, value) {
		l.fail(info.Name, "expected no more than what the server announced with "+l.proto.Keywords[info.Keyword].Name+" ("+info.RFC+")")
	}
}

func (l *Line) leavesOut(p *Params, it *paramItem) bool {
	return it.optional && l.proto.leavesOut(it, p.buf[it.start:it.end], l.offered)
}

// begin starts a line at the end of buf and writes the verb of op, which must
// be in p.
func (l *Line) begin(buf []byte, p *Protocol, op Op, offered uint64, facts Facts) {
	cmd := &p.Commands[op]
	l.start, l.err, l.cmd, l.op, l.proto = len(buf), nil, cmd, op, p
	l.offered, l.facts, l.sets, l.sized, l.entitled, l.pairs, l.named, l.wide = offered, facts, 0, false, false, 0, false, ""
	l.bare = isBare(cmd.Verb)
	l.buf = append(buf, cmd.Verb...)
}

// end gives the buffer with the whole line, or as it was and what was wrong.
func (l *Line) end() ([]byte, error) {
	if l.wide != "" && l.err == nil {
		l.err = l.proto.missingUTF8(l.cmd, l.wide, l.offered, l.facts|l.sets)
	}
	buf := l.buf
	l.buf = nil
	if l.err != nil {
		return buf[:l.start], l.err
	}
	return append(buf, '\r', '\n'), nil
}

// fail keeps the first error.
func (l *Line) fail(argument, reason string) {
	if l.err == nil {
		l.err = &ArgumentError{Command: l.name(), Argument: argument, Reason: reason}
	}
}

func (l *Line) name() string {
	if l.cmd == nil {
		return ""
	}
	return l.cmd.Name
}

// open makes ready for an argument of n octets and puts the space before it.
// After an error it reports false: nothing is written then.
func (l *Line) open(n int) bool {
	if l.err != nil {
		return false
	}
	space := 1
	if l.bare {
		space = 0
	}
	if n > MaxCommandLine || len(l.buf)-l.start+space+n+len("\r\n") > MaxCommandLine {
		l.fail("line", "a command line has at most "+strconv.Itoa(MaxCommandLine)+" octets (RFC 5321 §4.5.3.1.4, RFC 4954 §4), this one would be longer")
		return false
	}
	if !l.bare {
		l.buf = append(l.buf, ' ')
	}
	l.bare = false
	return true
}

// note remembers that an argument needs SMTPUTF8: whether it is there shows
// when the parameters behind it are written.
func (l *Line) note(argument string, wide bool) {
	if wide && l.wide == "" {
		l.wide = argument
	}
}

func (l *Line) path(argument, mailbox string) {
	wide, why := checkMailbox(mailbox)
	if why != "" {
		l.fail(argument, why)
	} else if l.open(len(mailbox) + 2) {
		l.buf = append(l.buf, '<')
		l.buf = append(l.buf, mailbox...)
		l.buf = append(l.buf, '>')
		l.note(argument, wide)
	}
}

// param writes one parameter.
func (l *Line) param(it *paramItem, buf []byte) {
	if l.err != nil {
		return
	}
	if it.id == 0 || int(it.id) >= len(l.proto.Params) {
		l.err = &MissingError{Name: "parameter " + strconv.Itoa(int(it.id)), Reason: "the table " + l.proto.Name + " does not know it"}
		return
	}
	info, value := &l.proto.Params[it.id], buf[it.start:it.end]
	if !info.isOf(l.op) {
		l.fail(info.Name, "it is no parameter of this command")
		return
	}
	if it.err != nil {
		l.fail(info.Name, reasonOf(it.err))
		return
	}
	if k, word := info.keyword(value); k != 0 && l.offered&(1<<k) == 0 {
		what := "the parameter " + info.Name
		if word != "" {
			what = info.Name + "=" + word
		}
		l.err = &MissingError{Name: l.proto.Keywords[k].Name, Reason: what + " of " + l.name() + " needs it"}
		return
	}
	word, wide, why := info.check(value, it.raw)
	if why != "" {
		l.fail(info.Name, why)
		return
	}
	if !l.open(len(info.Name) + len("=") + len(value)) {
		return
	}
	l.buf = append(l.buf, info.Name...)
	if word != nil {
		l.buf = append(l.buf, '=')
		l.buf = append(l.buf, word.Word...)
	} else if info.Value {
		l.buf = append(l.buf, '=')
		l.buf = append(l.buf, value...)
	}
	l.note(info.Name, wide)
	l.sets |= info.Set
	if word != nil {
		l.sets |= word.Set
	}
	l.sized = l.sized || info.Role == RoleSize
	l.entitled = l.entitled || info.Role == RoleTransaction
}

// needs checks the facts that a parameter needs, those of its neighbours
// included.
func (l *Line) needs(info *ParamInfo) {
	if why := l.proto.lacking(info.Needs &^ (l.facts | l.sets)); why != "" {
		l.fail(info.Name, why)
	}
}

// lacking says what is missing where facts of a table are needed and not true.
func (p *Protocol) lacking(facts Facts) string {
	for i := range p.Facts {
		if facts.Has(Fact(i)) {
			return "it needs " + p.Facts[i].Name + " (" + p.Facts[i].RFC + "), which does not hold"
		}
	}
	return ""
}

// allowsUTF8 reports whether a word is the name of the parameter that allows
// characters above ASCII.
func (p *Protocol) allowsUTF8(word string) bool {
	id, ok := p.Param(RoleUTF8)
	return ok && p.Params[id].Name == word
}

// missingUTF8 gives the error for an argument with characters above ASCII,
// nil where SMTPUTF8 is in force.
func (p *Protocol) missingUTF8(cmd *CommandInfo, argument string, offered uint64, facts Facts) error {
	for i := range p.Facts {
		if p.Facts[i].Role == RoleUTF8 && facts.Has(Fact(i)) {
			return nil
		}
	}
	id, ok := p.Param(RoleUTF8)
	if !ok {
		return &MissingError{Name: "UTF-8", Reason: "the " + argument + " of " + cmd.Name + " has characters above ASCII, and the table " + p.Name + " has no parameter that allows them"}
	}
	info := &p.Params[id]
	if info.Keyword != 0 && offered&(1<<info.Keyword) == 0 {
		return &MissingError{Name: p.Keywords[info.Keyword].Name, Reason: "the " + argument + " of " + cmd.Name + " has characters above ASCII"}
	}
	return &ArgumentError{Command: cmd.Name, Argument: argument, Reason: "it has characters above ASCII, which need the parameter " + info.Name + " (" + info.RFC + ")"}
}

// isBare reports that no space stands between the verb and the first argument.
func isBare(verb string) bool { return verb == "" || verb[len(verb)-1] == ':' }

const (
	whyText    = `expected printable text, at least one character, without control characters, and valid UTF-8`
	whyEnds    = `expected text without a space at either end`
	whyVisible = `expected a word of printable ASCII without space`
)

func checkText[T octets](s T) (wide bool, why string) {
	all, any := cPrint, uint8(0)
	for i := range len(s) {
		all &= class[s[i]]
		any |= class[s[i]]
	}
	wide = any&cWide != 0
	switch {
	case len(s) == 0 || all == 0 || wide && !validWide(s):
		return wide, whyText
	case s[0] == ' ' || s[len(s)-1] == ' ':
		return wide, whyEnds
	}
	return wide, ""
}

// checkDomain checks a whole Domain or address literal in ASCII.
func checkDomain[T octets](s T) string {
	end, acc, why := scanDomain(s, 0)
	switch {
	case why != "":
		return why
	case end < len(s):
		return stopInDomain(s, end)
	case end > maxDomain:
		return whyDomainLong
	case acc&cWide != 0:
		return whyASCII
	}
	return ""
}

func isVisible[T octets](s T) bool {
	for i := range len(s) {
		if class[s[i]]&(cPrint|cWide) != cPrint || s[i] == ' ' {
			return false
		}
	}
	return len(s) > 0
}
