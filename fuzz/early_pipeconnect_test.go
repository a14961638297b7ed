package fuzz

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

type dialWild func() net.Conn

func (d dialWild) DialContext(context.Context, string, string) (net.Conn, error) { return d(), nil }

// TestEarlyAgainstWild sends messages by connections of their own to wild servers
// that take commands before their greeting, mostly, and offer now this and now that:
// what is assumed of them is often wrong. What is reported has to be what the
// servers did, and no message may be there twice.
func TestEarlyAgainstWild(t *testing.T) {
	total := map[smtp.Outcome]int{}
	connections, messages := 0, 0
	seeds := 300
	if testing.Short() {
		seeds = 60
	}
	for seed := range uint64(seeds) {
		opt := Usual()
		opt.Beforehand, opt.Rogue = true, 0
		opt.Chunking = hasChunks && seed%2 == 0
		d := drive{t: t, seed: seed, total: total, reports: map[string]smtp.Outcome{}}
		rnd := rand.New(rand.NewPCG(seed, 11))
		var servers []*Wild
		var ends []chan struct{}
		cfg := smtpclient.Config{TLS: smtpclient.TLSOff, LocalName: "client.example", Timeout: 20 * time.Second, Early: new(smtpclient.EarlyHosts), Eager: seed%3 == 0}
		cfg.Dialer = dialWild(func() net.Conn {
			w := NewWild(rnd, opt)
			client, server := net.Pipe()
			servers, ends = append(servers, w), append(ends, serveWild(w, server))
			return client
		})
		for i := range 8 {
			m := wildMessage(i, i%3 == 0)
			report, _ := smtpclient.Send(t.Context(), "wild.example:25", cfg, m.Envelope, m.Body)
			d.note(&report)
			messages++
			for _, end := range ends {
				<-end // the servers share their source of random numbers
			}
		}
		connections += len(servers)
		d.judge(servers...)
	}
	t.Logf("%d messages over %d connections: %v", messages, connections, fmt.Sprint(total))
	if connections < messages*11/10 || total[smtp.Accepted] < messages {
		t.Errorf("expected what was assumed to be wrong now and then, and most messages to pass")
	}
}
