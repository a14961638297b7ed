package smtpclient_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// provider is the provider's side of RFC 2645 §6: it plays a script of replies to
// lines, and gives the connection when the script is over.
func provider(t *testing.T, script ...string) (addr string, turned <-chan net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	ch := make(chan net.Conn, 1)
	go func() {
		defer close(ch)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		lines := bufio.NewReader(conn)
		for i, reply := range script {
			if i > 0 {
				if _, err := lines.ReadString('\n'); err != nil {
					return
				}
			}
			io.WriteString(conn, reply)
		}
		ch <- conn
	}()
	return l.Addr().String(), ch
}

var odmr = []string{"220 EXAMPLE.NET on-demand mail relay server ready\r\n", "250-EXAMPLE.NET\r\n250-AUTH PLAIN\r\n250 ATRN\r\n", "235 now authenticated as example.org\r\n"}

func customer(t *testing.T, addr string) *smtpclient.Client {
	c, err := smtpclient.Dial(t.Context(), addr, smtpclient.Config{TLS: smtpclient.TLSOff, LocalName: "example.org", Auth: auth.AllowInsecure(auth.Plain("", "example.org", "secret"))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestAtrnTurnsAbout: behind the 250 the customer is the server, and the provider
// delivers to it.
func TestAtrnTurnsAbout(t *testing.T) {
	addr, turned := provider(t, append(odmr[:3:3], "453 You have no mail\r\n", "250 OK now reversing the connection\r\n")...)
	c := customer(t, addr)
	if _, err := c.TurnAbout(t.Context(), &smtp.Atrn{}); !errors.Is(err, smtp.ErrTemporary) {
		t.Fatalf("453: %v", err)
	}
	conn, err := c.TurnAbout(t.Context(), &smtp.Atrn{Domains: []string{"example.org", "example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(t.Context(), smtpclient.Envelope{To: []string{"b@example.test"}}, strings.NewReader(letter)); !errors.Is(err, smtpclient.ErrClientClosed) {
		t.Errorf("sent by the client that was: %v", err)
	}
	c.Close() // closes nothing any more
	srv := smtptest.NewUnstartedServer()
	defer srv.Close()
	go srv.ServeConn(conn)

	relay, err := smtpclient.NewClient(t.Context(), <-turned, smtpclient.Config{TLS: smtpclient.TLSOff, LocalName: "EXAMPLE.NET"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := relay.Send(t.Context(), smtpclient.Envelope{From: "Lester.Tester@dot.foo.bar", To: []string{"l.eva.msg@example.com"}}, strings.NewReader(letter+fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := relay.Quit(t.Context()); err != nil {
		t.Error(err)
	}
	if got := srv.Messages(); len(got) != 3 || got[2].From != "Lester.Tester@dot.foo.bar" || got[2].To[0] != "l.eva.msg@example.com" {
		t.Errorf("%d messages", len(got))
	}
}

// What the provider says too early is not lost.
func TestAtrnKeepsWhatWasRead(t *testing.T) {
	addr, _ := provider(t, append(odmr[:3:3], "250 OK now reversing the connection\r\nEHLO EXAMPLE.NET\r\nQU")...)
	conn, err := customer(t, addr).TurnAbout(t.Context(), &smtp.Atrn{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	got := make([]byte, len("EHLO EXAMPLE.NET\r\nQU"))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "EHLO EXAMPLE.NET\r\nQU" {
		t.Errorf("%q, %v", got, err)
	}
}

// Whoever leaves has no connection, and none is left open; a command that does not
// turn anything about is refused.
func TestAtrnGivenUp(t *testing.T) {
	addr, turned := provider(t, append(odmr[:3:3], "")...)
	c := customer(t, addr)
	var state *smtp.StateError
	for _, cmd := range []smtp.Command{&smtp.Noop{}, &smtp.Quit{}} {
		if _, err := c.TurnAbout(t.Context(), cmd); !errors.As(err, &state) {
			t.Errorf("%T: %v", cmd, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if conn, err := c.TurnAbout(ctx, &smtp.Atrn{}); conn != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, %v", conn, err)
	}
	peer := <-turned
	io.WriteString(peer, "250 OK now reversing the connection\r\n")
	c.Close()
	peer.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := peer.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection is open: %v", err)
	}
}
