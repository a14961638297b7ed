package conformance

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
)

var walkCases = []Case{
	{
		ID: "seq-random-walk", Level: Must, RFC: "5321 §4.1.4; §4.3.2",
		Title: "Walks of 50 random commands keep to the table.",
		Test:  "100 seeded walks, ended after 4 refusals each so that no server loses patience",
		Needs: "recipient",
		Run: func(t *T) {
			commands := []smtp.Op{smtp.OpEhlo, smtp.OpMail, smtp.OpRcpt, smtp.OpRset, smtp.OpNoop, smtp.OpMail, smtp.OpRcpt, smtp.OpVrfy, smtp.OpHelo}
			if t.cfg.LMTP {
				commands[0], commands[8] = smtp.OpLhlo, smtp.OpLhlo
			}
			for seed := range uint64(100) {
				if !walk(t, rand.New(rand.NewPCG(seed, 7)), commands) {
					t.Recordf("walk %d", seed)
					return
				}
			}
		},
	},
	{
		ID: "seq-503-state", Level: Must, RFC: "5321 §4.1.4",
		Title: "After each 503 the state is the one before.",
		Test:  "DATA and MAIL after MAIL, RCPT before it: what was legal before each 503 is still accepted",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			for _, step := range [][2]string{{"DATA", t.RcptLine()}, {t.MailLine(), t.RcptLine()}} {
				if r := c.Cmd(step[0]); r.Code == 503 {
					c.Cmd(step[1]).Want("250 251; else fail")
				} else {
					c.Cmd("RSET")
					c.Mail()
				}
			}
			c = t.Session()
			if c.Cmd(t.RcptLine()).Code == 503 {
				c.Cmd(t.MailLine()).Want("250; else fail")
			}
		},
	},
}

// walk sends up to 50 random commands and keeps to the table.
func walk(t *T, random *rand.Rand, commands []smtp.Op) bool {
	c := t.Session()
	p := place{name: "walk", state: smtp.StateReady, extended: true}
	if c.tls != nil {
		p.facts |= 1 << smtp.FactTls
	}
	var said []string
	refused, hellos := 0, 0
	for range 50 {
		op := commands[random.IntN(len(commands))]
		if slices.Contains([]smtp.Op{smtp.OpEhlo, smtp.OpHelo, smtp.OpLhlo}, op) {
			if hellos++; t.circ.Login == LoginFirst || hellos > 1 { // more make some servers wait
				continue
			}
		}
		line, _ := sent(t, op)
		said = append(said, smtp.Table.Commands[op].Name)
		r := c.Cmd(line)
		spec := ruleOf(p, op, t.cfg.LMTP, c.offers)
		if verdict := parseJudgement(spec).of(r); verdict == "fail" || r.Err != nil {
			t.Failf("after %s: expected %s, got %s", strings.Join(said, ", "), parseJudgement(spec).expected(), r)
			return false
		}
		if r.Code/100 < 4 {
			if op == smtp.OpMail && p.state != smtp.StateReady {
				break // taken though a transaction is open: it may have begun anew or not
			}
			p.state = target(p, op, r.Code)
			p.extended = p.extended && op != smtp.OpHelo || op == smtp.OpEhlo
		} else if refused++; refused == 4 {
			break
		}
	}
	c.Close()
	return true
}
