package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/message"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// quitTime is how long the good-bye may take: the message is decided by then.
const quitTime = 5 * time.Second

// send sends m and prints what became of it.
func (a *app) send(ctx context.Context, c *cli, m *outgoing) error {
	screen := a.stderr // before it masks anything
	address, cfg, err := a.plan(ctx, c)
	if err != nil {
		return err
	}
	if c.Transcript {
		cfg.Trace = (&transcript{w: a.stderr, colour: colourful(screen)}).event
	}
	show, clear := func(c *message.Content) io.Reader { return c }, func() {}
	if isTerminal(screen) && !c.Transcript && !c.Quiet && m.Needs().Size >= largeMessage {
		show = func(c *message.Content) io.Reader {
			t := track(c, c.Len(), screen)
			clear = t.done
			return t
		}
	}
	r := deliver(ctx, address, cfg, m, show)
	clear()
	switch {
	case c.JSON:
		err = r.printJSON(a.stdout)
	case !c.Quiet:
		r.print(a.stdout)
	}
	return errors.Join(err, r.err())
}

// deliver connects, sends and says good-bye. show may look on while the content
// is read.
func deliver(ctx context.Context, address string, cfg smtpclient.Config, m *outgoing, show func(*message.Content) io.Reader) *result {
	r := &result{Server: address}
	client, err := smtpclient.Dial(ctx, address, cfg)
	if err != nil {
		r.fail(m.to, err)
		return r
	}
	defer client.Close()
	_, r.TLS = client.TLS()
	env, content, err := message.Prepare(client, m.Message, message.Options{
		Envelope: &smtpclient.Envelope{From: m.from, To: m.to},
	})
	if err != nil {
		r.fail(m.to, err)
	} else {
		report, err := client.Send(ctx, env, show(content))
		r.report(report, err)
	}
	bye, cancel := context.WithTimeout(ctx, quitTime)
	defer cancel()
	client.Quit(bye) // what comes of it changes nothing
	return r
}

// report takes over what the driver says of each recipient.
func (r *result) report(report smtpclient.Report, err error) {
	for _, one := range report.Recipients {
		r.Recipients = append(r.Recipients, newRecipient(one.Address, one.Result))
	}
	r.ExitCode = sentCode(r.Recipients)
	if r.ExitCode == exitNotSent {
		r.ExitCode = failureCode(err)
		r.Error = err.Error()
	}
}

// fail is the result where it never came to a message.
func (r *result) fail(to []string, err error) {
	r.Error, r.ExitCode = err.Error(), failureCode(err)
	outcome := map[int]string{exitTemporary: "temporary", exitPermanent: "permanent"}[r.ExitCode]
	if outcome == "" {
		outcome = "not-sent"
	}
	for _, one := range to {
		r.Recipients = append(r.Recipients, recipient{To: one, Outcome: outcome})
	}
}

// failureCode is the exit code of an error because of which nothing was sent.
func failureCode(err error) int {
	var op *smtpclient.OpError
	var refusal *smtp.ReplyError
	var broken *smtp.ProtocolError
	step := ""
	if errors.As(err, &op) {
		step = op.Op
	}
	switch {
	case errors.Is(err, context.Canceled):
		return exitNotSent
	case errors.As(err, &refusal) && refusal.Temporary() && step != "starttls":
		return exitTemporary
	case step == "auth" || errors.Is(err, auth.ErrInsecure):
		return exitAuth
	case step == "starttls" || step == "tls":
		return exitConnect
	case errors.As(err, &refusal):
		return exitPermanent
	case errors.As(err, &broken), op == nil:
		return exitNotSent
	}
	return exitConnect
}

// err is what the exit code and the last line on standard error come from. What
// the lines about recipients say already is not said again.
func (r *result) err() error {
	switch r.ExitCode {
	case exitOK:
		return nil
	case exitPartly, exitTemporary, exitPermanent, exitUnknown:
		if r.Error == "" {
			return &exitError{r.ExitCode, errors.New(summaries[r.ExitCode])}
		}
	}
	return &exitError{r.ExitCode, fmt.Errorf("nothing was sent: %s", r.Error)}
}

var summaries = map[int]string{
	exitPartly:    "not every recipient was accepted",
	exitTemporary: "no recipient was accepted; later it may be different",
	exitPermanent: "no recipient was accepted",
	exitUnknown:   "the message went out and no answer came: sending again risks a second copy",
}
