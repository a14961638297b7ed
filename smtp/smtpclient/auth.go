package smtpclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
)

// commandLine is how long a command may be for every server, line end included
// (RFC 5321 §4.5.3.1.4). AUTH with its initial response is bound to it, the lines
// behind it are not (RFC 4954 §4).
const commandLine = 512

// authenticate tries the candidates one after the other, until the server takes
// one or refuses the user.
func (c *Client) authenticate(ctx context.Context) error {
	peer := c.peer()
	candidates := auth.Candidates(c.cfg.Auth, peer)
	if len(candidates) == 0 {
		return c.opError("auth", c.noneOffered(peer))
	}
	if done, err := c.logInTogether(ctx, candidates[0], peer); done || err != nil {
		return err
	}
	var failed []auth.Attempt
	for _, m := range candidates {
		next, again, err := c.attempt(ctx, m, peer)
		if again {
			failed = append(failed, auth.Attempt{Mechanism: m.Name(), Err: err})
			next, _, err = c.attempt(ctx, m, peer)
		}
		if err == nil {
			return nil
		}
		failed = append(failed, auth.Attempt{Mechanism: m.Name(), Err: err})
		if !next || c.s.Closing() {
			break
		}
	}
	if len(failed) == 1 {
		return c.opError("auth", failed[0].Err)
	}
	return &OpError{Op: "auth", Server: c.addr, Err: &auth.FailedError{Offered: peer.Mechanisms, Attempts: failed}}
}

func (c *Client) peer() auth.Peer {
	peer := auth.Peer{TLS: c.tlsUp, Host: cmp.Or(c.cfg.ServerName, c.cfg.host), Mechanisms: slices.Collect(c.s.AuthMechanisms())}
	if _, port, err := net.SplitHostPort(c.addr); err == nil {
		peer.Port, _ = strconv.Atoi(port) // or its name: then it stays unknown
	}
	if conn, ok := c.conn.(*tls.Conn); ok {
		peer.Bindings = auth.ClientBindings(conn.ConnectionState())
	}
	return peer
}

// noneOffered is the error where a choice has no candidate.
func (c *Client) noneOffered(peer auth.Peer) error {
	if len(peer.Mechanisms) == 0 {
		if err := c.s.Allows(c.s.Op(smtp.RoleAuth)); err != nil {
			return err
		}
	}
	offered := "none"
	if len(peer.Mechanisms) > 0 {
		offered = strconv.Quote(strings.Join(peer.Mechanisms, " "))
	}
	return &smtp.MissingError{Name: "the mechanism " + c.cfg.Auth.Name(), Reason: "the server offers " + offered}
}

// attempt runs one mechanism. next says that another may be tried on this
// connection: nothing was sent, or it is the mechanism that the server does not
// want. again says that the same may be, once.
func (c *Client) attempt(ctx context.Context, m auth.Mechanism, peer auth.Peer) (next, again bool, err error) {
	x, initial, err := m.Start(ctx, peer)
	if err != nil {
		next = errors.Is(err, auth.ErrInsecure) || errors.Is(err, auth.ErrUnbound) || errors.Is(err, auth.ErrCredentials)
		return next, false, err
	}
	reply, temporary, err := c.converse(ctx, m.Name(), x, initial)
	if err != nil {
		return false, false, err
	}
	refusal := c.said.refusal(reply.Err("AUTH "+m.Name(), temporary))
	switch {
	case refusal == nil:
		if err := x.Finish(); err != nil {
			c.s.Fail(err)
			return false, false, err
		}
		return false, false, nil
	case unwanted(reply.Code):
		return true, false, refusal
	case temporary:
		return false, false, refusal
	}
	again, err = auth.Refused(x, refusal)
	return false, again, err
}

// unwanted reports whether a refusal of AUTH is one of the mechanism and not of
// the user (RFC 4954 §4, §6): it can't be had, is too weak, needs a password that
// is set anew, or TLS.
func unwanted(code int) bool { return code == 504 || code == 534 || code == 432 || code == 538 }

// fits reports whether an initial response may stand behind AUTH.
func fits(mechanism string, initial []byte) bool {
	return len("AUTH ")+len(mechanism)+1+base64.StdEncoding.EncodedLen(len(initial))+len("\r\n") <= commandLine
}

// converse plays the exchange and gives the reply that ends it (RFC 4954 §4).
func (c *Client) converse(ctx context.Context, name string, x auth.Exchange, initial []byte) (smtp.Reply, bool, error) {
	var kept []byte // what did not fit behind AUTH
	if !fits(name, initial) {
		initial, kept = nil, initial
	}
	c.said = said{initial}
	ev, err := c.exchange(ctx, "auth", func() (smtp.Tag, error) { return c.s.Authenticate(name, initial, false) })
	for err == nil && ev.Kind == smtp.Challenge {
		response, wrong := answer(x, ev, &kept)
		if wrong != nil {
			// Cancelled: the server answers 501.
			if _, err := c.exchange(ctx, "auth", func() (smtp.Tag, error) { return c.s.Line(nil) }); err != nil {
				return smtp.Reply{}, false, errors.Join(wrong, err)
			}
			return smtp.Reply{}, false, wrong
		}
		c.said = append(c.said, response)
		ev, err = c.exchange(ctx, "auth", func() (smtp.Tag, error) { return c.s.Line(response) })
	}
	return ev.Reply, ev.Temporary, err
}

// answer is the response to a challenge, not nil. A kept initial response answers
// the first, which has to be empty (RFC 4422 §3.3).
func answer(x auth.Exchange, ev smtp.Event, kept *[]byte) ([]byte, error) {
	challenge, err := ev.Reply.DecodeChallenge()
	if err != nil {
		return nil, err
	}
	if response := *kept; response != nil {
		*kept = nil
		if len(challenge) > 0 {
			return nil, errChallenge
		}
		return response, nil
	}
	response, err := x.Next(challenge)
	if err == nil && response == nil {
		response = []byte{}
	}
	return response, err
}

var errChallenge = fmt.Errorf("expected an empty challenge, since the client speaks first in this mechanism, got another: %w", auth.ErrExchange)
