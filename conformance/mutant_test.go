package conformance_test

import (
	"bytes"
	"context"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// A mutant is the embedded server with a planted fault, and the cases that have
// to find it.
type mutant struct {
	name    string
	change  func(*smtptest.Config)             // of the server
	config  func(*conformance.Config)          // of the suite
	link    func(net.Conn) net.Conn            // between the two
	mailbox func(conformance.Mailbox) mailFunc // between the two
	finds   string
	also    string // cases that run too, for those that look at what others saw
}

type mailFunc func(token string) ([][]byte, error)

func (f mailFunc) Find(token string) ([][]byte, error) { return f(token) }

// TestMutants holds that cases complain about the faults that are planted for
// them, and prints how many cases were seen to.
func TestMutants(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	mutants := slices.Concat(replyMutants, commandMutants, contentMutants, linkMutants, extensionMutants, authMutants, sessionMutants, gateMutants, lmtpMutants, lastMutants)
	ran := 0
	t.Run("each", func(t *testing.T) {
		for _, m := range mutants {
			t.Run(m.name, func(t *testing.T) {
				ran++
				t.Parallel()
				for _, id := range m.run(t) {
					mu.Lock()
					seen[id] = true
					mu.Unlock()
				}
			})
		}
	})
	requirements := map[string]bool{}
	for _, c := range conformance.Cases() {
		requirements[c.Requirement()] = true
	}
	t.Logf("%d of %d requirements with a case were seen to be complained about", len(seen), len(requirements))
	if testing.Verbose() && ran == len(mutants) {
		for _, id := range slices.Sorted(maps.Keys(requirements)) {
			if !seen[id] {
				t.Logf("not seen: %s", id)
			}
		}
	}
	if len(seen) < leastSeen && ran == len(mutants) {
		t.Errorf("expected %d at least", leastSeen)
	}
}

// run gives the ids of the requirements whose cases complained.
func (m mutant) run(t *testing.T) (found []string) {
	s, cfg := conformance.Embedded(func(c *smtptest.Config) {
		if m.change != nil {
			m.change(c)
		}
	})
	defer s.Close()
	cfg.Expected, cfg.Parallel, cfg.Timeout = nil, 4, 3*time.Second
	cfg.Arrival = time.Second
	cfg.Selection.IDs = strings.Fields(m.finds + " " + m.also)
	if m.link != nil {
		cfg.Dial = func(address string) (net.Conn, error) {
			c, err := net.Dial("tcp", address)
			if err != nil {
				return nil, err
			}
			return m.link(c), nil
		}
	}
	if m.mailbox != nil {
		cfg.Mailbox = m.mailbox(cfg.Mailbox)
	}
	if m.config != nil {
		m.config(&cfg)
	}
	report, err := conformance.Run(context.Background(), cfg)
	if report == nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, r := range report.Results {
		if strings.HasPrefix(r.ID, "sanity") {
			continue
		}
		if r.Deviates() {
			c, _ := conformance.Find(r.ID)
			ids[c.Requirement()] = true
			continue
		}
		if strings.Contains(" "+m.finds+" ", " "+r.ID+" ") {
			t.Errorf("%s does not complain: %s %s %s", r.ID, r.Verdict, r.Findings, r.Missing)
			for _, l := range r.Log {
				t.Logf("   %d %s: %s", l.Conn, l.From, l.Text)
			}
		}
	}
	return slices.Collect(maps.Keys(ids))
}

// says makes a fault of the server that changes what it says; the usual answers
// stay for all else.
func says(f func(smtptest.Request) (smtptest.Answer, bool)) func(*smtptest.Config) {
	return func(c *smtptest.Config) {
		usual := c.Answer
		c.Answer = func(q smtptest.Request) (smtptest.Answer, bool) {
			if a, ok := f(q); ok {
				return a, true
			}
			return usual(q)
		}
	}
}

// raw makes the server answer commands whose line matches with octets.
func raw(line, octets string) func(*smtptest.Config) {
	pattern := regexp.MustCompile(line)
	return says(func(q smtptest.Request) (smtptest.Answer, bool) {
		return smtptest.Answer{Raw: []byte(octets)}, !q.Early && q.Role != smtp.RoleContent && pattern.MatchString(q.Line)
	})
}

// offers makes the server offer more keywords.
func offers(lines ...string) func(*smtptest.Config) {
	return func(c *smtptest.Config) { c.Lines = append(c.Lines, lines...) }
}

func both(changes ...func(*smtptest.Config)) func(*smtptest.Config) {
	return func(c *smtptest.Config) {
		for _, change := range changes {
			change(c)
		}
	}
}

// yes answers everything that the server refuses by itself with 250.
var yes = says(func(q smtptest.Request) (smtptest.Answer, bool) {
	return smtptest.Answer{Code: 250, Enhanced: smtp.EnhancedCode{2, 0, 0}, Text: "Fine"}, q.Refused
})

// changed is a connection on which octets are changed.
type changed struct {
	net.Conn
	up, down func([]byte) []byte
	left     []byte
}

func (c *changed) Write(p []byte) (int, error) {
	out := p
	if c.up != nil {
		out = c.up(bytes.Clone(p))
	}
	if len(out) > 0 {
		if _, err := c.Conn.Write(out); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (c *changed) Read(p []byte) (int, error) {
	if len(c.left) == 0 {
		buf := make([]byte, 32<<10)
		n, err := c.Conn.Read(buf)
		if err != nil {
			return 0, err
		}
		c.left = buf[:n]
		if c.down != nil {
			c.left = c.down(c.left)
		}
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

// up changes what goes to the server, down what comes from it.
func up(old, new string) func(net.Conn) net.Conn {
	return func(c net.Conn) net.Conn {
		return &changed{Conn: c, up: func(p []byte) []byte { return bytes.ReplaceAll(p, []byte(old), []byte(new)) }}
	}
}

// received changes the messages in the mailbox.
func received(f func(string) string) func(conformance.Mailbox) mailFunc {
	return func(m conformance.Mailbox) mailFunc {
		return func(token string) ([][]byte, error) {
			found, err := m.Find(token)
			for i := range found {
				found[i] = []byte(f(string(found[i])))
			}
			return found, err
		}
	}
}
