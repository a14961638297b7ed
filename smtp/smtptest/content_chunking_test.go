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
		if got := transcript(s, 1); !strings.Contains(got, told(want)) {
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
