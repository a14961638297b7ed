package clients

import (
	"context"
	"crypto/x509"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/tools/bench/sink"
)

// TestEachClientDeliversWhatItSaysItSent: the sink has as many messages, of the
// size and with the recipients that were asked for.
func TestEachClientDeliversWhatItSaysItSent(t *testing.T) {
	certificate, err := sink.NewCertificate(Host)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Leaf)
	for _, load := range []Load{
		{Size: 4096, Recipients: 1},
		{Size: 4096, Recipients: 3, Pipelining: true},
		{Size: 300_000, Recipients: 50, Pipelining: true, Chunking: true},
		{Size: 4096, Recipients: 2, TLS: "starttls", Auth: true, Pipelining: true, Chunking: true},
		{Size: 4096, Recipients: 1, TLS: "implicit", Auth: true, Pipelining: true, Delay: time.Millisecond},
		{Size: 4096, Recipients: 1, Auth: true},
		{Size: 5 << 20, Recipients: 1, Pipelining: true, Chunking: true},
	} {
		for _, c := range All {
			if c.Lacks != nil && c.Lacks(load) != "" {
				continue
			}
			s, err := sink.Start(sink.Config{
				Pipelining: load.Pipelining, Chunking: load.Chunking, Auth: load.Auth, Delay: load.Delay,
				StartTLS: load.TLS == "starttls", ImplicitTLS: load.TLS == "implicit", Certificate: certificate,
			})
			if err != nil {
				t.Fatal(err)
			}
			target := Target{Load: load, Addr: s.Addr(), Roots: roots}
			sender, err := c.Dial(context.Background(), target)
			if err != nil {
				t.Errorf("%s, %+v: %v", c.Name, load, err)
				continue
			}
			sent := 0
			for _, n := range []int{1, 7} {
				k, err := sender.Send(Count(n))
				if err != nil || k != n {
					t.Errorf("%s, %+v: sent %d of %d, %v", c.Name, load, k, n, err)
				}
				sent += k
			}
			if c.Once != nil {
				if err := c.Once(context.Background(), target); err != nil {
					t.Errorf("%s, %+v: once: %v", c.Name, load, err)
				}
				sent++
			}
			if err := sender.Close(); err != nil {
				t.Errorf("%s, %+v: closing: %v", c.Name, load, err)
			}
			got := s.Stop(5 * time.Second)
			size := float64(got.Octets) / float64(got.Messages)
			if got.Messages != sent || got.Recipients != sent*load.Recipients || size < float64(load.Size) || size > float64(load.Size)*1.02+60 {
				t.Errorf("%s, %+v: said %d were sent; the sink has %d for %d recipients, %.0f octets each", c.Name, load, sent, got.Messages, got.Recipients, size)
			}
		}
	}
}
