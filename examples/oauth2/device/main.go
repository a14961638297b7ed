// Command device sends a message by Office 365 as a user, who allows it once in a
// browser, on any device (the device code flow, RFC 8628). The application has to
// be registered as a public client with the permission SMTP.Send:
//
//	device -tenant common -client ID -user tim@example.org -to ann@example.net <message.eml
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

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

func main() {
	tenant := flag.String("tenant", "common", "the tenant's id or domain")
	client := flag.String("client", "", "the application's id")
	user := flag.String("user", "", "address of the user to send as")
	to := flag.String("to", "", "address of the recipient")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	base := "https://login.microsoftonline.com/" + url.PathEscape(*tenant) + "/oauth2/v2.0"
	app := &oauth2.Config{
		ClientID: *client,
		Endpoint: oauth2.Endpoint{DeviceAuthURL: base + "/devicecode", TokenURL: base + "/token"},
		Scopes:   []string{"https://outlook.office.com/SMTP.Send", "offline_access"},
	}
	ask := func(code *oauth2.DeviceAuthResponse) {
		fmt.Fprintf(os.Stderr, "Open %s and enter the code %s\n", code.VerificationURI, code.UserCode)
	}
	if err := send(ctx, "smtp.office365.com:587", smtpclient.Config{}, http.DefaultClient, app, ask, *user, *to, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// send sends one message as user. cfg says how to connect; web is what asks for
// tokens; ask tells the user where to allow it.
func send(ctx context.Context, addr string, cfg smtpclient.Config, web *http.Client, app *oauth2.Config, ask func(*oauth2.DeviceAuthResponse), user, to string, message io.Reader) error {
	tokens, err := allowed(ctx, app, web, ask)
	if err != nil {
		return err
	}
	cfg.Auth = auth.XOAuth2(user, tokens)
	c, err := smtpclient.Dial(ctx, addr, cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Send(ctx, smtpclient.Envelope{From: user, To: []string{to}}, message); err != nil {
		return err
	}
	return c.Quit(ctx)
}

// allowed waits until the user has allowed it, and gives tokens: the first, and when
// that ends what the refresh token is good for. A program that runs again keeps the
// refresh token, as carefully as a password.
func allowed(ctx context.Context, app *oauth2.Config, web *http.Client, ask func(*oauth2.DeviceAuthResponse)) (*auth.Tokens, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, web)
	code, err := app.DeviceAuth(ctx)
	if err != nil {
		return nil, err
	}
	ask(code)
	token, err := app.DeviceAccessToken(ctx, code)
	if err != nil {
		return nil, err
	}
	first := true
	// No two calls at once, so token needs no lock.
	return auth.NewTokens(func(ctx context.Context) (auth.Token, error) {
		if !first {
			ctx = context.WithValue(ctx, oauth2.HTTPClient, web)
			next, err := app.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
			if err != nil {
				return auth.Token{}, err
			}
			token = next // its refresh token may be another
		}
		first = false
		return auth.NewToken(token.AccessToken, token.Expiry), nil
	}), nil
}
