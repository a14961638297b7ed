package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/tools/bench/clients"
)

// A table is a set of loads, and the clients that get them.
type table struct {
	Name    string
	Title   string
	Kind    string // "rate", "grid", "flights", "setup", "memory" or "idle"
	Clients []string
	Loads   []clients.Load
	Time    time.Duration // of one measurement
	Rounds  int
	Extra   bool // only when it is named
}

var (
	ownClients = []string{"tabellarius", "tabellarius-batch", "tabellarius-64", "tabellarius-eager", "tabellarius-eager-batch", "tabellarius-eager-64"}
	peers      = []string{"net/smtp", "go-smtp", "go-mail", "mox", "nodemailer", "smtp-source"}
	loops      = []string{"raw-lockstep", "raw-two", "raw-pieces", "raw-bdat", "raw-one", "raw-stream", "raw-stream-64k"}
	everybody  = slices.Concat(ownClients, peers, loops)
	oneEach    = slices.Concat([]string{"tabellarius", "tabellarius-batch", "tabellarius-eager-batch"}, peers, loops)
)

// base is a message of 4 KB to one recipient over one connection.
var base = clients.Load{Size: 4 << 10, Recipients: 1, Connections: 1, Pipelining: true, Chunking: true}

// with gives base with changes.
func with(change ...func(*clients.Load)) clients.Load {
	l := base
	for _, f := range change {
		f(&l)
	}
	return l
}

func size(n int) func(*clients.Load)        { return func(l *clients.Load) { l.Size = n } }
func recipients(n int) func(*clients.Load)  { return func(l *clients.Load) { l.Recipients = n } }
func connections(n int) func(*clients.Load) { return func(l *clients.Load) { l.Connections = n } }
func delay(d time.Duration) func(*clients.Load) {
	return func(l *clients.Load) { l.Delay = d }
}
func secured(kind string) func(*clients.Load) { return func(l *clients.Load) { l.TLS = kind } }
func auth(l *clients.Load)                    { l.Auth = true }
func cores(where string) func(*clients.Load) {
	return func(l *clients.Load) { l.Cores = where }
}
func noChunking(l *clients.Load) { l.Chunking = false }
func lockstep(l *clients.Load)   { l.Chunking, l.Pipelining = false, false }

// vary gives a load for each value.
func vary[T any](f func(T) func(*clients.Load), values ...T) (loads []clients.Load) {
	for _, v := range values {
		loads = append(loads, with(f(v)))
	}
	return loads
}

const (
	half = 500 * time.Millisecond
	ms   = time.Millisecond
)

var tables = []table{
	{
		Name: "small", Title: "Small messages, no delay, both cores free", Kind: "rate",
		Clients: everybody, Loads: []clients.Load{base}, Time: half, Rounds: 5,
	},
	{
		Name: "pinned", Title: "Small messages, no delay, client and sink on a core each", Kind: "rate",
		Clients: slices.Concat(ownClients[:3], peers, []string{"raw-lockstep", "raw-two", "raw-one"}),
		Loads:   []clients.Load{with(cores("apart"), noChunking), with(cores("apart"))}, Time: half, Rounds: 5,
	},
	{
		Name: "delay", Title: "Small messages, 20 ms of round trip", Kind: "rate",
		Clients: everybody, Loads: []clients.Load{with(delay(20 * ms))}, Time: 1500 * ms, Rounds: 2,
	},
	{
		Name: "lockstep", Title: "Small messages to a server without PIPELINING and CHUNKING", Kind: "rate",
		Clients: []string{"tabellarius", "net/smtp", "go-smtp", "mox", "smtp-source", "raw-lockstep"}, Loads: []clients.Load{with(lockstep, cores("shared")), with(lockstep, cores("apart")), with(lockstep)}, Time: half, Rounds: 5,
	},
	{
		Name: "large", Title: "4 MB, by DATA and by BDAT", Kind: "rate",
		Clients: oneEach, Loads: []clients.Load{with(size(4<<20), noChunking), with(size(4 << 20))}, Time: 700 * ms, Rounds: 3,
	},
	{
		Name: "flights", Title: "Waits for the server, a message, when the next message is at hand", Kind: "flights",
		Clients: everybody, Loads: []clients.Load{with(lockstep), with(noChunking), base}, Rounds: 1,
	},
	{
		Name: "setup", Title: "One message over a new connection: waits for the server before its last octet is out", Kind: "setup",
		Clients: slices.Concat([]string{"tabellarius", "tabellarius-eager"}, peers[:5]),
		Loads: []clients.Load{
			with(size(1000)), with(size(1000), auth), with(size(1000), secured("starttls")), with(size(1000), secured("starttls"), auth),
			with(size(1000), secured("implicit")), with(size(1000), secured("implicit"), auth),
		},
		Rounds: 1,
	},
	{
		Name: "axes", Title: "One thing changed at a time", Kind: "grid", Clients: oneEach,
		Loads: slices.Concat(vary(size, 1<<10, 100<<10), vary(recipients, 50), vary(connections, 50), vary(secured, "implicit")),
		Time:  half, Rounds: 2,
	},
	{
		Name: "connections", Title: "Messages a second over the number of connections", Kind: "grid",
		Clients: []string{"tabellarius", "tabellarius-eager-batch", "net/smtp", "mox", "raw-two"},
		Loads:   vary(connections, 1, 2, 4, 8, 16, 32, 64), Time: half, Rounds: 2,
	},
	{
		Name: "octets", Title: "Memory and speed over the size of a message", Kind: "memory",
		Clients: []string{"tabellarius", "net/smtp", "go-smtp", "go-mail", "mox"},
		Loads: slices.Concat(
			vary(size, 1<<10, 10<<10, 100<<10, 1<<20, 10<<20, 100<<20),
			[]clients.Load{with(size(1<<20), noChunking), with(size(100<<20), noChunking)}),
		Time: half, Rounds: 1,
	},
	{
		Name: "idle", Title: "Memory of an idle connection over which a message was sent", Kind: "idle",
		Clients: slices.Concat([]string{"bare", "tabellarius"}, peers[:4]),
		Loads:   []clients.Load{with(size(1<<10), connections(10_000)), with(size(1<<10), connections(10_000), secured("implicit"))}, Rounds: 1,
	},
	{
		Name: "rtt", Title: "Messages a second over the round-trip time", Kind: "grid",
		Clients: slices.Concat(ownClients, peers, []string{"raw-two", "raw-stream"}), Loads: vary(delay, 0, 1*ms, 3*ms, 10*ms, 30*ms, 100*ms), Time: time.Second, Rounds: 1, Extra: true,
	},
	{Name: "matrix", Title: "All combinations", Kind: "grid", Clients: oneEach, Loads: matrix(), Time: half, Rounds: 3, Extra: true},
}

func matrix() (loads []clients.Load) {
	for _, n := range []int{1 << 10, 4 << 10, 100 << 10, 4 << 20} {
		for _, r := range []int{1, 50} {
			for _, c := range []int{1, 50} {
				for _, d := range []time.Duration{0, 20 * ms} {
					for _, t := range []string{"", "implicit"} {
						loads = append(loads, with(size(n), recipients(r), connections(c), delay(d), secured(t)))
					}
				}
			}
		}
	}
	return loads
}

// octets says a size as people do.
func octets(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d octets", n)
}

// describe says what a load is.
func describe(l clients.Load) string {
	what := []string{octets(l.Size), plural(l.Recipients, "recipient"), plural(l.Connections, "connection")}
	if l.Delay > 0 {
		what = append(what, fmt.Sprintf("%v round trip", l.Delay))
	}
	switch l.TLS {
	case "starttls":
		what = append(what, "STARTTLS")
	case "implicit":
		what = append(what, "TLS")
	}
	if l.Auth {
		what = append(what, "AUTH")
	}
	switch {
	case !l.Pipelining:
		what = append(what, "no PIPELINING, no CHUNKING")
	case !l.Chunking:
		what = append(what, "no CHUNKING")
	}
	switch l.Cores {
	case "apart":
		what = append(what, "a core each")
	case "shared":
		what = append(what, "one core for both")
	}
	return strings.Join(what, ", ")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
