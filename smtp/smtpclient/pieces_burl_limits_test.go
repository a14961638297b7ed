package smtpclient_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// Where the server takes few recipients a transaction, it fetches the message for
// each transaction.
func TestBurlInTransactions(t *testing.T) {
	k := keep(t, modes()[0], 0, 2, 0, smtp.Offer{Keyword: smtp.KeywordBurl, Args: "imap"})
	c := dial(t, k.Server, modes()[0].config())
	to := recipients(5, "example.test")
	r, err := c.SendPieces(t.Context(), smtpclient.Envelope{To: to}, smtpclient.Piece{URL: "imap://a@b.example/c"})
	if err != nil || r.Accepted() != 5 || len(k.Messages()) != 3 {
		t.Fatalf("%d transactions: %v", len(k.Messages()), err)
	}
	if diff := cmp.Diff(once(to), k.received(t, "")); diff != "" {
		t.Error(diff)
	}
}
