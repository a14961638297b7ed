package smtptest_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// begin brings a connection to where content may begin.
func begin(t *testing.T, s *smtptest.Server) *client {
	t.Helper()
	c := ready(t, s)
	c.say("MAIL FROM:<tim@example.org> SIZE=5", "RCPT TO:<bob@example.org>")
	c.expect(mailOK, rcptOK)
	return c
}

func TestMessageDataComesAsItWas(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		c := begin(t, s)
		c.say("DATA")
		c.expect(dataOK)
		for _, octet := range []byte("..dot\r\n\x00\xff\r\r\n\n.\n\r\n...\r\n.\r\n") {
			c.send(string([]byte{octet}))
		}
		c.expect(sentOK)
		m := s.Messages()[0]
		if want := ".dot\r\n\x00\xff\r\r\n\n.\n\r\n..\r\n"; string(m.Data) != want {
			t.Errorf("expected %q, got %q", want, m.Data)
		}
		if size, ok := smtp.Get(m.Params, smtp.Size); !ok || size != 5 {
			t.Errorf("SIZE=%d", size)
		}
		if len(m.ToParams) != 1 || m.ToParams[0].Len() != 0 {
			t.Errorf("parameters of RCPT: %v", m.ToParams)
		}
	})
}

func TestChunks(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		c := begin(t, s)
		c.send("BDAT 4\r\n\x00\r\n.BDAT 0\r\nBDAT 3 LAST\r\n\r\nx")
		c.expect(bdatOK, bdatOK, sentOK)
		c.say("MAIL FROM:<>", "RCPT TO:<bob@example.org>", "BDAT 0 LAST")
		c.expect(mailOK, rcptOK, sentOK)
		m := s.Messages()
		if string(m[0].Data) != "\x00\r\n.\r\nx" || m[0].Chunks != 3 || m[1].Data == nil || len(m[1].Data) != 0 || m[1].Chunks != 1 {
			t.Errorf("kept %+v", m)
		}
		want := "C: BDAT 4\nC: (a chunk of 4 octets)\nS: 250 2.0.0 Chunk taken\nC: BDAT 0\nC: (a chunk of 0 octets)\n"
		if got := transcript(s, 1); !strings.Contains(got, want) {
			t.Errorf("transcript:\n%s", got)
		}
	})
}

func TestARefusedChunkSpoilsTheMessage(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleChunk}, smtptest.Answer{Code: 452, Text: "full"})
		c := begin(t, s)
		c.send("BDAT 4\r\nabcdBDAT 2 LAST\r\nefRSET\r\n")
		c.expect("452 full", "503 5.5.1 Bad sequence of commands", "250 2.0.0 RSET done")
		if m := s.Messages(); len(m) != 0 {
			t.Errorf("kept %+v", m)
		}
	})
}

// RFC 3030 §2 lets a server take chunks though it refused every recipient.
func TestALateChunkMayBeTaken(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleChunk, Refused: true}, smtptest.Answer{Code: 250, Text: "if you like"})
		s.On(smtptest.Match{Role: smtp.RoleLastChunk, Refused: true}, smtptest.Answer{Code: 554, Close: true})
		c := ready(t, s)
		c.send("BDAT 4\r\nQUITBDAT 4\r\nQUIT")
		c.expect("250 if you like", "250 if you like")
		c.send("BDAT 4 LAST\r\nQUITNOOP\r\n")
		c.expectEnd("554 Refused by the test\r\n")
		if strings.Contains(transcript(s, 1), "NOOP") {
			t.Error("the command behind was looked at")
		}
	})
}

func TestEarlyAnswers(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleContent, Early: true, Nth: 1}, smtptest.Answer{Code: 552, Text: "no more"})
		s.On(smtptest.Match{Role: smtp.RoleContent, Early: true, Octets: 3, Nth: 1}, smtptest.Answer{Code: 550, Text: "unheard: it is answered"})
		s.On(smtptest.Match{Role: smtp.RoleContent, Early: true, Octets: 5, Nth: 2}, smtptest.Answer{Code: 250, Text: "enough"})
		begun := 0
		s.On(smtptest.Match{Role: smtp.RoleContent, Early: true, Func: func(smtptest.Request) bool { begun++; return false }}, smtptest.Answer{})
		s.On(smtptest.Match{Role: smtp.RoleChunk, Early: true}, smtptest.Answer{Code: 550, Text: "none"})
		s.On(smtptest.Match{Role: smtp.RoleLastChunk, Early: true}, smtptest.Answer{Code: 250, Text: "all right"})
		c := begin(t, s)
		c.say("DATA")
		c.expect(dataOK, "552 no more")
		c.send("012345")
		c.send("6789\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n")
		c.expect(mailOK, rcptOK, dataOK)
		c.send("0123")
		synctest.Wait()
		if n := c.in.Buffered(); n != 0 {
			t.Error("an answer before 5 octets came")
		}
		c.send("45")
		c.expect("250 enough")
		c.send("6789\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nBDAT 3 LAST\r\n")
		c.expect(mailOK, rcptOK, "250 all right")
		c.send("abcMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nBDAT 3\r\n")
		c.expect(mailOK, rcptOK, "550 none")
		c.send("abcRSET\r\n")
		c.expect("250 2.0.0 RSET done")
		if begun != 2 {
			t.Errorf("%d messages behind a 354 began", begun)
		}
		var kept []string
		for _, m := range s.Messages() {
			kept = append(kept, string(m.Data))
		}
		if diff := cmp.Diff([]string{"0123456789\r\n", "abc"}, kept); diff != "" {
			t.Error(diff)
		}
	})
}

// A server may answer DATA with 354 though it refused every recipient (RFC 2920
// §3.1).
func TestVoidContent(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleRecipient, Nth: 1}, smtptest.Answer{Code: 550})
		s.On(smtptest.Match{Role: smtp.RoleData, Refused: true}, smtptest.Answer{Code: 354, Text: "if you must"})
		c := ready(t, s)
		c.say("MAIL FROM:<>", "RCPT TO:<bob@example.org>", "DATA")
		c.expect(mailOK, "550 Refused by the test", "354 if you must")
		c.send("..\r\n x.\r\n.")
		c.send("\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\n")
		c.expect("554 5.0.0 No valid recipients", mailOK, rcptOK)
		if m := s.Messages(); len(m) != 0 {
			t.Errorf("kept %+v", m)
		}
	})
}

func TestLMTPAnswersForEachRecipient(t *testing.T) {
	bubble(t, smtptest.Config{LMTP: true}, func(t *testing.T, s *smtptest.Server) {
		s.On(smtptest.Match{Role: smtp.RoleContent, Address: "bob@example.org"}, smtptest.Answer{Code: 452, Text: "full"})
		s.On(smtptest.Match{Role: smtp.RoleLastChunk, Address: "ann@example.org"}, smtptest.Answer{Silent: true})
		s.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "eve@example.org"}, smtptest.Answer{Code: 550})
		c := open(t, s)
		c.expect("220 mx.smtptest.example LMTP")
		c.say("EHLO client.example", "LHLO client.example")
		c.expect("500 Command not recognized")
		c.reply()
		envelope := []string{"MAIL FROM:<tim@example.org>", "RCPT TO:<ann@example.org>", "RCPT TO:<eve@example.org>", "RCPT TO:<bob@example.org>"}
		c.say(append(envelope, "DATA")...)
		c.expect(mailOK, rcptOK, "550 Refused by the test", rcptOK, dataOK)
		c.say("text", ".")
		c.expect(sentOK, "452 full")
		c.say(append(envelope, "BDAT 0 LAST", "QUIT")...)
		c.expect(mailOK, rcptOK, "550 Refused by the test", rcptOK, sentOK, "221 2.0.0 QUIT done")
		m := s.Messages()
		if !cmp.Equal(m[0].To, []string{"ann@example.org"}) || !cmp.Equal(m[1].To, []string{"ann@example.org", "bob@example.org"}) || len(m[0].ToParams) != 1 {
			t.Errorf("kept %+v", m)
		}
	})
}

func TestMaxSize(t *testing.T) {
	bubble(t, smtptest.Config{MaxSize: 5}, func(t *testing.T, s *smtptest.Server) {
		c := ready(t, s)
		c.say("MAIL FROM:<> SIZE=6", "MAIL FROM:<> SIZE=5", "RCPT TO:<bob@example.org>", "DATA")
		c.expect("552 5.3.4 Larger than 5 octets", mailOK, rcptOK, dataOK)
		c.say("1234", ".", "MAIL FROM:<>", "RCPT TO:<bob@example.org>", "BDAT 5 LAST", "123")
		c.expect("552 5.3.4 Larger than 5 octets", mailOK, rcptOK, sentOK)
		if m := s.Messages(); len(m) != 1 || string(m[0].Data) != "123\r\n" {
			t.Errorf("kept %+v", m)
		}
	})
}

func TestDiscardKeepsTheSizeAlone(t *testing.T) {
	bubble(t, smtptest.Config{Discard: true}, func(t *testing.T, s *smtptest.Server) {
		c := begin(t, s)
		c.send("BDAT 5 LAST\r\n12345")
		c.expect(sentOK)
		if m := s.Messages()[0]; m.Data != nil || m.Size != 5 {
			t.Errorf("kept %+v", m)
		}
	})
}

func TestWaitSaysWhatIsMissing(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		c := begin(t, s)
		go io.WriteString(c.conn, "BDAT 5 LAST\r\n12345")
		if got, err := s.Wait(t.Context(), 1); len(got) != 1 || err != nil {
			t.Errorf("%d messages, %v", len(got), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		got, err := s.Wait(ctx, 2)
		if len(got) != 1 || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "expected 2 messages, 1 came") {
			t.Errorf("%d messages, %v", len(got), err)
		}
	})
}
