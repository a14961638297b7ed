package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// CONNEG stands in RCPT without a value (RFC 4141).
func TestConneg(t *testing.T) {
	onTheWire(t, smtp.Conneg, "CONNEG", true, nil)
	refused(t, smtp.Conneg, "yes")
	notOffered(t, "CONNEG", smtp.Conneg, true, smtp.Config{})
	wrong := smtp.Command(&smtp.Rcpt{To: "b@example.test"})
	line := "RCPT TO:<b@example.test> CONNEG"
	if smtp.Table.Params[smtp.ParamConneg].Of[0] == op("RCPT") {
		wrong, line = &smtp.Mail{}, "MAIL FROM:<> CONNEG"
	}
	if err := smtp.ParseCommand(smtp.Table, []byte(line), wrong); err == nil {
		t.Errorf("%s was taken", line)
	}
}
