package sink

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// serve runs the sink's side of a pipe and returns the client's. done gives the
// counts when the client has closed.
func serve(cfg Config) (client net.Conn, done func() Stats) {
	client, server := net.Pipe()
	if cfg.Buffer == 0 {
		cfg.Buffer = 64 << 10
	}
	s := &Sink{cfg: cfg, open: map[net.Conn]struct{}{}}
	s.work.Add(1)
	go s.serve(server)
	return client, func() Stats {
		client.Close()
		s.work.Wait()
		return s.stats
	}
}

// TestAnySplitIsCountedAlike: what arrives in pieces is counted as what arrives at
// once: messages, recipients, octets, and one reply for each command.
func TestAnySplitIsCountedAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var wire bytes.Buffer
		want := Stats{Connections: 1}
		replies := 1
		fmt.Fprint(&wire, "RSET\r\n")
		replies++
		for range rapid.IntRange(0, 4).Draw(t, "messages") {
			recipients := rapid.IntRange(1, 3).Draw(t, "recipients")
			fmt.Fprint(&wire, "MAIL FROM:<a@example.test>\r\n", strings.Repeat("RCPT TO:<b@example.test>\r\n", recipients))
			replies += 1 + recipients
			lines := rapid.SliceOfN(rapid.SampledFrom([]string{"", "text", "..", ".. ", "a.", "\r\n..\r\n.x"}), 0, 4).Draw(t, "lines")
			content := ""
			for _, l := range lines {
				content += l + "\r\n"
			}
			if rapid.Bool().Draw(t, "chunked") {
				half := len(content) / 2
				fmt.Fprintf(&wire, "BDAT %d\r\n%sbdat %d last\r\n%s", half, content[:half], len(content)-half, content[half:])
				want.Chunks += 2
			} else {
				content += ".\r\n"
				fmt.Fprint(&wire, "DATA\r\n", content)
			}
			replies += 2
			want.Messages++
			want.Recipients += recipients
			want.Octets += int64(len(content))
		}
		fmt.Fprint(&wire, "QUIT\r\n")
		replies++

		client, done := serve(Config{Pipelining: true, Chunking: true, Buffer: 512})
		said := make(chan []byte)
		go func() { b, _ := io.ReadAll(client); said <- b }()
		for rest := wire.Bytes(); len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if _, err := client.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if n := bytes.Count(<-said, []byte("\n")); n != replies {
			t.Fatalf("%d replies, want %d", n, replies)
		}
		got := done()
		got.Began, got.Ended = 0, 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestPatienceCountsWaits: each time the client can't go on without the sink is
// counted, and nothing else.
func TestPatienceCountsWaits(t *testing.T) {
	content := "text\r\n.\r\n"
	for name, c := range map[string]struct {
		steps []string // written one after the other, with a wait for the replies to each
		ahead string   // written before the first of them in the same packet
		want  float64
	}{
		"each command":               {steps: []string{"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b>\r\n", "DATA\r\n", content}, want: 4},
		"the envelope in one flight": {steps: []string{"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n", content}, want: 2},
		"the next envelope behind":   {ahead: "MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n", steps: []string{content + "MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n"}, want: 1},
		"content unasked":            {steps: []string{strings.Repeat("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nBDAT 4 LAST\r\ntext", 20)}, want: 0.05},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, done := serve(Config{Pipelining: true, Chunking: true, Patience: 30 * time.Millisecond})
				heard := make(chan int, 1000)
				go func() {
					buf := make([]byte, 4096)
					for {
						n, err := client.Read(buf)
						if err != nil {
							return
						}
						heard <- bytes.Count(buf[:n], []byte("\n"))
					}
				}()
				<-heard // the greeting
				if c.ahead != "" {
					io.WriteString(client, c.ahead)
					<-heard
				}
				for range 12 {
					for _, s := range c.steps {
						io.WriteString(client, s)
						<-heard
					}
				}
				got := done()
				if f := got.FlightsPerMessage(); f < c.want*0.75 || f > c.want {
					t.Errorf("%v flights a message, want %v; %+v", f, c.want, got)
				}
			})
		})
	}
}

// TestDelayHoldsNothingUp: an answer comes a round trip after what it answers, and
// not after the answer before it.
func TestDelayHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const delay = 20 * time.Millisecond
		client, done := serve(Config{Delay: delay})
		start := time.Now()
		at := make(chan time.Duration, 10)
		go func() {
			buf := make([]byte, 4096)
			for {
				if _, err := client.Read(buf); err != nil {
					return
				}
				at <- time.Since(start)
			}
		}()
		want := []time.Duration{delay}
		for i := range 4 {
			time.Sleep(5 * time.Millisecond)
			io.WriteString(client, "NOOP\r\n")
			want = append(want, time.Duration(i+1)*5*time.Millisecond+delay)
		}
		var got []time.Duration
		for range want {
			got = append(got, <-at)
		}
		done()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestAuthIsWanted: where AUTH is offered, nobody sends without it.
func TestAuthIsWanted(t *testing.T) {
	for login, ok := range map[string]bool{"": false, "AUTH PLAIN AHRlc3RlcgB0ZXN0cGFzcw==\r\n": true, "AUTH PLAIN\r\nAHRlc3RlcgB0ZXN0cGFzcw==\r\n": true, "AUTH LOGIN\r\n": false} {
		client, done := serve(Config{Auth: true, Pipelining: true})
		ended := make(chan struct{})
		go func() { io.Copy(io.Discard, client); close(ended) }()
		io.WriteString(client, login+"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\nQUIT\r\n")
		<-ended
		if got := done().Messages == 1; got != ok {
			t.Errorf("%q: a message was taken: %v, want %v", login, got, ok)
		}
	}
}
