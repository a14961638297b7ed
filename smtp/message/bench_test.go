package message_test

import (
	"io"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp/message"
)

func BenchmarkRead(b *testing.B) {
	text := versioned + "\n" + strings.Repeat("Grüße und so weiter, eine ganze Zeile lang bis zum Ende\n", 20_000)
	r := strings.NewReader(text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := message.New(r, int64(len(text))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncoded(b *testing.B) {
	text := versioned + "\n" + strings.Repeat("Grüße und so weiter, eine ganze Zeile lang bis zum Ende\n", 20_000)
	m := read(b, text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		c, err := m.Encoded(message.Transport{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); err != nil {
			b.Fatal(err)
		}
	}
}
