package smtp_test

import (
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestAtrn(t *testing.T) {
	lineComesBack(t, "ATRN example.org,example.com", &smtp.Atrn{Domains: []string{"example.org", "example.com"}}, &smtp.Atrn{})
	lineComesBack(t, "ATRN", &smtp.Atrn{}, &smtp.Atrn{})
	linesRefused(t, &smtp.Atrn{}, "ATRN a b", "ATRN ,", "ATRN a,-b")
	commandNotOffered(t, "ATRN", &smtp.Atrn{})
}
