package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// An Exchange is one command and its reply, for cases that look at all of them.
type Exchange struct {
	Case    string
	Conn    *Conn
	Command string
	Reply   Reply
	Offers  map[string]string // what the server offered on the connection when the command went out
	Said    string            // EHLO, HELO, LHLO or nothing
	TLS     bool
	Login   bool
	Refused bool // a 421 came before on this connection
}

// run is one run of the suite.
type run struct {
	cfg   Config
	ctx   context.Context
	facts facts

	mu          sync.Mutex
	connections int
	messages    int
	exchanges   []Exchange
}

// facts are what was learnt of the server before the cases.
type facts struct {
	greeting int
	// offers are the keywords by the link.
	offers map[string]map[string]string
	// gated says on which links MAIL asks for AUTH.
	gated map[string]bool
}

// Run runs the cases and gives the report. The error says that nothing could be
// learnt: a Config that is no good, or a server that does not serve; the report
// has what ran until then.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	cases, err := cfg.Selection.Select()
	if err != nil {
		return nil, err
	}
	r := &run{cfg: cfg, ctx: ctx}
	report := newReport(&cfg)
	first := r.one(&Case{ID: "sanity-first", Level: Must, RFC: "5321 §4.5.1", Area: "sanity", Run: r.probe,
		Title: "The server greets, answers EHLO, NOOP and QUIT.", Test: "connect, EHLO, NOOP, and what is offered under TLS"}, r.sanityCircumstance())
	report.Add(first)
	if first.Verdict != Pass && first.Verdict != Warn {
		report.finish(r)
		return report, fmt.Errorf("conformance: %s", strings.Join(first.Findings, "; "))
	}
	r.all(cases, report)
	last := r.one(&Case{ID: "sanity-last", Level: Must, RFC: "5321 §4.5.1", Area: "sanity", Run: sanity,
		Title: "After all cases the server serves as before.", Test: "connect, EHLO, NOOP, QUIT"}, r.sanityCircumstance())
	report.Add(last)
	report.finish(r)
	if err := ctx.Err(); err != nil {
		return report, fmt.Errorf("conformance: ended before all cases ran: %w", context.Cause(ctx))
	}
	if last.Verdict != Pass {
		return report, fmt.Errorf("conformance: the server does not serve any more: %s", strings.Join(last.Findings, "; "))
	}
	return report, nil
}

func (r *run) sanityCircumstance() Circumstance {
	if r.cfg.Address == "" {
		return Circumstance{LinkImplicit, CutWhole, LoginNone}
	}
	return Circumstance{LinkPlain, CutWhole, LoginNone}
}

// all runs the cases, some at a time, then those that look at all exchanges.
func (r *run) all(cases []Case, report *Report) {
	results := make([]Result, len(cases))
	next := make(chan int)
	var done int
	var mu sync.Mutex
	ended := func(i int, result Result) {
		mu.Lock()
		defer mu.Unlock()
		results[i] = result
		done++
		if r.cfg.Progress != nil {
			r.cfg.Progress(done, len(cases), result)
		}
	}
	var workers sync.WaitGroup
	for range max(1, r.cfg.Parallel) {
		workers.Go(func() {
			for i := range next {
				ended(i, r.result(&cases[i]))
			}
		})
	}
	for i := range cases {
		if cases[i].Over == nil && !cases[i].Alone && r.ctx.Err() == nil {
			next <- i
		}
	}
	close(next)
	workers.Wait()
	for i := range cases {
		if cases[i].Alone && r.ctx.Err() == nil {
			ended(i, r.result(&cases[i]))
		}
	}
	for i := range cases {
		if cases[i].Over != nil {
			ended(i, r.over(&cases[i]))
		}
		if results[i].ID != "" {
			report.Add(results[i])
		}
	}
}

// result runs a case under each of its circumstances. One that met a refusal for
// now is run again.
func (r *run) result(c *Case) Result {
	result := newResult(c)
	result.Verdict = Skipped
	if missing := r.missing(c); missing != "" {
		result.Missing = missing
		return result
	}
	for _, circ := range r.circumstances(c) {
		one := r.one(c, circ)
		if one.retry {
			time.Sleep(max(r.cfg.Pause, 500*time.Millisecond))
			one = r.one(c, circ)
		}
		result.join(one)
	}
	return result
}

// one runs a case once.
func (r *run) one(c *Case, circ Circumstance) Result {
	t := &T{Case: c, cfg: &r.cfg, run: r, circ: circ, verdict: Pass, begin: time.Now()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer t.finish()
		c.Run(t)
	}()
	<-done
	result := newResult(c)
	t.mu.Lock()
	defer t.mu.Unlock()
	result.Verdict, result.Findings, result.Missing, result.Log, result.retry = t.verdict, t.findings, t.missing, t.lines, t.retry
	result.Circumstances = []Circumstance{circ}
	result.Ms = time.Since(t.begin).Milliseconds()
	if t.verdict == Fail || t.verdict == Warn || t.verdict == Error {
		result.In = []Circumstance{circ}
	}
	return result
}

// over runs a case on all exchanges.
func (r *run) over(c *Case) Result {
	result := newResult(c)
	result.Verdict = Skipped
	if missing := r.missing(c); missing != "" {
		result.Missing = missing
		return result
	}
	seen := map[string]int{}
	for i := range r.exchanges {
		x := &r.exchanges[i]
		verdict, complaint := c.Over(x)
		if complaint == "" {
			if verdict == Pass {
				result.Verdict = Worse(result.Verdict, Pass)
			}
			continue
		}
		result.Verdict = Worse(result.Verdict, verdict)
		seen[complaint]++
		if seen[complaint] == 1 && len(result.Findings) < 10 {
			result.Findings = append(result.Findings, fmt.Sprintf("%s (in %s)", complaint, x.Case))
			result.Log = append(result.Log, Line{x.Conn.number, 0, "C", x.Command}, Line{x.Conn.number, 0, "S", Logged(strings.TrimSuffix(string(x.Reply.Raw), "\r\n"))})
		}
	}
	if result.Verdict == Skipped {
		result.Missing = "any reply that the requirement is about"
	}
	return result
}

// saw keeps an exchange for the cases that look at all of them.
func (t *T) saw(c *Conn, r Reply) {
	if r.Err != nil {
		return
	}
	t.run.mu.Lock()
	defer t.run.mu.Unlock()
	t.run.exchanges = append(t.run.exchanges, Exchange{
		Case: t.Case.ID, Conn: c, Command: r.Command, Reply: r, Offers: c.offers, Said: c.said, TLS: c.tls != nil, Login: c.login, Refused: c.bad,
	})
	c.bad = c.bad || r.Code == 421
}

// connection counts a connection, and waits the pause.
func (r *run) connection(t *T) {
	if r.ctx.Err() != nil {
		t.Errorf("the run was ended")
	}
	time.Sleep(r.cfg.Pause)
	r.mu.Lock()
	r.connections++
	over := r.connections > r.cfg.MaxConnections
	r.mu.Unlock()
	if over {
		t.Skipf("more connections than %d (MaxConnections)", r.cfg.MaxConnections)
	}
}

// message counts a message.
func (r *run) message(t *T) {
	r.mu.Lock()
	r.messages++
	over := r.messages > r.cfg.MaxMessages
	r.mu.Unlock()
	if over {
		t.Skipf("more messages than %d (MaxMessages)", r.cfg.MaxMessages)
	}
}

// links are the ways to connect that there are, the simplest first.
func (r *run) links() (list []string) {
	if r.cfg.Address != "" {
		list = append(list, LinkPlain)
		if _, ok := r.facts.offers[LinkPlain]["STARTTLS"]; ok && !r.cfg.NoTLS && r.facts.offers[LinkStartTLS] != nil {
			list = append(list, LinkStartTLS)
		}
	}
	if r.cfg.ImplicitTLS != "" && r.facts.offers[LinkImplicit] != nil {
		list = append(list, LinkImplicit)
	}
	return list
}

// fit are the links on which a case can run, with who has to log in there.
func (r *run) fit(c *Case) (links []string) {
	for _, link := range r.links() {
		ok := true
		for _, need := range c.needs() {
			if keyword, is := strings.CutPrefix(need, "ext:"); is {
				_, offered := r.facts.offers[link][keyword]
				ok = ok && offered
			}
			if need == "offers-auth" {
				_, offered := r.facts.offers[link]["AUTH"]
				ok = ok && offered
			}
			if need == "auth" || strings.HasPrefix(need, "auth:") {
				ok = ok && r.canLogin(link, need)
			}
		}
		if r.facts.gated[link] && !r.canLogin(link, "auth") {
			ok = ok && !slices.Contains(c.needs(), "recipient") && !slices.Contains(c.needs(), "mailbox")
		}
		if ok {
			links = append(links, link)
		}
	}
	return links
}

// canLogin reports whether AUTH can be used on a link, and the mechanism that
// the need names is offered.
func (r *run) canLogin(link, need string) bool {
	mechanisms, offered := r.facts.offers[link]["AUTH"]
	if !offered || r.cfg.User == "" || link == LinkPlain && !r.cfg.AuthInClear {
		return false
	}
	_, name, named := strings.Cut(need, ":")
	return !named || slices.ContainsFunc(strings.Fields(mechanisms), func(m string) bool {
		switch name {
		case "SCRAM":
			return strings.HasPrefix(m, "SCRAM-") && !strings.HasSuffix(m, "-PLUS")
		case "SCRAM-PLUS":
			return strings.HasPrefix(m, "SCRAM-") && strings.HasSuffix(m, "-PLUS")
		}
		return m == name
	})
}

// missing says what a case needs and is not there; empty: nothing.
func (r *run) missing(c *Case) string {
	var list []string
	lacks := func(what string, have bool) {
		if !have {
			list = append(list, what)
		}
	}
	for _, need := range c.needs() {
		kind, arg, _ := strings.Cut(need, ":")
		switch kind {
		case "recipient":
			lacks(need, len(r.cfg.Recipients) > 0)
		case "mailbox":
			lacks(need, r.cfg.Mailbox != nil && len(r.cfg.Recipients) > 0 && arg == "")
		case "tls":
			lacks("STARTTLS", slices.Contains(r.links(), LinkStartTLS) || r.facts.offers[LinkStartTLS] != nil)
		case "tls-port":
			lacks("a port of implicit TLS", r.cfg.ImplicitTLS != "")
		case "plain":
			lacks("a port without TLS", r.cfg.Address != "")
		case "submission":
			lacks("a submission server", r.cfg.Submission)
		case "lmtp":
			lacks("LMTP", r.cfg.LMTP)
		case "smtp":
			lacks("SMTP, not LMTP", !r.cfg.LMTP)
		case "greeting":
			lacks("a greeting of "+arg, fmt.Sprint(r.facts.greeting) == arg)
		case "port25":
			lacks("port 25", r.cfg.port() == "25")
		case "public":
			lacks("a public mail exchanger", r.cfg.Public)
		case "param":
			lacks("any MAIL parameter", slices.ContainsFunc(r.links(), func(link string) bool { return aParam(r.facts.offers[link]) != "" }))
		case "slow":
			lacks("leave for slow cases", r.cfg.Slow)
		case "unoffered":
			for _, link := range r.links() {
				_, offered := r.facts.offers[link][arg]
				lacks("a server without "+arg, !offered)
			}
		case "ext":
			lacks(arg, slices.ContainsFunc(r.links(), func(link string) bool { _, ok := r.facts.offers[link][arg]; return ok }))
		case "auth":
			lacks(strings.TrimSuffix("an account and AUTH "+arg, " "), slices.ContainsFunc(r.links(), func(link string) bool { return r.canLogin(link, need) }))
		case "offers-auth":
			lacks("AUTH", slices.ContainsFunc(r.links(), func(link string) bool { _, ok := r.facts.offers[link]["AUTH"]; return ok }))
		default:
			lacks(need, false)
		}
	}
	if len(list) == 0 && len(r.fit(c)) == 0 {
		list = append(list, "a connection that has all of "+c.Needs+" and takes MAIL")
	}
	return strings.Join(list, ", ")
}

// aParam is a MAIL parameter of what is offered.
func aParam(offers map[string]string) string {
	for _, p := range [][2]string{{"8BITMIME", "body=8bitmime"}, {"SIZE", "size=1000"}, {"DSN", "ret=hdrs"}} {
		if _, ok := offers[p[0]]; ok {
			return p[1]
		}
	}
	return ""
}

// circumstances are those of a case.
func (r *run) circumstances(c *Case) []Circumstance {
	links := r.fit(c)
	base := Circumstance{links[0], CutWhole, LoginNone}
	cuts := []string{CutWhole, CutOctets}
	if _, ok := r.facts.offers[base.Link]["PIPELINING"]; ok {
		cuts = append(cuts, CutGroup)
	}
	logins := []string{LoginNone}
	list := circumstances(c.Vary, base, links, cuts, logins)
	stranger := slices.Contains(c.needs(), "stranger")
	for i := range list {
		if r.facts.gated[list[i].Link] && r.canLogin(list[i].Link, "auth") && !stranger && !strings.HasPrefix(c.Area, "AUTH") {
			list[i].Login = LoginFirst
		}
	}
	if slices.Contains(strings.Fields(c.Vary), "login") {
		for _, link := range links {
			if r.canLogin(link, "auth") && !r.facts.gated[link] {
				list = append(list, Circumstance{link, CutWhole, LoginFirst})
				break
			}
		}
	}
	return list
}
