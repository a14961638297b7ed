package smtptest

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/tabellarius/tabellarius/smtp"
)

// command deals with a command that is in order.
func (c *conn) command(ev smtp.ServerEvent) {
	c.log.add('C', masked(c.p, ev.Op, ev.Line, c.triedAuth))
	info := &c.p.Commands[ev.Op]
	if info.Payload == smtp.PayloadOctets {
		c.chunk = 0
		c.begin(ev.Op)
		return
	}
	q := c.request(ev)
	switch ev.Role {
	case smtp.RoleHello, smtp.RoleHelo:
		var d domainArg
		d.op = ev.Op
		if ev.Parse(&d) == nil {
			c.hello = d.name
		}
		c.answer(q, c.standard(ev.Op, c.cfg.Name))
	case smtp.RoleSender:
		if code := c.answer(q, c.sender(ev.Op, q)); code < 400 {
			c.message, c.data = Message{From: q.Address, Params: q.Params, TakenUp: code >= 300}, nil
		}
	case smtp.RoleRecipient:
		if code := c.answer(q, c.standard(ev.Op, "Recipient taken")); code < 300 {
			c.message.To = append(c.message.To, q.Address)
			c.message.ToParams = append(c.message.ToParams, q.Params)
		}
	case smtp.RoleData:
		c.answer(q, c.standard(ev.Op, "Go ahead, a lone dot ends it"))
		c.message.Size, c.message.Chunks, c.data = 0, 0, nil
		if c.p.States[c.s.State()].Awaits == smtp.AwaitContent {
			c.begin(c.op(smtp.RoleContent))
		}
	case smtp.RoleContent, smtp.RoleLastChunk, smtp.RoleURLLast: // a command that ends a message without octets
		c.endMessage(ev.Op)
	case smtp.RoleAuth, smtp.RoleAuthLine, smtp.RoleAuthCancel:
		c.authenticate(ev, q)
	default:
		c.answer(q, c.standard(ev.Op, ""))
	}
}

// rejected deals with a command that the session refused by itself.
func (c *conn) rejected(ev smtp.ServerEvent) {
	// A chunk is refused when its octets are read, all else has been.
	chunk := c.p.Commands[ev.Op].Payload == smtp.PayloadOctets && c.s.Err() == nil
	out := c.s.Take(nil)
	refusal := len(out)
	if !chunk {
		refusal = bytes.LastIndexByte(out[:len(out)-1], '\n') + 1
	}
	c.send(out[:refusal])
	if c.closing {
		return
	}
	c.log.add('C', masked(c.p, ev.Op, ev.Line, c.triedAuth))
	q := c.request(ev)
	q.Refused = true
	c.fill(&q)
	a, ok := c.server.choose(&q, moment{})
	switch {
	case !ok:
		c.send(out[refusal:])
		return
	case chunk:
		c.instead = &a
		return
	}
	a = a.over(Answer{Raw: out[refusal:]})
	c.emit(a, a.octets())
	c.closing = a.Close
	if q.Role == smtp.RoleData && a.Code/100 == 3 {
		c.void = new(voidContent)
	}
}

// op is the command with a role, 0 if there is none.
func (c *conn) op(r smtp.Role) smtp.Op {
	for op := 1; op < len(c.p.Commands); op++ {
		if c.p.Commands[op].Role == r {
			return smtp.Op(op)
		}
	}
	return 0
}

func (c *conn) request(ev smtp.ServerEvent) Request {
	q := Request{Op: ev.Op, Role: ev.Role, Line: string(ev.Line)}
	if ev.Role == smtp.RoleSender || ev.Role == smtp.RoleRecipient {
		a := smtp.NewArgs(c.p, ev.Op, ev.Line[len(c.p.Commands[ev.Op].Verb):])
		if ev.Role == smtp.RoleSender {
			q.Address = a.ReversePath()
		} else {
			q.Address = a.ForwardPath()
		}
		q.Params = a.Params(nil)
	}
	return q
}

// standard is the first positive reply that the table lists for a command, else
// the first reply.
func (c *conn) standard(op smtp.Op, text string) Answer {
	info := &c.p.Commands[op]
	a := Answer{Text: text}
	for _, row := range info.Replies {
		if row.Violation || row.Unlisted || row.From != 0 && !row.From.Has(c.s.State()) || c.s.Facts()&row.If != row.If {
			continue
		}
		if a.Code == 0 || a.Code >= 400 && row.Min < 400 {
			a.Code = int(row.Min)
		}
	}
	if a.Text == "" {
		a.Text = info.Name + " done"
		if a.Code >= 400 {
			a.Text = info.Name + " ends nothing"
		}
	}
	switch info.Role {
	case smtp.RoleGreeting, smtp.RoleHello, smtp.RoleHelo: // RFC 2034 §4
	case smtp.RoleSender:
		a.Enhanced = smtp.EnhancedCode{2, 1, 0}
	case smtp.RoleRecipient:
		a.Enhanced = smtp.EnhancedCode{2, 1, 5}
	default:
		if class := uint16(a.Code / 100); class != 3 {
			a.Enhanced = smtp.EnhancedCode{class, 0, 0}
		}
	}
	return a
}

func (c *conn) sender(op smtp.Op, q Request) Answer {
	if c.cfg.RequireAuth {
		if done, refuse := c.authFact(); done != 0 && c.s.Facts()&done == 0 {
			return Answer{Code: refuse, Enhanced: smtp.EnhancedCode{5, 7, 0}, Text: "Authentication required"}
		}
	}
	id, ok := c.p.Param(smtp.RoleSize)
	for param, value := range q.Params.All() {
		if n, err := smtp.ParseInteger(value, 20); ok && param == id && err == nil && n > uint64(c.cfg.MaxSize) {
			return c.tooBig()
		}
	}
	return c.standard(op, "Sender taken")
}

// tooBig is the refusal of RFC 1870 §6.
func (c *conn) tooBig() Answer {
	return Answer{Code: 552, Enhanced: smtp.EnhancedCode{5, 3, 4}, Text: "Larger than " + strconv.FormatInt(c.cfg.MaxSize, 10) + " octets"}
}

// begin is the beginning of a message or chunk.
func (c *conn) begin(op smtp.Op) {
	c.answered = false
	c.early(op, true)
}

// early gives the answer that a rule wants before the end.
func (c *conn) early(op smtp.Op, begins bool) {
	q := Request{Op: op, Role: c.p.Commands[op].Role, Early: true}
	c.fill(&q)
	now := moment{begins, c.asked}
	c.asked = q.Octets
	a, ok := c.server.choose(&q, now)
	if !ok || c.answered { // asked all the same: the rules count
		return
	}
	a = a.over(c.standard(op, ""))
	c.answered, c.code = true, a.Code
	c.emit(a, a.octets())
	c.closing = a.Close
}

func (c *conn) content(ev smtp.ServerEvent) {
	c.message.Size += int64(len(ev.Data))
	c.chunk += int64(len(ev.Data))
	if !c.cfg.Discard && c.message.Size <= c.cfg.MaxSize {
		c.data = append(c.data, ev.Data...)
	}
	c.early(ev.Op, false)
}

// end is the end of a message or chunk.
func (c *conn) end(ev smtp.ServerEvent) {
	if ev.Role == smtp.RoleContent {
		c.log.add('C', fmt.Sprintf("(a message of %d octets)", c.message.Size))
	} else {
		c.message.Chunks++
		c.log.add('C', fmt.Sprintf("(a chunk of %d octets)", c.chunk))
	}
	if ev.Role != smtp.RoleChunk {
		c.endMessage(ev.Op)
		return
	}
	if c.answered {
		c.settle(ev.Role, c.code)
		return
	}
	c.answer(Request{Op: ev.Op, Role: ev.Role}, c.standard(ev.Op, "Chunk taken"))
}

// endMessage answers the end of a message: in LMTP once for each recipient
// (RFC 2033 §4.2).
func (c *conn) endMessage(op smtp.Op) {
	info := &c.p.Commands[op]
	each := info.Counted && c.s.Facts()&info.Count == info.Count
	standard := c.standard(op, "Message taken")
	if c.message.Size > c.cfg.MaxSize {
		standard = c.tooBig()
	}
	var accepted []int
	i := 0
	// taken keeps the message before the last reply goes out, so that who has the
	// reply finds it in Messages.
	taken := func(code int) {
		switch {
		case code >= 300:
		case !each:
			for i := range c.message.To {
				accepted = append(accepted, i)
			}
		case i < len(c.message.To):
			accepted = append(accepted, i)
		}
		if c.s.Owes() != op && (len(accepted) > 0 || c.message.TakenUp && code < 300) {
			c.accept(accepted)
		}
	}
	for ; c.s.Owes() == op; i++ {
		switch {
		case c.answered:
			c.settle(info.Role, c.code)
			taken(c.code)
		case each && i < len(c.message.To):
			c.answerThen(Request{Op: op, Role: info.Role, Address: c.message.To[i]}, standard, taken)
		default:
			c.answerThen(Request{Op: op, Role: info.Role}, standard, taken)
		}
	}
	c.answered = false
	if c.s.Recipients() == 0 { // else the transaction goes on
		c.message, c.data = Message{}, nil
	}
}

// A voidContent is message data that came for a 354 to no recipient at all: the
// session knows of none, so it is read here (RFC 2920 §3.1).
type voidContent struct{ line []byte }

// voidInput reads void content and gives what is left behind its end.
func (c *conn) voidInput(p []byte) []byte {
	v := c.void
	for i, b := range p {
		if b == '\n' && string(v.line) == ".\r" {
			c.voidEnd()
			return p[i+1:]
		}
		if b == '\n' {
			v.line = v.line[:0]
		} else if len(v.line) < 3 {
			v.line = append(v.line, b)
		}
	}
	return nil
}

func (c *conn) voidEnd() {
	c.void = nil
	c.log.add('C', "(the end of a message for nobody)")
	q := Request{Op: c.op(smtp.RoleVoid), Role: smtp.RoleVoid}
	c.fill(&q)
	a, _ := c.server.choose(&q, moment{})
	a = a.over(c.standard(q.Op, "No valid recipients"))
	c.emit(a, a.octets())
	if c.closing = a.Close; c.closing {
		return
	}
	// Either answer ends the transaction, as a RSET does.
	c.s.HandleInput([]byte(c.p.Commands[c.op(smtp.RoleReset)].Verb + "\r\n"))
	if ev := c.s.Next(); ev.Kind == smtp.ServerCommand {
		c.settle(ev.Role, c.standard(ev.Op, "").Code)
	}
}
