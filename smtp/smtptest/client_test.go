package smtptest_test

import (
	"bufio"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// bubble runs a test on a fake clock. It fails if a goroutine is left over when
// the test is done and the server closed.
func bubble(t *testing.T, cfg smtptest.Config, test func(t *testing.T, s *smtptest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewUnstartedServer()
		s.Config = cfg
		defer s.Close()
		test(t, s)
	})
}

// A client says lines by hand and checks what comes back.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// dial opens a connection in memory and reads the greeting.
func dial(t *testing.T, s *smtptest.Server) *client {
	t.Helper()
	c := open(t, s)
	c.expect("220 mx.smtptest.example ESMTP")
	return c
}

func open(t *testing.T, s *smtptest.Server) *client {
	conn := s.Pipe()
	t.Cleanup(func() { conn.Close() })
	return &client{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// ready opens a connection that has said EHLO.
func ready(t *testing.T, s *smtptest.Server) *client {
	t.Helper()
	c := dial(t, s)
	c.say("EHLO client.example")
	if r := c.reply(); !strings.HasPrefix(r, "250-") && !strings.HasPrefix(r, "250 ") {
		t.Fatalf("EHLO was answered %q", r)
	}
	return c
}

// say sends lines, each with its line end, in one write.
func (c *client) say(lines ...string) {
	c.t.Helper()
	c.send(strings.Join(lines, "\r\n") + "\r\n")
}

func (c *client) send(octets string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, octets); err != nil {
		c.t.Fatalf("sending %q: %v", octets, err)
	}
}

// reply reads one reply; its lines are parted by " | ".
func (c *client) reply() string {
	c.t.Helper()
	var lines []string
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.t.Fatalf("behind %q: %v", lines, err)
		}
		line = strings.TrimSuffix(line, "\r\n")
		lines = append(lines, line)
		if len(line) < 4 || line[3] != '-' {
			return strings.Join(lines, " | ")
		}
	}
}

func (c *client) expect(replies ...string) {
	c.t.Helper()
	for _, want := range replies {
		if got := c.reply(); got != told(want) {
			c.t.Fatalf("expected the reply %q, got %q", told(want), got)
		}
	}
}

// expectEnd reads to the end of the connection and checks what came.
func (c *client) expectEnd(want string) {
	c.t.Helper()
	got, err := io.ReadAll(c.in)
	if string(got) != told(want) || err != nil {
		c.t.Fatalf("expected %q, then the end, got %q, %v", told(want), got, err)
	}
}

var enhanced = regexp.MustCompile(`(\d\d\d[ -])[245]\.\d+\.\d+ `)

// told is what a server says that was to say text: without enhanced status
// codes where the table has none.
func told(text string) string {
	if _, ok := smtp.Table.Keyword(smtp.RoleEnhanced); !ok {
		return enhanced.ReplaceAllString(text, "$1")
	}
	return text
}

const (
	mailOK = "250 2.1.0 Sender taken"
	rcptOK = "250 2.1.5 Recipient taken"
	dataOK = "354 Go ahead, a lone dot ends it"
	bdatOK = "250 2.0.0 Chunk taken"
	sentOK = "250 2.0.0 Message taken"
	noopOK = "250 2.0.0 NOOP done"
)

// transcript is what a connection's transcript says.
func transcript(s *smtptest.Server, conn int) string {
	var b strings.Builder
	for _, l := range s.Transcript(conn) {
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}
