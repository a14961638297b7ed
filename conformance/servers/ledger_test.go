//go:build realservers

package servers_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// A ledger holds what the client said of each message against what lies in the
// mailboxes: accepted is there once, under its own sender; refused and not sent
// is not; unknown is there once at most.
type ledger struct {
	s       *server
	begun   int64
	entries []*entry
	byID    map[string]*entry
	copies  int // found so far
}

type entry struct {
	id       string
	env      smtpclient.Envelope
	content  []byte
	outcomes []smtp.Outcome // one for each of env.To; none: never reported
	found    map[string]int // copies in each mailbox
}

func newLedger(s *server) *ledger {
	return &ledger{s: s, begun: time.Now().UnixNano(), byID: map[string]*entry{}}
}

// entry is a new message of about so many octets.
func (l *ledger) entry(env smtpclient.Envelope, octets int) *entry {
	e := &entry{id: fmt.Sprintf("%d.%d", l.begun, len(l.entries)), env: env, found: map[string]int{}}
	e.content = newContent(e.id, env.From, octets, l.s.offers("8BITMIME"))
	l.entries = append(l.entries, e)
	l.byID[e.id] = e
	return e
}

// take notes a report.
func (e *entry) take(r *smtpclient.Report) {
	for _, one := range r.Recipients {
		e.outcomes = append(e.outcomes, one.Outcome)
	}
}

// settle waits until all that was accepted is there, and compares.
func (l *ledger) settle(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for l.collect(t); l.missing() != "" && time.Now().Before(deadline); l.collect(t) {
		time.Sleep(20 * time.Millisecond)
	}
	if m := l.missing(); m != "" {
		t.Errorf("after 60 s not there, though accepted: %s", m)
	}
	for _, e := range l.entries {
		allowed := map[string]int{}
		for i, to := range e.env.To {
			if i < len(e.outcomes) && (e.outcomes[i] == smtp.Accepted || e.outcomes[i] == smtp.Unknown) {
				allowed[l.s.boxOf(to)]++
			}
		}
		for box, n := range e.found {
			if n > allowed[box] {
				t.Errorf("message %s is %d times in the mailbox %s, expected at most %d: to %v it was %v", e.id, n, box, allowed[box], e.env.To, e.outcomes)
			}
		}
	}
}

// missing names the messages that were accepted and are not there.
func (l *ledger) missing() string {
	var names []string
	for _, e := range l.entries {
		for i, to := range e.env.To {
			if i < len(e.outcomes) && e.outcomes[i] == smtp.Accepted && e.found[l.s.boxOf(to)] < e.wanted(l.s, to) {
				names = append(names, e.id+" to "+to)
			}
		}
	}
	if len(names) > 5 {
		names = append(names[:5], fmt.Sprintf("and %d more", len(names)-5))
	}
	return strings.Join(names, ", ")
}

// wanted is how many copies are to be in the mailbox of an address.
func (e *entry) wanted(s *server, address string) (n int) {
	for i, to := range e.env.To {
		if e.outcomes[i] == smtp.Accepted && s.boxOf(to) == s.boxOf(address) {
			n++
		}
	}
	return n
}

// boxOf is the mailbox of an address.
func (s *server) boxOf(address string) string {
	if s.told["queue"] != "" {
		return "queue"
	}
	return mailboxOf(address)
}

func mailboxOf(address string) string { return address[:strings.Index(address, "@")] }

// collect takes what lies in the mailboxes, and compares it with what was sent.
func (l *ledger) collect(t *testing.T) {
	t.Helper()
	l.s.fetch(t)
	for _, file := range l.s.files(t, "*") {
		octets, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(octets, []byte("X-Tabellarius: "))
		if at < 0 {
			t.Errorf("%s delivered what nobody sent:\n%.2000s", l.s.name, octets)
			continue
		}
		a := arrived{trace: string(octets[:at]), message: octets[at:]}
		id, _, _ := strings.Cut(strings.TrimPrefix(string(a.message[:min(len(a.message), 200)]), "X-Tabellarius: "), "\n")
		e := l.byID[strings.TrimSpace(id)]
		if e == nil {
			t.Errorf("%s delivered message %q, which is not of this stream", l.s.name, id)
			continue
		}
		e.found[l.s.mailboxOf(file)]++
		l.copies++
		manner := manners[l.s.name]
		content := e.content
		if manner.newHeader {
			_, content, _ = bytes.Cut(content, []byte("\r\n\r\n"))
			_, a.message, _ = bytes.Cut(a.message, []byte(a.lineEnd()+a.lineEnd()))
		}
		a.same(t, content)
		if sender := a.field("Return-Path"); sender != "<"+e.env.From+">" && !manner.noSender {
			t.Errorf("message %s arrived under the sender %s, expected <%s>", e.id, sender, e.env.From)
		}
	}
}

// mailboxOf is where a file lies: of a server that keeps all of them in one
// folder, the mailbox of that name.
func (s *server) mailboxOf(file string) string {
	if s.told["queue"] != "" {
		return "queue"
	}
	rest, _ := filepath.Rel(s.mail, file)
	return strings.Split(rest, string(filepath.Separator))[0]
}

// files are those in a mailbox: * means all.
func (s *server) files(t *testing.T, mailbox string) (files []string) {
	t.Helper()
	patterns := []string{filepath.Join(s.mail, mailbox, "new", "*"), filepath.Join(s.mail, mailbox, "Maildir/new", "*")}
	if s.told["queue"] != "" {
		patterns = []string{filepath.Join(s.told["queue"], "*", "*")}
	}
	for _, pattern := range patterns {
		some, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, some...)
	}
	return files
}
