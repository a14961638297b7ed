package smtpclient_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// Any octets, NUL and lone line ends among them, arrive as they are, in one chunk
// and in several.
func TestBinaryContentGoesOutAsItIs(t *testing.T) {
	any := make([]byte, 100_000)
	for i := range any {
		any[i] = byte(i * 7)
	}
	for _, body := range [][]byte{any, any[:300], []byte("\r\n.\r\n\x00\n\r"), {}} {
		srv := mode{}.server(t, func(c *smtptest.Config) { c.Offers = []smtp.Offer{{Keyword: smtp.KeywordBinaryMIME}} })
		cfg := smtpclient.Config{TLS: smtpclient.TLSOff, ChunkSize: 40_000}
		c := dial(t, srv, cfg)
		env := smtpclient.Envelope{To: []string{"b@example.test"}, Body: smtpclient.BodyBinary}
		if _, err := c.Send(t.Context(), env, bytes.NewReader(body)); err != nil {
			t.Fatal(err)
		}
		if msg := srv.Messages()[0]; !bytes.Equal(msg.Data, body) {
			t.Errorf("%d octets arrived as %d others", len(body), len(msg.Data))
		}
	}
	srv := mode{}.server(t, nil)
	report, err := dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSOff}).Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}, Body: smtpclient.BodyBinary}, bytes.NewReader(any))
	var missing *smtp.MissingError
	if !errors.As(err, &missing) || report.Recipients[0].Outcome != smtp.NotSent || len(srv.Messages()) > 0 {
		t.Errorf("without BINARYMIME: %v, want a MissingError", err)
	}
}
