package smtp

// codes is how many reply codes the lookup arrays hold, from 100 on.
const codes = 500

// noRow marks a code without a row in the lookup arrays.
const noRow = 255

// index is what Compile works out of a table so that a session needs no search.
type index struct {
	replies []uint8 // [op*codes+code-100]: the first row of Replies with that code
	late    []uint8
	success []*Row // [op]: the row of success: the first that is positive
	roles   [numRoles][]Op

	closing, lmtp, tls, utf8      Facts // by role; 0: the table has none
	transaction, session, fixed   Facts // by scope
	pipelining, enhanced, maximum Keyword
	limits                        Keyword // the one that has Limits
	early                         Keyword
	verbs                         verbs // of the server role
}

func newIndex(p *Protocol) *index {
	x := &index{
		replies: make([]uint8, len(p.Commands)*codes),
		late:    make([]uint8, len(p.Commands)*codes),
		success: make([]*Row, len(p.Commands)),
	}
	for op := range p.Commands {
		c := &p.Commands[op]
		fillCodes(x.replies[op*codes:][:codes], c.Replies)
		fillCodes(x.late[op*codes:][:codes], c.Late)
		for i := range c.Replies {
			if r := &c.Replies[i]; r.Min < 400 && !r.Violation {
				x.success[op] = r
				break
			}
		}
		if op > 0 {
			x.roles[c.Role] = append(x.roles[c.Role], Op(op))
		}
	}
	for i, f := range p.Facts {
		bit := Facts(1) << i
		switch f.Role {
		case RoleClosing:
			x.closing = bit
		case RoleLMTP:
			x.lmtp = bit
		case RoleTLS:
			x.tls = bit
		case RoleUTF8:
			x.utf8 = bit
		}
		switch f.Scope {
		case ScopeTransaction:
			x.transaction |= bit
		case ScopeSession:
			x.session |= bit
		}
		if f.Fixed {
			x.fixed |= bit
		}
	}
	for i, k := range p.Keywords {
		switch k.Role {
		case RolePipelining:
			x.pipelining = Keyword(i)
		case RoleEnhanced:
			x.enhanced = Keyword(i)
		case RoleSize:
			x.maximum = Keyword(i)
		case RoleEarly:
			x.early = Keyword(i)
		}
		if k.Limits != nil {
			x.limits = Keyword(i)
		}
	}
	x.verbs = newVerbs(p)
	return x
}

// knowsLMTP is nil if the table has LMTP. Without it a session would speak ESMTP.
func (p *Protocol) knowsLMTP() error {
	if p.index.lmtp != 0 {
		return nil
	}
	return &MissingError{Name: "LMTP", Reason: "the table " + p.Name + " does not know it: generate one with the extension LMTP"}
}

func fillCodes(first []uint8, rows []Row) {
	for i := range first {
		first[i] = noRow
	}
	for i := len(rows) - 1; i >= 0; i-- {
		for code := rows[i].Min; code <= rows[i].Max; code++ {
			first[code-100] = uint8(i)
		}
	}
}

// row finds what a reply to op means at a place: nil if the table does not say.
func (p *Protocol) row(op Op, code int, at place, late bool) *Row {
	first, rows := p.index.replies, p.Commands[op].Replies
	if late {
		first, rows = p.index.late, p.Commands[op].Late
	}
	i := first[int(op)*codes+code-100]
	if i == noRow {
		return nil
	}
	for rows = rows[i:]; len(rows) > 0; rows = rows[1:] {
		r := &rows[0]
		if uint16(code)-r.Min <= r.Max-r.Min && (r.From == 0 || r.From.Has(at.state)) && at.facts&r.If == r.If {
			return r
		}
	}
	return nil
}

// A place is where a session stands: its state, the home that TargetHome
// leads to, and the facts beside them.
type place struct {
	state, home State
	facts       Facts
}

// move gives the place that a row leads to. sets are the facts that the
// parameters of the command bring with its success.
func (p *Protocol) move(at place, r *Row, sets Facts) place {
	if r == nil { // a command that can only be refused, as AUTH-CANCEL (RFC 4954 §4)
		return at
	}
	x := p.index
	if r.Do&(EffectCloseTransaction|EffectForgetSession) != 0 {
		at.facts &^= x.transaction
		if r.Do&EffectForgetSession != 0 {
			at.facts &^= x.session
		}
	}
	if r.Min < 400 {
		at.facts |= sets
	}
	at.facts = at.facts&^r.Clear | r.Set
	switch r.To {
	case TargetSame:
		return at
	case TargetHome:
		at.state = at.home
		return at
	}
	at.state = State(r.To)
	if p.States[at.state].Home {
		at.home = at.state
	}
	return at
}
