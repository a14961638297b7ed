package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestLMTPOverAUnixSocket(t *testing.T) {
	s := smtptest.NewUnstartedServer()
	s.Config.LMTP = true
	t.Cleanup(s.Close)
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.ServeConn(conn)
		}
	}()
	s.On(smtptest.Match{Role: smtp.RoleLastChunk, Address: "b@example.net"}, smtptest.Answer{Code: 452, Text: "quota"})
	run := &call{stdin: simple, args: []string{path, "-", "--lmtp", "--tls=off", "--rcpt=a@example.net", "--rcpt=b@example.net"}}
	want(t, exitPartly, run)
	if !strings.Contains(run.stdout, "refused for now") || !strings.Contains(run.stdout, "452 quota") {
		t.Errorf("standard output %q", run.stdout)
	}
}
