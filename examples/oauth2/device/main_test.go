package main

import (
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/examples/oauth2/internal/provider"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

const message = "Subject: hello\r\n\r\nhello\r\n"

func start(t *testing.T) (*provider.Provider, *oauth2.Config) {
	p := provider.New(t)
	p.Client, p.Scope, p.User = "application", "https://outlook.office.com/SMTP.Send offline_access", "tim@example.org"
	return p, &oauth2.Config{
		ClientID: p.Client, Scopes: strings.Fields(p.Scope),
		Endpoint: oauth2.Endpoint{DeviceAuthURL: p.URL + "/devicecode", TokenURL: p.URL + "/token", AuthStyle: oauth2.AuthStyleInParams},
	}
}

func TestSend(t *testing.T) {
	p, app := start(t)
	asked := ""
	ask := func(code *oauth2.DeviceAuthResponse) { asked = code.UserCode + " " + code.VerificationURI }
	if err := send(t.Context(), p.Mail.Addr, p.Config(), p.Server.Client(), app, ask, p.User, "ann@example.net", strings.NewReader(message)); err != nil {
		t.Fatal(err)
	}
	if m := p.Mail.Messages(); len(m) != 1 || m[0].User != p.User || string(m[0].Data) != message {
		t.Errorf("the server has %+v", m)
	}
	if asked != "WDJB-MJHT "+p.URL+"/device" {
		t.Errorf("asked for %q", asked)
	}
}

// When a token ends, or is refused, the refresh token gets the next, each time a
// new one.
func TestTokensAreRefreshed(t *testing.T) {
	p, app := start(t)
	tokens, err := allowed(t.Context(), app, p.Server.Client(), func(*oauth2.DeviceAuthResponse) {})
	if err != nil {
		t.Fatal(err)
	}
	cfg := p.Config()
	cfg.Auth = auth.XOAuth2(p.User, tokens)
	for want := 1; want <= 3; want++ {
		c, err := smtpclient.Dial(t.Context(), p.Mail.Addr, cfg)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if n := p.Issued(); n != want {
			t.Errorf("%d tokens, want %d", n, want)
		}
		p.Revoke()
	}
	if refused := p.Refused(); refused != nil {
		t.Errorf("the endpoint refused: %q", refused)
	}
}
