package conformance

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A T is one run of a case under one circumstance. Its methods are for the
// goroutine of the case; like those of testing.T, Errorf and Skipf end it.
type T struct {
	Case *Case
	cfg  *Config
	run  *run
	circ Circumstance

	mu       sync.Mutex
	begin    time.Time
	verdict  Verdict
	findings []string
	missing  string
	retry    bool
	conns    []*Conn
	lines    []Line
	unsent   bool // the log is full
}

// A Line is one line of the conversations of a case.
type Line struct {
	Conn int    `json:"conn"`
	Ms   int64  `json:"ms"`   // since the case began
	From string `json:"from"` // C, S, or * for what happened otherwise
	Text string `json:"text"`
}

const maxLogLines, maxLogLine = 400, 300

func (t *T) log(conn int, from byte, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ms := time.Since(t.begin).Milliseconds()
	lines := strings.SplitAfter(text, "\r\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	for i, line := range lines {
		if len(t.lines) >= maxLogLines || i > 60 && i < len(lines)-3 {
			if !t.unsent && len(t.lines) >= maxLogLines {
				t.unsent = true
				t.lines = append(t.lines, Line{conn, ms, "*", "the log ends here"})
			}
			continue
		}
		cut, whole := strings.CutSuffix(line, "\r\n")
		if !whole && from != '*' {
			cut += "\x00" // shown as a line without its end
		}
		t.lines = append(t.lines, Line{conn, ms, string(rune(from)), Logged(cut)})
	}
}

// Logged is a line as the log shows it: octets that are no text in angle brackets.
// A NUL at the end stands for a line without its end.
func Logged(s string) string {
	partial := strings.HasSuffix(s, "\x00")
	s = strings.TrimSuffix(s, "\x00")
	s = short(s, maxLogLine)
	var b strings.Builder
	for _, o := range []byte(s) {
		switch {
		case o == '\r':
			b.WriteString("<CR>")
		case o == '\n':
			b.WriteString("<LF>")
		case o < 32 && o != '\t' || o >= 127:
			b.WriteString("<" + hex(o) + ">")
		default:
			b.WriteByte(o)
		}
	}
	if partial {
		b.WriteString(" <no line end>")
	}
	return b.String()
}

func (t *T) say(v Verdict, format string, args []any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.verdict = Worse(t.verdict, v)
	text := fmt.Sprintf(format, args...)
	if v == Pass {
		text = "seen: " + text
	}
	if len(t.findings) < 20 {
		t.findings = append(t.findings, text)
	}
}

// Failf says that a MUST is not kept.
func (t *T) Failf(format string, args ...any) { t.say(Fail, format, args) }

// Warnf says that a SHOULD is not kept, or something that is forgiven.
func (t *T) Warnf(format string, args ...any) { t.say(Warn, format, args) }

// Complainf says that the requirement is not kept; how bad that is, its level says.
func (t *T) Complainf(format string, args ...any) { t.say(t.Case.Level.Breach(), format, args) }

// Recordf keeps what was seen, without a judgement.
func (t *T) Recordf(format string, args ...any) { t.say(Pass, format, args) }

// Errorf says that the case can't be judged, and ends it.
func (t *T) Errorf(format string, args ...any) {
	t.say(Error, format, args)
	runtime.Goexit()
}

// later is an error that may be gone at a second try.
func (t *T) later(what string) {
	t.retry = true
	t.Errorf("%s", what)
}

// Skipf says what was missing, and ends the case. What was complained about
// before stands.
func (t *T) Skipf(format string, args ...any) {
	t.mu.Lock()
	if len(t.findings) == 0 {
		t.verdict = Skipped
	}
	t.missing = fmt.Sprintf(format, args...)
	t.mu.Unlock()
	runtime.Goexit()
}

// Must ends the case if something failed already.
func (t *T) Must(ok bool) {
	if !ok {
		runtime.Goexit()
	}
}

// Connect opens a connection, and with implicit TLS makes the handshake; nothing
// is read yet.
func (t *T) Connect() *Conn {
	c := t.dial(t.circ.Link == LinkImplicit)
	if t.circ.Link == LinkImplicit {
		if err := c.Handshake(nil); err != nil {
			t.Errorf("the TLS handshake on the port of implicit TLS failed: %s", plain(err))
		}
	}
	return c
}

func (t *T) dial(implicit bool) *Conn {
	t.run.connection(t)
	address := t.cfg.Address
	if implicit {
		address = t.cfg.ImplicitTLS
	}
	nc, err := t.cfg.Dial(address)
	if err != nil {
		t.Errorf("no connection to %s: %s", address, plain(err))
	}
	context.AfterFunc(t.run.ctx, func() { nc.Close() }) // whoever ends the run ends what waits
	t.mu.Lock()
	c := &Conn{t: t, number: len(t.conns) + 1, nc: nc, last: time.Now()}
	t.conns = append(t.conns, c)
	t.mu.Unlock()
	t.log(c.number, '*', "connected to "+address)
	return c
}

// Greeted is a connection where the greeting was read, or after STARTTLS the
// handshake made: EHLO is next.
func (t *T) Greeted() *Conn {
	c := t.Connect()
	c.Greeting().Need("220")
	if t.circ.Link == LinkStartTLS {
		c.Hello().Need("250")
		c.Cmd("STARTTLS").Need("220")
		if err := c.Handshake(nil); err != nil {
			t.Errorf("the TLS handshake failed: %s", plain(err))
		}
	}
	return c
}

// Greeting reads the greeting.
func (c *Conn) Greeting() Reply {
	c.greeted = c.Read("(connect)")
	return c.greeted
}

// Hello says EHLO, or LHLO where the server speaks LMTP.
func (c *Conn) Hello() Reply { return c.Cmd(c.t.HelloLine()) }

// HelloLine is that command.
func (t *T) HelloLine() string {
	if t.cfg.LMTP {
		return "LHLO " + t.cfg.Hello
	}
	return "EHLO " + t.cfg.Hello
}

// Session is a connection on which EHLO was said, and AUTH was done where the
// circumstance or the server asks for it: MAIL may follow.
func (t *T) Session() *Conn {
	c := t.Greeted()
	c.Hello().Need("250")
	if t.circ.Login == LoginFirst {
		c.Login()
	}
	return c
}

// Mail begins a transaction with the usual sender.
func (c *Conn) Mail(params ...string) Reply {
	return c.Cmd(c.t.MailLine(params...)).Need("250")
}

// Rcpt names a recipient who exists.
func (c *Conn) Rcpt(params ...string) Reply {
	return c.Cmd(c.t.RcptLine(params...)).Need("250", "251")
}

// MailLine is MAIL with the usual sender.
func (t *T) MailLine(params ...string) string {
	return strings.TrimSuffix("MAIL FROM:<"+t.cfg.Sender+"> "+strings.Join(params, " "), " ")
}

// RcptLine is RCPT with a recipient who exists.
func (t *T) RcptLine(params ...string) string {
	return strings.TrimSuffix("RCPT TO:<"+t.To()+"> "+strings.Join(params, " "), " ")
}

// Transaction sends MAIL and RCPT.
func (c *Conn) Transaction(params ...string) {
	replies := c.Group(c.t.MailLine(params...), c.t.RcptLine())
	replies[0].Need("250")
	replies[1].Need("250", "251")
}

// Data sends DATA, and expects 354.
func (c *Conn) Data() { c.Cmd("DATA").Need("354") }

// End sends content and the end of data, and reads the reply. The content has to
// end in CRLF or be empty, and its dots are doubled already. In LMTP the replies
// of all recipients are read, and the worst is given.
func (c *Conn) End(content string) Reply {
	c.t.run.message(c.t)
	c.Write(content + ".\r\n")
	return c.Verdicts("the end of data")
}

// Verdicts reads what answers the end of a message: one reply, or in LMTP one for
// each recipient; it gives the worst.
func (c *Conn) Verdicts(command string) Reply {
	n := 1
	if c.t.cfg.LMTP && c.rcpts > 0 {
		n = c.rcpts
	}
	c.rcpts = 0
	var worst Reply
	for range n {
		if r := c.Read(command); worst.Code == 0 || r.Code >= worst.Code || r.Err != nil {
			worst = r
		}
	}
	return worst
}

// Message sends a whole message by DATA on a connection where MAIL may come.
func (c *Conn) Message(content string) Reply {
	c.Transaction()
	c.Data()
	return c.End(content)
}

// To is a recipient who exists; Domain his domain.
func (t *T) To() string {
	if len(t.cfg.Recipients) == 0 {
		t.Skipf("recipient")
	}
	return t.cfg.Recipients[0]
}

// Domain is the part behind the last @ of To, Local the one before it.
func (t *T) Domain() string { return t.To()[strings.LastIndexByte(t.To(), '@')+1:] }

// Local is the local-part of To.
func (t *T) Local() string { return t.To()[:strings.LastIndexByte(t.To(), '@')] }

// Unknown is an address in the recipient's domain that nobody has.
func (t *T) Unknown() string { return "nobody-" + t.Token() + "@" + t.Domain() }

// Token is a word that is nowhere else.
func (t *T) Token() string { return strings.ToLower(rand.Text()[:16]) }

// Text makes a message of a plain header with a token, and a body, which has to
// end in CRLF.
func (t *T) Text(token, body string) string {
	return t.Header(token) + "\r\n" + body
}

// Header makes a plain header that says what the message is.
func (t *T) Header(token string) string {
	return "From: <" + t.cfg.Sender + ">\r\nTo: <" + t.To() + ">\r\n" +
		"Subject: conformance test " + t.Case.ID + "\r\nDate: " + time.Now().Format("Mon, 2 Jan 2006 15:04:05 -0700") + "\r\n" +
		"Message-ID: <" + token + "@client.example>\r\nX-Token: " + token + "\r\n"
}

// Arrived waits for a message with a token in the mailbox, and gives what is
// there then.
func (t *T) Arrived(token string) []byte {
	deadline := time.Now().Add(t.cfg.Arrival)
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		if found := t.find(token); len(found) > 0 {
			return found[0]
		}
		if time.Now().After(deadline) {
			t.Errorf("the message was accepted and did not come to the mailbox within %v", t.cfg.Arrival)
		}
		time.Sleep(wait)
	}
}

// find gives the messages with a token that are in the mailbox now.
func (t *T) find(token string) [][]byte {
	if t.cfg.Mailbox == nil {
		t.Skipf("mailbox")
	}
	found, err := t.cfg.Mailbox.Find(token)
	if err != nil {
		t.Errorf("the mailbox can't be read: %v", err)
	}
	return found
}

// Never complains if a message with a token is in the mailbox though another one
// that was sent later has come.
func (t *T) Never(token string) bool {
	c := t.Session()
	later := t.Token()
	c.Message(t.Text(later, "sent to see that what was sent before did not come\r\n")).Need("250")
	t.Arrived(later)
	time.Sleep(t.cfg.Quiet)
	if len(t.find(token)) > 0 {
		t.Failf("the message is in the mailbox")
		return false
	}
	return true
}

// body is what stands behind the header of a stored message, with line ends as LF.
func body(message []byte) string {
	text := string(bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n")))
	_, rest, _ := strings.Cut(text, "\n\n")
	return rest
}

// lf is a text with CRLF as LF, as mailboxes have it.
func lf(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// finish ends what is still open.
func (t *T) finish() {
	t.mu.Lock()
	conns := t.conns
	t.mu.Unlock()
	for _, c := range conns {
		if c.err == nil {
			c.nc.SetDeadline(time.Now().Add(time.Second))
			if c.said != "" && !c.open {
				c.write("QUIT\r\n")
				c.read(500 * time.Millisecond)
			}
		}
		if tcp, ok := c.nc.(*net.TCPConn); ok && c.err == errClosed {
			tcp.SetLinger(-1)
		}
		c.nc.Close()
	}
}
