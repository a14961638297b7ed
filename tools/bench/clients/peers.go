package clients

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/smtp"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
	"github.com/mjl-/mox/dns"
	moxsasl "github.com/mjl-/mox/sasl"
	mox "github.com/mjl-/mox/smtpclient"
	"github.com/wneessen/go-mail"
)

// The peers, each used as its documentation shows it, with a connection that is
// kept.
var peers = []Client{
	{Name: "net/smtp", About: "Go's own", Dial: dialNetSMTP},
	{Name: "go-smtp", About: "emersion/go-smtp", Dial: dialGoSMTP},
	{Name: "go-mail", About: "wneessen/go-mail", Dial: dialGoMail},
	{Name: "mox", About: "the smtpclient of mjl-/mox", Dial: dialMox},
}

type netSMTP struct {
	*smtp.Client
	load Load
	to   []string
	body body
}

func dialNetSMTP(ctx context.Context, t Target) (Sender, error) {
	conn, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	c, err := smtp.NewClient(conn, Host)
	if err != nil {
		return nil, err
	}
	if err := c.Hello("client.example.test"); err != nil {
		return nil, err
	}
	if t.TLS == "starttls" {
		if err := c.StartTLS(t.tls()); err != nil {
			return nil, err
		}
	}
	if t.Auth {
		if err := c.Auth(smtp.PlainAuth("", User, Password, Host)); err != nil {
			return nil, err
		}
	}
	return &netSMTP{c, t.Load, t.to(), newMessage(t.Size).body()}, nil
}

func (c *netSMTP) Close() error { return c.Quit() }

func (c *netSMTP) Send(more func() bool) (int, error) {
	return each(more, func() error {
		if err := c.Mail(c.load.from()); err != nil {
			return err
		}
		for _, to := range c.to {
			if err := c.Rcpt(to); err != nil {
				return err
			}
		}
		w, err := c.Data()
		if err != nil {
			return err
		}
		if _, err := io.Copy(w, c.body.rewind()); err != nil {
			return err
		}
		return w.Close()
	})
}

type goSMTP struct {
	*gosmtp.Client
	load Load
	to   []string
	body body
}

func dialGoSMTP(ctx context.Context, t Target) (Sender, error) {
	conn, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	var c *gosmtp.Client
	if t.TLS == "starttls" {
		c, err = gosmtp.NewClientStartTLS(conn, t.tls())
	} else {
		c = gosmtp.NewClient(conn)
	}
	if err != nil {
		return nil, err
	}
	if err := c.Hello("client.example.test"); err != nil {
		return nil, err
	}
	if t.Auth {
		if err := c.Auth(sasl.NewPlainClient("", User, Password)); err != nil {
			return nil, err
		}
	}
	return &goSMTP{c, t.Load, t.to(), newMessage(t.Size).body()}, nil
}

func (c *goSMTP) Close() error { return c.Quit() }

func (c *goSMTP) Send(more func() bool) (int, error) {
	return each(more, func() error { return c.SendMail(c.load.from(), c.to, c.body.rewind()) })
}

type goMail struct {
	*mail.Client
	msg *mail.Msg
}

func dialGoMail(ctx context.Context, t Target) (Sender, error) {
	options := []mail.Option{
		mail.WithPort(t.port()), mail.WithHELO("client.example.test"), mail.WithTimeout(10 * time.Minute), mail.WithTLSConfig(t.tls()),
		mail.WithDialContextFunc(func(ctx context.Context, network, _ string) (net.Conn, error) { return t.dial(ctx) }),
	}
	switch t.TLS {
	case "":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case "starttls":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case "implicit":
		options = append(options, mail.WithSSL())
	}
	if t.Auth {
		kind := mail.SMTPAuthPlain
		if t.TLS == "" {
			kind = mail.SMTPAuthPlainNoEnc
		}
		options = append(options, mail.WithSMTPAuth(kind), mail.WithUsername(User), mail.WithPassword(Password))
	}
	c, err := mail.NewClient(Host, options...)
	if err != nil {
		return nil, err
	}
	msg, err := goMailMessage(t.Load)
	if err != nil {
		return nil, err
	}
	if err := c.DialWithContext(ctx); err != nil {
		return nil, err
	}
	return &goMail{c, msg}, nil
}

// goMailMessage makes a message that has the load's size with the header that
// go-mail writes itself. It is composed anew for each sending, as go-mail does.
func goMailMessage(l Load) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithEncoding(mail.NoEncoding))
	if err := m.From(l.from()); err != nil {
		return nil, err
	}
	if err := m.To(l.to()...); err != nil {
		return nil, err
	}
	m.Subject("a message to measure with")
	content := newMessage(16).body()
	m.SetBodyWriter(mail.TypeTextPlain, func(w io.Writer) (int64, error) { return io.Copy(w, content.rewind()) })
	n, err := m.WriteTo(io.Discard)
	if err != nil {
		return nil, err
	}
	content = newMessage(max(16, l.Size-int(n)+16)).body()
	return m, nil
}

func (c *goMail) Send(more func() bool) (int, error) {
	return each(more, func() error { return c.Client.Send(c.msg) })
}

type moxClient struct {
	*mox.Client
	load Load
	to   []string
	body body
}

func dialMox(ctx context.Context, t Target) (Sender, error) {
	// mox does the handshake of implicit TLS itself.
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return nil, err
	}
	mode := map[string]mox.TLSMode{"": mox.TLSSkip, "starttls": mox.TLSRequiredStartTLS, "implicit": mox.TLSImmediate}[t.TLS]
	opts := mox.Opts{TLSConfig: t.tls()}
	if t.Auth {
		opts.Auth = func([]string, *tls.ConnectionState) (moxsasl.Client, error) {
			return moxsasl.NewClientPlain(User, Password), nil
		}
	}
	c, err := mox.New(ctx, slog.New(slog.DiscardHandler), conn, mode, true, dns.Domain{ASCII: "client.example.test"}, dns.Domain{ASCII: Host}, opts)
	if err != nil {
		return nil, err
	}
	return &moxClient{c, t.Load, t.to(), newMessage(t.Size).body()}, nil
}

func (c *moxClient) Send(more func() bool) (int, error) {
	return each(more, func() error {
		responses, err := c.DeliverMultiple(context.Background(), c.load.from(), c.to, int64(c.load.Size), c.body.rewind(), false, false, false)
		for _, r := range responses {
			if err == nil && r.Code != 250 {
				err = mox.Error(r)
			}
		}
		return err
	})
}
