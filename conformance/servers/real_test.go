//go:build realservers

// Package servers_test sends mail to real servers and looks into their
// mailboxes: each folder here is one server. Run by make conformance, as root
// on Debian 12.
package servers_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var chosen = flag.String("servers", "", "names of the servers to test against, with blanks between; none means all")

// What every server here is configured with (ctl.sh).
const (
	user     = "tester@example.test"
	password = "testpass"
	unknown  = "nosuch@example.test"
)

// TestServers starts each server once and runs all trials against it.
func TestServers(t *testing.T) {
	trials := []struct {
		name string
		run  func(*testing.T, *server)
	}{
		{"send", trySend},
		{"line ends", tryLineEnds},
		{"one recipient refused", tryRefusedRecipient},
		{"wrong password", tryWrongPassword},
		{"fence", tryFence},
		{"no fence", tryNoFence},
	}
	names := strings.Fields(*chosen)
	if len(names) == 0 {
		names = strings.Fields(control(t, "list"))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s := start(t, name)
			for _, trial := range trials {
				t.Run(trial.name, func(t *testing.T) { trial.run(t, s) })
			}
		})
	}
}

// A server is one that runs.
type server struct {
	name        string
	address     string
	mail        string // the folder with a maildir for each mailbox
	certificate string
	user        string
	password    string
	extensions  map[string]string // what it offers after STARTTLS
	told        map[string]string // all that ctl.sh start printed
}

// start starts a server, which ends with the test.
func start(t *testing.T, name string) *server {
	t.Helper()
	port := freePorts(t)
	began := time.Now()
	said := control(t, "start", name, port, strconv.Itoa(os.Getpid()))
	t.Cleanup(func() { control(t, "stop", name, port) })
	values := map[string]string{}
	for line := range strings.Lines(said) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[key] = value
	}
	s := &server{name: name, address: "127.0.0.1:" + port, mail: values["mail"], certificate: values["certificate"], user: values["user"], password: values["password"], told: values}
	s.extensions = s.ask(t)
	t.Logf("%s %s, ready after %d ms, offers %v", name, values["version"], time.Since(began).Milliseconds(), s.extensions)
	return s
}

// control runs ctl.sh.
func control(t *testing.T, arguments ...string) string {
	t.Helper()
	cmd := exec.Command("./ctl.sh", arguments...)
	cmd.Stderr = new(bytes.Buffer)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ctl.sh %s: %v\n%s", strings.Join(arguments, " "), err, cmd.Stderr)
	}
	return string(out)
}

var ports = struct {
	sync.Mutex
	next int
}{next: 20000 + os.Getpid()%10000}

// freePorts finds a port that is free with the nine behind it.
func freePorts(t *testing.T) string {
	t.Helper()
	ports.Lock()
	defer ports.Unlock()
search:
	for port := ports.next; port < 32000; port += 10 {
		for i := range 10 {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+i))
			if err != nil {
				continue search
			}
			l.Close()
		}
		ports.next = port + 10 // servers that start at the same time get others
		return strconv.Itoa(port)
	}
	t.Fatal("no ten free ports in a row between 20000 and 32000")
	return ""
}

// ask asks the server what it offers after STARTTLS, with the standard
// library's client: the judge is not the judged.
func (s *server) ask(t *testing.T) map[string]string {
	t.Helper()
	c, err := smtp.Dial(s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	pem, err := os.ReadFile(s.certificate)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	if err := c.StartTLS(&tls.Config{ServerName: "localhost", RootCAs: roots}); err != nil {
		t.Fatal(err)
	}
	offers := map[string]string{}
	for _, keyword := range []string{"PIPELINING", "CHUNKING", "8BITMIME", "SMTPUTF8", "SIZE", "AUTH"} {
		if ok, arguments := c.Extension(keyword); ok {
			offers[keyword] = arguments
		}
	}
	if err := c.Quit(); err != nil {
		t.Fatal(err)
	}
	return offers
}

func (s *server) offers(keyword string) bool { _, ok := s.extensions[keyword]; return ok }

// mechanisms are those of want that the server offers.
func (s *server) mechanisms(t *testing.T, want ...string) (both []string) {
	t.Helper()
	for _, m := range want {
		if slices.Contains(strings.Fields(s.extensions["AUTH"]), m) {
			both = append(both, m)
		}
	}
	if len(both) == 0 {
		t.Fatalf("%s offers AUTH %q, none of %v", s.name, s.extensions["AUTH"], want)
	}
	return both
}

// An arrived message: what the server put before it, and the message from its
// own first line on.
type arrived struct {
	trace   string
	message []byte
}

// lineEnd is what the server ends the lines of its files with.
func (a arrived) lineEnd() string {
	if strings.HasSuffix(a.trace, "\r\n") || a.trace == "" && bytes.HasSuffix(a.message, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// field gives the first header field of that name in the trace.
func (a arrived) field(name string) string {
	for line := range strings.Lines(a.trace) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// await waits until a message whose first line is mark is in a mailbox.
func (s *server) await(t *testing.T, mailbox, mark string) arrived {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if a, ok := s.find(t, mailbox, mark); ok {
			return a
		}
	}
	t.Fatalf("after 20 s the message marked %q is not in the mailbox %s of %s", mark, mailbox, s.name)
	return arrived{}
}

// find looks for a message in a mailbox and removes it.
func (s *server) find(t *testing.T, mailbox, mark string) (arrived, bool) {
	t.Helper()
	s.fetch(t)
	for _, file := range s.files(t, mailbox) {
		octets, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(octets, []byte("\n"+mark))
		if at < 0 {
			continue
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		a := arrived{trace: string(octets[:at+1]), message: octets[at+1:]}
		for line := range strings.Lines(a.trace) {
			if name, _, ok := strings.Cut(line, ":"); line[0] != ' ' && line[0] != '\t' && (!ok || strings.ContainsAny(name, " \t\r\n")) {
				t.Errorf("%s put %q before the message: no header field", s.name, line)
			}
		}
		return a, true
	}
	return arrived{}, false
}
