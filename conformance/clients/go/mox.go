package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"

	"github.com/mjl-/mox/dns"
	moxsasl "github.com/mjl-/mox/sasl"
	moxclient "github.com/mjl-/mox/smtpclient"
	"github.com/tabellarius/tabellarius/conformance/client"
)

// mox is the smtpclient of mjl-/mox.
var mox = &driver{
	features: client.Features{
		Client: "mox smtpclient", TLS: []string{"opportunistic", "starttls", "implicit"},
		Auth: []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"},
		Ext:  []string{"PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE", "REQUIRETLS", "ENHANCEDSTATUSCODES", "AUTH", "STARTTLS"},
		Opt:  []string{"smtputf8", "requiretls"},
	},
	module: "github.com/mjl-/mox",
	dial:   dialMox,
}

type moxSession struct{ *moxclient.Client }

func dialMox(j *client.Job) (session, error) {
	if j.Helo == "" {
		return nil, skip("the caller has to give a name for EHLO")
	}
	// mox does the handshake of implicit TLS itself
	conn, err := net.Dial("tcp", address(j))
	if err != nil {
		return nil, err
	}
	mode := map[string]moxclient.TLSMode{
		"none": moxclient.TLSSkip, "opportunistic": moxclient.TLSOpportunistic, "starttls": moxclient.TLSRequiredStartTLS, "implicit": moxclient.TLSImmediate,
	}[j.TLS]
	opts := moxclient.Opts{RootCAs: trust(j).RootCAs}
	if j.User != "" {
		opts.Auth = func(offered []string, cs *tls.ConnectionState) (moxsasl.Client, error) {
			return moxLogin(j, offered, cs)
		}
	}
	c, err := moxclient.New(context.Background(), slog.New(slog.DiscardHandler), conn, mode, true, dns.Domain{ASCII: j.Helo}, dns.Domain{ASCII: j.Name}, opts)
	if err != nil {
		conn.Close()
		if errors.Is(err, moxclient.ErrTLS) {
			err = errTLS{err}
		}
		return nil, err
	}
	return moxSession{c}, nil
}

// watched remembers that it was read to its end: then mox writes the end of data.
type watched struct {
	io.Reader
	ended bool
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	w.ended = w.ended || err == io.EOF
	return n, err
}

// moxLogin takes the mechanism that is asked for, or the strongest as mox's own
// submission does.
func moxLogin(j *client.Job, offered []string, cs *tls.ConnectionState) (moxsasl.Client, error) {
	if cs == nil && !j.ClearAuth {
		return nil, errors.New("credentials go over TLS only")
	}
	has := func(name string) bool {
		return slices.Contains(offered, name) && (j.Mechanism == "" || strings.EqualFold(j.Mechanism, name))
	}
	switch {
	case has("SCRAM-SHA-256-PLUS") && cs != nil:
		return moxsasl.NewClientSCRAMSHA256PLUS(j.User, j.Password, *cs), nil
	case has("SCRAM-SHA-256"):
		return moxsasl.NewClientSCRAMSHA256(j.User, j.Password, false), nil
	case has("SCRAM-SHA-1-PLUS") && cs != nil:
		return moxsasl.NewClientSCRAMSHA1PLUS(j.User, j.Password, *cs), nil
	case has("SCRAM-SHA-1"):
		return moxsasl.NewClientSCRAMSHA1(j.User, j.Password, false), nil
	case has("CRAM-MD5"):
		return moxsasl.NewClientCRAMMD5(j.User, j.Password), nil
	case has("PLAIN"):
		return moxsasl.NewClientPlain(j.User, j.Password), nil
	case has("LOGIN"):
		return moxsasl.NewClientLogin(j.User, j.Password), nil
	}
	return nil, nil
}

func (s moxSession) reset() error {
	if s.Botched() {
		return moxclient.ErrBotched
	}
	return nil // it sends RSET itself where that is needed
}
func (s moxSession) quit() error  { return s.Close() }
func (s moxSession) close() error { s.Close(); return nil } // a second time it does nothing

func (s moxSession) send(j *client.Job) ([]client.Recipient, error) {
	high := slices.ContainsFunc(j.Content, func(b byte) bool { return b > 127 })
	international := j.SMTPUTF8
	for _, address := range append([]string{j.From}, j.To...) {
		international = international || strings.ContainsFunc(address, func(r rune) bool { return r > 127 })
	}
	content := &watched{Reader: body(j)}
	replies, err := s.DeliverMultiple(context.Background(), j.From, j.To, int64(len(j.Content)), content, high, international, j.RequireTLS)
	// a message that it won't send to its end it has read to its end
	ended := content.ended && !(err != nil && strings.Contains(err.Error(), "writing message as smtp data"))
	list := forAll(j, outcome(err, ended))
	for i, r := range replies {
		if i < len(list) && r.Code >= 300 {
			list[i] = outcome(moxclient.Error(r), false)
			list[i].To = j.To[i]
		}
	}
	return list, err
}
