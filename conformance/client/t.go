package client

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tabellarius/tabellarius/conformance"
)

// A T is one run of a case. Play lets the client send; the other methods judge.
type T struct {
	Case *Case
	run  *run

	mu       sync.Mutex
	begin    time.Time
	verdict  conformance.Verdict
	findings []string
	lacks    string
	lines    []conformance.Line
	conns    int
}

// Play lets the client do one job against a server that does as the base script
// and the options say, and gives what was seen. What holds in every case is judged
// at once.
func (t *T) Play(opts ...Option) *Seen {
	p := &play{t: t, counts: map[string]int{}, job: Job{
		Protocol: "smtp", TLS: "none", Name: "mx.test", Helo: "client.test",
		From: "from@client.test", To: []string{"a@mx.test", "b@mx.test", "c@mx.test"}, Content: lines(1000),
	}}
	for _, o := range opts {
		o(p)
	}
	if lacks := p.lacks(); lacks != "" {
		t.Skipf("%s", lacks)
	}
	p.job.Timeout *= t.run.cfg.Pace
	limit := t.run.cfg.Deadline
	if slices.Contains(t.Case.needs(), "slow") {
		limit = 20 * time.Minute
	}
	p.deadline = time.Now().Add(limit + 5*time.Second)
	p.base = t.conns
	if err := p.open(); err != nil {
		t.Errorf("%v", err)
	}
	p.job.id, p.job.idle = t.Case.ID, p.idle
	defer os.Remove(p.job.Message)
	go p.accept()
	ctx, cancel := context.WithTimeout(t.run.ctx, limit)
	began := time.Now()
	answer, err := t.run.cfg.Driver.Send(ctx, &p.job)
	cancel()
	took := time.Since(began)
	time.Sleep(t.pace(p.stay))
	p.listener.Close()
	p.settle(2 * time.Second)
	t.conns += len(p.conns)
	t.run.mu.Lock()
	t.run.connections += len(p.conns)
	t.run.messages += len(p.messages)
	t.run.mu.Unlock()
	s := &Seen{t: t, Job: &p.job, Answer: answer, Conns: p.conns, Messages: p.messages, Took: took, play: p}
	switch {
	case t.run.ctx.Err() != nil:
		t.Errorf("the run was ended")
	case err != nil:
		t.Failf("%v", err)
	case answer != nil && answer.Skipped != "":
		t.Skipf("%s", answer.Skipped)
	}
	if answer != nil {
		t.log(t.conns, '*', "the client reports: "+answer.String())
	}
	s.rules()
	return s
}

// lacks is what the job needs and the client can't do.
func (p *play) lacks() string {
	f, j := &p.t.run.features, &p.job
	opt := func(name string, asked bool) string {
		if asked && !slices.Contains(f.Opt, name) {
			return "opt:" + name
		}
		return ""
	}
	list := []string{
		opt("count", j.Count > 1), opt("timeout", j.Timeout > 0), opt("smtputf8", j.SMTPUTF8), opt("requiretls", j.RequireTLS),
		opt("size", j.Size > 0), opt("dsn", j.Ret+j.Envid+j.Notify+j.Orcpt != ""), opt("param", len(j.MailParams)+len(j.RcptParams) > 0),
		opt("chunk", j.Chunk > 0), opt("fail-after", j.FailAfter > 0), opt("body", j.Body != ""),
		opt("octets", slices.ContainsFunc(j.To, func(s string) bool { return strings.ToValidUTF8(s, "") != s })),
	}
	if j.TLS != "none" && !slices.Contains(f.TLS, j.TLS) {
		list = append(list, "tls "+j.TLS)
	}
	if j.Protocol == "lmtp" && !f.LMTP {
		list = append(list, "lmtp")
	}
	if j.Mechanism != "" && !slices.Contains(f.Auth, j.Mechanism) {
		list = append(list, "auth:"+j.Mechanism)
	}
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), ", ")
}

// String is an answer in one line.
func (a *Answer) String() string {
	var b strings.Builder
	for i, list := range a.messages() {
		if i > 0 {
			b.WriteString("; ")
		}
		for j, r := range list {
			if j == 10 && len(list) > 12 {
				fmt.Fprintf(&b, " … %d more", len(list)-j)
				break
			}
			fmt.Fprintf(&b, " %s %s", r.To, r.Outcome)
			if r.Code > 0 {
				fmt.Fprintf(&b, " (%d)", r.Code)
			}
		}
	}
	if a.Error != "" {
		b.WriteString("; error: " + a.Error)
	}
	return strings.TrimSpace(b.String())
}

// pace is a duration at the run's pace.
func (t *T) pace(d time.Duration) time.Duration { return time.Duration(float64(d) * t.run.cfg.Pace) }

// Has reports whether the client has a feature: a word as in Needs.
func (t *T) Has(need string) bool { return t.run.missing(&Case{Needs: need}) == "" }

func (t *T) say(v conformance.Verdict, format string, args []any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.verdict = conformance.Worse(t.verdict, v)
	text := fmt.Sprintf(format, args...)
	if v == conformance.Pass {
		text = "seen: " + text
	}
	if len(t.findings) < 20 && !slices.Contains(t.findings, text) {
		t.findings = append(t.findings, text)
	}
}

// Failf says that a MUST is not kept, or that there was harm.
func (t *T) Failf(format string, args ...any) { t.say(conformance.Fail, format, args) }

// Warnf says that a SHOULD is not kept.
func (t *T) Warnf(format string, args ...any) { t.say(conformance.Warn, format, args) }

// Complainf says that the requirement is not kept; how bad that is, its level says.
func (t *T) Complainf(format string, args ...any) { t.say(t.Case.Level.Breach(), format, args) }

// Harmf is Complainf for what does harm: it fails a Robust case too.
func (t *T) Harmf(format string, args ...any) {
	v := t.Case.Level.Breach()
	if t.Case.Level == Robust || t.Case.Level == May {
		v = conformance.Fail
	}
	t.say(v, format, args)
}

// Recordf keeps what was seen, without a judgement.
func (t *T) Recordf(format string, args ...any) { t.say(conformance.Pass, format, args) }

// Errorf says that the case can't be judged, and ends it.
func (t *T) Errorf(format string, args ...any) {
	t.say(conformance.Error, format, args)
	runtime.Goexit()
}

// Skipf says what was missing, and ends the case. What was complained about
// before stands.
func (t *T) Skipf(format string, args ...any) {
	t.mu.Lock()
	if len(t.findings) == 0 {
		t.verdict = conformance.Skipped
	}
	t.lacks = fmt.Sprintf(format, args...)
	t.mu.Unlock()
	runtime.Goexit()
}

const maxLogLines = 400

func (t *T) log(conn int, from byte, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ms := time.Since(t.begin).Milliseconds()
	if from == '*' {
		if len(t.lines) < maxLogLines {
			t.lines = append(t.lines, conformance.Line{Conn: conn, Ms: ms, From: "*", Text: plain(text)})
		}
		return
	}
	lines := strings.SplitAfterN(text, "\r\n", 1000)
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	for i, line := range lines {
		if len(t.lines) >= maxLogLines || i == 30 && len(lines) > 40 {
			text = fmt.Sprintf("%d lines more", len(lines)-i)
			if len(t.lines) == maxLogLines {
				text = "the log ends here"
			}
			if len(t.lines) <= maxLogLines {
				t.lines = append(t.lines, conformance.Line{Conn: conn, Ms: ms, From: "*", Text: text})
			}
			return
		}
		cut, whole := strings.CutSuffix(line, "\r\n")
		if !whole {
			cut += "\x00" // shown as a line without its end
		}
		t.lines = append(t.lines, conformance.Line{Conn: conn, Ms: ms, From: string(rune(from)), Text: conformance.Logged(cut)})
	}
}

// plain is a text in one line, without control characters, and not too long.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 127 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > 600 {
		text = strings.ToValidUTF8(text[:600], "") + "…"
	}
	return text
}

// lines makes a message of about so many octets: a header, and lines that differ.
func lines(octets int) []byte {
	b := []byte("From: <from@client.test>\r\nTo: <a@mx.test>\r\nSubject: client conformance\r\n\r\n")
	for i := 1; len(b) < octets; i++ {
		b = fmt.Appendf(b, "%06d the quick brown fox jumps over the lazy dog\r\n", i)
	}
	return b
}
