package smtp_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// serve feeds a server piece by piece, answers all that it may with a positive
// code, and gives what was heard of chunks.
func (h *host) serve(parts ...[]byte) (content []byte, ends int, last smtp.ServerEvent) {
	h.t.Helper()
	for _, part := range parts {
		h.s.HandleInput(part)
		for ev := h.s.Next(); ev.Kind != smtp.ServerNone; ev = h.s.Next() {
			last = ev
			switch ev.Kind {
			case smtp.ServerContent:
				content = append(content, ev.Data...)
			case smtp.ServerEnd:
				ends++
				h.answer(250)
			case smtp.ServerCommand:
				if ev.Role != smtp.RoleChunk && ev.Role != smtp.RoleLastChunk {
					h.answer(250)
				}
			}
		}
	}
	return content, ends, last
}

// TestServerChunks: a chunk is its octets and nothing else, cut anywhere.
func TestServerChunks(t *testing.T) {
	in := []byte("BDAT 7\r\n.\r\na\nb\r" + "BDAT 0\r\n" + "bdat 6 last\r\nQUIT\r\n" + "NOOP\r\n")
	for i, parts := range cuts(in) {
		h := newHost(t, smtp.ServerConfig{}, nil, transaction...)
		content, ends, _ := h.serve(parts[0], parts[1])
		if string(content) != ".\r\na\nb\rQUIT\r\n" || ends != 3 || codes(h.out()) != "250 250 250 250" {
			t.Errorf("cut at %d: content %q in %d chunks", i, content, ends)
		}
	}
}

// TestServerRefusedChunk: the octets of a chunk that is refused are eaten, in
// every state, so that none is taken for a command (RFC 3030 §2).
func TestServerRefusedChunk(t *testing.T) {
	for at, said := range places() {
		in := []byte("BDAT 6\r\nRSET\r\nNOOP\r\n")
		want := "503 250"
		switch at {
		case "greeting_received":
			want = "502 250" // nothing is offered before EHLO
		case "recipient_sent":
			want = "250 250"
		}
		for i, parts := range cuts(in) {
			h := newHost(t, smtp.ServerConfig{}, nil, said...)
			h.serve(parts[0], parts[1])
			if got := codes(h.out()); got != want {
				t.Errorf("BDAT in %s, cut at %d: answered %s, want %s", at, i, got, want)
			}
		}
	}
	// Refused by the caller, before its octets came.
	h := newHost(t, smtp.ServerConfig{}, nil, transaction...)
	if ev := h.line("BDAT 6 LAST"); ev.Kind != smtp.ServerCommand || ev.Size != 6 {
		t.Fatalf("BDAT gave %v, size %d", ev.Kind, ev.Size)
	}
	if err := h.s.Reply(250, smtp.EnhancedCode{}, "text"); err == nil {
		t.Error("a chunk was accepted before its octets came")
	}
	h.answer(552)
	content, ends, _ := h.serve([]byte("RSET\r\n" + "BDAT 6\r\nRSET\r\n" + "RSET\r\n"))
	if got := codes(h.out()); got != "552 503 250" || len(content) > 0 || ends > 0 {
		t.Errorf("behind a refused chunk: answered %s, content %q", got, content)
	}
}

// TestServerUnreadableSize: where the size can't be read the octets can't be told
// from commands, so the session ends.
func TestServerUnreadableSize(t *testing.T) {
	for _, line := range []string{"BDAT", "BDAT LAST", "BDAT -1", "BDAT 0x5", "BDAT 5 LASTING", "BDAT 99999999999999999999", "BDAT 9999999999999999999", "BDAT 9223372036854775808 LAST"} {
		for at, said := range places() {
			h := newHost(t, smtp.ServerConfig{}, nil, said...)
			_, ends, last := h.serve([]byte(line + "\r\nNOOP\r\n"))
			want := "501"
			if at == "greeting_received" {
				want = "502"
			}
			var bad *smtp.ProtocolError
			if got := codes(h.out()); got != want || ends != 0 || last.Kind != smtp.ServerEnded || !errors.As(last.Err, &bad) {
				if at == "greeting_received" && strings.HasPrefix(line, "BDAT 5") {
					continue // the size can be read, and nothing else is asked of what is not offered
				}
				t.Errorf("%q in %s: answered %s, last event %v, %v; want %s and the end", line, at, got, last.Kind, last.Err, want)
			}
		}
	}
}

// TestPairChunks: a message in several chunks, in pieces of every size; the
// octets come over as they are.
func TestPairChunks(t *testing.T) {
	for step := range 20 {
		p := newPair(t, false)
		p.step = step
		p.d.Reset(1)
		p.lockStep(p.client.Mail("a@example.test", nil))
		p.lockStep(p.client.Rcpt("b@example.test", nil))
		for i, chunk := range []string{".\r\nlone\n", "", "\rQUIT\r\n"} {
			p.must(p.client.Chunk(len(chunk), i == 2))
			for j := range chunk {
				if err := p.client.Content([]byte(chunk[j : j+1])); err != nil {
					t.Fatal(err)
				}
			}
			p.run()
		}
		p.agree("ready")
		p.outcomes("taken", "accepted (250 the message)")
		if string(p.content) != ".\r\nlone\n\rQUIT\r\n" {
			t.Errorf("the server got %q", p.content)
		}
	}
}

// TestPairChunkRefused: nobody knows what the server holds behind a refused
// chunk, so RSET is next, on both sides.
func TestPairChunkRefused(t *testing.T) {
	p := newPair(t, false)
	p.codes["BDAT"] = []int{552}
	p.d.Reset(1)
	p.lockStep(p.client.Mail("a@example.test", nil))
	p.lockStep(p.client.Rcpt("b@example.test", nil))
	p.must(p.client.Chunk(3, false))
	if err := p.client.Content([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	p.run()
	p.agree("unsettled")
	p.outcomes("refused", "refused for good (552 the message)")
	if _, err := p.client.Chunk(3, true); err == nil {
		t.Error("another chunk was queued")
	}
	p.lockStep(p.client.Rset())
	p.agree("ready")
	if string(p.content) != "" {
		t.Errorf("the server got %q of a chunk that it refused", p.content)
	}
}

// TestChunkOctets: exactly the octets that were declared.
func TestChunkOctets(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	p.reply("250 ok")
	p.must(p.s.Rcpt("b@example.test", nil))
	p.flush()
	p.reply("250 ok")
	var bad *smtp.ArgumentError
	if _, err := p.s.Chunk(-1, false); !errors.As(err, &bad) {
		t.Errorf("a negative size: %v", err)
	}
	before := key(p.s)
	if err := p.s.Unqueue(p.must(p.s.Chunk(3, false))); err != nil || key(p.s) != before {
		t.Errorf("a chunk that lacks octets could not be taken back: %v", err)
	}
	tag := p.must(p.s.Chunk(3, true))
	if err := p.s.Content([]byte("abcd")); !errors.As(err, &bad) {
		t.Errorf("more octets than declared: %v", err)
	}
	if err := p.s.Content([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	p.flush()
	var wrong *smtp.StateError
	if _, err := p.s.Rset(); !errors.As(err, &wrong) {
		t.Errorf("RSET inside a chunk: %v", err)
	}
	if p.s.Taken(tag) {
		t.Error("taken, though an octet is missing")
	}
	if err := p.s.Content([]byte("c")); err != nil {
		t.Fatal(err)
	}
	if p.s.Taken(tag) {
		t.Error("taken, though the last octet was not handed out")
	}
	p.flush()
	if !p.s.Taken(tag) {
		t.Error("not taken")
	}
	if err := p.s.Content([]byte("d")); !errors.As(err, &wrong) {
		t.Errorf("content behind the chunk: %v", err)
	}
	// The server refuses a chunk while it is under way.
	p = newPeer(t, smtp.Config{})
	p.must(p.s.Mail("a@example.test", nil))
	p.flush()
	p.reply("250 ok")
	p.must(p.s.Rcpt("b@example.test", nil))
	p.flush()
	p.reply("250 ok")
	p.must(p.s.Chunk(3, true))
	p.flush()
	if ev := p.reply("552 too big"); ev.Role != smtp.RoleLastChunk || !p.s.Halted() {
		t.Errorf("got %v, halted %v", describe([]smtp.Event{ev}), p.s.Halted())
	}
	if err := p.s.Content([]byte("abc")); err == nil {
		t.Error("the octets that end a refused message were taken")
	}
	p.wants("they never go out", "")
}
