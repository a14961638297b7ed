package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// The people of the demo. Nobody has the second address.
const (
	demoUser     = "tim"
	demoPassword = "tanstaaftanstaaf" // of RFC 4616 §4
	demoFrom     = "tim@example.org"
	demoTo       = "ann@example.net"
	demoNobody   = "nobody@example.net"
)

const demoIntro = `One message, sent by this library to its own test server. Both run in this
process and talk over a pipe: no network is needed.

Behind each line stands the state of the client's session, as spec/states.yaml
names it: the one that a reply led to, and in brackets the one that a command
leads to if the server agrees. docs/protocol.md explains them.

`

// demo sends a message to the embedded server and shows everything.
func (a *app) demo(ctx context.Context) error {
	server := smtptest.NewUnstartedServer()
	_, startTLS := smtp.Table.Keyword(smtp.RoleStartTLS)
	_, login := smtp.Table.Keyword(smtp.RoleAuth)
	server.Config = smtptest.Config{
		Name: "mx.example.net", STARTTLS: startTLS, ImplicitTLS: !startTLS, RequireAuth: login,
		Users: map[string]string{demoUser: demoPassword},
	}
	server.On(smtptest.Match{Role: smtp.RoleRecipient, Address: demoNobody},
		smtptest.Answer{Code: 550, Enhanced: smtp.EnhancedCode{5, 1, 1}, Text: "No such user here"})
	defer server.Close()

	content, err := draft{
		from: "Tim <" + demoFrom + ">", to: []string{"Ann <" + demoTo + ">", demoNobody}, subject: "A table for two",
		body: "Dear Ann,\n\nthis message went from state to state, as the table says.\n\nTim",
		date: a.now(), id: a.messageID,
	}.build()
	if err != nil {
		return err
	}
	show := &transcript{w: a.stdout, states: true, colour: colourful(a.stdout)}
	fmt.Fprint(a.stdout, demoIntro)
	show.line(bold, "what was said (C: client, S: server)", "state")
	cfg := smtpclient.Config{TLSConfig: server.ClientTLS(), LocalName: "client.example.org", Trace: show.event}
	if !startTLS {
		cfg.TLS = smtpclient.TLSImplicit
	}
	if login {
		cfg.Auth = auth.Plain("", demoUser, demoPassword)
	}
	client, err := smtpclient.NewClient(ctx, server.Pipe(), cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	report, sendErr := client.Send(ctx, smtpclient.Envelope{
		From: demoFrom, To: []string{demoTo, demoNobody}, Size: int64(len(content)),
	}, strings.NewReader(string(content)))
	if err := client.Quit(ctx); err != nil {
		return err
	}
	r := new(result)
	r.report(report, sendErr)
	fmt.Fprint(a.stdout, "\nWhat became of it, recipient by recipient:\n\n")
	r.print(a.stdout)
	return a.demoStored(server)
}

// demoStored shows what the server has.
func (a *app) demoStored(server *smtptest.Server) error {
	messages := server.Messages()
	if len(messages) != 1 {
		return fmt.Errorf("expected one message on the server, got %d", len(messages))
	}
	m := messages[0]
	over := "in clear"
	if m.TLS {
		over = "over TLS"
	}
	by := "by nobody it knows"
	if m.User != "" {
		by = "by " + m.User
	}
	fmt.Fprintf(a.stdout, "\nWhat the server has, sent %s %s:\n\n", by, over)
	fmt.Fprintf(a.stdout, "  from <%s>\n  to   <%s>\n\n", m.From, strings.Join(m.To, ">, <"))
	for line := range strings.Lines(string(m.Data)) {
		fmt.Fprintf(a.stdout, "  | %s\n", strings.TrimRight(line, "\r\n"))
	}
	return nil
}
