package smtpclient_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestCheckpointAfterABreak is RFC 1845 §5: the connection breaks in the middle of a
// message, and the second one goes on where the server left off, for whom it had
// accepted.
func TestCheckpointAfterABreak(t *testing.T) {
	text := strings.Repeat("a line of text, with what ends it\r\n", 20_000)
	kept := 35 * 4000 // what the server stored
	for _, m := range modes() {
		if m.lmtp {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			srv := m.server(t, func(cfg *smtptest.Config) {
				cfg.Offers = append(cfg.Offers, smtp.Offer{Keyword: smtp.KeywordCheckpoint})
			})
			srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "refused@example.test"}, smtptest.Answer{Code: 550})
			for _, role := range []smtp.Role{smtp.RoleContent, smtp.RoleChunk, smtp.RoleLastChunk} {
				srv.On(smtptest.Match{Conn: 1, Role: role, Early: true, Octets: int64(kept)}, smtptest.Answer{Silent: true, Close: true})
			}
			env := named("a@example.test", "refused@example.test", "b@example.test")
			r, err := dial(t, srv, m.config()).Send(t.Context(), env, strings.NewReader(text))
			// Where all of it had been written nobody knows: the name makes it safe to try again.
			if err == nil || r.Accepted() > 0 || r.Recipients[1].Outcome != smtp.RefusedForGood {
				t.Fatalf("the first session: %v, %v", r.Recipients, err)
			}
			var again []string
			for _, one := range r.Recipients {
				if one.Temporary() {
					again = append(again, one.Address)
				}
			}
			srv.On(smtptest.Match{Conn: 2, Role: smtp.RoleSender}, smtptest.Answer{Code: 355, Text: fmt.Sprint(kept, " is the transaction offset")})
			env = named(again...)
			if r, err = dial(t, srv, m.config()).Send(t.Context(), env, strings.NewReader(text)); err != nil || r.Accepted() != 2 {
				t.Fatalf("the second session: %v, %v", r.Recipients, err)
			}
			if got := srv.Messages(); len(got) != 1 || !got[0].TakenUp || string(got[0].Data) != text[kept:] {
				t.Errorf("%d messages", len(got))
			}
			for _, line := range srv.Transcript(2) {
				if strings.HasPrefix(line.Text, "RCPT") {
					t.Errorf("recipients went out again: %s", line.Text)
				}
			}
		})
	}
}
