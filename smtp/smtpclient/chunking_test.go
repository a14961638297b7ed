package smtpclient_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestServerThatDoesNotKnowItsBDAT: it offers CHUNKING, and takes the octets
// behind BDAT for commands. The message goes out by DATA on another connection if
// its body can be read again, else it is not sent.
func TestServerThatDoesNotKnowItsBDAT(t *testing.T) {
	for _, rewind := range []bool{true, false} {
		srv := mode{}.server(t, nil)
		srv.On(smtptest.Match{Role: smtp.RoleLastChunk}, smtptest.Answer{Code: 500, Text: "command not recognized"})
		c := dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSOff})
		var body interface{ Read([]byte) (int, error) } = strings.NewReader(letter)
		if !rewind {
			body = slow{r: body}
		}
		report, err := c.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, body)
		if rewind {
			if err != nil || report.Accepted() != 1 {
				t.Errorf("by DATA: %v", err)
			}
			if msgs := srv.Messages(); len(msgs) != 1 || string(msgs[0].Data) != letter || msgs[0].Chunks != 0 || msgs[0].Conn != 2 {
				t.Errorf("the server has %+v", msgs)
			}
			continue
		}
		var misread *smtpclient.MisreadError
		if !errors.As(err, &misread) || report.Recipients[0].Outcome != smtp.NotSent || len(srv.Messages()) > 0 {
			t.Errorf("%v, %v, %d messages; want not sent for a MisreadError", report.Recipients[0].Outcome, err, len(srv.Messages()))
		}
	}
}
