package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/examples/oauth2/internal/provider"
	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

const (
	user    = "tim@example.org"
	message = "Subject: hello\r\n\r\nhello\r\n"
)

// account is a service account, and its key file as Google's console gives it.
func account(t *testing.T) (*provider.Provider, []byte) {
	t.Helper()
	p := provider.New(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p.Client, p.Scope, p.User, p.Key = "robot@project.iam.gserviceaccount.com", "https://mail.google.com/", user, &key.PublicKey
	file, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": p.Client, "private_key_id": "1", "token_uri": p.URL + "/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, file
}

func TestSend(t *testing.T) {
	p, key := account(t)
	if err := send(t.Context(), p.Mail.Addr, p.Config(), p.Server.Client(), key, user, "ann@example.net", strings.NewReader(message)); err != nil {
		t.Fatal(err)
	}
	if m := p.Mail.Messages(); len(m) != 1 || m[0].User != user || m[0].From != user || string(m[0].Data) != message {
		t.Errorf("the server has %+v", m)
	}
}

func TestSendAsAnotherIsRefused(t *testing.T) {
	p, key := account(t)
	err := send(t.Context(), p.Mail.Addr, p.Config(), p.Server.Client(), key, "eve@example.org", "ann@example.net", strings.NewReader(message))
	if err == nil || len(p.Refused()) != 1 || p.Issued() != 0 || len(p.Mail.Messages()) != 0 {
		t.Errorf("%v; refused %q", err, p.Refused())
	}
}

// A hundred at once ask for one token; once it is revoked they ask for one more.
func TestManyConnectionsShareAToken(t *testing.T) {
	p, key := account(t)
	tokens, err := serviceAccount(key, user, p.Server.Client())
	if err != nil {
		t.Fatal(err)
	}
	cfg := p.Config()
	cfg.Auth = auth.XOAuth2(user, tokens)
	all := func() {
		t.Helper()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				c, err := smtpclient.Dial(context.Background(), p.Mail.Addr, cfg)
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				if _, err := c.Send(context.Background(), smtpclient.Envelope{From: user, To: []string{"ann@example.net"}}, strings.NewReader(message)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	all()
	if n := p.Issued(); n != 1 {
		t.Errorf("%d tokens, want 1", n)
	}
	p.Revoke()
	all()
	if n := p.Issued(); n != 2 {
		t.Errorf("%d tokens after one was revoked, want 2", n)
	}
	if n := len(p.Mail.Messages()); n != 200 {
		t.Errorf("%d messages, want 200", n)
	}
}

// The server's reason is in the error.
func TestRefusedTokenSaysWhy(t *testing.T) {
	p, key := account(t)
	p.Life = -1
	err := send(t.Context(), p.Mail.Addr, p.Config(), p.Server.Client(), key, user, "ann@example.net", strings.NewReader(message))
	var told *auth.OAuthError
	var refused *smtp.ReplyError
	if !errors.As(err, &told) || told.Scope != p.Scope || !errors.As(err, &refused) || refused.Code != 535 {
		t.Errorf("got %v", err)
	}
	if n := p.Issued(); n != 2 {
		t.Errorf("%d tokens, want one and one more after the refusal", n)
	}
}
