package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// play is one job of the client, against one script.
type play struct {
	t          *T
	job        Job
	rules      []rule
	each       []func(*Line, string) string
	offer      []string
	offerTLS   []string
	mechanisms []string
	cert       *Cert
	tlsConfig  []func(*tls.Config)
	network    string
	rate       int
	split      int
	stay       time.Duration
	byOctet    bool
	together   bool
	closed     bool
	small      bool
	noTLS      bool
	outOfStep  bool
	plain      bool

	listener net.Listener
	deadline time.Time
	base     int // of the numbers of connections in the log
	pair     tls.Certificate
	leaf     *x509.Certificate

	mu       sync.Mutex
	conns    []*Conn
	counts   map[string]int
	messages []*Message
	serving  sync.WaitGroup
}

// tls reports whether STARTTLS is offered.
func (p *play) tls() bool {
	return !p.noTLS && (p.job.TLS == "starttls" || p.job.TLS == "opportunistic")
}

// count counts the commands with a verb.
func (p *play) count(verb string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[verb]++
	return p.counts[verb]
}

// transaction begins one.
func (p *play) transaction(c *Conn, l *Line) *Message {
	m := &Message{Conn: c.Number, Mail: l}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messages = append(p.messages, m)
	return m
}

// after keeps what came behind the last command that was read.
func (p *play) after(c *Conn, b []byte) {
	if len(b) > 1000 {
		c.log('*', fmt.Sprintf("%d octets more came", len(b)))
	} else {
		c.log('C', string(b))
	}
	if len(c.Tail) < 1<<20 {
		c.Tail = append(c.Tail, b...)
	}
}

// A mark is something to do in the middle of content.
type mark struct {
	at   int
	acts []any
}

// marks are those of the rules, in order.
func (p *play) marks() (list []mark) {
	for _, r := range p.rules {
		if at, ok := strings.CutPrefix(r.what, "content@"); ok {
			n, err := strconv.Atoi(at)
			if err != nil {
				panic(fmt.Sprintf("client: expected content@ and a number, got %q", r.what))
			}
			list = append(list, mark{n, r.acts})
		}
	}
	slices.SortFunc(list, func(a, b mark) int { return a.at - b.at })
	return list
}

// tlsServer is the configuration of a handshake.
func (p *play) tlsServer(*Conn) *tls.Config {
	cfg := &tls.Config{Certificates: []tls.Certificate{p.pair}, MinVersion: tls.VersionTLS12}
	for _, f := range p.tlsConfig {
		f(cfg)
	}
	return cfg
}

// open begins to listen, and fills in what the job says of the server.
func (p *play) open() error {
	if p.network == "" {
		p.network = "tcp4"
	}
	host := map[string]string{"tcp4": "127.0.0.1", "tcp6": "::1"}[p.network]
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		if !p.small {
			return nil
		}
		return raw.Control(func(fd uintptr) {
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 8<<10)
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, 8<<10)
		})
	}}
	var err error
	if p.listener, err = config.Listen(context.Background(), p.network, net.JoinHostPort(host, "0")); err != nil {
		return fmt.Errorf("no port to listen on: %w", err)
	}
	cert := Cert{}
	if p.cert != nil {
		cert = *p.cert
	}
	if p.job.TLS != "none" {
		if p.pair, err = p.t.run.ca.issue(cert); err != nil {
			return fmt.Errorf("the server's certificate: %w", err)
		}
		if p.leaf, err = x509.ParseCertificate(p.pair.Certificate[0]); err != nil {
			return fmt.Errorf("the server's certificate: %w", err)
		}
	}
	j := &p.job
	j.Host, j.Port = host, p.listener.Addr().(*net.TCPAddr).Port
	j.pem = p.t.run.ca.pem
	if j.TLS != "none" {
		j.CA = p.t.run.ca.file
	}
	file, err := os.CreateTemp("", "smtpconform-*.eml")
	if err != nil {
		return fmt.Errorf("the message's file: %w", err)
	}
	j.Message = file.Name()
	if _, err := file.Write(j.Content); err != nil {
		return fmt.Errorf("the message's file: %w", err)
	}
	if p.closed {
		p.listener.Close()
	}
	return file.Close()
}

// accept serves connections until the port is closed.
func (p *play) accept() {
	for {
		nc, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		c := &Conn{Number: len(p.conns) + 1, Began: time.Now(), p: p, tcp: nc.(*net.TCPConn)}
		c.raw = newStream(nc, int(float64(p.rate)/p.t.run.cfg.Pace))
		c.s = c.raw
		p.conns = append(p.conns, c)
		p.mu.Unlock()
		c.log('*', "a connection")
		p.serving.Go(c.serve)
	}
}

// settle waits for the connections to end after the client ended, and closes
// what it left open.
func (p *play) settle(patience time.Duration) {
	p.mu.Lock()
	for _, c := range p.conns {
		if c.stopped {
			c.raw.gate.Unlock()
		}
	}
	p.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		p.serving.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return
	case <-time.After(patience):
	}
	p.mu.Lock()
	for _, c := range p.conns {
		if c.raw.ended() == nil && !c.gone {
			c.leftOpen = true
			c.log('*', "the client left the connection open")
		}
		c.tcp.Close()
	}
	p.mu.Unlock()
	<-ended
}
