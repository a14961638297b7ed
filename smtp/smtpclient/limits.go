package smtpclient

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
)

// A LimitError says that a message does not fit into what the server takes of
// one client (LIMITS, RFC 9422). Nothing of it was sent.
type LimitError struct {
	What string // what is limited: transactions, recipients, domains
	Most uint64 // how many the server takes
	Hint string // what to do
}

func (e *LimitError) Error() string {
	per := "connection"
	if e.What == "recipients" {
		per = "transaction"
	}
	return fmt.Sprintf("smtpclient: the server takes no more than %d %s a %s (LIMITS, RFC 9422 §4): %s", e.Most, e.What, per, e.Hint)
}

const (
	hintAnew   = "send over a new connection; a client that was made by Dial makes one by itself"
	hintName   = "send to fewer recipients at a time, since the name of a transaction (RFC 1845) is one transaction's"
	hintRewind = "give a body that can be rewound (io.Seeker), since the message has to be sent several times, or send to fewer recipients at a time"
)

// A quota is what was given out of what the server takes of a connection.
type quota struct {
	transactions uint64
	domains      map[string]struct{}
}

// part takes, of the recipients in wanted, those that the next transaction may
// have, none where there may be no further one. wanted are places in to, and so is
// what it gives.
func (q *quota) part(a smtp.Allowance, to []string, wanted []int) (part, rest []int) {
	if a.Transactions > 0 && q.transactions >= a.Transactions {
		return nil, wanted
	}
	for _, i := range wanted {
		if a.Recipients > 0 && uint64(len(part)) >= a.Recipients || !q.admit(a, to[i]) {
			rest = append(rest, i)
			continue
		}
		part = append(part, i)
	}
	if len(part) > 0 {
		q.transactions++
	}
	return part, rest
}

// admit reports whether a recipient's domain may appear, and takes note of it.
func (q *quota) admit(a smtp.Allowance, address string) bool {
	at := strings.LastIndexByte(address, '@')
	if a.Domains == 0 || at < 0 {
		return true
	}
	domain := strings.ToLower(address[at+1:])
	if _, there := q.domains[domain]; there {
		return true
	}
	if uint64(len(q.domains)) >= a.Domains {
		return false
	}
	if q.domains == nil {
		q.domains = map[string]struct{}{}
	}
	q.domains[domain] = struct{}{}
	return true
}

// most is the limit that keeps recipients from this connection.
func (q *quota) most(a smtp.Allowance) *LimitError {
	if a.Transactions > 0 && q.transactions >= a.Transactions {
		return &LimitError{What: "transactions", Most: a.Transactions, Hint: hintAnew}
	}
	return &LimitError{What: "domains", Most: a.Domains, Hint: hintAnew}
}

// fits reports whether a message may be sent as one transaction on this
// connection; it has its place then. A connection that is dead says so later.
func (c *Client) fits(to []string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.s.Allowance()
	if c.err != nil || a == (smtp.Allowance{}) {
		return true
	}
	q := c.quota.clone()
	if _, rest := q.part(a, to, places(len(to))); len(rest) > 0 {
		return false
	}
	c.quota = q
	return true
}

func (q *quota) clone() quota { return quota{q.transactions, maps.Clone(q.domains)} }

func places(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// giveBack gives the place of a message back of which nothing was sent. The lock
// is held.
func (c *Client) giveBack(n int) {
	c.quota.transactions -= min(c.quota.transactions, uint64(n))
}

// reserve takes places for as many of the recipients as this connection may
// have: one transaction's worth each.
func (c *Client) reserve(to []string, wanted []int) (parts [][]int, rest []int, left *LimitError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.s.Allowance()
	if c.err != nil {
		return nil, wanted, nil
	}
	for len(wanted) > 0 {
		part, rest := c.quota.part(a, to, wanted)
		if len(part) == 0 {
			return parts, rest, c.quota.most(a)
		}
		parts, wanted = append(parts, part), rest
	}
	return parts, nil, nil
}

// further is how many transactions recipients need on new connections to a server
// that takes as much as this one.
func (c *Client) further(to []string, wanted []int) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.s.Allowance()
	for q := (quota{}); len(wanted) > 0; {
		part, rest := q.part(a, to, wanted)
		if len(part) == 0 {
			q = quota{}
			continue
		}
		n++
		wanted = rest
	}
	return n
}

// sendParts sends a message that does not fit into one transaction on this
// connection: in several, and over new connections where the client was dialled.
func (c *Client) sendParts(ctx context.Context, env *Envelope, body io.Reader, r *Report) error {
	if err := c.check(env); err != nil {
		return r.notSent(env.To, err)
	}
	parts, rest, left := c.reserve(env.To, places(len(env.To)))
	give := func(err error) error {
		c.mu.Lock()
		c.giveBack(len(parts))
		c.mu.Unlock()
		return r.notSent(env.To, err)
	}
	if left != nil && c.addr == "" {
		return give(left)
	}
	n := len(parts) + c.further(env.To, rest)
	if n > 1 && c.names(env) {
		lack := c.lack()
		lack.Hint = hintName
		return give(lack)
	}
	next, once, err := c.copies(body, n)
	if err != nil {
		return give(err)
	}
	*r = Report{Recipients: make([]Recipient, len(env.To))}
	one := func(on *Client, part []int) {
		sub, of := env.part(part), Report{}
		if body, err := next(); err != nil {
			of.notSent(sub.To, err)
		} else {
			on.sendOne(ctx, &sub, body, &of)
		}
		for i, at := range part {
			r.Recipients[at] = of.Recipients[i]
		}
	}
	none := func(part []int, err error) {
		sub, of := env.part(part), Report{}
		of.notSent(sub.To, err)
		for i, at := range part {
			r.Recipients[at] = of.Recipients[i]
		}
	}
	for _, part := range parts {
		one(c, part)
	}
	if len(parts) > 0 {
		if err := r.Recipients[parts[0][0]].Err(); c.tooEarly(err) { // all of it is sent again
			none(rest, err)
			rest = nil
		}
	}
	for len(rest) > 0 {
		on, part, others, err := c.spill.place(ctx, c, env.To, rest, once)
		if err != nil {
			none(rest, err)
			break
		}
		one(on, part)
		c.spill.leave(ctx, on)
		rest = others
	}
	return r.Err()
}

// check finds what this server does not take of an envelope, before anything is
// sent.
func (c *Client) check(env *Envelope) error {
	if err := env.check(); err != nil {
		return err
	}
	j := c.newJob()
	defer j.free()
	c.mu.Lock()
	defer c.mu.Unlock()
	j.env = env
	if err := j.ask(); err != nil {
		return err
	}
	return j.checkCommands()
}

// copies gives a message's body as many times as it is needed; once says that it
// can be had no more than once, and need not.
func (c *Client) copies(body io.Reader, n int) (next func() (io.Reader, error), once bool, err error) {
	if _, ok := body.(*pieced); ok {
		return func() (io.Reader, error) { return body, nil }, false, nil
	}
	if s, ok := body.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			return func() (io.Reader, error) {
				_, err := s.Seek(at, io.SeekStart)
				return body, err
			}, false, nil
		}
	}
	lack := c.lack()
	if n <= 1 {
		used := false
		return func() (io.Reader, error) {
			if used { // a new connection takes less than this one
				return nil, lack
			}
			used = true
			return body, nil
		}, true, nil
	}
	whole, err := io.ReadAll(io.LimitReader(body, pieceSize+1))
	switch {
	case err != nil:
		return nil, false, readError(err)
	case len(whole) > pieceSize:
		return nil, false, lack
	}
	return func() (io.Reader, error) { return bytes.NewReader(whole), nil }, false, nil
}

// lack is the limit for which a message goes out several times.
func (c *Client) lack() *LimitError {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.s.Allowance()
	if a.Recipients == 0 {
		return &LimitError{What: "domains", Most: a.Domains, Hint: hintRewind}
	}
	return &LimitError{What: "recipients", Most: a.Recipients, Hint: hintRewind}
}

// names reports whether an envelope names its transaction.
func (c *Client) names(env *Envelope) bool {
	if env.Params == nil {
		return false
	}
	id, ok := c.s.Protocol().Param(smtp.RoleTransaction)
	return ok && env.Params.Has(id)
}

// part is the envelope for some of its recipients.
func (e *Envelope) part(list []int) Envelope {
	sub := *e
	sub.To, sub.RcptParams = make([]string, len(list)), nil
	if e.RcptParams != nil {
		sub.RcptParams = make([]*smtp.Params, len(list))
	}
	for i, at := range list {
		sub.To[i] = e.To[at]
		if e.RcptParams != nil {
			sub.RcptParams[i] = e.RcptParams[at]
		}
	}
	return sub
}
