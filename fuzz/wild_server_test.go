package fuzz

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// conversation is what a client says to a server that it does not listen to.
var conversation = strings.NewReplacer("\n", "\r\n").Replace(`EHLO client.example
MAIL FROM:<s.1@example.org> BODY=8BITMIME
RCPT TO:<a.1@example.org>
RCPT TO:<b.1@example.org>
BDAT 10
0123456789BDAT 4 LAST
last`) + strings.NewReplacer("\n", "\r\n").Replace(`RSET
mail from:<s.2@example.org>
RCPT TO:<a.2@example.org>
DATA
Subject: 2

..one dot
.. two, no: one
...
.
MAIL FROM:<>
RCPT TO:<a.3@example.org>
BDAT 0 LAST
NOOP
QUIT
`)

// A server without liberties takes everything, and undoes the doubled dots.
func TestWildTame(t *testing.T) {
	w := NewWild(rand.New(rand.NewPCG(1, 1)), Options{Chunking: true, Pipelining: true})
	out := w.Greeting()
	out = append(out, w.Feed([]byte(conversation))...)
	if !w.Closed() {
		t.Errorf("the server did not close after QUIT; it said:\n%s", out)
	}
	var got []string
	for _, d := range w.Deliveries() {
		for _, word := range d.To {
			got = append(got, fmt.Sprintf("%s %s %d %v %v %q", d.From, word.Path, word.Code/100, word.Kept, word.Sent, d.Body))
		}
	}
	want := []string{
		`s.1@example.org a.1@example.org 2 true true "0123456789last"`,
		`s.1@example.org b.1@example.org 2 true true "0123456789last"`,
		`s.2@example.org a.2@example.org 2 true true "Subject: 2\r\n\r\n.one dot\r\n. two, no: one\r\n..\r\n"`,
		` a.3@example.org 2 true true ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the server took (-want +got):\n%s", diff)
	}
	if len(w.Complaints()) > 0 {
		t.Errorf("complaints: %q", w.Complaints())
	}
}

// How the input is cut makes no difference, whatever the server does.
func TestWildAnyCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		opt := Options{
			LMTP: rapid.Bool().Draw(t, "LMTP"), Chunking: true, Pipelining: true,
			Refuse: 100, Early: 100, Shut: 20, HangUp: 20, Rogue: 100,
		}
		text := conversation
		if opt.LMTP {
			text = strings.Replace(text, "EHLO", "LHLO", 1)
		}
		whole := NewWild(rand.New(rand.NewPCG(seed, 0)), opt)
		want := whole.Greeting()
		if !whole.Closed() {
			want = append(want, whole.Feed([]byte(text))...)
		}
		parts := NewWild(rand.New(rand.NewPCG(seed, 0)), opt)
		got := parts.Greeting()
		for rest := text; rest != "" && !parts.Closed(); {
			n := rapid.IntRange(1, min(len(rest), 40)).Draw(t, "piece")
			got = append(got, parts.Feed([]byte(rest[:n]))...)
			rest = rest[n:]
		}
		if string(want) != string(got) {
			t.Fatalf("fed whole it said:\n%s\nin pieces:\n%s", want, got)
		}
		if diff := cmp.Diff(whole.Deliveries(), parts.Deliveries()); diff != "" {
			t.Fatalf("what the server took (-whole +pieces):\n%s", diff)
		}
	})
}

// Every reply line is well formed, and every liberty is taken by some server.
func TestWildLiberties(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(4000) {
		opt := Usual()
		opt.Chunking, opt.LMTP = true, seed%2 == 1
		w := NewWild(rand.New(rand.NewPCG(seed, 7)), opt)
		text := conversation
		if opt.LMTP {
			text = strings.Replace(text, "EHLO", "LHLO", 1)
		}
		out := string(w.Greeting())
		if !w.Closed() {
			out += string(w.Feed([]byte(text)))
		}
		whole, rest := "", out
		if i := strings.LastIndex(out, "\r\n"); i >= 0 {
			whole, rest = out[:i], out[i+2:]
		}
		if rest != "" {
			seen["half a reply"]++
			if !w.Closed() {
				t.Fatalf("seed %d: half a reply, and the connection open:\n%s", seed, out)
			}
		}
		for line := range strings.SplitSeq(whole, "\r\n") {
			if line == "" && whole == "" {
				continue
			}
			if len(line) < 3 || line[0] < '2' || line[0] > '5' || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
				t.Fatalf("seed %d: no reply line: %q", seed, line)
			}
			seen["code "+line[:1]]++
			if line[:3] == "421" {
				seen["421"]++
			}
		}
		for _, d := range w.Deliveries() {
			codes := map[bool]bool{}
			for _, word := range d.To {
				codes[word.Kept] = true
				if word.Kept && !word.Sent {
					seen["kept and not said"]++
				}
				if word.Kept && d.From != "" && !strings.HasSuffix(strings.TrimPrefix(d.From, "s."), word.Path[2:]) {
					seen["a foreign sender"]++
				}
			}
			if codes[true] && codes[false] {
				seen["mixed outcomes"]++
			}
			for _, l := range []Liberty{WentOnAfter421, RefusedReset, TookNoSender, WentOnAfterHole} {
				if d.After&l != 0 {
					seen[fmt.Sprint("liberty ", l)]++
				}
			}
		}
	}
	t.Log(seen)
	for _, what := range []string{
		"half a reply", "code 2", "code 3", "code 4", "code 5", "421", "kept and not said", "a foreign sender",
		"mixed outcomes", "liberty 1", "liberty 2", "liberty 4", "liberty 8",
	} {
		if seen[what] == 0 {
			t.Errorf("no server did this: %s", what)
		}
	}
}
