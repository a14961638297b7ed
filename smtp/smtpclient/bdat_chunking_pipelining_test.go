package smtpclient_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// A chunkFault happens to one chunk of a message.
type chunkFault struct {
	role  smtp.Role
	nth   int
	code  int  // 0: the connection is closed
	early bool // before the chunk's octets are read
}

func (f chunkFault) String() string {
	return fmt.Sprintf("%v %d: %d, early %t", f.role, f.nth, f.code, f.early)
}

// on makes the server do it to the first message.
func (f chunkFault) on(srv *smtptest.Server) (over func()) {
	var later atomic.Bool
	a := smtptest.Answer{Code: f.code, Text: "text", Close: f.code == 0 || f.code == 421, Silent: f.code == 0}
	if f.role != smtp.RoleNone {
		srv.On(smtptest.Match{Role: f.role, Nth: f.nth, Early: f.early, Func: func(smtptest.Request) bool { return !later.Load() }}, a)
	}
	return func() { later.Store(true) }
}

// outcome is what becomes of a recipient whom the server took.
func (f chunkFault) outcome() []smtp.Outcome {
	switch {
	case f.role == smtp.RoleNone:
		return []smtp.Outcome{smtp.Accepted}
	case f.code == 0 && f.role == smtp.RoleChunk, f.code == 0 && f.early && f.role == smtp.RoleLastChunk:
		// What was read of the last chunk the client can't know: it may have written all of it.
		return []smtp.Outcome{smtp.NotSent, smtp.Unknown}[:1+min(1, int(f.role-smtp.RoleChunk))]
	case f.code == 0:
		return []smtp.Outcome{smtp.Unknown}
	case f.code < 500:
		return []smtp.Outcome{smtp.RefusedForNow}
	}
	return []smtp.Outcome{smtp.RefusedForGood}
}

// TestSendInChunks holds for chunks of any size, whatever goes wrong with one and
// whatever recipients are refused: the report is right, the message arrives whole
// or not at all, and the next one on the same client arrives too.
func TestSendInChunks(t *testing.T) {
	faults := []chunkFault{{}}
	for _, role := range []smtp.Role{smtp.RoleChunk, smtp.RoleLastChunk} {
		nth := 1
		if role == smtp.RoleChunk {
			nth = 2
		}
		for _, code := range []int{451, 552, 421, 0} {
			faults = append(faults, chunkFault{role, nth, code, false}, chunkFault{role, nth, code, true})
		}
	}
	n := 0
	for _, size := range []int{1, 2, 63, 64, 4096, 65536, 1 << 20} {
		line := strings.Repeat("x", min(76, size)) + "\r\n"
		body := strings.Repeat(line, 2*size/len(line)+2)
		for _, way := range []string{"lock-step", "pipelined", "eager"} {
			for _, codes := range [][]int{{250, 250}, {250, 550, 450}, {450, 550}} {
				for _, f := range faults {
					t.Run(fmt.Sprintf("%d/%s/%v/%v", size, way, codes, f), func(t *testing.T) { sendInChunks(t, size, way, codes, f, body) })
					n++
				}
			}
		}
	}
	t.Logf("%d messages", n)
}

func sendInChunks(t *testing.T, size int, way string, codes []int, f chunkFault, body string) {
	srv := smtptest.NewUnstartedServer()
	defer srv.Close()
	if way == "lock-step" {
		k, _ := smtp.Table.Keyword(smtp.RolePipelining)
		srv.Config.Without = append(srv.Config.Without, k)
	}
	over := f.on(srv)
	env := smtpclient.Envelope{From: "a@example.test"}
	for i, code := range codes {
		to := fmt.Sprintf("r%d@example.test", i)
		env.To = append(env.To, to)
		if code != 250 {
			srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: to}, smtptest.Answer{Code: code, Text: "text"})
		}
	}
	c, err := smtpclient.NewClient(t.Context(), srv.Pipe(), smtpclient.Config{TLS: smtpclient.TLSOff, ChunkSize: size, Eager: way == "eager", LocalName: "client.example.test"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	report, _ := c.Send(t.Context(), env, strings.NewReader(body))
	over()
	taken := codes[0] == 250
	for i, code := range codes {
		want := f.outcome()
		switch {
		case code >= 500:
			want = []smtp.Outcome{smtp.RefusedForGood}
		case code >= 400:
			want = []smtp.Outcome{smtp.RefusedForNow}
		}
		if got := report.Recipients[i]; got.Outcome != want[0] && got.Outcome != want[len(want)-1] {
			t.Errorf("recipient %d is %v (%d %s, %v), want %v", i, got.Outcome, got.Reply.Code, got.Command, got.Cause, want)
		}
	}
	messages := srv.Messages()
	arrived := taken && f.role == smtp.RoleNone
	unknown := report.Recipients[0].Outcome == smtp.Unknown
	if len(messages) > 1 || arrived != (len(messages) == 1) && !unknown || len(messages) == 1 && string(messages[0].Data) != body {
		t.Errorf("the server has %d messages; it has to have the message: %t", len(messages), arrived)
	}
	if taken && (f.code == 0 || f.code == 421) && f.role != smtp.RoleNone { // the connection is gone
		return
	}
	if _, err := c.Send(t.Context(), smtpclient.Envelope{From: "b@example.test", To: []string{"next@example.test"}}, strings.NewReader("next\r\n")); err != nil {
		t.Errorf("the next message: %v", err)
	}
	if messages = srv.Messages(); len(messages) == 0 || string(messages[len(messages)-1].Data) != "next\r\n" || messages[len(messages)-1].From != "b@example.test" {
		t.Errorf("the next message did not arrive as it was")
	}
}
