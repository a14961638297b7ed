// Command go is a driver, as docs/clients.md has it, of mail clients written in Go:
// go NAME, with smtpclient (this module's own), net-smtp, go-smtp, go-mail or mox for
// the name.
package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/conformance/client"
)

// A driver puts one of the others to work. It is asked by one goroutine.
type driver struct {
	features client.Features
	module   string // whose version is reported; empty: Go's own
	dial     func(*client.Job) (session, error)
}

// A session is a connection on which messages are sent.
type session interface {
	// send gives an outcome for each recipient, and what went wrong.
	send(*client.Job) ([]client.Recipient, error)
	reset() error
	quit() error
	close() error
}

var drivers = map[string]client.Driver{"smtpclient": client.Own, "net-smtp": netSMTP, "go-smtp": goSMTP, "go-mail": goMail, "mox": mox}

func main() {
	if len(os.Args) != 2 || drivers[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: go", strings.Join(slices.Sorted(maps.Keys(drivers)), "|"))
		os.Exit(2)
	}
	if err := client.Serve(context.Background(), drivers[os.Args[1]], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func (d *driver) Features(context.Context) (client.Features, error) {
	f := d.features
	f.Opt = append(f.Opt, "count", "helo", "literal")
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		if m.Path == d.module {
			f.Client += " " + strings.TrimPrefix(m.Version, "v")
		}
	}
	if d.module == "" {
		version := strings.Split(strings.TrimPrefix(info.GoVersion, "go"), ".")
		f.Client += " of Go " + strings.Join(version[:min(2, len(version))], ".")
	}
	return f, nil
}

// Send sends the job's messages, over one connection while it lasts.
func (d *driver) Send(_ context.Context, j *client.Job) (*client.Answer, error) {
	a := &client.Answer{}
	var s session
	for i := range max(1, j.Count) {
		var list []client.Recipient
		var err error
		used := s != nil
		if s == nil {
			s, err = d.dial(j)
		}
		var why skip
		switch {
		case errors.As(err, &why):
			return &client.Answer{Skipped: string(why)}, nil
		case err != nil:
			list, s = forAll(j, outcome(err, false)), nil
		default:
			list, err = s.send(j)
		}
		if used && i > 0 && untouched(list) { // the connection had ended before the message: over another one
			s.close()
			if s, err = d.dial(j); err == nil {
				list, err = s.send(j)
			}
		}
		if err != nil && s != nil && i+1 < j.Count && s.reset() != nil {
			s.close()
			s = nil
		}
		if err != nil {
			a.Error = err.Error()
		}
		a.Messages = append(a.Messages, list)
	}
	if s != nil {
		s.quit()
		s.close()
	}
	return a, nil
}

// skip is why a job can't be done.
type skip string

func (s skip) Error() string { return string(s) }

// clear is why credentials don't go without TLS where a library has no switch for it.
const clear = skip("whether credentials may go without TLS is up to who calls the library")

// mayBeClear reports whether that is so for a job.
func mayBeClear(j *client.Job) bool {
	return j.User != "" && !j.ClearAuth && (j.TLS == "none" || j.TLS == "opportunistic")
}

// untouched reports whether the server has nothing of a message: no reply but a 421,
// and not sent.
func untouched(list []client.Recipient) bool {
	return !slices.ContainsFunc(list, func(r client.Recipient) bool { return r.Code != 421 && (r.Code != 0 || r.Outcome != "not-sent") })
}

// forAll is one outcome for all recipients.
func forAll(j *client.Job, r client.Recipient) (list []client.Recipient) {
	for _, to := range j.To {
		r.To = to
		list = append(list, r)
	}
	return list
}

// body reads the message from its beginning.
func body(j *client.Job) *bytes.Reader { return bytes.NewReader(j.Content) }

func address(j *client.Job) string { return net.JoinHostPort(j.Host, strconv.Itoa(j.Port)) }

// timeout is that of a command, 0 for the client's own.
func timeout(j *client.Job) time.Duration { return time.Duration(j.Timeout * float64(time.Second)) }

func trust(j *client.Job) *tls.Config {
	cfg := &tls.Config{ServerName: j.Name, RootCAs: x509.NewCertPool()}
	if pem, err := os.ReadFile(j.CA); err == nil {
		cfg.RootCAs.AppendCertsFromPEM(pem)
	}
	return cfg
}

// connect opens the connection, with TLS if that is implicit.
func connect(j *client.Job) (net.Conn, error) {
	d := &net.Dialer{Timeout: cmp.Or(timeout(j), 10*time.Second)}
	if j.TLS != "implicit" {
		return d.Dial("tcp", address(j))
	}
	conn, err := tls.DialWithDialer(d, "tcp", address(j), trust(j))
	if err != nil {
		return nil, err
	}
	return conn, nil
}
