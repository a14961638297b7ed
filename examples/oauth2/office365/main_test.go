package main

import (
	"strings"
	"testing"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/tabellarius/tabellarius/examples/oauth2/internal/provider"
)

const message = "Subject: hello\r\n\r\nhello\r\n"

func TestSend(t *testing.T) {
	p := provider.New(t)
	p.Client, p.Secret, p.Scope, p.User = "application", "its secret", "https://outlook.office365.com/.default", "tim@example.org"
	app := &clientcredentials.Config{ClientID: p.Client, ClientSecret: p.Secret, TokenURL: p.URL + "/token", Scopes: []string{p.Scope}}
	if err := send(t.Context(), p.Mail.Addr, p.Config(), p.Server.Client(), app, p.User, "ann@example.net", strings.NewReader(message)); err != nil {
		t.Fatal(err)
	}
	if m := p.Mail.Messages(); len(m) != 1 || m[0].User != p.User || string(m[0].Data) != message {
		t.Errorf("the server has %+v", m)
	}

	wrong := *app
	wrong.ClientSecret = "another"
	err := send(t.Context(), p.Mail.Addr, p.Config(), p.Server.Client(), &wrong, p.User, "ann@example.net", strings.NewReader(message))
	if err == nil || strings.Contains(err.Error(), wrong.ClientSecret) || p.Issued() != 1 {
		t.Errorf("with a wrong secret: %v", err)
	}
	err = send(t.Context(), p.Mail.Addr, p.Config(), p.Server.Client(), app, "eve@example.org", "ann@example.net", strings.NewReader(message))
	if err == nil || !strings.Contains(err.Error(), "535") || len(p.Mail.Messages()) != 1 {
		t.Errorf("from somebody else's mailbox: %v", err)
	}
}
