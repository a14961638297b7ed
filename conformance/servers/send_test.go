//go:build realservers

package servers_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tool builds smtpsend, once.
var tool = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "smtpsend")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "smtpsend")
	out, err := exec.Command("go", "build", "-o", path, "github.com/tabellarius/tabellarius/tools/smtpsend").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("smtpsend: %w\n%s", err, out)
	}
	return path, nil
})

// TestMain removes what tool made.
func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := tool(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// A sent is what smtpsend said and did.
type sent struct {
	exit       int
	transcript string
	Recipients []struct {
		To, Outcome, Command string
		Code                 int
	}
	Error string
}

// smtpsend sends a message in TLS as the user, with more arguments.
func (s *server) smtpsend(t *testing.T, password string, message []byte, more ...string) sent {
	t.Helper()
	path, err := tool()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "message.eml")
	if err := os.WriteFile(file, message, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append([]string{
		s.address, file, "--json", "--transcript", "--timeout=60s", "--ca=" + s.certificate,
		"--user=" + user, "--password-env=SMTPSEND_PASSWORD", "--mail-from=sender@client.test",
	}, more...)...)
	cmd.Env = append(os.Environ(), "SMTPSEND_PASSWORD="+password)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	out := sent{exit: cmd.ProcessState.ExitCode(), transcript: stderr.String()}
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		t.Fatalf("smtpsend ended with %d and printed %q: %v\n%s", out.exit, stdout.String(), err, stderr.String())
	}
	for _, secret := range []string{password, inBase64(password), inBase64("\x00" + user + "\x00" + password)} {
		if strings.Contains(stdout.String()+out.transcript, secret) {
			t.Errorf("smtpsend shows the password as %q:\n%s%s", secret, stdout.String(), out.transcript)
		}
	}
	return out
}

func inBase64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// says fails the test where the transcript has no line of the client that
// begins so.
func (s sent) says(t *testing.T, line string) {
	t.Helper()
	if !strings.Contains(s.transcript, "C: "+line) {
		t.Errorf("the client never said %q:\n%s", line, s.transcript)
	}
}

// outcome fails the test where the exit code or the word on a recipient is not
// the expected one.
func (s sent) outcome(t *testing.T, exit int, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for _, r := range s.Recipients {
		got[r.To] = r.Outcome
	}
	if diff := cmp.Diff(want, got); s.exit != exit || diff != "" {
		t.Errorf("exit code %d, expected %d; recipients (-expected +got):\n%s%s\n%s", s.exit, exit, diff, s.Error, s.transcript)
	}
}

var messages int

// newMessage is a message with a first line of its own, 8-bit text, dots at the
// start of lines and an empty line at its end. attachment is how many octets it
// carries besides.
func newMessage(attachment int) (mark string, message []byte) {
	messages++
	id := fmt.Sprintf("%d.%d", time.Now().UnixNano(), messages)
	mark = "X-Tabellarius: " + id
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("%s", mark)
	line("From: <sender@client.test>")
	line("To: <" + user + ">")
	line("Date: Thu, 1 Jan 2026 00:00:00 +0000")
	line("Message-ID: <%s@client.test>", id)
	line("Subject: byte for byte")
	line("MIME-Version: 1.0")
	line(`Content-Type: multipart/mixed; boundary="part"`)
	line("")
	line("--part")
	line("Content-Type: text/plain; charset=utf-8")
	line("Content-Transfer-Encoding: 8bit")
	line("")
	line(".")
	line("..")
	line(".a line that begins with a dot")
	line("Zażółć gęślą jaźń, こんにちは, 🐎")
	line("trailing blanks  ")
	line("")
	line("--part")
	line("Content-Type: application/octet-stream")
	line("Content-Transfer-Encoding: base64")
	line("")
	octets := make([]byte, attachment)
	rand.NewChaCha8([32]byte{1}).Read(octets)
	for text := base64.StdEncoding.EncodeToString(octets); text != ""; {
		n := min(76, len(text))
		line("%s", text[:n])
		text = text[n:]
	}
	line("--part--")
	line("")
	return mark, b.Bytes()
}

// same fails the test at the first octet that differs.
func (a arrived) same(t *testing.T, message []byte) {
	t.Helper()
	want := bytes.ReplaceAll(message, []byte("\r\n"), []byte(a.lineEnd()))
	if bytes.Equal(want, a.message) {
		return
	}
	at := 0
	for at < min(len(want), len(a.message)) && want[at] == a.message[at] {
		at++
	}
	around := func(b []byte) []byte { return b[max(0, at-20):min(len(b), at+40)] }
	t.Errorf("%d octets arrived, %d were sent; at octet %d arrived %q where %q was sent", len(a.message), len(want), at, around(a.message), around(want))
}

// trySend sends a large message with each mechanism and each way of sending
// content.
func trySend(t *testing.T, s *server) {
	for _, mechanism := range s.mechanisms(t, "PLAIN", "LOGIN") {
		ways := map[string][]string{"DATA": {"--data"}}
		if s.offers("CHUNKING") {
			ways["BDAT"] = nil
		}
		for way, flags := range ways {
			t.Run(mechanism+" "+way, func(t *testing.T) {
				mark, message := newMessage(7 << 20)
				began := time.Now()
				out := s.smtpsend(t, password, message, append(flags, "--auth="+strings.ToLower(mechanism), "--rcpt="+user)...)
				took := time.Since(began)
				out.outcome(t, 0, map[string]string{user: "accepted"})
				out.says(t, "AUTH "+mechanism)
				out.says(t, way)
				got := s.await(t, "tester", mark)
				got.same(t, message)
				// RFC 3848: what the server itself says of TLS and AUTH
				if strings.Contains(strings.ToUpper(got.trace), "WITH ESMTPSA") == manners[s.name].plainTrace {
					t.Errorf("what the server says of ESMTPSA is not what is known of it:\n%s", got.trace)
				}
				t.Logf("%d octets in %d ms", len(message), took.Milliseconds())
			})
		}
	}
}

// tryLineEnds sends a file of which the lines end in LF: CRLF goes out.
func tryLineEnds(t *testing.T, s *server) {
	mark, message := newMessage(1000)
	out := s.smtpsend(t, password, bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n")), "--rcpt="+user)
	out.outcome(t, 0, map[string]string{user: "accepted"})
	s.await(t, "tester", mark).same(t, message)
}

// tryRefusedRecipient sends to two mailboxes and to one that is not there.
func tryRefusedRecipient(t *testing.T, s *server) {
	const postmaster = "postmaster@example.test"
	mark, message := newMessage(1000)
	out := s.smtpsend(t, password, message, "--rcpt="+user, "--rcpt="+unknown, "--rcpt="+postmaster)
	out.outcome(t, 3, map[string]string{user: "accepted", unknown: "permanent", postmaster: "accepted"})
	for _, r := range out.Recipients {
		if r.To == unknown && (r.Code != 550 || r.Command != "RCPT") {
			t.Errorf("%s was refused with %d to %s: expected 550 to RCPT", unknown, r.Code, r.Command)
		}
	}
	for _, mailbox := range []string{"tester", "postmaster"} {
		s.await(t, mailbox, mark).same(t, message)
	}

	mark, message = newMessage(1000)
	s.smtpsend(t, password, message, "--rcpt="+unknown).outcome(t, 5, map[string]string{unknown: "permanent"})
	if _, ok := s.find(t, "tester", mark); ok {
		t.Error("a message to nobody there is was delivered")
	}
}

// tryWrongPassword: nothing is sent, by any mechanism.
func tryWrongPassword(t *testing.T, s *server) {
	for _, mechanism := range s.mechanisms(t, "PLAIN", "LOGIN") {
		_, message := newMessage(1000)
		out := s.smtpsend(t, "not the password", message, "--auth="+strings.ToLower(mechanism), "--rcpt="+user)
		if out.exit != 7 || strings.Contains(out.transcript, "C: MAIL") {
			t.Errorf("%s with a wrong password: exit code %d, expected 7 and no MAIL:\n%s", mechanism, out.exit, out.transcript)
		}
	}
}
