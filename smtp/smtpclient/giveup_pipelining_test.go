package smtpclient_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// TestServerRefusesContentAndStays: behind a refusal that came before the end of
// the message was out, nothing more is waited for.
func TestServerRefusesContentAndStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := net.Pipe()
		defer peer.Close()
		go func() {
			buf := make([]byte, 4096)
			for _, text := range []string{"220 mx\r\n", "250-mx\r\n250 PIPELINING\r\n", "250 ok\r\n250 ok\r\n354 go on\r\n"} {
				peer.Write([]byte(text))
				if !strings.HasPrefix(text, "250 ok") {
					peer.Read(buf)
				}
			}
			time.Sleep(time.Millisecond)
			peer.Write([]byte("552 no\r\n"))
			io.Copy(io.Discard, peer)
		}()
		c, err := smtpclient.NewClient(t.Context(), late{conn}, smtpclient.Config{TLS: smtpclient.TLSOff})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		report, err := c.Send(context.Background(), toOne, strings.NewReader("x\r\n"))
		if report.Recipients[0].Outcome != smtp.RefusedForGood {
			t.Errorf("%v, %v; want refused", report.Recipients[0].Outcome, err)
		}
		start := time.Now()
		if _, err := c.Send(context.Background(), toOne, strings.NewReader("x\r\n")); err == nil || time.Since(start) > time.Minute {
			t.Errorf("the next message: %v, after %v", err, time.Since(start))
		}
	})
}
