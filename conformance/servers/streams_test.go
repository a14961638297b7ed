//go:build realservers

package servers_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	netsmtp "net/smtp"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// A manner is what is known of a server that does not do as RFC 5321 and RFC
// 2920 say, or less.
type manner struct {
	// What stands in the same packet behind the final dot of a message is lost,
	// or refused: the client has to find out and to go on in two flights.
	behindDot string
	// So many refused recipients and the server closes.
	closesAt int
	// How long a message may take beyond the pace. Courier, Haraka and sendmail
	// write each reply by itself, and the kernel holds the second back until the
	// client's has acknowledged the first, which it puts off for 40 ms (RFC 9293
	// §3.8.6.3). Dovecot's pace is not measured: it has no SMTP here.
	perMessage time.Duration
	// Its trace does not say ESMTPSA (RFC 3848), but SMTP.
	plainTrace bool
	// It writes the header anew: only the text behind it is compared.
	newHeader bool
	// It keeps no Return-Path with the message.
	noSender bool
}

var manners = map[string]manner{
	"chasquid": {behindDot: "lost", closesAt: 3},
	"courier":  {behindDot: "lost", newHeader: true, perMessage: 50 * time.Millisecond},
	"dovecot":  {perMessage: 50 * time.Millisecond},
	"haraka":   {behindDot: "refused", perMessage: 50 * time.Millisecond},
	"mailpit":  {plainTrace: true},
	"mox":      {noSender: true},
	"sendmail": {perMessage: 50 * time.Millisecond},
}

// streamLength is how many messages go through one connection.
const streamLength = 100

// TestStreams sends many messages through one connection of each server, in each
// way that it offers: all arrive, once, in the right mailbox, octet for octet.
func TestStreams(t *testing.T) {
	names := strings.Fields(*chosen)
	if len(names) == 0 {
		names = strings.Fields(control(t, "list", "auth"))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			s := start(t, name)
			if s.told["smtp"] == "none" && s.told["lmtp"] == "" {
				t.Logf("%s takes no mail", name)
				return
			}
			l := newLedger(s)
			var pace time.Duration
			if s.told["smtp"] != "none" {
				pace = s.pace(t, l)
			}
			ways := []struct {
				name string
				cfg  smtpclient.Config
				lmtp bool
			}{
				{"DATA", smtpclient.Config{Ignore: []smtp.Keyword{smtp.KeywordChunking}}, false},
				{"BDAT", smtpclient.Config{}, false},
				{"eager", smtpclient.Config{Eager: true}, false},
				{"LMTP DATA", smtpclient.Config{LMTP: true, Ignore: []smtp.Keyword{smtp.KeywordChunking}}, true},
				{"LMTP BDAT", smtpclient.Config{LMTP: true}, true},
			}
			for _, way := range ways {
				if way.lmtp && s.told["lmtp"] == "" || !way.lmtp && s.told["smtp"] == "none" {
					continue
				}
				t.Run(way.name, func(t *testing.T) { s.tryStream(t, l, way.cfg, pace) })
			}
			if manners[name].closesAt > 0 {
				t.Run("too many refused", func(t *testing.T) { s.tryTooManyRefused(t, l) })
			}
			l.settle(t)
			t.Logf("%s: %d messages, %d copies, %.1f s with start and delivery", name, len(l.entries), l.copies, time.Since(began).Seconds())
		})
	}
}

// pace is how long the server takes for a stream by its own doing: measured with
// the standard library's client, a few messages with a round trip for each
// command.
func (s *server) pace(t *testing.T, l *ledger) time.Duration {
	t.Helper()
	const some = 10
	c, err := netsmtp.Dial(s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.StartTLS(s.tls(t)); err != nil {
		t.Fatal(err)
	}
	if ok, _ := c.Extension("AUTH"); ok {
		if err := c.Auth(netsmtp.PlainAuth("", s.user, s.password, "127.0.0.1")); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	for range some {
		e := l.entry(s.newEnvelope(0, false), 2000)
		err := c.Mail(e.env.From)
		if err == nil {
			err = c.Rcpt(e.env.To[0])
		}
		if err != nil {
			t.Fatal(err)
		}
		w, err := c.Data()
		if err != nil {
			t.Fatal(err)
		}
		w.Write(e.content)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		e.outcomes = []smtp.Outcome{smtp.Accepted}
	}
	took := time.Since(began)
	if err := c.Quit(); err != nil {
		t.Fatal(err)
	}
	return took * streamLength / some
}

// newEnvelope is that of the i-th message of a stream: to one mailbox, the other,
// or both, with one beside them that is not there if refused.
func (s *server) newEnvelope(i int, refused bool) smtpclient.Envelope {
	env := smtpclient.Envelope{From: fmt.Sprintf("stream.%d@client.test", i)}
	if from := s.told["from"]; from != "" {
		env.From = from
	}
	boxes := s.mailboxes()
	if n := len(boxes); n > 1 && i%3 < n {
		boxes = boxes[i%3 : i%3+1]
	}
	env.To = append(env.To, boxes...)
	if refused {
		env.To = append(env.To, s.unknown())
		if i%8 == 3 { // the refusal comes first
			env.To[0], env.To[len(env.To)-1] = env.To[len(env.To)-1], env.To[0]
		}
	}
	return env
}

func (s *server) tryStream(t *testing.T, l *ledger, cfg smtpclient.Config, pace time.Duration) {
	c, w := s.connect(t, cfg)
	manner := manners[s.name]
	chunking := c.offers(smtp.KeywordChunking) && len(cfg.Ignore) == 0
	pipelining := c.offers(smtp.KeywordPipelining)
	if len(cfg.Ignore) == 0 && !chunking || cfg.Eager && !pipelining {
		t.Logf("not offered: CHUNKING %v, PIPELINING %v", chunking, pipelining)
		c.Quit(t.Context())
		return
	}
	var entries []*entry
	refusals := 0
	for i := range streamLength {
		refused := i%4 == 3 && (manner.closesAt == 0 || refusals < manner.closesAt-1)
		if refused {
			refusals++
		}
		size := 200 + i*83%12000
		if i%25 == 24 {
			size = 70_000 // more than the client reads at once
		}
		entries = append(entries, l.entry(s.newEnvelope(i, refused), size))
	}
	began := time.Now()
	i := 0
	for report, err := range c.SendAll(context.Background(), messagesOf(entries)) {
		entries[i].take(report)
		for _, r := range report.Recipients {
			want := smtp.Accepted
			if r.Address == s.unknown() {
				want = smtp.RefusedForGood
			}
			if r.Outcome != want {
				t.Fatalf("message %d to %s is %v, expected %v: %v", i, r.Address, r.Outcome, want, err)
			}
		}
		i++
	}
	took := time.Since(began)
	if i != len(entries) {
		t.Errorf("%d reports for %d messages", i, len(entries))
	}
	if most := pace + streamLength*manner.perMessage + 5*time.Second; took > most {
		t.Errorf("the stream took %v, more than %v: the server took %v for as many by a round trip for each command", took, most, pace)
	}
	if err := c.Quit(context.Background()); err != nil {
		t.Errorf("QUIT: %v", err)
	}
	probes, behind := w.behindDot()
	switch {
	case chunking || !pipelining:
		if probes != 0 {
			t.Errorf("%d NOOP: expected none, where no message ends in a dot with something behind it", probes)
		}
	case manner.behindDot == "":
		if probes != 1 || behind < streamLength/2 {
			t.Errorf("%d NOOP and %d envelopes right behind a dot: expected 1, and most of %d", probes, behind, streamLength)
		}
	default:
		if probes != 1 || behind != 0 {
			t.Errorf("%d NOOP and %d envelopes right behind a dot: expected 1 and none, as what stands there is %s", probes, behind, manner.behindDot)
		}
	}
	l.settle(t)
	stats := c.Stats()
	t.Logf("%d messages in %d ms (%d ms by net/smtp), %d octets out, %d writes, %d reads, recipients %v, %d envelopes right behind a dot",
		stats.Messages, took.Milliseconds(), pace.Milliseconds(), stats.Sent, w.writes, w.reads, stats.Recipients, behind)
}

// tryTooManyRefused sends a stream to a server that closes at a certain number of
// refused recipients: what it took before is there, what comes behind is not sent.
func (s *server) tryTooManyRefused(t *testing.T, l *ledger) {
	c, _ := s.connect(t, smtpclient.Config{})
	var entries []*entry
	for i := range streamLength {
		entries = append(entries, l.entry(s.newEnvelope(i, i%4 == 3), 1000))
	}
	began := time.Now()
	var all [smtp.Unknown + 1]int
	i := 0
	for report := range c.SendAll(context.Background(), messagesOf(entries)) {
		entries[i].take(report)
		for _, outcome := range entries[i].outcomes {
			all[outcome]++
		}
		i++
	}
	refusals := all[smtp.RefusedForNow] + all[smtp.RefusedForGood]
	if i != streamLength || refusals < manners[s.name].closesAt-1 || refusals > manners[s.name].closesAt || all[smtp.Accepted] < 10 || all[smtp.NotSent] < streamLength {
		t.Errorf("%d reports, recipients %v: expected %d, %d refused, some accepted before and the others not sent", i, all, streamLength, manners[s.name].closesAt)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v: somebody waited for a time-out", took)
	}
	if err := c.Quit(context.Background()); err == nil {
		t.Error("QUIT succeeded: expected the server to have closed")
	}
	l.settle(t)
	t.Logf("%d messages in %d ms, recipients %v", i, time.Since(began).Milliseconds(), all)
}

func messagesOf(entries []*entry) iter.Seq[smtpclient.Message] {
	return func(yield func(smtpclient.Message) bool) {
		for _, e := range entries {
			if !yield(smtpclient.Message{Envelope: e.env, Body: bytes.NewReader(e.content)}) {
				return
			}
		}
	}
}

// mailboxes are those that the server has.
func (s *server) mailboxes() []string {
	return strings.Fields(cmp.Or(s.told["mailboxes"], "tester@example.test postmaster@example.test"))
}

// unknown is one that it has not.
func (s *server) unknown() string { return cmp.Or(s.told["unknown"], unknown) }

// A stream is a client, and offers tells what its server does after all that was
// done to connect.
type stream struct{ *smtpclient.Client }

func (c stream) offers(k smtp.Keyword) (ok bool) {
	c.Ask(func(s *smtp.Session) { ok = s.Offered(k) })
	return ok
}

// A watch is what was seen of a connection.
type watch struct {
	net.Conn
	writes, reads int
	lines         []smtpclient.TraceEvent
}

func (w *watch) Write(p []byte) (int, error) { w.writes++; return w.Conn.Write(p) }
func (w *watch) Read(p []byte) (int, error)  { w.reads++; return w.Conn.Read(p) }

// SyscallConn lets the client set what it sets for the connection itself.
func (w *watch) SyscallConn() (syscall.RawConn, error) { return w.Conn.(syscall.Conn).SyscallConn() }

// DialContext makes a watch a smtpclient.Config's Dialer.
func (w *watch) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var err error
	w.Conn, err = new(net.Dialer).DialContext(ctx, network, address)
	return w, err
}

// connect connects as the user, in TLS.
func (s *server) connect(t *testing.T, cfg smtpclient.Config) (stream, *watch) {
	t.Helper()
	w := new(watch)
	cfg.Dialer = w
	cfg.Trace = func(ev smtpclient.TraceEvent) { w.lines = append(w.lines, ev) }
	cfg.Timeout = 20 * time.Second
	cfg.TLSConfig, cfg.LocalName = s.tls(t), "client.test"
	address := s.address
	if cfg.LMTP {
		address = "127.0.0.1:" + s.told["lmtp"]
	}
	if strings.Contains(" "+s.extensions["AUTH"]+" ", " PLAIN ") && !cfg.LMTP {
		cfg.Auth = auth.Plain("", s.user, s.password)
	}
	c, err := smtpclient.Dial(t.Context(), address, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return stream{c}, w
}

// tls trusts the server's own certificate.
func (s *server) tls(t *testing.T) *tls.Config {
	t.Helper()
	octets, err := os.ReadFile(s.certificate)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(octets)
	return &tls.Config{RootCAs: roots, ServerName: "localhost"}
}

// behindDot counts the NOOPs, and the envelopes that went out right behind the
// final dot of a message, before its reply.
func (w *watch) behindDot() (probes, envelopes int) {
	var last smtpclient.TraceEvent
	for _, ev := range w.lines {
		if ev.Sent && ev.Text == "NOOP" {
			probes++
		}
		if ev.Sent && strings.HasPrefix(ev.Text, "MAIL ") && last.Sent && strings.HasSuffix(last.Text, "octets of message data)") {
			envelopes++
		}
		last = ev
	}
	return probes, envelopes
}

// newContent is a message with a first line of its own, and about so many octets
// of text behind its header.
func newContent(id, from string, octets int, eight bool) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "X-Tabellarius: %s\r\nFrom: <%s>\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <%s@client.test>\r\nSubject: %s\r\n", id, from, id, id)
	fmt.Fprintf(&b, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n.\r\n..\r\n.a dot first\r\n")
	if eight {
		b.WriteString("Zażółć gęślą jaźń, 🐎\r\n")
	}
	r := rand.New(rand.NewPCG(uint64(octets), uint64(len(id))))
	for octets > 0 {
		n := min(octets, 1+r.IntN(76))
		for range n {
			b.WriteByte("abcdefghijklmnopqrstuvwxyz.ABC=0123 "[r.IntN(35)])
		}
		b.WriteString("\r\n")
		octets -= n + 2
	}
	return b.Bytes()
}
