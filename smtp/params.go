package smtp

import (
	"errors"
	"iter"
	"strconv"
)

// Params are the parameters of one command, such as SIZE of MAIL: an open
// list, since a table may bring any. They are set and read through keys,
// generated ones as [Size] or a user's own, or looked up by what they do and
// set raw. The zero value is empty and ready; [Params.Reset] lets one value
// serve many commands without allocating. Not safe for concurrent use.
type Params struct {
	items []paramItem
	buf   []byte
}

type paramItem struct {
	id         Param
	raw        bool // to be checked against the table's grammar
	optional   bool // left out where it is not offered
	start, end int  // of the value, in buf
	err        error
}

// A ParamKey is a parameter with the type of its value in Go.
type ParamKey[T any] struct {
	Param Param
	// Append and Parse encode and decode the value. Both are nil for a
	// ParamKey[bool], a parameter without value.
	Append func(dst []byte, v T) ([]byte, error)
	Parse  func(value []byte) (T, error)
}

// A KeywordKey is an EHLO keyword with the type, in Go, of what stands behind
// it.
type KeywordKey[T any] struct {
	Keyword Keyword
	Parse   func(*Args) T
}

// Set sets a parameter, in place of what it was. An error of encoding comes
// out of the command's call as an [*ArgumentError]. For a parameter without
// value, false takes it away.
func Set[T any](p *Params, k ParamKey[T], v T) {
	if k.Append == nil {
		if on, ok := any(v).(bool); ok && !on {
			p.remove(k.Param)
			return
		}
		put(p, k.Param, "", false)
		return
	}
	start := len(p.buf)
	buf, err := k.Append(p.buf, v)
	it := p.item(k.Param)
	if err == nil && len(buf) < start {
		err = errAppend
	}
	if err != nil {
		*it = paramItem{id: k.Param, start: start, end: start, err: err}
		return
	}
	p.buf = buf
	*it = paramItem{id: k.Param, start: start, end: len(buf)}
}

// SetIfOffered is Set for a parameter that is left out where the server does not
// offer it; Set's is a [*MissingError] then.
func SetIfOffered[T any](p *Params, k ParamKey[T], v T) {
	Set(p, k, v)
	if p.has(k.Param) {
		p.item(k.Param).optional = true
	}
}

var errAppend = errors.New("the key's Append must append to what it is given, it gave less back")

// Get gives the value of a parameter, and whether it is there and well formed.
// Without value it is true where it is there.
func Get[T any](p *Params, k ParamKey[T]) (v T, ok bool) {
	value, ok := p.find(k.Param)
	if !ok {
		return v, false
	}
	if k.Parse == nil {
		if on, is := any(&v).(*bool); is {
			*on = true
		}
		return v, true
	}
	v, err := k.Parse(value)
	return v, err == nil
}

// Has reports whether the list has the parameter.
func (p *Params) Has(id Param) bool {
	_, ok := p.find(id)
	return ok
}

// Put sets a parameter to the octets that stand behind its "=", or to no value,
// for callers that found it by its role. The octets are copied; when the
// command is encoded they are checked against the table's grammar.
func (p *Params) Put(id Param, value []byte) { put(p, id, value, true) }

// PutString is Put with a string.
func (p *Params) PutString(id Param, value string) { put(p, id, value, true) }

// Reset takes all parameters away and keeps the memory.
func (p *Params) Reset() {
	clear(p.items)
	p.items, p.buf = p.items[:0], p.buf[:0]
}

// Len is the number of parameters set. A nil *Params has none.
func (p *Params) Len() int {
	if p == nil {
		return 0
	}
	return len(p.items)
}

// All yields each parameter with its encoded value, in the order in which they
// were first set. The value is a view, valid until p changes.
func (p *Params) All() iter.Seq2[Param, []byte] {
	return func(yield func(Param, []byte) bool) {
		for i := range p.Len() {
			it := &p.items[i]
			if !yield(it.id, p.buf[it.start:it.end]) {
				return
			}
		}
	}
}

// Select sets in dst the parameters of src, but for those that were set if offered
// and are not.
func (s *Session) Select(dst, src *Params) {
	for i := range src.Len() {
		it := src.items[i]
		value := src.buf[it.start:it.end]
		if s.p.leavesOut(&it, value, s.offered) {
			continue
		}
		put(dst, it.id, value, it.raw)
		*dst.item(it.id) = paramItem{id: it.id, raw: it.raw, optional: it.optional, start: len(dst.buf) - len(value), end: len(dst.buf), err: it.err}
	}
}

// leavesOut reports whether a parameter was set if offered, and is not: itself, or
// the word that it has of a choice.
func (p *Protocol) leavesOut(it *paramItem, value []byte, offered uint64) bool {
	if !it.optional || int(it.id) >= len(p.Params) {
		return false
	}
	k, _ := p.Params[it.id].keyword(value)
	return k != 0 && offered&(1<<k) == 0
}

// Param finds the first parameter that has a role.
func (p *Protocol) Param(r Role) (Param, bool) {
	for i := 1; i < len(p.Params); i++ {
		if p.Params[i].Role == r {
			return Param(i), true
		}
	}
	return 0, false
}

// ParamValue finds the word of a choice that has a role, and its parameter:
// for [Role8Bit], BODY and "8BITMIME".
func (p *Protocol) ParamValue(r Role) (id Param, word string, ok bool) {
	for i := 1; i < len(p.Params); i++ {
		for _, v := range p.Params[i].Values {
			if v.Role == r {
				return Param(i), v.Word, true
			}
		}
	}
	return 0, "", false
}

// Keyword finds the EHLO keyword that has a role, or that the command with the
// role needs.
func (p *Protocol) Keyword(r Role) (Keyword, bool) {
	for i := 1; i < len(p.Keywords); i++ {
		if p.Keywords[i].Role == r {
			return Keyword(i), true
		}
	}
	for _, op := range p.index.roles[r] {
		if k := p.Commands[op].Keyword; k != 0 {
			return k, true
		}
	}
	return 0, false
}

func put[T octets](p *Params, id Param, value T, raw bool) {
	it := p.item(id)
	start := len(p.buf)
	p.buf = append(p.buf, value...)
	*it = paramItem{id: id, raw: raw, start: start, end: len(p.buf)}
}

// item finds the place of id, or makes one at the end.
func (p *Params) item(id Param) *paramItem {
	for i := range p.items {
		if p.items[i].id == id {
			return &p.items[i]
		}
	}
	p.items = append(p.items, paramItem{id: id})
	return &p.items[len(p.items)-1]
}

func (p *Params) find(id Param) (value []byte, ok bool) {
	for i := range p.Len() {
		if it := &p.items[i]; it.id == id && it.err == nil {
			return p.buf[it.start:it.end], true
		}
	}
	return nil, false
}

// has reports whether the list has the parameter, well formed or not.
func (p *Params) has(id Param) bool {
	for i := range p.items {
		if p.items[i].id == id {
			return true
		}
	}
	return false
}

func (p *Params) remove(id Param) {
	for i := range p.items {
		if p.items[i].id == id {
			p.items = append(p.items[:i], p.items[i+1:]...)
			return
		}
	}
}

// isOf reports whether the parameter may stand behind a command.
func (info *ParamInfo) isOf(op Op) bool {
	for _, of := range info.Of {
		if of == op {
			return true
		}
	}
	return false
}

// keyword is what the server has to offer for a value: the keyword of the
// extension that brought the word, where it is a word that another extension
// than the parameter's brought. So BODY=BINARYMIME needs BINARYMIME alone, as
// RFC 3030 §4.2 shows.
func (info *ParamInfo) keyword(value []byte) (k Keyword, word string) {
	for i := range info.Values {
		if v := &info.Values[i]; v.Keyword != 0 && v.Keyword != info.Keyword && sameFold(value, v.Word) {
			return v.Keyword, v.Word
		}
	}
	return info.Keyword, ""
}

// check checks a value: what an esmtp-value may hold always, the words of a
// choice always, the rest of the grammar if asked to. Of a choice it gives the
// word.
func (info *ParamInfo) check(value []byte, grammar bool) (word *ValueInfo, wide bool, why string) {
	if !info.Value {
		if len(value) > 0 {
			why = "expected no value"
		}
		return nil, false, why
	}
	all, any := cValue|cWide, uint8(0)
	for _, c := range value {
		if class[c]&(cValue|cWide) == 0 {
			all = 0
		}
		any |= class[c]
	}
	wide = any&cWide != 0
	if len(value) == 0 || all == 0 || wide && !validWide(value) {
		return nil, wide, whyValue
	}
	if info.Most > 0 && len(value) > info.Most {
		return nil, wide, "expected a value of at most " + strconv.Itoa(info.Most) + " octets (" + info.RFC + ")"
	}
	if len(info.Values) > 0 {
		for i := range info.Values {
			if sameFold(value, info.Values[i].Word) {
				return &info.Values[i], wide, ""
			}
		}
		return nil, wide, info.whyChoice()
	}
	if grammar && info.Check != nil {
		if err := info.Check(value); err != nil {
			return nil, wide, reasonOf(err)
		}
	}
	return nil, wide, ""
}

// beside says what is wrong with the parameters that stand beside this one, as
// has tells of each whether it is there.
func (p *Protocol) beside(info *ParamInfo, has func(Param) bool) string {
	for _, id := range info.Beside {
		if !has(id) {
			return "expected " + p.Params[id].Name + " beside it (" + info.RFC + ")"
		}
	}
	for _, id := range info.Apart {
		if has(id) {
			return "it can't stand beside " + p.Params[id].Name + " (" + info.RFC + ")"
		}
	}
	return ""
}

const whyValue = `expected a value of printable characters without space and "=", at least one (RFC 5321 §4.1.2)`

func (info *ParamInfo) whyChoice() string {
	why := "expected "
	for i, v := range info.Values {
		if i > 0 {
			why += " or "
		}
		why += v.Word
	}
	return why
}

// reasonOf gives the reason of an error of a value function, without the name
// that only the function knew.
func reasonOf(err error) string {
	if e, ok := err.(*ArgumentError); ok {
		return e.Reason
	}
	return err.Error()
}
