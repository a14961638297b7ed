// Command office365 sends a message by Office 365 as an application without a user
// at hand (client credentials, RFC 6749 §4.4). The application has to be
// registered, have the permission SMTP.SendAsApp, and be allowed to use the
// mailbox:
//
//	OFFICE365_SECRET=… office365 -tenant ID -client ID -mailbox tim@example.org -to ann@example.net <message.eml
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

func main() {
	tenant := flag.String("tenant", "", "the tenant's id or domain")
	client := flag.String("client", "", "the application's id; its secret is taken from OFFICE365_SECRET")
	mailbox := flag.String("mailbox", "", "address of the mailbox to send from")
	to := flag.String("to", "", "address of the recipient")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	app := &clientcredentials.Config{
		ClientID:     *client,
		ClientSecret: os.Getenv("OFFICE365_SECRET"),
		TokenURL:     "https://login.microsoftonline.com/" + url.PathEscape(*tenant) + "/oauth2/v2.0/token",
		Scopes:       []string{"https://outlook.office365.com/.default"},
	}
	if err := send(ctx, "smtp.office365.com:587", smtpclient.Config{}, http.DefaultClient, app, *mailbox, *to, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// send sends one message from a mailbox. cfg says how to connect; web is what asks
// for tokens.
func send(ctx context.Context, addr string, cfg smtpclient.Config, web *http.Client, app *clientcredentials.Config, mailbox, to string, message io.Reader) error {
	cfg.Auth = auth.XOAuth2(mailbox, application(app, web))
	c, err := smtpclient.Dial(ctx, addr, cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Send(ctx, smtpclient.Envelope{From: mailbox, To: []string{to}}, message); err != nil {
		return err
	}
	return c.Quit(ctx)
}

// application gives the application's tokens. One value is enough for all
// connections, whatever the mailbox.
func application(app *clientcredentials.Config, web *http.Client) *auth.Tokens {
	return auth.NewTokens(func(ctx context.Context) (auth.Token, error) {
		t, err := app.Token(context.WithValue(ctx, oauth2.HTTPClient, web))
		if err != nil {
			return auth.Token{}, err
		}
		return auth.NewToken(t.AccessToken, t.Expiry), nil
	})
}
