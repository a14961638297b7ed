// Package outsider is what somebody writes who has an extension of his own and
// no fork of the library.
package outsider

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/outsider/acmesmtp"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func dial(t *testing.T, cfg smtptest.Config) (context.Context, *smtptest.Server, *smtpclient.Client) {
	t.Helper()
	server := smtptest.NewUnstartedServer()
	server.Config = cfg
	server.Config.Protocol = acmesmtp.Table
	server.Start()
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	client, err := smtpclient.Dial(ctx, server.Addr, smtpclient.Config{Protocol: acmesmtp.Table, LocalName: "client.example", TLS: smtpclient.TLSOff})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return ctx, server, client
}

func TestExchange(t *testing.T) {
	ctx, server, client := dial(t, smtptest.Config{Offers: []smtp.Offer{{Keyword: acmesmtp.KeywordAcme, Args: "ROME OSTIA"}}})
	depots, ok := smtpclient.Extension(client, acmesmtp.AcmeKeyword)
	if !ok || !slices.Equal(depots, []string{"ROME", "OSTIA"}) {
		t.Errorf("the server's depots: %q, %v", depots, ok)
	}
	state := func() (s smtp.State) {
		client.Ask(func(session *smtp.Session) { s = session.State() })
		return s
	}

	// In the wrong state nothing goes out.
	var wrong *smtp.StateError
	if _, err := client.Do(ctx, &acmesmtp.Seal{Colour: "RED"}); !errors.As(err, &wrong) {
		t.Errorf("a seal without a parcel: %v", err)
	}
	params := new(smtp.Params)
	smtp.Set(params, acmesmtp.Weight, 1200)
	if _, err := client.Do(ctx, &acmesmtp.Xparcel{Depot: "ROME", Params: params}); err != nil {
		t.Fatal(err)
	}
	if state() != acmesmtp.StateParcel {
		t.Errorf("after XPARCEL the session is in state %d", state())
	}
	server.On(smtptest.Match{Op: acmesmtp.OpSeal, Nth: 1}, smtptest.Answer{Code: 450, Text: "no wax"})
	if _, err := client.Do(ctx, &acmesmtp.Seal{Colour: "RED"}); !errors.Is(err, smtp.ErrTemporary) {
		t.Errorf("a seal that is refused for now: %v", err)
	}
	if _, err := client.Do(ctx, &acmesmtp.Seal{Colour: "RED", Count: 7}); err != nil {
		t.Fatal(err)
	}
	if state() != smtp.StateReady {
		t.Errorf("after XSEAL the session is in state %d", state())
	}
	// The fact that XSEAL sets forbids the next parcel.
	if _, err := client.Do(ctx, &acmesmtp.Xparcel{Depot: "ROME"}); !errors.As(err, &wrong) {
		t.Errorf("a parcel after a seal: %v", err)
	}

	params = new(smtp.Params)
	smtp.Set(params, acmesmtp.Weight, 7)
	smtp.Set(params, acmesmtp.Colour, acmesmtp.ColourDarkBlue)
	report, err := client.Send(ctx, smtpclient.Envelope{From: "a@example.com", To: []string{"b@example.com"}, Params: params}, strings.NewReader("Subject: parcel\r\n\r\nhello\r\n"))
	if err != nil {
		t.Fatalf("%v: %v", report, err)
	}
	messages, err := server.Wait(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if weight, ok := smtp.Get(messages[0].Params, acmesmtp.Weight); !ok || weight != 7 {
		t.Errorf("XWEIGHT came as %d, %v", weight, ok)
	}
	if colour, ok := smtp.Get(messages[0].Params, acmesmtp.Colour); !ok || colour != acmesmtp.ColourDarkBlue {
		t.Errorf("XCOLOUR came as %q, %v", colour, ok)
	}

	// A word that the file adds to another extension's parameter.
	params = new(smtp.Params)
	smtp.Set(params, smtp.Body, acmesmtp.BodyPaper)
	if _, err := client.Do(ctx, &smtp.Mail{From: "a@example.com", Params: params}); err != nil {
		t.Error(err)
	}
	if err := client.Quit(ctx); err != nil {
		t.Error(err)
	}

	var lines []string
	for _, l := range server.Transcript(1) {
		lines = append(lines, l.String())
	}
	transcript := strings.Join(lines, "\n")
	for _, want := range []string{"XPARCEL ROME XWEIGHT=1200", "XSEAL WITH:RED 7", "XWEIGHT=7 XCOLOUR=DARK-BLUE", "MAIL FROM:<a@example.com> BODY=XPAPER"} {
		if !strings.Contains(transcript, want) {
			t.Errorf("%q never went over the wire:\n%s", want, transcript)
		}
	}
}

// Where the extension is not offered nothing of it goes out.
func TestNotOffered(t *testing.T) {
	ctx, server, client := dial(t, smtptest.Config{Without: []smtp.Keyword{acmesmtp.KeywordAcme}})
	var missing *smtp.MissingError
	if _, err := client.Do(ctx, &acmesmtp.Xparcel{Depot: "ROME"}); !errors.As(err, &missing) {
		t.Errorf("the command: %v", err)
	}
	params := new(smtp.Params)
	smtp.Set(params, acmesmtp.Weight, 7)
	if _, err := client.Send(ctx, smtpclient.Envelope{From: "a@example.com", To: []string{"b@example.com"}, Params: params}, strings.NewReader("hello\r\n")); !errors.As(err, &missing) {
		t.Errorf("the parameter: %v", err)
	}
	params = new(smtp.Params)
	smtp.Set(params, smtp.Body, acmesmtp.BodyPaper)
	if _, err := client.Do(ctx, &smtp.Mail{From: "a@example.com", Params: params}); !errors.As(err, &missing) {
		t.Errorf("the word of BODY: %v", err)
	}
	if n := len(server.Messages()); n != 0 {
		t.Errorf("%d messages came", n)
	}
}
