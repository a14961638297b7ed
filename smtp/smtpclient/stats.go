package smtpclient

import (
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// Stats counts what a client did since it was dialled, over the further connections
// that it made too, for whoever exports counters: all of them only grow.
type Stats struct {
	Sent, Received uint64 // octets of the session, before TLS encrypts and after it decrypts them
	Messages       uint64 // messages that were in the queue, one for each transaction that they take
	// Recipients are those of the messages, by outcome.
	Recipients [smtp.Unknown + 1]uint64
	SetUp      time.Duration // from the connection to the end of EHLO, TLS and AUTH
	Sending    time.Duration // of all Sends, from the call to the report
}

// Stats gives the counters. It may be called at any time, by any goroutine.
func (c *Client) Stats() Stats {
	all := c.spill.stats()
	c.mu.Lock()
	defer c.mu.Unlock()
	all.add(&c.stats)
	return all
}

func (s *Stats) add(o *Stats) {
	s.Sent += o.Sent
	s.Received += o.Received
	s.Messages += o.Messages
	for i, n := range o.Recipients {
		s.Recipients[i] += n
	}
	s.SetUp += o.SetUp
	s.Sending += o.Sending
}
