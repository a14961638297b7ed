package smtp

import (
	"bytes"
	"encoding/base64"
	"iter"
	"slices"
	"strings"
)

// capabilities is what the server said in answer to EHLO.
type capabilities struct {
	text []byte     // the lines behind the first, joined by line feeds
	args []argument // [keyword]: what stands behind it
}

// An argument is a stretch of the text. A connection has one for each keyword of
// the table, idle or not.
type argument struct{ from, to uint32 }

type span struct{ from, to int }

func (c capabilities) emptied(keywords int) capabilities {
	if cap(c.args) < keywords {
		c.args = make([]argument, keywords)
	}
	c.args = c.args[:keywords]
	c.text = c.text[:0]
	return c
}

func (s *Session) forgetExtensions() {
	s.offered = 0
	s.capabilities.text = s.capabilities.text[:0]
}

// learnExtensions reads the reply to EHLO (RFC 5321 §4.1.1.1). Keywords are
// matched without regard to case; of two lines with one keyword the first
// counts; a line that is no keyword is kept for Offers and else passed over.
func (s *Session) learnExtensions(r Reply) {
	first := true
	for line := range r.Lines() {
		if first { // the server's name and greeting
			first = false
			continue
		}
		s.learnLine(line)
	}
}

func (s *Session) learnLine(line []byte) {
	line = bytes.TrimRight(line, " \t")
	from := len(s.capabilities.text)
	s.capabilities.text = append(append(s.capabilities.text, line...), '\n')
	word, _ := cutWord(line)
	k := s.p.keyword(word)
	if k == 0 || s.offered&(1<<k) != 0 || slices.Contains(s.config.Ignore, k) {
		return
	}
	s.offered |= 1 << k
	s.capabilities.args[k] = argument{uint32(from + len(word)), uint32(from + len(line))}
}

func (p *Protocol) keyword(word []byte) Keyword {
	for k := 1; k < len(p.Keywords); k++ {
		if sameFold(word, p.Keywords[k].Name) {
			return Keyword(k)
		}
	}
	return 0
}

func cutWord(line []byte) (word, rest []byte) {
	if i := bytes.IndexByte(line, ' '); i >= 0 {
		return line[:i], line[i+1:]
	}
	return line, nil
}

// Extension gives what the server said behind a keyword in answer to the last
// EHLO, and whether it named the keyword at all. It is a view, valid until the
// next EHLO or Reset.
func (s *Session) Extension(k Keyword) (args []byte, ok bool) {
	if k == 0 || int(k) >= len(s.p.Keywords) || s.offered&(1<<k) == 0 {
		return nil, false
	}
	at := s.capabilities.args[k]
	return bytes.TrimLeft(s.capabilities.text[at.from:at.to], " "), true
}

// OffersValue reports whether the server offers the word of a parameter's choice
// that has a role: BODY=BINARYMIME, say.
func (s *Session) OffersValue(r Role) bool {
	for i := range s.p.Params {
		info := &s.p.Params[i]
		for _, v := range info.Values {
			if v.Role == r {
				k, _ := info.keyword([]byte(v.Word))
				return k == 0 || s.Offered(k)
			}
		}
	}
	return false
}

// Offers yields the lines of the last EHLO reply behind the first one, those
// with keywords that the table does not know included.
func (s *Session) Offers() iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range bytes.Lines(s.capabilities.text) {
			if !yield(string(bytes.TrimRight(line, "\n"))) {
				return
			}
		}
	}
}

// Capability gives what the server said behind a keyword, in its type, and
// whether it named it. What can't be read in that type counts as not named.
func Capability[T any](s *Session, k KeywordKey[T]) (T, bool) {
	var none T
	args, ok := s.Extension(k.Keyword)
	if !ok {
		return none, false
	}
	a := NewArgs(s.p, 0, args)
	v := k.Parse(a)
	if a.Err() != nil {
		return none, false
	}
	return v, true
}

// MaxSize is the largest message that the server says it takes, in octets
// (RFC 1870 §4); 0 if it does not say.
func (s *Session) MaxSize() uint64 {
	args, ok := s.Extension(s.x.maximum)
	if !ok {
		return 0
	}
	n, err := ParseInteger(args, 20)
	if err != nil {
		return 0
	}
	return n
}

// An Allowance is how much a server says that it takes of one client (RFC 9422
// §4); 0 where it does not say.
type Allowance struct {
	Transactions uint64 // MAIL commands of a connection, refused ones too
	Recipients   uint64 // RCPT commands of a transaction, likewise
	Domains      uint64 // different domains in the RCPT commands of a connection
}

// Allowance is what the server said of it in answer to the last EHLO. Names that
// the table does not know, and values that can't be read, count as not said
// (RFC 9422 §3.7).
func (s *Session) Allowance() (a Allowance) {
	text, ok := s.Extension(s.x.limits)
	if !ok {
		return a
	}
	args := NewArgs(s.p, 0, text)
	if a = s.p.Keywords[s.x.limits].Limits(args); args.Err() != nil {
		return Allowance{}
	}
	return a
}

// AuthMechanisms yields the names of the SASL mechanisms that the server offers
// (RFC 4954 §3), in its order and spelling; where it has several lines of AUTH, those
// of all of them.
func (s *Session) AuthMechanisms() iter.Seq[string] {
	return func(yield func(string) bool) {
		k := s.p.Commands[s.role[RoleAuth]].Keyword
		if _, ok := s.Extension(k); !ok {
			return
		}
		for line := range bytes.SplitSeq(s.capabilities.text, []byte("\n")) {
			word, args := cutWord(line)
			if !sameFold(word, s.p.Keywords[k].Name) {
				continue
			}
			for mechanism := range bytes.FieldsSeq(args) {
				if !yield(string(mechanism)) {
					return
				}
			}
		}
	}
}

func (s *Session) offersMechanism(name string) bool {
	for m := range s.AuthMechanisms() {
		if strings.EqualFold(m, name) {
			return true
		}
	}
	return false
}

func joinMechanisms(s *Session) string {
	var list string
	for m := range s.AuthMechanisms() {
		list = join(list, m)
	}
	if list == "" {
		return "none"
	}
	return excerpt(list)
}

// DecodeChallenge decodes the base64 of a [Challenge] (RFC 4954 §4). Blanks around
// it are passed over: Haraka sends an empty one as "334" and two of them. The error
// does not show what came, which may be anything, a secret too.
func (r Reply) DecodeChallenge() ([]byte, error) {
	line, rest := cutLine(r.raw)
	text := replyText(line)
	if len(rest) > 0 {
		return nil, &ProtocolError{RFC: "RFC 4954 §4", Expected: "a challenge of one line", Came: "several"}
	}
	b, err := base64.StdEncoding.DecodeString(string(bytes.Trim(text, " ")))
	if err != nil {
		return nil, &ProtocolError{RFC: "RFC 4954 §4", Expected: "a challenge in base64", Came: "other text"}
	}
	return b, nil
}
