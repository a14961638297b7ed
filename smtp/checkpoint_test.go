package smtp_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestCheckpoint(t *testing.T) {
	comesBack(t, smtp.TransID, func(t *rapid.T) smtp.TransIDValue {
		return smtp.TransIDValue{Local: word(t, "local"), Domain: word(t, "domain")}
	}, nil)
	// RFC 1845 §5.
	onTheWire(t, smtp.TransID, "TRANSID=<12345@claremont.edu>", smtp.TransIDValue{Local: "12345", Domain: "claremont.edu"}, nil)
	refused(t, smtp.TransID, "12345@claremont.edu", "<12345>", "<@claremont.edu>", "<a@b>c", "<"+strings.Repeat("x", 80)+"@b>")
	notOffered(t, "CHECKPOINT", smtp.TransID, smtp.TransIDValue{Local: "a", Domain: "b"}, smtp.Config{})
}

// A server that would go on in the middle of a message breaks what this library
// does: the message counts as not sent, and the connection is over.
func TestCheckpointNotTakenUp(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	var params smtp.Params
	smtp.Set(&params, smtp.TransID, smtp.TransIDValue{Local: "12345", Domain: "claremont.edu"})
	p.must(p.s.Mail("ned@ymir.claremont.edu", &params))
	p.wants("the transaction has a name", "MAIL FROM:<ned@ymir.claremont.edu> TRANSID=<12345@claremont.edu>\r\n")
	p.feed("355 6135 is the transaction offset\r\n")
	broke(t, p.s, "355 to MAIL")
}
