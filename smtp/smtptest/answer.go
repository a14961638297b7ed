package smtptest

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// A Request is what the server is about to answer: a command, the end of a
// message or chunk, the connection itself (the greeting), or with Early the
// beginning of a message or chunk.
type Request struct {
	Conn    int // the number of the connection, from 1
	Op      smtp.Op
	Role    smtp.Role
	Name    string       // the command's name in the table; empty if it has none
	Line    string       // the line, without its line end, secrets included; empty for content
	Address string       // of MAIL and RCPT, without angle brackets; in LMTP the recipient that the content is answered for
	Params  *smtp.Params // of MAIL and RCPT; may be nil
	Refused bool         // the command is unknown, malformed or out of order, and the server refuses it by itself
	Early   bool         // a message or chunk begins, or so many of its octets came
	Octets  int64        // content: how many octets of the message came so far
	TLS     bool
	User    string
}

// An Answer is what the server says to a request. The zero value is what it
// says by default; fields on how it is said go with that too.
//
// The server acts on what it says: a RCPT answered with 550 adds no recipient.
// A reply that the table does not allow is sent all the same, and the server
// acts as on another code of the same class, or as after a refusal if none is
// allowed.
type Answer struct {
	// Code, Enhanced and Text are the reply; text may have several lines, parted
	// by line feeds. The enhanced code is left out where the table allows the
	// reply and ENHANCEDSTATUSCODES is not offered, and in what answers EHLO and
	// HELO. A Text of one line to EHLO
	// gets the offers behind it; of several lines it is sent as it is, and its
	// keywords are what is offered then.
	Code     int
	Enhanced smtp.EnhancedCode
	Text     string
	// Raw, if not nil, is sent in place of the reply, whatever it is. The server
	// acts as on Code, or if that is 0 as on the code that Raw begins with.
	Raw []byte
	// Silent sends nothing; the server acts as if it had.
	Silent bool
	// Delay passes before the answer goes out, and what is behind it waits too.
	// The server reads on meanwhile.
	Delay time.Duration
	// Split sends the answer in pieces of so many octets, each a write of its own.
	Split int
	// Pause passes between the pieces.
	Pause time.Duration
	// Octets, if not 0, sends no more than so many octets of the answer.
	Octets int
	// Close closes the connection behind the answer: with Silent in place of it,
	// with Octets in the middle of it. What comes from the client after the
	// request is not looked at any more.
	Close bool
	// Reset makes Close a reset where the connection is TCP.
	Reset bool
}

// A Match says which requests a rule is for: those for which all fields hold
// that are set. The zero value is every request that is in order.
type Match struct {
	Role    smtp.Role
	Op      smtp.Op
	Conn    int    // the number of the connection, from 1
	Address string // as in Request, without regard to case
	// Nth matches only the nth of the requests, from 1, for which all else holds.
	Nth int
	// Refused matches only requests that the server refuses by itself: unknown,
	// malformed or out of order. The rule's answer is sent instead; the state does
	// not move. A DATA answered with 3yz so gets its void content read (RFC 2920
	// §3.1).
	Refused bool
	// Early matches messages and chunks when they begin, or with Octets when so
	// many octets of the message came; their end is not answered any more then.
	Early  bool
	Octets int64
	// Func, if not nil, has to hold too. It must not call the server.
	Func func(Request) bool
}

// On makes the server give an answer to the requests that match. Of several
// rules that match, the first counts. It may be called at any time.
func (s *Server) On(m Match, a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &rule{match: m, answer: a})
}

type rule struct {
	match  Match
	answer Answer
	seen   int
}

// moment says which early answers are due: those for the beginning, or those for
// more octets of the message than had come before.
type moment struct {
	begins bool
	before int64
}

// due reports whether the moment is here that a rule with Early waits for.
func (m *Match) due(q *Request, now moment) bool {
	if m.Octets == 0 {
		return now.begins
	}
	return now.before < m.Octets && m.Octets <= q.Octets
}

func (r *rule) fits(q *Request, now moment) bool {
	m := &r.match
	switch {
	case m.Role != smtp.RoleNone && m.Role != q.Role,
		m.Op != 0 && m.Op != q.Op,
		m.Conn != 0 && m.Conn != q.Conn,
		m.Address != "" && !strings.EqualFold(m.Address, q.Address),
		m.Refused != q.Refused,
		m.Early != q.Early,
		m.Early && !m.due(q, now),
		m.Func != nil && !m.Func(*q):
		return false
	}
	r.seen++
	return m.Nth == 0 || m.Nth == r.seen
}

// choose finds the answer to a request: of Config.Answer, else of the rules.
func (s *Server) choose(q *Request, now moment) (Answer, bool) {
	if s.cfg.Answer != nil && (!q.Early || now.begins) {
		if a, ok := s.cfg.Answer(*q); ok {
			return a, true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var first *rule
	for _, r := range s.rules {
		if r.fits(q, now) && first == nil {
			first = r
		}
	}
	if first == nil {
		return Answer{}, false
	}
	return first.answer, true
}

// over fills in what an answer leaves to the default.
func (a Answer) over(standard Answer) Answer {
	switch {
	case a.Raw != nil:
		if a.Code == 0 {
			a.Code = leadingCode(a.Raw)
		}
	case a.Code == 0:
		a.Code, a.Enhanced, a.Text, a.Raw = standard.Code, standard.Enhanced, standard.Text, standard.Raw
	case a.Text == "" && a.Code < 400:
		a.Text = standard.Text
	case a.Text == "":
		a.Text = "Refused by the test"
	}
	return a
}

// octets are those of the answer where no session writes them.
func (a Answer) octets() []byte {
	if a.Raw != nil {
		return a.Raw
	}
	return appendReply(nil, a.Code, a.Enhanced, strings.Split(a.Text, "\n"))
}

func appendReply(dst []byte, code int, enhanced smtp.EnhancedCode, lines []string) []byte {
	for i, line := range lines {
		dst = strconv.AppendInt(dst, int64(code), 10)
		if i < len(lines)-1 {
			dst = append(dst, '-')
		} else {
			dst = append(dst, ' ')
		}
		if enhanced != (smtp.EnhancedCode{}) {
			dst = append(append(dst, enhanced.String()...), ' ')
		}
		dst = append(append(dst, line...), "\r\n"...)
	}
	return dst
}

// leadingCode is the code that octets begin with, 0 if they begin with none.
func leadingCode(raw []byte) int {
	if len(raw) < 3 {
		return 0
	}
	code, err := strconv.ParseUint(string(raw[:3]), 10, 16)
	if err != nil {
		return 0
	}
	return int(code)
}

// replyLines are the texts of the lines of a reply, without codes.
func replyLines(raw []byte) []string {
	var texts []string
	for line := range bytes.Lines(raw) {
		line = bytes.TrimRight(line, "\r\n")
		texts = append(texts, string(line[min(4, len(line)):]))
	}
	return texts
}
