package smtpclient_test

import (
	"context"
	"net"

	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// flights counts how often a client waits for its server: reads that bring
// something it may have waited for since it wrote last, or came.
type flights struct {
	net.Conn
	n    *int
	wait bool
}

func (f *flights) Write(p []byte) (int, error) {
	f.wait = true
	return f.Conn.Write(p)
}

func (f *flights) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if n > 0 && f.wait {
		f.wait = false
		*f.n++
	}
	return n, err
}

func counting(cfg smtpclient.Config, n *int) smtpclient.Config {
	cfg.Dialer = dialFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &flights{conn, n, true}, err
	})
	return cfg
}
