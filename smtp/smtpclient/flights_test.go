package smtpclient_test

import (
	"bytes"
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// away is how long octets are on their way in one direction.
const away = 10 * time.Millisecond

// far connects to a server that is so far away, in a bubble of synctest: that the
// connection is there it learns later than the client.
func far(srv *smtptest.Server) net.Conn {
	near, relay := net.Pipe()
	carry := func(to, from net.Conn) {
		type packet struct {
			due  time.Time
			data []byte
		}
		line := make(chan packet, 1<<10)
		go func() {
			for p := range line {
				time.Sleep(time.Until(p.due))
				to.Write(p.data)
			}
			to.Close()
		}()
		buf := make([]byte, 1<<16)
		for {
			n, err := from.Read(buf)
			line <- packet{time.Now().Add(away), bytes.Clone(buf[:n])}
			if err != nil {
				close(line)
				return
			}
		}
	}
	late, server := net.Pipe()
	go func() {
		time.Sleep(away)
		srv.ServeConn(server)
	}()
	go carry(late, relay)
	go carry(relay, late)
	return near
}

// farAway has a server serve in a bubble, at a distance, and calls f with the
// configuration by which to dial it and with a function that tells how many round
// trips passed since it was called last.
func farAway(t *testing.T, server smtptest.Config, cfg smtpclient.Config, f func(t *testing.T, srv *smtptest.Server, cfg smtpclient.Config, passed func() int)) {
	synctest.Test(t, func(t *testing.T) {
		srv := smtptest.NewUnstartedServer()
		srv.Config = server
		defer srv.Close()
		cfg.Dialer = dialFunc(func(context.Context, string, string) (net.Conn, error) { return far(srv), nil })
		if server.STARTTLS || server.ImplicitTLS {
			cfg.TLSConfig, cfg.ServerName = srv.ClientTLS(), "localhost"
		}
		began := time.Now()
		f(t, srv, cfg, func() int {
			trips := time.Since(began).Round(away) / (2 * away)
			began = time.Now()
			return int(trips)
		})
		srv.Close()
		time.Sleep(time.Second) // what is on its way comes to its end
	})
}
