//go:build realservers

package servers_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// What Postfix and Exim are configured with besides: a sender that is refused at
// MAIL, and recipients whose reply ends the session.
const (
	refusedSender = "refused@client.test"
	busy          = "busy@example.test"   // 421; Postfix closes behind it, Exim goes on
	closes        = "closes@example.test" // 550, and Exim closes
)

// A trouble is what befalls a connection when half of the messages are reported.
type trouble struct {
	name string
	// to is the recipient of the message in the middle, if that is what does it.
	to string
	// signal is what the server's process for the connection gets.
	signal syscall.Signal
	only   string // the server that it is for; "" means all
	lives  bool   // the connection does
}

var troubles = []trouble{
	{name: "none", lives: true},
	{name: "421", to: busy},
	{name: "closed behind a refusal", to: closes, only: "exim"},
	{name: "killed", signal: syscall.SIGKILL, only: "postfix"}, // Exim's deliveries may be hit too, and wait for the next run of its queue
	{name: "ended", signal: syscall.SIGTERM, only: "postfix"},  // Exim lets it pass at times
}

// inFlight is how many messages one connection is given at once.
const inFlight = 1000

// longest is what the client waits for a reply: nothing here takes that long.
const longest = time.Minute

// TestInFlight sends a thousand messages through one connection of Postfix and
// of Exim, some to nobody there is, some from a sender that is refused, and has
// the connection end in the middle. Every report is compared with the mailboxes.
func TestInFlight(t *testing.T) {
	names := []string{"postfix", "exim"}
	if some := strings.Fields(*chosen); len(some) > 0 {
		names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(some, name) })
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			s := start(t, name)
			l := newLedger(s)
			for i, trouble := range troubles {
				if trouble.only != "" && trouble.only != name {
					continue
				}
				// each trouble meets SendAll and many callers, one of them with Eager
				callers := [2]int{1, 32}
				t.Run(trouble.name, func(t *testing.T) { s.tryInFlight(t, l, false, callers[i%2], trouble) })
				t.Run(trouble.name+", eager", func(t *testing.T) { s.tryInFlight(t, l, true, callers[(i+1)%2], trouble) })
			}
			l.settle(t)
			t.Logf("%s: %d messages, %d copies, %.1f s", name, len(l.entries), l.copies, time.Since(began).Seconds())
		})
	}
}

func (s *server) tryInFlight(t *testing.T, l *ledger, eager bool, callers int, trouble trouble) {
	w := new(watch)
	c, err := smtpclient.Dial(t.Context(), s.address, smtpclient.Config{
		TLS: smtpclient.TLSOff, LocalName: "client.test", Eager: eager, Dialer: w, Timeout: longest,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var entries []*entry
	for i := range inFlight {
		env := s.newEnvelope(i, i%4 == 3)
		env.From = fmt.Sprintf("flight.%d@client.test", len(l.entries))
		switch {
		case i == inFlight/2 && trouble.to != "":
			env.To = append(env.To, trouble.to)
		case i%7 == 5:
			env.To = []string{unknown}
		case i%11 == 6:
			env.From = refusedSender
		}
		entries = append(entries, l.entry(env, 100+i*61%3000))
	}

	began := time.Now()
	reports := make(chan int, inFlight)
	hit := sync.OnceFunc(func() {
		if trouble.signal != 0 {
			signalPeer(t, w, trouble.signal)
		}
	})
	go func() {
		defer close(reports)
		if callers == 1 {
			i := 0
			for report := range c.SendAll(context.Background(), messagesOf(entries)) {
				entries[i].take(report)
				reports <- i
				i++
			}
			return
		}
		var group sync.WaitGroup
		for first := range callers {
			group.Go(func() {
				for i := first; i < inFlight; i += callers {
					e := entries[i]
					report, _ := c.Send(context.Background(), e.env, bytes.NewReader(e.content))
					e.take(&report)
					reports <- i
				}
			})
		}
		group.Wait()
	}()
	reported := 0
	for range reports {
		if reported++; reported == inFlight/2 {
			hit()
		}
	}
	took := time.Since(began)
	if reported != inFlight {
		t.Errorf("%d reports for %d messages", reported, inFlight)
	}
	if took > longest*3/4 {
		t.Errorf("it took %v: somebody waited for a time-out", took)
	}
	quit := c.Quit(context.Background())
	if trouble.lives != (quit == nil) {
		t.Errorf("QUIT behind it: %v, expected it to succeed: %v", quit, trouble.lives)
	}

	var all [smtp.Unknown + 1]int
	for i, e := range entries {
		for j, to := range e.env.To {
			outcome := e.outcomes[j]
			all[outcome]++
			if !trouble.lives && (outcome == smtp.NotSent || outcome == smtp.Unknown) {
				continue
			}
			want := smtp.Accepted
			switch {
			case e.env.From == refusedSender, to == unknown, to == closes:
				want = smtp.RefusedForGood
			case to == busy:
				want = smtp.RefusedForNow
			case trouble.to != "" && slices.Contains(e.env.To, trouble.to):
				// taken, and then the server closed, or it took the message all the same
				continue
			}
			if outcome != want {
				t.Errorf("message %d from %s to %s is %v, expected %v", i, e.env.From, to, outcome, want)
			}
		}
	}
	l.settle(t)
	late := 0
	for _, e := range entries {
		for j, to := range e.env.To {
			if e.outcomes[j] == smtp.Unknown {
				late += e.found[mailboxOf(to)]
			}
		}
	}
	t.Logf("%d messages by %d callers in %d ms: %d recipients accepted, %d refused for now, %d for good, %d not sent, %d unknown, of which %d arrived; %d writes, %d reads; %v",
		reported, callers, took.Milliseconds(), all[smtp.Accepted], all[smtp.RefusedForNow], all[smtp.RefusedForGood], all[smtp.NotSent], all[smtp.Unknown], late, w.writes, w.reads, quit)
}

// signalPeer sends a signal to the server's process that has the connection.
func signalPeer(t *testing.T, w *watch, signal syscall.Signal) {
	t.Helper()
	pid, err := peerProcess(w)
	if err == nil {
		err = syscall.Kill(pid, signal)
	}
	if err != nil {
		t.Error(err)
	}
}

// peerProcess finds the process at the other end of a connection on this machine:
// by the kernel's list of sockets, and who has that one open. Its children may
// have it too; it is the oldest.
func peerProcess(w *watch) (pid int, err error) {
	list, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return 0, err
	}
	here, there := hexPort(w.LocalAddr()), hexPort(w.RemoteAddr())
	link := ""
	for line := range strings.Lines(string(list)) {
		if f := strings.Fields(line); len(f) > 9 && strings.HasSuffix(f[1], there) && strings.HasSuffix(f[2], here) {
			link = "socket:[" + f[9] + "]"
		}
	}
	open, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, err
	}
	for _, file := range open {
		if to, err := os.Readlink(file); err != nil || to != link {
			continue
		}
		n, err := strconv.Atoi(strings.Split(file, "/")[2])
		if err != nil {
			return 0, err
		}
		if pid == 0 || n < pid {
			pid = n
		}
	}
	if pid == 0 || pid == os.Getpid() {
		return 0, fmt.Errorf("no process has the other end of %v-%v", w.LocalAddr(), w.RemoteAddr())
	}
	return pid, nil
}

func hexPort(a net.Addr) string { return fmt.Sprintf(":%04X", a.(*net.TCPAddr).Port) }
