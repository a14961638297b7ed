package smtpclient_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// bodyFunc is a body that does what it likes.
type bodyFunc func(p []byte) (int, error)

func (f bodyFunc) Read(p []byte) (int, error) { return f(p) }

var toOne = smtpclient.Envelope{From: "a@example.test", To: []string{"b@example.test"}}

// piped connects over a pipe without buffers.
func piped(t *testing.T, m mode, change func(*smtptest.Server)) (*smtpclient.Client, *smtptest.Server) {
	t.Helper()
	srv := smtptest.NewUnstartedServer()
	srv.Config.LMTP, srv.Config.Without = m.lmtp, m.without
	if change != nil {
		change(srv)
	}
	t.Cleanup(srv.Close)
	c, err := smtpclient.NewClient(t.Context(), srv.Pipe(), m.config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, srv
}

// TestCloseWhileABatchReads: SendAll ends when the client is closed between
// the reading of a message and its turn.
func TestCloseWhileABatchReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t, mode{}, nil)
		body := bodyFunc(func([]byte) (int, error) { c.Close(); return 0, io.EOF })
		for r, err := range c.SendAll(t.Context(), slices.Values([]smtpclient.Message{{Envelope: toOne, Body: body}})) {
			if !errors.Is(err, smtpclient.ErrClientClosed) || r.Recipients[0].Outcome != smtp.NotSent {
				t.Errorf("%v, %v; want not sent, since the client is closed", r.Recipients[0].Outcome, err)
			}
		}
	})
}

// TestCancelBetweenEnvelopeAndContent: whoever waits behind a message that is
// given up when its envelope is answered and its content not begun gets his turn.
func TestCancelBetweenEnvelopeAndContent(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c, _ := piped(t, m, func(srv *smtptest.Server) {
					srv.On(smtptest.Match{Role: smtp.RoleRecipient, Nth: 1, Func: func(smtptest.Request) bool {
						time.Sleep(time.Second)
						cancel()
						return false
					}}, smtptest.Answer{})
				})
				results := make(chan error, 2)
				go func() {
					_, err := c.Send(ctx, toOne, strings.NewReader(strings.Repeat(letter, 5000)))
					results <- err
				}()
				time.Sleep(time.Millisecond)
				go func() {
					_, err := c.Send(t.Context(), toOne, strings.NewReader(letter))
					results <- err
				}()
				for i := range 2 {
					select {
					case err := <-results:
						if canceled := errors.Is(err, context.Canceled); canceled != (i == 0) {
							t.Errorf("Send %d: %v", i+1, err)
						}
					case <-time.After(time.Hour):
						t.Fatal("a Send hangs")
					}
				}
			})
		})
	}
}

// TestEmptyMessageWithoutReply: an empty message is unknown too when the
// connection is lost behind it.
func TestEmptyMessageWithoutReply(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := piped(t, m, func(srv *smtptest.Server) {
					for _, role := range []smtp.Role{smtp.RoleLastChunk, smtp.RoleContent} {
						srv.On(smtptest.Match{Role: role}, smtptest.Answer{Silent: true, Close: true})
					}
				})
				r, err := c.Send(t.Context(), toOne, strings.NewReader(""))
				if r.Recipients[0].Outcome != smtp.Unknown {
					t.Errorf("%v, %v; want unknown", r.Recipients[0].Outcome, err)
				}
			})
		})
	}
}

// TestBatchLeftEarlyKeepsNothingOfTheCaller: when the loop is left, envelopes
// belong to the caller again: what is sent all the same does not read them.
func TestBatchLeftEarlyKeepsNothingOfTheCaller(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, srv := piped(t, m, nil)
				to := [][]string{{"b@example.test"}, {"c@example.test", "d@example.test"}, {"e@example.test"}}
				var batch []smtpclient.Message
				for _, to := range to {
					batch = append(batch, smtpclient.Message{Envelope: smtpclient.Envelope{To: to}, Body: strings.NewReader(letter)})
				}
				for range c.SendAll(t.Context(), slices.Values(batch)) {
					break
				}
				for _, to := range to {
					for i := range to {
						to[i] = "wrong@example.test"
					}
				}
				if err := c.Quit(t.Context()); err != nil {
					t.Error(err)
				}
				for _, msg := range srv.Messages() {
					if slices.Contains(msg.To, "wrong@example.test") {
						t.Errorf("a message went to %v", msg.To)
					}
				}
			})
		})
	}
}

// TestTrickleDoesNotProlongTheWait: the time for a reply counts from the
// command, however slowly octets come that make none.
func TestTrickleDoesNotProlongTheWait(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := piped(t, m, func(srv *smtptest.Server) {
					srv.On(smtptest.Match{Role: smtp.RoleSender}, smtptest.Answer{Code: 250, Text: strings.Repeat("slow ", 100), Split: 1, Pause: time.Minute})
				})
				start := time.Now()
				_, err := c.Send(t.Context(), toOne, strings.NewReader(letter))
				if spent := time.Since(start); spent != 5*time.Minute || !strings.Contains(err.Error(), "no reply within 5m") {
					t.Errorf("after %v: %v; want an end after the 5m of MAIL", spent, err)
				}
			})
		})
	}
}

// TestBodyThatPanics: the panic reaches the caller, and the client goes on or
// is closed; nobody hangs.
func TestBodyThatPanics(t *testing.T) {
	for _, m := range modes() {
		for _, batch := range []bool{false, true} {
			t.Run(m.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, srv := piped(t, m, nil)
					n := 0
					body := bodyFunc(func(p []byte) (int, error) {
						if n += len(p); n > 300_000 {
							panic("the body is gone")
						}
						for i := range p {
							p[i] = '\n'
						}
						return len(p), nil
					})
					func() {
						defer func() {
							if recover() == nil {
								t.Error("the panic was lost")
							}
						}()
						if !batch {
							c.Send(t.Context(), toOne, body)
							return
						}
						for range c.SendAll(t.Context(), slices.Values([]smtpclient.Message{{Envelope: toOne, Body: body}})) {
						}
					}()
					report, err := c.Send(t.Context(), toOne, strings.NewReader(letter))
					if o := report.Recipients[0].Outcome; o != smtp.Accepted && o != smtp.NotSent {
						t.Errorf("the next message: %v, %v", o, err)
					}
					for _, msg := range srv.Messages() {
						if string(msg.Data) != letter {
							t.Errorf("a message of %d octets was delivered", len(msg.Data))
						}
					}
				})
			})
		}
	}
}

func TestSendBehindQuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t, mode{}, nil)
		if err := c.Quit(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := c.Send(t.Context(), toOne, strings.NewReader(letter)); !errors.Is(err, smtpclient.ErrClientClosed) {
			t.Errorf("%v, want ErrClientClosed", err)
		}
	})
}

// TestNameInTLSConfig: the name that the caller put into the TLS configuration
// counts before that of the address.
func TestNameInTLSConfig(t *testing.T) {
	srv := smtptest.NewUnstartedServer()
	srv.Config.ImplicitTLS = true
	srv.Start()
	defer srv.Close()
	cfg := srv.ClientTLS()
	if cfg.ServerName == "" {
		t.Fatal("the server's configuration for clients names nobody")
	}
	var checked string
	cfg.VerifyConnection = func(s tls.ConnectionState) error { checked = s.ServerName; return nil }
	dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSImplicit, TLSConfig: cfg})
	if checked != cfg.ServerName {
		t.Errorf("checked against %q, want %q", checked, cfg.ServerName)
	}
}

// TestSlowProducer: who sends beside a batch gets his turn while the batch waits
// for its next message.
func TestSlowProducer(t *testing.T) {
	for _, m := range modes() {
		for _, eager := range []bool{false, true} {
			t.Run(fmt.Sprint(m.name, "/eager ", eager), func(t *testing.T) {
				for phase := range 60 {
					synctest.Test(t, func(t *testing.T) { besideABatch(t, m, eager, time.Duration(phase)*5*time.Millisecond) })
				}
			})
		}
	}
}

func besideABatch(t *testing.T, m mode, eager bool, phase time.Duration) {
	srv := smtptest.NewUnstartedServer()
	srv.Config.LMTP, srv.Config.Without = m.lmtp, m.without
	defer srv.Close()
	cfg := m.config()
	cfg.Eager = eager
	c, err := smtpclient.NewClient(t.Context(), late{srv.Pipe()}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	messages := func(yield func(smtpclient.Message) bool) {
		for range 3 {
			if !yield(smtpclient.Message{Envelope: toOne, Body: strings.NewReader(strings.Repeat(letter, 300+100*int(phase/5e6%2)))}) {
				return
			}
		}
		time.Sleep(time.Hour)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for _, err := range c.SendAll(context.Background(), messages) {
			if err != nil {
				t.Errorf("the batch, with a Send after %v: %v", phase, err)
			}
		}
	}()
	time.Sleep(phase)
	start := time.Now()
	if _, err := c.Send(context.Background(), toOne, strings.NewReader(letter)); err != nil || time.Since(start) > time.Minute {
		t.Errorf("a Send after %v: %v, after %v", phase, err, time.Since(start))
	}
	<-ended
}

// lateContext ends between the first look at it and the second.
type lateContext struct {
	context.Context
	looked bool
}

func (c *lateContext) Err() error {
	if c.looked {
		return context.Canceled
	}
	c.looked = true
	return nil
}

// TestContextEndsAsSendBegins: whoever gives up in that very moment is told so.
func TestContextEndsAsSendBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t, mode{}, nil)
		r, err := c.Send(&lateContext{Context: t.Context()}, toOne, strings.NewReader("Subject: late\r\n\r\n"))
		if !errors.Is(err, context.Canceled) || r.Recipients[0].Outcome != smtp.NotSent {
			t.Errorf("%v, %v; want not sent, for context.Canceled", r.Recipients[0].Outcome, err)
		}
	})
}
