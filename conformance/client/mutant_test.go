package client_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/conformance/client"
)

// everything is what a mutant says that it can do, so that no case is skipped.
func everything(name string) client.Features {
	f, _ := client.Own.Features(context.Background())
	f.Client = name
	return f
}

// report is an answer with one outcome for all.
func report(job *client.Job, outcome string) *client.Answer {
	a := &client.Answer{}
	for range max(1, job.Count) {
		var list []client.Recipient
		for _, to := range job.To {
			list = append(list, client.Recipient{To: to, Outcome: outcome, Text: "so it says"})
		}
		a.Messages = append(a.Messages, list)
	}
	return a
}

// lazy is a client that connects to nobody and says that it was refused.
type lazy struct{}

func (lazy) Features(context.Context) (client.Features, error) { return everything("lazy"), nil }
func (lazy) Send(_ context.Context, job *client.Job) (*client.Answer, error) {
	return report(job, "permanent"), nil
}

// An optimist sends in its own way whatever the server says, checks nothing, and
// reports success.
type optimist struct {
	all bool // in one write, without reading
}

func (optimist) Features(context.Context) (client.Features, error) {
	return everything("optimist"), nil
}

func (o optimist) Send(_ context.Context, job *client.Job) (*client.Answer, error) {
	answer := report(job, "accepted")
	nc, err := net.DialTimeout("tcp", net.JoinHostPort(job.Host, fmt.Sprint(job.Port)), time.Second)
	if err != nil {
		return answer, nil
	}
	defer func() { nc.Close() }()
	careless := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	if job.TLS == "implicit" {
		nc = tls.Client(nc, careless)
	}
	var group bytes.Buffer
	in := bufio.NewReader(nc)
	say := func(format string, args ...any) {
		fmt.Fprintf(&group, format, args...)
		if o.all {
			return
		}
		nc.SetDeadline(time.Now().Add(100 * time.Millisecond))
		nc.Write(group.Bytes())
		group.Reset()
		for {
			line, err := in.ReadString('\n')
			if err != nil || len(line) < 4 || line[3] != '-' {
				return
			}
		}
	}
	say("")
	hello := "EHLO"
	if job.Protocol == "lmtp" {
		hello = "LHLO"
	}
	say("%s %s\r\n", hello, job.Helo)
	if job.TLS == "starttls" || job.TLS == "opportunistic" {
		say("STARTTLS\r\n")
		nc.Write(group.Bytes())
		group.Reset()
		secured := tls.Client(nc, careless)
		secured.SetDeadline(time.Now().Add(200 * time.Millisecond))
		if secured.Handshake() == nil {
			nc, in = secured, bufio.NewReader(secured)
		}
		say("EHLO %s\r\n", job.Helo)
	}
	if job.User != "" {
		say("AUTH PLAIN %s\r\n", base64.StdEncoding.EncodeToString([]byte("\x00"+job.User+"\x00"+job.Password+job.Token)))
	}
	for range max(1, job.Count) {
		say("MAIL FROM:<%s>%s\r\n", job.From, params(job.MailParams))
		for _, to := range job.To {
			say("RCPT TO:<%s>%s\r\n", to, params(job.RcptParams))
			if len(job.To) > 1000 {
				break
			}
		}
		say("DATA\r\n")
		say("%s\r\n.\r\n", job.Content[:min(len(job.Content), 100_000)])
	}
	o.all = false
	say("QUIT\r\n")
	return answer, nil
}

func params(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return " " + strings.Join(list, " ")
}

// A changed client is this module's, whose job, answer or octets are changed on
// the way.
type changed struct {
	job      func(*client.Job)
	answer   func(*client.Answer)
	up, down func([]byte) []byte
}

func (changed) Features(context.Context) (client.Features, error) { return everything("changed"), nil }

func (c changed) Send(ctx context.Context, given *client.Job) (*client.Answer, error) {
	job := *given
	if c.job != nil {
		c.job(&job)
	}
	if c.up != nil || c.down != nil {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		go c.relay(l, net.JoinHostPort(job.Host, fmt.Sprint(job.Port)))
		job.Host, job.Port = "127.0.0.1", l.Addr().(*net.TCPAddr).Port
	}
	a, err := client.Own.Send(ctx, &job)
	if a != nil && c.answer != nil {
		c.answer(a)
	}
	return a, err
}

// relay passes octets on, changed.
func (c changed) relay(l net.Listener, to string) {
	for {
		down, err := l.Accept()
		if err != nil {
			return
		}
		up, err := net.Dial("tcp", to)
		if err != nil {
			down.Close()
			return
		}
		pass := func(to, from net.Conn, change func([]byte) []byte) {
			buf := make([]byte, 64<<10)
			for {
				n, err := from.Read(buf)
				b := bytes.Clone(buf[:n])
				if change != nil && n > 0 {
					b = change(b)
				}
				to.Write(b)
				if err != nil {
					to.(*net.TCPConn).CloseWrite()
					return
				}
			}
		}
		go pass(up, down, c.up)
		go pass(down, up, c.down)
	}
}

// swaps changes octets into others.
func swaps(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(old), []byte(new)) }
}
