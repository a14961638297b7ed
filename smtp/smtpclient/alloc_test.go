//go:build !race

package smtpclient_test

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// prepared is a server that allocates nothing: it gives prepared replies to what
// a client in this test sends, without a look at it but for its end.
func prepared(t testing.TB, offers string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	replies := map[string][]byte{
		"MAIL": []byte("250 2.1.0 Ok\r\n"), "RCPT": []byte("250 2.1.5 Ok\r\n"), "DATA": []byte("354 Go ahead\r\n"),
		"BDAT": []byte("250 2.0.0 Queued as 4F2A91C0\r\n"), "RSET": []byte("250 2.0.0 Ok\r\n"), "NOOP": []byte("250 2.0.0 Ok\r\n"),
		"EHLO": []byte("250-mx.example.test\r\n" + offers), "QUIT": []byte("221 2.0.0 Bye\r\n"),
	}
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.Write([]byte("220 mx.example.test\r\n"))
		buf, out := make([]byte, 0, 64<<10), make([]byte, 0, 4096)
		content := false
		for {
			n, err := c.Read(buf[len(buf):cap(buf)])
			if err != nil {
				return
			}
			buf, out = buf[:len(buf)+n], out[:0]
			for len(buf) > 0 {
				used := 0
				switch {
				case content:
					if end := bytes.Index(buf, []byte("\r\n.\r\n")); end >= 0 {
						used, content = end+5, false
						out = append(out, replies["BDAT"]...)
					}
				case bytes.IndexByte(buf, '\n') >= 0:
					used = bytes.IndexByte(buf, '\n') + 1
					if verb := buf[:4]; bytes.Equal(verb, []byte("BDAT")) {
						size := 0
						for _, c := range buf[5:used] {
							if '0' <= c && c <= '9' {
								size = size*10 + int(c-'0')
							}
						}
						if used += size; used > len(buf) {
							used = 0
							break
						}
						out = append(out, replies["BDAT"]...)
					} else {
						out = append(out, replies[string(verb)]...)
						content = bytes.Equal(verb, []byte("DATA"))
					}
				}
				if used == 0 {
					break
				}
				buf = buf[:copy(buf, buf[used:])]
			}
			if len(out) > 0 {
				c.Write(out)
			}
		}
	}()
	return l.Addr().String()
}

// TestSendAllocatesNothing: a message from Send to its report, by DATA, by BDAT,
// eager, and in lock-step.
func TestSendAllocatesNothing(t *testing.T) {
	for name, offers := range map[string]string{
		"DATA": "250 PIPELINING\r\n", "lock-step": "250 HELP\r\n", "BDAT": "250-PIPELINING\r\n250 CHUNKING\r\n", "eager": "250-PIPELINING\r\n250 CHUNKING\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := smtpclient.Dial(t.Context(), prepared(t, offers), smtpclient.Config{TLS: smtpclient.TLSOff, Eager: name == "eager"})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			text := strings.Repeat("a line of the message\r\n", 180)
			body := strings.NewReader(text)
			env := smtpclient.Envelope{From: "a@example.test", To: []string{"b@example.test"}}
			var report smtpclient.Report
			send := func() {
				body.Reset(text)
				if err := c.SendTo(context.Background(), &env, body, &report); err != nil {
					t.Fatal(err)
				}
				if report.Recipients[0].Outcome != smtp.Accepted {
					t.Fatal(report)
				}
			}
			for range 100 {
				send()
			}
			if n := testing.AllocsPerRun(1000, send); n > 0 {
				t.Errorf("%v allocations a message, want 0", n)
			}
		})
	}
}
