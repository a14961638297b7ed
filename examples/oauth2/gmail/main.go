// Command gmail sends a message by Gmail as a user of a Google Workspace domain,
// with the key of a service account to which the domain's administrator has
// delegated the scope https://mail.google.com/ (JWT bearer, RFC 7523):
//
//	gmail -key service-account.json -user tim@example.org -to ann@example.net <message.eml
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

func main() {
	key := flag.String("key", "", "file with the service account's key, in JSON")
	user := flag.String("user", "", "address of the user to send as")
	to := flag.String("to", "", "address of the recipient")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	octets, err := os.ReadFile(*key)
	if err == nil {
		err = send(ctx, "smtp.gmail.com:587", smtpclient.Config{}, http.DefaultClient, octets, *user, *to, os.Stdin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// send sends one message as user. cfg says how to connect; web is what asks for
// tokens.
func send(ctx context.Context, addr string, cfg smtpclient.Config, web *http.Client, key []byte, user, to string, message io.Reader) error {
	tokens, err := serviceAccount(key, user, web)
	if err != nil {
		return err
	}
	cfg.Auth = auth.Auto(auth.Credentials{User: user, Tokens: tokens})
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

// serviceAccount gives tokens of a user for whom the service account may act. One
// value is enough for all connections as that user.
func serviceAccount(key []byte, user string, web *http.Client) (*auth.Tokens, error) {
	config, err := google.JWTConfigFromJSON(key, "https://mail.google.com/")
	if err != nil {
		return nil, err
	}
	config.Subject = user
	return auth.NewTokens(func(ctx context.Context) (auth.Token, error) {
		ctx = context.WithValue(ctx, oauth2.HTTPClient, web)
		// A source of its own each time: one that is kept would give a refused token again.
		t, err := config.TokenSource(ctx).Token()
		if err != nil {
			return auth.Token{}, err
		}
		return auth.NewToken(t.AccessToken, t.Expiry), nil
	}), nil
}
