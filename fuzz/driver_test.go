package fuzz

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// serveWild lets a wild server speak on a connection, until it or the client
// closes it. It reads on while it writes.
func serveWild(w *Wild, conn net.Conn) (ended chan struct{}) {
	ended = make(chan struct{})
	out := make(chan []byte, 1<<16)
	var writer sync.WaitGroup
	writer.Go(func() {
		for b := range out {
			if _, err := conn.Write(b); err != nil {
				break
			}
		}
		conn.Close()
		for range out {
		}
	})
	go func() {
		defer close(ended)
		defer writer.Wait()
		defer close(out)
		out <- w.Greeting()
		buf := make([]byte, 4096)
		for !w.Closed() {
			n, err := conn.Read(buf)
			if n > 0 {
				if reply := w.Feed(buf[:n]); len(reply) > 0 {
					out <- reply
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return ended
}

// TestDriverAgainstWild sends streams of messages through the driver to wild
// servers, as a batch and by many goroutines of which some give up. What is
// reported has to be what the server did.
func TestDriverAgainstWild(t *testing.T) {
	for _, mode := range []struct {
		name           string
		lmtp, chunking bool
	}{{"DATA", false, false}, {"BDAT", false, true}, {"LMTP", true, false}, {"LMTP by BDAT", true, true}} {
		for _, batch := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/batch %v", mode.name, batch), func(t *testing.T) {
				if mode.chunking && !hasChunks || mode.lmtp && !hasLMTP {
					return
				}
				total := map[smtp.Outcome]int{}
				seeds := 400
				if testing.Short() {
					seeds = 80
				}
				for seed := range uint64(seeds) {
					opt := Usual()
					opt.LMTP, opt.Chunking, opt.Rogue = mode.lmtp, mode.chunking, 0
					d := drive{t: t, seed: seed, total: total}
					d.run(opt, batch)
				}
				t.Logf("recipients: %v", total)
				if total[smtp.Accepted] < seeds*5/2 || total[smtp.RefusedForGood] == 0 || total[smtp.NotSent] == 0 {
					t.Errorf("expected many of all outcomes, got %v", total)
				}
			})
		}
	}
}

type drive struct {
	t       *testing.T
	seed    uint64
	total   map[smtp.Outcome]int
	mu      sync.Mutex
	reports map[string]smtp.Outcome // by recipient, who belongs to one message
}

func (d *drive) run(opt Options, batch bool) {
	rnd := rand.New(rand.NewPCG(d.seed, 7))
	w := NewWild(rnd, opt)
	client, server := net.Pipe()
	ended := serveWild(w, server)
	cfg := smtpclient.Config{TLS: smtpclient.TLSOff, LMTP: opt.LMTP, LocalName: "client.example", ChunkSize: []int{64, 1, 2, 63, 4096}[d.seed%5], Timeout: 20 * time.Second}
	c, err := smtpclient.NewClient(context.Background(), client, cfg)
	if err != nil {
		client.Close()
		<-ended
		return
	}
	d.reports = map[string]smtp.Outcome{}
	if batch {
		d.batch(c, int(d.seed%37)+4)
	} else {
		d.many(c, rand.New(rand.NewPCG(d.seed, 8)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	c.Quit(ctx)
	cancel()
	server.Close()
	<-ended
	d.judge(w)
}

func wildMessage(i int, long bool) smtpclient.Message {
	text := fmt.Sprintf("Message: <%d>\r\n\r\n.dot\r\n", i)
	if long {
		text += strings.Repeat(fmt.Sprintf("Part-Of: <%d>\r\n", i), 8)
	}
	m := smtpclient.Message{
		Envelope: smtpclient.Envelope{From: fmt.Sprintf("s%d@example.org", i), To: []string{fmt.Sprintf("a%d@example.org", i), fmt.Sprintf("b%d@example.org", i)}},
		Body:     strings.NewReader(text),
	}
	if i%9 == 4 { // written from where it stands
		m.Body = bytes.NewReader([]byte(text + strings.Repeat(fmt.Sprintf("Part-Of: <%d>\r\n", i), 5000)))
	}
	return m
}

func (d *drive) note(r *smtpclient.Report) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range r.Recipients {
		d.reports[one.Address] = one.Outcome
		d.total[one.Outcome]++
	}
}

func (d *drive) batch(c *smtpclient.Client, n int) {
	messages := func(yield func(smtpclient.Message) bool) {
		for i := range n {
			if !yield(wildMessage(i, i%3 == 0)) {
				return
			}
		}
	}
	for report := range c.SendAll(context.Background(), messages) {
		d.note(report)
	}
}

func (d *drive) many(c *smtpclient.Client, rnd *rand.Rand) {
	var wg sync.WaitGroup
	for i := range 8 {
		giveUp := time.Duration(rnd.IntN(3000)) * time.Microsecond
		wg.Go(func() {
			for k := range 4 {
				ctx, cancel := context.WithCancel(context.Background())
				if i%3 == 0 {
					time.AfterFunc(giveUp, cancel)
				}
				m := wildMessage(i*4+k, k%2 == 0)
				report, _ := c.Send(ctx, m.Envelope, m.Body)
				cancel()
				d.note(&report)
			}
		})
	}
	wg.Wait()
}

func (d *drive) judge(servers ...*Wild) {
	has := map[string]Word{}
	var all []Delivered
	for _, w := range servers {
		all = append(all, w.Deliveries()...)
	}
	for _, m := range all {
		for _, word := range m.To {
			if !word.Kept {
				continue
			}
			var of int
			fmt.Sscanf(word.Path[1:], "%d@", &of)
			if m.From != fmt.Sprintf("s%d@example.org", of) || !strings.HasPrefix(string(m.Body), fmt.Sprintf("Message: <%d>\r\n", of)) {
				d.t.Errorf("seed %d: %s got a message from %s, %q", d.seed, word.Path, m.From, m.Body)
			}
			if _, twice := has[word.Path]; twice {
				d.t.Errorf("seed %d: %s got it twice", d.seed, word.Path)
			}
			has[word.Path] = word
		}
	}
	for address, outcome := range d.reports {
		word, kept := has[address]
		switch {
		case outcome == smtp.Accepted && (!kept || !word.Sent), outcome == smtp.Pending,
			kept && (outcome == smtp.NotSent || outcome == smtp.RefusedForGood || outcome == smtp.RefusedForNow):
			d.t.Errorf("seed %d: %s is reported as %v, the server has it: %v (%+v)", d.seed, address, outcome, kept, word)
		}
	}
	for address := range has {
		if _, ok := d.reports[address]; !ok {
			d.t.Errorf("seed %d: %s has a message that was never reported", d.seed, address)
		}
	}
}
