package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "acme.yaml")
	write(t, file, acmeYAML(t))
	for _, c := range []struct {
		args  []string
		wants []string
	}{
		{[]string{"RCPT"}, []string{"command RCPT: RCPT TO: <to> [parameters] (RFC 5321 §4.1.1.3)\n", "  legal in: mailtx, recipient_sent\n", "  reply 250, 251: recipient_sent; count-recipient; RFC 5321 §4.3.2\n", "  late reply 2yz: unsettled; RFC 5321 §4.1.4\n"}},
		{[]string{"Recipient_Sent"}, []string{"state recipient_sent: RFC 5321 §3.3\n", "  legal here: ", "DATA", "  what leads here: MAIL 355, RCPT 250, RCPT 251, RCPT 2yz\n"}},
		{[]string{"closing"}, []string{"fact closing: RFC 5321 §3.8\n", "  while it holds only these are begun: QUIT\n"}},
		{[]string{"--with", file, "acme"}, []string{"extension ACME", "EHLO keyword: ACME", "  states: parcel\n", file}},
		{[]string{"--with", file, "XPARCEL"}, []string{"command XPARCEL"}},
		{[]string{"server"}, []string{"unknown: 500 5.5.2 Command not recognized (RFC 5321 §4.2.4)"}},
	} {
		code, out, errs := smtpgen(append([]string{"explain"}, c.args...)...)
		if code != 0 || errs != "" {
			t.Errorf("explain %v: exit code %d, %s", c.args, code, errs)
		}
		for _, want := range c.wants {
			if !strings.Contains(out, want) {
				t.Errorf("explain %v does not say %q:\n%s", c.args, want, out)
			}
		}
	}
	if code, _, errs := smtpgen("explain", "RCTP"); code != 1 || !strings.Contains(errs, `did you mean "RCPT"?`) {
		t.Errorf("a name that is not there: exit code %d, %s", code, errs)
	}
}

// From its own table to itself nothing differs; with a file more, and a code
// less in a folder of one's own, the difference is told line by line.
func TestDiff(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "acme.yaml")
	write(t, file, acmeYAML(t))
	if code, out, errs := smtpgen("diff", "library", "library"); code != 0 || out != "the tables say the same\n" {
		t.Errorf("no difference: exit code %d, %s%s", code, out, errs)
	}
	code, out, _ := smtpgen("diff", "library", file)
	for _, want := range []string{"+ extension ACME", "+ command XPARCEL", "  command MAIL\n", "+   reply 453: same; ACME manual 6\n"} {
		if code != 1 || !strings.Contains(out, want) {
			t.Errorf("a file more: exit code %d, without %q:\n%s", code, want, out)
		}
	}
	if _, back, _ := smtpgen("diff", file, "library"); !strings.Contains(back, "- command XPARCEL\n") || !strings.Contains(back, "-   reply 453: same; ACME manual 6\n") {
		t.Errorf("a file less:\n%s", back)
	}
	spec := filepath.Join(dir, "spec")
	if err := os.CopyFS(spec, os.DirFS(filepath.Join(repository(t), "spec"))); err != nil {
		t.Fatal(err)
	}
	states := filepath.Join(spec, "states.yaml")
	data, err := os.ReadFile(states)
	if err != nil {
		t.Fatal(err)
	}
	write(t, states, strings.Replace(string(data), "timeout: 2m", "timeout: 3m", 1))
	want := "  command DATA\n-   its reply is awaited for: 2 minutes\n+   its reply is awaited for: 3 minutes\n"
	if code, out, errs := smtpgen("diff", "library", spec); code != 1 || out != want {
		t.Errorf("another time: exit code %d, %s%s", code, out, errs)
	}
	if code, _, errs := smtpgen("diff", "library", filepath.Join(dir, "none")); code != 1 || !strings.Contains(errs, "none") {
		t.Errorf("a table that is not there: exit code %d, %s", code, errs)
	}
}

func TestDiagram(t *testing.T) {
	code, out, errs := smtpgen("diagram")
	page, err := os.ReadFile(filepath.Join(repository(t), "docs", "protocol.md"))
	if err != nil {
		t.Fatal(err)
	}
	if code != 0 || errs != "" || !strings.HasPrefix(out, "stateDiagram-v2\n") || !strings.Contains(string(page), "```mermaid\n"+out+"```\n") {
		t.Errorf("exit code %d, %s; the diagram is not that of docs/protocol.md:\n%s", code, errs, out)
	}
}
