//go:build realservers

package servers_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

var (
	reportsTo = flag.String("reports", "", "folder for the reports of TestConformance in JSON, a file a service; none means nothing is written")
	times     = flag.Int("times", 1, "how often TestConformance asks each service; the verdicts have to be equal each time")
	update    = flag.Bool("update", false, "write docs/conformance-matrix.md anew")
	only      = flag.String("id", "", "ids of cases, with commas between, that TestConformance runs; none means all")
)

// A service is one protocol that one of the servers speaks on one port.
type service struct {
	name   string // of its report and, behind "deviations", of its file
	title  string // what the matrix calls it
	port   int    // behind PORT; the service with implicit TLS is on PORT+1
	change func(*testing.T, *server, *conformance.Config)
}

// mailboxAt is a maildir below the server's folder of mail.
func mailboxAt(path string) func(*testing.T, *server, *conformance.Config) {
	return func(_ *testing.T, s *server, cfg *conformance.Config) {
		cfg.Mailbox = conformance.Maildir(filepath.Join(s.mail, path))
	}
}

// lmtp is a service without TLS on a port of its own, and without AUTH.
func lmtp(path string) func(*testing.T, *server, *conformance.Config) {
	return func(t *testing.T, s *server, cfg *conformance.Config) {
		mailboxAt(path)(t, s, cfg)
		cfg.LMTP, cfg.ImplicitTLS = true, ""
	}
}

var services = []service{
	{name: "aiosmtpd", title: "aiosmtpd"},
	{name: "chasquid", title: "chasquid", change: func(_ *testing.T, _ *server, cfg *conformance.Config) {
		cfg.ImplicitTLS = "" // that port is for submission
	}},
	{name: "courier", title: "Courier", change: mailboxAt("tester/Maildir")},
	{name: "dovecot", title: "Dovecot submission", change: dovecotSubmission},
	{name: "dovecot-lmtp", title: "Dovecot LMTP", port: 5, change: lmtp("tester/Maildir")},
	{name: "exim", title: "Exim"},
	{name: "go-smtp", title: "go-smtp"},
	{name: "go-smtp-lmtp", title: "go-smtp LMTP", port: 2, change: lmtp("tester")},
	{name: "haraka", title: "Haraka"},
	{name: "mailpit", title: "Mailpit", change: func(_ *testing.T, s *server, cfg *conformance.Config) {
		cfg.Mailbox, cfg.ImplicitTLS = &stored{store: s.told["store"]}, ""
	}},
	{name: "mox", title: "mox submission", change: moxSubmission},
	{name: "opensmtpd", title: "OpenSMTPD"},
	{name: "postfix", title: "Postfix"},
	{name: "sendmail", title: "Sendmail"},
	{name: "smtp-server", title: "smtp-server"},
	{name: "smtp-server-lmtp", title: "smtp-server LMTP", port: 2, change: lmtp("tester")},
}

// folder is the server's, and deviations the name of the file there with the known ones.
func (s service) folder() string {
	return strings.TrimSuffix(s.name, "-lmtp")
}

func (s service) deviations() string {
	return filepath.Join(s.folder(), "deviations"+strings.TrimPrefix(s.name, s.folder())+".txt")
}

// TestConformance asks each service of each server, one after the other, and
// holds that it leaves the RFCs where its file says, and nowhere else.
func TestConformance(t *testing.T) {
	names := strings.Fields(*chosen)
	reports := make([]*conformance.Report, len(services))
	t.Run("services", func(t *testing.T) {
		for i, s := range services {
			if len(names) == 0 || slices.Contains(names, s.folder()) {
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					reports[i] = s.ask(t)
				})
			}
		}
	})
	if len(names) == 0 && *only == "" && !t.Failed() {
		matrix(t, reports)
	}
}

const matrixHead = `# The suite against real servers

Made by ` + "`make conformance-matrix`" + `; ` + "`make conformance`" + ` fails where it is not what the servers do. Each server runs on loopback as its
folder in [conformance/servers](../conformance/servers) configures it; that folder's ` + "`deviations.txt`" + ` has the reason for each
F, E and w. [findings.md](findings.md) tells of the faults worth knowing, with their conversations.

`

// matrix holds that the page of all servers is what they do, or writes it.
func matrix(t *testing.T, reports []*conformance.Report) {
	m := conformance.NewMatrix("SMTP servers side by side", reports...)
	text := bytes.NewBufferString(matrixHead)
	if err := m.WriteMarkdown(text); err != nil {
		t.Fatal(err)
	}
	const name = "../../docs/conformance-matrix.md"
	if *update {
		if err := os.WriteFile(name, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(written), text.String()); diff != "" {
		t.Errorf("docs/conformance-matrix.md is not what the servers do (+); run make conformance-matrix\n%s", diff)
	}
	if *reportsTo != "" {
		var page bytes.Buffer
		if err := m.WriteHTML(&page); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*reportsTo, "matrix.html"), page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// ask gives the first report.
func (s service) ask(t *testing.T) *conformance.Report {
	server := start(t, s.folder())
	cfg := s.config(t, server)
	var first *conformance.Report
	for n := range *times {
		report, err := conformance.Run(context.Background(), cfg)
		if report == nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d cases in %.1f s, %d connections: %s", report.Server, len(report.Results), report.Seconds, report.Connections, report.Summary())
		if *times == 1 && err == nil {
			again(t, cfg, report)
		}
		s.judge(t, report)
		if err != nil {
			t.Error(err)
		}
		if first == nil {
			first = report
			s.keep(t, report)
			continue
		}
		for _, c := range conformance.Diff(first, report) {
			t.Errorf("run %d: %s: first %s, now %s: %v", n+1, c.ID, c.Before, c.Now, c.Findings)
		}
	}
	return first
}

// again asks once more, one case at a time, what is not as it should be or could not
// be judged: where a machine is busy, a server may be late that is not otherwise.
func again(t *testing.T, cfg conformance.Config, report *conformance.Report) {
	cfg.Selection, cfg.Parallel = conformance.Selection{}, 1
	for _, x := range report.Results {
		if x.Unexpected || x.Verdict == conformance.Error {
			cfg.Selection.IDs = append(cfg.Selection.IDs, x.ID)
		}
	}
	if len(cfg.Selection.IDs) == 0 {
		return
	}
	second, err := conformance.Run(context.Background(), cfg)
	if second == nil {
		t.Fatal(err)
	}
	for _, x := range second.Results {
		if i := slices.IndexFunc(report.Results, func(r conformance.Result) bool { return r.ID == x.ID }); i >= 0 && slices.Contains(cfg.Selection.IDs, x.ID) {
			report.Results[i] = x
		}
	}
}

// config is how the suite meets the service.
func (s service) config(t *testing.T, on *server) conformance.Config {
	_, port, err := net.SplitHostPort(on.address)
	if err != nil {
		t.Fatal(err)
	}
	base, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	if file, err := os.Open(s.deviations()); err == nil {
		defer file.Close()
		if known, err = conformance.ReadExpected(file); err != nil {
			t.Fatalf("%s: %v", s.deviations(), err)
		}
	} else if !os.IsNotExist(err) {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(on.certificate)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	version, _, _ := strings.Cut(strings.TrimPrefix(on.told["version"], "1:"), "-")
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "+")
	cfg := conformance.Config{
		Name: s.title + " " + version, Address: fmt.Sprintf("127.0.0.1:%d", base+s.port), ImplicitTLS: fmt.Sprintf("127.0.0.1:%d", base+1),
		Recipients: []string{user, "postmaster@example.test"}, User: on.user, Password: on.password, AuthInClear: true,
		Mailbox: conformance.Maildir(filepath.Join(on.mail, "tester")), Expected: known, Strict: true, Parallel: 8,
		TLS: &tls.Config{ServerName: "localhost", RootCAs: roots},
	}
	if *only != "" {
		cfg.Selection.IDs = strings.Split(*only, ",")
	}
	if s.change != nil {
		s.change(t, on, &cfg)
	}
	return cfg
}

// judge complains about each deviation that is new, and each that is gone.
func (s service) judge(t *testing.T, report *conformance.Report) {
	for _, x := range report.Unexpected() {
		if x.Reason != "" {
			t.Errorf("%s: it does not deviate any more: take it out of %s", x.ID, s.deviations())
			continue
		}
		t.Errorf("%s: %s, which %s does not name (%s, RFC %s): %s", x.ID, x.Verdict, s.deviations(), x.Level, x.RFC, strings.Join(x.Findings, "; "))
	}
}

// keep writes the report where the flag says.
func (s service) keep(t *testing.T, report *conformance.Report) {
	if *reportsTo == "" {
		return
	}
	var b bytes.Buffer
	if err := report.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(*reportsTo, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*reportsTo, s.name+".json"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// dovecotSubmission puts a server of this process where Dovecot hands on to, and
// reads its mailbox.
func dovecotSubmission(t *testing.T, s *server, cfg *conformance.Config) {
	relay, own := conformance.Embedded(func(c *smtptest.Config) { c.Name = "relay.example.test" })
	l, err := net.Listen("tcp", cfg.ImplicitTLS) // PORT+1, where Dovecot itself listens to nobody
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { relay.ServeConn(c) })
		}
	})
	t.Cleanup(func() { l.Close(); relay.Close(); conns.Wait() })
	cfg.ImplicitTLS, cfg.Submission, cfg.Mailbox = "", true, own.Mailbox
}

// moxSubmission comes from many addresses, since mox counts connections by them,
// and sends as the one who logs in.
func moxSubmission(_ *testing.T, s *server, cfg *conformance.Config) {
	cfg.Submission, cfg.Sender, cfg.Recipients, cfg.Hello = true, s.told["from"], []string{"other@localhost"}, "client.example.test"
	cfg.Mailbox = conformance.Maildir(s.told["queue"] + "/*")
	var n atomic.Uint32
	cfg.Dial = func(address string) (net.Conn, error) {
		i := n.Add(1)
		from := net.IPv4(127, byte(1+i%250), byte(1+i/250%250), 1)
		return (&net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: from}}).Dial("tcp", address)
	}
}

// stored is a mailbox that is asked over HTTP (Mailpit).
type stored struct {
	store string
	mu    sync.Mutex
	seen  map[string][]byte
}

func (m *stored) Find(token string) ([][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[string][]byte{}
	}
	for start := 0; ; start += 100 {
		octets, err := get(fmt.Sprintf("%s/messages?limit=100&start=%d", m.store, start))
		if err != nil {
			return nil, err
		}
		ids := identities(octets)
		news := 0
		for _, id := range ids {
			if m.seen[id] != nil {
				continue
			}
			news++
			if m.seen[id], err = get(m.store + "/message/" + id + "/raw"); err != nil {
				return nil, err
			}
		}
		if news < 100 { // the newest come first
			break
		}
	}
	var found [][]byte
	for _, text := range m.seen {
		if bytes.Contains(text, []byte(token)) {
			found = append(found, text)
		}
	}
	return found, nil
}

func get(url string) ([]byte, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	octets, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	return octets, err
}

// identities are the ids in a page of Mailpit's list of messages.
func identities(page []byte) (ids []string) {
	var list struct{ Messages []struct{ ID string } }
	if json.Unmarshal(page, &list) == nil {
		for _, m := range list.Messages {
			ids = append(ids, m.ID)
		}
	}
	return ids
}
