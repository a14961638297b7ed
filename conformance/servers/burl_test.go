//go:build realservers

package servers_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// burl asks Dovecot's submission server to fetch a message by a URL. It hands
// messages on to the server at the next port, which is ours here; and it has no
// IMAP server to ask, so that the URL is refused, and the next message goes out.
func (e *exchange) burl() {
	t := e.t
	relay := e.relay(t)
	e.c, e.watch = e.connect(t, smtpclient.Config{})
	e.saw("STARTTLS", e.said("STARTTLS"), "the session went on in TLS")
	e.saw("AUTH", e.said("AUTH PLAIN"), "PLAIN")
	if !e.offered(smtp.KeywordBurl) {
		t.Errorf("BURL is not offered")
		return
	}
	if _, err := e.c.Do(t.Context(), &smtp.Mail{From: user}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.c.Do(t.Context(), &smtp.Rcpt{To: "b@example.org"}); err != nil {
		t.Fatal(err)
	}
	_, err := e.c.Do(t.Context(), &smtp.BurlLast{Url: "imap://tester@mail.example.test/INBOX;uidvalidity=1078863300/;uid=25;urlauth=submit+tester:internal:91354a473744909de610943775f92038"})
	var refused *smtp.ReplyError
	if !errors.As(err, &refused) || refused.Code/100 != 5 && refused.Code/100 != 4 {
		t.Fatalf("BURL: %v", err)
	}
	e.done["BURL"] = fmt.Sprintf("a URL that nobody resolves: %d %v %s", refused.Code, refused.Enhanced, refused.Text)
	if _, err := e.c.Do(t.Context(), &smtp.Rset{}); err != nil {
		t.Fatal(err)
	}
	_, content := newMessage(0)
	if _, err := e.c.Send(t.Context(), smtpclient.Envelope{From: user, To: []string{"c@example.org"}}, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	messages, err := relay.Wait(t.Context(), 1)
	if err != nil || len(messages) != 1 || messages[0].To[0] != "c@example.org" {
		t.Errorf("behind Dovecot arrived %d messages, %v", len(messages), err)
	}
}

// relay is the server that Dovecot's submission server hands messages on to.
func (s *server) relay(t *testing.T) *smtptest.Server {
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(n+1)))
	if err != nil {
		t.Fatal(err)
	}
	relay := smtptest.NewUnstartedServer()
	t.Cleanup(relay.Close)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go relay.ServeConn(conn)
		}
	}()
	return relay
}
