package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// CONPERM stands in MAIL without a value (RFC 4141).
func TestConperm(t *testing.T) {
	onTheWire(t, smtp.Conperm, "CONPERM", true, nil)
	refused(t, smtp.Conperm, "yes")
	notOffered(t, "CONPERM", smtp.Conperm, true, smtp.Config{})
	wrong := smtp.Command(&smtp.Rcpt{To: "b@example.test"})
	line := "RCPT TO:<b@example.test> CONPERM"
	if smtp.Table.Params[smtp.ParamConperm].Of[0] == op("RCPT") {
		wrong, line = &smtp.Mail{}, "MAIL FROM:<> CONPERM"
	}
	if err := smtp.ParseCommand(smtp.Table, []byte(line), wrong); err == nil {
		t.Errorf("%s was taken", line)
	}
}
