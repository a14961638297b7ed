package smtpclient

import (
	"time"

	"github.com/tabellarius/tabellarius/smtp"
)

// Stats counts what a client did since it was dialled, for whoever exports
// counters: all of them only grow.
type Stats struct {
	Sent, Received uint64 // octets of the session, before TLS encrypts and after it decrypts them
	Messages       uint64 // messages that were in the queue
	// Recipients are those of the messages, by outcome.
	Recipients [smtp.Unknown + 1]uint64
	SetUp      time.Duration // from the connection to the end of EHLO, TLS and AUTH
	Sending    time.Duration // of all Sends, from the call to the report
}

// Stats gives the counters. It may be called at any time, by any goroutine.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}
