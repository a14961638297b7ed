package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
)

// A place is a state of the table that a server can be brought to, and how.
type place struct {
	name  string // as in ids
	state smtp.State
	facts smtp.Facts
	needs string
	// extended says that what extensions add is to be had: not after HELO.
	extended bool
	reach    func(*T) *Conn
}

// places are those that the sequencing cases start from. The steps are ours, all
// else is the table's.
var places = []place{
	{name: "greeted", state: smtp.StateGreetingReceived, reach: func(t *T) *Conn { return t.Greeted() }},
	{name: "helo", state: smtp.StateReady, needs: "smtp", reach: func(t *T) *Conn {
		c := t.Greeted()
		c.Cmd("HELO " + t.cfg.Hello).Need("250")
		return c
	},
	},
	{name: "ready", state: smtp.StateReady, extended: true, reach: func(t *T) *Conn { return t.Session() }},
	{name: "mailtx", state: smtp.StateMailtx, extended: true, reach: func(t *T) *Conn {
		c := t.Session()
		c.Mail()
		return c
	},
	},
	{name: "recipient", state: smtp.StateRecipientSent, extended: true, needs: "recipient", reach: func(t *T) *Conn {
		c := t.Session()
		c.Transaction()
		return c
	},
	},
	{name: "chunk", state: smtp.StateBdatUnderWay, extended: true, needs: "recipient, ext:CHUNKING", reach: func(t *T) *Conn {
		c := t.Session()
		c.Transaction()
		c.Write("BDAT 2\r\n\r\n")
		c.Read("BDAT 2").Need("250")
		return c
	},
	},
	{name: "done", state: smtp.StateReady, extended: true, needs: "recipient", reach: func(t *T) *Conn {
		c := t.Session()
		c.Message(t.Text(t.Token(), "sent before a command is tried\r\n")).Need("250")
		return c
	},
	},
	{name: "data", state: smtp.StateSendData, needs: "recipient", reach: func(t *T) *Conn {
		c := t.Session()
		c.Transaction()
		c.Data()
		return c
	},
	},
	{name: "authenticating", state: smtp.StateAuthenticating, extended: true, needs: "auth:PLAIN", reach: func(t *T) *Conn {
		c := t.Greeted()
		c.Hello().Need("250")
		c.Cmd("AUTH PLAIN").Need("334")
		return c
	},
	},
	{name: "authenticated", state: smtp.StateReady, facts: 1 << smtp.FactAuth, extended: true, needs: "auth", reach: func(t *T) *Conn {
		c := t.Greeted()
		c.Hello().Need("250")
		c.Login()
		return c
	},
	},
	{name: "tls", state: smtp.StateGreetingReceived, facts: 1 << smtp.FactTls, needs: "tls", reach: func(t *T) *Conn {
		t.circ.Link = LinkStartTLS
		return t.Greeted()
	},
	},
}

// sent is the line by which a command of the table is tried, and the octets
// behind it.
func sent(t *T, op smtp.Op) (line, octets string) {
	switch op {
	case smtp.OpEhlo, smtp.OpHelo, smtp.OpLhlo:
		return smtp.Table.Commands[op].Verb + " " + t.cfg.Hello, ""
	case smtp.OpMail:
		return t.MailLine(), ""
	case smtp.OpRcpt:
		return t.RcptLine(), ""
	case smtp.OpVrfy:
		return "VRFY postmaster", ""
	case smtp.OpExpn:
		return "EXPN staff", ""
	case smtp.OpAuth:
		return "AUTH PLAIN", ""
	case smtp.OpBdat:
		return "BDAT 6", "NOOP\r\n"
	case smtp.OpBdatLast:
		return "BDAT 6 LAST", "NOOP\r\n"
	}
	return smtp.Table.Commands[op].Verb, ""
}

// sequenceCases are generated from the table: each state that a server can be
// brought to with each command.
func sequenceCases() []Case {
	var list []Case
	for _, p := range places {
		if smtp.Table.States[p.state].Awaits != smtp.AwaitCommand {
			list = append(list, textCase(p))
			continue
		}
		for op := smtp.Op(1); int(op) < len(smtp.Table.Commands); op++ {
			if tried(op) {
				list = append(list, sequenceCase(p, op))
			}
		}
	}
	return append(list, walkCases...)
}

// tried reports whether a command is one of those that are tried: lines with a
// verb, and of the forms of one verb the first, but for the two of BDAT.
func tried(op smtp.Op) bool {
	info := &smtp.Table.Commands[op]
	if !info.Line || info.Verb == "" || info.Verb == "*" {
		return false
	}
	first := slices.IndexFunc(smtp.Table.Commands, func(c smtp.CommandInfo) bool { return c.Verb == info.Verb })
	return first == int(op) || op == smtp.OpBdatLast
}

func sequenceCase(p place, op smtp.Op) Case {
	info := &smtp.Table.Commands[op]
	needs := strings.Trim(p.needs+", plain", ", ")
	if p.name == "tls" || p.name == "authenticated" {
		needs = p.needs
	}
	if op == smtp.OpRcpt || op == smtp.OpMail {
		needs += ", recipient"
	}
	return Case{
		ID: "seq-" + p.name + "-" + info.Name, Level: Must, RFC: "5321 §4.1.4; §4.3.2", Needs: needs,
		Title: fmt.Sprintf("%s in the state %s gets a reply that the table lists, and leads where the table says.", info.Name, p.name),
		Test:  fmt.Sprintf("bring the server to %s, send %s: %s; then see what is open", p.name, info.Name, ruleOf(p, op, false, nil)),
		Run: func(t *T) {
			c := p.reach(t)
			line, octets := sent(t, op)
			if op == smtp.OpBdatLast && legal(p, op, t.cfg.LMTP) {
				t.run.message(t)
			}
			if _, offered := t.run.facts.offers[t.circ.Link]["CHUNKING"]; !offered {
				octets = "" // they would be a second command
			}
			c.Write(line + "\r\n" + octets)
			before := c.rcpts
			r := c.Read(line)
			if !r.Want(ruleOf(p, op, t.cfg.LMTP, c.offers)) {
				if r.Err != nil || r.Code/100 < 4 {
					return
				}
			}
			c.rcpts = before
			follow(t, c, p, op, r)
		},
	}
}

// textCase is a state where no command is awaited: every line is text.
func textCase(p place) Case {
	return Case{
		ID: "seq-" + p.name + "-any", Level: Must, RFC: "5321 §4.1.1.4; 4954 §4", Needs: p.needs,
		Title: "In the state " + p.name + " every line is text, not a command.",
		Test:  "bring the server to " + p.name + ", send the line of each command of the table; no command is served",
		Run: func(t *T) {
			for op := smtp.Op(1); int(op) < len(smtp.Table.Commands); op++ {
				if !tried(op) {
					continue
				}
				c := p.reach(t)
				line, _ := sent(t, op)
				if p.state == smtp.StateAuthenticating {
					c.Write(line + "\r\n")
					c.Read("(a response) " + line).Want("501 5yz close; warn 4yz; error 421; fail 2yz 3yz")
					continue
				}
				c.Write(line + "\r\n")
				if r, quiet := c.QuietFor(t.cfg.Quiet / 3); !quiet {
					t.Failf("%s inside the data got %s", line, r)
				}
				c.Close()
			}
		},
	}
}

// legal reports whether the table has a command in a place.
func legal(p place, op smtp.Op, lmtp bool) bool {
	info := &smtp.Table.Commands[op]
	facts := p.facts
	if lmtp {
		facts |= 1 << smtp.FactLmtp
	}
	return info.In.Has(p.state) && facts&info.Needs == info.Needs && facts&info.Forbids == 0
}

// ruleOf is the judgement for a command in a place: the codes that the table
// lists pass, others of a class that it lists warn, other classes fail. Without
// offers, for the explanation, everything is taken for offered.
func ruleOf(p place, op smtp.Op, lmtp bool, offers map[string]string) string {
	info := &smtp.Table.Commands[op]
	offered := offers == nil && p.extended
	if info.Keyword == 0 {
		offered = true
	} else if offers != nil {
		_, offered = offers[smtp.Table.Keywords[info.Keyword].Name]
	}
	var codes []string
	classes := map[string]bool{}
	for _, row := range info.Replies {
		if row.Violation || row.From != 0 && !row.From.Has(p.state) || row.If != 0 || row.Do&smtp.EffectTakeUp != 0 {
			continue
		}
		classes[fmt.Sprintf("%dyz", row.Min/100)] = true
		if row.Min == row.Max && row.Min != 421 {
			codes = append(codes, fmt.Sprint(row.Min))
		}
	}
	switch {
	case !legal(p, op, lmtp) && (op == smtp.OpMail || op == smtp.OpAuth):
		// the duty is the client's (§4.1.4): a server that can go on may
		if p.state == smtp.StateGreetingReceived {
			return "503 530 550 502 500 501; warn 250 235 334 5yz"
		}
		return "503 530 502; warn 250 334 5yz"
	case !legal(p, op, lmtp) && op == smtp.OpData:
		return "503 554 530; warn 354 5yz; fail 2yz"
	case !legal(p, op, lmtp) && (op == smtp.OpBdat || op == smtp.OpBdatLast):
		return "503 554 530 502 500; warn 5yz 4yz; fail 2yz 3yz"
	case !legal(p, op, lmtp) && op == smtp.OpStartTLS:
		if p.facts.Has(smtp.FactTls) || p.state == smtp.StateReady {
			return "4yz 5yz; fail 2yz 3yz"
		}
		return "220 4yz 5yz; fail 3yz" // free before EHLO, and in a transaction (3207 §4)
	case !legal(p, op, lmtp) && op == smtp.OpRcpt && p.state == smtp.StateBdatUnderWay:
		return "503 502 500 501 530; warn 2yz 4yz 5yz; fail 3yz" // the order is worded for the client (3030 §2)
	case !legal(p, op, lmtp):
		return "503 502 500 501 530; warn 4yz 5yz; fail 2yz 3yz"
	case !offered && !p.extended:
		return strings.Join(codes, " ") + " 5yz 4yz; fail 3yz"
	case !offered:
		return "5yz; warn 4yz; fail 2yz 3yz"
	case op == smtp.OpHelp || op == smtp.OpVrfy || op == smtp.OpExpn:
		codes = append(codes, "500", "501") // they may be missing (§3.5.3, §4.1.1.8)
	case op == smtp.OpNoop || op == smtp.OpRset || op == smtp.OpQuit:
		return strings.Join(codes, " ") + "; warn 2yz 5yz; fail 3yz"
	default:
		codes = append(codes, "530")
	}
	rule := strings.Join(codes, " ")
	var warn, fail []string
	for _, class := range []string{"2yz", "3yz", "5yz"} {
		if classes[class] {
			warn = append(warn, class)
		} else {
			fail = append(fail, class)
		}
	}
	if len(warn) > 0 {
		rule += "; warn " + strings.Join(warn, " ")
	}
	if len(fail) > 0 {
		rule += "; fail " + strings.Join(fail, " ")
	}
	return rule
}

// follow looks whether the server is where the table says.
func follow(t *T, c *Conn, p place, op smtp.Op, r Reply) {
	if r.Code/100 >= 4 && (op == smtp.OpBdat || op == smtp.OpBdatLast) {
		c.Cmd("RSET").Want("250; warn close") // what is left is indeterminate (3030 §2)
		return
	}
	next := p.state
	if r.Code/100 < 4 {
		next = target(p, op, r.Code)
	}
	switch next {
	case smtp.StateFinished:
		if !c.Closed(t.cfg.Timeout) {
			t.Failf("after %s the connection is not closed", r)
		}
	case smtp.StateAuthenticating:
		c.Cmd("*").Want("501; warn 5yz; else fail")
	case smtp.StateTlsHandshake:
		if err := c.Handshake(nil); err != nil {
			t.Failf("after %s the handshake failed: %s", r, plain(err))
		}
	case smtp.StateSendData, smtp.StateVoidData:
		c.Close()
	case smtp.StateMailtx, smtp.StateRecipientSent:
		if len(t.cfg.Recipients) > 0 {
			c.Cmd(t.RcptLine()).Want("250 251; fail 503; warn 5yz")
		}
	case smtp.StateBdatUnderWay:
		c.Cmd("RSET").Want("250")
	case smtp.StateReady, smtp.StateGreetingReceived:
		if r.Code/100 < 4 && (op == smtp.OpMail || op == smtp.OpRcpt) {
			return
		}
		if len(t.cfg.Recipients) > 0 {
			// which 5yz is right where, its own cases say
			if !c.Cmd(t.RcptLine()).Want("5yz; warn close; fail 2yz 3yz") {
				return
			}
		}
		if next == smtp.StateReady {
			c.Cmd(t.MailLine()).Want("250 530; warn 4yz; fail 5yz 3yz close")
		}
	}
}

// target is the state that a reply leads to by the table; a command that it does
// not have there leads where its reply would from anywhere else.
func target(p place, op smtp.Op, code int) smtp.State {
	for _, row := range smtp.Table.Commands[op].Replies {
		if int(row.Min) <= code && code <= int(row.Max) && (row.From == 0 || row.From.Has(p.state)) {
			switch row.To {
			case smtp.TargetSame:
				return p.state
			case smtp.TargetHome:
				if p.state == smtp.StateGreetingReceived {
					return p.state
				}
				return smtp.StateReady
			}
			return smtp.State(row.To)
		}
	}
	return p.state
}
