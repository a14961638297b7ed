package clients

import (
	"context"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

var ours = []Client{
	{Name: "tabellarius", About: "this library: Send after Send", Dial: dialOurs},
}

type our struct {
	*smtpclient.Client
	env  smtpclient.Envelope
	body body
}

func dialOurs(ctx context.Context, t Target) (Sender, error) {
	cfg := smtpclient.Config{LocalName: "client.example.test", ServerName: Host, TLSConfig: t.tls()}
	switch t.TLS {
	case "":
		cfg.TLS = smtpclient.TLSOff
	case "implicit":
		cfg.TLS = smtpclient.TLSImplicit
	}
	if t.Auth {
		cfg.Auth = auth.AllowInsecure(auth.Plain("", User, Password))
	}
	c, err := smtpclient.Dial(ctx, t.Addr, cfg)
	if err != nil {
		return nil, err
	}
	return &our{c, smtpclient.Envelope{From: t.from(), To: t.to()}, newMessage(t.Size).body()}, nil
}

func (c *our) Close() error { return c.Quit(context.Background()) }

func (c *our) Send(more func() bool) (int, error) {
	return each(more, func() error {
		_, err := c.Client.Send(context.Background(), c.env, c.body.rewind())
		return err
	})
}
