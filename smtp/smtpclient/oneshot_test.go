package smtpclient_test

import (
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

func TestOneShotWithoutServer(t *testing.T) {
	report, err := smtpclient.Send(t.Context(), "127.0.0.1:1", smtpclient.Config{}, smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter))
	if err == nil || report.Recipients[0].Outcome != smtp.NotSent {
		t.Errorf("%v, %v", report, err)
	}
}
