package client

import (
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// mostMemory is what a client may have resident.
const mostMemory = 256 << 20

// rules judges what holds in every case, whatever it is about.
func (s *Seen) rules() {
	s.lineRules()
	s.secretRule()
	if s.Answer != nil {
		s.outcomeRules()
		if s.Answer.memory > mostMemory {
			s.t.Failf("the client had %d MiB resident, at most %d are allowed", s.Answer.memory>>20, mostMemory>>20)
		}
	}
	for _, c := range s.Conns {
		if c.leftOpen {
			s.t.Failf("connection %d was left open after the client ended", c.Number)
		}
	}
}

// lineRules: each command line is a verb, ends in CRLF and holds no other CR, LF or
// NUL; what is no command is content that nobody asked for.
func (s *Seen) lineRules() {
	if s.play.plain {
		return // TLS records, if anything
	}
	for _, l := range s.Lines() {
		body, ended := strings.CutSuffix(l.Raw, "\r\n")
		switch {
		case !known[l.Verb]:
			s.t.Failf("expected a command, got %.200q", l.Raw)
		case !ended:
			s.t.Failf("a command ends in LF without CR: %.200q", l.Raw)
		case strings.ContainsAny(body, "\r\n\x00"):
			s.t.Failf("a command has CR or NUL in it: %.200q", l.Raw)
		}
	}
}

// secretRule: no password or token without TLS, nor in what the client says.
func (s *Seen) secretRule() {
	for _, secret := range []string{s.Job.Password, s.Job.Token} {
		if len(secret) < 8 {
			continue
		}
		for _, shown := range []struct{ how, form string }{
			{"as it is", secret}, {"in base64", inner(secret)}, {"in hexadecimal", hex.EncodeToString([]byte(secret))},
		} {
			if s.Answer != nil && strings.Contains(strings.ToLower(s.Answer.output+s.Answer.Error), strings.ToLower(shown.form)) {
				s.t.Failf("the client shows a secret %s", shown.how)
			}
		}
		if s.Job.ClearAuth {
			continue
		}
		for _, l := range s.Lines() {
			if !l.TLS && shows(l.Raw, secret) {
				s.t.Failf("a secret went over a connection without TLS: %s", l.Verb)
			}
		}
	}
}

// inner is what of a text's base64 is the same wherever the text begins at a
// multiple of three octets.
func inner(s string) string {
	return base64.StdEncoding.EncodeToString([]byte(s[:len(s)/3*3]))
}

// shows reports whether a line has a secret in it, in base64 or as it is.
func shows(line, secret string) bool {
	if strings.Contains(line, secret) {
		return true
	}
	for word := range strings.FieldsSeq(line) {
		if raw, err := base64.StdEncoding.DecodeString(word); err == nil && strings.Contains(string(raw), secret) {
			return true
		}
	}
	return false
}

// outcomeRules: accepted is reported where a complete 2yz came for the end of data,
// and nowhere else.
func (s *Seen) outcomeRules() {
	reports, claimed := map[string]int{}, map[string]int{}
	for _, list := range s.Answer.messages() {
		for _, r := range list {
			switch r.Outcome {
			case "accepted":
				claimed[r.To]++
			case "temporary", "permanent", "not-sent", "unknown":
			default:
				s.t.Failf("expected accepted, temporary, permanent, not-sent or unknown as the outcome, got %q", r.Outcome)
			}
			reports[r.To]++
		}
	}
	taken := s.taken()
	for _, to := range slices.Sorted(maps.Keys(claimed)) {
		if n := claimed[to]; n > taken[to] {
			s.t.Failf("%s is reported as accepted %d times; the server took the message for it %d times", to, n, taken[to])
		}
	}
	if s.play.outOfStep {
		return
	}
	for _, to := range slices.Sorted(maps.Keys(reports)) {
		if claimed[to] < min(reports[to], taken[to]) {
			s.t.Failf("the server took the message for %s, and it is not reported as accepted", to)
		}
	}
}

// taken counts, for each recipient of the job, how often the server took the
// message for it with a complete reply.
func (s *Seen) taken() map[string]int {
	taken := map[string]int{}
	for _, m := range s.Messages {
		if !m.Ended || m.Failed {
			continue
		}
		for i, l := range m.accepted() {
			code := 0
			switch {
			case s.Job.Protocol == "lmtp":
				if i < len(m.Codes) {
					code = m.Codes[i]
				}
			case len(m.Codes) > 0:
				code = m.Codes[0]
			}
			if code/100 == 2 {
				taken[s.meant(m, l)]++
			}
		}
	}
	return taken
}

// meant is the recipient of the job that a RCPT stands for: the same address, or,
// where the client wrote it otherwise, the one at the same place.
func (s *Seen) meant(m *Message, l *Line) string {
	for _, to := range s.Job.To {
		if to == l.Address() {
			return to
		}
	}
	for i, r := range m.Rcpts {
		if r == l && i < len(s.Job.To) {
			return s.Job.To[i]
		}
	}
	return l.Address()
}
