package client

import (
	"crypto/tls"
	"strconv"
	"strings"
	"time"
)

// An Option changes what the server does, or what the client is asked to send, in
// one Play.
type Option func(*play)

// What a server can do in a script, beside sending lines.
const (
	Close     = signal("close")      // close the connection, in order
	Reset     = signal("reset")      // close it by a TCP reset
	Hang      = signal("hang")       // say nothing more; read until the client closes
	HalfClose = signal("half-close") // say nothing more, and end this side; read on
	Cut       = signal("cut")        // close TCP under TLS, without an alert
)

type signal string

// Raw are octets that are sent as they are, without a line end.
type Raw string

// On says what the server does where it would have done otherwise. Acts are done in
// order: a string is a line that is sent with CRLF, and lines that stand side by
// side go out in one write; a time.Duration is a pause; Raw are octets;
// Close, Reset, Hang and HalfClose end the talk; a func(*Conn) does anything. No
// acts: no reply. The last rule that fits is taken. What fits:
//
//	greeting            the begin of a connection
//	MAIL                a command, by its verb
//	RCPT b              RCPT with this recipient: b@mx.test, or a whole address
//	AUTH PLAIN          a command with this first word behind the verb; BDAT LAST
//	BDAT#2              the second BDAT of the play; response#2 likewise
//	dot                 the end of data by DATA
//	response            a line of the client in an AUTH exchange
//	content@5000        once 5000 octets of content came; what is done is no reply
//	unknown             a verb that the server does not know
//	any                 each command
//
// In front of it may stand "tls" or "clear": only with or without TLS; and "1:",
// "2:" …: only on this connection of the play.
func On(what string, acts ...any) Option {
	r := parseRule(what)
	r.acts = acts
	return func(p *play) { p.rules = append(p.rules, r) }
}

// Func asks a function for the acts of each command (also "greeting", "dot",
// "response" in its Verb); nil: what the server would have done otherwise.
func Func(f func(c *Conn, cmd *Line) []any) Option {
	return func(p *play) { p.rules = append(p.rules, rule{f: f}) }
}

// Each changes each reply, those of rules as well, before it is cut and sent:
// it gets the octets of a write.
func Each(f func(cmd *Line, reply string) string) Option {
	return func(p *play) { p.each = append(p.each, f) }
}

// rule is a condition and acts.
type rule struct {
	conn      int
	tls       string // tls, clear or empty
	what, arg string
	nth       int
	acts      []any
	f         func(*Conn, *Line) []any
}

func parseRule(s string) (r rule) {
	if n, rest, ok := strings.Cut(s, ":"); ok {
		if r.conn, _ = strconv.Atoi(n); r.conn > 0 {
			s = rest
		}
	}
	for _, word := range []string{"tls", "clear"} {
		if rest, ok := strings.CutPrefix(s, word+" "); ok {
			r.tls, s = word, rest
		}
	}
	s, n, numbered := strings.Cut(s, "#")
	if numbered {
		r.nth, _ = strconv.Atoi(n)
	}
	r.what, r.arg, _ = strings.Cut(s, " ")
	return r
}

// fits reports whether the rule is for a command.
func (r *rule) fits(c *Conn, cmd *Line) bool {
	switch {
	case r.conn > 0 && r.conn != c.Number,
		r.tls == "tls" && !cmd.TLS,
		r.tls == "clear" && cmd.TLS,
		r.nth > 0 && r.nth != cmd.N:
		return false
	case r.what == "any":
		return cmd.Verb != "greeting"
	case r.what == "unknown":
		return !known[cmd.Verb]
	case r.what != cmd.Verb:
		return false
	case r.arg == "":
		return true
	case cmd.Verb == "RCPT", cmd.Verb == "MAIL":
		return cmd.Address() == full(r.arg)
	case cmd.Verb == "BDAT":
		return strings.HasSuffix(strings.ToUpper(cmd.Arg), " LAST")
	}
	word, _, _ := strings.Cut(cmd.Arg, " ")
	return strings.EqualFold(word, r.arg)
}

// full is an address in full: a is a@mx.test.
func full(address string) string {
	if strings.Contains(address, "@") {
		return address
	}
	return address + "@mx.test"
}

// Offer is what the server offers in answer to EHLO, by lines: "PIPELINING",
// "SIZE 1000". Under TLS it is the same, but for STARTTLS. Without Offer:
// nothing.
func Offer(lines ...string) Option {
	return func(p *play) { p.offer = append(p.offer, lines...) }
}

// OfferTLS is what it offers under TLS, where that is not the same.
func OfferTLS(lines ...string) Option {
	return func(p *play) { p.offerTLS = append([]string{}, lines...) }
}

// Certified changes the server's certificate.
func Certified(c Cert) Option { return func(p *play) { p.cert = &c } }

// TLSConfig changes what the server does with TLS.
func TLSConfig(f func(*tls.Config)) Option {
	return func(p *play) { p.tlsConfig = append(p.tlsConfig, f) }
}

// ByOctet sends each octet in a write of its own.
func ByOctet(p *play) { p.byOctet = true }

// Together sends the replies to what came together in one write.
func Together(p *play) { p.together = true }

// SplitAt cuts each write that is longer in two, 20 ms apart.
func SplitAt(octets int) Option { return func(p *play) { p.split = octets } }

// OutOfStep says that the server gives more replies than commands, so that what it
// thinks that it took may be something else to the client: the rule about what has
// to be reported as accepted does not hold.
func OutOfStep(p *play) { p.outOfStep = true }

// NoListener closes the port before the client is asked.
func NoListener(p *play) { p.closed = true }

// IPv6 listens on ::1.
func IPv6(p *play) { p.network = "tcp6" }

// SmallBuffers makes the sockets of the server small.
func SmallBuffers(p *play) { p.small = true }

// Rate reads so many octets a second, at Pace 1.
func Rate(octets int) Option { return func(p *play) { p.rate = octets } }

// Stay leaves the port open for so long after the client ended, to see what comes.
func Stay(d time.Duration) Option { return func(p *play) { p.stay = d } }

// With changes the job.
func With(f func(*Job)) Option { return func(p *play) { f(&p.job) } }

// From and To are the addresses; "a" is a@mx.test.
func From(address string) Option { return With(func(j *Job) { j.From = address }) }

// To are the recipients. Default: a, b and c.
func To(addresses ...string) Option {
	return With(func(j *Job) {
		j.To = nil
		for _, a := range addresses {
			j.To = append(j.To, full(a))
		}
	})
}

// Text is the message, octet by octet.
func Text(content string) Option { return With(func(j *Job) { j.Content = []byte(content) }) }

// Size makes a message of about so many octets, in lines.
func Size(octets int) Option { return With(func(j *Job) { j.Content = lines(octets) }) }

// Count asks for the message n times.
func Count(n int) Option { return With(func(j *Job) { j.Count = n }) }

// Timeout is that of each command, at Pace 1.
func Timeout(d time.Duration) Option { return With(func(j *Job) { j.Timeout = d.Seconds() }) }

// TLS is the mode: none, opportunistic, starttls or implicit; STARTTLS is offered
// where the mode wants it, unless NoSTARTTLS. The port of implicit begins with TLS.
func TLS(mode string) Option { return With(func(j *Job) { j.TLS = mode }) }

// NoSTARTTLS does not offer STARTTLS.
func NoSTARTTLS(p *play) { p.noTLS = true }

// PlainPort does not begin with TLS though the client was told so.
func PlainPort(p *play) { p.plain = true }

// LMTP asks for LMTP.
func LMTP(p *play) { p.job.Protocol = "lmtp" }

// Login gives the client an account, over STARTTLS where TLS says nothing else, and
// offers mechanisms under TLS. Mechanism, if it is not empty, is the one to use.
func Login(mechanism string, offered ...string) Option {
	return func(p *play) {
		j := &p.job
		j.User, j.Password, j.Mechanism = "user@mx.test", password, mechanism
		if strings.HasSuffix(mechanism, "OAUTH2") || mechanism == "OAUTHBEARER" {
			j.Password, j.Token = "", token
		}
		if j.TLS == "none" {
			j.TLS = "starttls"
		}
		if len(offered) > 0 {
			p.mechanisms = offered
		} else if mechanism != "" {
			p.mechanisms = []string{mechanism}
		}
	}
}

// The secrets of the base job.
const password, token = "Tr0ub4dor&3-correct", "ya29.token-of-the-suite"
