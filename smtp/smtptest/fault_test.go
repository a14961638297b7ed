package smtptest_test

import (
	"errors"
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// talk sends a whole conversation in one go and gives what comes back.
func talk(s *smtptest.Server, said string) string {
	conn := s.Pipe()
	defer conn.Close()
	go io.WriteString(conn, said)
	got, _ := io.ReadAll(conn)
	return string(got)
}

const conversation = "EHLO client.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nBDAT 3 LAST\r\n\x00\r\nQUIT\r\n"

func TestAFaultSplitsAllThatIsWritten(t *testing.T) {
	bubble(t, smtptest.Config{Fault: func(int) smtptest.Fault { return smtptest.Fault{Split: 3} }}, func(t *testing.T, s *smtptest.Server) {
		conn := s.Pipe()
		defer conn.Close()
		buf := make([]byte, 100)
		for _, want := range []string{"220", " mx", ".sm"} {
			if n, err := conn.Read(buf); string(buf[:n]) != want || err != nil {
				t.Errorf("expected %q, got %q, %v", want, buf[:n], err)
			}
		}
	})
}

func TestFeedingOctetByOctetGivesTheSame(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		whole := talk(s, conversation)
		conn := s.Pipe()
		go func() {
			for i := range len(conversation) {
				io.WriteString(conn, conversation[i:i+1])
			}
		}()
		if got, _ := io.ReadAll(conn); string(got) != whole {
			t.Errorf("expected %q, got %q", whole, got)
		}
		conn.Close()
	})
}

func TestResetLosesWhatWasNotRead(t *testing.T) {
	for name, cfg := range map[string]smtptest.Config{
		"by an answer": {Answer: func(q smtptest.Request) (smtptest.Answer, bool) {
			return smtptest.Answer{Close: true, Reset: true}, q.Role == smtp.RoleQuit
		}},
		"by a fault": {Fault: func(int) smtptest.Fault { return smtptest.Fault{Read: 6, Reset: true} }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, cfg)
			s.Start()
			conn, err := net.Dial("tcp", s.Addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			io.WriteString(conn, "QUIT\r\n")
			conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.ReadAll(conn); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("expected a reset, got %v", err)
			}
		})
	}
}

func TestCloseEndsEverything(t *testing.T) {
	before := runtime.NumGoroutine()
	s := smtptest.NewUnstartedServer()
	s.On(smtptest.Match{Role: smtp.RoleGreeting, Conn: 2}, smtptest.Answer{Delay: time.Hour})
	s.Start()
	for range 3 { // greeted, waiting for its greeting, in the middle of a line
		conn, err := net.Dial("tcp", s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "EH")
	}
	pipe := s.Pipe() // blocked writing: nobody reads
	for s.Conns() < 4 {
		runtime.Gosched()
	}
	s.Close()
	// What Close waited for may be about to leave.
	for by := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(by); {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines before, %d behind Close", before, n)
	}
	if _, err := pipe.Write([]byte("x")); err != io.ErrClosedPipe {
		t.Errorf("the connection is open: %v", err)
	}
	if _, err := net.Dial("tcp", s.Addr); err == nil {
		t.Error("the listener is open")
	}
	s.Close()
	client, server := net.Pipe()
	s.ServeConn(server)
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a closed server served: %v", err)
	}
}

func TestServeConnReturnsWhenTheConnectionIsOver(t *testing.T) {
	bubble(t, smtptest.Config{}, func(t *testing.T, s *smtptest.Server) {
		client, server := net.Pipe()
		done := make(chan struct{})
		go func() { s.ServeConn(server); close(done) }()
		go io.WriteString(client, "QUIT\r\n")
		if got, err := io.ReadAll(client); string(got) != told("220 mx.smtptest.example ESMTP\r\n221 2.0.0 QUIT done\r\n") || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		<-done
	})
}

func TestStartTwicePanics(t *testing.T) {
	s := smtptest.NewServer()
	defer s.Close()
	defer func() {
		if r := recover(); r != "smtptest: expected a server that was neither started nor closed before" {
			t.Errorf("recovered %v", r)
		}
	}()
	s.Start()
}
