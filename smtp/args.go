package smtp

import (
	"bytes"
	"encoding/base64"
	"strconv"
)

// Args reads the arguments of a command, or what stands behind an EHLO
// keyword. Each method reads one argument with the space before it; what it
// returns is a copy. The first error stays: from then on methods return zero
// values and [Args.More] reports false.
//
// It is strict but for what RFC 5321 asks to be borne: white space at the end
// of a line (§4.1.1), source routes, which are dropped (§4.1.1.3, appendix C),
// and any case of literals, names and words of a choice (§2.4). Behind a
// keyword more than one space may stand between words.
type Args struct {
	in       []byte
	off      int
	proto    *Protocol
	op       Op
	command  string // as in the table; empty behind a keyword
	offered  uint64
	facts    Facts
	sets     Facts // set by the parameters seen
	sized    bool  // a parameter of RoleSize was seen
	entitled bool  // one of RoleTransaction was
	check    bool  // strings are not made
	keyword  bool
	pairs    uint64 // names of NAME=value that came, one bit each
	pair     []byte // the value of the last of them
	bare     bool   // no space before the next argument
	wide     string // the argument that had characters above ASCII
	bad      bool
	// unknown: a parameter that the table does not know, or that is not offered (RFC 5321 §4.1.1.11).
	unknown  bool
	argument string
	reason   string
}

// NewArgs reads input, which is what stands behind the verb of op in a line
// without its CRLF; the space behind the verb is part of it. Op 0 stands for an
// EHLO keyword: input is what follows its space. Everything counts as offered,
// every fact as true.
func NewArgs(p *Protocol, op Op, input []byte) *Args {
	a := new(Args)
	a.begin(p, op, input, ^uint64(0), ^Facts(0), false)
	return a
}

// ParseCommand reads a line, with or without its CRLF, into c, whose Op says
// what it must be. It is the inverse of [AppendCommand], for tests and tools.
// The error is an [*ArgumentError], or a [*MissingError] if the table does not
// know the command.
func ParseCommand(p *Protocol, line []byte, c Command) error {
	op := c.Op()
	if op == 0 || int(op) >= len(p.Commands) {
		return &MissingError{Name: "command " + strconv.Itoa(int(op)), Reason: "the table " + p.Name + " does not know it"}
	}
	line = bytes.TrimSuffix(line, []byte("\r\n"))
	cmd := &p.Commands[op]
	if len(line) < len(cmd.Verb) || !sameFold(line[:len(cmd.Verb)], cmd.Verb) {
		return &ArgumentError{Command: cmd.Name, Argument: "verb", Reason: "expected " + cmd.Verb}
	}
	a := NewArgs(p, op, line[len(cmd.Verb):])
	c.Parse(a)
	a.end()
	return a.Err()
}

// Err is nil or the [*ArgumentError] that says what was expected.
func (a *Args) Err() error {
	if !a.bad {
		return nil
	}
	return &ArgumentError{Command: a.command, Argument: a.argument, Reason: a.reason}
}

// More reports whether another argument follows.
func (a *Args) More() bool { return !a.bad && a.off < len(a.in) }

// ReversePath reads a reverse-path and gives its mailbox without angle
// brackets, empty for the null reverse-path.
func (a *Args) ReversePath() string {
	const name = "reverse-path"
	if !a.open(name) {
		return ""
	}
	if in := a.rest(); len(in) >= 2 && in[0] == '<' && in[1] == '>' {
		a.off += 2
		a.closed(name)
		return ""
	}
	return a.path(name, false)
}

// ForwardPath reads a forward-path and gives its mailbox without angle
// brackets; it may be "Postmaster" alone.
func (a *Args) ForwardPath() string {
	const name = "forward-path"
	if !a.open(name) {
		return ""
	}
	return a.path(name, true)
}

// Domain reads a domain or an address literal.
func (a *Args) Domain() string {
	const name = "domain"
	token, ok := a.token(name)
	if !ok {
		return ""
	}
	if why := checkDomain(token); why != "" {
		a.fail(name, why)
		return ""
	}
	return a.text(token)
}

// Word reads a word of printable ASCII. Behind an EHLO keyword it may hold
// "=" (RFC 5321 §4.1.1.1, ehlo-param).
func (a *Args) Word() string {
	const name = "word"
	token, ok := a.token(name)
	if !ok {
		return ""
	}
	if !isWord(token) && !(a.keyword && isVisible(token)) {
		a.fail(name, whyWord)
		return ""
	}
	return a.text(token)
}

// Text reads all that is left.
func (a *Args) Text() string { return a.TextBefore("") }

// TextBefore reads all that is left but for a word that ends the line, which
// [Args.Literal] reads.
func (a *Args) TextBefore(end string) string {
	const name = "text"
	if !a.open(name) {
		return ""
	}
	in := a.rest()
	if end != "" {
		n := len(in) - len(end) - 1
		if n < 0 || in[n] != ' ' || !sameFold(in[n+1:], end) {
			a.fail(end, "expected "+end+" at the end of the line")
			return ""
		}
		in = bytes.TrimRight(in[:n], " ")
	}
	wide, why := checkText(in)
	if why != "" {
		a.fail(name, why)
		return ""
	}
	a.off = len(a.in)
	if end != "" {
		a.off -= len(end) + 1
	}
	a.note(name, wide)
	return a.text(in)
}

// Integer reads a decimal of one to so many digits.
func (a *Args) Integer(digits int) uint64 {
	const name = "integer"
	token, ok := a.token(name)
	if !ok {
		return 0
	}
	v, ok := readInteger(token, digits)
	if !ok {
		a.fail(name, whyDigits(digits))
		return 0
	}
	return v
}

// Base64 reads base64. At the end of the line it gives an empty slice.
func (a *Args) Base64() []byte {
	const name = "base64"
	if a.bad {
		return nil
	}
	if a.off == len(a.in) {
		return []byte{}
	}
	token, ok := a.token(name)
	if !ok {
		return nil
	}
	return a.decode(name, token)
}

// InitialResponse reads the initial response of AUTH: base64, or "=" for an
// empty one (RFC 4954 §4).
func (a *Args) InitialResponse() []byte {
	const name = "initial-response"
	token, ok := a.token(name)
	if !ok {
		return nil
	}
	if string(token) == "=" {
		return []byte{}
	}
	return a.decode(name, token)
}

// Literal reads a word that the table gives, in any case. The name of the
// parameter that allows characters above ASCII allows them here too
// (RFC 6531 §3.7.4.2).
func (a *Args) Literal(word string) {
	if a.wide != "" && a.proto.allowsUTF8(word) {
		a.wide = ""
	}
	if token, ok := a.token(word); ok && !sameFold(token, word) {
		a.fail(word, "expected "+word)
	}
}

// Params reads the parameters behind the arguments into p, which is reset
// first; for a nil p one is made if there is any parameter. A parameter that
// the table does not know for this command, or that is not offered, is an
// error.
func (a *Args) Params(p *Params) *Params {
	if a.check {
		p = nil
	}
	if p != nil {
		p.Reset()
	}
	var seen [4]uint64
	var needs Facts
	apart := false
	for a.More() {
		id, value, choice := a.param()
		if a.bad {
			break
		}
		if seen[id/64]&(1<<(id%64)) != 0 {
			a.fail(a.proto.Params[id].Name, "expected it once, it came twice")
			break
		}
		seen[id/64] |= 1 << (id % 64)
		info := &a.proto.Params[id]
		needs |= info.Needs
		apart = apart || len(info.Beside)+len(info.Apart) > 0
		if a.check {
			continue
		}
		if p == nil {
			p = new(Params)
		}
		if choice != nil {
			put(p, id, choice.Word, true)
		} else {
			put(p, id, value, true)
		}
	}
	if why := a.proto.lacking(needs &^ (a.facts | a.sets)); why != "" && !a.bad {
		a.fail("parameters", why)
	}
	if apart && !a.bad {
		a.beside(&seen)
	}
	return p
}

// beside checks the parameters that say which others may stand beside them.
func (a *Args) beside(seen *[4]uint64) {
	has := func(id Param) bool { return seen[id/64]&(1<<(id%64)) != 0 }
	for i := 1; i < len(a.proto.Params); i++ {
		if info := &a.proto.Params[i]; has(Param(i)) {
			if why := a.proto.beside(info, has); why != "" {
				a.fail(info.Name, why)
				return
			}
		}
	}
}

// begin makes ready for the input behind the verb of op, or behind a keyword if
// op is 0.
func (a *Args) begin(p *Protocol, op Op, input []byte, offered uint64, facts Facts, check bool) {
	cmd := &p.Commands[op]
	*a = Args{in: bytes.TrimRight(input, " \t"), proto: p, op: op, command: cmd.Name, offered: offered, facts: facts, check: check, keyword: op == 0, bare: isBare(cmd.Verb)}
}

// end checks that nothing is left, and that SMTPUTF8 is in force where it was
// needed.
func (a *Args) end() {
	if a.bad {
		return
	}
	if a.off < len(a.in) {
		a.fail("line", "expected its end, more came")
		return
	}
	if a.wide == "" {
		return
	}
	for i := range a.proto.Facts {
		if a.proto.Facts[i].Role == RoleUTF8 && (a.facts | a.sets).Has(Fact(i)) {
			return
		}
	}
	a.fail(a.wide, "expected ASCII, as SMTPUTF8 is not in force (RFC 6531 §3.4)")
}

func (a *Args) fail(argument, reason string) {
	if !a.bad {
		a.bad, a.argument, a.reason = true, argument, reason
	}
}

func (a *Args) rest() []byte { return a.in[a.off:] }

// text makes a string, unless the arguments are only checked.
func (a *Args) text(b []byte) string {
	if a.check {
		return ""
	}
	return string(b)
}

func (a *Args) note(argument string, wide bool) {
	if wide && a.wide == "" {
		a.wide = argument
	}
}

// open takes the space before an argument.
func (a *Args) open(name string) bool {
	if a.bad {
		return false
	}
	if a.off == len(a.in) {
		a.fail(name, "expected it, the line ends before")
		return false
	}
	if !a.bare {
		if a.in[a.off] != ' ' {
			a.fail(name, "expected a space before it")
			return false
		}
		a.off++
	}
	a.bare = false
	for a.keyword && a.in[a.off] == ' ' { // the last octet is no space
		a.off++
	}
	return true
}

// token takes the space and what follows up to the next one.
func (a *Args) token(name string) ([]byte, bool) {
	if !a.open(name) {
		return nil, false
	}
	token := a.rest()
	if i := bytes.IndexByte(token, ' '); i >= 0 {
		token = token[:i]
	}
	a.off += len(token)
	return token, true
}

// path reads "<mailbox>", with or without a source route.
func (a *Args) path(name string, forward bool) string {
	in := a.rest()
	if len(in) == 0 || in[0] != '<' {
		a.fail(name, `expected "<" at the start of the address`)
		return ""
	}
	route, why := scanRoute(in[1:])
	if why != "" {
		a.fail(name, why)
		return ""
	}
	in = in[1+route:]
	const postmaster = len("Postmaster")
	if forward && len(in) > postmaster && in[postmaster] == '>' && isPostmaster(in[:postmaster]) {
		a.off += 1 + route + postmaster + 1
		a.closed(name)
		return a.text(in[:postmaster])
	}
	end, wide, why := scanMailbox(in)
	switch {
	case why != "":
	case end == len(in):
		why = `expected ">" at the end of the address`
	case in[end] != '>':
		why = stopInDomain(in, end)
	}
	if why != "" {
		a.fail(name, why)
		return ""
	}
	a.off += 1 + route + end + 1
	a.note(name, wide)
	a.closed(name)
	return a.text(in[:end])
}

// closed checks that a path has its end behind the bracket.
func (a *Args) closed(name string) {
	if a.off < len(a.in) && a.in[a.off] != ' ' {
		a.fail(name, `expected a space or the end of the line behind ">"`)
	}
}

// scanRoute gives the length of a source route with its colon, 0 if there is
// none.
func scanRoute(in []byte) (n int, why string) {
	if len(in) == 0 || in[0] != '@' {
		return 0, ""
	}
	for i := 0; ; i++ {
		if i == len(in) || in[i] != '@' {
			return 0, `expected "@" and a domain in the source route`
		}
		if i, _, why = scanDomain(in, i+1); why != "" {
			return 0, why
		}
		if i < len(in) && in[i] == ':' {
			return i + 1, ""
		}
		if i == len(in) || in[i] != ',' {
			return 0, `expected "," or ":" behind a domain of the source route`
		}
	}
}

// decode reads the base64 of a token.
func (a *Args) decode(name string, token []byte) []byte {
	if !isBase64(token) {
		a.fail(name, "expected base64 with its padding (RFC 4648 §4)")
		return nil
	}
	if a.check {
		return nil
	}
	p, err := base64.StdEncoding.AppendDecode(nil, token)
	if err != nil {
		a.fail(name, "expected base64 (RFC 4648 §4)")
		return nil
	}
	return p
}

// isBase64 is stricter than the decoder of the standard library, which passes
// over line ends.
func isBase64(b []byte) bool {
	if len(b) == 0 || len(b)%4 != 0 {
		return false
	}
	digits := bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("=")), []byte("="))
	for _, c := range digits {
		if class[c]&(cLetDig|cWide) != cLetDig && c != '+' && c != '/' {
			return false
		}
	}
	return true
}

// param reads one parameter, and gives the table's word if its value is a
// choice.
func (a *Args) param() (id Param, value []byte, choice *ValueInfo) {
	const name = "parameter"
	token, ok := a.token(name)
	if !ok {
		return 0, nil, nil
	}
	word, value, has := bytes.Cut(token, []byte("="))
	for i, c := range word {
		if k := class[c] & (cLetDig | cHyphen | cWide); k == 0 || k&cWide != 0 || i == 0 && k == cHyphen {
			word = nil
			break
		}
	}
	if len(word) == 0 {
		a.fail(name, "expected NAME or NAME=value, the name of letters, digits and hyphens (RFC 5321 §4.1.2)")
		return 0, nil, nil
	}
	id = a.lookup(word)
	if id == 0 {
		a.unknown = true
		a.fail(name, "expected one that the table "+a.proto.Name+" has for the command, got "+excerpt(word))
		return 0, nil, nil
	}
	info := &a.proto.Params[id]
	if k, _ := info.keyword(value); k != 0 && a.offered&(1<<k) == 0 {
		a.unknown = true
		a.fail(info.Name, "expected only what was offered, which "+a.proto.Keywords[k].Name+" was not")
		return 0, nil, nil
	}
	if has && !info.Value {
		a.fail(info.Name, "expected no value")
		return 0, nil, nil
	}
	choice, wide, why := info.check(value, true)
	if why != "" {
		a.fail(info.Name, why)
		return 0, nil, nil
	}
	a.note(info.Name, wide)
	a.sets |= info.Set
	if choice != nil {
		a.sets |= choice.Set
	}
	a.sized = a.sized || info.Role == RoleSize
	a.entitled = a.entitled || info.Role == RoleTransaction
	return id, value, choice
}

// lookup finds the command's parameter by its name.
func (a *Args) lookup(name []byte) Param {
	for i := 1; i < len(a.proto.Params); i++ {
		if info := &a.proto.Params[i]; sameFold(name, info.Name) && info.isOf(a.op) {
			return Param(i)
		}
	}
	return 0
}
