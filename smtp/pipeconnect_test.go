package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// The keyword is known; nothing is sent before the greeting has come.
func TestPipeConnect(t *testing.T) {
	if _, ok := said(t, smtp.PipeConnectKeyword, "PIPECONNECT"); !ok {
		t.Error("the keyword is not known")
	}
	s := smtp.NewSession(smtp.Config{})
	if _, err := s.Hello("client.example.test"); err == nil {
		t.Error("EHLO was queued before the greeting")
	}
}
