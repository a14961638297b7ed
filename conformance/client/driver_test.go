package client_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/conformance/client"
)

// TestMain is a driver itself where DRIVER says which.
func TestMain(m *testing.M) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	kind := os.Getenv("DRIVER")
	switch kind {
	case "":
		os.Exit(m.Run())
	case "own":
		if err := client.Serve(context.Background(), client.Own, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	in.Scan()
	if strings.Contains(in.Text(), `"features"`) {
		fmt.Printf("{\"client\":\"one that %ss\",\"serves\":%v}\n", kind, kind == "hang")
		if kind != "hang" {
			os.Exit(0)
		}
		in.Scan()
	}
	switch kind {
	case "hang":
		time.Sleep(time.Minute)
	case "crash":
		fmt.Fprintln(os.Stderr, "out of luck")
		os.Exit(3)
	case "mumble":
		fmt.Println("all is well")
	case "skip":
		fmt.Println(`{"skipped":"a client that can do it"}`)
	case "bloat":
		b := make([]byte, 400<<20)
		for i := range b {
			b[i] = 1
		}
		fmt.Printf("{\"recipients\":[{\"to\":\"a@mx.test\",\"outcome\":\"not-sent\"}],\"error\":\"%d\"}\n", b[1])
	}
}

func drive(t *testing.T, kind string, s conformance.Selection) *conformance.Report {
	t.Helper()
	t.Setenv("DRIVER", kind)
	report, err := client.Run(context.Background(), client.Config{Driver: client.Command(os.Args[0]), Selection: s, Parallel: 8, Pace: 0.2, Deadline: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestCommand holds that a driver which is a program is asked as one in this process
// is, octets and all.
func TestCommand(t *testing.T) {
	report := drive(t, "own", conformance.Selection{IDs: []string{"greet-*", "tls-*", "auth-*", "utf8-*", "arg-*", "lmtp-*"}, Skip: timed})
	for _, r := range report.Results {
		if r.Verdict != conformance.Pass {
			t.Errorf("%s: %s %s %s", r.ID, r.Verdict, r.Findings, r.Missing)
		}
	}
}

// TestBadDrivers holds that what is no answer is told as such, and the process is
// not left behind.
func TestBadDrivers(t *testing.T) {
	for kind, want := range map[string]string{
		"crash": "without an answer; it wrote: out of luck", "mumble": `expected an answer as a line of JSON, got "all is well"`,
		"hang": "did not end before the deadline", "bloat": "MiB resident",
	} {
		t.Run(kind, func(t *testing.T) {
			r := drive(t, kind, conformance.Selection{IDs: []string{"greet-wait"}}).Results[0]
			if r.Verdict != conformance.Fail || !strings.Contains(strings.Join(r.Findings, "\n"), want) {
				t.Errorf("expected %q, got %s %q", want, r.Verdict, r.Findings)
			}
		})
	}
	if r := drive(t, "skip", conformance.Selection{IDs: []string{"greet-wait"}}).Results[0]; r.Verdict != conformance.Skipped || r.Missing == "" {
		t.Errorf("expected the case to be skipped, got %s %q", r.Verdict, r.Missing)
	}
	if _, err := client.Run(context.Background(), client.Config{Driver: client.Command("/no/such/program")}); err == nil || !strings.Contains(err.Error(), "can't be started") {
		t.Errorf("expected a driver that is not there to be told, got %v", err)
	}
	t.Setenv("DRIVER", "silent")
	if _, err := client.Run(context.Background(), client.Config{Driver: client.Command("true")}); err == nil || !strings.Contains(err.Error(), "features") {
		t.Errorf("expected a program that is no driver to be told, got %v", err)
	}
}

// watch is a writer that tells where the suite listens.
type watch chan string

func (w watch) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

// TestListen holds that a client which is started by hand is judged by the wire.
func TestListen(t *testing.T) {
	told := make(watch, 100)
	var said strings.Builder
	go func() {
		for line := range told {
			said.WriteString(line)
			if at := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(said.String()); at != "" {
				said.Reset()
				if c, err := net.Dial("tcp", at); err == nil {
					fmt.Fprint(c, "EHLO client.test\r\nMAIL FROM:<a@client.test>\r\n")
					bufio.NewReader(c).ReadString('\n')
					c.Close()
				}
			}
		}
	}()
	report, err := client.Run(context.Background(), client.Config{
		Driver: client.Listen(told, client.Features{Client: "by hand"}), Parallel: 1, Deadline: 5 * time.Second,
		Selection: conformance.Selection{IDs: []string{"greet-554", "greet-no-text"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []conformance.Verdict{conformance.Pass, conformance.Fail} {
		if r := report.Results[i]; r.Verdict != want {
			t.Errorf("%s: expected %s, got %s %q", r.ID, want, r.Verdict, r.Findings)
		}
	}
}
