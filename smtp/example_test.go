package smtp_test

import (
	"fmt"
	"io"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
)

// canned is a connection to a server that says what it was told to say; both
// sides are printed.
type canned struct{ replies []string }

func (c *canned) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		fmt.Println(strings.TrimSpace("C: " + line))
	}
	return len(p), nil
}

func (c *canned) Read(p []byte) (int, error) {
	if len(c.replies) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.replies[0])
	c.replies = c.replies[1:]
	for line := range strings.Lines(string(p[:n])) {
		fmt.Println(strings.TrimSpace("S: " + line))
	}
	return n, nil
}

// next queues what comes next for one message in lock-step.
func next(s *smtp.Session, sent bool) (err error) {
	switch {
	case s.Awaiting() > 0 || s.State() == smtp.StateFinished: // the server is next
	case s.Closing() || sent:
		_, err = s.Quit()
	default:
		switch s.State() {
		case smtp.StateGreetingReceived:
			_, err = s.Hello("client.example.org")
		case smtp.StateReady:
			_, err = s.Mail("alice@example.org", nil)
		case smtp.StateMailtx:
			_, err = s.Rcpt("bob@example.com", nil)
		case smtp.StateRecipientSent:
			_, err = s.Data()
		case smtp.StateSendData:
			if err = s.Content([]byte("Subject: hello\n\n.dots are doubled\n")); err == nil {
				_, err = s.EndContent()
			}
		}
	}
	return err
}

// The one loop around a session: queue what the state allows, write what Take
// gives, feed what was read, and look at each event.
func Example() {
	conn := &canned{replies: []string{
		"220 mx.example.com ESMTP\r\n",
		"250-mx.example.com\r\n250 SIZE 10485760\r\n",
		"250 sender ok\r\n", "250 recipient ok\r\n", "354 go on\r\n", "250 queued as 4F2A\r\n", "221 bye\r\n",
	}}
	s := smtp.NewSession(smtp.Config{})
	var d smtp.Delivery
	d.Reset(1)
	var out []byte
	in := make([]byte, 4096)
	for {
		if err := next(s, d.Done()); err != nil {
			fmt.Println(err)
			return
		}
		if out = s.Take(out); len(out) > 0 {
			if _, err := conn.Write(out); err != nil {
				s.HandleEOF()
			}
		}
		n, err := conn.Read(in)
		s.HandleInput(in[:n])
		if err != nil {
			s.HandleEOF()
		}
		for ev := s.Next(); ev.Kind != smtp.None; ev = s.Next() {
			switch ev.Kind {
			case smtp.Replied:
				d.Handle(ev)
			case smtp.Ended:
				r := d.Recipient(0)
				fmt.Printf("%v: %v; ended: %v\n", r.Outcome, r.Reply, ev.Err)
				return
			}
		}
	}
	// Output:
	// S: 220 mx.example.com ESMTP
	// C: EHLO client.example.org
	// S: 250-mx.example.com
	// S: 250 SIZE 10485760
	// C: MAIL FROM:<alice@example.org>
	// S: 250 sender ok
	// C: RCPT TO:<bob@example.com>
	// S: 250 recipient ok
	// C: DATA
	// S: 354 go on
	// C: Subject: hello
	// C:
	// C: ..dots are doubled
	// C: .
	// S: 250 queued as 4F2A
	// C: QUIT
	// S: 221 bye
	// accepted: 250 queued as 4F2A; ended: <nil>
}
