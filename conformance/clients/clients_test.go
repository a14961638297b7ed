//go:build realclients

// Package clients_test runs the suite for clients against those of other makers. It
// needs what install.sh brings.
package clients_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/conformance"
	"github.com/tabellarius/tabellarius/conformance/client"
)

var (
	base      = flag.String("base", "/tmp/tabellarius-clients", "where install.sh put them")
	chosen    = flag.String("clients", "", "names of clients, with spaces between; none means all")
	only      = flag.String("id", "", "ids of cases, with commas between; none means all")
	reportsTo = flag.String("reports", "", "folder for the reports in JSON, a file a client; none means nothing is written")
	update    = flag.Bool("update", false, "write the files of deviations and docs/clients-matrix.md anew")
)

// ours is this module's own client, which has no deviations.
const ours = "smtpclient"

// A peer is a client, by its driver.
type peer struct {
	name    string // its folder, too
	command []string
	// hostname says that EHLO has the name of the machine if the caller gives none: the
	// cases about that say nothing of the client.
	hostname bool
}

func peers() []peer {
	python := func(name string, hostname bool) peer {
		return peer{name: name, command: []string{"/usr/bin/python3", "-B", filepath.Join(name, "driver.py")}, hostname: hostname}
	}
	of := func(name string, hostname bool) peer {
		return peer{name: name, command: []string{filepath.Join(*base, "go-clients"), name}, hostname: hostname}
	}
	return []peer{
		of(ours, false), of("net-smtp", false), of("go-smtp", false), of("go-mail", true), of("mox", false),
		python("smtplib", true), python("aiosmtplib", true),
		{name: "nodemailer", command: []string{"env", "NODEMAILER=" + *base, "node", "nodemailer/driver.mjs"}, hostname: true},
		python("msmtp", false), python("swaks", true), python("curl", true),
	}
}

// TestClients holds that each client leaves the RFCs where its file says, and
// nowhere else.
func TestClients(t *testing.T) {
	names := strings.Fields(*chosen)
	all := peers()
	reports := make([]*conformance.Report, len(all))
	t.Run("clients", func(t *testing.T) {
		for i, p := range all {
			if len(names) == 0 || slices.Contains(names, p.name) {
				t.Run(p.name, func(t *testing.T) {
					t.Parallel()
					reports[i] = p.judge(t)
				})
			}
		}
	})
	if len(names) == 0 && *only == "" && !t.Failed() {
		matrix(t, reports)
	}
}

// judge runs the suite and complains about each deviation that is new, and each
// that is gone.
func (p peer) judge(t *testing.T) *conformance.Report {
	known := p.known(t)
	cfg := client.Config{
		Driver: client.Command(p.command[0], p.command[1:]...), Expected: known, Strict: true, Parallel: 16, Deadline: 20 * time.Second,
	}
	if *only != "" {
		cfg.Selection.IDs = strings.Split(*only, ",")
	}
	if p.hostname {
		cfg.Selection.Skip = []string{"ehlo-default-literal", "ehlo-literal-bare", "ehlo-literal-ipv6", "arg-helo-default"}
	}
	report, err := client.Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	again(t, cfg, report)
	t.Logf("%s: %d cases in %.1f s: %s", report.Client, len(report.Results), report.Seconds, report.Summary())
	p.keep(t, report)
	if *update && *only == "" {
		p.write(t, report, known)
		return report
	}
	for _, x := range report.Unexpected() {
		if x.Reason != "" {
			t.Errorf("%s: it does not deviate any more: take it out of %s", x.ID, p.file())
			continue
		}
		t.Errorf("%s: %s, which %s does not name (%s, %s): %s", x.ID, x.Verdict, p.file(), x.Level, x.Source(), strings.Join(x.Findings, "; "))
		for _, l := range x.Log {
			t.Logf("  %5d ms %d %s: %.200s", l.Ms, l.Conn, l.From, l.Text)
		}
	}
	return report
}

// again asks once more, a few cases at a time, what is not as it should be: where a
// machine is busy, a client may be late that is not otherwise.
func again(t *testing.T, cfg client.Config, report *conformance.Report) {
	cfg.Selection, cfg.Parallel = conformance.Selection{}, 4
	for _, x := range report.Unexpected() {
		cfg.Selection.IDs = append(cfg.Selection.IDs, x.ID)
	}
	if len(cfg.Selection.IDs) == 0 {
		return
	}
	second, err := client.Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range second.Results {
		i := slices.IndexFunc(report.Results, func(r conformance.Result) bool { return r.ID == x.ID })
		report.Results[i] = x
	}
}

func (p peer) file() string { return filepath.Join(p.name, "deviations.txt") }

// known are the deviations in the client's file.
func (p peer) known(t *testing.T) map[string]string {
	if p.name == ours {
		return map[string]string{}
	}
	file, err := os.Open(p.file())
	if os.IsNotExist(err) && *update {
		return map[string]string{}
	} else if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	known, err := conformance.ReadExpected(file, client.Requirements()...)
	if err != nil {
		t.Fatalf("%s: %v", p.file(), err)
	}
	return known
}

// changing is what differs in a complaint from run to run.
var changing = regexp.MustCompile(`127\.0\.0\.1:\d+(->)?|\[::1\]:\d+(->)?|-\d+\.eml| after [0-9.]+[mµn]?s|, it took [0-9.]+m?s|, it ended after [0-9.]+m?s`)

// coded is base64, most of it nonces and secrets.
var coded = regexp.MustCompile(`[A-Za-z0-9+/]{24,}=*`)

// write writes the client's file anew: reasons that stand there stay, a new
// deviation has its first complaint.
func (p peer) write(t *testing.T, report *conformance.Report, known map[string]string) {
	if p.name == ours {
		return
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Where %s leaves the RFCs, or does harm: the case, then what was seen.\n", p.name)
	for _, x := range report.Results {
		if !x.Deviates() {
			continue
		}
		reason := known[x.ID]
		if reason == "" {
			reason = complaint(&x)
		}
		fmt.Fprintf(&b, "%s %s\n", x.ID, reason)
	}
	if err := os.MkdirAll(p.name, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.file(), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// complaint is the first, in one line, without what differs from run to run.
func complaint(r *conformance.Result) string {
	i := slices.IndexFunc(r.Findings, func(s string) bool { return !strings.HasPrefix(s, "seen: ") })
	text := coded.ReplaceAllString(changing.ReplaceAllString(r.Findings[max(0, i)], ""), "…")
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + " …"
	}
	if strings.HasSuffix(text, " got") || strings.HasSuffix(text, ":") {
		text += " nothing"
	}
	return text
}

// keep writes the report where the flag says.
func (p peer) keep(t *testing.T, report *conformance.Report) {
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
	if err := os.WriteFile(filepath.Join(*reportsTo, p.name+".json"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

const matrixHead = `# The suite against clients

Made by ` + "`make conformance-clients UPDATE=1`" + `; ` + "`make conformance-clients`" + ` fails where it is not what the clients do. Each has a
[driver](clients.md) in [conformance/clients](../conformance/clients), which says how the client is used and how its errors are mapped
to outcomes; what a client can't do is skipped. Some programs are here that were not made for the case they are
in: swaks is a tool for tests, and curl, msmtp and the libraries leave to their callers what others do themselves.

`

// matrix holds that the page of all clients is what they do, or writes it.
func matrix(t *testing.T, reports []*conformance.Report) {
	m := conformance.NewMatrix("SMTP clients side by side", reports...)
	text := bytes.NewBufferString(matrixHead)
	if err := m.WriteMarkdown(text); err != nil {
		t.Fatal(err)
	}
	complaints(t, text)
	const name = "../../docs/clients-matrix.md"
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
		t.Errorf("docs/clients-matrix.md is not what the clients do (+); run make conformance-clients UPDATE=1\n%s", diff)
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

// complaints lists for each client what its file has.
func complaints(t *testing.T, out *bytes.Buffer) {
	fmt.Fprintf(out, "\n## By client\n\nWhat was seen, in the words of the case that complained first.\n")
	for _, p := range peers() {
		known := p.known(t)
		if len(known) == 0 {
			continue
		}
		fmt.Fprintf(out, "\n### %s\n\n", p.name)
		for _, c := range client.Cases() {
			if reason := known[c.ID]; reason != "" {
				fmt.Fprintf(out, "- `%s` %s\n", c.ID, plain(reason))
			}
		}
	}
}

// plain keeps Markdown from reading anything into a complaint.
func plain(s string) string {
	return strings.NewReplacer("<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`, "[", `\[`, "`", "'").Replace(s)
}
